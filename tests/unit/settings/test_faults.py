"""Faults of a configuration in a user's words."""

from __future__ import annotations

import pytest

from guardduty_eks_audit_logs.settings.faults import did_you_mean, path, shown


@pytest.mark.parametrize(
    ("location", "written"),
    [
        ((), ""),
        (("status",), "status"),
        (("members",), "members"),
        (("members", 0), "rule 1 (members[0])"),
        (("assumeRoles", 0, "roleArn"), "assumeRoles[0].roleArn"),
        (("members", 0, "accounts", 2), "rule 1 (members[0].accounts[2])"),
    ],
)
def test_a_place_is_written_as_the_command_line_takes_it(
    location: tuple[str | int, ...], written: str
) -> None:
    assert path(location) == written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ON", "ON"),
        (7, "7"),
        ("", '""'),
        ("Root/Büro 1", "Root/Büro 1"),
        (" ON", "' ON'"),
        ("ON\n", r"'ON\n'"),
        ("ON\u00a0", r"'ON\xa0'"),
        ("O\u200bN", r"'O\u200bN'"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 60 + "…"),
        (list(range(100)), str(list(range(100)))[:60] + "…"),
    ],
)
def test_a_value_is_told_in_short_and_what_it_hides_is_seen(value: object, text: str) -> None:
    assert shown(value) == text


def test_the_nearest_key_is_suggested() -> None:
    assert did_you_mean("autoenable", ["status", "autoEnable"]) == "Did you mean autoEnable?"


def test_all_keys_are_listed_if_none_is_near() -> None:
    assert did_you_mean("xyz", ["status", "autoEnable"]) == "Known are autoEnable, status."
