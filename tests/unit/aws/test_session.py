"""One identity: who acts, where, as pulumi-aws reads it from the stack and the environment.

Each test looks at the requests that would have gone to AWS: nothing is sent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from guardduty_eks_audit_logs.aws.session import Session, open_session
from guardduty_eks_audit_logs.errors import CredentialsError, ServiceError, SettingsError
from guardduty_eks_audit_logs.settings.identity import AssumeRole, Identity
from tests.support.aws_double import Aws, Request
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.vocabulary import ADMINISTRATOR, DETECTOR, account

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SECRET = "wJalrXUtnFEMI"  # noqa: S105 - no secret
_KEYS = {"aws:accessKey": "AKIASTACK", "aws:secretKey": _SECRET}
_ROLE = "arn:aws:iam::300000000001:role/audit"
_SECOND_ROLE = "arn:aws:iam::300000000002:role/guardduty"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    bare_environment(monkeypatch, tmp_path)
    aws = Aws()
    in_place_of_sockets(monkeypatch, aws)
    return aws


@pytest.fixture
def environment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Credentials and a region in the environment, as a terminal or a CI job has them."""
    del aws
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", _SECRET)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    return monkeypatch


def _open(configuration: Mapping[str, object], region: str | None = None) -> Session:
    """Opens a session with a stack's configuration: text as it is, everything else as JSON."""
    return open_session(
        {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in configuration.items()
        }.get,
        region,
    )


def _faults(configuration: dict[str, object]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        _open({"aws:region": "eu-west-1", **_KEYS, **configuration})
    return caught.value.faults


def test_text_that_is_a_list_is_refused_and_a_secret_is_not_shown(aws: Aws) -> None:
    assert _faults({"aws:profile": ["audit"]}) == (
        "aws:profile: ['audit'] is malformed. Write text, in quotes.",
    )
    session = _open({"aws:region": "eu-west-1", **_KEYS, "aws:token": "[1]"})
    assert _last(aws, session).token == json.dumps([1])


def _profiles(home: Path, *names: str, region: str | None = None) -> None:
    keys = "".join(
        f"[{name}]\naws_access_key_id = AKIA{name.upper()}\naws_secret_access_key = {_SECRET}\n"
        for name in names
    )
    (home / "credentials").write_text(keys)
    if region:
        sections = "".join(f"[profile {name}]\nregion = {region}\n" for name in names)
        (home / "config").write_text(sections)


def _last(aws: Aws, session: Session) -> Request:
    """What the session asks GuardDuty."""
    assert session.guardduty.detector_id() == DETECTOR
    assert aws.requests[-1].service == "guardduty"
    return aws.requests[-1]


# Where


@pytest.mark.usefixtures("environment")
def test_the_stacks_region_comes_before_the_environments(aws: Aws) -> None:
    session = _open({"aws:region": "eu-central-1"})

    assert session.region == _last(aws, session).region == "eu-central-1"
    assert [request.host for request in aws.requests] == [
        "sts.eu-central-1.amazonaws.com",
        "guardduty.eu-central-1.amazonaws.com",
    ]


@pytest.mark.usefixtures("aws", "environment")
def test_only_the_first_look_at_the_root_is_given_up_soon() -> None:
    organizations = _open({"aws:region": "eu-central-1"}).organizations

    clients: tuple[Any, ...] = (organizations._brief, organizations._client)
    assert [c.meta.config.retries["total_max_attempts"] for c in clients] == [2, 10]


@pytest.mark.usefixtures("environment")
def test_a_resource_acts_in_its_own_region(aws: Aws) -> None:
    session = _open({"aws:region": "eu-central-1"}, region="ap-south-1")
    assert session.region == _last(aws, session).region == "ap-south-1"


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_REGION": "eu-north-1"}, "eu-north-1"),
        ({"AWS_DEFAULT_REGION": "eu-south-1"}, "eu-south-1"),
        ({"AWS_REGION": "eu-north-1", "AWS_DEFAULT_REGION": "eu-south-1"}, "eu-north-1"),
    ],
)
def test_the_environments_region_counts_if_the_stack_has_none(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], region: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    session = _open(_KEYS)

    assert session.region == _last(aws, session).region == region


def test_the_profiles_region_counts_if_nothing_else_says_where(aws: Aws, tmp_path: Path) -> None:
    _profiles(tmp_path, "audit", region="sa-east-1")
    session = _open({"aws:profile": "audit"})
    assert session.region == _last(aws, session).region == "sa-east-1"


@pytest.mark.usefixtures("aws")
def test_no_region_at_all() -> None:
    with pytest.raises(SettingsError) as caught:
        _open(_KEYS)
    assert str(caught.value) == (
        "aws:region is not set. Run `pulumi config set aws:region <region>`."
    )


# Who


def test_the_environments_credentials_count_if_the_stack_has_none(
    aws: Aws, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("AWS_SESSION_TOKEN", "token-of-environment")
    session = _open({})

    assert session.caller == ADMINISTRATOR
    assert {(r.access_key, r.token) for r in [*aws.requests, _last(aws, session)]} == {
        ("AKIAENVIRONMENT", "token-of-environment")
    }


@pytest.mark.usefixtures("environment")
def test_the_stacks_keys_come_before_profile_and_environment(aws: Aws, tmp_path: Path) -> None:
    _profiles(tmp_path, "audit")
    session = _open({**_KEYS, "aws:token": "token-of-stack", "aws:profile": "audit"})

    request = _last(aws, session)
    assert (request.access_key, request.token) == ("AKIASTACK", "token-of-stack")


@pytest.mark.usefixtures("environment")
def test_the_stacks_profile_comes_before_the_environments_keys(aws: Aws, tmp_path: Path) -> None:
    _profiles(tmp_path, "audit")
    assert _last(aws, _open({"aws:profile": "audit"})).access_key == "AKIAAUDIT"


def test_the_stacks_profile_comes_before_the_environments(
    aws: Aws, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _profiles(tmp_path, "audit", "daily")
    environment.setenv("AWS_PROFILE", "daily")
    assert _last(aws, _open({"aws:profile": "audit"})).access_key == "AKIAAUDIT"


def test_the_environments_profile_counts_if_nothing_else_says_who(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _profiles(tmp_path, "daily")
    monkeypatch.setenv("AWS_PROFILE", "daily")
    assert _last(aws, _open({"aws:region": "eu-west-1"})).access_key == "AKIADAILY"


def test_the_stacks_shared_files_come_before_the_users(aws: Aws, tmp_path: Path) -> None:
    _profiles(tmp_path, "audit", region="sa-east-1")
    own = tmp_path / "own"
    own.mkdir()
    _profiles(own, "audit", region="eu-south-2")
    (own / "credentials").write_text(
        (own / "credentials").read_text().replace("AKIAAUDIT", "AKIAOWN")
    )

    session = _open(
        {
            "aws:profile": "audit",
            "aws:sharedConfigFiles": [str(own / "config")],
            "aws:sharedCredentialsFiles": [str(own / "credentials")],
        }
    )

    request = _last(aws, session)
    assert (request.access_key, request.region) == ("AKIAOWN", "eu-south-2")


@pytest.mark.parametrize(
    ("variables", "key"),
    [
        ({"AWS_PROFILE": "daily", "AWS_DEFAULT_PROFILE": "audit"}, "AKIADAILY"),
        ({"AWS_DEFAULT_PROFILE": "audit"}, "AKIAAUDIT"),
    ],
)
def test_of_two_profile_variables_the_one_of_pulumi_aws_counts(
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variables: dict[str, str],
    key: str,
) -> None:
    _profiles(tmp_path, "audit", "daily")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert _last(aws, _open({"aws:region": "eu-west-1"})).access_key == key


def test_the_environments_keys_come_before_its_profiles(
    aws: Aws, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _profiles(tmp_path, "audit", "daily")
    environment.setenv("AWS_PROFILE", "daily")
    environment.setenv("AWS_DEFAULT_PROFILE", "audit")
    assert _last(aws, _open({})).access_key == "AKIAENVIRONMENT"


def test_a_session_names_the_credentials_if_stack_and_environment_differ(
    aws: Aws, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _profiles(tmp_path, "audit")
    session = _open({"aws:profile": "audit"})
    assert session.notices == (
        (
            "Credentials: aws:profile audit of this stack is used; AWS_ACCESS_KEY_ID of the "
            "environment is not."
        ),
    )
    assert _last(aws, session).access_key == "AKIAAUDIT"
    environment.delenv("AWS_ACCESS_KEY_ID")
    assert _open({"aws:profile": "audit"}).notices == ()


# Identities


def test_an_identity_acts_as_its_profile_and_nothing_is_told(
    aws: Aws, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _profiles(tmp_path, "audit", "daily")
    environment.setenv("AWS_PROFILE", "daily")
    session = open_session(Identity(profile="audit"), "eu-central-1")

    request = _last(aws, session)
    assert (request.access_key, request.region) == ("AKIAAUDIT", "eu-central-1")
    assert session.notices == ()


@pytest.mark.usefixtures("environment")
def test_an_identity_without_anything_is_the_environments(aws: Aws) -> None:
    session = open_session(Identity())
    request = _last(aws, session)
    assert (request.access_key, session.region) == ("AKIAENVIRONMENT", "eu-west-1")


@pytest.mark.usefixtures("environment")
def test_an_identity_assumes_its_roles_at_its_endpoints(aws: Aws) -> None:
    identity = Identity(
        assume_roles=(AssumeRole(role_arn=_ROLE),),
        endpoints=({"sts": "http://127.0.0.1:3"},),
    )
    assert open_session(identity, "eu-west-1").caller == account(1)
    assert {request.host for request in aws.requests} == {"127.0.0.1:3"}


@pytest.mark.usefixtures("environment", "aws")
@pytest.mark.parametrize(
    ("identity", "told"),
    [
        (
            Identity(allowed_account_ids=(account(1),)),
            (
                "but identity.allowedAccountIds lists only 300000000001. Use credentials of that "
                "account."
            ),
        ),
        (
            Identity(forbidden_account_ids=(ADMINISTRATOR,)),
            "which identity.forbiddenAccountIds lists. Use credentials of another account.",
        ),
    ],
    ids=["allowed", "forbidden"],
)
def test_an_account_that_an_identity_excludes(identity: Identity, told: str) -> None:
    with pytest.raises(CredentialsError) as caught:
        open_session(identity)
    assert str(caught.value) == f"the credentials are of account {ADMINISTRATOR}, {told}"


@pytest.mark.usefixtures("aws")
def test_no_credentials_at_all() -> None:
    with pytest.raises(CredentialsError) as caught:
        _open({"aws:region": "eu-west-1"})
    assert str(caught.value) == (
        "no AWS credentials: Unable to locate credentials. Set aws:profile in the stack; or "
        "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the environment."
    )


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("region", [{}, {"aws:region": "eu-west-1"}])
def test_a_profile_that_does_not_exist(region: dict[str, object]) -> None:
    with pytest.raises(CredentialsError) as caught:
        _open({"aws:profile": "audit", **region})
    assert str(caught.value) == (
        "no AWS credentials: profile audit, which aws:profile names, is in neither of AWS's files. "
        "Correct aws:profile, or add the profile to them."
    )


# Roles


def test_a_role_is_assumed_from_the_base_credentials(aws: Aws) -> None:
    session = _open({"aws:region": "eu-west-1", **_KEYS, "aws:assumeRoles": [{"roleArn": _ROLE}]})

    assume, who = aws.requests
    assert (assume.access_key, who.access_key) == ("AKIASTACK", "audit@300000000001")
    assert assume.body == {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": _ROLE,
        "RoleSessionName": "guardduty-eks-audit-logs",
    }
    assert session.caller == account(1)
    request = _last(aws, session)
    assert (request.access_key, request.token) == ("audit@300000000001", "token-of-audit")


def test_roles_are_assumed_one_from_the_other(aws: Aws) -> None:
    roles = [{"roleArn": _ROLE}, {"roleArn": _SECOND_ROLE}]
    session = _open({"aws:region": "eu-west-1", **_KEYS, "aws:assumeRoles": roles})

    assert [(r.body["Action"], r.access_key) for r in aws.requests] == [
        ("AssumeRole", "AKIASTACK"),
        ("AssumeRole", "audit@300000000001"),
        ("GetCallerIdentity", "guardduty@300000000002"),
    ]
    assert session.caller == account(2)


def test_everything_that_a_role_is_given_is_asked_for(aws: Aws) -> None:
    role = {
        "roleArn": _ROLE,
        "duration": "1h30m",
        "externalId": "pulumi",
        "policy": "{}",
        "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        "sessionName": "ci",
        "sourceIdentity": "somebody",
        "tags": {"team": "security"},
        "transitiveTagKeys": ["team"],
    }
    _open({"aws:region": "eu-west-1", **_KEYS, "aws:assumeRoles": [role]})

    assert aws.requests[0].body == {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": _ROLE,
        "RoleSessionName": "ci",
        "DurationSeconds": "5400",
        "ExternalId": "pulumi",
        "Policy": "{}",
        "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "SourceIdentity": "somebody",
        "Tags.member.1.Key": "team",
        "Tags.member.1.Value": "security",
        "TransitiveTagKeys.member.1": "team",
    }


@pytest.mark.parametrize(
    ("duration", "seconds"), [("1h", "3600"), ("30m", "1800"), ("900s", "900"), ("1h0m5s", "3605")]
)
def test_a_roles_duration_is_written_as_pulumi_aws_does(
    aws: Aws, duration: str, seconds: str
) -> None:
    role = {"roleArn": _ROLE, "duration": duration}
    _open({"aws:region": "eu-west-1", **_KEYS, "aws:assumeRoles": [role]})
    assert aws.requests[0].body["DurationSeconds"] == seconds


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("duration", ["3600", "1 hour", "h", "1.5h", "-1h"])
def test_a_roles_duration_that_is_malformed(duration: str) -> None:
    assert _faults({"aws:assumeRoles": [{"roleArn": _ROLE, "duration": duration}]}) == (
        f"aws:assumeRoles: duration {duration} is malformed. Write it like 1h or 30m.",
    )


@pytest.mark.usefixtures("aws")
def test_a_role_without_its_arn() -> None:
    assert _faults({"aws:assumeRoles": [{"sessionName": "ci"}]}) == (
        "aws:assumeRoles[0].roleArn is missing. Add it.",
    )


# Endpoints


@pytest.mark.usefixtures("environment")
def test_endpoints_of_the_stack_are_followed_service_by_service(aws: Aws) -> None:
    session = _open(
        {
            "aws:endpoints": [
                {"guardduty": "http://127.0.0.1:1", "s3": "http://127.0.0.1:2"},
                {"sts": "http://127.0.0.1:3"},
            ]
        }
    )

    assert _last(aws, session).host == "127.0.0.1:1"
    assert aws.requests[0].host == "127.0.0.1:3"


def test_organizations_is_asked_at_its_own_endpoint_as_the_same_caller(aws: Aws) -> None:
    session = _open(
        {
            "aws:region": "eu-west-1",
            **_KEYS,
            "aws:endpoints": [
                {"guardduty": "http://127.0.0.1:1", "organizations": "http://127.0.0.1:5"}
            ],
        }
    )

    assert session.organizations.is_delegated_administrator(session.caller)
    asked = aws.requests[-1]
    assert (asked.service, asked.host, asked.access_key) == (
        "organizations",
        "127.0.0.1:5",
        "AKIASTACK",
    )


def test_organizations_is_asked_with_the_last_role_where_aws_has_it(aws: Aws) -> None:
    session = _open({"aws:region": "eu-west-1", **_KEYS, "aws:assumeRoles": [{"roleArn": _ROLE}]})

    assert not session.organizations.is_delegated_administrator(session.caller)
    asked = aws.requests[-1]
    assert asked.host == "organizations.us-east-1.amazonaws.com"
    assert asked.access_key == _last(aws, session).access_key != "AKIASTACK"


def test_the_environments_endpoint_counts_where_the_stack_has_none(
    aws: Aws, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4")
    session = _open({"aws:endpoints": [{"guardduty": "http://127.0.0.1:1"}]})

    assert _last(aws, session).host == "127.0.0.1:1"
    assert aws.requests[0].host == "127.0.0.1:4"


def test_roles_are_assumed_at_the_stacks_endpoint(aws: Aws) -> None:
    _open(
        {
            "aws:region": "eu-west-1",
            **_KEYS,
            "aws:endpoints": [{"sts": "http://127.0.0.1:3"}],
            "aws:assumeRoles": [{"roleArn": _ROLE}],
        }
    )
    assert {request.host for request in aws.requests} == {"127.0.0.1:3"}


@pytest.mark.usefixtures("environment")
def test_sts_may_be_asked_in_another_region(aws: Aws) -> None:
    session = _open({"aws:stsRegion": "us-east-1"})

    assert (aws.requests[0].region, aws.requests[0].host) == (
        "us-east-1",
        "sts.us-east-1.amazonaws.com",
    )
    assert _last(aws, session).region == "eu-west-1"


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("setting", "host"),
    [
        ("aws:useFipsEndpoint", "guardduty-fips.us-east-1.amazonaws.com"),
        ("aws:useDualstackEndpoint", "guardduty.us-east-1.api.aws"),
    ],
)
def test_kinds_of_endpoints_are_followed(aws: Aws, setting: str, host: str) -> None:
    session = _open({"aws:region": "us-east-1", setting: True})
    assert _last(aws, session).host == host


# Whom the stack excludes


@pytest.mark.usefixtures("environment")
def test_an_account_that_the_stack_allows(aws: Aws) -> None:
    # `pulumi config set --path` writes an account id as a number.
    allowed = [account(1), int(ADMINISTRATOR)]
    session = _open({"aws:allowedAccountIds": allowed, "aws:forbiddenAccountIds": [account(2)]})
    assert _last(aws, session).access_key == "AKIAENVIRONMENT"


@pytest.mark.usefixtures("environment")
def test_an_account_that_the_stack_does_not_allow(aws: Aws) -> None:
    with pytest.raises(CredentialsError) as caught:
        _open({"aws:allowedAccountIds": [account(1), account(2)]})

    assert str(caught.value) == (
        "the credentials are of account 222222222222, but aws:allowedAccountIds of this stack "
        "lists only 300000000001, 300000000002. Use credentials of that account."
    )
    assert {request.service for request in aws.requests} == {"sts"}


@pytest.mark.usefixtures("environment")
def test_an_account_that_the_stack_forbids(aws: Aws) -> None:
    with pytest.raises(CredentialsError) as caught:
        _open({"aws:forbiddenAccountIds": [ADMINISTRATOR]})

    assert str(caught.value) == (
        "the credentials are of account 222222222222, which aws:forbiddenAccountIds of this stack "
        "lists. Use credentials of another account."
    )
    assert {request.service for request in aws.requests} == {"sts"}


@pytest.mark.usefixtures("environment", "aws")
def test_the_account_of_the_assumed_role_is_the_one_that_counts() -> None:
    configuration = {
        "aws:assumeRoles": [{"roleArn": _ROLE}],
        "aws:allowedAccountIds": [ADMINISTRATOR],
    }
    with pytest.raises(CredentialsError, match="the credentials are of account 300000000001"):
        _open(configuration)


# Settings that can't be followed


@pytest.mark.parametrize(
    ("key", "instead"),
    [
        ("assumeRole", "Use aws:assumeRoles, the list that pulumi-aws 7 knows"),
        (
            "assumeRoleWithWebIdentity",
            "Set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE in the environment",
        ),
        (
            "ec2MetadataServiceEndpoint",
            "Set AWS_EC2_METADATA_SERVICE_ENDPOINT in the environment",
        ),
        ("httpProxy", "Set HTTP_PROXY in the environment"),
        ("httpsProxy", "Set HTTPS_PROXY in the environment"),
        ("noProxy", "Set NO_PROXY in the environment"),
    ],
)
def test_a_setting_that_only_pulumi_aws_would_follow(aws: Aws, key: str, instead: str) -> None:
    assert _faults({f"aws:{key}": "x"}) == (
        (
            f"aws:{key} would make pulumi-aws act as another account than the member settings. "
            f"{instead}."
        ),
    )
    assert aws.requests == []


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("key", ["sharedConfigFiles", "sharedCredentialsFiles"])
def test_more_files_than_can_be_followed(key: str) -> None:
    assert _faults({f"aws:{key}": ["a", "b"]}) == (
        f"aws:{key} names several files, but only one can be followed. Keep one.",
    )


def test_all_faults_of_the_settings_are_told_at_once(aws: Aws) -> None:
    assert _faults(
        {
            "aws:httpProxy": "http://127.0.0.1:5",
            "aws:allowedAccountIds": [22222222222],
            "aws:assumeRoles": {"roleArn": _ROLE},
            "aws:endpoints": "http://127.0.0.1:1",
            "aws:insecure": "perhaps",
        }
    ) == (
        (
            "aws:httpProxy would make pulumi-aws act as another account than the member settings. "
            "Set HTTP_PROXY in the environment."
        ),
        (
            "aws:allowedAccountIds[0]: 22222222222 has 11 digits; an account id has 12. If it "
            "begins with zeros, put it in quotes."
        ),
        f"aws:assumeRoles: {{'roleArn': '{_ROLE}'}} is malformed. Write a list.",
        "aws:endpoints: http://127.0.0.1:1 is malformed. Write a list.",
        "aws:insecure: perhaps is malformed. Write true or false.",
    )
    assert aws.requests == []


def test_empty_settings_count_as_absent(aws: Aws) -> None:
    empty = dict.fromkeys(("aws:profile", "aws:assumeRole", "aws:endpoints", "aws:token"), "")
    session = _open({"aws:region": "eu-west-1", **_KEYS, **empty})
    assert _last(aws, session).access_key == "AKIASTACK"


# What AWS answers


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("configuration", "reason"),
    [
        (
            {"aws:region": "not a region"},
            "Provided region_name 'not a region' doesn't match a supported format",
        ),
        (
            {"aws:region": "not a region", "aws:stsRegion": "us-east-1"},
            "Provided region_name 'not a region' doesn't match a supported format",
        ),
        ({"aws:endpoints": [{"sts": "127.0.0.1"}]}, "Invalid endpoint: 127.0.0.1"),
        ({"aws:endpoints": [{"guardduty": "127.0.0.1"}]}, "Invalid endpoint: 127.0.0.1"),
        ({"aws:endpoints": [{"organizations": "127.0.0.1"}]}, "Invalid endpoint: 127.0.0.1"),
    ],
)
def test_an_address_that_is_malformed(configuration: dict[str, object], reason: str) -> None:
    assert _faults(configuration) == (
        (
            f"AWS has no such address ({reason}). Correct aws:region, or aws:endpoints or "
            "AWS_ENDPOINT_URL if one is set; an endpoint begins with http:// or https://."
        ),
    )


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    "configuration",
    [
        {"aws:accessKey": "AKIASTACK"},
        {"aws:secretKey": _SECRET},
        {"aws:token": "token-of-stack"},
        {"aws:accessKey": "AKIASTACK", "aws:token": "token-of-stack"},
    ],
    ids=" ".join,
)
def test_keys_that_are_not_complete(aws: Aws, configuration: dict[str, object]) -> None:
    with pytest.raises(SettingsError) as caught:
        _open(configuration)
    assert str(caught.value) == (
        "aws:accessKey and aws:secretKey belong together, aws:token to both of them. Set them all, "
        "or none and use aws:profile or the environment."
    )
    assert aws.requests == []


_SERVICES = ("sts", "guardduty", "organizations")


def _in_clear(endpoints: Mapping[str, str]) -> dict[str, str]:
    """A configuration with keys in clear."""
    return {**_KEYS, "aws:region": "eu-west-1", "aws:endpoints": json.dumps([endpoints])}


@pytest.mark.parametrize("here", ["http://127.0.0.1:5000", "http://[::1]:5000", "http://localhost"])
def test_credentials_in_clear_may_be_used_on_this_machine(aws: Aws, here: str) -> None:
    configuration = _in_clear(dict.fromkeys(_SERVICES, here))

    assert open_session(configuration.get, is_secret=lambda _: False).caller
    assert aws.requests


@pytest.mark.parametrize(
    "endpoints",
    [
        {},
        dict.fromkeys(_SERVICES[:2], "http://127.0.0.1:5000"),
        dict.fromkeys(_SERVICES, "http://127.0.0.1.example"),
        dict.fromkeys(_SERVICES, "http://a.example@localhost"),
    ],
)
def test_credentials_in_clear_are_refused_before_anybody_is_asked(
    aws: Aws, endpoints: dict[str, str]
) -> None:
    configuration = _in_clear(endpoints)

    with pytest.raises(SettingsError) as caught:
        open_session(configuration.get, is_secret=lambda _: False)

    (told,) = caught.value.faults
    assert told.startswith("aws:secretKey is in the stack's configuration in clear")
    assert aws.requests == []
    assert open_session(configuration.get, is_secret=lambda key: key == "aws:secretKey").caller


def test_the_environments_endpoint_counts_for_credentials_in_clear(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:5000")
    configuration = {**_KEYS, "aws:region": "eu-west-1"}

    assert open_session(configuration.get, is_secret=lambda _: False).caller
    assert aws.requests


@pytest.mark.parametrize(
    ("url", "refused"), [("http://127.0.0.1:5000", 0), ("http://a.example", 1)]
)
def test_a_profiles_endpoint_counts_for_credentials_in_clear(
    aws: Aws, tmp_path: Path, url: str, refused: int
) -> None:
    (tmp_path / "config").write_text(f"[profile audit]\nendpoint_url = {url}\n")
    configuration = {**_KEYS, "aws:region": "eu-west-1", "aws:profile": "audit"}

    if refused:
        with pytest.raises(SettingsError):
            open_session(configuration.get, is_secret=lambda _: False)
    else:
        assert open_session(configuration.get, is_secret=lambda _: False).caller
    assert bool(aws.requests) is not bool(refused)


@pytest.mark.usefixtures("environment")
def test_a_refusal_of_guardduty_is_told_with_its_words(aws: Aws) -> None:
    aws.refusals["*"] = (403, "AccessDeniedException", "User: x is not authorized.")
    session = _open({})
    with pytest.raises(ServiceError, match="ListDetectors failed: AccessDeniedException: User: x"):
        session.guardduty.detector_id()
