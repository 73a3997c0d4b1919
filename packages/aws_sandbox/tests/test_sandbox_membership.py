"""How accounts become members and cease to be: the organization, the administrator, the limit."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.organization import default_organization
from aws_sandbox.server import Sandbox
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from aws_sandbox.testing.in_process import InProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

FIRST, SECOND, THIRD = "300000000001", "300000000002", "300000000003"
STANDALONE = "800000000001"
WITH_A_STANDALONE = f"""
regions: [us-east-1]
settings: {{autoEnableOrganizationMembers: NEW, eksAuditLogs: NEW}}
accounts: [{{id: "{FIRST}", name: shop, ou: Root/Prod}}]
standaloneAccounts: [{{id: "{STANDALONE}", name: partner}}]
"""
NOT_ASSOCIATED = (
    "The request is rejected because the given account ID is not an associated member of account "
    "the current account."
)


def refusal(call: Callable[[], object]) -> dict[str, Any]:
    with pytest.raises(ClientError) as refused:
        call()
    return dict(refused.value.response)


def message(call: Callable[[], object]) -> str:
    return str(refusal(call)["Error"]["Message"])


def relationship(sandbox: RunningSandbox, account: str, region: str = "us-east-1") -> str | None:
    return sandbox.client.actual_state()[region][account].relationship


def set_auto_enable(sandbox: RunningSandbox, members: str, eks: str) -> None:
    sandbox.boto3("guardduty").update_organization_configuration(
        DetectorId=sandbox.detector(),
        AutoEnableOrganizationMembers=members,
        Features=[{"Name": "EKS_AUDIT_LOGS", "AutoEnable": eks}],
    )


def test_an_invited_account_joins_when_it_accepts_and_new_reaches_it_then(
    serve_sandbox: ServeSandbox,
) -> None:
    sandbox = serve_sandbox(organization=WITH_A_STANDALONE)
    management = sandbox.boto3("organizations", MANAGEMENT)
    invited = management.invite_account_to_organization(
        Target={"Id": STANDALONE, "Type": "ACCOUNT"}
    )["Handshake"]
    assert relationship(sandbox, STANDALONE) is None
    partner = sandbox.boto3("organizations", STANDALONE)
    (seen,) = partner.list_handshakes_for_account()["Handshakes"]
    assert (seen["Id"], seen["State"]) == (invited["Id"], "OPEN")
    assert partner.accept_handshake(HandshakeId=seen["Id"])["Handshake"]["State"] == "ACCEPTED"
    found = sandbox.client.actual_state()["us-east-1"][STANDALONE]
    assert (found.relationship, found.eks_audit_logs) == ("Enabled", "ENABLED")
    described = management.describe_account(AccountId=STANDALONE)["Account"]
    assert described["JoinedMethod"] == "INVITED"
    again = partial(partner.accept_handshake, HandshakeId=seen["Id"])
    assert refusal(again)["Error"]["Code"] == "InvalidHandshakeTransitionException"


def test_an_invitation_is_declined_cancelled_or_expires(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(organization=WITH_A_STANDALONE)
    management = sandbox.boto3("organizations", MANAGEMENT)
    partner = sandbox.boto3("organizations", STANDALONE)
    invite = partial(
        management.invite_account_to_organization, Target={"Id": STANDALONE, "Type": "ACCOUNT"}
    )
    first = invite()["Handshake"]["Id"]
    assert refusal(invite)["Error"]["Code"] == "DuplicateHandshakeException"
    assert partner.decline_handshake(HandshakeId=first)["Handshake"]["State"] == "DECLINED"
    second = invite()["Handshake"]["Id"]
    assert management.cancel_handshake(HandshakeId=second)["Handshake"]["State"] == "CANCELED"
    third = invite()["Handshake"]["Id"]
    sandbox.client.advance_clock(hours=15 * 24)
    states = [
        found["State"] for found in management.list_handshakes_for_organization()["Handshakes"]
    ]
    assert states == ["DECLINED", "CANCELED", "EXPIRED"]
    late = partial(partner.accept_handshake, HandshakeId=third)
    assert refusal(late)["Error"]["Code"] == "InvalidHandshakeTransitionException"
    member = partial(
        management.invite_account_to_organization, Target={"Id": FIRST, "Type": "ACCOUNT"}
    )
    assert refusal(member)["Reason"] == "ALREADY_IN_AN_ORGANIZATION"


def test_moving_an_account_to_another_unit_changes_nothing_in_guardduty(
    sandbox: RunningSandbox,
) -> None:
    management = sandbox.boto3("organizations", MANAGEMENT)
    (root,) = management.list_roots()["Roots"]
    units = management.list_organizational_units_for_parent(ParentId=root["Id"])
    ids = {unit["Name"]: unit["Id"] for unit in units["OrganizationalUnits"]}
    before = sandbox.client.actual_state()
    management.move_account(
        AccountId=FIRST, SourceParentId=ids["Prod"], DestinationParentId=ids["Test"]
    )
    assert sandbox.client.actual_state() == before
    (parent,) = management.list_parents(ChildId=FIRST)["Parents"]
    assert parent["Id"] == ids["Test"]
    places = {account.account_id: account.ou for account in sandbox.client.organization().accounts}
    assert places[FIRST] == "Root/Test"


@pytest.mark.parametrize("by", ["management", "member"])
def test_an_account_that_leaves_the_organization_is_a_member_no_more(
    sandbox: RunningSandbox, by: str
) -> None:
    if by == "management":
        management = sandbox.boto3("organizations", MANAGEMENT)
        management.remove_account_from_organization(AccountId=FIRST)
    else:
        sandbox.boto3("organizations", FIRST).leave_organization()
    for actual in sandbox.client.actual_state().values():
        assert (actual[FIRST].relationship, actual[FIRST].detector) == (None, "ENABLED")
    own = sandbox.boto3("guardduty", FIRST)
    own.update_detector(DetectorId=sandbox.detector(FIRST), FindingPublishingFrequency="ONE_HOUR")
    alone = sandbox.boto3("organizations", FIRST).describe_organization
    assert refusal(alone)["Error"]["Code"] == "AWSOrganizationsNotInUseException"


def test_management_account_and_delegated_administrator_can_not_leave(
    sandbox: RunningSandbox,
) -> None:
    management = sandbox.boto3("organizations", MANAGEMENT)
    leaves = refusal(management.leave_organization)
    assert leaves["Error"]["Code"] == "MasterCannotLeaveOrganizationException"
    remove = partial(management.remove_account_from_organization, AccountId=ADMINISTRATOR)
    assert refusal(remove)["Reason"] == "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"


def test_an_administrator_that_leaves_ends_all_memberships(
    sandbox: RunningSandbox,
) -> None:
    management = sandbox.boto3("organizations", MANAGEMENT)
    management.deregister_delegated_administrator(
        AccountId=ADMINISTRATOR, ServicePrincipal="guardduty.amazonaws.com"
    )
    management.remove_account_from_organization(AccountId=ADMINISTRATOR)
    for region, actual in sandbox.client.actual_state().items():
        assert {found.relationship for found in actual.values()} == {None}
        assert actual[FIRST].detector == "ENABLED"
        admins = sandbox.boto3("guardduty", MANAGEMENT, region).list_organization_admin_accounts()
        assert admins["AdminAccounts"] == []


def test_a_closed_account_is_account_suspended(sandbox: RunningSandbox) -> None:
    sandbox.boto3("organizations", MANAGEMENT).close_account(AccountId=FIRST)
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    listed = guardduty.list_members(DetectorId=detector)["Members"]
    assert FIRST not in {member["AccountId"] for member in listed}
    (member,) = guardduty.get_members(DetectorId=detector, AccountIds=[FIRST])["Members"]
    assert member["RelationshipStatus"] == "AccountSuspended"
    answer = guardduty.start_monitoring_members(DetectorId=detector, AccountIds=[FIRST])
    assert answer["UnprocessedAccounts"] == [{"AccountId": FIRST, "Result": NOT_ASSOCIATED}]


@pytest.mark.parametrize("status", ["Removed", "Resigned", "RegionDisabled", "AccountSuspended"])
def test_accounts_that_are_not_associated_are_not_read_or_set(
    sandbox: RunningSandbox, status: str
) -> None:
    sandbox.client.set_relationship(FIRST, status)
    guardduty = sandbox.boto3("guardduty")
    who: dict[str, Any] = {"DetectorId": sandbox.detector(), "AccountIds": [FIRST]}
    feature = [{"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED"}]
    for answer in (
        guardduty.get_member_detectors(**who),
        guardduty.update_member_detectors(**who, Features=feature),
        guardduty.start_monitoring_members(**who),
        guardduty.stop_monitoring_members(**who),
        guardduty.disassociate_members(**who),
    ):
        assert answer["UnprocessedAccounts"] == [{"AccountId": FIRST, "Result": NOT_ASSOCIATED}]
    assert not guardduty.delete_members(**who)["UnprocessedAccounts"]


def test_stopping_and_starting_again_changes_nothing_more(sandbox: RunningSandbox) -> None:
    guardduty = sandbox.boto3("guardduty")
    who: dict[str, Any] = {"DetectorId": sandbox.detector(), "AccountIds": [FIRST]}
    for _ in range(2):
        assert not guardduty.stop_monitoring_members(**who)["UnprocessedAccounts"]
        assert relationship(sandbox, FIRST) == "Disabled"
    for _ in range(2):
        assert not guardduty.start_monitoring_members(**who)["UnprocessedAccounts"]
        assert relationship(sandbox, FIRST) == "Enabled"


def test_members_are_not_disassociated_while_a_plan_is_all(sandbox: RunningSandbox) -> None:
    set_auto_enable(sandbox, "NEW", "ALL")
    guardduty = sandbox.boto3("guardduty")
    who: dict[str, Any] = {"DetectorId": sandbox.detector(), "AccountIds": [FIRST]}
    assert "ALL" in message(partial(guardduty.disassociate_members, **who))
    assert not guardduty.stop_monitoring_members(**who)["UnprocessedAccounts"]
    set_auto_enable(sandbox, "NEW", "NEW")
    assert not guardduty.disassociate_members(**who)["UnprocessedAccounts"]
    assert relationship(sandbox, FIRST) == "Removed"


def test_members_created_again_get_the_organizations_settings(
    sandbox: RunningSandbox,
) -> None:
    set_auto_enable(sandbox, "NEW", "NEW")
    assert sandbox.client.actual_state()["us-east-1"][SECOND].eks_audit_logs == "DISABLED"
    details = [{"AccountId": SECOND, "Email": "payments@example.com"}]
    sandbox.boto3("guardduty").create_members(DetectorId=sandbox.detector(), AccountDetails=details)
    assert sandbox.client.actual_state()["us-east-1"][SECOND].eks_audit_logs == "ENABLED"
    assert sandbox.client.actual_state()["us-east-1"][THIRD].eks_audit_logs == "DISABLED"


def test_a_second_designation_is_refused_in_words_that_tell_who_it_is(
    sandbox: RunningSandbox,
) -> None:
    management = sandbox.boto3("guardduty", MANAGEMENT)
    enable = management.enable_organization_admin_account
    assert message(partial(enable, AdminAccountId=ADMINISTRATOR)) == (
        "The request failed because the account is already enabled as the GuardDuty delegated "
        "administrator for the organization."
    )
    assert message(partial(enable, AdminAccountId=FIRST)) == (
        "The request failed because another account is already enabled as GuardDuty delegated "
        "administrator for the organization."
    )
    management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    assert message(partial(enable, AdminAccountId="999999999999")) == (
        "The request failed because admin account passed is not member of AWS Organizations."
    )


def test_the_administrator_is_changed_region_by_region(
    sandbox: RunningSandbox,
) -> None:
    set_auto_enable(sandbox, "NEW", "NEW")
    management = sandbox.boto3("guardduty", MANAGEMENT)
    management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    former = partial(
        sandbox.boto3("guardduty").describe_organization_configuration,
        DetectorId=sandbox.detector(),
    )
    assert "has already been disabled" in message(former)
    management.enable_organization_admin_account(AdminAccountId=THIRD)
    successor, detector = sandbox.boto3("guardduty", THIRD), sandbox.detector(THIRD)
    found = successor.describe_organization_configuration(DetectorId=detector)
    assert found["AutoEnableOrganizationMembers"] == "NONE"
    assert successor.list_members(DetectorId=detector, OnlyAssociated="false")["Members"] == []
    actual = sandbox.client.actual_state()
    assert (actual["us-east-1"][FIRST].relationship, actual["us-east-1"][FIRST].detector) == (
        None,
        "ENABLED",
    )
    assert actual["eu-west-1"][FIRST].relationship == "Enabled"
    details = [{"AccountId": FIRST, "Email": "shop@example.com"}]
    successor.create_members(DetectorId=detector, AccountDetails=details)
    assert relationship(sandbox, FIRST) == "Enabled"


@pytest.fixture
def aws() -> InProcess:
    """Three members in one region."""
    in_process = InProcess()
    in_process.talk_to(Sandbox(default_organization(accounts=3, regions=["us-east-1"])))
    return in_process


def detector(aws: InProcess, account: str = ADMINISTRATOR) -> str:
    (found,) = aws.boto3("guardduty", account).list_detectors()["DetectorIds"]
    return str(found)


def frequency(aws: InProcess, account: str) -> str:
    found = aws.boto3("guardduty", account).get_detector(DetectorId=detector(aws, account))
    return str(found["FindingPublishingFrequency"])


def test_an_administrator_with_members_keeps_guardduty_on(
    aws: InProcess,
) -> None:
    guardduty, own = aws.boto3("guardduty", ADMINISTRATOR), detector(aws)
    suspend = partial(guardduty.update_detector, DetectorId=own, Enable=False)
    disable = partial(guardduty.delete_detector, DetectorId=own)
    for call, verb in ((suspend, "disable"), (disable, "delete")):
        assert message(call) == (
            f"The request is rejected because the current account cannot {verb} detector while it "
            "has invited or associated members."
        )
    assert guardduty.get_detector(DetectorId=own)["Status"] == "ENABLED"
    guardduty.disassociate_members(DetectorId=own, AccountIds=[FIRST, SECOND, THIRD])
    suspend()
    assert guardduty.get_detector(DetectorId=own)["Status"] == "DISABLED"
    disable()
    assert guardduty.list_detectors()["DetectorIds"] == []


def test_the_administrators_frequency_is_imposed_on_its_members(aws: InProcess) -> None:
    guardduty, own = aws.boto3("guardduty", ADMINISTRATOR), detector(aws)
    guardduty.disassociate_members(DetectorId=own, AccountIds=[SECOND])
    guardduty.update_detector(DetectorId=own, FindingPublishingFrequency="ONE_HOUR")
    assert (frequency(aws, FIRST), frequency(aws, SECOND)) == ("ONE_HOUR", "SIX_HOURS")
    guardduty.disassociate_members(DetectorId=own, AccountIds=[FIRST])
    details = [{"AccountId": SECOND, "Email": "payments@example.com"}]
    guardduty.create_members(DetectorId=own, AccountDetails=details)
    assert frequency(aws, SECOND) == "ONE_HOUR"
    guardduty.update_detector(DetectorId=own, FindingPublishingFrequency="FIFTEEN_MINUTES")
    assert (frequency(aws, FIRST), frequency(aws, SECOND)) == ("ONE_HOUR", "FIFTEEN_MINUTES")


@pytest.mark.parametrize(
    "email",
    [
        *("a", "a@b.c", "nodomain", "two@at@example.com", "ünï@example.com", f"{'x' * 60}@ex.com"),
        *("with space@example.com", "(x)@example.com", "a,b@example.com", ".dot@example.com"),
        *("name@example", "name@.example.com", "name@example.com.", "name@-example.com"),
        *("name@example.com-", "name@exa_mple.com", "@example.com", "name@"),
    ],
)
def test_members_are_created_with_e_mail_addresses_only(aws: InProcess, email: str) -> None:
    guardduty, own = aws.boto3("guardduty", ADMINISTRATOR), detector(aws)
    details = [
        {"AccountId": "999999999998", "Email": "owner@example.com"},
        {"AccountId": "999999999999", "Email": email},
    ]
    create = partial(guardduty.create_members, DetectorId=own, AccountDetails=details)
    assert "invalid or out-of-range value" in message(create)
    listed = guardduty.list_members(DetectorId=own, OnlyAssociated="false")["Members"]
    assert {member["AccountId"] for member in listed} == {FIRST, SECOND, THIRD}


@pytest.mark.parametrize("email", ["a@b.io", "o.neil+aws@mail.example.com"])
def test_members_are_created_with_every_address_that_the_rules_allow(
    aws: InProcess, email: str
) -> None:
    details = [{"AccountId": "999999999999", "Email": email}]
    answer = aws.boto3("guardduty", ADMINISTRATOR).create_members(
        DetectorId=detector(aws), AccountDetails=details
    )
    assert answer["UnprocessedAccounts"] == []


def test_a_created_member_is_listed_as_associated_once_it_can_be_set(aws: InProcess) -> None:
    guardduty, own = aws.boto3("guardduty", ADMINISTRATOR), detector(aws)
    guardduty.disassociate_members(DetectorId=own, AccountIds=[FIRST])
    details = [{"AccountId": FIRST, "Email": "shop@example.com"}]
    guardduty.create_members(DetectorId=own, AccountDetails=details)
    feature = [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}]

    def told() -> tuple[str, bool, list[Any]]:
        (found,) = guardduty.get_members(DetectorId=own, AccountIds=[FIRST])["Members"]
        listed = guardduty.list_members(DetectorId=own)["Members"]
        unprocessed = guardduty.update_member_detectors(
            DetectorId=own, AccountIds=[FIRST], Features=feature
        )["UnprocessedAccounts"]
        there = FIRST in {member["AccountId"] for member in listed}
        return str(found["RelationshipStatus"]), there, unprocessed

    assert told() == ("Created", False, [{"AccountId": FIRST, "Result": NOT_ASSOCIATED}])
    aws.control("POST", "clock", {"hours": 0.5 / 60})
    assert told() == ("Enabled", True, [])


def test_the_management_account_can_be_a_member_once_it_has_the_role(aws: InProcess) -> None:
    guardduty, own = aws.boto3("guardduty", ADMINISTRATOR), detector(aws)
    details = [{"AccountId": MANAGEMENT, "Email": "management@example.com"}]
    create = partial(guardduty.create_members, DetectorId=own, AccountDetails=details)
    (unprocessed,) = create()["UnprocessedAccounts"]
    assert "must first enable GuardDuty" in unprocessed["Result"]
    iam = aws.boto3("iam", MANAGEMENT)
    iam.create_service_linked_role(AWSServiceName="guardduty.amazonaws.com")
    assert create()["UnprocessedAccounts"] == []


def test_auto_enable_stops_at_the_limit_of_members(
    serve_sandbox: ServeSandbox,
) -> None:
    sandbox = serve_sandbox(
        organization=f"""
regions: [us-east-1]
memberLimit: 2
accounts: [{{id: "{FIRST}", name: shop}}, {{id: "{SECOND}", name: payments}}]
"""
    )
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()

    def reached() -> bool:
        found = guardduty.describe_organization_configuration(DetectorId=detector)
        return bool(found["MemberAccountLimitReached"])

    assert reached()
    sandbox.client.join(THIRD)
    assert relationship(sandbox, THIRD) is None
    answer = guardduty.create_members(
        DetectorId=detector, AccountDetails=[{"AccountId": THIRD, "Email": "search@example.com"}]
    )
    assert [entry["AccountId"] for entry in answer["UnprocessedAccounts"]] == [THIRD]
    set_auto_enable(sandbox, "ALL", "ALL")
    sandbox.client.advance_clock(hours=48)
    assert relationship(sandbox, THIRD) is None
    sandbox.client.leave(FIRST)
    sandbox.client.advance_clock(hours=24)
    found = sandbox.client.actual_state()["us-east-1"][THIRD]
    assert (found.relationship, found.eks_audit_logs) == ("Enabled", "ENABLED")
    assert reached()
    sandbox.client.leave(SECOND)
    assert not reached()
