"""Credentials are fetched first, and what fails there is one sentence with the source's way out.

Each test looks at the requests that would have gone to AWS: nothing is sent.
"""

from __future__ import annotations

import base64
import getpass
import json
import time
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import ClientError

from guardduty_eks_audit_logs.aws import watch
from guardduty_eks_audit_logs.aws.credentials import fetched
from guardduty_eks_audit_logs.aws.credentials.faults import Source
from guardduty_eks_audit_logs.aws.credentials.fetched import Fetched
from guardduty_eks_audit_logs.aws.session import Session, open_session
from guardduty_eks_audit_logs.errors import (
    ConnectionFailedError,
    CredentialsError,
    ServiceError,
    UserError,
)
from tests.support.aws_double import Answer, Aws
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.vocabulary import account

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ROLE = "arn:aws:iam::300000000001:role/audit"
_BASE = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = secret\n"
_KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"}
_SSO = "sso_session = s\nsso_account_id = 222222222222\nsso_role_name = audit\n"
_SSO_SESSION = "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://acme.example\n"
_PROCESS_WAY_OUT = (
    "Run that program by itself: without asking anybody, it has to print JSON with Version 1, "
    "AccessKeyId and SecretAccessKey."
)
_JOB_WAY_OUT = (
    "Let the job write a new token into the file that AWS_WEB_IDENTITY_TOKEN_FILE names, and set "
    "AWS_ROLE_ARN."
)
_PROFILE_WAY_OUT = "Correct the profile in AWS's files, for instance in ~/.aws/config."
_KEYS_WAY_OUT = (
    "Set new ones: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for keys that expire, "
    "AWS_SESSION_TOKEN."
)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    bare_environment(monkeypatch, tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    aws = Aws()
    in_place_of_sockets(monkeypatch, aws)
    return aws


def _with_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives the environment keys."""
    for name, value in _KEYS.items():
        monkeypatch.setenv(name, value)


def _profile(home: Path, *lines: str, more: str = "") -> None:
    """Writes the files with the profile `audit`, and `base`, which has keys."""
    (home / "config").write_text("\n".join(("[profile audit]", *lines, "")) + more)
    (home / "credentials").write_text(_BASE)


def _open(**settings: object) -> Session:
    configuration = {"aws:region": "eu-west-1", **{f"aws:{k}": v for k, v in settings.items()}}
    return open_session(
        {k: v if isinstance(v, str) else json.dumps(v) for k, v in configuration.items()}.get
    )


def _told(**settings: object) -> str:
    with pytest.raises(UserError) as caught:
        _open(**settings)
    return str(caught.value)


def _answers(monkeypatch: pytest.MonkeyPatch, aws: Aws, status: int, code: str, why: str) -> None:
    """Lets every call of a run end with an error of STS."""
    error = f"<Error><Code>{code}</Code><Message>{why}</Message></Error>"
    body = f"<ErrorResponse>{error}</ErrorResponse>".encode()
    answer = Answer(status, {"Content-Type": "text/xml"}, body)
    monkeypatch.setattr(aws, "answer", lambda *_: answer)


# Programs


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("/nowhere/program", "No such file or directory: /nowhere/program"),
        ("", "it is empty, or gave something else than it should, such as a proxy's page"),
        ("'x", "No closing quotation"),
        ("echo hello", "what it gave is no JSON"),
        ("echo []", "it is empty, or gave something else than it should, such as a proxy's page"),
        (
            "echo {}",
            (
                "Error when retrieving credentials from custom-process: Unsupported version "
                "'<Version key not provided>' for credential process provider, supported "
                "versions: 1"
            ),
        ),
        (
            "sh -c 'echo no session of joe@acme.example >&2; exit 3'",
            "Error when retrieving credentials from custom-process: no session of …",
        ),
        (
            """echo '{"Version": 1, "AccessKeyId": null, "SecretAccessKey": 5}'""",
            "the access key or the secret key is missing",
        ),
        (
            (
                """echo '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", """
                """"Expiration": "2020-01-01T00:00:00Z"}'"""
            ),
            "Credentials were refreshed, but the refreshed credentials are still expired",
        ),
    ],
    ids=[
        "missing",
        "empty",
        "quotes",
        "no JSON",
        "a list",
        "no version",
        "fails",
        "no keys",
        "expired",
    ],
)
def test_a_program_that_gives_no_credentials(
    aws: Aws, tmp_path: Path, command: str, reason: str
) -> None:
    _profile(tmp_path, f"credential_process = {command}")

    assert _told(profile="audit") == (
        f"no AWS credentials from credential_process of profile audit: {reason}. {_PROCESS_WAY_OUT}"
    )
    assert aws.requests == []


@pytest.mark.usefixtures("aws")
def test_a_program_that_never_ends_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(watch, "CALL_SECONDS", 1)
    monkeypatch.setattr(fetched, "CALL_SECONDS", 1)
    _profile(tmp_path, "credential_process = sleep 10")

    begun = time.monotonic()
    with pytest.raises(ConnectionFailedError) as caught:
        _open(profile="audit")

    assert time.monotonic() - begun < 8
    assert str(caught.value) == (
        "no AWS credentials from credential_process of profile audit: none within 1 s. "
        f"{_PROCESS_WAY_OUT}"
    )


@pytest.mark.parametrize("behind", [False, True], ids=["itself", "behind a role"])
def test_a_program_has_nobody_to_ask(aws: Aws, tmp_path: Path, *, behind: bool) -> None:
    # It says on stdin and on its terminal whether somebody is there.
    script = tmp_path / "program.sh"
    script.write_text(
        "read code && exit 1; (: </dev/tty) 2>/dev/null && exit 2; echo nobody >&2; exit 3"
    )
    process = f"credential_process = sh {script}"
    if behind:
        more = f"[profile daily]\n{process}\n"
        _profile(tmp_path, f"role_arn = {_ROLE}", "source_profile = daily", more=more)
    else:
        _profile(tmp_path, process)

    assert _told(profile="audit").startswith(
        f"no AWS credentials from credential_process of profile {'daily' if behind else 'audit'}: "
        "Error when retrieving credentials from custom-process: nobody. "
    )
    assert aws.requests == []


# Tokens of a CI job


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (None, "No such file or directory: {file}"),
        (
            b"",
            (
                "Parameter validation failed: Invalid length for parameter WebIdentityToken, "
                "value: 0, valid min length: 4"
            ),
        ),
        (
            b"\xff\xfe",
            "it is empty, or gave something else than it should, such as a proxy's page",
        ),
    ],
    ids=["missing", "empty", "malformed"],
)
def test_a_token_file_without_a_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, token: bytes | None, reason: str
) -> None:
    file = tmp_path / "token"
    if token is not None:
        file.write_bytes(token)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(file))
    monkeypatch.setenv("AWS_ROLE_ARN", _ROLE)

    assert _told() == (
        f"no AWS credentials from the web identity token: {reason.format(file=file)}. "
        f"{_JOB_WAY_OUT}"
    )


def test_an_account_without_the_tokens_provider_is_a_fault_of_trust(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("no claims")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", _ROLE)
    why = "No OpenIDConnect provider found in your account"
    _answers(monkeypatch, aws, 400, "InvalidIdentityToken", why)

    assert _told() == (
        f"no AWS credentials from the web identity token: AssumeRoleWithWebIdentity: "
        f"InvalidIdentityToken: {why}. Let the trust policy of {_ROLE} accept the token's "
        "provider, aud and sub, and let the role's account have that identity provider; or name "
        "another role."
    )


@pytest.mark.usefixtures("aws")
def test_a_token_comes_before_a_profile_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _profile(tmp_path, f"role_arn = {_ROLE}", "source_profile = base")
    monkeypatch.setenv("AWS_PROFILE", "audit")
    assert _open().caller == account(1)

    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", _ROLE)
    assert _told().startswith("no AWS credentials from the web identity token: No such file")
    assert _open(profile="audit").caller == account(1)


@pytest.mark.usefixtures("aws")
def test_a_token_without_a_role(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("token")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))

    assert _told() == (
        f"no AWS credentials from the web identity token: no role is named. {_JOB_WAY_OUT}"
    )


def test_a_token_that_a_role_refuses_is_reported_with_its_claims(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    claims = {
        "aud": "sts.amazonaws.com",
        "sub": "repo:acme/infra:ref:refs/heads/x",
        "email": "joe@acme.example",
    }
    encoded = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    (tmp_path / "token").write_text(f"header.{encoded}.signature")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", _ROLE)
    why = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    _answers(monkeypatch, aws, 403, "AccessDenied", why)

    assert _told() == (
        "no AWS credentials from the web identity token with aud sts.amazonaws.com and sub "
        f"repo:acme/infra:ref:refs/heads/x: AssumeRoleWithWebIdentity: AccessDenied: {why}. "
        f"Let the trust policy of {_ROLE} accept the token's provider, aud and sub, and let the "
        "role's account have that identity provider; or name another role."
    )


# Sessions of a person


@pytest.mark.parametrize(
    ("section", "more", "told"),
    [
        (
            _SSO,
            _SSO_SESSION,
            (
                "no AWS credentials from profile audit, which signs in by SSO: Error loading SSO "
                "Token: Token for s does not exist. Run `aws sso login --profile audit`."
            ),
        ),
        (
            "role_arn = arn:aws:iam::300000000001:role/audit\nsource_profile = daily",
            f"[profile daily]\n{_SSO}{_SSO_SESSION}",
            (
                "no AWS credentials from profile daily, which signs in by SSO: Error loading SSO "
                "Token: Token for s does not exist. Run `aws sso login --profile daily`."
            ),
        ),
        (
            _SSO,
            "",
            (
                "no AWS credentials from profile audit, which signs in by SSO: The specified "
                f'sso-session does not exist: "s". {_PROFILE_WAY_OUT}'
            ),
        ),
        (
            "login_session = arn:aws:iam::222222222222:user/joe",
            "",
            (
                "no AWS credentials from profile audit, which signs in by `aws login`: Error "
                "loading login session token: Unable to load a existing login session for session "
                "arn:aws:iam::222222222222:user/… Please reauthenticate with 'aws login'. Run `aws "
                "login --profile audit`."
            ),
        ),
    ],
    ids=["SSO", "SSO behind a role", "no SSO session", "aws login"],
)
def test_a_profile_that_is_not_signed_in(
    aws: Aws, tmp_path: Path, section: str, more: str, told: str
) -> None:
    _profile(tmp_path, section, more=more)
    assert _told(profile="audit") == told
    assert aws.requests == []


def test_nobody_is_asked_for_a_code(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def prompt(*_: object) -> str:
        pytest.fail("somebody is asked")

    monkeypatch.setattr(getpass, "getpass", prompt)
    role, mfa = f"role_arn = {_ROLE}", "mfa_serial = arn:aws:iam::222222222222:mfa/joe"
    _profile(tmp_path, role, "source_profile = base", mfa)

    assert _told(profile="audit") == (
        "profile audit asks for an MFA code (mfa_serial), and a run can't ask for one. "
        "Put keys into the "
        'environment by `eval "$(aws configure export-credentials --profile audit --format env)"`, '
        "where aws:profile is not set; or use a profile without mfa_serial."
    )
    assert aws.requests == []


# Profiles and files


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            ["region = eu-west-1"],
            (
                "no AWS credentials: profile audit has none. Add keys, a role, SSO or a "
                "credential_process to it, or name another profile."
            ),
        ),
        (
            ["aws_access_key_id =", "aws_secret_access_key ="],
            (
                "no AWS credentials from the keys of profile audit: the access key or the secret "
                "key is missing. Write new ones, for instance by `aws configure --profile audit`."
            ),
        ),
        (
            [f"role_arn = {_ROLE}", "source_profile = nobody"],
            (
                'no AWS credentials from the role of profile audit: The source_profile "nobody" '
                f'referenced in the profile "audit" does not exist. {_PROFILE_WAY_OUT}'
            ),
        ),
    ],
    ids=["nothing", "empty keys", "no source"],
)
def test_a_profile_that_gives_nothing(tmp_path: Path, lines: list[str], told: str) -> None:
    _profile(tmp_path, *lines)
    assert _told(profile="audit") == told


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("variables", "named_by", "profile"),
    [
        ({"AWS_PROFILE": "daily"}, "AWS_PROFILE", "daily"),
        ({"AWS_DEFAULT_PROFILE": "daily"}, "AWS_DEFAULT_PROFILE", "daily"),
        ({"AWS_PROFILE": "daily", "AWS_DEFAULT_PROFILE": "x"}, "AWS_PROFILE", "daily"),
    ],
    ids=["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "both"],
)
def test_a_missing_profile_is_told_with_what_names_it(
    monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str], named_by: str, profile: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert _told() == (
        f"no AWS credentials: profile {profile}, which {named_by} names, is in neither of AWS's "
        f"files. Correct {named_by}, or add the profile to them."
    )


@pytest.mark.usefixtures("aws")
def test_files_that_are_none_of_aws(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile audit\n")
    assert _told(profile="audit") == (
        f"no AWS credentials from AWS's files ({tmp_path}/config and {tmp_path}/credentials): "
        f"Unable to parse config file: {tmp_path}/config. Correct them, or name others by "
        "AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE."
    )


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", ["config", "credentials"])
def test_a_file_that_can_not_be_read_is_not_taken_for_an_empty_one(
    tmp_path: Path, name: str
) -> None:
    _profile(tmp_path, "role_arn = x", "source_profile = base")
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()

    told = _told(profile="base")
    assert told.startswith("no AWS credentials from AWS's files (")
    assert f": {tmp_path / name} can't be read. Correct them, or name others by AWS_" in told


def test_a_file_of_certificates_that_is_not_there_is_named(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**_KEYS, "AWS_CA_BUNDLE": "/nowhere/ca.pem"}.items():
        monkeypatch.setenv(name, value)
    assert _told() == (
        "the file of certificates /nowhere/ca.pem is not there. Correct aws:customCaBundle, or "
        "AWS_CA_BUNDLE or ca_bundle of the profile."
    )
    assert aws.requests == []


def test_empty_variables_of_the_environment_count_as_unset(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = (
        "AWS_CA_BUNDLE",
        "AWS_DEFAULT_PROFILE",
        "AWS_MAX_ATTEMPTS",
        "AWS_PROFILE",
        "AWS_RETRY_MODE",
        "AWS_ROLE_ARN",
        "AWS_STS_REGIONAL_ENDPOINTS",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    )
    for name, value in {**dict.fromkeys(empty, ""), **_KEYS}.items():
        monkeypatch.setenv(name, value)

    assert _open().caller == aws.account


# Keys


@pytest.mark.parametrize("role", [False, True])
def test_keys_that_have_expired_are_told_as_where_they_come_from(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, *, role: bool
) -> None:
    _with_keys(monkeypatch)
    why = "The security token included in the request is expired"
    _answers(monkeypatch, aws, 403, "ExpiredToken", why)

    roles = {"assumeRoles": [{"roleArn": _ROLE}]} if role else {}
    operation = "AssumeRole" if role else "GetCallerIdentity"
    assert _told(**roles) == (
        f"AWS does not accept the keys in the environment ({operation}: {why}). {_KEYS_WAY_OUT}"
    )


@pytest.mark.parametrize("where", ["environment", "stack"])
def test_keys_with_a_line_break_are_refused_and_not_shown(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    settings = {}
    if where == "stack":
        settings = {"accessKey": "AKIA", "secretKey": "s", "token": "TOPSECRET\nX"}
    else:
        for name, value in {**_KEYS, "AWS_SESSION_TOKEN": "TOPSECRET\nX"}.items():
            monkeypatch.setenv(name, value)

    told = _told(**settings)

    assert "a key or the session token has a line break or another character that keys" in told
    assert "TOPSECRET" not in told
    assert aws.requests == []


# Roles


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ({"roleArn": _ROLE, "duration": "5m"}, "valid min value: 900"),
        ({"roleArn": "role/x"}, "valid min length: 20"),
    ],
    ids=["duration", "ARN"],
)
def test_what_botocore_finds_wrong_with_a_role_is_told(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, role: Mapping[str, str], told: str
) -> None:
    _with_keys(monkeypatch)
    sentence = _told(assumeRoles=[role])

    assert sentence.startswith(f"AssumeRole {role['roleArn']} failed: ParamValidationError: ")
    assert told in sentence
    assert aws.requests == []


@pytest.mark.parametrize("code", ["Throttling", "InternalFailure"])
@pytest.mark.parametrize("of", ["stack", "profile"])
def test_a_service_that_is_busy_is_no_fault_of_a_role(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str, of: str
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    _profile(tmp_path, f"role_arn = {_ROLE}", "source_profile = base")
    profile = {"profile": "audit"}
    given = profile if of == "profile" else {"profile": "base", "assumeRoles": [{"roleArn": _ROLE}]}
    aws.seconds_of_roles = 30
    session = _open(**given)
    _answers(monkeypatch, aws, 400, code, "Rate exceeded")

    with pytest.raises(ServiceError, match=f"AssumeRole failed: {code}: Rate exceeded"):
        session.guardduty.detector_id()


def test_keys_that_expire_behind_a_role_are_to_blame_when_it_is_renewed(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_keys(monkeypatch)
    aws.seconds_of_roles = 30
    session = _open(assumeRoles=[{"roleArn": _ROLE}])
    _answers(monkeypatch, aws, 403, "ExpiredToken", "The security token is expired")

    with pytest.raises(CredentialsError) as caught:
        session.guardduty.detector_id()
    assert str(caught.value) == (
        "AWS does not accept the keys in the environment (AssumeRole: The security token is "
        f"expired). {_KEYS_WAY_OUT}"
    )


def test_a_profiles_role_is_asked_for_where_the_stack_says(aws: Aws, tmp_path: Path) -> None:
    _profile(tmp_path, f"role_arn = {_ROLE}", "source_profile = base")
    session = _open(profile="audit", endpoints=[{"sts": "http://127.0.0.1:3"}])

    assert session.caller == account(1)
    assert {request.host for request in aws.requests} == {"127.0.0.1:3"}


@pytest.mark.parametrize("lines", [("role_arn = x", "source_profile = base"), ("output = json",)])
def test_a_malformed_region_is_told_before_credentials_are_fetched(
    aws: Aws, tmp_path: Path, lines: tuple[str, ...]
) -> None:
    _profile(tmp_path, *lines)
    assert _told(profile="audit", region="eu central").startswith("AWS has no such address (Prov")
    assert aws.requests == []


@pytest.mark.parametrize("external_id", ["", "acme"])
def test_a_role_that_does_not_trust_the_caller(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, external_id: str
) -> None:
    _with_keys(monkeypatch)
    why = f"User: x is not authorized to perform: sts:AssumeRole on resource: {_ROLE}"
    _answers(monkeypatch, aws, 403, "AccessDenied", why)

    role = {"roleArn": _ROLE, **({"externalId": external_id} if external_id else {})}
    told = (
        "with the externalId of aws:assumeRoles"
        if external_id
        else "and, if it asks for an external id, set externalId in aws:assumeRoles"
    )
    assert _told(assumeRoles=[role]) == (
        f"no AWS credentials from role {_ROLE}: AssumeRole: AccessDenied: {why}. Let the role's "
        f"trust policy name the caller, {told}; and let the caller's own policies allow "
        "sts:AssumeRole."
    )


def test_a_role_is_assumed_anew_before_its_keys_expire(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_keys(monkeypatch)
    session = _open(assumeRoles=[{"roleArn": _ROLE}])
    for _ in range(3):
        session.guardduty.detector_id()
    assert _assumed(aws) == 1

    aws.seconds_of_roles = 30
    session = _open(assumeRoles=[{"roleArn": _ROLE, "sessionName": "shortly"}])
    assert session.caller == account(1)
    before = _assumed(aws)
    session.guardduty.detector_id()
    assert _assumed(aws) > before


def test_all_regions_act_by_the_same_credentials(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    keys = json.dumps({"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s"})
    _profile(tmp_path, f"credential_process = sh -c 'echo >>{started}; echo {json.dumps(keys)}'")
    settings = {"profile": "audit", "assumeRoles": [{"roleArn": _ROLE}]}

    callers = {_open(**settings, region=region).caller for region in ("eu-west-1", "us-east-1")}

    assert callers == {account(1)}
    assert len(started.read_text()) == _assumed(aws) == 1
    monkeypatch.setenv("AWS_ROLE_SESSION_NAME", "another environment")
    _open(**settings)
    _profile(tmp_path, "region = eu-west-1", "aws_access_key_id = A", "aws_secret_access_key = s")
    _open(**settings)
    assert len(started.read_text()) == 2
    assert _assumed(aws) == 3


def test_a_role_that_can_not_be_assumed_anew_is_told_plainly(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_keys(monkeypatch)
    aws.seconds_of_roles = 30
    session = _open(assumeRoles=[{"roleArn": _ROLE}])
    _answers(monkeypatch, aws, 403, "AccessDenied", "User: x is not authorized")

    with pytest.raises(CredentialsError, match=f"^no AWS credentials from role {_ROLE}: Assume"):
        session.guardduty.detector_id()


def _assumed(aws: Aws) -> int:
    return sum(request.body.get("Action") == "AssumeRole" for request in aws.requests)


# Pages of a proxy


@pytest.mark.parametrize("status", [200, 302, 403, 407])
@pytest.mark.parametrize(
    ("settings", "operation"),
    [
        ({}, "GetCallerIdentity"),
        ({"assumeRoles": [{"roleArn": _ROLE}]}, f"AssumeRole {_ROLE}"),
    ],
    ids=["keys", "role"],
)
def test_a_page_in_place_of_an_answer(
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    settings: Mapping[str, object],
    operation: str,
) -> None:
    _with_keys(monkeypatch)
    page = Answer(status, {"Content-Type": "text/html"}, b"<html><p>Sign in<br></html>")
    monkeypatch.setattr(aws, "answer", lambda *_: page)

    with pytest.raises(ServiceError) as caught:
        _open(**settings)
    assert str(caught.value) == (
        f"{operation} failed: MalformedAnswer: the answer is not what this operation answers. "
        "Check aws:endpoints and the proxy."
    )


@pytest.mark.parametrize("status", [200, 302, 403, 407, 503])
def test_a_page_in_place_of_a_profiles_role(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int
) -> None:
    page = Answer(status, {"Content-Type": "text/html"}, b"<html><p>Sign in<br></html>")
    monkeypatch.setattr(aws, "answer", lambda *_: page)
    _profile(tmp_path, f"role_arn = {_ROLE}", "source_profile = base")

    told = _told(profile="audit")
    assert told.startswith(
        ("AssumeRole failed: ", "no AWS credentials from the role of profile audit: ")
    )
    assert "Sign in" not in told


class _Lost(Credentials):
    """A role's credentials in their last minute, which AWS does not renew any more."""

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        answer = {"Error": {"Code": "AccessDenied", "Message": "no more"}}
        raise ClientError(answer, "AssumeRole")  # type: ignore[arg-type]


def test_credentials_that_are_lost_between_two_sessions_are_one_sentence() -> None:
    source = Source("role audit", "Let the role be assumed")
    lost = Fetched(_Lost("AKIA", "key"), source, lambda _: source)

    with pytest.raises(CredentialsError, match=r"role audit.*Let the role be assumed"):
        lost.give_to(botocore.session.Session())
