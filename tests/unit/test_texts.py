"""Accounts as one text: what is written is read again, and anything else is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from guardduty_eks_audit_logs.texts import grouped, listed, read_either, read_grouped, read_listed
from tests.support.vocabulary import account, accounts

if TYPE_CHECKING:
    from collections.abc import Callable

_IDS = st.from_regex(r"[0-9]{12}", fullmatch=True)
_WORDS = st.sampled_from(
    ["ENABLED", "DISABLED", "UNKNOWN", "LEAVE", "ENABLED -> DISABLED", "UNKNOWN -> ENABLED"]
)
_MANY = st.dictionaries(_IDS, _WORDS, max_size=40)


def test_a_list_has_one_account_a_line_in_order() -> None:
    words: dict[str, str] = {account(2): "DISABLED", account(1): "ENABLED"}
    assert listed(words) == "300000000001: ENABLED\n300000000002: DISABLED\n"


def test_groups_have_up_to_five_accounts_a_line_and_what_turns_off_first() -> None:
    words: dict[str, str] = {account(n): "DISABLED -> ENABLED" for n in (9, 1, 2, 5, 6, 7, 8)}
    words |= {account(n): "ENABLED -> DISABLED" for n in (4, 3)}

    assert grouped(words).splitlines() == [
        "ENABLED -> DISABLED:",
        "- 300000000003 300000000004",
        "DISABLED -> ENABLED:",
        "- 300000000001 300000000002 300000000005 300000000006 300000000007",
        "- 300000000008 300000000009",
    ]


def test_what_yaml_would_take_for_a_number_is_in_quotes() -> None:
    assert listed({"012345670123": "ENABLED"}) == '"012345670123": ENABLED\n'
    assert grouped({"012345670123": "ENABLED"}) == 'ENABLED:\n- "012345670123"\n'
    six = grouped(dict.fromkeys(accounts(6), "ENABLED"))
    assert six.splitlines()[-1] == '- "300000000006"'


def test_nobody_is_an_empty_text() -> None:
    assert (listed({}), grouped({})) == ("", "")


@pytest.mark.parametrize("read", [read_listed, read_grouped, read_either])
@pytest.mark.parametrize("nothing", [None, ""])
def test_no_text_is_nobody(
    read: Callable[[str | None], dict[str, str]], nothing: str | None
) -> None:
    assert read(nothing) == {}


@given(words=_MANY)
def test_what_is_written_is_read_again(words: dict[str, str]) -> None:
    assert read_listed(listed(words)) == words
    assert read_grouped(grouped(words)) == words
    assert read_either(listed(words)) == read_either(grouped(words)) == words


@given(words=_MANY)
def test_the_order_of_accounts_makes_no_other_text(words: dict[str, str]) -> None:
    backwards = dict(reversed(words.items()))
    assert (listed(backwards), grouped(backwards)) == (listed(words), grouped(words))


@given(words=st.dictionaries(_IDS, _WORDS, min_size=1, max_size=12))
def test_yaml_reads_the_same_accounts(words: dict[str, str]) -> None:
    entries = yaml.safe_load(listed(words))
    assert {str(account): word for account, word in entries.items()} == words

    groups = yaml.safe_load(grouped(words))
    told = {a: word for word, lines in groups.items() for line in lines for a in line.split()}
    assert told == words


@pytest.mark.parametrize("line", ["x", "300000000001", "300000000001:", "- x", ": ENABLED", " "])
def test_another_line_is_none_of_a_list(line: str) -> None:
    with pytest.raises(ValueError, match=f"^{line}$"):
        read_listed(f"300000000001: ENABLED\n{line}\n")


@pytest.mark.parametrize("line", ["x", "300000000001", "300000000001: ENABLED", ":", "-", " "])
def test_another_line_is_none_of_groups(line: str) -> None:
    with pytest.raises(ValueError, match=f"^{line}$"):
        read_grouped(f"ENABLED:\n- 300000000001 300000000002\n{line}\n")


def test_accounts_without_a_word_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^- 300000000001 300000000002$"):
        read_grouped("- 300000000001 300000000002\n")
