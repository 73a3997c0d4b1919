"""Words of AWS, or of a proxy on the way to it: printable, on one line, and nobody's name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardduty_eks_audit_logs.foreign_words import harmless, printable

ROLE = "arn:aws:sts::222222222222:assumed-role/AWSReservedSSO_Audit"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("two\r\nlines\tand\u2028a third ", "two lines and a third"),
        ("\x1b[31;1mred\x1b[0m, \x9b2Jcleared", "red, cleared"),
        ("\x1b]0;title\x07a \x1b]8;;http://x.example\x1b\\link\x1b]8;;\x1b\\", "a link"),
        ("\x1bcreset\x08\x7f\x85", "reset"),
        ("\u202eetirw\u202c \u2066x\u2069\u200b\ufeff", "etirw x"),
        ("unfinished \x1b[", "unfinished"),
        ("a\x00\ud800b\ue000", "ab"),
        ("Zürich, 東京", "Zürich, 東京"),
    ],
)
def test_what_a_terminal_would_act_on_is_left_out(words: str, told: str) -> None:
    assert printable(words) == told


@given(st.text(alphabet=st.characters()) | st.text(alphabet="\x1b[];?0m\x07\x9b\n\u202e a"))
def test_any_words_become_one_printable_line(words: str) -> None:
    told = printable(words)

    assert told.isprintable()
    assert told == printable(told)
    assert len(harmless(words)) <= 1001


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (f"User: {ROLE}/jane.doe@corp.example may not", f"User: {ROLE}/… may not"),
        (
            "User: arn:aws:iam::222222222222:user/staff/jane.doe may not",
            "User: arn:aws:iam::222222222222:user/… may not",
        ),
        ("jane.doe+aws@corp.example.org may not.", "… may not."),
        ("jane\x1b[1m.doe\u200b@corp.example\n may not.", "… may not."),
    ],
)
def test_names_and_addresses_are_left_out(words: str, told: str) -> None:
    assert harmless(words) == told
