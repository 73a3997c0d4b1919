"""`EksAuditLogs` in a program of somebody's own: `examples/every-region` on the real engine."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.fault_effects import AccessDenied
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from tests.support.engine.diff import listed_under
from tests.support.engine.example_program import REGIONS, Program
from tests.support.engine.organization import OFF, ON, account

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization
    from tests.support.engine.stack import Stack

pytestmark = pytest.mark.slow

_WITHOUT_DETECTORS = """
regions: [us-east-1, eu-west-1]
regionsWithoutAdministratorDetector: [us-east-1, eu-west-1]
"""
SOMEBODY_ELSE = {"AWS_PROFILE": "management"}


@pytest.fixture
def aws(organization: Callable[..., Organization]) -> Organization:
    """An organization in two regions, all of whose members have EKS audit logs off."""
    aws = organization(regions=REGIONS)
    for member in aws.members():
        aws.control.set_feature(member, OFF)
    aws.control.clear_calls()
    return aws


@pytest.fixture
def program(aws: Organization, tmp_path: Path) -> Program:
    return Program(tmp_path / "own-program", aws)


def _statuses(aws: Organization, region: str) -> set[str | None]:
    actual = aws.control.actual_state()[region]
    return {actual[member].eks_audit_logs for member in aws.members()}


def test_one_stack_keeps_every_region(aws: Organization, program: Program) -> None:
    stack = program.stack()

    preview = stack.preview("--diff", **SOMEBODY_ELSE)
    assert preview.code == 0, preview.text
    assert listed_under("DISABLED -> ENABLED", preview.text) == sorted(2 * aws.members())
    assert aws.writes() == []

    run = stack.up(**SOMEBODY_ELSE)
    assert run.code == 0, run.text
    for region in REGIONS:
        assert _statuses(aws, region) == {ON}
    calls = [call for call in aws.control.calls() if call.service == "guardduty"]
    assert {(call.account, call.region) for call in calls} == {
        (ADMINISTRATOR, region) for region in REGIONS
    }
    assert stack.outputs() == {region: {"ENABLED": len(aws.members())} for region in REGIONS}

    aws.control.clear_calls()
    again = stack.up("--expect-no-changes", **SOMEBODY_ELSE)
    assert again.code == 0, again.text
    assert aws.writes() == []


def test_a_role_keeps_the_regions_though_one_has_other_rules(
    aws: Organization, program: Program
) -> None:
    off = {"status": "DISABLED", "accounts": [account(1)]}
    program.set(overrides={REGIONS[1]: {"members": [off, {"status": "ENABLED", "all": True}]}})
    stack = program.stack(
        profile="management",
        roleArn=f"arn:aws:iam::{ADMINISTRATOR}:role/OrganizationAccountAccessRole",
        allowedAccountIds=[ADMINISTRATOR],
    )

    run = stack.up()

    assert run.code == 0, run.text
    assert _statuses(aws, REGIONS[0]) == {ON}
    held = aws.held(REGIONS[1])
    assert {member for member in aws.members() if held[member] == OFF} == {account(1)}


def _providers(stack: Stack) -> int:
    return stack.exported().count('"type": "pulumi:providers:aws"')


def _ids(stack: Stack) -> dict[str, str]:
    """The ids of the resources in the state, by their names there."""
    return {resource["urn"]: resource.get("id", "") for resource in stack.resources()}


def _steps(text: str) -> dict[tuple[str, str], int]:
    """What the engine's diff is to do to how many resources of a type, but for the refresh."""
    steps = re.findall(r"^ *[-+~]+ ?([\w:/.-]+): \(([\w-]+)\)", text, flags=re.MULTILINE)
    return Counter((kind, step) for kind, step in steps if step != "refresh")


def test_a_provider_a_region_becomes_one_and_nothing_is_replaced(
    aws: Organization, program: Program
) -> None:
    program.with_a_provider_a_region()
    stack = program.stack()
    assert stack.up("--skip-preview").code == 0
    assert _providers(stack) == len(REGIONS)
    ids, held = _ids(stack), [aws.held(region) for region in REGIONS]
    aws.control.clear_calls()
    program.restore()

    preview = stack.preview("--diff")
    assert preview.code == 0, preview.text
    assert _steps(preview.text) == {
        ("pulumi:providers:aws", "create"): 1,
        ("pulumi:providers:aws", "delete"): len(REGIONS),
    }
    run = stack.up("--skip-preview")

    assert run.code == 0, run.text
    assert (_providers(stack), _ids(stack)) == (1, ids)
    assert aws.writes() == []
    again = stack.preview("--expect-no-changes")
    assert again.code == 0, again.text
    assert [aws.held(region) for region in REGIONS] == held


@pytest.mark.parametrize("one", [True, False])
def test_detectors_of_every_region_are_taken_back_after_a_destroy(
    organization: Callable[..., Organization],
    tmp_path: Path,
    one: bool,  # noqa: FBT001 - a column of the table
) -> None:
    aws = organization(description=_WITHOUT_DETECTORS)
    program = Program(tmp_path / "own-program", aws)
    program.set(detector="create")
    if not one:
        program.with_a_provider_a_region()
    stack = program.stack()
    assert stack.up("--skip-preview").code == 0
    made = {region: stack.resource(":Detector", region)["id"] for region in REGIONS}
    kept = stack.preview("--expect-no-changes")
    assert kept.code == 0, kept.text
    assert stack.destroy("--skip-preview").code == 0
    aws.control.clear_calls()

    back = stack.up()

    assert back.code == 0, back.text
    assert {region: stack.resource(":Detector", region)["id"] for region in REGIONS} == made
    assert "CreateDetector" not in aws.writes()
    for again in (stack.preview("--expect-no-changes"), stack.up("--expect-no-changes")):
        assert again.code == 0, again.text


def test_what_is_wrong_in_several_regions_is_told_at_once(
    aws: Organization, program: Program
) -> None:
    first, second = REGIONS
    aws.control.fails("ListDetectors", with_=AccessDenied(), regions=[first])
    aws.control.delete_detector(ADMINISTRATOR, region=second)
    stack = program.stack()
    aws.control.clear_calls()

    run = stack.up("--skip-preview", **SOMEBODY_ELSE)

    assert run.code != 0
    not_allowed, no_detector = run.errors
    assert not_allowed.startswith(f"{first}: ListDetectors failed: AccessDeniedException: ")
    assert f"has no GuardDuty detector in {second}." in no_detector
    assert aws.writes() == []


def test_a_destroy_acts_as_the_identity_in_the_state(aws: Organization, program: Program) -> None:
    program.set(onRelease="RESTORE")
    program.set(maxDisabled="100%")
    stack = program.stack()
    assert stack.up(**SOMEBODY_ELSE).code == 0
    aws.control.clear_calls()

    destroyed = stack.destroy(AWS_PROFILE="")

    assert destroyed.code == 0, destroyed.text
    assert stack.kinds() == []
    for region in REGIONS:
        assert _statuses(aws, region) == {OFF}
    assert {c.account for c in aws.control.calls() if c.service == "guardduty"} == {ADMINISTRATOR}


def test_the_state_has_the_identity_but_no_secret(program: Program) -> None:
    stack = program.stack()
    assert stack.up().code == 0

    state = stack.exported()
    for resource in json.loads(state)["deployment"]["resources"]:
        if resource["type"].startswith("pulumi-python:dynamic"):
            assert resource["inputs"]["identity"] == {"profile": "administrator"}
            assert resource["outputs"]["identity"] == {"profile": "administrator"}
    assert secret_access_key(ADMINISTRATOR) not in state


def test_another_identity_of_the_same_account_is_an_update(
    aws: Organization, program: Program
) -> None:
    stack = program.stack()
    assert stack.up().code == 0
    aws.control.clear_calls()
    stack.configure({"regions": list(REGIONS), "profile": ""})

    run = stack.up("--diff")

    assert run.code == 0, run.text
    assert "replace" not in run.text
    assert stack.exported().count('"identity": {}') == 2 * 2 * len(REGIONS)
    assert aws.writes() == []
    again = stack.up("--expect-no-changes")
    assert again.code == 0, again.text


def test_an_identity_that_is_gone_is_changed_without_a_refresh(
    aws: Organization, program: Program, tmp_path: Path
) -> None:
    former = tmp_path / "former"
    key, secret = access_key_id(ADMINISTRATOR), secret_access_key(ADMINISTRATOR)
    former.write_text(f"[former]\naws_access_key_id={key}\naws_secret_access_key={secret}\n")
    stack = program.stack(profile="former")
    assert stack.up(AWS_SHARED_CREDENTIALS_FILE=str(former)).code == 0
    aws.control.clear_calls()
    stack.configure({"regions": list(REGIONS), "profile": "administrator"})

    for refused in (stack.preview(), stack.up("--skip-preview"), stack.destroy("--skip-preview")):
        assert refused.code != 0, refused.text
        assert "The config profile (former) could not be found" in refused.text
    preview, run = stack.preview("--refresh=false"), stack.up("--refresh=false", "--skip-preview")

    assert preview.code == 0, preview.text
    assert run.code == 0, run.text
    assert aws.writes() == []
    again = stack.up("--expect-no-changes")
    assert again.code == 0, again.text
    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed.text


def test_the_stacks_own_aws_configuration_is_not_read(aws: Organization, program: Program) -> None:
    stack = program.stack(**{"aws:profile": "management", "aws:region": "ap-south-1"})

    run = stack.up()

    assert run.code == 0, run.text
    assert "Credentials:" not in run.text
    assert {c.account for c in aws.control.calls() if c.service == "guardduty"} == {ADMINISTRATOR}


def test_an_aws_provider_of_another_account_is_refused(aws: Organization, program: Program) -> None:
    program.rewrite(
        'aws_provider("aws", identity, regions[0])',
        'aws.Provider("aws", region=regions[0], profile="management")',
    )
    program.rewrite("import pulumi\n", "import pulumi\nimport pulumi_aws as aws\n")
    stack = program.stack()

    preview, run = stack.preview(), stack.up("--skip-preview")

    for refused in (preview, run):
        assert refused.code != 0
        assert refused.errors == [
            (
                f"the aws provider in {REGIONS[0]} is account {MANAGEMENT}'s, but the plan is of "
                f"account {ADMINISTRATOR}. Make the provider with the same identity, by "
                "guardduty_eks_audit_logs.aws_provider."
            )
        ]
        assert "Traceback" not in refused.text
    assert aws.writes() == []


def test_the_refusals_of_all_regions_are_told_at_once(aws: Organization, program: Program) -> None:
    program.set(members=[{"status": "ENABLED", "accounts": ["999999999999"]}])

    run = program.stack().up("--skip-preview")

    assert run.code != 0
    assert run.errors == [
        (
            f"rule 1 (members[0].accounts): 999999999999 is not a GuardDuty member in {region}. "
            "Correct the id, remove it from the rule, or add the account as a member first."
        )
        for region in REGIONS
    ]
    assert aws.writes() == []


def test_accounts_that_are_left_in_any_region_make_the_run_fail(
    aws: Organization, program: Program
) -> None:
    for region, number in zip(REGIONS, (1, 2), strict=True):
        aws.control.leave_unprocessed(
            "UpdateMemberDetectors", [account(number)], "is suspended", regions=[region]
        )
    stack = program.stack()

    run = stack.up("--skip-preview")

    assert run.code != 0
    for region, number in zip(REGIONS, (1, 2), strict=True):
        assert f"in {region} could not be set" in run.text
        lines = [line.strip() for line in run.text.splitlines()]
        assert account(number) in lines[lines.index("is suspended:") :]
    aws.control.clear_faults()
    again = stack.up("--skip-preview")
    assert again.code == 0, again.text
    for region in REGIONS:
        assert _statuses(aws, region) == {ON}
