"""The few sentences that count, list or tabulate."""

from __future__ import annotations

import pytest

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import change
from tests.support.vocabulary import NOT_ASSOCIATED, account, accounts


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 members"), (1, "1 member"), (12, "12 members")]
)
def test_nouns_follow_their_numbers(number: int, text: str) -> None:
    assert messages.counted(number, "member") == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "300000000001"),
        (3, "300000000001, 300000000002, 300000000003"),
        (4, "300000000001, 300000000002, 300000000003, …"),
    ],
)
def test_a_list_of_accounts_is_named_by_its_first(number: int, text: str) -> None:
    assert messages.some(accounts(number)[::-1]) == text


@pytest.mark.parametrize(
    ("status", "text"),
    [("ENABLED", "on"), ("DISABLED", "off"), (None, "unknown"), ("PAUSED", "unknown")],
)
def test_unknown_is_not_off(status: str | None, text: str) -> None:
    assert messages.on_off(status) == text


@pytest.mark.parametrize(
    ("current", "text"), [("DISABLED", "DISABLED -> ENABLED"), (None, "UNKNOWN -> ENABLED")]
)
def test_a_change_is_told_from_and_to(current: str | None, text: str) -> None:
    assert change(current, "ENABLED") == text


def test_accounts_that_could_not_be_set_are_a_table_with_aws_words() -> None:
    reasons: dict[str, str] = {account(60): "Internal error", account(7): NOT_ASSOCIATED}

    assert messages.unprocessed("us-east-1", reasons, 120).splitlines() == [
        "2 of 120 members in us-east-1 could not be set; all others (118) are, and are recorded.",
        f"  {NOT_ASSOCIATED.rstrip('.')}:",
        "    300000000007",
        "  Internal error:",
        "    300000000060",
        "`pulumi up` again tries only these.",
    ]


@pytest.mark.parametrize(
    ("left", "attempts", "text"),
    [
        (0, 1, "1 member set, 119 were so already."),
        (0, 4, "1 member set, 119 were so already."),
        (3, 1, "1 member set, 119 were so already, 3 could not be set."),
        (3, 2, "1 member set, 119 were so already, 3 could not be set, tried 2 times."),
    ],
)
def test_the_end_of_a_run_is_counted(left: int, attempts: int, text: str) -> None:
    told = messages.members_set("us-east-1", 1, 119, left, attempts)
    assert told == f"EKS audit logs in us-east-1: {text}"


@pytest.mark.parametrize(
    ("left", "seconds", "text"),
    [
        (1, 0.4, "EKS audit logs: 1 member left, trying again in 0 s"),
        (12, 31.6, "EKS audit logs: 12 members left, trying again in 32 s"),
    ],
)
def test_what_is_tried_again_is_counted(left: int, seconds: float, text: str) -> None:
    assert messages.trying_again(left, seconds) == text


def test_accounts_that_were_to_go_off_stand_first_with_their_rule() -> None:
    reasons = {"300000000001": "No.", "300000000002": "No.", "300000000003": "Internal error"}
    off = {"300000000003": "rule 1: OU Root/Sandbox", "300000000002": "rule 1: OU Root/Sandbox"}

    for told in (
        messages.unprocessed("us-east-1", reasons, 9, off),
        messages.unreleased("us-east-1", reasons, off),
        messages.left_by_the_last_run(reasons, off),
    ):
        assert told.splitlines()[1:7] == [
            "  to be off by rule 1: OU Root/Sandbox: No:",
            "    300000000002",
            "  to be off by rule 1: OU Root/Sandbox: Internal error:",
            "    300000000003",
            "  No:",
            "    300000000001",
        ]


def test_of_many_that_are_turned_off_some_are_named_and_all_counted() -> None:
    assert messages.turned_off(["2", "1"], 2) == "Turned off: 1, 2."
    assert messages.turned_off(["2", "1", "3"], 2) == "Turned off: 1, 2, … and 1 more."


@pytest.mark.parametrize(
    ("reason", "way_out"),
    [
        (
            "No such file or directory",
            "Name a file in a folder that exists, or unset the variable.",
        ),
        ("Is a directory", "Name a file in that folder, or unset the variable."),
        ("Permission denied", "Name a file that you may write, or unset the variable."),
        ("No space left on device", "Name another file, or unset the variable."),
    ],
)
def test_the_way_out_of_a_report_that_is_not_written_fits_the_cause(
    reason: str, way_out: str
) -> None:
    told = messages.report_not_writable("REPORT", "/x", reason)
    assert told == f"REPORT: /x can't be written ({reason}). {way_out}"
