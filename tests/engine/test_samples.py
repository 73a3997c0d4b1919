"""Each sample stack of docs/guide.md, as it is, does on the sandbox what its comment promises.

It acts as a role that may do no more than the policies of docs/iam allow: for its previews, and for
its run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.engine.organization import FEATURE, OFF, ON, account
from tests.support.engine.roles import Roles, policies_of
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

ADMINISTRATOR = "222222222222"
EVERYBODY = [account(number) for number in range(1, 13)]
GUIDE = PROJECT_FOLDER / "docs" / "guide.md"
OF_THE_GUIDE = PROJECT_FOLDER / "packages" / "aws_sandbox" / "examples" / "guide.yaml"
NEEDS_ANOTHER = "--organization packages/aws_sandbox/examples/guide.yaml"


class Sample:
    """A sample stack that has been run once, and what AWS had before and after it."""

    def __init__(self, name: str, organization: Callable[..., Organization], folder: Path) -> None:
        written = (PROJECT_FOLDER / "stacks" / f"Pulumi.sample-{name}.yaml").read_text()
        other = OF_THE_GUIDE.read_text() if NEEDS_ANOTHER in written else None
        self.aws = organization(description=other)
        self.before = self.statuses()
        configuration = yaml.safe_load(written)["config"]
        roles = Roles(self.aws, folder)
        stack = self.aws.stack_that_comes_along(f"sample-{name}")
        roles.allow(*policies_of(configuration, "preview"))
        preview = stack.preview(**roles.environment)
        assert preview.code == 0, preview.text
        assert self.aws.writes() == []
        roles.allow(*policies_of(configuration, "deploy"))
        up = stack.up("--skip-preview", **roles.environment)
        assert up.code == 0, up.text
        roles.allow(*policies_of(configuration, "preview"))
        again = stack.preview("--expect-no-changes", **roles.environment)
        assert again.code == 0, again.text
        assert {call.outcome for call in self.aws.control.calls()} == {"ok"}
        self.told = " ".join(preview.text.split())

    def statuses(self, region: str = "us-east-1") -> dict[str, str | None]:
        """EKS_AUDIT_LOGS of every account that has a detector in the region."""
        actual = self.aws.control.actual_state()[region]
        return {account_id: found.eks_audit_logs for account_id, found in actual.items()}

    def changed(self) -> dict[str, str | None]:
        """What accounts have now that had something else before the run."""
        return dict(self.statuses().items() - self.before.items())

    def auto_enable(self) -> str:
        return self.aws.control.settings()["us-east-1"].features[FEATURE]


@pytest.fixture
def run(organization: Callable[..., Organization], tmp_path: Path) -> Callable[[str], Sample]:
    """Runs a sample on a sandbox of its own: `run("all-accounts")`."""
    return lambda name: Sample(name, organization, tmp_path)


def _transcript(name: str) -> str:
    """What the guide shows of the sample's preview, on one line."""
    shown = re.search(
        rf"Preview of \[sample-{name}\].*?```text\n(.*?)```",
        GUIDE.read_text(encoding="utf-8"),
        re.DOTALL,
    )
    assert shown, f"docs/guide.md shows no preview of sample-{name}"
    return " ".join(shown[1].split())


def _tells_what_the_guide_shows(sample: Sample, name: str) -> None:
    assert _transcript(name) in sample.told


def test_standalone_sets_one_accounts_own_detector(run: Callable[[str], Sample]) -> None:
    sample = run("standalone")

    assert sample.changed() == {"800000000001": ON}
    assert set(sample.aws.writes()) == {"UpdateDetector"}
    _tells_what_the_guide_shows(sample, "standalone")


def test_delegation_keeps_the_administrator_that_is_designated(
    run: Callable[[str], Sample],
) -> None:
    sample = run("delegation")

    assert sample.aws.control.organization().administrators["us-east-1"] == ADMINISTRATOR
    assert sample.aws.writes() == []
    _tells_what_the_guide_shows(sample, "delegation")


def test_own_detector_sets_nothing_else(run: Callable[[str], Sample]) -> None:
    sample = run("own-detector")

    assert sample.changed() == {ADMINISTRATOR: ON}
    assert sample.auto_enable() == "NONE"
    _tells_what_the_guide_shows(sample, "own-detector")


def test_all_accounts_reaches_everybody_within_a_day_and_those_who_join(
    run: Callable[[str], Sample],
) -> None:
    sample = run("all-accounts")

    assert sample.auto_enable() == "ALL"
    assert sample.aws.control.calls("UpdateMemberDetectors") == []
    sample.aws.control.join("300000000099", name="new", ou="Root/Prod")
    sample.aws.control.advance_clock(hours=25)
    assert {sample.statuses()[each] for each in [*EVERYBODY, "300000000099"]} == {ON}
    _tells_what_the_guide_shows(sample, "all-accounts")


def test_all_members_sets_those_of_today_only(run: Callable[[str], Sample]) -> None:
    sample = run("all-members")

    assert {sample.statuses()[each] for each in EVERYBODY} == {ON}
    sample.aws.control.join("300000000099", name="new", ou="Root/Prod")
    sample.aws.control.advance_clock(hours=25)
    assert sample.statuses()["300000000099"] != ON
    _tells_what_the_guide_shows(sample, "all-members")


def test_new_accounts_sets_those_who_join_only(run: Callable[[str], Sample]) -> None:
    sample = run("new-accounts")

    assert sample.changed() == {ADMINISTRATOR: ON}
    sample.aws.control.join("300000000099", name="new", ou="Root/Prod")
    sample.aws.control.advance_clock(hours=25)
    assert sample.statuses()["300000000099"] == ON
    assert {sample.statuses()[each] for each in EVERYBODY} == {ON, OFF}
    _tells_what_the_guide_shows(sample, "new-accounts")


def test_chosen_members_follow_the_first_rule_that_selects_them(
    run: Callable[[str], Sample],
) -> None:
    sample = run("chosen-members")
    # The default organization puts its accounts into Root/Prod, Root/Test, Root/Sandbox in turn.
    prod, test, playground = EVERYBODY[0::3], EVERYBODY[1::3], EVERYBODY[2::3]

    statuses = sample.statuses()

    assert {statuses[each] for each in prod[1:]} == {ON}
    assert {statuses[each] for each in playground} == {OFF}
    assert not sample.changed().keys() & {prod[0], *test}
    _tells_what_the_guide_shows(sample, "chosen-members")


def test_invited_members_that_have_accepted_are_set(run: Callable[[str], Sample]) -> None:
    sample = run("invited-members")

    statuses = sample.statuses()

    assert [statuses[f"80000000000{number}"] for number in (2, 3, 4)] == [ON, ON, OFF]
    assert "800000000005" not in sample.changed()
    assert "UpdateOrganizationConfiguration" not in sample.aws.writes()
    _tells_what_the_guide_shows(sample, "invited-members")


def test_create_detector_makes_it_with_the_feature_as_stated(
    run: Callable[[str], Sample],
) -> None:
    sample = run("create-detector")

    assert sample.statuses("eu-west-1")[ADMINISTRATOR] == ON
    assert sample.aws.writes().count("CreateDetector") == 1
    assert sample.changed() == {}
    _tells_what_the_guide_shows(sample, "create-detector")


def test_off_turns_everything_off(run: Callable[[str], Sample]) -> None:
    sample = run("off")

    assert {sample.statuses()[each] for each in [*EVERYBODY, ADMINISTRATOR]} == {OFF}
    assert sample.auto_enable() == "NONE"
    _tells_what_the_guide_shows(sample, "off")


def test_guardduty_itself_is_set_for_all_and_the_feature_for_new_accounts(
    run: Callable[[str], Sample],
) -> None:
    sample = run("guardduty-itself")

    assert sample.aws.auto_enable()[0] == "ALL"
    assert sample.auto_enable() == "NEW"
    _tells_what_the_guide_shows(sample, "guardduty-itself")
