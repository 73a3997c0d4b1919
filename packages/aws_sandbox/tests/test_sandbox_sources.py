"""Where a program finds its credentials, as a user's laptop, CI and containers have them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, UnauthorizedSSOTokenError
from botocore.tokens import SSOTokenProvider

from aws_sandbox.fault_effects import AccessDenied
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from pathlib import Path

    from aws_sandbox.testing.plugin import RunningSandbox

SUBJECT = "repo:acme/security:ref:refs/heads/main"
CONFIG = """
[profile ci]
role_arn = {ci}
web_identity_token_file = {token}
role_session_name = job

[profile chain]
role_arn = {role}
source_profile = ci
role_session_name = chain

[profile signed-in]
sso_session = acme
sso_account_id = {administrator}
sso_role_name = Audit

[profile elsewhere]
sso_session = acme
sso_account_id = 999999999999
sso_role_name = Audit

[sso-session acme]
sso_region = us-east-1
sso_start_url = https://acme.awsapps.com/start
"""


@pytest.fixture
def folder(sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with profiles, and an environment that leads to the sandbox."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ENDPOINT_URL": sandbox.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    # botocore asks for the home folder once, when it is imported.
    monkeypatch.setattr(SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", str(tmp_path))
    ci = sandbox.client.make_ci_role(MANAGEMENT, subject="repo:acme/security:*")
    role = sandbox.client.make_role(ADMINISTRATOR, "guardduty", trusts=[ci])
    token = tmp_path / "token"
    token.write_text(sandbox.client.web_identity_token(SUBJECT))
    profiles = CONFIG.format(ci=ci, token=token, role=role, administrator=ADMINISTRATOR)
    (tmp_path / "config").write_text(profiles)
    return tmp_path


def client(service: str = "sts", profile: str | None = None) -> Any:  # noqa: ANN401 -- depends on the service
    session = boto3.Session(profile_name=profile)
    config = Config(retries={"total_max_attempts": 1}, proxies={})
    return session.client(service, config=config)  # type: ignore[call-overload]


def caller(profile: str | None = None) -> str:
    return str(client(profile=profile).get_caller_identity()["Arn"])


def sign_in(folder: Path, content: str) -> None:
    name = hashlib.sha1(b"acme").hexdigest()  # noqa: S324 -- the name that the AWS CLI gives it
    (folder / f"{name}.json").write_text(content)


def test_a_ci_needs_no_key_and_its_role_leads_on_to_others(
    sandbox: RunningSandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert caller("ci") == f"arn:aws:sts::{MANAGEMENT}:assumed-role/ci/job"
    assert caller("chain") == f"arn:aws:sts::{ADMINISTRATOR}:assumed-role/guardduty/chain"

    monkeypatch.setenv("AWS_ROLE_ARN", f"arn:aws:iam::{MANAGEMENT}:role/ci")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(folder / "token"))
    monkeypatch.setenv("AWS_ROLE_SESSION_NAME", "run-1")
    assert caller() == f"arn:aws:sts::{MANAGEMENT}:assumed-role/ci/run-1"

    (folder / "token").write_text(sandbox.client.web_identity_token("repo:acme/other:ref:x"))
    with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWeb"):
        caller()


@pytest.mark.usefixtures("folder")
def test_keys_that_live_shortly_are_renewed_by_botocore(sandbox: RunningSandbox) -> None:
    sandbox.client.set_key_lifetime(30)
    guardduty = client("guardduty", "chain")
    guardduty.list_detectors()
    assert sandbox.client.expire_keys() == 2
    # botocore renews them because less than ten minutes are left, not because they are refused.
    guardduty.list_detectors()
    assert [call.outcome for call in sandbox.client.calls("ListDetectors")] == ["ok", "ok"]
    assert len(sandbox.client.calls("AssumeRole")) >= 2
    sandbox.client.set_key_lifetime(None)
    fresh = client("guardduty", "chain")
    fresh.list_detectors()
    sandbox.client.expire_keys(ADMINISTRATOR)
    with pytest.raises(ClientError, match="ExpiredTokenException"):
        fresh.list_detectors()


def test_who_is_signed_in_gets_keys(sandbox: RunningSandbox, folder: Path) -> None:
    content = sandbox.client.sign_in(seconds=3600)
    sign_in(folder, content)
    arn = caller("signed-in")
    assert arn.startswith(f"arn:aws:sts::{ADMINISTRATOR}:assumed-role/AWSReservedSSO_Audit_")
    with pytest.raises(ClientError, match=r"\(ForbiddenException\).*No access"):
        caller("elsewhere")
    sandbox.client.fails("GetRoleCredentials", with_=AccessDenied(), service="sso", times=1)
    with pytest.raises(ClientError, match=r"\(ForbiddenException\).*No access"):
        caller("signed-in")
    sandbox.client.sign_out()
    with pytest.raises(UnauthorizedSSOTokenError):
        caller("signed-in")
    sign_in(folder, sandbox.client.sign_in(seconds=3600))
    sandbox.client.advance_clock(hours=1)
    with pytest.raises(UnauthorizedSSOTokenError):
        caller("signed-in")


@pytest.mark.usefixtures("folder")
def test_a_container_finds_keys(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    url = sandbox.client.container_credentials_url(ADMINISTRATOR)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
    assert caller() == f"arn:aws:sts::{ADMINISTRATOR}:assumed-role/container/container"
    found = boto3.Session().get_credentials()
    assert found is not None
    left = found._expiry_time - datetime.now(UTC)  # type: ignore[attr-defined]
    assert timedelta(hours=5) < left <= timedelta(hours=6)
