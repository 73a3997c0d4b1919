"""Who calls, and the organization as AWS Organizations, STS and IAM show it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

MEMBER = "300000000001"
UNKNOWN_TOKEN = "The security token included in the request is invalid."  # noqa: S105


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


@pytest.mark.parametrize("account", [MANAGEMENT, ADMINISTRATOR, MEMBER])
def test_every_account_has_credentials_of_its_own(sandbox: RunningSandbox, account: str) -> None:
    identity = sandbox.boto3("sts", account).get_caller_identity()
    assert identity["Account"] == account
    assert identity["Arn"] == f"arn:aws:iam::{account}:user/sandbox"


def test_the_management_account_assumes_a_role_in_a_member_and_acts_as_it(
    sandbox: RunningSandbox,
) -> None:
    role = f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole"
    keys = sandbox.boto3("sts", MANAGEMENT).assume_role(RoleArn=role, RoleSessionName="test")
    session = boto3.Session(
        aws_access_key_id=keys["Credentials"]["AccessKeyId"],
        aws_secret_access_key=keys["Credentials"]["SecretAccessKey"],
        aws_session_token=keys["Credentials"]["SessionToken"],
        region_name="us-east-1",
    )
    config = Config(proxies={})
    sts = session.client("sts", endpoint_url=sandbox.url, config=config)
    assert sts.get_caller_identity()["Account"] == MEMBER
    guardduty = session.client("guardduty", endpoint_url=sandbox.url, config=config)
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    assert detector == sandbox.detector(MEMBER)


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("guardduty", "list_detectors", "UnrecognizedClientException", 403),
        ("organizations", "list_roots", "UnrecognizedClientException", 400),
        ("sts", "get_caller_identity", "InvalidClientTokenId", 403),
    ],
)
def test_an_unknown_access_key_is_refused(
    sandbox: RunningSandbox, service: str, operation: str, code: str, status: int
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(sandbox.boto3(service, "999999999999"), operation)()
    response: Any = refused.value.response
    assert response["Error"]["Code"] == code
    assert response["Error"]["Message"] == UNKNOWN_TOKEN
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_region_that_is_not_there_refuses_the_credentials(sandbox: RunningSandbox) -> None:
    with pytest.raises(ClientError) as refused:
        sandbox.boto3("guardduty", region="ap-east-1").list_detectors()
    assert code_of(refused) == "UnrecognizedClientException"


def test_only_the_delegated_administrator_reads_the_organization(
    sandbox: RunningSandbox,
) -> None:
    for account in (MANAGEMENT, ADMINISTRATOR):
        pages = sandbox.boto3("organizations", account).get_paginator("list_accounts").paginate()
        assert len([entry for page in pages for entry in page["Accounts"]]) == 14
    member = sandbox.boto3("organizations", MEMBER)
    with pytest.raises(ClientError) as refused:
        member.list_accounts()
    assert code_of(refused) == "AccessDeniedException"
    assert member.describe_organization()["Organization"]["MasterAccountId"] == MANAGEMENT


def test_accounts_come_in_pages_of_20(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(accounts=43, regions=["us-east-1"])
    pages = sandbox.boto3("organizations").get_paginator("list_accounts").paginate()
    found = [[account["Id"] for account in page["Accounts"]] for page in pages]
    assert [len(page) for page in found] == [20, 20, 5]
    assert len({account for page in found for account in page}) == 45


def test_members_are_in_units_and_have_tags(sandbox: RunningSandbox) -> None:
    organizations = sandbox.boto3("organizations")
    (root,) = organizations.list_roots()["Roots"]
    units = organizations.list_organizational_units_for_parent(ParentId=root["Id"])
    names = {unit["Name"]: unit["Id"] for unit in units["OrganizationalUnits"]}
    assert set(names) == {"Prod", "Test", "Sandbox"}
    inside = organizations.list_accounts_for_parent(ParentId=names["Prod"])["Accounts"]
    assert {account["Id"] for account in inside} == {
        "300000000001",
        "300000000004",
        "300000000007",
        "300000000010",
    }
    tags = organizations.list_tags_for_resource(ResourceId=MEMBER)["Tags"]
    assert tags == [{"Key": "env", "Value": "prod"}]


def test_guardduty_is_delegated_to_the_administrator(sandbox: RunningSandbox) -> None:
    found = sandbox.boto3("organizations", MANAGEMENT).list_delegated_administrators(
        ServicePrincipal="guardduty.amazonaws.com"
    )
    assert [entry["Id"] for entry in found["DelegatedAdministrators"]] == [ADMINISTRATOR]


def test_an_account_made_through_organizations_joins_guardduty(sandbox: RunningSandbox) -> None:
    made = sandbox.boto3("organizations", MANAGEMENT).create_account(
        Email="new@example.com", AccountName="new"
    )
    account = made["CreateAccountStatus"]["AccountId"]
    assert sandbox.client.actual_state()["us-east-1"][account].relationship == "Enabled"
    assert sandbox.boto3("sts", account).get_caller_identity()["Account"] == account


def test_a_service_that_the_sandbox_lacks_fails(sandbox: RunningSandbox) -> None:
    with pytest.raises(ClientError) as refused:
        sandbox.boto3("lambda").list_functions()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_profiles_lead_to_their_accounts(sandbox: RunningSandbox) -> None:
    program = (
        "import boto3\n"
        "for name in (None, 'management', 'administrator', 'member-300000000001'):\n"
        "    session = boto3.Session(profile_name=name)\n"
        "    print(session.client('sts').get_caller_identity()['Account'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=sandbox.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == [ADMINISTRATOR, MANAGEMENT, ADMINISTRATOR, MEMBER]
