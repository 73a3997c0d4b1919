"""The sandbox's GuardDuty over the wire, by boto3, held against botocore's own model."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import ListShape, Shape, StructureShape

from aws_sandbox.guardduty.wire import service_model
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

FIRST = "300000000001"
STRANGER = "999999999999"
ON = [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}]
OFF = [{"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED"}]
NOT_ASSOCIATED = (
    "The request is rejected because the given account ID is not an associated member of account "
    "the current account."
)
NOT_OWNED = (
    "The request is rejected because the input detectorId is not owned by the current account."
)
INVALID = (
    "The request is rejected because an invalid or out-of-range value is specified as an input "
    "parameter."
)
MEMBERS_CANNOT = (
    "The request is rejected because member accounts cannot manage specified resources or "
    "properties."
)

# The model requires an email address of a member; AWS leaves it out for organization members.
# It also requires an administrator, which AWS leaves out for accounts that have none.
LEFT_OUT_BY_AWS = {("Member", "Email"), ("GetAdministratorAccountResponse", "Administrator")}


def conforms(shape: Shape | None, value: Any, where: str = "") -> None:  # noqa: ANN401 -- any JSON
    """Checks an answer of boto3 against the model: required members, enums, bounds, types."""
    if isinstance(shape, StructureShape):
        unknown = set(value) - set(shape.members) - {"ResponseMetadata"}
        assert not unknown, f"{where}: {unknown}"
        for name in shape.required_members:
            assert name in value or (shape.name, name) in LEFT_OUT_BY_AWS, f"{where}.{name}"
        for name in set(value) & set(shape.members):
            conforms(shape.members[name], value[name], f"{where}.{name}")
    elif isinstance(shape, ListShape):
        assert len(value) <= shape.metadata.get("max", len(value)), where
        for item in value:
            conforms(shape.member, item, where)
    elif shape is not None and shape.type_name == "timestamp":
        assert isinstance(value, datetime), where
    elif shape is not None and shape.type_name == "string":
        assert isinstance(value, str), where
        assert value in shape.metadata.get("enum", [value]), f"{where}: {value}"


def eks(features: list[dict[str, Any]], key: str = "Status") -> str:
    (found,) = [feature[key] for feature in features if feature["Name"] == "EKS_AUDIT_LOGS"]
    return str(found)


def refusal(call: Callable[[], object]) -> dict[str, Any]:
    with pytest.raises(ClientError) as refused:
        call()
    return dict(refused.value.response)


def refused_with(call: Callable[[], object], message: str, status: int = 400) -> None:
    response = refusal(call)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["Error"] == {"Code": "BadRequestException", "Message": message}


def test_every_reading_operation_answers_as_the_model_says(sandbox: RunningSandbox) -> None:
    guardduty = sandbox.boto3("guardduty")
    detector = sandbox.detector()
    management = sandbox.boto3("guardduty", MANAGEMENT)
    ids = [FIRST, STRANGER]
    answers = {
        "ListDetectors": guardduty.list_detectors(),
        "GetDetector": guardduty.get_detector(DetectorId=detector),
        "DescribeOrganizationConfiguration": guardduty.describe_organization_configuration(
            DetectorId=detector
        ),
        "ListMembers": guardduty.list_members(DetectorId=detector),
        "GetMembers": guardduty.get_members(DetectorId=detector, AccountIds=ids),
        "GetMemberDetectors": guardduty.get_member_detectors(DetectorId=detector, AccountIds=ids),
        "GetAdministratorAccount": guardduty.get_administrator_account(DetectorId=detector),
        "GetOrganizationStatistics": guardduty.get_organization_statistics(),
        "ListOrganizationAdminAccounts": management.list_organization_admin_accounts(),
    }
    model = service_model()
    for name, answer in answers.items():
        conforms(model.operation_model(name).output_shape, answer, name)


def test_a_new_detector_has_eks_audit_logs_on(
    sandbox: RunningSandbox,
) -> None:
    guardduty = sandbox.boto3("guardduty", MANAGEMENT)
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    found = guardduty.get_detector(DetectorId=detector)
    off = {item["Name"] for item in found["Features"] if item["Status"] == "DISABLED"}
    assert off == {"RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING", "AI_ANALYST"}
    assert {"CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS"} <= {item["Name"] for item in found["Features"]}
    assert found["FindingPublishingFrequency"] == "SIX_HOURS"
    assert found["DataSources"]["Kubernetes"]["AuditLogs"]["Status"] == "ENABLED"


def test_one_account_has_one_detector_in_a_region(sandbox: RunningSandbox) -> None:
    refused_with(
        lambda: sandbox.boto3("guardduty").create_detector(Enable=True),
        "The request is rejected because a detector already exists for the current account.",
    )


def test_features_are_merged_by_name(sandbox: RunningSandbox) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    before = {
        f["Name"]: f["Status"] for f in guardduty.get_detector(DetectorId=detector)["Features"]
    }
    guardduty.update_detector(DetectorId=detector, Features=ON)
    after = {
        f["Name"]: f["Status"] for f in guardduty.get_detector(DetectorId=detector)["Features"]
    }
    assert before["EKS_AUDIT_LOGS"] == "DISABLED"
    assert after == {**before, "EKS_AUDIT_LOGS": "ENABLED"}


def test_the_deprecated_data_sources_follow_the_features(
    sandbox: RunningSandbox,
) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    sources = {"Kubernetes": {"AuditLogs": {"Enable": True}}}
    guardduty.update_detector(DetectorId=detector, DataSources=sources)
    assert eks(guardduty.get_detector(DetectorId=detector)["Features"]) == "ENABLED"
    refused_with(
        lambda: guardduty.update_detector(DetectorId=detector, DataSources=sources, Features=OFF),
        "The request failed because both data sources and features were provided. You can provide "
        "only one; it is recommended to use features.",
    )


@pytest.mark.parametrize(
    "features",
    [
        [{"Name": "EKS_AUDIT_LOG", "Status": "ENABLED"}],
        [{"Name": "CLOUD_TRAIL", "Status": "ENABLED"}],
        [{"Name": "EKS_AUDIT_LOGS", "Status": "ON"}],
        [{"Name": "EKS_AUDIT_LOGS"}],
        [
            {"Name": "EKS_RUNTIME_MONITORING", "Status": "ENABLED"},
            {"Name": "RUNTIME_MONITORING", "Status": "ENABLED"},
        ],
    ],
)
def test_values_that_the_model_does_not_have_are_refused(
    sandbox: RunningSandbox, features: list[dict[str, str]]
) -> None:
    detector = sandbox.detector()
    guardduty = sandbox.boto3("guardduty")
    refused_with(lambda: guardduty.update_detector(DetectorId=detector, Features=features), INVALID)


def test_a_foreign_detector_id_is_not_owned(sandbox: RunningSandbox) -> None:
    members_own = sandbox.detector(FIRST)
    response = refusal(lambda: sandbox.boto3("guardduty").get_detector(DetectorId=members_own))
    assert response["Error"] == {"Code": "BadRequestException", "Message": NOT_OWNED}
    assert response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-errortype"] == "BadRequestException"


def test_a_member_may_read_its_detector_and_set_nothing(sandbox: RunningSandbox) -> None:
    guardduty, detector = sandbox.boto3("guardduty", FIRST), sandbox.detector(FIRST)
    assert guardduty.get_detector(DetectorId=detector)["Status"] == "ENABLED"
    for call in (
        lambda: guardduty.update_detector(DetectorId=detector, Features=ON),
        lambda: guardduty.update_detector(DetectorId=detector, Enable=False),
        lambda: guardduty.delete_detector(DetectorId=detector),
        lambda: guardduty.list_members(DetectorId=detector),
        lambda: guardduty.update_member_detectors(
            DetectorId=detector, AccountIds=[FIRST], Features=ON
        ),
    ):
        refused_with(call, MEMBERS_CANNOT)
    refused_with(
        lambda: guardduty.update_organization_configuration(
            DetectorId=detector, AutoEnableOrganizationMembers="NEW"
        ),
        "The request failed because you do not have required AWS Organization master permission.",
    )


def test_who_has_an_administrator_is_a_member(sandbox: RunningSandbox) -> None:
    member = sandbox.boto3("guardduty", FIRST)
    found = member.get_administrator_account(DetectorId=sandbox.detector(FIRST))
    assert found["Administrator"]["AccountId"] == ADMINISTRATOR
    administrator = sandbox.boto3("guardduty")
    assert "Administrator" not in administrator.get_administrator_account(
        DetectorId=sandbox.detector()
    )


def test_members_come_in_pages_that_name_each_once(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(accounts=120, regions=["us-east-1"])
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    pages = list(guardduty.get_paginator("list_members").paginate(DetectorId=detector))
    assert [len(page["Members"]) for page in pages] == [50, 50, 20]
    ids = [member["AccountId"] for page in pages for member in page["Members"]]
    assert ids == [str(300000000001 + number) for number in range(120)]
    small = guardduty.get_paginator("list_members").paginate(
        DetectorId=detector, PaginationConfig={"PageSize": 7}
    )
    assert [m["AccountId"] for page in small for m in page["Members"]] == ids


def test_only_associated_members_are_listed_unless_all_are_asked_for(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.set_relationship(FIRST, "Removed")
    sandbox.client.suspend("300000000002")
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    listed = {
        member["AccountId"]: member["RelationshipStatus"]
        for member in guardduty.list_members(DetectorId=detector)["Members"]
    }
    assert FIRST not in listed
    assert listed["300000000002"] == "Disabled"
    everybody = guardduty.list_members(DetectorId=detector, OnlyAssociated="false")["Members"]
    assert {m["AccountId"]: m["RelationshipStatus"] for m in everybody}[FIRST] == "Removed"


def test_chosen_members_are_set_and_the_others_named_with_aws_words(
    sandbox: RunningSandbox,
) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    ids = ["300000000002", "300000000003", STRANGER]
    answer = guardduty.update_member_detectors(DetectorId=detector, AccountIds=ids, Features=ON)
    assert answer["UnprocessedAccounts"] == [{"AccountId": STRANGER, "Result": NOT_ASSOCIATED}]
    read = guardduty.get_member_detectors(DetectorId=detector, AccountIds=ids)
    assert [eks(m["Features"]) for m in read["MemberDataSourceConfigurations"]] == ["ENABLED"] * 2
    assert read["UnprocessedAccounts"] == [{"AccountId": STRANGER, "Result": NOT_ASSOCIATED}]
    actual = sandbox.client.actual_state()
    assert actual["us-east-1"]["300000000002"].eks_audit_logs == "ENABLED"
    assert actual["eu-west-1"]["300000000002"].eks_audit_logs == "DISABLED"


def test_a_suspended_member_can_be_read_but_not_set(sandbox: RunningSandbox) -> None:
    sandbox.client.suspend("300000000002")
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    ids = ["300000000002"]
    assert not guardduty.get_member_detectors(DetectorId=detector, AccountIds=ids)[
        "UnprocessedAccounts"
    ]
    answer = guardduty.update_member_detectors(DetectorId=detector, AccountIds=ids, Features=ON)
    assert [entry["AccountId"] for entry in answer["UnprocessedAccounts"]] == ids
    assert sandbox.client.actual_state()["us-east-1"]["300000000002"].eks_audit_logs == "DISABLED"


def test_a_batch_of_51_is_refused_whole(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(accounts=51, regions=["us-east-1"])
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    ids = [str(300000000001 + number) for number in range(51)]
    before = sandbox.client.actual_state()
    refused_with(
        lambda: guardduty.update_member_detectors(DetectorId=detector, AccountIds=ids, Features=ON),
        "The request failed because the length provided for the accountIds array was 51. "
        "Max allowed length is 50.",
    )
    assert sandbox.client.actual_state() == before
    assert not guardduty.update_member_detectors(
        DetectorId=detector, AccountIds=ids[:50], Features=ON
    )["UnprocessedAccounts"]


def test_the_organization_is_set_with_exactly_one_of_the_two_forms(
    sandbox: RunningSandbox,
) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    update = guardduty.update_organization_configuration
    refused_with(lambda: update(DetectorId=detector), INVALID)
    refused_with(
        lambda: update(DetectorId=detector, AutoEnable=True, AutoEnableOrganizationMembers="NEW"),
        INVALID,
    )
    update(
        DetectorId=detector,
        AutoEnable=True,
        Features=[{"Name": "EKS_AUDIT_LOGS", "AutoEnable": "NEW"}],
    )
    found = guardduty.describe_organization_configuration(DetectorId=detector)
    assert found["AutoEnableOrganizationMembers"] == "NEW"
    assert eks(found["Features"], "AutoEnable") == "NEW"
    update(DetectorId=detector, AutoEnableOrganizationMembers="NONE")
    found = guardduty.describe_organization_configuration(DetectorId=detector)
    assert found["AutoEnable"] is False
    assert eks(found["Features"], "AutoEnable") == "NEW"


def test_only_the_management_account_designates_the_administrator(
    sandbox: RunningSandbox,
) -> None:
    not_management = (
        "The request failed because you are not the master account for your AWS Organization."
    )
    administrator = sandbox.boto3("guardduty")
    refused_with(administrator.list_organization_admin_accounts, not_management)
    refused_with(
        lambda: administrator.enable_organization_admin_account(AdminAccountId=FIRST),
        not_management,
    )
    management = sandbox.boto3("guardduty", MANAGEMENT)
    assert management.list_organization_admin_accounts()["AdminAccounts"] == [
        {"AdminAccountId": ADMINISTRATOR, "AdminStatus": "ENABLED"}
    ]
    second = refusal(lambda: management.enable_organization_admin_account(AdminAccountId=FIRST))
    assert "another account is already enabled" in second["Error"]["Message"]


def test_designating_an_administrator_enables_guardduty_there(sandbox: RunningSandbox) -> None:
    management = sandbox.boto3("guardduty", MANAGEMENT)
    management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    assert not management.list_organization_admin_accounts()["AdminAccounts"]
    assert sandbox.client.actual_state()["us-east-1"][FIRST].detector == "ENABLED"
    sandbox.client.join("300000000099")
    assert sandbox.client.actual_state()["us-east-1"]["300000000099"].detector is None
    management.enable_organization_admin_account(AdminAccountId="300000000099")
    assert sandbox.client.actual_state()["us-east-1"]["300000000099"].detector == "ENABLED"


def test_the_administrators_detector_is_deleted_only_without_members(
    sandbox: RunningSandbox,
) -> None:
    refused_with(
        lambda: sandbox.boto3("guardduty").delete_detector(DetectorId=sandbox.detector()),
        "The request is rejected because the current account cannot delete detector while it has "
        "invited or associated members.",
    )


def test_members_are_stopped_disassociated_deleted_and_added_again(
    sandbox: RunningSandbox,
) -> None:
    guardduty = sandbox.boto3("guardduty")
    who: dict[str, Any] = {"DetectorId": sandbox.detector(), "AccountIds": [FIRST]}

    def relationship() -> str | None:
        return sandbox.client.actual_state()["us-east-1"][FIRST].relationship

    guardduty.stop_monitoring_members(**who)
    assert relationship() == "Disabled"
    guardduty.start_monitoring_members(**who)
    assert relationship() == "Enabled"
    still = guardduty.delete_members(**who)["UnprocessedAccounts"]
    assert "still associated" in still[0]["Result"]
    guardduty.disassociate_members(**who)
    assert relationship() == "Removed"
    guardduty.delete_members(**who)
    assert relationship() is None
    details = [{"AccountId": FIRST, "Email": "shop@example.com"}]
    guardduty.create_members(DetectorId=who["DetectorId"], AccountDetails=details)
    assert relationship() == "Enabled"


def test_under_all_members_are_neither_stopped_nor_removed(sandbox: RunningSandbox) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    guardduty.update_organization_configuration(
        DetectorId=detector, AutoEnableOrganizationMembers="ALL"
    )
    batch: dict[str, Any] = {"DetectorId": detector, "AccountIds": [FIRST]}
    for act in (
        guardduty.stop_monitoring_members,
        guardduty.disassociate_members,
        guardduty.delete_members,
    ):
        response = refusal(partial(act, **batch))
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert sandbox.client.actual_state()["us-east-1"][FIRST].relationship == "Enabled"


def test_a_region_without_eks_audit_logs_has_no_such_feature(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(
        organization="regions: [us-east-1, us-west-2]\nregionsWithoutEksAuditLogs: [us-west-2]\n"
    )
    guardduty = sandbox.boto3("guardduty", region="us-west-2")
    detector = sandbox.detector(region="us-west-2")
    names = {f["Name"] for f in guardduty.get_detector(DetectorId=detector)["Features"]}
    assert "EKS_AUDIT_LOGS" not in names
    refused_with(lambda: guardduty.update_detector(DetectorId=detector, Features=ON), INVALID)


def test_statistics_count_what_is_set(sandbox: RunningSandbox) -> None:
    details = sandbox.boto3("guardduty").get_organization_statistics()["OrganizationDetails"]
    counts = details["OrganizationStatistics"]
    actual = sandbox.client.actual_state()["us-east-1"].values()
    assert eks(counts["CountByFeature"], "EnabledAccountsCount") == str(
        sum(account.eks_audit_logs == "ENABLED" for account in actual)
    )
    assert (counts["TotalAccountsCount"], counts["MemberAccountsCount"]) == (14, 13)


def test_page_tokens_are_opaque_and_checked(sandbox: RunningSandbox) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    token = guardduty.list_members(DetectorId=detector, MaxResults=5)["NextToken"]
    assert not re.fullmatch(r"[0-9]+", token)
    for wrong in ("é", base64.urlsafe_b64encode(b"\xff").decode()):
        refused_with(partial(guardduty.list_members, DetectorId=detector, NextToken=wrong), INVALID)
