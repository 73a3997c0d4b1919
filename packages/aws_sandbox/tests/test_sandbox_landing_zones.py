"""Landing zones set GuardDuty up on the local organization as on AWS, call by call.

The calls, their order and their answers are those of the GuardDuty code of AWS's Security Reference
Architecture and of the Landing Zone Accelerator, both of which run on the sandbox as they are.
"""

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

REGIONS = ("us-east-1", "eu-west-1")
FIRST, SECOND = "300000000001", "300000000002"
GUARDDUTY = "guardduty.amazonaws.com"
MALWARE_PROTECTION = "malware-protection.guardduty.amazonaws.com"
TOPIC = f"arn:aws:sns:us-east-1:{MANAGEMENT}:guardduty-configuration"
EXPORT = {
    "DestinationArn": "arn:aws:s3:::guardduty-findings",
    "KmsKeyArn": f"arn:aws:kms:us-east-1:{ADMINISTRATOR}:key/00000000-0000-0000-0000-000000000001",
}
AGENTS = ("EKS_ADDON_MANAGEMENT", "ECS_FARGATE_AGENT_MANAGEMENT", "EC2_AGENT_MANAGEMENT")
PLANS = ("S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS")

Json = dict[str, Any]


@pytest.fixture
def aws() -> InProcess:
    """An organization in which nobody has set up GuardDuty's delegated administrator yet."""
    in_process = InProcess()
    in_process.talk_to(Sandbox(default_organization(accounts=55, regions=REGIONS)))
    for region in REGIONS:
        management = in_process.boto3("guardduty", MANAGEMENT, region)
        management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    in_process.boto3("organizations", MANAGEMENT).deregister_delegated_administrator(
        AccountId=ADMINISTRATOR, ServicePrincipal=GUARDDUTY
    )
    return in_process


def passes(aws: InProcess, seconds: float) -> None:
    aws.control("POST", "clock", {"hours": seconds / 3600})


def code(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def accounts(aws: InProcess, without: str = "") -> list[dict[str, str]]:
    pages = aws.boto3("organizations", MANAGEMENT).get_paginator("list_accounts").paginate()
    return [
        {"AccountId": account["Id"], "Email": account["Email"]}
        for page in pages
        for account in page["Accounts"]
        if account["Status"] == "ACTIVE" and account["Id"] != without
    ]


def detector(aws: InProcess, account: str = ADMINISTRATOR, region: str = "us-east-1") -> str:
    (found,) = aws.boto3("guardduty", account, region).list_detectors()["DetectorIds"]
    return str(found)


def listed(aws: InProcess, region: str = "us-east-1", **asked: str) -> list[str]:
    pages = (
        aws.boto3("guardduty", ADMINISTRATOR, region)
        .get_paginator("list_members")
        .paginate(DetectorId=detector(aws, region=region), **asked)
    )
    return [member["AccountId"] for page in pages for member in page["Members"]]


def in_batches(ids: list[Any]) -> list[list[Any]]:
    return [ids[begin : begin + 50] for begin in range(0, len(ids), 50)]


def features(key: str, value: str) -> list[Json]:
    """All plans with the same value, Runtime Monitoring with all its agents."""
    agents = [{"Name": name, key: value} for name in AGENTS]
    monitoring = {"Name": "RUNTIME_MONITORING", key: value, "AdditionalConfiguration": agents}
    return [*({"Name": name, key: value} for name in PLANS), monitoring]


def everything_is_on(aws: InProcess, region: str) -> bool:
    found = aws.control("GET", "actual-state")[region]
    return all(account["features"]["EKS_AUDIT_LOGS"] == "ENABLED" for account in found.values())


def prepare_the_management_account(aws: InProcess) -> None:
    organizations, iam = aws.boto3("organizations", MANAGEMENT), aws.boto3("iam", MANAGEMENT)
    trusted = organizations.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert MALWARE_PROTECTION not in {each["ServicePrincipal"] for each in trusted}
    organizations.enable_aws_service_access(ServicePrincipal=MALWARE_PROTECTION)
    role = "AWSServiceRoleForAmazonGuardDutyMalwareProtection"
    assert code(partial(iam.get_role, RoleName=role)) == "NoSuchEntity"
    for principal in (GUARDDUTY, MALWARE_PROTECTION):
        iam.create_service_linked_role(AWSServiceName=principal)
    assert iam.get_role(RoleName=role)["Role"]["RoleName"] == role


def designate(aws: InProcess, region: str) -> None:
    management = aws.boto3("guardduty", MANAGEMENT, region)
    assert management.list_organization_admin_accounts()["AdminAccounts"] == []
    management.enable_organization_admin_account(AdminAccountId=ADMINISTRATOR)


def test_a_security_baseline_turns_everything_on_in_all_accounts(aws: InProcess) -> None:
    prepare_the_management_account(aws)
    everybody = accounts(aws, without=ADMINISTRATOR)
    for region in REGIONS:
        designate(aws, region)
    passes(aws, 60)
    for region in REGIONS:
        guardduty = aws.boto3("guardduty", ADMINISTRATOR, region)
        own = detector(aws, region=region)
        assert guardduty.list_publishing_destinations(DetectorId=own)["Destinations"] == []
        guardduty.create_publishing_destination(
            DetectorId=own, DestinationType="S3", DestinationProperties=EXPORT
        )
        guardduty.update_organization_configuration(
            DetectorId=own, AutoEnable=True, Features=features("AutoEnable", "ALL")
        )
        guardduty.update_detector(
            DetectorId=own,
            FindingPublishingFrequency="FIFTEEN_MINUTES",
            Features=features("Status", "ENABLED"),
        )
        for batch in in_batches(everybody):
            answer = guardduty.create_members(DetectorId=own, AccountDetails=batch)
            assert answer["UnprocessedAccounts"] == []
    missing = {each["AccountId"] for each in everybody}
    assert missing - set(listed(aws))
    for _ in range(3):
        passes(aws, 10)
    for region in REGIONS:
        assert set(listed(aws, region)) == missing
        for batch in in_batches(sorted(missing)):
            answer = aws.boto3("guardduty", ADMINISTRATOR, region).update_member_detectors(
                DetectorId=detector(aws, region=region),
                AccountIds=batch,
                Features=features("Status", "ENABLED"),
            )
            assert answer["UnprocessedAccounts"] == []
        assert everything_is_on(aws, region)


def test_a_security_baseline_takes_guardduty_away_again(aws: InProcess) -> None:
    prepare_the_management_account(aws)
    designate(aws, "us-east-1")
    management = aws.boto3("guardduty", MANAGEMENT)
    (found,) = management.list_organization_admin_accounts()["AdminAccounts"]
    assert found == {"AdminAccountId": ADMINISTRATOR, "AdminStatus": "ENABLED"}
    management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    assert listed(aws, OnlyAssociated="false") == []
    aws.boto3("guardduty", ADMINISTRATOR).delete_detector(DetectorId=detector(aws))
    organizations = aws.boto3("organizations", MANAGEMENT)
    for account in accounts(aws, without=ADMINISTRATOR)[:3]:
        told = aws.boto3("sns", MANAGEMENT).publish(TopicArn=TOPIC, Message=account["AccountId"])
        assert told["MessageId"]
    others = partial(aws.boto3("sns", FIRST).publish, TopicArn=TOPIC, Message="")
    assert code(others) == "AccessDenied"
    role = f"arn:aws:iam::{FIRST}:role/OrganizationAccountAccessRole"
    aws.boto3("sts", MANAGEMENT).assume_role(RoleArn=role, RoleSessionName="delete-guardduty")
    aws.boto3("guardduty", FIRST).delete_detector(DetectorId=detector(aws, FIRST))
    for principal in (MALWARE_PROTECTION, GUARDDUTY):
        organizations.disable_aws_service_access(ServicePrincipal=principal)


def set_detectors(aws: InProcess, on: list[Json]) -> list[str]:
    """Members first, the own detector then, malware scan settings after each; who was left."""
    guardduty, own = aws.boto3("guardduty", ADMINISTRATOR), detector(aws)
    answer = guardduty.update_member_detectors(
        DetectorId=own, AccountIds=listed(aws)[:50], Features=on
    )
    retention = "RETENTION_WITH_FINDING"
    guardduty.update_malware_scan_settings(DetectorId=own, EbsSnapshotPreservation=retention)
    guardduty.update_detector(
        DetectorId=own, Enable=True, FindingPublishingFrequency="ONE_HOUR", Features=on
    )
    guardduty.update_malware_scan_settings(DetectorId=own, EbsSnapshotPreservation=retention)
    return [each["AccountId"] for each in answer["UnprocessedAccounts"]]


def test_a_landing_zone_sets_the_organization_up_and_takes_it_down(aws: InProcess) -> None:
    designate(aws, "us-east-1")
    guardduty, own = aws.boto3("guardduty", ADMINISTRATOR), detector(aws)
    for_new = [{"Name": name, "AutoEnable": "NEW"} for name in PLANS[:2]]
    configure = partial(guardduty.update_organization_configuration, DetectorId=own)
    configure(AutoEnableOrganizationMembers="ALL", Features=for_new)
    left = [
        each["AccountId"]
        for batch in in_batches(accounts(aws))
        for each in guardduty.create_members(DetectorId=own, AccountDetails=batch)[
            "UnprocessedAccounts"
        ]
    ]
    assert left == [MANAGEMENT, ADMINISTRATOR]
    passes(aws, 30)
    agent = {"Name": "EKS_ADDON_MANAGEMENT", "Status": "ENABLED"}
    monitoring: Json = {
        "Name": "EKS_RUNTIME_MONITORING",
        "Status": "ENABLED",
        "AdditionalConfiguration": [agent],
    }
    on = [monitoring, *({"Name": name, "Status": "ENABLED"} for name in PLANS)]
    assert set_detectors(aws, on) == []
    found = aws.boto3("guardduty", FIRST).get_detector(DetectorId=detector(aws, FIRST))
    assert found["FindingPublishingFrequency"] == "ONE_HOUR"

    configure(AutoEnableOrganizationMembers="NONE")
    surplus = [account for account in listed(aws) if account not in {FIRST, SECOND}]
    for batch in in_batches(surplus):
        for call in (guardduty.disassociate_members, guardduty.delete_members):
            assert call(DetectorId=own, AccountIds=batch)["UnprocessedAccounts"] == []
    assert listed(aws, OnlyAssociated="false") == [FIRST, SECOND]
    # It tells what AWS answers, and goes on.
    suspend = partial(guardduty.update_detector, DetectorId=own, Enable=False, Features=on)
    assert code(suspend) == "BadRequestException"
    for call in (guardduty.disassociate_members, guardduty.delete_members):
        call(DetectorId=own, AccountIds=[FIRST, SECOND])
    management = aws.boto3("guardduty", MANAGEMENT)
    management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)


@pytest.mark.parametrize("account", [ADMINISTRATOR, FIRST, MANAGEMENT])
def test_a_landing_zone_exports_the_findings_of_every_account(aws: InProcess, account: str) -> None:
    designate(aws, "us-east-1")
    guardduty = aws.boto3("guardduty", account)
    if guardduty.list_detectors()["DetectorIds"] == []:
        guardduty.create_detector(Enable=True)
    of_own: dict[str, Any] = {"DetectorId": detector(aws, account)}
    export = partial(
        guardduty.create_publishing_destination,
        **of_own,
        DestinationType="S3",
        DestinationProperties=EXPORT,
    )
    export()
    assert code(export) == "BadRequestException"
    (found,) = guardduty.list_publishing_destinations(**of_own)["Destinations"]
    destination = {**of_own, "DestinationId": found["DestinationId"]}
    described = guardduty.describe_publishing_destination(**destination)
    assert described["DestinationProperties"] == EXPORT
    guardduty.update_publishing_destination(**destination, DestinationProperties=EXPORT)
    guardduty.delete_publishing_destination(**destination)
    assert guardduty.list_publishing_destinations(**of_own)["Destinations"] == []
