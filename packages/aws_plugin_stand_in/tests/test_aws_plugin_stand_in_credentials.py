"""Where the stand-in finds credentials, how it renews them, and what it says when there are none.

In this process: what is looked at are the requests that reach an STS on the loopback.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest
from botocore.credentials import SSOProvider
from botocore.tokens import SSOTokenProvider

from aws_plugin_stand_in import credentials, local_session
from aws_plugin_stand_in.connection import Connection
from aws_plugin_stand_in.failures import StandInError
from aws_plugin_stand_in.settings import read_settings
from stand_in_process import bare_environment
from sts_double import ACCOUNT, Sts, sts_on_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from aws_plugin_stand_in.wire import Value

pytestmark = pytest.mark.slow

ROLE = "arn:aws:iam::222222222222:role/audit"
POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SECOND_ROLE = "arn:aws:iam::222222222222:role/guardduty"
KEYS = "aws_access_key_id = AKIAFILE\naws_secret_access_key = s\n"
ENVIRONMENT_KEYS = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s"}
SSO = (
    "sso_session = work\nsso_account_id = 222222222222\nsso_role_name = audit\n"
    "[sso-session work]\nsso_region = eu-west-1\nsso_start_url = https://work.example.com\n"
)


@pytest.fixture
def sts() -> Iterator[Sts]:
    with sts_on_loopback() as sts:
        yield sts


class Machine:
    """Where a run starts: its environment, its AWS files, and the provider's settings."""

    def __init__(self, sts: Sts, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sts = sts
        self.home = home
        self.monkeypatch = monkeypatch
        bare_environment(monkeypatch, home)
        monkeypatch.setenv("AWS_LOGIN_CACHE_DIRECTORY", str(home / "login"))
        monkeypatch.setattr(SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(home / "sso"))
        monkeypatch.setattr(SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", str(home / "sso"))

    def profile(self, text: str, name: str = "work") -> None:
        with (self.home / "config").open("a") as config:
            config.write(f"[profile {name}]\n{text}\n")

    def variables(self, **values: str) -> None:
        for name, value in values.items():
            self.monkeypatch.setenv(name, value)

    def file(self, name: str, content: str) -> str:
        (self.home / name).parent.mkdir(exist_ok=True)
        (self.home / name).write_text(content)
        return str(self.home / name)

    def process(self, code: str) -> str:
        """A line for a profile: a credential process of this Python code."""
        return f"credential_process = {sys.executable} {self.file('process.py', code)}"

    def signed_in(self, expires: str) -> None:
        """The cached token of the SSO session `work`."""
        token = {"accessToken": "t", "expiresAt": expires}
        name = hashlib.sha1(b"work").hexdigest()  # noqa: S324 (the AWS CLI's file name)
        self.file(f"sso/{name}.json", json.dumps(token))

    def connect(self, **settings: object) -> Connection:
        everywhere = [dict.fromkeys(("guardduty", "sts", "sso"), self.sts.url)]
        given: dict[str, Value] = {"region": "eu-west-1", "endpoints": json.dumps(everywhere)}
        for name, value in settings.items():
            given[name] = value if isinstance(value, str) else json.dumps(value)
        local_session.drop_empty_variables(os.environ)
        return Connection(read_settings(given))

    def key(self, **settings: object) -> str:
        """Whose key the provider signs with."""
        return self.connect(**settings).caller()["Arn"].rsplit("/", 1)[-1]

    def refusal(self, **settings: object) -> str:
        with pytest.raises(StandInError) as refused:
            self.connect(**settings)
        sentence = str(refused.value)
        assert "\n" not in sentence
        return sentence


@pytest.fixture
def machine(sts: Sts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(sts, tmp_path, monkeypatch)


# Sources


def test_keys_of_the_configuration_come_first(machine: Machine) -> None:
    machine.variables(**ENVIRONMENT_KEYS)
    machine.profile(KEYS)
    assert machine.key(accessKey="AKIASTACK", secretKey="s", profile="work") == "AKIASTACK"


def test_a_profile_that_is_given_comes_before_the_environment(machine: Machine) -> None:
    machine.variables(**ENVIRONMENT_KEYS)
    machine.profile(KEYS)
    assert machine.key(profile="work") == "AKIAFILE"


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_keys_of_the_environment_come_before_its_profile(machine: Machine, variable: str) -> None:
    machine.profile(KEYS)
    machine.variables(**{variable: "work"})
    assert machine.key() == "AKIAFILE"
    machine.variables(**ENVIRONMENT_KEYS)
    assert machine.key() == "AKIAENV"


def test_of_two_profiles_the_real_providers_is_taken(machine: Machine) -> None:
    machine.profile(KEYS)
    machine.profile(KEYS.replace("AKIAFILE", "AKIAOTHER"), "other")
    machine.variables(AWS_PROFILE="work", AWS_DEFAULT_PROFILE="other")
    assert machine.key() == "AKIAFILE"


def test_empty_variables_are_not_set(machine: Machine) -> None:
    machine.profile(KEYS)
    machine.variables(
        AWS_PROFILE="",
        AWS_DEFAULT_PROFILE="work",
        AWS_ACCESS_KEY_ID="",
        AWS_SECRET_ACCESS_KEY="",
        AWS_SESSION_TOKEN="",
        AWS_CA_BUNDLE="",
        AWS_ROLE_ARN="",
        AWS_WEB_IDENTITY_TOKEN_FILE="",
        AWS_ENDPOINT_URL="",
        AWS_REGION=" ",
        AWS_DEFAULT_REGION="us-east-1",
    )
    connection = machine.connect(region="")
    assert connection.caller()["Arn"].endswith("AKIAFILE")
    assert connection.region == "us-east-1"


@pytest.mark.parametrize(
    ("source", "environment"),
    [("source_profile = keys", {}), ("credential_source = Environment", ENVIRONMENT_KEYS)],
)
def test_a_profiles_role_is_assumed_at_the_providers_endpoint(
    machine: Machine, source: str, environment: dict[str, str]
) -> None:
    machine.profile(f"role_arn = {ROLE}\nrole_session_name = me\n{source}")
    machine.profile(KEYS.replace("AKIAFILE", "AKIAENV"), "keys")
    # A proxy, and another address, that lead nowhere.
    machine.variables(
        **environment, HTTP_PROXY="http://127.0.0.1:1", AWS_ENDPOINT_URL_STS="http://127.0.0.1:1"
    )
    assert machine.key(profile="work", region="cn-north-1") == "ASIA1"
    (assumed, asked) = machine.sts.asked
    assert (assumed.action, assumed.key, assumed.region) == ("AssumeRole", "AKIAENV", "cn-north-1")
    assert assumed.parameters["RoleArn"] == ROLE
    assert asked.action == "GetCallerIdentity"


def test_a_credential_process_gives_keys(machine: Machine) -> None:
    answer = {"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "s"}
    machine.profile(machine.process(f"print('''{json.dumps(answer)}''')"))
    assert machine.key(profile="work") == "AKIAPROCESS"


@pytest.mark.parametrize("where", ["environment", "profile", "settings: file", "settings: token"])
def test_a_web_identity_token_gives_a_roles_credentials(machine: Machine, where: str) -> None:
    file = machine.file("token", "the-token")
    settings: dict[str, object] = {}
    if where == "environment":
        machine.variables(
            AWS_WEB_IDENTITY_TOKEN_FILE=file, AWS_ROLE_ARN=ROLE, AWS_ROLE_SESSION_NAME="me"
        )
    elif where == "profile":
        machine.profile(f"web_identity_token_file = {file}\nrole_arn = {ROLE}\n")
        settings = {"profile": "work"}
    else:
        token = (
            {"webIdentityToken": "the-token"}
            if where == "settings: token"
            else {"webIdentityTokenFile": file}
        )
        identity = {"roleArn": ROLE, "sessionName": "me", "duration": "15m", **token}
        settings = {
            "assumeRoleWithWebIdentity": {**identity, "policyArns": [POLICY], "policy": "{}"}
        }
    assert machine.key(**settings) == "ASIA1"
    asked = machine.sts.asked[0]
    assert (asked.action, asked.key) == ("AssumeRoleWithWebIdentity", None)
    assert asked.parameters["WebIdentityToken"] == "the-token"
    assert asked.parameters["RoleArn"] == ROLE
    if where.startswith("settings"):
        assert asked.parameters["DurationSeconds"] == "900"
        assert asked.parameters["PolicyArns.member.1.arn"] == POLICY
        assert asked.parameters["RoleSessionName"] == "me"


def test_a_signed_in_sso_session_gives_a_roles_credentials(machine: Machine) -> None:
    machine.profile(SSO)
    machine.signed_in("2100-01-01T00:00:00Z")
    assert machine.key(profile="work") == "ASIA1"
    assert machine.sts.actions() == ["GetRoleCredentials", "GetCallerIdentity"]


def test_roles_are_assumed_on_top_of_any_source(machine: Machine) -> None:
    machine.variables(
        AWS_WEB_IDENTITY_TOKEN_FILE=machine.file("token", "the-token"), AWS_ROLE_ARN=ROLE
    )
    roles = [{"roleArn": ROLE, "externalId": "77"}, {"roleArn": SECOND_ROLE, "tags": {"a": "b"}}]
    assert machine.key(assumeRoles=roles) == "ASIA3"
    first, second, third, _ = machine.sts.asked
    assert (first.action, second.key, third.key) == ("AssumeRoleWithWebIdentity", "ASIA1", "ASIA2")
    assert second.parameters["ExternalId"] == "77"
    assert third.parameters["Tags.member.1.Key"] == "a"


# Renewal


@pytest.mark.parametrize("source", ["assumeRoles", "assumeRoleWithWebIdentity", "profile"])
def test_what_expires_is_renewed_while_the_provider_runs(machine: Machine, source: str) -> None:
    machine.variables(**ENVIRONMENT_KEYS)
    machine.sts.seconds = [30, 3600]
    file = machine.file("token", "old-token")
    settings: dict[str, object] = {
        "assumeRoles": [{"roleArn": ROLE}],
        "assumeRoleWithWebIdentity": {"roleArn": ROLE, "webIdentityTokenFile": file},
        "profile": "work",
    }
    machine.profile(f"role_arn = {ROLE}\ncredential_source = Environment")
    connection = machine.connect(**{source: settings[source]}, skipCredentialsValidation=True)
    machine.file("token", "new-token")
    assert connection.caller()["Arn"].endswith("ASIA2")
    fetched = [one for one in machine.sts.asked if one.action != "GetCallerIdentity"]
    assert len(fetched) == 2
    if source == "assumeRoleWithWebIdentity":
        assert fetched[1].parameters["WebIdentityToken"] == "new-token"


def test_a_chain_is_renewed_from_its_first_role_on(machine: Machine) -> None:
    machine.variables(**ENVIRONMENT_KEYS)
    machine.sts.seconds = [30]
    roles = [{"roleArn": ROLE}, {"roleArn": SECOND_ROLE}]
    connection = machine.connect(assumeRoles=roles, skipCredentialsValidation=True)
    machine.sts.asked.clear()
    connection.caller()
    first, second, _ = machine.sts.asked
    assert (first.parameters["RoleArn"], second.parameters["RoleArn"]) == (ROLE, SECOND_ROLE)


def test_a_role_that_is_no_longer_given_is_told_in_one_sentence(machine: Machine) -> None:
    machine.variables(**ENVIRONMENT_KEYS)
    machine.sts.seconds = [30]
    connection = machine.connect(assumeRoles=[{"roleArn": ROLE}], skipCredentialsValidation=True)
    machine.sts.denies("AssumeRole", message="the trust is gone")
    with pytest.raises(StandInError) as refused:
        connection.caller()
    assert str(refused.value) == (
        f"IAM Role ({ROLE}) cannot be assumed: AssumeRole: AccessDenied: the trust is gone"
    )


# Refusals


def no_arrangement(_: Machine) -> None:
    """Nothing is set."""


def environment(**variables: str) -> Callable[[Machine], None]:
    return lambda machine: machine.variables(**variables)


def profile(text: str) -> Callable[[Machine], None]:
    return lambda machine: machine.profile(text)


def process(code: str) -> Callable[[Machine], None]:
    return lambda machine: machine.profile(machine.process(code))


def token_file(content: str | None) -> Callable[[Machine], None]:
    def arrange(machine: Machine) -> None:
        path = str(machine.home / "token") if content is None else machine.file("token", content)
        machine.profile(f"web_identity_token_file = {path}\nrole_arn = {ROLE}")

    return arrange


def signed_in(expires: str) -> Callable[[Machine], None]:
    def arrange(machine: Machine) -> None:
        machine.profile(SSO)
        machine.signed_in(expires)

    return arrange


NONE = "No valid credential sources found: "
OF_ROLE = "the role of profile 'work': "
OF_PROCESS = "the credential_process of profile 'work': "
OF_TOKEN = "the web identity token of profile 'work': "  # noqa: S105 (no token)
OF_SSO = "the SSO session of profile 'work': "
UNREADABLE = "what it gives can't be read "


@pytest.mark.parametrize(
    ("arrange", "sentence"),
    [
        (profile("region = eu-west-1"), "profile 'work' has none"),
        (profile("aws_access_key_id = AKIA"), "the keys of profile 'work': Partial credentials"),
        (
            profile(f"role_arn = {ROLE}"),
            (
                OF_ROLE + "Partial credentials found in assume-role, missing: "
                "source_profile or credential_source"
            ),
        ),
        (
            profile(f"role_arn = {ROLE}\nsource_profile = nobody"),
            OF_ROLE + 'The source_profile "nobody" referenced in',
        ),
        (
            profile(f"role_arn = {ROLE}\nsource_profile = work"),
            OF_ROLE + "Infinite loop in credential configuration",
        ),
        (
            profile(f"role_arn = {ROLE}\ncredential_source = Environment"),
            OF_ROLE + "Error when retrieving credentials from Environment",
        ),
        (
            profile(f"role_arn = {ROLE}\ncredential_source = Ec2InstanceMetadata"),
            (
                "the aws stand-in asks no metadata service, which credential_source = "
                "Ec2InstanceMetadata stands for"
            ),
        ),
        (
            profile(f"role_arn = {ROLE}\nsource_profile = work\nmfa_serial = m\n{KEYS}"),
            (
                "the role of profile 'work' wants an MFA code (mfa_serial), which the provider has "
                "no way to ask for: let the AWS CLI ask, with `aws configure export-credentials "
                "--profile work --format env`, and set what it prints"
            ),
        ),
        (profile("credential_process ="), "names no program"),
        (
            profile("credential_process = /nope/program"),
            OF_PROCESS + "No such file or directory: /nope/program",
        ),
        (
            process(""),
            OF_PROCESS + UNREADABLE + "(Expecting",
        ),
        (
            process("print('<html>')"),
            OF_PROCESS + UNREADABLE + "(Expecting",
        ),
        (
            process("print('[]')"),
            OF_PROCESS + UNREADABLE + "('list' object",
        ),
        (
            process('print(\'{"Version": 1, "AccessKeyId": "", "SecretAccessKey": null}\')'),
            OF_PROCESS + "Partial credentials found in custom-process, missing: an access key id",
        ),
        (profile("aws_access_key_id =\naws_secret_access_key ="), "Partial credentials"),
        (process("print('{}')"), OF_PROCESS + "Error when retrieving"),
        (
            process("import sys; sys.exit('locked\\nand\\x1b[2Jgone')"),
            (
                OF_PROCESS + "Error when retrieving credentials from "
                "custom-process: locked and [2Jgone"
            ),
        ),
        (
            process("import sys; sys.stdin.readline() or sys.exit('nobody to ask')"),
            "custom-process: nobody to ask",
        ),
        (
            process(
                'print(\'{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "s", '
                '"Expiration": "2001-01-01T00:00:00Z"}\')'
            ),
            "credentials are still expired",
        ),
        (
            process(
                'print(\'{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "s", '
                '"Expiration": "soon"}\')'
            ),
            OF_PROCESS + UNREADABLE + "(Unknown string",
        ),
        (
            process("import time; time.sleep(30)"),
            (
                OF_PROCESS + "Error when retrieving credentials from "
                "custom-process: no answer within 0.5 s"
            ),
        ),
        (
            token_file(None),
            OF_TOKEN + "No such file or directory: ",
        ),
        (
            token_file(""),
            OF_TOKEN + "Parameter validation failed: Invalid length",
        ),
        (
            profile("web_identity_token_file = /nope"),
            (
                OF_TOKEN + "The provided profile or the current "
                "environment is configured to assume role with web identity but has no role ARN"
            ),
        ),
        (
            profile(SSO),
            (
                OF_SSO + "Error loading SSO Token: Token for work does not exist: sign in again "
                "with `aws sso login --profile work`"
            ),
        ),
        (
            signed_in("2001-01-01T00:00:00Z"),
            OF_SSO,
        ),
        (
            signed_in("soon"),
            OF_SSO + UNREADABLE + "(Unknown string",
        ),
        (
            profile(SSO.replace("sso_session = work", "sso_session = other")),
            "other",
        ),
        (profile("login_session = me"), "the login session of profile 'work': "),
    ],
)
def test_a_profile_without_usable_credentials_is_told_in_one_sentence(
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    arrange: Callable[[Machine], None],
    sentence: str,
) -> None:
    monkeypatch.setattr(credentials, "_PROCESS_SECONDS", 0.5)
    arrange(machine)
    refusal = machine.refusal(profile="work")
    assert refusal.startswith((NONE, "configuring the aws stand-in: "))
    assert sentence in refusal
    assert machine.sts.asked == []


@pytest.mark.parametrize(
    ("arrange", "sentence"),
    [
        (no_arrangement, NONE + "Unable to locate credentials"),
        (
            environment(AWS_ACCESS_KEY_ID="AKIA"),
            (NONE + "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: Partial credentials"),
        ),
        (
            environment(AWS_WEB_IDENTITY_TOKEN_FILE="/nope", AWS_ROLE_ARN=ROLE),  # noqa: S106
            (NONE + "AWS_WEB_IDENTITY_TOKEN_FILE: No such file or directory: /nope"),
        ),
        (
            environment(AWS_WEB_IDENTITY_TOKEN_FILE="/tmp", AWS_ROLE_ARN=ROLE),  # noqa: S106, S108
            NONE + "AWS_WEB_IDENTITY_TOKEN_FILE: Is a directory",
        ),
        (
            environment(AWS_PROFILE="nobody"),
            "configuring the aws stand-in: The config profile (nobody) could not be found",
        ),
        (
            environment(AWS_ENDPOINT_URL="127.0.0.1:5000"),
            NONE + "Unable to locate credentials",
        ),
    ],
)
def test_an_environment_without_credentials_is_one_sentence(
    machine: Machine, arrange: Callable[[Machine], None], sentence: str
) -> None:
    arrange(machine)
    assert machine.refusal().startswith(sentence)
    assert machine.sts.asked == []


@pytest.mark.parametrize(
    "settings", [{"accessKey": "AKIA"}, {"secretKey": "s"}, {"token": "t"}], ids=str
)
def test_half_of_a_key_is_refused(machine: Machine, settings: dict[str, str]) -> None:
    machine.variables(**ENVIRONMENT_KEYS)
    assert machine.refusal(**settings) == (
        NONE + "aws:accessKey and aws:secretKey belong together: set both, or none"
    )


@pytest.mark.parametrize("content", ["[profile work\n", "work\n", "[profile work]\nx\n", "\x00["])
def test_a_malformed_file_is_told_in_one_sentence(machine: Machine, content: str) -> None:
    path = machine.file("config", content)
    assert path in machine.refusal(profile="work")


@pytest.mark.parametrize(
    ("source", "action", "sentence"),
    [
        ("assumeRoles", "AssumeRole", f"IAM Role ({ROLE}) cannot be assumed: "),
        (
            "assumeRoleWithWebIdentity",
            "AssumeRoleWithWebIdentity",
            f"IAM Role ({ROLE}) cannot be assumed with web identity token: ",
        ),
        (
            "profile",
            "AssumeRole",
            NONE + "the role of profile 'work': ",
        ),
        (
            "sso",
            "GetRoleCredentials",
            NONE + "the SSO session of profile 'sso': ",
        ),
    ],
)
@pytest.mark.parametrize("fault", ["denied", "a page", "slow", "expired"])
def test_a_service_that_gives_no_credentials_is_told_in_one_sentence(
    machine: Machine, source: str, action: str, sentence: str, fault: str
) -> None:
    monkeypatch = machine.monkeypatch
    monkeypatch.setattr(local_session, "_ATTEMPTS", 1)
    machine.variables(**ENVIRONMENT_KEYS)
    machine.profile(f"role_arn = {ROLE}\ncredential_source = Environment")
    machine.profile(SSO, "sso")
    machine.signed_in("2100-01-01T00:00:00Z")
    settings: dict[str, dict[str, object]] = {
        "assumeRoles": {"assumeRoles": [{"roleArn": ROLE}]},
        "assumeRoleWithWebIdentity": {
            "assumeRoleWithWebIdentity": {"roleArn": ROLE, "webIdentityToken": "the-token"}
        },
        "profile": {"profile": "work"},
        "sso": {"profile": "sso"},
    }
    if fault == "denied":
        machine.sts.denies(action)
        words = f"{action}: "
    elif fault == "a page":
        machine.sts.refusals[action] = 200, "<html>sign in here</html"
        words = "'roleCredentials' is missing" if source == "sso" else "the answer is not AWS's"
    elif fault == "slow":
        monkeypatch.setattr(local_session, "_SECONDS", 0.2)
        machine.sts.pause = 1
        words = "Read timeout on endpoint URL"
    else:
        machine.sts.seconds = [-60]
        words = "expired"
    refusal = machine.refusal(**settings[source])
    assert refusal.startswith(sentence)
    assert words in refusal
    assert machine.sts.actions() == [action] * len(machine.sts.asked)


def test_credentials_that_sts_does_not_accept_are_told_in_one_sentence(machine: Machine) -> None:
    machine.variables(**ENVIRONMENT_KEYS)
    machine.sts.denies("GetCallerIdentity", "ExpiredToken", "The security token is expired")
    assert machine.refusal() == (
        "validating the AWS credentials: GetCallerIdentity: ExpiredToken: The security token is "
        "expired"
    )
    machine.sts.refusals["GetCallerIdentity"] = 407, "<html>proxy</html>"
    assert "validating the AWS credentials: " in machine.refusal()


# Only this machine


@pytest.mark.parametrize(
    ("arrange", "service"),
    [
        (profile(f"role_arn = {ROLE}\nsource_profile = work\n{KEYS}"), "sts"),
        (token_file("the-token"), "sts"),
        (signed_in("2100-01-01T00:00:00Z"), "sso"),
    ],
)
def test_no_client_that_botocore_makes_itself_leaves_this_machine(
    machine: Machine, arrange: Callable[[Machine], None], service: str
) -> None:
    arrange(machine)
    endpoints = [{"guardduty": machine.sts.url, "sts": machine.sts.url}]
    if service == "sts":
        # The provider's own clients are of this machine; only its files lead away.
        endpoints = [{"guardduty": machine.sts.url, "sts": "http://192.0.2.1"}]
    assert f"only talks to this machine, but the endpoint of {service} is" in machine.refusal(
        profile="work", endpoints=endpoints
    )
    assert machine.sts.asked == []


@pytest.mark.parametrize("service", ["guardduty", "sts", "sso"])
@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.2:1\\@127.0.0.1/",
        "http://192.0.2.1\\@127.0.0.1/",
        "http://me:secret@127.0.0.1/",
        "http://127.0.0.1\t.example.com",
        "http://127.0.0.1\n",
    ],
)
def test_an_ambiguous_address_is_refused_before_anything_is_sent(
    machine: Machine, service: str, address: str
) -> None:
    machine.profile(SSO)
    machine.signed_in("2100-01-01T00:00:00Z")
    endpoints = dict.fromkeys(("guardduty", "sts", "sso"), machine.sts.url)
    refusal = machine.refusal(profile="work", endpoints=[{**endpoints, service: address}])
    assert f"only talks to this machine, but the endpoint of {service} is http://" in refusal
    assert "secret" not in refusal
    assert machine.sts.asked == []


# Accounts and regions


@pytest.mark.parametrize("account_id", [ACCOUNT, int(ACCOUNT), float(ACCOUNT)])
def test_an_account_id_may_be_a_number(machine: Machine, account_id: object) -> None:
    machine.variables(**ENVIRONMENT_KEYS)
    assert machine.key(allowedAccountIds=[account_id]) == "AKIAENV"
    assert "not allowed" in machine.refusal(forbiddenAccountIds=[account_id])


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("eusc-de-east-1", "aws-eusc")],
)
def test_regions_of_other_partitions_are_served(
    machine: Machine, region: str, partition: str
) -> None:
    machine.variables(**ENVIRONMENT_KEYS)
    connection = machine.connect(region=region)
    assert machine.sts.asked[0].region == region
    assert connection.guardduty(region).meta.partition == partition
