"""Every source of credentials, and what can be wrong with it: program and aws plugin agree.

The program and the dynamic providers open their session by `aws.session.open_session`, the
stand-in by its own code. For each source all find the same account, or all refuse: without a
question, and by a sentence that names the source.

Not here: the metadata service of a machine, whose address is never one of this machine, and the
files of boto 2 and of the first EC2 tools.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.tokens import SSOTokenProvider
from pulumi.dynamic import Config, ConfigureRequest

from aws_plugin_stand_in.connection import Connection
from aws_plugin_stand_in.failures import StandInError
from aws_plugin_stand_in.settings import read_settings
from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.fault_effects import Fixed
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from guardduty_eks_audit_logs.aws import watch
from guardduty_eks_audit_logs.aws.credentials import fetched
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.resources.member_features import MemberFeaturesProvider
from guardduty_eks_audit_logs.state.properties import MemberFeaturesInputs
from tests.support.contract_properties import members_inputs

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from aws_sandbox.testing.plugin import RunningSandbox

_SUBJECT = "repo:acme/security:ref:refs/heads/main"
_PAST = "2020-01-01T00:00:00Z"


@dataclass
class Machine:
    """A laptop or a CI's runner: its environment, its files, and the stack's `aws:*` settings."""

    sandbox: RunningSandbox
    home: Path
    settings: dict[str, object] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> str:
        """Writes a file of the home folder; gives its path."""
        (self.home / name).write_text(text)
        return str(self.home / name)

    def profile(self, *lines: str, more: str = "") -> None:
        """Gives the stack the profile `audit`, with these lines."""
        self.settings["profile"] = "audit"
        self.write("config", "\n".join(("[profile audit]", *lines, more, "")))

    def keys(self, account: str = ADMINISTRATOR) -> tuple[str, str]:
        return access_key_id(account), secret_access_key(account)

    def url_of_container(self) -> str:
        return self.sandbox.client.container_credentials_url(ADMINISTRATOR)

    def role(self, *trusts: str) -> str:
        return self.sandbox.client.make_role(ADMINISTRATOR, "audit", trusts=trusts)

    def expired(self) -> tuple[str, str, str]:
        """Temporary keys of the administrator that are good no more."""
        sts = self.sandbox.boto3("sts", MANAGEMENT)
        made = sts.assume_role(RoleArn=self.role(MANAGEMENT), RoleSessionName="job")["Credentials"]
        self.sandbox.client.expire_keys(ADMINISTRATOR)
        return made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]

    def base(self, key: str, secret: str, token: str = "") -> str:
        """The lines of a profile `base` with keys, for the config file."""
        more = f"\naws_session_token = {token}" if token else ""
        return f"[profile base]\naws_access_key_id = {key}\naws_secret_access_key = {secret}{more}"


def _environment(machine: Machine, *keys: str) -> None:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    machine.environment.update(zip(names, keys, strict=False))


def _stack(machine: Machine, *keys: str) -> None:
    machine.settings.update(zip(("accessKey", "secretKey", "token"), keys, strict=False))


def _keys_of_profile(machine: Machine, *keys: str) -> None:
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    machine.profile(*(f"{n} = {k}" for n, k in zip(names, keys, strict=False)))


def _malformed_file(machine: Machine) -> None:
    machine.profile()
    machine.write("config", "[profile audit")


def _role_of_profile(machine: Machine, arn: str, *keys: str, more: str = "") -> None:
    base = machine.base(*(keys or machine.keys(MANAGEMENT)))
    machine.profile(f"role_arn = {arn}", "source_profile = base", more, more=base)


def _role_of_environments_keys(machine: Machine, *keys: str, arn: str | None = None) -> None:
    role = machine.role(MANAGEMENT) if arn is None else arn
    machine.profile(f"role_arn = {role}", "credential_source = Environment")
    _environment(machine, *keys)


def _program(machine: Machine, printed: object, before: str = "") -> None:
    text = printed if isinstance(printed, str) else json.dumps(printed)
    file = machine.write("program.py", f"import sys, time\n{before}\nprint({text!r})\n")
    machine.profile(f"credential_process = {sys.executable} {file}")


def _printed(*keys: str, **more: object) -> dict[str, object]:
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    return {"Version": 1, **dict(zip(names, keys, strict=False)), **more}


def _job(machine: Machine, token: str | None, subject: str = "repo:acme/*") -> None:
    """A CI's job with a token, whose role accepts a subject."""
    ci = machine.sandbox.client.make_ci_role(ADMINISTRATOR, subject=subject)
    file = machine.home / "token"
    file.unlink(missing_ok=True)
    if token is not None:
        file.write_text(token)
    machine.environment |= {"AWS_ROLE_ARN": ci, "AWS_WEB_IDENTITY_TOKEN_FILE": str(file)}


def _job_of_profile(machine: Machine, token: str | None, subject: str = "repo:acme/*") -> None:
    _job(machine, token, subject)
    arn = machine.environment.pop("AWS_ROLE_ARN")
    file = machine.environment.pop("AWS_WEB_IDENTITY_TOKEN_FILE")
    machine.profile(f"role_arn = {arn}", f"web_identity_token_file = {file}")


def _token(machine: Machine, seconds: float = 600) -> str:
    return machine.sandbox.client.web_identity_token(_SUBJECT, seconds=seconds)


def _signed_in(machine: Machine, content: str | None, account: str = ADMINISTRATOR) -> None:
    """A profile of IAM Identity Center, and what `aws sso login` left."""
    session = "[sso-session acme]\nsso_region = us-east-1\nsso_start_url = https://acme.example"
    machine.profile(
        "sso_session = acme", f"sso_account_id = {account}", "sso_role_name = Audit", more=session
    )
    name = f"{hashlib.sha1(b'acme').hexdigest()}.json"  # noqa: S324 - the AWS CLI's name
    (machine.home / name).unlink(missing_ok=True)
    if content is not None:
        machine.write(name, content)


def _signed_out(machine: Machine) -> None:
    """What `aws sso login` left is there, but the service does not take it any more."""
    _signed_in(machine, machine.sandbox.client.sign_in())
    machine.sandbox.client.sign_out()


def _logged_in(machine: Machine, content: str | None) -> None:
    """A profile of `aws login`, and what that left."""
    arn = f"arn:aws:iam::{ADMINISTRATOR}:user/joe"
    machine.profile(f"login_session = {arn}")
    name = f"{hashlib.sha256(arn.encode()).hexdigest()}.json"
    (machine.home / name).unlink(missing_ok=True)
    if content is not None:
        machine.write(name, content)


def _login(machine: Machine, hours: int = 1) -> str:
    key, secret = machine.keys()
    end = datetime.now(UTC) + timedelta(hours=hours)
    access = {
        "accessKeyId": key,
        "secretAccessKey": secret,
        "sessionToken": "",
        "accountId": ADMINISTRATOR,
        "expiresAt": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    more = {"refreshToken": "r", "dpopKey": "none", "clientId": "c", "tokenType": "urn"}
    return json.dumps({"accessToken": access, **more})


def _container(machine: Machine, url: str) -> None:
    machine.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url


def _roles(machine: Machine, *arns: str, keys: tuple[str, ...] = ()) -> None:
    machine.settings["assumeRoles"] = [{"roleArn": arn} for arn in arns]
    _environment(machine, *(keys or machine.keys(MANAGEMENT)))


def _slow(operation: str, then: Callable[[Machine], None]) -> Callable[[Machine], None]:
    service = "sso" if operation == "GetRoleCredentials" else "sts"

    def setup(machine: Machine) -> None:
        machine.sandbox.client.slows(operation, by=Fixed(seconds=0.3), service=service)
        then(machine)

    return setup


_UNKNOWN = ("AKIAUNKNOWNUNKNOWN00", "unknown")
_RIGHT = ""
"""What is told where the credentials are found."""

Cell = tuple["Callable[[Machine], None]", str]

_FAULTS: Mapping[str, Mapping[str, Cell]] = {
    "keys of the environment": {
        "right": (lambda m: _environment(m, *m.keys()), _RIGHT),
        "missing": (lambda _: None, "no AWS credentials: Unable to locate credentials"),
        "empty": (
            lambda m: _environment(m, "", "", ""),
            "no AWS credentials: Unable to locate credentials",
        ),
        "malformed": (
            lambda m: _environment(m, m.keys()[0]),
            "no AWS credentials from the keys in the environment: Partial credentials",
        ),
        "expired": (
            lambda m: _environment(m, *m.expired()),
            "AWS does not accept the keys in the environment (GetCallerIdentity: ",
        ),
        "denied": (
            lambda m: _environment(m, *_UNKNOWN),
            "AWS does not accept the keys in the environment (GetCallerIdentity: ",
        ),
        "slow": (_slow("GetCallerIdentity", lambda m: _environment(m, *m.keys())), _RIGHT),
    },
    "keys of the stack": {
        "right": (lambda m: _stack(m, *m.keys()), _RIGHT),
        "missing": (lambda m: _stack(m, m.keys()[0]), "aws:accessKey and aws:secretKey belong"),
        "empty": (
            lambda m: _stack(m, "", "", ""),
            "no AWS credentials: Unable to locate credentials",
        ),
        "expired": (
            lambda m: _stack(m, *m.expired()),
            "AWS does not accept aws:accessKey of the stack (GetCallerIdentity: ",
        ),
        "denied": (
            lambda m: _stack(m, *_UNKNOWN),
            "AWS does not accept aws:accessKey of the stack (GetCallerIdentity: ",
        ),
        "slow": (_slow("GetCallerIdentity", lambda m: _stack(m, *m.keys())), _RIGHT),
    },
    "keys of a profile": {
        "right": (lambda m: _keys_of_profile(m, *m.keys()), _RIGHT),
        "missing": (
            lambda m: m.settings.update(profile="nobody"),
            "no AWS credentials: profile nobody, which aws:profile names, is in neither",
        ),
        "empty": (
            lambda m: _keys_of_profile(m, "", ""),
            "no AWS credentials from the keys of profile audit: ",
        ),
        "malformed": (
            lambda m: _keys_of_profile(m, m.keys()[0]),
            "no AWS credentials from the keys of profile audit: Partial credentials",
        ),
        "malformed file": (
            _malformed_file,
            "no AWS credentials from AWS's files (",
        ),
        "expired": (
            lambda m: _keys_of_profile(m, *m.expired()),
            "AWS does not accept the keys of profile audit (GetCallerIdentity: ",
        ),
        "denied": (
            lambda m: _keys_of_profile(m, *_UNKNOWN),
            "AWS does not accept the keys of profile audit (GetCallerIdentity: ",
        ),
        "slow": (_slow("GetCallerIdentity", lambda m: _keys_of_profile(m, *m.keys())), _RIGHT),
    },
    "role of a profile": {
        "right": (lambda m: _role_of_profile(m, m.role(MANAGEMENT)), _RIGHT),
        "missing": (
            lambda m: m.profile(f"role_arn = {m.role(MANAGEMENT)}", "source_profile = base"),
            "no AWS credentials from the role of profile audit: The source_profile",
        ),
        "empty": (
            lambda m: _role_of_profile(m, ""),
            "no AWS credentials from the role of profile audit: ",
        ),
        "malformed": (
            lambda m: _role_of_profile(m, "arn:aws:iam::222222222222:user/not-a-role"),
            "no AWS credentials from the role of profile audit: ",
        ),
        "expired": (
            lambda m: _role_of_profile(m, m.role(ADMINISTRATOR), *m.expired()),
            "AWS does not accept the keys of profile base (AssumeRole: ",
        ),
        "denied": (
            lambda m: _role_of_profile(m, m.role("300000000001")),
            "no AWS credentials from the role of profile audit: AssumeRole: AccessDenied: ",
        ),
        "slow": (_slow("AssumeRole", lambda m: _role_of_profile(m, m.role(MANAGEMENT))), _RIGHT),
        "asks": (
            lambda m: _role_of_profile(
                m, m.role(MANAGEMENT), more="mfa_serial = arn:aws:iam::111111111111:mfa/joe"
            ),
            "profile audit asks for an MFA code (mfa_serial), and a run can't ask for one.",
        ),
    },
    "role of the environment's keys": {
        "right": (lambda m: _role_of_environments_keys(m, *m.keys(MANAGEMENT)), _RIGHT),
        "missing": (
            _role_of_environments_keys,
            "no AWS credentials from the role of profile audit: ",
        ),
        "empty": (
            lambda m: _role_of_environments_keys(m, "", ""),
            "no AWS credentials from the role of profile audit: ",
        ),
        "denied": (
            lambda m: _role_of_environments_keys(m, *m.keys(MANAGEMENT), arn=m.role(ADMINISTRATOR)),
            "no AWS credentials from the role of profile audit: AssumeRole: AccessDenied: ",
        ),
    },
    "credential_process": {
        "right": (lambda m: _program(m, _printed(*m.keys())), _RIGHT),
        "missing": (
            lambda m: m.profile("credential_process = /nowhere/program"),
            "no AWS credentials from credential_process of profile audit: No such file",
        ),
        "empty": (
            lambda m: m.profile("credential_process ="),
            "no AWS credentials from credential_process of profile audit: ",
        ),
        "malformed": (
            lambda m: _program(m, "hello"),
            "no AWS credentials from credential_process of profile audit: what it gave is no JSON",
        ),
        "expired": (
            lambda m: _program(m, _printed(*m.keys(), Expiration=_PAST)),
            "no AWS credentials from credential_process of profile audit: ",
        ),
        "denied": (
            lambda m: _program(m, "", before="sys.exit('no session')"),
            "no AWS credentials from credential_process of profile audit: ",
        ),
        "slow": (lambda m: _program(m, _printed(*m.keys()), "time.sleep(0.3)"), _RIGHT),
        "asks": (
            lambda m: _program(
                m, _printed(*m.keys()), "sys.stdin.readline() or sys.exit('nobody is there')"
            ),
            "no AWS credentials from credential_process of profile audit: ",
        ),
    },
    "web identity of a job": {
        "right": (lambda m: _job(m, _token(m)), _RIGHT),
        "missing": (
            lambda m: _job(m, None),
            "no AWS credentials from the web identity token: No such file",
        ),
        "empty": (lambda m: _job(m, ""), "no AWS credentials from the web identity token: "),
        "malformed": (
            lambda m: _job(m, "no token"),
            "no AWS credentials from the web identity token: AssumeRoleWithWebIdentity: Invalid",
        ),
        "expired": (
            lambda m: _job(m, _token(m, -60)),
            "AWS does not accept the web identity token (AssumeRoleWithWebIdentity: Token expired",
        ),
        "denied": (
            lambda m: _job(m, _token(m), "repo:acme/other:*"),
            (
                "no AWS credentials from the web identity token with aud sts.amazonaws.com and "
                f"sub {_SUBJECT}: AssumeRoleWithWebIdentity: AccessDenied: Not authorized"
            ),
        ),
        "slow": (_slow("AssumeRoleWithWebIdentity", lambda m: _job(m, _token(m))), _RIGHT),
    },
    "web identity of a profile": {
        "right": (lambda m: _job_of_profile(m, _token(m)), _RIGHT),
        "missing": (
            lambda m: _job_of_profile(m, None),
            "no AWS credentials from the web identity token of profile audit: No such file",
        ),
        "expired": (
            lambda m: _job_of_profile(m, _token(m, -60)),
            "AWS does not accept the web identity token of profile audit (AssumeRoleWithWeb",
        ),
        "denied": (
            lambda m: _job_of_profile(m, _token(m), "repo:acme/other:*"),
            "no AWS credentials from the web identity token with aud sts.amazonaws.com and sub ",
        ),
    },
    "SSO": {
        "right": (lambda m: _signed_in(m, m.sandbox.client.sign_in()), _RIGHT),
        "missing": (
            lambda m: _signed_in(m, None),
            "no AWS credentials from profile audit, which signs in by SSO: ",
        ),
        "empty": (
            lambda m: _signed_in(m, ""),
            "no AWS credentials from profile audit, which signs in by SSO: ",
        ),
        "malformed": (
            lambda m: _signed_in(m, "{}"),
            "no AWS credentials from profile audit, which signs in by SSO: ",
        ),
        "expired": (
            lambda m: _signed_in(
                m, json.dumps({**json.loads(m.sandbox.client.sign_in()), "expiresAt": _PAST})
            ),
            "no AWS credentials from profile audit, which signs in by SSO: ",
        ),
        "signed out": (
            _signed_out,
            "no AWS credentials from profile audit, which signs in by SSO: ",
        ),
        "denied": (
            lambda m: _signed_in(m, m.sandbox.client.sign_in(), "999999999999"),
            "no AWS credentials from profile audit, which signs in by SSO: GetRoleCredentials: ",
        ),
        "slow": (
            _slow("GetRoleCredentials", lambda m: _signed_in(m, m.sandbox.client.sign_in())),
            _RIGHT,
        ),
    },
    "container": {
        "right": (lambda m: _container(m, m.url_of_container()), _RIGHT),
        "missing": (
            lambda m: _container(m, "http://127.0.0.1:1/nothing"),
            "no AWS credentials from the container's role: ",
        ),
        "malformed": (
            lambda m: _container(m, f"{m.sandbox.url}/sandbox/health"),
            "no AWS credentials from the container's role: ",
        ),
        "denied": (
            lambda m: _container(m, "http://example.com/credentials"),
            "no AWS credentials from the container's role: Unsupported host",
        ),
    },
    "aws login": {
        "right": (lambda m: _logged_in(m, _login(m)), _RIGHT),
        "missing": (
            lambda m: _logged_in(m, None),
            "no AWS credentials from profile audit, which signs in by `aws login`: ",
        ),
        "empty": (
            lambda m: _logged_in(m, ""),
            "no AWS credentials from profile audit, which signs in by `aws login`: ",
        ),
        "malformed": (
            lambda m: _logged_in(m, "{}"),
            "no AWS credentials from profile audit, which signs in by `aws login`: ",
        ),
        "expired": (
            lambda m: _logged_in(m, _login(m, -1)),
            "no AWS credentials from profile audit, which signs in by `aws login`: ",
        ),
    },
    "roles of the stack": {
        "right": (lambda m: _roles(m, m.role(MANAGEMENT)), _RIGHT),
        "missing": (
            lambda m: _roles(m, "arn:aws:iam::222222222222:role/nobody"),
            "no AWS credentials from role arn:aws:iam::222222222222:role/nobody: AssumeRole: ",
        ),
        "malformed": (lambda m: _roles(m, "audit-role-of-mine-xxxx"), "AssumeRole audit-role-of"),
        "expired": (
            lambda m: _roles(m, m.role(ADMINISTRATOR), keys=m.expired()),
            "AWS does not accept the keys in the environment (AssumeRole: ",
        ),
        "denied": (
            lambda m: _roles(m, m.role("300000000001")),
            "no AWS credentials from role arn:aws:iam::222222222222:role/audit: AssumeRole: Acc",
        ),
        "slow": (_slow("AssumeRole", lambda m: _roles(m, m.role(MANAGEMENT))), _RIGHT),
    },
}


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox) -> Callable[[Machine], None]:
    """Makes the environment of this process a machine's, and nothing else."""
    before = {name for name in os.environ if name.startswith("AWS_")}

    def apply(machine: Machine) -> None:
        for name in {*before, *(n for n in os.environ if n.startswith("AWS_"))}:
            monkeypatch.delenv(name, raising=False)
        for name, value in {
            "AWS_CONFIG_FILE": str(machine.home / "config"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": sandbox.url,
            "AWS_LOGIN_CACHE_DIRECTORY": str(machine.home),
            "AWS_SHARED_CREDENTIALS_FILE": str(machine.home / "none"),
            "NO_PROXY": "127.0.0.1",
            **machine.environment,
        }.items():
            monkeypatch.setenv(name, value)
        # botocore asks for the home folder once, when it is imported.
        monkeypatch.setattr(SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", str(machine.home))

    return apply


def _of_program(machine: Machine) -> tuple[str, str]:
    """The account that the program acts as, and what it tells if it finds none."""
    lookup = {"aws:region": "us-east-1", **{f"aws:{k}": v for k, v in machine.settings.items()}}
    text = {k: v if isinstance(v, str) else json.dumps(v) for k, v in lookup.items()}
    try:
        return open_session(text.get).caller, ""
    except UserError as error:
        return "", str(error)


def _of_provider(machine: Machine) -> tuple[str, str]:
    """The same of a dynamic provider, which gets the configuration from the engine."""
    lookup = {"aws:region": "us-east-1", **{f"aws:{k}": v for k, v in machine.settings.items()}}
    text = {k: v if isinstance(v, str) else json.dumps(v) for k, v in lookup.items()}
    provider = MemberFeaturesProvider()
    provider.configure(ConfigureRequest(Config(text, "")))
    properties = MemberFeaturesInputs.parse(members_inputs({}))
    try:
        return provider._context.open_session(properties).caller, ""
    except UserError as error:
        return "", str(error)


def _of_stand_in(machine: Machine) -> tuple[str, str]:
    settings = {"region": "us-east-1", **machine.settings}
    text = {k: v if isinstance(v, str) else json.dumps(v) for k, v in settings.items()}
    try:
        return Connection(read_settings(text)).caller()["Account"], ""
    except StandInError as error:
        return "", str(error)


@pytest.mark.parametrize("source", _FAULTS)
def test_program_and_plugin_find_the_same_account_or_refuse_both(
    source: str, sandbox: RunningSandbox, tmp_path: Path, bare: Callable[[Machine], None]
) -> None:
    for condition, (setup, told) in _FAULTS[source].items():
        home = tmp_path / condition
        home.mkdir()
        machine = Machine(sandbox, home)
        setup(machine)
        bare(machine)

        account, sentence = _of_program(machine)
        assert sentence.startswith(told), (condition, sentence)
        assert account == ("" if told else ADMINISTRATOR), (condition, sentence)
        assert "Traceback" not in sentence
        of_provider, told_by_provider = _of_provider(machine)
        # AWS says what time it was.
        assert of_provider == account
        assert re.sub(r"\d+", "", told_by_provider) == re.sub(r"\d+", "", sentence)
        if source == "container":
            continue  # The stand-in asks no metadata service.
        of_stand_in, words = _of_stand_in(machine)
        assert (condition, of_stand_in) == (condition, account), words
        sandbox.client.clear_faults()


def test_a_source_that_never_answers_has_an_end(
    sandbox: RunningSandbox,
    tmp_path: Path,
    bare: Callable[[Machine], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "CALL_SECONDS", 1)
    monkeypatch.setattr(fetched, "CALL_SECONDS", 1)
    machine = Machine(sandbox, tmp_path)
    sandbox.client.slows("AssumeRole", by=Fixed(seconds=20), service="sts")
    _role_of_profile(machine, machine.role(MANAGEMENT))
    bare(machine)

    account, sentence = _of_program(machine)

    assert account == ""
    assert sentence.startswith("no AWS credentials from the role of profile audit: none within 1 s")
    sandbox.client.clear_faults()
