"""A run never removes a designation; a destroy does, and says how many accounts that affects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.engine.example_program import REGIONS, Program
from tests.support.engine.organization import account

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization
    from tests.support.engine.stack import Run

pytestmark = pytest.mark.slow

ADMINISTRATOR, MANAGEMENT = "222222222222", "111111111111"
HERE, THERE = REGIONS
DELEGATION = {
    "aws:region": HERE,
    "mode": "delegation",
    "administratorAccountId": ADMINISTRATOR,
    "aws:profile": "management",
}


_ADMINISTRATOR = {"administratorAccountId": ADMINISTRATOR}


def _designated(aws: Organization) -> dict[str, str | None]:
    return dict(aws.control.organization().administrators)


def _refused(aws: Organization, run: Run, *words: str) -> None:
    assert run.code != 0, run.text
    assert "Traceback" not in run.text
    told = " ".join(run.errors)
    for word in ("as GuardDuty administrator in ", *words):
        assert word in told
    assert aws.writes() == []


def test_another_region_account_or_mode_is_refused(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(regions=REGIONS)
    in_both = {HERE: ADMINISTRATOR, THERE: ADMINISTRATOR}
    stack = aws.stack(**DELEGATION)
    assert stack.up().code == 0
    aws.control.clear_calls()

    stack.configure({**DELEGATION, "aws:region": THERE})
    _refused(aws, stack.preview(), HERE, THERE, "pulumi destroy")
    _refused(aws, stack.up("--skip-preview"), HERE, THERE, "pulumi destroy")

    stack.configure({**DELEGATION, "administratorAccountId": account(1)})
    _refused(aws, stack.preview(), ADMINISTRATOR, account(1))
    _refused(aws, stack.up("--skip-preview"), ADMINISTRATOR, account(1))

    stack.configure({"aws:region": HERE, "aws:profile": "administrator"})
    _refused(aws, stack.preview(), "mode", ADMINISTRATOR)
    _refused(aws, stack.up("--skip-preview"), "mode", ADMINISTRATOR)
    assert _designated(aws) == in_both

    aws.sandbox.boto3("guardduty", MANAGEMENT, THERE).disable_organization_admin_account(
        AdminAccountId=ADMINISTRATOR
    )
    aws.control.clear_calls()
    stack.configure({**DELEGATION, "aws:region": THERE})
    _refused(aws, stack.preview(), HERE, THERE, "pulumi destroy")
    _refused(aws, stack.up("--skip-preview"), HERE, THERE, "pulumi destroy")

    stack.configure(DELEGATION)
    back = stack.up("--expect-no-changes")
    assert back.code == 0, back.text


def test_a_replacement_keeps_it_and_a_destroy_says_how_many_it_affects(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(regions=REGIONS)
    stack = aws.stack(**DELEGATION)
    assert stack.up().code == 0
    aws.control.clear_calls()

    for kind in (":OrganizationAdminAccount", ":Designation"):
        stack.up("--replace", stack.urn(kind))
        assert "DisableOrganizationAdminAccount" not in aws.writes()
        after = stack.up()
        assert after.code == 0, after.text
        assert "DisableOrganizationAdminAccount" not in aws.writes()
    settled = stack.preview("--expect-no-changes")
    assert settled.code == 0, settled.text

    aws.control.clear_calls()
    preview = stack.destroy_preview("--diff")
    assert preview.code == 0, preview.text
    (told,) = [line for line in preview.text.splitlines() if "onDestroy" in line]
    # All other accounts of the organization: its 12 members, and the management account.
    assert "at most 13" in told
    assert aws.writes() == []
    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed.text
    assert aws.writes() == ["DisableOrganizationAdminAccount"]
    assert _designated(aws) == {HERE: None, THERE: ADMINISTRATOR}
    assert stack.kinds() == []


def test_one_stack_of_a_program_designates_in_every_region(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(regions=REGIONS)
    program = Program(tmp_path / "own-program", aws)
    stack = program.stack(profile="management", administratorAccountId=ADMINISTRATOR)

    taken_over = stack.up("--skip-preview")
    assert taken_over.code == 0, taken_over.text
    assert aws.writes() == []
    for again in (stack.preview("--expect-no-changes"), stack.up("--expect-no-changes")):
        assert again.code == 0, again.text

    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed.text
    assert _designated(aws) == dict.fromkeys(REGIONS)
    made = stack.up("--skip-preview")
    assert made.code == 0, made.text
    assert _designated(aws) == dict.fromkeys(REGIONS, ADMINISTRATOR)
    settled = stack.preview("--expect-no-changes")
    assert settled.code == 0, settled.text

    aws.control.clear_calls()
    stack.configure({"regions": [HERE], "profile": "management", **_ADMINISTRATOR})
    _refused(aws, stack.preview(), THERE, "pulumi destroy")
    stack.configure({"regions": list(REGIONS), "profile": "administrator"})
    _refused(aws, stack.preview(), "mode", ADMINISTRATOR)
