"""Every answer has a request's id of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.organization import default_organization
from aws_sandbox.request_ids import PLACEHOLDER
from aws_sandbox.server import Sandbox
from aws_sandbox.testing import ADMINISTRATOR
from aws_sandbox.testing.in_process import InProcess

if TYPE_CHECKING:
    from collections.abc import Mapping

CALLS: Mapping[str, tuple[str, dict[str, str]]] = {
    "guardduty": ("list_detectors", {}),
    "organizations": ("describe_organization", {}),
    "sts": ("get_caller_identity", {}),
    "iam": ("list_roles", {}),
    "ec2": ("describe_regions", {}),
    "account": ("list_regions", {}),
}
REFUSED: Mapping[str, tuple[str, dict[str, str]]] = {
    "guardduty": ("get_detector", {"DetectorId": "none"}),
    "organizations": ("describe_account", {"AccountId": "999999999999"}),
    "sts": (
        "assume_role",
        {"RoleArn": "arn:aws:iam::111111111111:role/none", "RoleSessionName": "test"},
    ),
    "iam": ("get_role", {"RoleName": "none"}),
    "ec2": ("describe_regions", {"RegionNames": ["mars-north-1"]}),  # type: ignore[dict-item]
    "sns": ("list_topics", {}),
    "lambda": ("list_functions", {}),
    "s3": ("list_buckets", {}),
}


@pytest.fixture
def aws() -> InProcess:
    found = InProcess()
    found.talk_to(Sandbox(default_organization(1, ["us-east-1"])))
    return found


def test_every_answer_and_every_refusal_has_an_id_of_its_own(aws: InProcess) -> None:
    ids = []
    for service, (operation, parameters) in CALLS.items():
        for _ in range(2):
            answer = getattr(aws.boto3(service, ADMINISTRATOR), operation)(**parameters)
            ids.append(_id(answer))
    for service, (operation, parameters) in REFUSED.items():
        with pytest.raises(ClientError) as refused:
            getattr(aws.boto3(service, ADMINISTRATOR), operation)(**parameters)
        ids.append(_id(refused.value.response))
        strange = aws.boto3(service, "999999999998")
        with pytest.raises(ClientError) as unknown:
            getattr(strange, operation)(**parameters)
        ids.append(_id(unknown.value.response))
    assert PLACEHOLDER not in ids
    assert len(set(ids)) == len(ids)


def test_s3_has_headers_of_its_own(aws: InProcess) -> None:
    with pytest.raises(ClientError) as refused:
        aws.boto3("s3", ADMINISTRATOR).list_buckets()
    headers = refused.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-request-id"]
    assert headers["x-amz-id-2"]
    assert "x-amzn-requestid" not in headers


def _id(answer: Any) -> str:  # noqa: ANN401 -- AWS's answer
    """The id as botocore found it, which is that of the header where there is one."""
    metadata = answer["ResponseMetadata"]
    headers = metadata["HTTPHeaders"]
    found = headers.get("x-amzn-requestid") or headers["x-amz-request-id"]
    assert metadata.get("RequestId", found) == found
    return str(found)
