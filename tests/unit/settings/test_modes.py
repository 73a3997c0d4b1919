"""What a configuration may say in each mode, and what is not its mode's business."""

from __future__ import annotations

import json

import pytest

from guardduty_eks_audit_logs.settings.modes import Mode, faults_of_mode, without_other_modes
from tests.support.vocabulary import ADMINISTRATOR

_RULES: list[object] = [{"status": "ENABLED", "all": True}]


@pytest.mark.parametrize("mode", Mode)
def test_the_projects_defaults_stand_in_every_mode(mode: Mode) -> None:
    designated = {"administratorAccountId": ADMINISTRATOR} if mode is Mode.DELEGATION else {}
    said = {
        "mode": mode.value,
        "autoEnable": "NEW",
        "members": "[]",
        "maxDisabled": "5%",
        "showCosts": "false",
        **designated,
    }

    assert faults_of_mode(said) == ()


@pytest.mark.parametrize(
    ("mode", "key", "value", "shown"),
    [
        ("standalone", "autoEnable", "ALL", "ALL"),
        ("standalone", "autoEnableMembers", "NEW", "NEW"),
        ("standalone", "members", _RULES, "[{'status': 'ENABLED', 'all': True}]"),
        ("standalone", "members", json.dumps(_RULES), '[{"status": "ENABLED", "all": true}]'),
        ("standalone", "administratorAccountId", ADMINISTRATOR, ADMINISTRATOR),
        ("invitation", "autoEnable", "NONE", "NONE"),
        ("invitation", "autoEnableMembers", "ALL", "ALL"),
        ("invitation", "administratorAccountId", ADMINISTRATOR, ADMINISTRATOR),
        ("organization", "administratorAccountId", ADMINISTRATOR, ADMINISTRATOR),
        ("delegation", "status", "DISABLED", "DISABLED"),
        ("delegation", "detector", "create", "create"),
        ("delegation", "onRelease", "RESTORE", "RESTORE"),
    ],
)
def test_a_key_of_another_mode_is_a_fault(mode: str, key: str, value: object, shown: str) -> None:
    designated = {"administratorAccountId": ADMINISTRATOR} if mode == "delegation" else {}

    assert faults_of_mode({"mode": mode, key: value, **designated}) == (
        f"{key}: {shown} has no effect with mode: {mode}. Remove {key}, or correct the mode.",
    )


def test_delegation_names_whom() -> None:
    assert faults_of_mode({"mode": "delegation", "members": _RULES}) == (
        (
            "members: [{'status': 'ENABLED', 'all': True}] has no effect with mode: delegation. "
            "Remove members, or correct the mode."
        ),
        (
            "administratorAccountId is missing. With mode: delegation it names the account to "
            "designate."
        ),
    )


def test_units_and_tags_in_mode_invitation_are_refused() -> None:
    rules = [
        {"status": "ENABLED", "accounts": ["300000000001"]},
        {"status": "ENABLED", "organizationalUnits": ["Root/Prod"]},
        {"status": "DISABLED", "tags": {"env": "dev"}},
    ]

    for written in (rules, json.dumps(rules)):
        assert faults_of_mode({"mode": "invitation", "members": written}) == tuple(
            f"rule {index + 1} (members[{index}].{selector}): members by invitation need not be in "
            "the same organization, so their units and tags can't be read with mode: invitation. "
            "Use accounts or all."
            for index, selector in ((1, "organizationalUnits"), (2, "tags"))
        )


@pytest.mark.parametrize("members", ["{", "[1]", 7, None, [None]])
def test_rules_that_are_none_are_somebody_elses_fault_to_tell(members: object) -> None:
    assert faults_of_mode({"mode": "invitation", "members": members}) == ()
    assert faults_of_mode({"mode": "nonsense", "members": members}) == ()


def test_what_the_project_says_for_all_stacks_passes_over_other_modes() -> None:
    project = {"members": json.dumps(_RULES), "onRelease": "RESTORE", "administratorAccountId": "1"}
    delegation = {"mode": "delegation", **project, "administratorAccountId": ADMINISTRATOR}

    assert without_other_modes(delegation, project) == {
        "mode": "delegation",
        "administratorAccountId": ADMINISTRATOR,
    }
    assert without_other_modes(project, project) == {
        "members": json.dumps(_RULES),
        "onRelease": "RESTORE",
    }


def test_what_a_stack_says_for_another_mode_stays_a_fault() -> None:
    said = {"mode": "standalone", "members": json.dumps(_RULES), "showCosts": "false"}

    assert without_other_modes(said, {"members": "[]", "mode": "standalone"}) == said
