"""A document: own words that nothing reads as more than words, and foreign ones apart from them."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from guardduty_eks_audit_logs.reports.document import (
    LONGEST,
    Document,
    Foreign,
    Kind,
    Part,
    Quote,
    Quotes,
    Rows,
    Table,
    is_own,
)
from tests.support.documents import HOSTILE

# What GitHub takes no notice of: plain words, or nothing but a line.
_HARMLESS = {"", " ", "東京 🦊 é"}


@pytest.mark.parametrize("words", [text for text in HOSTILE if text not in _HARMLESS])
def test_no_own_words_are_read_as_more_than_words(words: str) -> None:
    assert not is_own(words)
    assert not is_own(f"{words} and more")


@pytest.mark.parametrize(
    "words",
    [
        "17 regions: 109 on, 3 off, 1 refused",
        "Off in us-east-1, eu-west-1 by ",
        "… and 1,234 more accounts",
        "(autoEnable: NEW → NONE)",
        "Run `pulumi cancel --stack <stack>`, if no run is going on.",
        "`@team` and `a|b` as code",
        "",
    ],
)
def test_own_words_are_sentences_and_code(words: str) -> None:
    assert is_own(words)


@pytest.mark.parametrize(
    "words", ["`", "`a", "``", "```a```", "`a``b`", "a\nb", " a", "+ a", "12) a", "4000000 a"]
)
def test_words_that_begin_or_end_something_are_not_own(words: str) -> None:
    assert not is_own(words)


@given(st.text("aw.1 :/-+()!'\"=…→", max_size=12).filter(is_own))
def test_markdown_shows_own_words_as_they_are(words: str) -> None:
    shown = MarkdownIt("commonmark").enable("table").render(words)

    expected = f"<p>{escape(words.strip(), quote=False)}</p>\n" if words.strip() else ""
    assert shown.replace("&quot;", '"') == expected


@pytest.mark.parametrize("words", ["@team", ("ww", "w.example"), ("by ", "#1"), ("`a", "b`", "`")])
def test_a_block_refuses_a_label_that_is_not_own_words(words: str | tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no own words"):
        Rows(words, (), "account")
    with pytest.raises(ValueError, match="no own words"):
        Quotes(words, (), "refusal")
    with pytest.raises(ValueError, match="no own words"):
        Part("Off", 1, (), note=words)


def test_foreign_pieces_stand_anywhere_in_a_label() -> None:
    label = (Foreign("@a"), Foreign("@b"), " by ", Foreign("`c"), ": all")

    assert Rows(label, (), "account").label == label


def test_two_pieces_of_code_may_touch() -> None:
    assert Rows(("`--stack`", Foreign("a")), (), "account").count == 0


@pytest.mark.parametrize("heading", ["", " ", "@team", "the `code`", "a" * 201])
def test_a_heading_is_a_short_line_of_words(heading: str) -> None:
    table = Table(("stack",), ())
    with pytest.raises(ValueError, match="no "):
        Part(heading, 1, ())
    with pytest.raises(ValueError, match="no "):
        Document(Kind.RUN, heading, "1 region", table, ())
    with pytest.raises(ValueError, match="no "):
        Document(Kind.RUN, "A run", heading, table, ())


@pytest.mark.parametrize("noun", ["", "Account", "@team", "a" * 41])
def test_a_noun_is_words(noun: str) -> None:
    with pytest.raises(ValueError, match="no noun"):
        Rows("", (), noun)


@pytest.mark.parametrize("name", ["prod-us-east-1", "www.example.com", "GH-1", "a" * 100])
def test_a_table_takes_names_as_foreign_cells(name: str) -> None:
    assert Table(("stack",), ((Foreign(name),),)).rows == ((Foreign(name),),)


@pytest.mark.parametrize("name", ["", "a b", "a|b", "`a`", "a/b", "é", "a" * 101])
def test_a_table_refuses_any_other_foreign_cell(name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        Table(("stack",), ((Foreign(name),),))


@pytest.mark.parametrize("cell", ["@team", "www.example.com", "a | b", "`a|b`", "<b>"])
def test_a_table_refuses_cells_that_are_no_words(cell: str) -> None:
    with pytest.raises(ValueError, match="no "):
        Table(("result",), ((cell,),))
    with pytest.raises(ValueError, match="no "):
        Table((cell,), ())


def test_a_row_of_a_table_has_a_cell_a_column() -> None:
    with pytest.raises(ValueError, match="2 columns, but a row of 1 cells"):
        Table(("stack", "result"), (("a",),))


def test_foreign_text_is_one_printable_line() -> None:
    assert Foreign("a\r\n\x1b[1mb\u202e\u200bc ").text == "a bc"
    assert Rows("", (("a\nb", "\u202ec"),), "account").rows == (("a b", "c"),)


def test_foreign_text_has_an_end() -> None:
    assert Foreign("a" * LONGEST).text == "a" * LONGEST
    assert Foreign("a" * (LONGEST + 1)).text == "a" * (LONGEST - 1) + "…"


def test_foreign_text_is_no_str() -> None:
    assert not isinstance(Foreign("a"), str)


def test_a_quote_has_the_lines_of_a_sentence() -> None:
    quote = Quote.of("2 members could not be set:\n\n    300000000001\r\n", "Run `pulumi up`.")

    assert quote.lines == (Foreign("2 members could not be set:"), Foreign("300000000001"))
    assert quote.way_out == Foreign("Run `pulumi up`.")
