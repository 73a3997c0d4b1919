"""Who may what: every kind of caller against every operation of GuardDuty and Organizations."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

MEMBER = "300000000001"
OTHER = "300000000002"
STANDALONE = "800000000001"
LEFT = "300000000003"
CALLERS = {
    "management": MANAGEMENT,
    "administrator": ADMINISTRATOR,
    "member": MEMBER,
    "left": LEFT,
    "standalone": STANDALONE,
}
ORGANIZATION = f"""
regions: [us-east-1]
accounts:
  - {{id: "{MEMBER}", name: shop}}
  - {{id: "{OTHER}", name: payments}}
  - {{id: "{LEFT}", name: search}}
standaloneAccounts:
  - {{id: "{STANDALONE}", name: partner, eksAuditLogs: ENABLED}}
"""
NOT_OWNED = (
    "The request is rejected because the input detectorId is not owned by the current account."
)
MEMBERS_CANNOT = (
    "The request is rejected because member accounts cannot manage specified resources or "
    "properties."
)
NO_MASTER = (
    "The request failed because you do not have required AWS Organization master permission."
)
NOT_MANAGEMENT = (
    "The request failed because you are not the master account for your AWS Organization."
)
NOT_IN_USE = "Your account is not a member of an organization."
NO_PERMISSION = "You don't have permissions to access this resource."
OK = "ok"
# A detector id of its own: each caller names its own detector, or the administrator's if it has
# none; so the management account, which has none, is told that this one is not its own.
FOR_ADMINISTRATOR = {
    "management": NOT_OWNED,
    "administrator": OK,
    "member": NO_MASTER,
    "left": NO_MASTER,
    "standalone": NO_MASTER,
}
FOR_ADMINISTRATORS_OF_MEMBERS = {
    "management": NOT_OWNED,
    "administrator": OK,
    "member": MEMBERS_CANNOT,
    "left": OK,
    "standalone": OK,
}
FOR_OWNERS = dict.fromkeys(CALLERS, OK) | {"management": NOT_OWNED}
FOR_OWNERS_BUT_MEMBERS = FOR_OWNERS | {"member": MEMBERS_CANNOT}
FOR_MANAGEMENT = dict.fromkeys(CALLERS, NOT_MANAGEMENT) | {"management": OK}
FOR_ALL = dict.fromkeys(CALLERS, OK)

ON = [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}]
GUARDDUTY: Mapping[str, tuple[dict[str, Any], dict[str, str]]] = {
    "list_detectors": ({}, FOR_ALL),
    "get_detector": ({}, FOR_OWNERS),
    "update_detector": ({"Features": ON}, FOR_OWNERS_BUT_MEMBERS),
    "get_administrator_account": ({}, FOR_OWNERS),
    "describe_organization_configuration": ({}, FOR_ADMINISTRATOR),
    "update_organization_configuration": (
        {"AutoEnableOrganizationMembers": "NEW"},
        FOR_ADMINISTRATOR,
    ),
    "get_organization_statistics": ({}, FOR_ADMINISTRATOR | {"management": NO_MASTER}),
    "list_members": ({}, FOR_ADMINISTRATORS_OF_MEMBERS),
    "get_members": ({"AccountIds": [OTHER]}, FOR_ADMINISTRATORS_OF_MEMBERS),
    "get_member_detectors": ({"AccountIds": [OTHER]}, FOR_ADMINISTRATORS_OF_MEMBERS),
    "update_member_detectors": (
        {"AccountIds": [OTHER], "Features": ON},
        FOR_ADMINISTRATORS_OF_MEMBERS,
    ),
    "start_monitoring_members": ({"AccountIds": [OTHER]}, FOR_ADMINISTRATORS_OF_MEMBERS),
    "stop_monitoring_members": ({"AccountIds": [OTHER]}, FOR_ADMINISTRATORS_OF_MEMBERS),
    "disassociate_members": ({"AccountIds": [OTHER]}, FOR_ADMINISTRATORS_OF_MEMBERS),
    "delete_members": ({"AccountIds": [OTHER]}, FOR_ADMINISTRATORS_OF_MEMBERS),
    "list_organization_admin_accounts": ({}, FOR_MANAGEMENT),
    "disable_organization_admin_account": ({"AdminAccountId": ADMINISTRATOR}, FOR_MANAGEMENT),
    "enable_organization_admin_account": ({"AdminAccountId": ADMINISTRATOR}, FOR_MANAGEMENT),
}
WITHOUT_DETECTOR_ID = {
    "list_detectors",
    "get_organization_statistics",
    "list_organization_admin_accounts",
    "disable_organization_admin_account",
    "enable_organization_admin_account",
}

OUTSIDE = {"left": NOT_IN_USE, "standalone": NOT_IN_USE}
READERS = {"management": OK, "administrator": OK, "member": NO_PERMISSION, **OUTSIDE}
MEMBERS = {"management": OK, "administrator": OK, "member": OK, **OUTSIDE}
WRITERS = {"management": OK, "administrator": NO_PERMISSION, "member": NO_PERMISSION, **OUTSIDE}
ORGANIZATIONS: Mapping[str, tuple[dict[str, Any], dict[str, str]]] = {
    "describe_organization": ({}, MEMBERS),
    "list_accounts": ({}, READERS),
    "list_roots": ({}, READERS),
    "list_accounts_for_parent": ({"ParentId": "ROOT"}, READERS),
    "list_organizational_units_for_parent": ({"ParentId": "ROOT"}, READERS),
    "list_children": ({"ParentId": "ROOT", "ChildType": "ACCOUNT"}, READERS),
    "list_parents": ({"ChildId": MEMBER}, READERS),
    "describe_account": ({"AccountId": MEMBER}, READERS),
    "list_tags_for_resource": ({"ResourceId": MEMBER}, READERS),
    "list_delegated_administrators": ({}, READERS),
    "list_policies": ({"Filter": "GUARDDUTY_POLICY"}, READERS),
    "tag_resource": ({"ResourceId": MEMBER, "Tags": [{"Key": "a", "Value": "b"}]}, WRITERS),
    "create_account": ({"Email": "new@example.com", "AccountName": "new"}, WRITERS),
}


def answered(call: Callable[[], object]) -> str:
    """`ok`, or the message of a refusal whose status, code and type are those of its service."""
    try:
        call()
    except ClientError as error:
        response: Any = error.response
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
        message = str(response["Error"]["Message"])
        code = {
            NOT_IN_USE: "AWSOrganizationsNotInUseException",
            NO_PERMISSION: "AccessDeniedException",
        }.get(message, "BadRequestException")
        assert response["Error"]["Code"] == code
        return message
    return OK


@pytest.fixture
def organization(serve_sandbox: ServeSandbox) -> RunningSandbox:
    sandbox = serve_sandbox(organization=ORGANIZATION)
    sandbox.client.leave(LEFT)
    return sandbox


def test_every_kind_of_caller_gets_guarddutys_own_answer(organization: RunningSandbox) -> None:
    detectors = {
        name: organization.detector(ADMINISTRATOR if name == "management" else account)
        for name, account in CALLERS.items()
    }
    for operation, (parameters, expected) in GUARDDUTY.items():
        found = {}
        # The management account last: what it is allowed to do changes who the others are.
        for name in reversed(CALLERS):
            call = getattr(organization.boto3("guardduty", CALLERS[name]), operation)
            own = {} if operation in WITHOUT_DETECTOR_ID else {"DetectorId": detectors[name]}
            found[name] = answered(partial(call, **own, **parameters))
        assert found == expected, operation


def test_every_kind_of_caller_gets_organizations_own_answer(organization: RunningSandbox) -> None:
    (root,) = organization.boto3("organizations").list_roots()["Roots"]
    for operation, (parameters, expected) in ORGANIZATIONS.items():
        given = {key: root["Id"] if it == "ROOT" else it for key, it in parameters.items()}
        found = {
            name: answered(
                partial(getattr(organization.boto3("organizations", account), operation), **given)
            )
            for name, account in CALLERS.items()
        }
        assert found == expected, operation


def test_a_refusal_tells_its_finer_type_in_the_body(organization: RunningSandbox) -> None:
    with pytest.raises(ClientError) as refused:
        organization.boto3("guardduty", MEMBER).list_organization_admin_accounts()
    response: Any = refused.value.response
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-errortype"] == "BadRequestException"
    assert response["Type"] == "InvalidInputException"


def test_a_stranger_can_not_use_the_administrators_detector(organization: RunningSandbox) -> None:
    stranger = organization.boto3("guardduty", STANDALONE)
    foreign: dict[str, Any] = {"DetectorId": organization.detector()}
    for call in (
        partial(stranger.get_detector, **foreign),
        partial(stranger.list_members, **foreign),
        partial(stranger.describe_organization_configuration, **foreign),
        partial(stranger.update_member_detectors, **foreign, AccountIds=[OTHER], Features=ON),
    ):
        assert answered(call) == NOT_OWNED


def test_a_standalone_account_uses_guardduty_for_itself(organization: RunningSandbox) -> None:
    guardduty, detector = (
        organization.boto3("guardduty", STANDALONE),
        organization.detector(STANDALONE),
    )
    before = organization.client.actual_state()["us-east-1"][STANDALONE]
    assert (before.eks_audit_logs, before.relationship) == ("ENABLED", None)
    guardduty.update_detector(
        DetectorId=detector, Features=[{"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED"}]
    )
    assert organization.client.actual_state()["us-east-1"][STANDALONE].eks_audit_logs == "DISABLED"
    assert "Administrator" not in guardduty.get_administrator_account(DetectorId=detector)
    guardduty.delete_detector(DetectorId=detector)
    assert guardduty.list_detectors()["DetectorIds"] == []


def test_a_profile_leads_to_a_standalone_account(organization: RunningSandbox) -> None:
    config, credentials = organization.profiles
    assert f"[profile standalone-{STANDALONE}]" in config.read_text()
    assert f"[standalone-{STANDALONE}]" in credentials.read_text()
    assert STANDALONE in organization.client.organization().standalone_accounts
    identity = organization.boto3("sts", STANDALONE).get_caller_identity()
    assert identity["Account"] == STANDALONE
