"""Who may act as whom, with which keys, and until when."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from aws_sandbox.organization import default_organization
from aws_sandbox.server import Sandbox
from aws_sandbox.sts import web_identity
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from aws_sandbox.testing.in_process import InProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MEMBER = "300000000001"
ACCESS_ROLE = "OrganizationAccountAccessRole"
EXPIRED = "The security token included in the request is expired"
SUBJECT = "repo:acme/security:ref:refs/heads/main"
PROVIDER = "token.actions.githubusercontent.com"


class Aws(InProcess):
    """A sandbox in this process, by its clients."""

    def __init__(self, regions: tuple[str, ...] = ("us-east-1",)) -> None:
        super().__init__()
        self.sandbox = Sandbox(default_organization(2, regions))
        self.talk_to(self.sandbox)

    def assume(self, account: str = MANAGEMENT, role: str | None = None, **more: Any) -> Any:  # noqa: ANN401 -- AWS's answer
        """AssumeRole by the user of an account."""
        arn = role or f"arn:aws:iam::{ADMINISTRATOR}:role/{ACCESS_ROLE}"
        sts = self.boto3("sts", account)
        return sts.assume_role(RoleArn=arn, RoleSessionName="test", **more)["Credentials"]

    def acting(self, keys: Mapping[str, Any], service: str = "sts", **more: Any) -> Any:  # noqa: ANN401 -- depends on the service
        """A client with temporary keys."""
        return self.boto3_with(
            service,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            **more,
        )

    def with_token(self, role: str, token: str, **more: Any) -> Any:  # noqa: ANN401 -- AWS's answer
        """AssumeRoleWithWebIdentity, without any credentials."""
        # Without validation: what botocore would refuse itself, the service has to refuse.
        config = Config(signature_version=UNSIGNED, parameter_validation=False)
        return self.boto3_with("sts", config=config).assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="job", WebIdentityToken=token, **more
        )

    def ci_role(self, subject: str = SUBJECT, **more: object) -> str:
        """A role of the management account for a CI's jobs."""
        body = {"name": "ci", "subject": subject, **more}
        return str(self.control("POST", f"accounts/{MANAGEMENT}/roles", body)["roleArn"])

    def token(self, subject: str = SUBJECT, **more: object) -> str:
        """A job's token."""
        return str(self.control("POST", "web-identity", {"subject": subject, **more})["token"])


@pytest.fixture
def aws() -> Aws:
    return Aws()


def refusal(call: Callable[[], object]) -> tuple[str, str, int]:
    """Code, message and status of a refusal."""
    with pytest.raises(ClientError) as refused:
        call()
    response: Any = refused.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return response["Error"]["Code"], response["Error"]["Message"], status


CALLS: Mapping[str, tuple[str, str, str, int]] = {
    "guardduty": ("list_detectors", "ExpiredTokenException", EXPIRED, 403),
    "organizations": ("describe_organization", "ExpiredTokenException", EXPIRED, 400),
    "sts": ("get_caller_identity", "ExpiredToken", EXPIRED, 403),
    "iam": ("list_roles", "ExpiredToken", EXPIRED, 403),
    "account": ("list_regions", "ExpiredTokenException", EXPIRED, 403),
    "ec2": ("describe_regions", "RequestExpired", "Request has expired.", 400),
    "sns": ("list_topics", "ExpiredToken", EXPIRED, 403),
    "lambda": ("list_functions", "ExpiredTokenException", EXPIRED, 403),
    "s3": ("list_buckets", "ExpiredToken", "The provided token has expired.", 400),
}


def test_each_service_refuses_expired_keys_in_its_own_words(aws: Aws) -> None:
    keys = aws.assume(DurationSeconds=1800)
    left = keys["Expiration"] - datetime.now(UTC)
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)
    for service in ("guardduty", "organizations", "sts", "iam", "account", "ec2"):
        getattr(aws.acting(keys, service), CALLS[service][0])()

    aws.control("POST", "clock", {"hours": 0.5})

    for service, (operation, *expected) in CALLS.items():
        call = getattr(aws.acting(keys, service), operation)
        assert refusal(call) == tuple(expected), service
    recorded = aws.control("GET", "calls")[-1]
    assert (recorded["account"], recorded["outcome"]) == (ADMINISTRATOR, "ExpiredToken")
    assert aws.acting(aws.assume()).get_caller_identity()["Account"] == ADMINISTRATOR


def test_keys_live_as_long_as_a_test_wants_and_tell_it(aws: Aws) -> None:
    aws.control("POST", "keys", {"livesSeconds": 2})
    keys = aws.assume(DurationSeconds=3600)
    assert keys["Expiration"] - datetime.now(UTC) <= timedelta(seconds=2)
    assert aws.acting(keys).get_caller_identity()["Account"] == ADMINISTRATOR
    aws.control("POST", "clock", {"hours": 2.5 / 3600})
    assert refusal(aws.acting(keys).get_caller_identity)[0] == "ExpiredToken"
    aws.control("POST", "keys", {"livesSeconds": 0.1})
    keys = aws.assume()
    # Real time ends them as well.
    time.sleep(0.15)
    assert refusal(aws.acting(keys).get_caller_identity)[0] == "ExpiredToken"
    aws.control("POST", "keys", {"livesSeconds": None})
    assert aws.assume()["Expiration"] - datetime.now(UTC) > timedelta(minutes=59)


def test_the_keys_of_one_account_or_of_all_expire_when_a_test_wants(aws: Aws) -> None:
    ours, theirs = aws.assume(), aws.assume(role=f"arn:aws:iam::{MEMBER}:role/{ACCESS_ROLE}")
    assert aws.control("DELETE", f"keys?account={ADMINISTRATOR}") == {"expired": 1}
    assert refusal(aws.acting(ours, "guardduty").list_detectors)[0] == "ExpiredTokenException"
    assert aws.acting(theirs, "guardduty").list_detectors()["DetectorIds"]
    assert aws.control("DELETE", "keys") == {"expired": 1}
    assert refusal(aws.acting(theirs, "guardduty").list_detectors)[0] == "ExpiredTokenException"
    # Keys of a user do not expire.
    assert aws.boto3("guardduty", ADMINISTRATOR).list_detectors()["DetectorIds"]


def test_chosen_calls_are_refused_as_with_expired_keys(aws: Aws) -> None:
    for service, (operation, code, _, status) in CALLS.items():
        if service in {"guardduty", "organizations", "sts", "iam"}:
            fault = {"effect": {"kind": "ExpiredToken"}, "service": service, "times": 1}
            aws.control("POST", "faults", fault)
            call = getattr(aws.boto3(service, MANAGEMENT), operation)
            assert refusal(call) == (code, EXPIRED, status)
            call()


def test_a_key_without_its_session_token_is_not_known(aws: Aws) -> None:
    keys = aws.assume()
    for token in (None, "another"):
        sts = aws.acting({**keys, "SessionToken": token})
        assert refusal(sts.get_caller_identity)[0] == "InvalidClientTokenId"


@pytest.mark.parametrize("longest", [3600, 7200])
def test_a_session_lasts_as_long_as_its_role_allows(aws: Aws, longest: int) -> None:
    body = {"name": "r", "trusted": [MANAGEMENT], "maxSessionSeconds": longest}
    role = aws.control("POST", f"accounts/{MEMBER}/roles", body)["roleArn"]
    aws.assume(role=role, DurationSeconds=longest)
    too_long = refusal(lambda: aws.assume(role=role, DurationSeconds=longest + 1))
    words = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    assert too_long == ("ValidationError", words, 400)


def test_a_session_lasts_from_15_minutes_to_12_hours(aws: Aws) -> None:
    config = Config(parameter_validation=False)
    keys = aws.assume(role=f"arn:aws:iam::{ADMINISTRATOR}:role/{ACCESS_ROLE}")
    sts = aws.acting(keys, config=config)
    for seconds, rule in ((899, "greater than or equal to 900"), (43201, "less than or equal to")):
        asked = {"RoleArn": f"arn:aws:iam::{MEMBER}:role/r", "RoleSessionName": "test"}
        call = partial(sts.assume_role, **asked, DurationSeconds=seconds)
        code, message, status = refusal(call)
        assert (code, status) == ("ValidationError", 400)
        assert f"Value '{seconds}' at 'durationSeconds' failed to satisfy constraint" in message
        assert rule in message


def test_a_chain_of_roles_goes_through_accounts_and_lasts_an_hour_at_most(aws: Aws) -> None:
    first = f"arn:aws:iam::{ADMINISTRATOR}:role/{ACCESS_ROLE}"
    body = {"name": "second", "trusted": [first], "maxSessionSeconds": 43200}
    second = aws.control("POST", f"accounts/{MEMBER}/roles", body)["roleArn"]
    sts = aws.acting(aws.assume())

    made = sts.assume_role(RoleArn=second, RoleSessionName="chained", DurationSeconds=3600)

    arn = f"arn:aws:sts::{MEMBER}:assumed-role/second/chained"
    assert made["AssumedRoleUser"]["Arn"] == arn
    identity = aws.acting(made["Credentials"]).get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (MEMBER, arn)
    assert identity["UserId"] == made["AssumedRoleUser"]["AssumedRoleId"]
    code, message, status = refusal(
        lambda: sts.assume_role(RoleArn=second, RoleSessionName="chained", DurationSeconds=3601)
    )
    assert (code, status) == ("ValidationError", 400)
    assert "exceeds the 1 hour session limit for roles assumed by role chaining." in message


def test_a_role_is_assumed_by_whom_it_trusts_only(aws: Aws) -> None:
    role = f"arn:aws:iam::{ADMINISTRATOR}:role/{ACCESS_ROLE}"
    for account, asked in ((MEMBER, role), (MANAGEMENT, role.replace(ACCESS_ROLE, "missing"))):
        assert refusal(partial(aws.assume, account, asked)) == (
            "AccessDenied",
            (
                f"User: arn:aws:iam::{account}:user/sandbox is not authorized to perform: "
                f"sts:AssumeRole on resource: {asked}"
            ),
            403,
        )
    assert refusal(lambda: aws.assume(role="arn:aws:iam::1:role/too-short"))[0] == "ValidationError"


def test_a_role_may_ask_for_an_external_id(aws: Aws) -> None:
    body = {"name": "vendor", "trusted": [ADMINISTRATOR], "externalId": "acme-1"}
    role = aws.control("POST", f"accounts/{MEMBER}/roles", body)["roleArn"]
    for more in ({}, {"ExternalId": "acme-2"}):
        wrong = refusal(partial(aws.assume, ADMINISTRATOR, role, **more))
        assert wrong[0] == "AccessDenied"
    assert aws.assume(ADMINISTRATOR, role, ExternalId="acme-1")["AccessKeyId"].startswith("ASIA")


def test_roles_made_by_iam_are_assumed_by_their_trust_policy(aws: Aws) -> None:
    iam = aws.boto3("iam", MEMBER)
    organization = aws.boto3("organizations", MANAGEMENT).describe_organization()["Organization"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization["Id"]}},
            },
            {
                "Effect": "Deny",
                "Principal": {"AWS": f"arn:aws:iam::{ADMINISTRATOR}:root"},
                "Action": "sts:*",
            },
        ],
    }
    made = iam.create_role(
        RoleName="own", Path="/team/", AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]
    assert aws.assume(MANAGEMENT, made["Arn"])
    assert refusal(lambda: aws.assume(ADMINISTRATOR, made["Arn"]))[0] == "AccessDenied"


def test_temporary_keys_of_a_user_are_that_users_and_make_no_others(aws: Aws) -> None:
    sts = aws.boto3("sts", ADMINISTRATOR)
    keys = sts.get_session_token(DurationSeconds=900)["Credentials"]
    own = aws.acting(keys)
    assert own.get_caller_identity() | {"ResponseMetadata": 0} == sts.get_caller_identity() | {
        "ResponseMetadata": 0
    }
    words = "Cannot call GetSessionToken with session credentials"
    assert refusal(own.get_session_token) == ("AccessDenied", words, 403)
    federated = sts.get_federation_token(Name="guest")["Credentials"]
    arn = f"arn:aws:sts::{ADMINISTRATOR}:federated-user/guest"
    assert aws.acting(federated).get_caller_identity()["Arn"] == arn
    info = sts.get_access_key_info(AccessKeyId=keys["AccessKeyId"])
    assert info["Account"] == ADMINISTRATOR
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.decode_authorization_message(EncodedMessage="x")


def test_temporary_keys_reach_iam_of_their_account(aws: Aws) -> None:
    roles = aws.acting(aws.assume(), "iam").list_roles()["Roles"]
    assert ACCESS_ROLE in {role["RoleName"] for role in roles}
    assert {role["Arn"].split(":")[4] for role in roles} == {ADMINISTRATOR}


def test_a_ci_job_acts_as_a_role_without_any_key(aws: Aws) -> None:
    role = aws.ci_role("repo:acme/security:*")
    made = aws.with_token(role, aws.token(), DurationSeconds=900)
    assert made["SubjectFromWebIdentityToken"] == SUBJECT
    assert made["Audience"] == "sts.amazonaws.com"
    assert made["Provider"] == f"arn:aws:iam::{MANAGEMENT}:oidc-provider/{PROVIDER}"
    identity = aws.acting(made["Credentials"]).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{MANAGEMENT}:assumed-role/ci/job"
    recorded = aws.control("GET", "calls")[-2]
    assert (recorded["operation"], recorded["account"]) == ("AssumeRoleWithWebIdentity", "")

    chained = aws.acting(made["Credentials"]).assume_role(
        RoleArn=f"arn:aws:iam::{ADMINISTRATOR}:role/{ACCESS_ROLE}", RoleSessionName="chained"
    )
    assert aws.acting(chained["Credentials"], "guardduty").list_detectors()["DetectorIds"]


def test_a_token_that_is_not_right_is_refused_in_the_words_of_aws(aws: Aws) -> None:
    role = aws.ci_role()
    other = "https://gitlab.example/acme"
    denied = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    expected = {
        aws.token("repo:acme/other:ref:refs/heads/main"): denied,
        aws.token(audience="someone"): ("InvalidIdentityToken", "Incorrect token audience", 400),
        aws.token(issuer=other): (
            "InvalidIdentityToken",
            f"No OpenIDConnect provider found in your account for {other}",
            400,
        ),
    }
    for token, refused in expected.items():
        assert refusal(partial(aws.with_token, role, token)) == refused
    missing = role.replace("/ci", "/missing")
    assert refusal(lambda: aws.with_token(missing, aws.token())) == denied
    for token in ("no token", "a.b.c", "", aws.token().partition(".")[2] + ".x"):
        code, message, status = refusal(partial(aws.with_token, role, token))
        assert (code, status) == ("InvalidIdentityToken", 400)
        assert "is not a valid JWT" in message


def test_a_token_that_has_expired_is_refused(aws: Aws) -> None:
    role = aws.ci_role()
    early, late = aws.token(seconds=-60), aws.token(seconds=600)
    code, message, status = refusal(lambda: aws.with_token(role, early))
    assert (code, status) == ("ExpiredTokenException", 400)
    assert message.startswith("Token expired: current date/time ")
    aws.with_token(role, late)
    aws.control("POST", "clock", {"hours": 0.2})
    assert refusal(lambda: aws.with_token(role, late))[0] == "ExpiredTokenException"


def test_a_fault_denies_a_token_in_the_words_of_aws(aws: Aws) -> None:
    operation = "AssumeRoleWithWebIdentity"
    fault = {"effect": {"kind": "AccessDenied"}, "service": "sts", "operation": operation}
    aws.control("POST", "faults", fault)
    denied = ("AccessDenied", f"Not authorized to perform sts:{operation}", 403)
    assert refusal(lambda: aws.with_token(aws.ci_role(), aws.token())) == denied


def test_a_key_whose_user_was_deleted_is_the_accounts(aws: Aws) -> None:
    iam, sts = aws.boto3("iam", MEMBER), aws.boto3("sts", MEMBER)
    (key,) = iam.list_access_keys(UserName="sandbox")["AccessKeyMetadata"]
    iam.delete_access_key(UserName="sandbox", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="sandbox")
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{MEMBER}:root"


def test_a_token_without_a_claim_that_aws_needs_is_refused(aws: Aws) -> None:
    role = aws.ci_role()
    header, _, signature = aws.token().split(".")
    claims = web_identity.make(f"https://{PROVIDER}", SUBJECT, "x", datetime.now(UTC), 60)
    assert web_identity.read(claims).subject == SUBJECT
    empty = f"{header}.e30.{signature}"
    assert refusal(lambda: aws.with_token(role, empty)) == (
        "InvalidIdentityToken",
        "Missing a required claim: iss",
        400,
    )


def test_a_provider_and_a_role_made_by_iam_take_a_cis_tokens(aws: Aws) -> None:
    iam = aws.boto3("iam", ADMINISTRATOR)
    provider = iam.create_open_id_connect_provider(
        Url=f"https://{PROVIDER}", ClientIDList=["sts.amazonaws.com"]
    )["OpenIDConnectProviderArn"]
    condition = {
        "StringEquals": {f"{PROVIDER}:aud": "sts.amazonaws.com", f"{PROVIDER}:sub": SUBJECT}
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=policy)
    role = f"arn:aws:iam::{ADMINISTRATOR}:role/deploy"
    assert aws.with_token(role, aws.token())["AssumedRoleUser"]["Arn"].endswith("/deploy/job")
    with pytest.raises(ClientError, match="Not authorized to perform"):
        aws.with_token(role, aws.token(f"{SUBJECT}-2"))
    # A web identity does not make its role assumable by others.
    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole"):
        aws.assume(role=role)
