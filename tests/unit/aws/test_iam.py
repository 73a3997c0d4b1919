"""Whose policies decide what a caller may do, and what IAM simulates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from guardduty_eks_audit_logs.aws.iam import IamApi
from guardduty_eks_audit_logs.errors import ServiceError

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

_SESSION = "arn:aws-cn:sts::222222222222:assumed-role/deployer/somebody@example.com"
_WITH_PATH = "arn:aws-cn:iam::222222222222:role/teams/deployer"


def _client() -> IAMClient:
    keys = boto3.Session("a", "b", region_name="us-east-1")
    return keys.client("iam")


def _role() -> dict[str, object]:
    role = {"Path": "/teams/", "RoleName": "deployer", "RoleId": "AROAAAAAAAAAAAAAAAAA"}
    return {"Role": {**role, "Arn": _WITH_PATH, "CreateDate": "2026-01-01T00:00:00Z"}}


@pytest.mark.parametrize(
    ("caller", "identity"),
    [
        ("arn:aws:iam::222222222222:user/teams/me", "arn:aws:iam::222222222222:user/teams/me"),
        ("arn:aws:iam::222222222222:root", None),
        ("arn:aws:sts::222222222222:federated-user/me", None),
        ("", None),
    ],
)
def test_a_user_is_known_by_its_own_arn(caller: str, identity: str | None) -> None:
    client = _client()
    with Stubber(client):  # nothing is asked
        assert IamApi(client).identity(caller) == identity


def test_the_path_of_a_session_s_role_is_looked_up() -> None:
    client = _client()
    with Stubber(client) as stubber:
        stubber.add_response("get_role", _role(), {"RoleName": "deployer"})

        assert IamApi(client).identity(_SESSION) == _WITH_PATH


def test_without_the_right_to_look_a_role_is_taken_to_have_no_path() -> None:
    client = _client()
    with Stubber(client) as stubber:
        stubber.add_client_error("get_role", "AccessDenied")

        assert IamApi(client).identity(_SESSION) == "arn:aws-cn:iam::222222222222:role/deployer"


def test_a_role_that_can_not_be_read_is_an_error() -> None:
    client = _client()
    with Stubber(client) as stubber:
        stubber.add_client_error("get_role", "ServiceFailure")

        with pytest.raises(ServiceError):
            IamApi(client).identity(_SESSION)
