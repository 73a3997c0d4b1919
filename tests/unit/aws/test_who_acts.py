"""Who acts, as an argument; and what is told where a stack and an environment disagree."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.settings.identity import AssumeRole, AwsSettings, Identity
from guardduty_eks_audit_logs.settings.stack_identity import identity_notice, read_aws_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ROLE = "arn:aws:iam::300000000001:role/audit"
_KEYS = {"aws:accessKey": "AKIASTACK", "aws:secretKey": "wJalrXUtnFEMI"}


def _faults(make: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        make()
    return caught.value.faults


# In the state


@pytest.mark.parametrize(
    "identity",
    [
        Identity(),
        Identity(profile="audit"),
        Identity(
            allowed_account_ids=("222222222222",),
            assume_roles=(AssumeRole(role_arn=_ROLE, tags={"team": "security"}),),
            custom_ca_bundle="/certificates.pem",
            endpoints=({"sts": "http://127.0.0.1:3"},),
            forbidden_account_ids=("300000000002",),
            insecure=True,
            profile="audit",
            shared_config_files=("/config",),
            shared_credentials_files=("/credentials",),
            sts_region="us-east-1",
            use_dualstack_endpoint=True,
            use_fips_endpoint=False,
        ),
    ],
    ids=["of the environment", "a profile", "everything"],
)
def test_an_identity_is_the_same_after_it_was_in_the_state(identity: Identity) -> None:
    assert Identity(**json.loads(json.dumps(identity.properties()))) == identity


def test_what_is_left_out_is_not_in_the_state() -> None:
    assert Identity().properties() == {}
    assert Identity(assume_roles=(AssumeRole(role_arn=_ROLE),)).properties() == {
        "assumeRoles": [{"roleArn": _ROLE}]
    }


@pytest.mark.parametrize(
    ("secrets", "named"),
    [
        ({"access_key": "AKIA", "secret_key": "wJal"}, "identity.accessKey, identity.secretKey"),
        ({"token": "t", "profile": "audit"}, "identity.token"),
        ({"secretKey": "wJal"}, "identity.secretKey"),
    ],
)
def test_keys_are_refused_since_the_state_would_have_them(
    secrets: dict[str, Any], named: str
) -> None:
    assert _faults(lambda: Identity(**secrets)) == (
        (
            f"{named} can't be given, since an identity is kept in the stack's state in clear. Use "
            "profile or assumeRoles, or keys in the environment."
        ),
    )


def test_settings_with_keys_show_no_secret_and_can_not_be_kept() -> None:
    keys = {"accessKey": "AKIA", "secretKey": "wJalr", "token": "TOKEN"}
    settings = AwsSettings.model_validate(keys)

    assert settings.keys == ("AKIA", "wJalr", "TOKEN")
    assert not {"wJalr", "TOKEN"} & set(re.findall(r"\w+", f"{settings!r}{settings.model_dump()}"))
    with pytest.raises(SettingsError, match="kept in the stack's state in clear"):
        settings.properties()


def test_a_stacks_aws_settings_are_read_with_where_and_who() -> None:
    stack = {**_KEYS, "aws:region": "eu-west-1", "aws:insecure": "true", "aws:token": "[1]"}
    settings = read_aws_settings(stack.get)

    assert settings.region == "eu-west-1"
    assert settings.insecure
    assert settings.keys == ("AKIASTACK", "wJalrXUtnFEMI", "[1]")


def test_all_faults_of_an_identity_are_told_at_once() -> None:
    wrong: dict[str, Any] = {"profil": "audit", "insecure": "perhaps", "assumeRoles": [{}]}
    wrong["region"] = "eu-west-1"
    assert set(_faults(lambda: Identity(**wrong))) == {
        "identity.assumeRoles[0].roleArn is missing. Add it.",
        "identity.insecure: perhaps is malformed. Write true or false.",
        "identity.profil is not a key that exists here. Remove it or correct its spelling.",
        "identity.region is not a key that exists here. Remove it or correct its spelling.",
    }


def test_an_identity_names_one_file_of_a_kind() -> None:
    assert _faults(lambda: Identity(shared_config_files=("a", "b"))) == (
        "identity.sharedConfigFiles names several files, but only one can be followed. Keep one.",
    )


# Stack and environment


@pytest.mark.parametrize(
    ("stack", "environment", "notice"),
    [
        pytest.param(
            {"aws:profile": "audit"},
            {"AWS_PROFILE": "default"},
            "aws:profile audit of this stack is used; AWS_PROFILE=default of the environment is "
            "not.",
            id="two profiles",
        ),
        pytest.param(
            {"aws:profile": "audit"},
            {"AWS_DEFAULT_PROFILE": "default"},
            "aws:profile audit of this stack is used; AWS_DEFAULT_PROFILE=default of the "
            "environment is not.",
            id="a default profile",
        ),
        pytest.param(
            {"aws:profile": "audit"},
            {"AWS_PROFILE": "audit", "AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT"},
            "aws:profile audit of this stack is used; AWS_ACCESS_KEY_ID of the environment is not.",
            id="the environment's keys",
        ),
        pytest.param(
            {"aws:profile": "audit"},
            {"AWS_PROFILE": "default", "AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT"},
            "aws:profile audit of this stack is used; AWS_ACCESS_KEY_ID and AWS_PROFILE=default of "
            "the environment are not.",
            id="the environment's keys and profile",
        ),
        pytest.param(
            {"aws:profile": "audit"},
            {"AWS_ROLE_ARN": _ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": "/token"},
            "aws:profile audit of this stack is used; AWS_WEB_IDENTITY_TOKEN_FILE of the "
            "environment is not.",
            id="the environment's token file",
        ),
        pytest.param(
            _KEYS,
            {"AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT"},
            "aws:accessKey of this stack is used; AWS_ACCESS_KEY_ID of the environment is not.",
            id="two keys",
        ),
        pytest.param(
            {**_KEYS, "aws:profile": "audit"},
            {"AWS_PROFILE": "audit"},
            "aws:accessKey of this stack is used; AWS_PROFILE=audit of the environment is not.",
            id="the stack's keys come before its profile",
        ),
    ],
)
def test_a_stack_and_an_environment_that_disagree_are_told(
    stack: Mapping[str, str], environment: Mapping[str, str], notice: str
) -> None:
    assert identity_notice(stack.get, environment) == f"Credentials: {notice}"


@pytest.mark.parametrize(
    ("stack", "environment"),
    [
        ({}, {}),
        ({"aws:profile": "audit"}, {}),
        ({"aws:profile": "audit"}, {"AWS_PROFILE": ""}),
        ({"aws:profile": ""}, {"AWS_PROFILE": "default"}),
        ({}, {"AWS_PROFILE": "default", "AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT"}),
        ({"aws:profile": "audit"}, {"AWS_PROFILE": "audit"}),
        ({"aws:profile": "audit"}, {"AWS_PROFILE": "audit", "AWS_DEFAULT_PROFILE": "default"}),
        (_KEYS, {"AWS_ACCESS_KEY_ID": "AKIASTACK", "AWS_PROFILE": "default"}),
        ({"aws:assumeRoles": json.dumps([{"roleArn": _ROLE}])}, {"AWS_PROFILE": "default"}),
    ],
    ids=[
        "nobody",
        "the stack alone",
        "an empty variable",
        "an empty setting",
        "the environment alone",
        "one profile",
        "one profile, and another that does not count",
        "one key",
        "a role of the environment's profile",
    ],
)
def test_nothing_is_told_where_both_name_the_same_or_one_is_silent(
    stack: Mapping[str, str], environment: Mapping[str, str]
) -> None:
    assert identity_notice(stack.get, environment) is None
