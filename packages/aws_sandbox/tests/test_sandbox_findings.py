"""Sample findings, publishing destinations and malware scan settings of the local GuardDuty."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.guardduty.samples import EVERY_TYPE
from aws_sandbox.organization import default_organization
from aws_sandbox.server import Sandbox
from aws_sandbox.testing import ADMINISTRATOR
from aws_sandbox.testing.in_process import InProcess

if TYPE_CHECKING:
    from collections.abc import Callable

MEMBER = "300000000001"
BUCKET = "arn:aws:s3:::findings"
KEY = "arn:aws:kms:us-east-1:222222222222:key/00000000-0000-0000-0000-000000000001"
EXEC = "Execution:Kubernetes/ExecInKubeSystemPod"
SSH = "UnauthorizedAccess:EC2/SSHBruteForce"
INVALID = (
    "The request is rejected because an invalid or out-of-range value is specified as an input "
    "parameter."
)


class GuardDuty:
    """The GuardDuty of one account; every call names its detector."""

    def __init__(self, aws: InProcess, account: str) -> None:
        self._client = aws.boto3("guardduty", account)
        (self.detector,) = self._client.list_detectors()["DetectorIds"]

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        return partial(getattr(self._client, operation), DetectorId=self.detector)

    def tags(self, operation: str, below: str, **more: object) -> Any:  # noqa: ANN401 -- JSON
        arn = f"arn:aws:guardduty:us-east-1:{ADMINISTRATOR}:detector/{self.detector}/{below}"
        return getattr(self._client, operation)(ResourceArn=arn, **more)


@pytest.fixture
def aws() -> InProcess:
    in_process = InProcess()
    in_process.talk_to(Sandbox(default_organization(accounts=3, regions=["us-east-1"])))
    return in_process


@pytest.fixture
def guardduty(aws: InProcess) -> GuardDuty:
    return GuardDuty(aws, ADMINISTRATOR)


def message(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    return str(refused.value.response["Error"]["Message"])


def export(guardduty: GuardDuty, bucket: str = BUCKET, **more: object) -> str:
    made = guardduty.create_publishing_destination(
        DestinationType="S3",
        DestinationProperties={"DestinationArn": bucket, "KmsKeyArn": KEY},
        **more,
    )
    return str(made["DestinationId"])


def listed(guardduty: GuardDuty, **asked: object) -> list[str]:
    found = guardduty.get_findings(FindingIds=guardduty.list_findings(**asked)["FindingIds"])
    return [finding["Type"] for finding in found["Findings"]]


def test_samples_are_findings_of_the_account_that_made_them(guardduty: GuardDuty) -> None:
    guardduty.create_sample_findings(FindingTypes=[EXEC, SSH])
    ids = guardduty.list_findings()["FindingIds"]
    by_type = {found["Type"]: found for found in guardduty.get_findings(FindingIds=ids)["Findings"]}
    assert set(by_type) == {EXEC, SSH}
    found = by_type[EXEC]
    assert found["Title"].startswith("[SAMPLE]")
    assert (found["AccountId"], found["Region"]) == (ADMINISTRATOR, "us-east-1")
    assert found["Service"]["AdditionalInfo"]["Value"] == '{"sample":true}'
    assert found["Resource"]["ResourceType"] == "EKSCluster"
    assert found["Arn"].endswith(f"detector/{guardduty.detector}/finding/{found['Id']}")


def test_a_sample_that_is_made_again_is_counted_again(guardduty: GuardDuty) -> None:
    for _ in range(2):
        guardduty.create_sample_findings(FindingTypes=[EXEC])
    (found,) = guardduty.get_findings(FindingIds=guardduty.list_findings()["FindingIds"])[
        "Findings"
    ]
    assert found["Service"]["Count"] == 2


def test_without_types_there_is_a_sample_of_each_in_pages(guardduty: GuardDuty) -> None:
    guardduty.create_sample_findings()
    first = guardduty.list_findings(MaxResults=30)
    second = guardduty.list_findings(MaxResults=30, NextToken=first["NextToken"])
    assert "NextToken" not in second
    ids = first["FindingIds"] + second["FindingIds"]
    assert len(set(ids)) == len(ids) == len(EVERY_TYPE)


@pytest.mark.parametrize("name", ["Nonsense", "Recon:Mars/PortProbe", "EC2/SSHBruteForce"])
def test_what_is_no_finding_type_has_no_sample(guardduty: GuardDuty, name: str) -> None:
    told = message(partial(guardduty.create_sample_findings, FindingTypes=[EXEC, name]))
    assert told == "The request is rejected because an invalid finding type is specified."
    assert guardduty.list_findings()["FindingIds"] == []


def test_an_administrator_sees_its_members_findings_and_no_member_others(aws: InProcess) -> None:
    administrator, member = GuardDuty(aws, ADMINISTRATOR), GuardDuty(aws, MEMBER)
    administrator.create_sample_findings(FindingTypes=[SSH])
    member.create_sample_findings(FindingTypes=[EXEC])
    assert listed(member) == [EXEC]
    assert set(listed(administrator)) == {SSH, EXEC}


def test_findings_are_selected_sorted_and_counted(guardduty: GuardDuty) -> None:
    guardduty.create_sample_findings(FindingTypes=[EXEC, SSH])

    def by(**criterion: object) -> list[str]:
        return listed(guardduty, FindingCriteria={"Criterion": criterion})

    assert by(type={"Eq": [EXEC]}) == [EXEC]
    assert by(type={"NotEquals": [EXEC]}) == [SSH]
    assert by(**{"service.archived": {"Eq": ["true"]}}) == []
    assert by(**{"resource.resourceType": {"Equals": ["Instance"]}}) == [SSH]
    assert len(by(severity={"Gte": 4, "LessThan": 7}, updatedAt={"GreaterThan": 0})) == 2
    assert by(severity={"Gt": 5}) == []
    for order, expected in (("ASC", [EXEC, SSH]), ("DESC", [SSH, EXEC])):
        sorting = {"AttributeName": "type", "OrderBy": order}
        ids = guardduty.list_findings(SortCriteria=sorting)["FindingIds"]
        found = guardduty.get_findings(FindingIds=ids, SortCriteria=sorting)["Findings"]
        assert [each["Id"] for each in found] == ids
        assert [each["Type"] for each in found] == expected

    count = guardduty.get_findings_statistics
    statistics = count(FindingStatisticTypes=["COUNT_BY_SEVERITY"])["FindingStatistics"]
    assert statistics == {"CountBySeverity": {"5.0": 2}}
    (by_account,) = count(GroupBy="ACCOUNT")["FindingStatistics"]["GroupedByAccount"]
    assert (by_account["AccountId"], by_account["TotalFindings"]) == (ADMINISTRATOR, 2)
    for group, members in (("DATE", 1), ("FINDING_TYPE", 2), ("RESOURCE", 2), ("SEVERITY", 1)):
        (counted,) = count(GroupBy=group)["FindingStatistics"].values()
        assert len(counted) == members, group
    assert message(count) == INVALID


def test_a_destination_is_made_changed_told_and_deleted(guardduty: GuardDuty) -> None:
    assert guardduty.list_publishing_destinations()["Destinations"] == []
    made = export(guardduty, Tags={"team": "security"})
    (summary,) = guardduty.list_publishing_destinations()["Destinations"]
    assert summary == {"DestinationId": made, "DestinationType": "S3", "Status": "PUBLISHING"}
    guardduty.update_publishing_destination(
        DestinationId=made, DestinationProperties={"DestinationArn": f"{BUCKET}/eks/"}
    )
    told = guardduty.describe_publishing_destination(DestinationId=made)
    assert told["DestinationProperties"] == {"DestinationArn": f"{BUCKET}/eks/", "KmsKeyArn": KEY}
    assert told["Tags"] == {"team": "security"}
    guardduty.tags("tag_resource", f"publishingDestination/{made}", Tags={"env": "prod"})
    guardduty.tags("untag_resource", f"publishingDestination/{made}", TagKeys=["team"])
    tagged = guardduty.tags("list_tags_for_resource", f"publishingDestination/{made}")
    assert tagged["Tags"] == {"env": "prod"}
    guardduty.delete_publishing_destination(DestinationId=made)
    assert guardduty.list_publishing_destinations()["Destinations"] == []
    for call in ("describe_publishing_destination", "delete_publishing_destination"):
        gone = message(partial(getattr(guardduty, call), DestinationId=made))
        assert gone == "The request is rejected since no such resource found."


def test_a_detector_has_one_destination(
    guardduty: GuardDuty,
) -> None:
    made = export(guardduty, ClientToken="same")
    assert export(guardduty, ClientToken="same") == made
    assert message(partial(export, guardduty, ClientToken="other")) == (
        "The request failed because a publishingDestination already exists with the "
        "destinationType value provided in the request."
    )


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"DestinationArn": BUCKET},
        {"DestinationArn": "findings", "KmsKeyArn": KEY},
        {"DestinationArn": BUCKET, "KmsKeyArn": "alias/findings"},
        {"DestinationArn": BUCKET, "KmsKeyArn": KEY, "ExpectedBucketOwner": "1" * 13},
    ],
)
def test_a_destination_needs_a_bucket_and_a_key(
    guardduty: GuardDuty, properties: dict[str, str]
) -> None:
    create = guardduty.create_publishing_destination
    told = message(partial(create, DestinationType="S3", DestinationProperties=properties))
    assert told == INVALID


def test_a_member_has_a_destination_of_its_own(aws: InProcess) -> None:
    administrator, member = GuardDuty(aws, ADMINISTRATOR), GuardDuty(aws, MEMBER)
    export(member)
    assert administrator.list_publishing_destinations()["Destinations"] == []


def test_malware_scan_settings_are_kept_and_only_what_is_named_changes(
    guardduty: GuardDuty,
) -> None:
    tagged = {"Include": {"EC2_INSTANCE_TAG": {"MapEquals": [{"Key": "env", "Value": "prod"}]}}}
    guardduty.update_malware_scan_settings(ScanResourceCriteria=tagged)
    guardduty.update_malware_scan_settings(EbsSnapshotPreservation="RETENTION_WITH_FINDING")
    found = guardduty.get_malware_scan_settings()
    assert found["ScanResourceCriteria"] == tagged
    assert found["EbsSnapshotPreservation"] == "RETENTION_WITH_FINDING"
    update = guardduty.update_malware_scan_settings
    assert message(partial(update, EbsSnapshotPreservation="FOREVER")) == INVALID
