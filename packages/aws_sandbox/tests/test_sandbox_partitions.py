"""Organizations in GovCloud, China and the European Sovereign Cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.organization import (
    OrganizationDescription,
    OrganizationFileError,
    default_organization,
)
from aws_sandbox.server import Sandbox
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from aws_sandbox.testing.in_process import InProcess

if TYPE_CHECKING:
    from collections.abc import Mapping

REGIONS: Mapping[str, tuple[str, ...]] = {
    "aws-us-gov": ("us-gov-west-1", "us-gov-east-1"),
    "aws-cn": ("cn-north-1", "cn-northwest-1"),
    "aws-eusc": ("eusc-de-east-1",),
}
# Where botocore signs for Organizations, which each partition has once.
HOME = {"aws-us-gov": "us-gov-west-1", "aws-cn": "cn-northwest-1", "aws-eusc": "eusc-de-east-1"}
SUFFIXES = {"aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}


def described(regions: tuple[str, ...]) -> OrganizationDescription:
    return OrganizationDescription.model_validate(
        {
            "regions": regions,
            "accounts": [{"id": "300000000001", "name": "shop", "ou": "Root/Prod"}],
            "standaloneAccounts": [{"id": "800000000001"}],
        }
    )


@pytest.mark.parametrize("partition", REGIONS)
def test_arns_carry_the_partition_and_the_services_answer_there(partition: str) -> None:
    regions = REGIONS[partition]
    aws = InProcess()
    aws.talk_to(Sandbox(described(regions)))
    home, region = HOME[partition], regions[-1]

    organizations = aws.boto3("organizations", ADMINISTRATOR, home)
    organization = organizations.describe_organization()["Organization"]
    accounts = organizations.list_accounts()["Accounts"]
    (root,) = organizations.list_roots()["Roots"]
    units = organizations.list_organizational_units_for_parent(ParentId=root["Id"])
    management = aws.boto3("organizations", MANAGEMENT, home)
    invited = management.invite_account_to_organization(
        Target={"Id": "800000000001", "Type": "ACCOUNT"}
    )
    arns = [organization["Arn"], organization["MasterAccountArn"], root["Arn"]]
    arns += [entry["Arn"] for entry in [*accounts, *units["OrganizationalUnits"]]]
    arns += [invited["Handshake"]["Arn"]]
    guardduty = aws.boto3("guardduty", ADMINISTRATOR, region)
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    arns += [guardduty.get_detector(DetectorId=detector)["ServiceRole"]]
    arns += [role["Arn"] for role in aws.boto3("iam", ADMINISTRATOR, home).list_roles()["Roles"]]
    sts = aws.boto3("sts", MANAGEMENT, region)
    arns += [sts.get_caller_identity()["Arn"]]
    role = f"arn:{partition}:iam::{ADMINISTRATOR}:role/OrganizationAccountAccessRole"
    made = sts.assume_role(RoleArn=role, RoleSessionName="test")
    arns += [made["AssumedRoleUser"]["Arn"]]

    assert {arn.split(":")[1] for arn in arns} == {partition}
    assert len(accounts) == 3
    shown = aws.boto3("ec2", ADMINISTRATOR, region).describe_regions()["Regions"]
    names = {entry["RegionName"]: entry["Endpoint"] for entry in shown}
    assert names == {name: f"ec2.{name}.{SUFFIXES[partition]}" for name in regions}
    (delegated,) = organizations.list_delegated_administrators()["DelegatedAdministrators"]
    assert delegated["Id"] == ADMINISTRATOR


@pytest.mark.parametrize("service", ["organizations", "sts", "iam", "guardduty"])
def test_keys_of_another_partition_are_not_known(service: str) -> None:
    aws = InProcess()
    aws.talk_to(Sandbox(default_organization(2, REGIONS["aws-cn"])))
    client = aws.boto3(service, MANAGEMENT, "us-east-1")
    call = {
        "organizations": "describe_organization",
        "sts": "get_caller_identity",
        "iam": "list_roles",
        "guardduty": "list_detectors",
    }[service]
    with pytest.raises(ClientError, match="The security token included in the request is invalid"):
        getattr(client, call)()


def test_an_organization_is_in_one_partition() -> None:
    regions = ["us-east-1", "us-gov-west-1"]
    with pytest.raises(OrganizationFileError, match="in the partitions aws and aws-us-gov"):
        default_organization(2, regions)
    assert default_organization(2, regions[1:]).regions == ("us-gov-west-1",)
