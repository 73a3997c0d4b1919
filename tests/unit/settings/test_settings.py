"""What a stack's configuration may say, and what a user reads when it says something else."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.model import AccountId, AutoEnable
from guardduty_eks_audit_logs.settings.configuration import (
    AWS_KEYS,
    PROJECT,
    SELECTORS,
    DetectorSource,
    OnRelease,
    RuleStatus,
    Settings,
)
from guardduty_eks_audit_logs.settings.modes import Mode
from tests.support.vocabulary import ADMINISTRATOR, OFF, ON, PROJECT_FOLDER, account, settings

if TYPE_CHECKING:
    from collections.abc import Sequence

_PULUMI_YAML = yaml.safe_load((PROJECT_FOLDER / "Pulumi.yaml").read_text())
_KEYS: dict[str, Sequence[str]] = {
    "mode": list(Mode),
    "detector": list(DetectorSource),
    "status": [ON, OFF],
    "autoEnable": list(AutoEnable),
    "autoEnableMembers": list(AutoEnable),
    "members": list(RuleStatus),
    "onRelease": list(OnRelease),
    "maxDisabled": ["25%"],
    "administratorAccountId": [],
    "retryMinutes": [],
    "showCosts": [],
}
"""Every key, with the words that it or its rules take."""

_TYPES = {"members": None, "retryMinutes": "integer", "showCosts": "boolean"}


def _faults(**keys: object) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        settings(**keys)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return caught.value.faults


def _faults_of_id(written: object) -> tuple[str, ...]:
    return _faults(members=[{"status": "ENABLED", "accounts": [written]}])


# Pulumi.yaml


def test_pulumi_yaml_declares_exactly_the_keys_that_exist() -> None:
    fields = {field.alias or name for name, field in Settings.model_fields.items()}
    assert set(_PULUMI_YAML["config"]) == set(_KEYS) == fields
    assert _PULUMI_YAML["name"] == PROJECT


@pytest.mark.parametrize("key", _KEYS)
def test_pulumi_yaml_describes_each_value_that_a_key_takes(key: str) -> None:
    declared = _PULUMI_YAML["config"][key]
    assert [value for value in _KEYS[key] if value not in declared["description"]] == []
    assert declared.get("type") == _TYPES.get(key, "string")


def test_a_stack_that_sets_nothing_gets_pulumi_yamls_defaults() -> None:
    defaults = {key: declared["default"] for key, declared in _PULUMI_YAML["config"].items()}
    assert settings(**defaults) == settings() == Settings()


def test_the_defaults_are_those_that_change_least() -> None:
    assert Settings().model_dump(by_alias=True) == {
        "mode": "organization",
        "detector": "existing",
        "status": "ENABLED",
        "autoEnable": "NEW",
        "autoEnableMembers": None,
        "members": (),
        "onRelease": "LEAVE",
        "maxDisabled": {"written": 10},
        "administratorAccountId": None,
        "retryMinutes": 5,
        "showCosts": True,
    }


# What is read


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (key, value)
        for key, values in _KEYS.items()
        if key not in {"members", "maxDisabled"}
        for value in values
    ],
)
def test_each_value_of_each_key_is_taken(key: str, value: str) -> None:
    designated = {"administratorAccountId": ADMINISTRATOR} if value == Mode.DELEGATION else {}
    assert settings(**{key: str(value)}, **designated).model_dump(by_alias=True)[key] == value


def test_rules_come_as_the_engine_gives_them_in_json() -> None:
    read = settings(
        members=json.dumps(
            [
                {"status": "UNMANAGED", "accounts": ["300000000002"]},
                {"status": "DISABLED", "accounts": ["300000000001", "012345678901"]},
                {"status": "ENABLED", "all": True},
            ]
        )
    ).members

    assert [r.wanted for r in read] == [None, OFF, ON]
    assert [r.selector() for r in read] == ["accounts", "accounts", "all"]
    assert read[1].accounts == frozenset([account(1), AccountId("012345678901")])


@pytest.mark.parametrize(("detector", "makes"), [("existing", False), ("create", True)])
def test_only_a_stack_that_says_create_makes_a_detector(
    detector: str,
    makes: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert settings(detector=detector).makes_detector is makes


def test_an_empty_value_counts_as_absent() -> None:
    assert settings(autoEnableMembers="", members="", status="") == Settings()


def test_keys_of_other_namespaces_are_left_alone() -> None:
    others = ("aws:region", "aws:newKey", "eks:cluster", "pulumi:tags", "github:members2")
    assert Settings.from_configuration(dict.fromkeys(others, "x")) == Settings()


@pytest.mark.parametrize(
    "namespace",
    [
        "guardduty-eks-audit-log",
        "guarduty-eks-audit-logs",
        "guardduty_eks_audit_logs",
        "GuardDuty-EKS-audit-logs",
        "guardduty",
    ],
)
def test_a_namespace_that_is_nearly_the_projects_is_refused(namespace: str) -> None:
    key = f"{namespace}:status"

    with pytest.raises(SettingsError) as caught:
        Settings.from_configuration({key: "DISABLED"})

    assert caught.value.faults == (
        (
            f"{key} is in a namespace that this program does not read. Did you mean "
            "guardduty-eks-audit-logs:status? The namespace of this project's keys is its name in "
            "Pulumi.yaml. Write guardduty-eks-audit-logs:status in place of "
            f"{key} where it stands, in the stack's file or in Pulumi.yaml; for a single value of "
            "the stack's file, `pulumi config set guardduty-eks-audit-logs:status <value>` and "
            f"`pulumi config rm {key}` do that."
        ),
    )


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (f"{PROJECT}:{PROJECT}", "Write a key and its namespace on one line"),
        (f"{PROJECT}:members[0].status", "is a path into a key. Remove it"),
        (f"{PROJECT}:Status", "Did you mean status?"),
        ("AWS:Region", "Did you mean aws:region?"),
        ("Guardduty-EKS-Audit-Logs:AutoEnable", f"Did you mean {PROJECT}:autoEnable?"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(key: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_configuration({key: "x"})

    (fault,) = caught.value.faults
    assert told in fault


def test_a_renamed_project_reads_its_own_namespace_and_refuses_the_former() -> None:
    read = Settings.from_configuration({"acme:status": "DISABLED"}, "acme")
    assert read.status == "DISABLED"

    with pytest.raises(SettingsError) as caught:
        Settings.from_configuration({f"{PROJECT}:status": "DISABLED", "other:x": "y"}, "acme")
    (fault,) = caught.value.faults
    assert "Did you mean acme:status?" in fault


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("acme:status", "guardduty-eks-audit-logs:status"),
        ("eks:members", "guardduty-eks-audit-logs:members"),
        ("AWS:status", "guardduty-eks-audit-logs:status"),
        ("AWS:allowedAccountIds", "aws:allowedAccountIds"),
        ("Aws:region", "aws:region"),
        ("Pulumi:tags", "pulumi:tags"),
        ("GUARDDUTY-EKS-AUDIT-LOGS:memberz", "guardduty-eks-audit-logs:members"),
    ],
)
def test_a_key_in_a_namespace_that_nobody_reads_is_refused(key: str, meant: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_configuration({key: "DISABLED"})

    (fault,) = caught.value.faults
    assert (
        f"{key} is in a namespace that this program does not read. Did you mean {meant}?" in fault
    )
    assert f"`pulumi config set {meant} <value>` and `pulumi config rm {key}`" in fault


def test_a_nameless_key_in_an_unread_namespace_is_to_be_removed() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_configuration({"guardduty:region": "us-east-1"})

    (fault,) = caught.value.faults
    assert fault.endswith("Remove it where it stands, in the stack's file or in Pulumi.yaml.")


@pytest.mark.parametrize(
    ("key", "reader", "meant"),
    [
        ("pulumi:status", "Pulumi", f"{PROJECT}:status"),
        ("aws:status", "the aws provider", f"{PROJECT}:status"),
        ("aws:AutoEnable", "the aws provider", f"{PROJECT}:autoEnable"),
        ("aws:allowedAccountIDs", "the aws provider", "aws:allowedAccountIds"),
        ("aws:allowed_account_ids", "the aws provider", "aws:allowedAccountIds"),
    ],
)
def test_a_key_that_the_reader_of_its_namespace_does_not_know_is_refused(
    key: str, reader: str, meant: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_configuration({key: "x"})

    (fault,) = caught.value.faults
    assert fault.startswith(f"{key} is no key of {reader}. Did you mean {meant}?")
    assert ("The namespace of this project's keys" in fault) is (meant != "aws:allowedAccountIds")


def test_the_keys_of_the_aws_provider_are_those_of_pulumi_aws() -> None:
    package = importlib.util.find_spec("pulumi_aws")
    assert package is not None
    assert package.origin is not None
    text = (Path(package.origin).parent / "config" / "vars.py").read_text()
    assert {*re.findall(r"__config__\.get\w*\('(\w+)'\)", text), "assumeRole"} == set(AWS_KEYS)
    assert not {key.casefold() for key in AWS_KEYS} & {key.casefold() for key in _KEYS}


def test_a_list_is_not_to_be_set_by_a_command() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_configuration({"acme:members": "[]"})

    (fault,) = caught.value.faults
    assert fault.endswith("where it stands, in the stack's file or in Pulumi.yaml.")


def test_of_several_keys_in_a_wrong_namespace_the_reason_is_told_once() -> None:
    former = {f"{PROJECT}:{key}": "x" for key in ("mode", "status", "members")}

    with pytest.raises(SettingsError) as caught:
        Settings.from_configuration({**former, "AWS:region": "x"}, "acme")

    assert [fault.splitlines() for fault in caught.value.faults] == [
        [
            (
                "AWS:region is in a namespace that this program does not read. Did you mean "
                "aws:region? Write "
                "aws:region in place of AWS:region where it stands, in the stack's file or in "
                "Pulumi.yaml; for a single value of the stack's file, `pulumi config set "
                "aws:region <value>` and `pulumi config rm AWS:region` do that."
            )
        ],
        [
            (
                "3 keys of this project stand where this program does not read them; their "
                "namespace is acme, "
                "the project's name in Pulumi.yaml. Write the second in place of the first where "
                "it stands, in the stack's file or in Pulumi.yaml."
            ),
            *(f"  {PROJECT}:{key} -> acme:{key}" for key in ("mode", "status", "members")),
        ],
    ]


def test_only_what_is_written_counts_as_asked_for() -> None:
    written = settings(autoEnable="NEW", members=[])
    assert (written.is_written("autoEnable"), written.is_written("members")) == (True, True)
    for nothing in (settings(), settings(autoEnable="", members=""), Settings.from_values({})):
        assert not nothing.is_written("autoEnable")
        assert not nothing.is_written("members")
        assert nothing == written


def test_a_misspelt_namespace_is_told_together_with_the_other_faults() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_configuration(
            {f"{PROJECT}:status": "ON", f"{PROJECT}:mod": "x", f"{PROJECT[:-1]}:mode": "x"}
        )

    assert [fault.split(" ")[0] for fault in caught.value.faults] == [
        "guardduty-eks-audit-log:mode",
        "guardduty-eks-audit-logs:mod",
        "status:",
    ]


@pytest.mark.parametrize("written", [300000000001, 300000000001.0, "300000000001"])
def test_an_id_that_yaml_read_as_a_number_is_the_same_id(written: object) -> None:
    (rule,) = settings(members=[{"status": "ENABLED", "accounts": [written]}]).members
    assert rule.accounts == frozenset([account(1)])


@with_settings(deadline=None)
@given(st.text(alphabet="01234567", min_size=11, max_size=11))
def test_an_id_read_as_an_octal_number_is_not_taken_for_another(digits: str) -> None:
    written = f"0{digits}"
    assert len(_faults_of_id(int(written, 8))) == 1
    assert len(_faults_of_id(int(written, 10))) == 1


# Faults: the value as a user wrote it, and the sentence that is read


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        (
            "mode",
            "invited",
            (
                "mode: invited is not a value it takes. Use one of organization, invitation, "
                "standalone, delegation."
            ),
        ),
        (
            "detector",
            "new",
            "detector: new is not a value it takes. Use one of existing, create.",
        ),
        ("status", "ON", "status: ON is not a value it takes. Use one of ENABLED, DISABLED."),
        (
            "status",
            "enabled",
            "status: enabled is not a value it takes. Use one of ENABLED, DISABLED.",
        ),
        ("status", True, "status: true is not a value it takes. Use one of ENABLED, DISABLED."),
        (
            "autoEnable",
            "all",
            "autoEnable: all is not a value it takes. Use one of NEW, ALL, NONE.",
        ),
        (
            "autoEnableMembers",
            "SOME",
            "autoEnableMembers: SOME is not a value it takes. Use one of NEW, ALL, NONE.",
        ),
        (
            "onRelease",
            "KEEP",
            "onRelease: KEEP is not a value it takes. Use one of LEAVE, RESTORE, DISABLE.",
        ),
        (
            "maxDisabled",
            "many",
            (
                "maxDisabled: many is malformed. Write a number of accounts, or a share of all "
                'like "25%".'
            ),
        ),
        (
            "maxDisabled",
            "-1",
            (
                "maxDisabled: -1 is malformed. Write a number of accounts, or a share of all "
                'like "25%".'
            ),
        ),
        ("showCosts", "perhaps", "showCosts: perhaps is malformed. Write true or false."),
        (
            "administratorAccountId",
            "222222222222",
            (
                "administratorAccountId: 222222222222 has no effect with mode: organization. "
                "Remove administratorAccountId, or correct the mode."
            ),
        ),
        (
            "staus",
            "ENABLED",
            (
                "guardduty-eks-audit-logs:staus is not a configuration key of this project. Did "
                "you mean status?"
            ),
        ),
        (
            "auto_enable",
            "NEW",
            (
                "guardduty-eks-audit-logs:auto_enable is not a configuration key of this project. "
                "Did you mean autoEnable?"
            ),
        ),
        (
            "xyz",
            "1",
            (
                "guardduty-eks-audit-logs:xyz is not a configuration key of this project. Known "
                "are administratorAccountId, autoEnable, autoEnableMembers, detector, maxDisabled, "
                "members, mode, onRelease, retryMinutes, showCosts, status."
            ),
        ),
        (
            "members",
            "300000000001",
            "members: 300000000001 is malformed. Write a list.",
        ),
        (
            "members",
            "all of them",
            (
                "members: all of them is not a list. Write a list of rules, as in "
                "stacks/Pulumi.template.yaml."
            ),
        ),
        (
            "members",
            "- status: ENABLED\n  all: true",
            (
                r"members: '- status: ENABLED\n  all: true' is text and no list. In the stack's "
                "file, write the list without quotes and without a |, as in "
                "stacks/Pulumi.template.yaml; by `pulumi config set`, write it as JSON."
            ),
        ),
        (
            "retryMinutes",
            61,
            "retryMinutes: 61 is not a value it takes. Write a number of minutes from 0 to 60.",
        ),
        (
            "status",
            "ENABLED\u00a0",
            r"status: 'ENABLED\xa0' is not a value it takes. Use one of ENABLED, DISABLED.",
        ),
        (
            "status\u200b",
            "ENABLED",
            (
                r"'guardduty-eks-audit-logs:status\u200b' is not a configuration key of this "
                "project. Did you mean status?"
            ),
        ),
        (
            "members",
            {"rules": []},
            "members: {'rules': []} is malformed. Write a list.",
        ),
        (
            "members",
            "[" * 100,
            (
                f"members: {'[' * 60}… is not a list. Write a list of rules, as in "
                "stacks/Pulumi.template.yaml."
            ),
        ),
    ],
)
def test_a_value_that_a_key_does_not_take(key: str, value: object, sentence: str) -> None:
    assert _faults(**{key: value}) == (sentence,)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("all", "rule 2 (members[1]): all is malformed. Write keys with values."),
        (
            ["300000000001"],
            "rule 2 (members[1]): ['300000000001'] is malformed. Write keys with values.",
        ),
        ({"all": True}, "rule 2 (members[1]): status is missing. Add it."),
        (
            {"status": "ON", "all": True},
            (
                "rule 2 (members[1].status): ON is not a value it takes. Use one of ENABLED, "
                "DISABLED, UNMANAGED."
            ),
        ),
        (
            {"status": "ENABLED"},
            (
                "rule 2 (members[1]): the rule selects no account. "
                f"Add one of {', '.join(SELECTORS)}."
            ),
        ),
        (
            {"status": "ENABLED", "accounts": ["300000000001"], "all": True},
            (
                "rule 2 (members[1]): a rule selects by exactly one of accounts and all. Keep one "
                "of them."
            ),
        ),
        (
            {"status": "ENABLED", "accounts": []},
            (
                "rule 2 (members[1]): accounts is empty, so the rule selects no account. Fill it "
                "or "
                "remove the rule."
            ),
        ),
        (
            {"status": "ENABLED", "organizationalUnits": []},
            (
                "rule 2 (members[1]): organizationalUnits is empty, so the rule selects no "
                "account. "
                "Fill it or remove the rule."
            ),
        ),
        (
            {"status": "ENABLED", "tags": {"env": "dev"}, "organizationalUnits": ["Root/Prod"]},
            (
                "rule 2 (members[1]): a rule selects by exactly one of organizationalUnits and "
                "tags. Keep one of them."
            ),
        ),
        (
            {"status": "ENABLED", "tags": {"cost-center": 12}},
            "rule 2 (members[1].tags.cost-center): 12 is malformed. Write text, in quotes.",
        ),
        (
            {"status": "ENABLED", "organizationalUnits": ["ou-prod"]},
            (
                "rule 2 (members[1].organizationalUnits[0]): ou-prod is not the id of an "
                "organizational unit. Write it like ou-ab12-cdef3456."
            ),
        ),
        (
            {"status": "ENABLED", "organizationalUnits": ["Root//Prod"]},
            (
                "rule 2 (members[1].organizationalUnits[0]): Root//Prod is not a path of "
                "organizational units. Write it like Root/Prod/EU."
            ),
        ),
        (
            {"status": "ENABLED", "accounts": "300000000001"},
            "rule 2 (members[1].accounts): 300000000001 is malformed. Write a list.",
        ),
        (
            {"status": "ENABLED", "all": "yes"},
            "rule 2 (members[1].all): yes is not a value it takes. Use true.",
        ),
        (
            {"status": "ENABLED", "everyone": True},
            (
                "rule 2 (members[1]): everyone is not a key that exists here. Remove it or correct "
                "its spelling."
            ),
        ),
    ],
)
def test_a_rule_that_is_malformed(rule: object, sentence: str) -> None:
    assert _faults(members=[{"status": "UNMANAGED", "all": True}, rule]) == (sentence,)


def test_a_rule_for_nobody_by_all_false() -> None:
    (sentence,) = _faults(members=[{"status": "ENABLED", "all": False}])
    assert sentence.lower() == "rule 1 (members[0].all): false is not a value it takes. use true."


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("30000000001", "30000000001 has 11 digits"),
        ("3000000000011", "3000000000011 has 13 digits"),
        ("7", "7 has 1 digit"),
        (30000000001, "30000000001 has 11 digits"),
        (12345678901.0, "12345678901 has 11 digits"),
        (0o12345670123, "1402433619 has 10 digits"),
    ],
)
def test_an_id_with_another_number_of_digits(written: object, said: str) -> None:
    assert _faults_of_id(written) == (
        (
            f"rule 1 (members[0].accounts[0]): {said}; an account id has 12. If it begins with "
            "zeros, put it in quotes."
        ),
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("3000-0000-0001", "3000-0000-0001"),
        ("30000000000a", "30000000000a"),
        (" 300000000001", "' 300000000001'"),
        ("٣٠٠٠٠٠٠٠٠٠٠١", "٣٠٠٠٠٠٠٠٠٠٠١"),
        ("\uff10\uff11\uff12345678901", "\uff10\uff11\uff12345678901"),
        ("300000000001\n", r"'300000000001\n'"),
        (-300000000001, "-300000000001"),
        (1.5, "1.5"),
        (float("inf"), "inf"),
        (["300000000001"], "['300000000001']"),
    ],
)
def test_an_id_that_is_none(written: object, shown: str) -> None:
    assert _faults_of_id(written) == (
        (
            f"rule 1 (members[0].accounts[0]): {shown} is not an account id. Write its 12 digits, "
            "in quotes."
        ),
    )


@pytest.mark.parametrize("written", [True, False, None])
def test_an_id_that_is_not_even_text(written: object) -> None:
    (sentence,) = _faults_of_id(written)
    assert sentence.startswith("rule 1 (members[0].accounts[0]): ")
    assert sentence.endswith(" is not an account id. Write its 12 digits, in quotes.")


def test_all_faults_are_told_at_once() -> None:
    assert _faults(
        staus="ENABLED",
        status="ON",
        onRelease="KEEP",
        members=[
            {"status": "ON", "accounts": ["7", "300000000001", "x"]},
            {"status": "ENABLED"},
        ],
    ) == (
        (
            "guardduty-eks-audit-logs:staus is not a configuration key of this project. Did you "
            "mean status?"
        ),
        "status: ON is not a value it takes. Use one of ENABLED, DISABLED.",
        (
            "rule 1 (members[0].status): ON is not a value it takes. Use one of ENABLED, DISABLED, "
            "UNMANAGED."
        ),
        (
            "rule 1 (members[0].accounts[0]): 7 has 1 digit; an account id has 12. If it begins "
            "with zeros, put it in quotes."
        ),
        "rule 1 (members[0].accounts[2]): x is not an account id. Write its 12 digits, in quotes.",
        (f"rule 2 (members[1]): the rule selects no account. Add one of {', '.join(SELECTORS)}."),
        "onRelease: KEEP is not a value it takes. Use one of LEAVE, RESTORE, DISABLE.",
    )


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize(
    "key", [field.alias or name for name, field in Settings.model_fields.items()]
)
def test_a_program_that_gives_a_key_without_a_value_gives_none(key: str, nothing: object) -> None:
    values = {"autoEnable": "ALL", "members": [{"status": "ENABLED", "all": True}]}
    without = {k: v for k, v in values.items() if k != key}

    assert Settings.from_values({**values, key: nothing}) == Settings.from_values(without)
