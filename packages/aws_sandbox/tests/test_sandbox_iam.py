"""GuardDuty's service-linked role, as IAM shows it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.organization import default_organization
from aws_sandbox.server import Sandbox
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from aws_sandbox.testing.in_process import InProcess

ROLE = "AWSServiceRoleForAmazonGuardDuty"
SERVICE = "guardduty.amazonaws.com"


def test_guarddutys_role_is_there_where_guardduty_is_enabled() -> None:
    aws = InProcess()
    aws.talk_to(Sandbox(default_organization(1, ["us-east-1"])))
    iam, guardduty = aws.boto3("iam", ADMINISTRATOR), aws.boto3("guardduty", ADMINISTRATOR)

    found = iam.get_role(RoleName=ROLE)["Role"]

    (detector,) = guardduty.list_detectors()["DetectorIds"]
    assert found["Arn"] == guardduty.get_detector(DetectorId=detector)["ServiceRole"]
    trusted = found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
    assert trusted in (SERVICE, [SERVICE])
    with pytest.raises(ClientError) as taken:
        iam.create_service_linked_role(AWSServiceName=SERVICE)
    assert taken.value.response["Error"]["Code"] == "InvalidInput"
    assert f"Service role name {ROLE} has been taken in this account" in str(taken.value)


def test_guarddutys_role_can_be_made_before_and_comes_with_a_detector() -> None:
    aws = InProcess()
    aws.talk_to(Sandbox(default_organization(1, ["us-east-1"])))
    iam = aws.boto3("iam", MANAGEMENT)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName=ROLE)
    made = iam.create_service_linked_role(AWSServiceName=SERVICE)["Role"]
    assert made["RoleName"] == ROLE
    assert made["Arn"] == f"arn:aws:iam::{MANAGEMENT}:role/aws-service-role/{SERVICE}/{ROLE}"
    iam.delete_service_linked_role(RoleName=ROLE)
    aws.boto3("guardduty", MANAGEMENT).create_detector(Enable=True)
    assert iam.get_role(RoleName=ROLE)["Role"]["Arn"] == made["Arn"]
