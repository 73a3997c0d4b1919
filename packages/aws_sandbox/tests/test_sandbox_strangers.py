"""Tools of strangers look at the local organization as at an AWS account, and find nothing more."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

MEMBER = "300000000001"
NO_SUCH_RESOURCE = "The request is rejected since no such resource found."
THREE_REGIONS = """
regions: [eu-south-1, eu-west-1, us-east-1]
accounts:
  - {id: "300000000001", name: shop, regionsNotEnabled: [eu-south-1]}
"""

Json = dict[str, Any]


def refusal(call: Callable[[], object]) -> tuple[int, str, str]:
    """Status, code and message."""
    with pytest.raises(ClientError) as refused:
        call()
    error = refused.value.response
    status = error["ResponseMetadata"]["HTTPStatusCode"]
    return status, error["Error"]["Code"], error["Error"]["Message"]


def arn(sandbox: RunningSandbox, account: str = ADMINISTRATOR) -> str:
    return f"arn:aws:guardduty:us-east-1:{account}:detector/{sandbox.detector(account)}"


def test_what_the_account_has_none_of_is_listed_empty(sandbox: RunningSandbox) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    assert guardduty.list_findings(DetectorId=detector)["FindingIds"] == []
    assert guardduty.get_findings(DetectorId=detector, FindingIds=["x"])["Findings"] == []
    assert guardduty.list_filters(DetectorId=detector)["FilterNames"] == []
    assert guardduty.list_ip_sets(DetectorId=detector)["IpSetIds"] == []
    assert guardduty.list_threat_intel_sets(DetectorId=detector)["ThreatIntelSetIds"] == []
    destinations = guardduty.list_publishing_destinations(DetectorId=detector)
    assert destinations["Destinations"] == []
    assert guardduty.list_coverage(DetectorId=detector)["Resources"] == []
    assert guardduty.describe_malware_scans(DetectorId=detector)["Scans"] == []
    assert guardduty.list_malware_protection_plans()["MalwareProtectionPlans"] == []


def test_what_the_account_has_none_of_is_not_found(sandbox: RunningSandbox) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    for call in (
        lambda: guardduty.get_filter(DetectorId=detector, FilterName="mine"),
        lambda: guardduty.get_ip_set(DetectorId=detector, IpSetId="0" * 32),
    ):
        assert refusal(call) == (400, "BadRequestException", NO_SUCH_RESOURCE)
    plan = refusal(lambda: guardduty.get_malware_protection_plan(MalwareProtectionPlanId="x"))
    assert plan == (404, "ResourceNotFoundException", NO_SUCH_RESOURCE)


def test_a_foreign_detector_is_not_owned_there_either(sandbox: RunningSandbox) -> None:
    guardduty, foreign = sandbox.boto3("guardduty"), sandbox.detector(MEMBER)
    told = refusal(lambda: guardduty.list_findings(DetectorId=foreign))
    assert told[:2] == (400, "BadRequestException")
    assert "not owned by the current account" in told[2]


def test_nothing_of_that_kind_can_be_made(sandbox: RunningSandbox) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    told = refusal(
        lambda: guardduty.create_filter(
            DetectorId=detector, Name="mine", FindingCriteria={"Criterion": {}}
        )
    )
    assert told[1] == "UnknownOperationException"
    assert "CreateFilter" in told[2]


def test_tags_are_kept(sandbox: RunningSandbox) -> None:
    guardduty, resource = sandbox.boto3("guardduty"), arn(sandbox)
    guardduty.tag_resource(ResourceArn=resource, Tags={"team": "security", "env": "prod"})
    guardduty.tag_resource(ResourceArn=resource, Tags={"env": "test"})
    expected = {"team": "security", "env": "test"}
    assert guardduty.list_tags_for_resource(ResourceArn=resource)["Tags"] == expected
    assert guardduty.get_detector(DetectorId=sandbox.detector())["Tags"] == expected
    guardduty.untag_resource(ResourceArn=resource, TagKeys=["env", "absent"])
    assert guardduty.list_tags_for_resource(ResourceArn=resource)["Tags"] == {"team": "security"}
    guardduty.untag_resource(ResourceArn=resource, TagKeys=["team"])
    assert guardduty.list_tags_for_resource(ResourceArn=resource)["Tags"] == {}


def test_a_detector_has_50_tags_at_most_and_none_of_aws(sandbox: RunningSandbox) -> None:
    guardduty, resource = sandbox.boto3("guardduty"), arn(sandbox)
    fifty = {f"key.{'a' * number}": "x" for number in range(50)}
    guardduty.tag_resource(ResourceArn=resource, Tags=fifty)
    for tags in ({"one-more": "x"}, {"aws:owner": "x"}):
        told = refusal(partial(guardduty.tag_resource, ResourceArn=resource, Tags=tags))
        assert told[:2] == (400, "BadRequestException")
    assert guardduty.list_tags_for_resource(ResourceArn=resource)["Tags"] == fifty


def test_a_member_reads_its_tags_and_sets_none(sandbox: RunningSandbox) -> None:
    guardduty, resource = sandbox.boto3("guardduty", MEMBER), arn(sandbox, MEMBER)
    assert guardduty.list_tags_for_resource(ResourceArn=resource)["Tags"] == {}
    told = refusal(lambda: guardduty.tag_resource(ResourceArn=resource, Tags={"a": "b"}))
    assert told[:2] == (400, "BadRequestException")
    assert "member accounts cannot manage specified resources or properties" in told[2]


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:guardduty:us-east-1:222222222222:filter/mine",
        "arn:aws:guardduty:us-east-1:222222222222:detector/{detector}/filter/mine",
        "arn:aws:guardduty:eu-west-1:222222222222:detector/{detector}",
        "arn:aws:guardduty:us-east-1:300000000001:detector/{detector}",
        "arn:aws:guardduty:us-east-1:222222222222:detector/00000000000000000000000000000000",
    ],
)
def test_tags_of_what_is_not_the_callers_are_not_told(
    sandbox: RunningSandbox, resource: str
) -> None:
    named = resource.format(detector=sandbox.detector())
    told = refusal(lambda: sandbox.boto3("guardduty").list_tags_for_resource(ResourceArn=named))
    assert told[:2] == (400, "BadRequestException")


def test_account_management_and_ec2_tell_the_regions(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(organization=THREE_REGIONS)
    every = {"eu-south-1": "ENABLED", "eu-west-1": "ENABLED_BY_DEFAULT"}
    every["us-east-1"] = "ENABLED_BY_DEFAULT"

    def by_account(account: str, **asked: object) -> dict[str, str]:
        answer = sandbox.boto3("account", account).list_regions(**asked)
        return {region["RegionName"]: region["RegionOptStatus"] for region in answer["Regions"]}

    def by_ec2(account: str, **asked: object) -> dict[str, str]:
        answer = sandbox.boto3("ec2", account).describe_regions(**asked)
        return {region["RegionName"]: region["OptInStatus"] for region in answer["Regions"]}

    assert by_account(ADMINISTRATOR) == every
    assert by_account(MEMBER) == {**every, "eu-south-1": "DISABLED"}
    assert by_account(MANAGEMENT, AccountId=MEMBER)["eu-south-1"] == "DISABLED"
    enabled = by_account(MEMBER, RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"])
    assert list(enabled) == ["eu-west-1", "us-east-1"]
    pages = (
        sandbox.boto3("account")
        .get_paginator("list_regions")
        .paginate(PaginationConfig={"PageSize": 2})
    )
    assert [len(page["Regions"]) for page in pages] == [2, 1]
    assert by_ec2(ADMINISTRATOR)["eu-south-1"] == "opted-in"
    assert by_ec2(MEMBER) == dict.fromkeys(["eu-west-1", "us-east-1"], "opt-in-not-required")
    assert by_ec2(MEMBER, AllRegions=True)["eu-south-1"] == "not-opted-in"
    assert list(by_ec2(ADMINISTRATOR, RegionNames=["us-east-1"])) == ["us-east-1"]
    filters = [{"Name": "opt-in-status", "Values": ["opted-in", "not-opted-in"]}]
    assert list(by_ec2(ADMINISTRATOR, Filters=filters)) == ["eu-south-1"]


def test_questions_about_regions_that_can_not_be_answered_are_refused(
    sandbox: RunningSandbox,
) -> None:
    account, ec2 = sandbox.boto3("account"), sandbox.boto3("ec2")
    told = refusal(lambda: account.list_regions(AccountId=MEMBER))
    assert told[:2] == (403, "AccessDeniedException")
    told = refusal(lambda: account.list_regions(NextToken="AAAA"))
    assert told[:2] == (400, "ValidationException")
    told = refusal(lambda: ec2.describe_regions(RegionNames=["mars-north-1"]))
    assert told[:2] == (400, "InvalidParameterValue")
    told = refusal(lambda: ec2.describe_regions(DryRun=True))
    assert told[:2] == (412, "DryRunOperation")


@pytest.mark.parametrize(
    ("service", "operation", "expected"),
    [
        ("ec2", "describe_instances", (403, "UnauthorizedOperation")),
        ("account", "get_contact_information", (403, "AccessDeniedException")),
        ("s3", "list_buckets", (403, "AccessDenied")),
        ("route53", "list_hosted_zones", (403, "AccessDenied")),
        ("sns", "list_topics", (403, "AccessDenied")),
        ("dynamodb", "list_tables", (400, "AccessDeniedException")),
        ("securityhub", "describe_hub", (403, "AccessDeniedException")),
        ("iam", "list_service_specific_credentials", (403, "AccessDenied")),
        (
            "organizations",
            "list_inbound_responsibility_transfers",
            (400, "UnknownOperationException"),
        ),
    ],
)
def test_other_services_and_operations_are_refused_in_their_own_protocol(
    sandbox: RunningSandbox, service: str, operation: str, expected: tuple[int, str]
) -> None:
    asked = {"Type": "BILLING"} if service == "organizations" else {}
    client = sandbox.boto3(service, MANAGEMENT)
    assert refusal(lambda: getattr(client, operation)(**asked))[:2] == expected
    last = sandbox.client.calls()[-1]
    assert (last.service, last.outcome) == (service, expected[1])


def test_an_action_that_a_service_does_not_have_is_unknown(sandbox: RunningSandbox) -> None:
    iam = sandbox.boto3("iam")
    iam.meta.events.register(
        "before-call.iam.GetUser", lambda params, **_: params["body"].update(Action="GetLoser")
    )
    assert refusal(iam.get_user)[:2] == (400, "InvalidAction")
