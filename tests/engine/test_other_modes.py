"""A standalone account, members by invitation, and the designation of the administrator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.engine.diff import listed_under
from tests.support.engine.organization import FEATURE, OFF, ON, REGION, account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

ADMINISTRATOR, MANAGEMENT = "222222222222", "111111111111"
BRANCHES = {"accepted": "800000000002", "invited": "800000000003", "resigned": "800000000004"}
ALONE = """
regions: [us-east-1]
standaloneAccounts:
  - {id: "800000000001", name: partner, detector: true, eksAuditLogs: DISABLED}
  - {id: "800000000002", name: branch, invitedBy: "800000000001"}
  - {id: "800000000003", name: office, invitedBy: "800000000001", relationshipStatus: Invited}
  - {id: "800000000004", name: former, invitedBy: "800000000001", relationshipStatus: Resigned}
"""
HUB = "800000000001"


def _own(aws: Organization, account_id: str) -> str | None:
    return aws.control.actual_state()[REGION][account_id].eks_audit_logs


# Standalone


def test_a_standalone_account_turns_its_own_detector_on_and_off(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=ALONE)
    stack = aws.stack(**{"mode": "standalone", "aws:profile": f"standalone-{HUB}"})
    before = aws.control.actual_state()[REGION][HUB].features

    preview = stack.preview()
    assert "standalone account 800000000001" in preview.text
    assert "Own detector: off -> on." in preview.text
    assert _own(aws, HUB) == OFF
    assert stack.up().code == 0
    assert aws.control.actual_state()[REGION][HUB].features == {**before, FEATURE: ON}
    assert set(aws.writes()) == {"UpdateDetector"}
    again = stack.preview("--expect-no-changes")
    assert again.code == 0, again.text

    stack.configure(
        {
            "aws:region": REGION,
            "mode": "standalone",
            "status": "DISABLED",
            "aws:profile": f"standalone-{HUB}",
        }
    )
    assert stack.up().code == 0
    assert _own(aws, HUB) == OFF


def test_a_member_account_that_tries_alone_is_told_who_may(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()

    run = aws.stack(mode="standalone").up("--skip-preview", AWS_PROFILE=f"member-{account(1)}")

    assert run.code != 0
    (error,) = run.errors
    assert error == (
        f"account {account(1)} is a GuardDuty member in us-east-1, and only its administrator "
        "222222222222 may set EKS audit log monitoring. Use credentials of 222222222222."
    )
    assert aws.writes() == []


# Members by invitation


def test_invited_members_are_set_and_those_who_have_not_accepted_are_told(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=ALONE)
    stack = aws.stack(
        **{
            "mode": "invitation",
            "members": [{"status": "ENABLED", "all": True}],
            "aws:profile": f"standalone-{HUB}",
        }
    )
    aws.control.set_feature(BRANCHES["accepted"], OFF)
    aws.control.clear_calls()

    preview = stack.preview()
    assert "administrator by invitation 800000000001" in preview.text
    assert (
        "1 member is inactive (relationship status Invited, has not accepted the invitation): "
        "800000000003"
    ) in preview.text
    run = stack.up()

    assert run.code == 0, run.text
    assert _own(aws, BRANCHES["accepted"]) == ON
    assert _own(aws, HUB) == ON
    operations = {call.operation for call in aws.control.calls() if call.service != "sts"}
    assert not {op for op in operations if "Organization" in op}
    assert "organizations" not in {call.service for call in aws.control.calls()}
    assert stack.record().settings.keys() == {"status"}
    again = stack.preview("--expect-no-changes")
    assert again.code == 0, again.text


def test_the_run_after_an_invitation_is_accepted_sets_the_member(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=ALONE)
    stack = aws.stack(
        **{
            "mode": "invitation",
            "members": [{"status": "ENABLED", "all": True}],
            "aws:profile": f"standalone-{HUB}",
        }
    )
    assert stack.up().code == 0
    late = BRANCHES["invited"]
    guardduty = aws.sandbox.boto3("guardduty", late)
    (detector,) = guardduty.list_detectors()["DetectorIds"] or [
        guardduty.create_detector(Enable=True)["DetectorId"]
    ]
    (invitation,) = guardduty.list_invitations()["Invitations"]
    guardduty.accept_administrator_invitation(
        DetectorId=detector, AdministratorId=HUB, InvitationId=invitation["InvitationId"]
    )
    aws.control.set_feature(late, OFF)

    preview = stack.preview("--diff")
    assert listed_under("DISABLED -> ENABLED", preview.text) == [late]
    assert stack.up().code == 0
    assert _own(aws, late) == ON


# Delegation


@pytest.fixture
def undesignated(organization: Callable[..., Organization]) -> Organization:
    """An organization that has no delegated GuardDuty administrator yet."""
    aws = organization()
    aws.sandbox.boto3("guardduty", MANAGEMENT).disable_organization_admin_account(
        AdminAccountId=ADMINISTRATOR
    )
    aws.control.clear_calls()
    return aws


def _designated(aws: Organization) -> list[str]:
    answer = aws.sandbox.boto3("guardduty", MANAGEMENT).list_organization_admin_accounts()
    return [entry["AdminAccountId"] for entry in answer["AdminAccounts"]]


DELEGATION = {
    "mode": "delegation",
    "administratorAccountId": ADMINISTRATOR,
    "aws:profile": "management",
}


def test_a_destroy_removes_the_designation_that_the_stack_made(
    undesignated: Organization,
) -> None:
    aws = undesignated
    stack = aws.stack(**DELEGATION)

    preview = stack.preview()
    assert "222222222222 is designated in this run" in preview.text
    assert "A destroy of this stack removes the designation in us-east-1" in preview.text
    assert _designated(aws) == []

    run = stack.up()
    assert run.code == 0, run.text
    assert _designated(aws) == [ADMINISTRATOR]
    assert aws.writes() == ["EnableOrganizationAdminAccount"]
    assert stack.outputs() == {"administratorAccountId": ADMINISTRATOR}
    again = stack.up("--expect-no-changes")
    assert again.code == 0, again.text

    assert stack.destroy().code == 0
    assert _designated(aws) == []


def test_an_administrator_that_is_designated_already_is_kept(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(**DELEGATION)

    preview = stack.preview()
    assert "222222222222 is designated already, and stays so." in preview.text
    run = stack.up()

    assert run.code == 0, run.text
    assert aws.writes() == []
    again = stack.up("--expect-no-changes")
    assert again.code == 0, again.text


def test_another_administrator_is_refused_with_the_way_out(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(**{**DELEGATION, "administratorAccountId": account(1)})

    run = stack.up("--skip-preview")

    assert run.code != 0
    (error,) = run.errors
    assert error == (
        f"administratorAccountId: {account(1)}, but 222222222222 is the delegated GuardDuty "
        "administrator in us-east-1, and there is only one. Set administratorAccountId: "
        "222222222222; or remove its designation first, which disassociates its members: "
        "`aws guardduty disable-organization-admin-account --admin-account-id 222222222222`. If it "
        "is to be replaced, docs/replaced-administrator.md has the steps."
    )
    assert aws.writes() == []


def test_whoever_is_not_the_management_account_is_refused(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()

    run = aws.stack(**{**DELEGATION, "aws:profile": "administrator"}).preview()

    (error,) = run.errors
    assert error.startswith(
        "mode: delegation is for the organization's management account, and account 222222222222 "
        "is not it (The request failed because you are not the master account"
    )
    assert error.endswith("Use credentials of the management account.")
    assert aws.writes() == []


def test_an_account_that_is_not_in_the_organization_is_refused(undesignated: Organization) -> None:
    aws = undesignated

    run = aws.stack(**{**DELEGATION, "administratorAccountId": "999999999999"}).preview()

    (error,) = run.errors
    assert error == (
        "administratorAccountId: 999999999999 is not an account of this organization. Correct the "
        "id, or invite the account into the organization first."
    )
    assert aws.writes() == []


def test_an_account_that_is_closed_is_refused(undesignated: Organization) -> None:
    aws = undesignated
    aws.sandbox.boto3("organizations", MANAGEMENT).close_account(AccountId=account(1))

    run = aws.stack(**{**DELEGATION, "administratorAccountId": account(1)}).preview()

    (error,) = run.errors
    assert re.fullmatch(
        f"administratorAccountId: {account(1)} is (SUSPENDED|PENDING_CLOSURE) in AWS "
        "Organizations, and only an ACTIVE account can be designated. Name another account.",
        error,
    )
    assert aws.writes() == []


def test_a_designation_that_is_being_removed_is_refused(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    aws.control.begin_to_end_designation()

    run = aws.stack(**DELEGATION).preview()

    (error,) = run.errors
    assert error == (
        "administratorAccountId: the designation of 222222222222 in us-east-1 is being removed "
        "(DISABLE_IN_PROGRESS). Run again when that is done."
    )
    assert aws.writes() == []


def test_after_the_designation_the_administrators_stack_sets_everything(
    undesignated: Organization,
) -> None:
    aws = undesignated
    assert aws.stack("delegation", **DELEGATION).up().code == 0
    stack = aws.stack(autoEnable="ALL", autoEnableMembers="ALL")

    assert stack.up().code == 0
    aws.control.advance_clock(hours=25)
    assert stack.up().code == 0
    assert set(aws.statuses().values()) == {ON}
    assert len(aws.statuses()) == 12
