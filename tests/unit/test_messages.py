"""The few sentences that count, list or tabulate."""

from __future__ import annotations

import pytest

from guardduty import messages
from tests.vocabulary import NOT_ASSOCIATED, account, accounts


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
    assert messages.change(current, "ENABLED") == text


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
