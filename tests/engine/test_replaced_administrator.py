"""Another account becomes the administrator: docs/replaced-administrator.md, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from tests.support.engine.example_program import REGIONS, Program
from tests.support.engine.organization import OFF, ON, REGION, account

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.support.engine.organization import Organization
    from tests.support.engine.stack import Run

pytestmark = pytest.mark.slow

NEW = account(1)
LEFT_OFF, UNMANAGED = account(2), account(3)
RULES: list[object] = [
    {"status": "DISABLED", "accounts": [LEFT_OFF]},
    {"status": "UNMANAGED", "accounts": [UNMANAGED]},
    {"status": "ENABLED", "all": True},
]
FORMER = {"aws:region": REGION, "aws:profile": "administrator", "members": RULES}
DELEGATION = {
    "mode": "delegation",
    "administratorAccountId": ADMINISTRATOR,
    "aws:region": REGION,
    "aws:profile": "management",
}


def _done(run: Run) -> Run:
    assert run.code == 0, run.text
    return run


def _part_with_all_members(aws: Organization, regions: Sequence[str]) -> list[str]:
    """Step 2: the former administrator disassociates and deletes its members."""
    ids: list[str] = []
    for region in regions:
        guardduty = aws.sandbox.boto3("guardduty", region=region)
        detector = aws.sandbox.detector(region=region)
        listed = guardduty.list_members(DetectorId=detector, OnlyAssociated="false")["Members"]
        ids = [member["AccountId"] for member in listed]
        for part in (guardduty.disassociate_members, guardduty.delete_members):
            assert part(DetectorId=detector, AccountIds=ids)["UnprocessedAccounts"] == []
    return ids


def _deregister(aws: Organization) -> None:
    """Once, after the designation has been removed in every region."""
    aws.sandbox.boto3("organizations", MANAGEMENT).deregister_delegated_administrator(
        AccountId=ADMINISTRATOR, ServicePrincipal="guardduty.amazonaws.com"
    )


def _add_members(aws: Organization, regions: Sequence[str], former: Sequence[str]) -> None:
    """Step 4: the new administrator adds the former one's members, and the former one."""
    listed = aws.sandbox.boto3("organizations", NEW).list_accounts()["Accounts"]
    details = [
        {"AccountId": found["Id"], "Email": found["Email"]}
        for found in listed
        if found["Id"] in {*former, ADMINISTRATOR} - {NEW}
    ]
    for region in regions:
        guardduty = aws.sandbox.boto3("guardduty", NEW, region)
        answer = guardduty.create_members(
            DetectorId=aws.sandbox.detector(NEW, region), AccountDetails=details
        )
        assert answer["UnprocessedAccounts"] == []
    aws.control.advance_clock(hours=1)


def _statuses(aws: Organization, region: str = REGION) -> dict[str, str | None]:
    accounts = aws.control.actual_state()[region].items()
    return {name: found.eks_audit_logs for name, found in accounts}


def test_the_steps_to_another_administrator_turn_nothing_off(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=5)
    delegation = aws.stack("delegation", **DELEGATION)
    _done(delegation.up())
    wanted = {"autoEnable": "NEW", "autoEnableMembers": "ALL"}
    stack = aws.stack("security", **FORMER, **wanted, onRelease="DISABLE")
    _done(stack.up())
    before = _statuses(aws)
    assert (before[account(4)], before[LEFT_OFF]) == (ON, OFF)

    # 1. The former administrator's stack gives up what it keeps, and leaves it as it is.
    stack.configure({**FORMER, **wanted, "autoEnableMembers": "NEW", "onRelease": "LEAVE"})
    _done(stack.up())
    _done(stack.destroy())
    assert _statuses(aws) == before

    # 2. It parts with its members.
    members = _part_with_all_members(aws, [REGION])
    assert _statuses(aws) == before

    # 3. The management account designates the new one.
    delegation.configure({**DELEGATION, "administratorAccountId": NEW})
    refused = delegation.preview()
    assert "docs/replaced-administrator.md has the steps" in " ".join(refused.errors)
    delegation.configure(DELEGATION)
    _done(delegation.destroy())
    _deregister(aws)
    delegation.configure({**DELEGATION, "administratorAccountId": NEW})
    assert "AWS Organizations knows other GuardDuty" not in _done(delegation.up()).text
    assert aws.control.organization().administrators == {REGION: NEW}
    assert _statuses(aws) == before

    # 4. The new administrator adds the members.
    _add_members(aws, [REGION], members)
    assert _statuses(aws) == before

    # 5. The same stack, as the new administrator.
    new = {**FORMER, **wanted, "aws:profile": f"member-{NEW}", "aws:allowedAccountIds": [NEW]}
    stack.configure({**new, "onRelease": "DISABLE"})
    preview = _done(stack.preview())
    assert "5 members: 3 on, 2 off. This run changes none of them." in preview.text
    _done(stack.up())
    aws.control.advance_clock(hours=25)

    assert _statuses(aws) == before
    assert set(aws.control.settings()[REGION].features.values()) >= {"NEW"}
    _done(stack.up("--expect-no-changes"))
    assert stack.wanted()[ADMINISTRATOR] == ON


def test_a_program_whose_administrator_is_replaced_already_begins_again(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(accounts=4, regions=REGIONS)
    stack = Program(tmp_path / "own-program", aws).stack()
    _done(stack.up())
    before = [_statuses(aws, region) for region in REGIONS]
    members = _part_with_all_members(aws, REGIONS)
    for region in REGIONS:
        management = aws.sandbox.boto3("guardduty", MANAGEMENT, region)
        management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    _deregister(aws)
    for region in REGIONS:
        management = aws.sandbox.boto3("guardduty", MANAGEMENT, region)
        management.enable_organization_admin_account(AdminAccountId=NEW)
    _add_members(aws, REGIONS, members)
    aws.control.clear_calls()

    # The former administrator is sent to the new one, and the new one to the former: the page.
    as_former = stack.preview("--refresh=false")
    stack.configure({"regions": list(REGIONS), "profile": f"member-{NEW}"})
    as_new = stack.preview("--refresh=false")
    for run, told in (
        (as_former, f"the record of this stack is of account {ADMINISTRATOR} in {REGIONS[0]}."),
        (as_new, f"this stack keeps account {ADMINISTRATOR} in {REGIONS[0]} (4 members recorded)"),
    ):
        assert run.code != 0
        (sentence,) = [error for error in run.errors if told in error]
        assert "docs/replaced-administrator.md has the steps" in sentence
    assert aws.writes() == []

    stack.forget_everything()
    _done(stack.up())

    assert [_statuses(aws, region) for region in REGIONS] == before
    assert stack.wanted(REGIONS[0])[ADMINISTRATOR] == ON
    _done(stack.up("--expect-no-changes"))
