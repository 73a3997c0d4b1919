"""Members by invitation, seen from both sides: who invites, and who is invited."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

OUTSIDE = "300000000001"
ANOTHER = "300000000002"
MEMBER = "300000000003"
NOBODY = "999999999999"
EMAIL = "owner@example.com"

NO_INVITATION = (
    "The request is rejected because the current account has no pending invitation from the given "
    "master account ID or is already an associated member of another master account."
)
ALREADY_INVITED = (
    "The request is rejected because the current account has already invited or is already the "
    "GuardDuty master of the given member account ID."
)

DESCRIBED = """
regions: [us-east-1]
standaloneAccounts:
  - {id: "800000000001", name: agency}
  - {id: "800000000002", name: created, invitedBy: "800000000001", relationshipStatus: Created}
  - {id: "800000000003", name: invited, invitedBy: "800000000001", relationshipStatus: Invited}
  - {id: "800000000004", name: resigned, invitedBy: "800000000001", relationshipStatus: Resigned}
  - {id: "800000000005", name: enabled, invitedBy: "800000000001", eksAuditLogs: ENABLED}
  - {id: "800000000006", name: partner, invitedBy: "222222222222"}
"""

Json = dict[str, Any]


@pytest.fixture
def outside(sandbox: RunningSandbox) -> RunningSandbox:
    """Two accounts have left the organization: each has a detector and no administrator."""
    sandbox.client.leave(OUTSIDE)
    sandbox.client.leave(ANOTHER)
    return sandbox


def guardduty(sandbox: RunningSandbox, account: str = ADMINISTRATOR) -> Any:  # noqa: ANN401 -- boto3's
    return sandbox.boto3("guardduty", account)


def create(sandbox: RunningSandbox, account: str, by: str = ADMINISTRATOR) -> list[Json]:
    answer = guardduty(sandbox, by).create_members(
        DetectorId=sandbox.detector(by), AccountDetails=[{"AccountId": account, "Email": EMAIL}]
    )
    return list(answer["UnprocessedAccounts"])


def invite(sandbox: RunningSandbox, account: str, by: str = ADMINISTRATOR) -> list[Json]:
    answer = guardduty(sandbox, by).invite_members(
        DetectorId=sandbox.detector(by), AccountIds=[account], DisableEmailNotification=True
    )
    return list(answer["UnprocessedAccounts"])


def invitations(sandbox: RunningSandbox, account: str = OUTSIDE) -> list[Json]:
    return list(guardduty(sandbox, account).list_invitations()["Invitations"])


def accept(
    sandbox: RunningSandbox, account: str = OUTSIDE, administrator: str = ADMINISTRATOR
) -> None:
    (invitation,) = [
        each for each in invitations(sandbox, account) if each["AccountId"] == administrator
    ]
    guardduty(sandbox, account).accept_administrator_invitation(
        DetectorId=sandbox.detector(account),
        AdministratorId=administrator,
        InvitationId=invitation["InvitationId"],
    )


def join(sandbox: RunningSandbox, account: str = OUTSIDE) -> None:
    assert create(sandbox, account) == []
    assert invite(sandbox, account) == []
    accept(sandbox, account)


def member(sandbox: RunningSandbox, account: str = OUTSIDE, by: str = ADMINISTRATOR) -> Json:
    (found,) = guardduty(sandbox, by).get_members(
        DetectorId=sandbox.detector(by), AccountIds=[account]
    )["Members"]
    assert isinstance(found, dict)
    return found


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as error:
        call()
    assert error.value.response["Error"]["Code"] == "BadRequestException"
    return str(error.value.response["Error"]["Message"])


def set_eks(sandbox: RunningSandbox, account: str, status: str) -> list[Json]:
    answer = guardduty(sandbox).update_member_detectors(
        DetectorId=sandbox.detector(),
        AccountIds=[account],
        Features=[{"Name": "EKS_AUDIT_LOGS", "Status": status}],
    )
    return list(answer["UnprocessedAccounts"])


def eks(sandbox: RunningSandbox, account: str = OUTSIDE) -> str | None:
    return sandbox.client.actual_state()["us-east-1"][account].eks_audit_logs


def test_an_account_outside_becomes_a_member_by_its_own_consent(outside: RunningSandbox) -> None:
    assert create(outside, OUTSIDE) == []
    assert member(outside)["RelationshipStatus"] == "Created"
    assert invitations(outside) == []
    assert invite(outside, OUTSIDE) == []
    assert member(outside)["RelationshipStatus"] == "Invited"
    (invitation,) = invitations(outside)
    assert invitation["AccountId"] == ADMINISTRATOR
    assert invitation["RelationshipStatus"] == "Invited"
    assert guardduty(outside, OUTSIDE).get_invitations_count()["InvitationsCount"] == 1
    accept(outside)
    found = member(outside)
    assert (found["RelationshipStatus"], found["Email"]) == ("Enabled", EMAIL)
    assert found["InvitedAt"] == invitation["InvitedAt"]
    own = outside.detector(OUTSIDE)
    expected = {**invitation, "RelationshipStatus": "Enabled"}
    current = guardduty(outside, OUTSIDE).get_administrator_account(DetectorId=own)
    deprecated = guardduty(outside, OUTSIDE).get_master_account(DetectorId=own)
    assert current["Administrator"] == deprecated["Master"] == expected
    assert guardduty(outside, OUTSIDE).get_invitations_count()["InvitationsCount"] == 0


def test_a_member_of_the_organization_has_neither_email_nor_invitation(
    sandbox: RunningSandbox,
) -> None:
    assert create(sandbox, MEMBER) == []
    found = member(sandbox, MEMBER)
    assert not {"Email", "InvitedAt"} & set(found)
    administrator = guardduty(sandbox, MEMBER).get_administrator_account(
        DetectorId=sandbox.detector(MEMBER)
    )["Administrator"]
    assert administrator == {"AccountId": ADMINISTRATOR, "RelationshipStatus": "Enabled"}


def test_the_administrator_sets_features_of_an_invited_member_one_by_one(
    outside: RunningSandbox,
) -> None:
    assert create(outside, OUTSIDE) == []
    assert [entry["AccountId"] for entry in set_eks(outside, OUTSIDE, "DISABLED")] == [OUTSIDE]
    assert invite(outside, OUTSIDE) == []
    assert [entry["AccountId"] for entry in set_eks(outside, OUTSIDE, "DISABLED")] == [OUTSIDE]
    accept(outside)
    assert eks(outside) == "ENABLED"
    assert set_eks(outside, OUTSIDE, "DISABLED") == []
    assert eks(outside) == "DISABLED"


def test_the_organizations_settings_do_not_reach_invited_members(outside: RunningSandbox) -> None:
    join(outside, ANOTHER)
    assert eks(outside, ANOTHER) == "DISABLED"
    guardduty(outside).update_organization_configuration(
        DetectorId=outside.detector(),
        AutoEnableOrganizationMembers="ALL",
        Features=[{"Name": "EKS_AUDIT_LOGS", "AutoEnable": "ALL"}],
    )
    outside.client.advance_clock(25)
    assert eks(outside, MEMBER) == "ENABLED"
    assert eks(outside, ANOTHER) == "DISABLED"


def test_only_who_was_created_with_an_email_can_be_invited(outside: RunningSandbox) -> None:
    (unknown,) = invite(outside, OUTSIDE)
    assert unknown["Result"] == (
        "The request is rejected because member account's email address is missing."
    )
    (itself,) = invite(outside, ADMINISTRATOR)
    assert itself["Result"] == (
        "The request is rejected because the current account cannot invite itself."
    )


def test_who_is_invited_or_a_member_is_not_invited_again(outside: RunningSandbox) -> None:
    assert create(outside, OUTSIDE) == []
    assert invite(outside, OUTSIDE) == []
    assert invite(outside, OUTSIDE) == [{"AccountId": OUTSIDE, "Result": ALREADY_INVITED}]
    accept(outside)
    assert invite(outside, OUTSIDE) == [{"AccountId": OUTSIDE, "Result": ALREADY_INVITED}]
    assert invite(outside, MEMBER) == [{"AccountId": MEMBER, "Result": ALREADY_INVITED}]


def test_a_disassociated_member_of_the_organization_can_not_be_invited(
    sandbox: RunningSandbox,
) -> None:
    guardduty(sandbox).disassociate_members(DetectorId=sandbox.detector(), AccountIds=[MEMBER])
    assert [entry["AccountId"] for entry in invite(sandbox, MEMBER)] == [MEMBER]
    assert create(sandbox, MEMBER) == []
    sandbox.client.advance_clock(hours=1)
    assert member(sandbox, MEMBER)["RelationshipStatus"] == "Enabled"


def test_nobody_is_created_twice_or_as_a_member_of_itself(outside: RunningSandbox) -> None:
    assert create(outside, OUTSIDE) == []
    (again,) = create(outside, OUTSIDE)
    assert again["Result"] == (
        "The request is rejected because the given account ID is already a member or associated "
        "member of the current account."
    )
    (itself,) = create(outside, ADMINISTRATOR)
    assert itself["Result"] == (
        "The request is rejected because an account cannot become a member of itself."
    )


def test_a_declined_invitation_is_kept_until_it_is_deleted(outside: RunningSandbox) -> None:
    assert create(outside, OUTSIDE) == []
    assert invite(outside, OUTSIDE) == []
    invited = guardduty(outside, OUTSIDE)
    (waiting,) = invited.delete_invitations(AccountIds=[ADMINISTRATOR])["UnprocessedAccounts"]
    assert waiting["Result"] == (
        "The request is rejected because the current account cannot delete the invitation from "
        "the given master account ID since it is still associated to it or has not declined their "
        "invitation yet."
    )
    assert invited.decline_invitations(AccountIds=[ADMINISTRATOR])["UnprocessedAccounts"] == []
    assert member(outside)["RelationshipStatus"] == "Resigned"
    assert [each["RelationshipStatus"] for each in invitations(outside)] == ["Resigned"]
    (again,) = invited.decline_invitations(AccountIds=[ADMINISTRATOR])["UnprocessedAccounts"]
    assert again == {"AccountId": ADMINISTRATOR, "Result": NO_INVITATION}
    assert invited.delete_invitations(AccountIds=[ADMINISTRATOR])["UnprocessedAccounts"] == []
    assert invitations(outside) == []
    (gone,) = invited.delete_invitations(AccountIds=[ADMINISTRATOR])["UnprocessedAccounts"]
    assert gone == {"AccountId": ADMINISTRATOR, "Result": NO_INVITATION}
    assert invite(outside, OUTSIDE) == []
    assert len(invitations(outside)) == 1


def test_an_unsent_invitation_is_neither_accepted_nor_declined(
    outside: RunningSandbox,
) -> None:
    invited, detector = guardduty(outside, OUTSIDE), outside.detector(OUTSIDE)
    for administrator in (ADMINISTRATOR, NOBODY):
        by_number = partial(
            invited.accept_administrator_invitation,
            DetectorId=detector,
            AdministratorId=administrator,
            InvitationId="0" * 32,
        )
        assert refused(by_number) == NO_INVITATION
    (declined,) = invited.decline_invitations(AccountIds=[NOBODY])["UnprocessedAccounts"]
    assert declined == {"AccountId": NOBODY, "Result": NO_INVITATION}
    assert NOBODY not in outside.client.actual_state()["us-east-1"]


def test_an_invitation_is_accepted_with_its_own_id_and_a_detector_only(
    outside: RunningSandbox,
) -> None:
    assert create(outside, OUTSIDE) == []
    assert invite(outside, OUTSIDE) == []
    invited, detector = guardduty(outside, OUTSIDE), outside.detector(OUTSIDE)
    assert "invalid or out-of-range" in refused(
        lambda: invited.accept_administrator_invitation(
            DetectorId=detector, AdministratorId=ADMINISTRATOR, InvitationId="0" * 32
        )
    )
    (invitation,) = invitations(outside)
    invited.delete_detector(DetectorId=detector)
    assert "not owned by the current account" in refused(
        lambda: invited.accept_administrator_invitation(
            DetectorId=detector,
            AdministratorId=ADMINISTRATOR,
            InvitationId=invitation["InvitationId"],
        )
    )


def test_a_member_and_an_administrator_accept_no_other_invitation(outside: RunningSandbox) -> None:
    join(outside, OUTSIDE)
    management = guardduty(outside, MANAGEMENT)
    management.create_detector(Enable=True)
    assert create(outside, OUTSIDE, by=MANAGEMENT) == []
    assert invite(outside, OUTSIDE, by=MANAGEMENT) == []
    assert "already an associated member of some master account" in refused(
        lambda: accept(outside, OUTSIDE, administrator=MANAGEMENT)
    )
    assert create(outside, MANAGEMENT, by=ANOTHER) == []
    assert invite(outside, MANAGEMENT, by=ANOTHER) == []
    assert "it still has created, invited or associated members" in refused(
        lambda: accept(outside, MANAGEMENT, administrator=ANOTHER)
    )


def test_an_invitation_of_an_account_that_became_a_member_itself_is_void(
    outside: RunningSandbox,
) -> None:
    assert create(outside, OUTSIDE, by=ANOTHER) == []
    assert invite(outside, OUTSIDE, by=ANOTHER) == []
    outside.client.join(ANOTHER)
    assert "the latter is an associated member of another master account" in refused(
        lambda: accept(outside, OUTSIDE, administrator=ANOTHER)
    )


def test_a_member_that_resigned_can_be_invited_again(outside: RunningSandbox) -> None:
    join(outside)
    own = outside.detector(OUTSIDE)
    invited = guardduty(outside, OUTSIDE)
    invited.disassociate_from_administrator_account(DetectorId=own)
    found = member(outside)
    assert (found["RelationshipStatus"], found["Email"]) == ("Resigned", EMAIL)
    assert invited.get_detector(DetectorId=own)["Status"] == "ENABLED"
    assert refused(lambda: invited.disassociate_from_master_account(DetectorId=own)) == (
        "The request is rejected because the current account is not associated with a master "
        "account."
    )
    assert invite(outside, OUTSIDE) == []
    (invitation,) = invitations(outside)
    invited.accept_invitation(
        DetectorId=own, MasterId=ADMINISTRATOR, InvitationId=invitation["InvitationId"]
    )
    assert member(outside)["RelationshipStatus"] == "Enabled"
    invited.disassociate_from_master_account(DetectorId=own)
    assert member(outside)["RelationshipStatus"] == "Resigned"


def test_a_removed_member_keeps_its_email_until_it_is_deleted(outside: RunningSandbox) -> None:
    join(outside)
    administrator, detector = guardduty(outside), outside.detector()
    administrator.disassociate_members(DetectorId=detector, AccountIds=[OUTSIDE])
    found = member(outside)
    assert (found["RelationshipStatus"], found["Email"]) == ("Removed", EMAIL)
    administrator.delete_members(DetectorId=detector, AccountIds=[OUTSIDE])
    assert [entry["AccountId"] for entry in invite(outside, OUTSIDE)] == [OUTSIDE]
    assert invitations(outside) == []


def test_under_all_a_member_of_the_organization_can_not_resign(sandbox: RunningSandbox) -> None:
    own, invited = sandbox.detector(MEMBER), guardduty(sandbox, MEMBER)
    update = guardduty(sandbox).update_organization_configuration
    update(DetectorId=sandbox.detector(), AutoEnableOrganizationMembers="ALL")
    assert "ALL" in refused(lambda: invited.disassociate_from_administrator_account(DetectorId=own))
    update(DetectorId=sandbox.detector(), AutoEnableOrganizationMembers="NEW")
    invited.disassociate_from_administrator_account(DetectorId=own)
    assert member(sandbox, MEMBER)["RelationshipStatus"] == "Resigned"


def test_an_administrator_that_has_invited_keeps_its_detector(outside: RunningSandbox) -> None:
    inviting, detector = guardduty(outside, ANOTHER), outside.detector(ANOTHER)
    assert create(outside, OUTSIDE, by=ANOTHER) == []
    assert invite(outside, OUTSIDE, by=ANOTHER) == []
    assert refused(lambda: inviting.delete_detector(DetectorId=detector)) == (
        "The request is rejected because the current account cannot delete detector while it has "
        "invited or associated members."
    )
    guardduty(outside, OUTSIDE).decline_invitations(AccountIds=[ANOTHER])
    inviting.delete_detector(DetectorId=detector)
    assert inviting.list_detectors()["DetectorIds"] == []


def test_invitations_come_in_pages(outside: RunningSandbox) -> None:
    for administrator in (ANOTHER, ADMINISTRATOR):
        assert create(outside, OUTSIDE, by=administrator) == []
        assert invite(outside, OUTSIDE, by=administrator) == []
    pages = (
        guardduty(outside, OUTSIDE)
        .get_paginator("list_invitations")
        .paginate(PaginationConfig={"PageSize": 1})
    )
    assert [[each["AccountId"] for each in page["Invitations"]] for page in pages] == [
        [ADMINISTRATOR],
        [ANOTHER],
    ]


def test_under_all_an_invited_member_can_be_stopped_and_removed(outside: RunningSandbox) -> None:
    join(outside)
    administrator, detector = guardduty(outside), outside.detector()
    administrator.update_organization_configuration(
        DetectorId=detector, AutoEnableOrganizationMembers="ALL"
    )
    administrator.stop_monitoring_members(DetectorId=detector, AccountIds=[OUTSIDE])
    assert member(outside)["RelationshipStatus"] == "Disabled"
    administrator.disassociate_members(DetectorId=detector, AccountIds=[OUTSIDE])
    assert member(outside)["RelationshipStatus"] == "Removed"
    assert "ALL" in refused(
        lambda: administrator.delete_members(DetectorId=detector, AccountIds=[OUTSIDE, MEMBER])
    )
    administrator.delete_members(DetectorId=detector, AccountIds=[OUTSIDE])
    assert [entry["AccountId"] for entry in invite(outside, OUTSIDE)] == [OUTSIDE]


def test_invited_members_can_be_described(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(organization=DESCRIBED)
    agency = "800000000001"
    listed = guardduty(sandbox, agency).list_members(
        DetectorId=sandbox.detector(agency), OnlyAssociated="false"
    )["Members"]
    assert {each["Email"]: each["RelationshipStatus"] for each in listed} == {
        f"{status.lower()}@example.com": status
        for status in ("Created", "Invited", "Resigned", "Enabled")
    }
    assert eks(sandbox, "800000000005") == "ENABLED"
    partner = member(sandbox, "800000000006")
    assert (partner["Email"], partner["RelationshipStatus"]) == ("partner@example.com", "Enabled")
