"""What somebody else does while the program is not looking, and how it is read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.client import SandboxError
from aws_sandbox.guardduty.features import DETECTOR_FEATURES
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

FIRST = "300000000001"
SECOND = "300000000002"
ON = [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}]
NO_DETECTOR = f"{MANAGEMENT} has no detector in us-east-1"


def statuses(sandbox: RunningSandbox, account: str, region: str = "us-east-1") -> dict[str, str]:
    """The features of an account's own detector, as GetDetector answers."""
    guardduty = sandbox.boto3("guardduty", account, region)
    found = guardduty.get_detector(DetectorId=sandbox.detector(account, region))
    return {feature["Name"]: feature["Status"] for feature in found["Features"]}


def test_the_actual_state_has_every_feature_of_every_account(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.set_feature(FIRST, "DISABLED", name="S3_DATA_EVENTS", region="eu-west-1")
    actual = sandbox.client.actual_state()
    assert set(actual) == {"us-east-1", "eu-west-1"}
    for region, accounts in actual.items():
        assert len(accounts) == 14
        shown = {name: accounts[FIRST].features[name] for name in DETECTOR_FEATURES}
        answered = statuses(sandbox, FIRST, region)
        assert shown == {name: answered[name] for name in DETECTOR_FEATURES}
    assert actual["eu-west-1"][FIRST].features["S3_DATA_EVENTS"] == "DISABLED"
    assert actual["us-east-1"][ADMINISTRATOR].features["S3_DATA_EVENTS"] == "ENABLED"
    additional = "RUNTIME_MONITORING/EKS_ADDON_MANAGEMENT"
    assert actual["us-east-1"][FIRST].features[additional] == "DISABLED"
    assert actual["us-east-1"][MANAGEMENT].features == {}


def test_the_administrators_own_feature_changes_behind_its_back(sandbox: RunningSandbox) -> None:
    sandbox.client.set_feature(ADMINISTRATOR, "ENABLED", region="us-east-1")
    assert statuses(sandbox, ADMINISTRATOR)["EKS_AUDIT_LOGS"] == "ENABLED"
    assert statuses(sandbox, ADMINISTRATOR, "eu-west-1")["EKS_AUDIT_LOGS"] == "DISABLED"


def test_auto_enable_that_changes_from_outside_takes_effect(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.set_auto_enable("ALL", region="us-east-1")
    settings = sandbox.client.settings()
    changed, other = settings["us-east-1"], settings["eu-west-1"]
    assert changed.administrator == ADMINISTRATOR
    assert (changed.auto_enable_members, changed.features["EKS_AUDIT_LOGS"]) == ("NEW", "ALL")
    assert (other.auto_enable_members, other.features["EKS_AUDIT_LOGS"]) == ("NEW", "NONE")
    described = sandbox.boto3("guardduty").describe_organization_configuration(
        DetectorId=sandbox.detector()
    )
    assert {"Name": "EKS_AUDIT_LOGS", "AutoEnable": "ALL"}.items() <= next(
        feature for feature in described["Features"] if feature["Name"] == "EKS_AUDIT_LOGS"
    ).items()
    sandbox.client.advance_clock(hours=24)
    actual = sandbox.client.actual_state()
    members = [key for key, found in actual["us-east-1"].items() if found.relationship]
    assert {actual["us-east-1"][key].eks_audit_logs for key in members} == {"ENABLED"}
    assert {actual["eu-west-1"][key].eks_audit_logs for key in members} == {"ENABLED", "DISABLED"}


def test_auto_enable_of_members_changes_alone(sandbox: RunningSandbox) -> None:
    sandbox.client.set_auto_enable(members="NONE")
    for settings in sandbox.client.settings().values():
        assert settings.auto_enable_members == "NONE"
        assert settings.features["EKS_AUDIT_LOGS"] == "NONE"
    with pytest.raises(SandboxError, match="members"):
        sandbox.client.set_auto_enable(members="SOME")


def test_a_suspended_detector_goes_on_again_and_stays_a_member(sandbox: RunningSandbox) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    sandbox.client.suspend_detector(ADMINISTRATOR, region="us-east-1")
    assert guardduty.get_detector(DetectorId=detector)["Status"] == "DISABLED"
    sandbox.client.resume_detector(ADMINISTRATOR, region="us-east-1")
    assert guardduty.get_detector(DetectorId=detector)["Status"] == "ENABLED"
    sandbox.client.suspend_detector(FIRST)
    for accounts in sandbox.client.actual_state().values():
        assert (accounts[FIRST].detector, accounts[FIRST].relationship) == ("DISABLED", "Enabled")


def test_a_deleted_detector_is_gone(sandbox: RunningSandbox) -> None:
    detector = sandbox.detector()
    sandbox.client.delete_detector(ADMINISTRATOR, region="us-east-1")
    assert sandbox.boto3("guardduty").list_detectors()["DetectorIds"] == []
    assert sandbox.detector(region="eu-west-1") != detector
    sandbox.client.delete_detector(FIRST, region="eu-west-1")
    answer = sandbox.boto3("guardduty", region="eu-west-1").update_member_detectors(
        DetectorId=sandbox.detector(region="eu-west-1"), AccountIds=[FIRST, SECOND], Features=ON
    )
    assert [entry["AccountId"] for entry in answer["UnprocessedAccounts"]] == [FIRST]
    actual = sandbox.client.actual_state()
    assert actual["eu-west-1"][FIRST].detector is None
    assert actual["us-east-1"][FIRST].detector == "ENABLED"


def test_a_designation_is_being_removed_until_it_is_disabled(sandbox: RunningSandbox) -> None:
    def told(region: str) -> list[tuple[str, str]]:
        found = sandbox.boto3("guardduty", MANAGEMENT, region).list_organization_admin_accounts()
        return [(e["AdminAccountId"], e["AdminStatus"]) for e in found["AdminAccounts"]]

    sandbox.client.begin_to_end_designation(region="us-east-1")
    assert told("us-east-1") == [(ADMINISTRATOR, "DISABLE_IN_PROGRESS")]
    assert told("eu-west-1") == [(ADMINISTRATOR, "ENABLED")]

    management = sandbox.boto3("guardduty", MANAGEMENT)
    management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    assert told("us-east-1") == []
    management.enable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    assert told("us-east-1") == [(ADMINISTRATOR, "ENABLED")]
    management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    with pytest.raises(SandboxError, match="us-east-1 has no delegated administrator"):
        sandbox.client.begin_to_end_designation()


def test_what_is_not_there_can_be_neither_suspended_nor_deleted(sandbox: RunningSandbox) -> None:
    with pytest.raises(SandboxError, match=NO_DETECTOR):
        sandbox.client.suspend_detector(MANAGEMENT)
    with pytest.raises(SandboxError, match=NO_DETECTOR):
        sandbox.client.delete_detector(MANAGEMENT)
    with pytest.raises(SandboxError, match="there is no region mars-north-1"):
        sandbox.client.delete_detector(FIRST, region="mars-north-1")
    sandbox.client.delete_detector(ADMINISTRATOR)
    with pytest.raises(SandboxError, match=f"{ADMINISTRATOR} has no detector in us-east-1"):
        sandbox.client.set_auto_enable("NEW")


def test_an_account_moves_and_organizations_tells_it_where(sandbox: RunningSandbox) -> None:
    sandbox.client.move(FIRST, "Root/Quarantine/New")
    accounts = {entry.account_id: entry for entry in sandbox.client.organization().accounts}
    assert accounts[FIRST].ou == "Root/Quarantine/New"
    organizations = sandbox.boto3("organizations", MANAGEMENT)
    (parent,) = organizations.list_parents(ChildId=FIRST)["Parents"]
    unit = organizations.describe_organizational_unit(OrganizationalUnitId=parent["Id"])
    assert unit["OrganizationalUnit"]["Name"] == "New"
    inside = organizations.list_accounts_for_parent(ParentId=parent["Id"])["Accounts"]
    assert [account["Id"] for account in inside] == [FIRST]


def test_the_tags_of_an_account_are_replaced(sandbox: RunningSandbox) -> None:
    sandbox.client.set_tags(FIRST, {"owner": "red"})
    organizations = sandbox.boto3("organizations", MANAGEMENT)
    assert organizations.list_tags_for_resource(ResourceId=FIRST)["Tags"] == [
        {"Key": "owner", "Value": "red"}
    ]
    accounts = {entry.account_id: entry for entry in sandbox.client.organization().accounts}
    assert accounts[FIRST].tags == {"owner": "red"}


def test_strangers_are_neither_moved_nor_tagged(sandbox: RunningSandbox) -> None:
    with pytest.raises(SandboxError, match="999999999999 is not in the organization"):
        sandbox.client.move("999999999999", "Root")
    with pytest.raises(SandboxError, match="999999999999 is not in the organization"):
        sandbox.client.set_tags("999999999999", {})


INVITED = """
regions: [us-east-1]
memberLimit: 3
accounts:
  - {id: "300000000001", name: shop}
  - {id: "300000000002", name: payments}
standaloneAccounts:
  - {id: "800000000001", name: agency}
  - {id: "800000000005", name: branch, invitedBy: "800000000001"}
  - {id: "800000000006", name: partner, invitedBy: "222222222222"}
"""
AGENCY, BRANCH, PARTNER = "800000000001", "800000000005", "800000000006"


def _administrator_of(sandbox: RunningSandbox, account: str) -> str | None:
    answer = sandbox.boto3("guardduty", account).get_administrator_account(
        DetectorId=sandbox.detector(account)
    )
    found = answer.get("Administrator", {}).get("AccountId")
    return str(found) if found else None


def test_a_change_after_all_has_arrived_stays(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.set_auto_enable("ALL", members="ALL")
    sandbox.client.advance_clock(hours=25)
    sandbox.client.set_feature(SECOND, "DISABLED", region="us-east-1")
    sandbox.client.suspend(FIRST, region="us-east-1")
    sandbox.client.set_relationship("300000000003", "Removed", region="us-east-1")

    actual = sandbox.client.actual_state()["us-east-1"]

    assert actual[SECOND].eks_audit_logs == "DISABLED"
    assert (actual[FIRST].relationship, actual[FIRST].eks_audit_logs) == ("Disabled", "ENABLED")
    assert actual["300000000003"].relationship == "Removed"


def test_what_all_has_set_outlasts_an_opt_out_of_the_region(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.set_auto_enable("ALL")
    sandbox.client.advance_clock(hours=25)
    sandbox.client.disable_region(SECOND, "us-east-1")

    found = sandbox.client.actual_state()["us-east-1"][SECOND]

    assert (found.relationship, found.eks_audit_logs) == ("RegionDisabled", "ENABLED")


@pytest.mark.parametrize("service", ["sts", "ec2", "guardduty"])
def test_credentials_are_not_valid_in_a_region_that_the_account_left(
    sandbox: RunningSandbox, service: str
) -> None:
    sandbox.client.disable_region(FIRST, "us-east-1")
    asks = {"sts": "get_caller_identity", "ec2": "describe_regions", "guardduty": "list_detectors"}

    with pytest.raises(ClientError) as refused:
        getattr(sandbox.boto3(service, FIRST), asks[service])()

    codes = {"InvalidClientTokenId", "AuthFailure", "UnrecognizedClientException"}
    assert refused.value.response["Error"]["Code"] in codes
    assert getattr(sandbox.boto3(service, FIRST, "eu-west-1"), asks[service])()


def test_a_misspelt_account_and_a_leap_out_of_the_calendar_are_refused(
    sandbox: RunningSandbox,
) -> None:
    with pytest.raises(SandboxError, match="there is no account 999999999999"):
        sandbox.client.disable_region("999999999999", "us-east-1")
    with pytest.raises(SandboxError, match="87600"):
        sandbox.client.advance_clock(hours=1e8)
    assert sandbox.client.actual_state()


def test_accounts_are_left_unprocessed_only_by_operations_that_can_say_so(
    sandbox: RunningSandbox,
) -> None:
    for operation in ("ListMembers", "DisableOrganizationAdminAccount"):
        with pytest.raises(SandboxError, match="never answers with UnprocessedAccounts"):
            sandbox.client.leave_unprocessed(operation, [FIRST], "because")


def test_a_member_of_another_administrator_stays_that(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(organization=INVITED)
    sandbox.client.leave(FIRST)
    sandbox.boto3("guardduty").create_members(
        DetectorId=sandbox.detector(),
        AccountDetails=[{"AccountId": BRANCH, "Email": "branch@example.com"}],
    )
    assert _administrator_of(sandbox, BRANCH) == AGENCY

    sandbox.client.set_relationship(BRANCH, "Removed")
    assert _administrator_of(sandbox, BRANCH) == AGENCY

    management = sandbox.boto3("guardduty", MANAGEMENT)
    management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    assert _administrator_of(sandbox, BRANCH) == AGENCY
    assert _administrator_of(sandbox, SECOND) is None


def test_under_all_an_account_gets_the_room_that_a_deleted_member_leaves(
    serve_sandbox: ServeSandbox,
) -> None:
    sandbox = serve_sandbox(organization=INVITED)
    sandbox.client.set_auto_enable(members="ALL")
    late = "300000000009"
    sandbox.client.join(late)
    sandbox.client.advance_clock(hours=25)
    assert sandbox.client.actual_state()["us-east-1"][late].relationship is None

    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    guardduty.disassociate_members(DetectorId=detector, AccountIds=[PARTNER])
    guardduty.delete_members(DetectorId=detector, AccountIds=[PARTNER])
    sandbox.client.advance_clock(hours=25)

    assert sandbox.client.actual_state()["us-east-1"][late].relationship == "Enabled"


def test_an_invited_member_that_joins_the_organization_is_reached_by_all(
    serve_sandbox: ServeSandbox,
) -> None:
    sandbox = serve_sandbox(organization=INVITED)
    management = sandbox.boto3("organizations", MANAGEMENT)
    handshake = management.invite_account_to_organization(
        Target={"Id": PARTNER, "Type": "ACCOUNT"}
    )["Handshake"]["Id"]
    sandbox.boto3("organizations", PARTNER).accept_handshake(HandshakeId=handshake)
    assert sandbox.client.actual_state()["us-east-1"][PARTNER].eks_audit_logs == "DISABLED"

    sandbox.client.set_auto_enable("ALL")
    sandbox.client.advance_clock(hours=25)

    assert sandbox.client.actual_state()["us-east-1"][PARTNER].eks_audit_logs == "ENABLED"
    (listed,) = sandbox.boto3("guardduty").get_members(
        DetectorId=sandbox.detector(), AccountIds=[PARTNER]
    )["Members"]
    assert not {"Email", "InvitedAt"} & set(listed)
