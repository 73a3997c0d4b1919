"""Documents for tests of their Markdown and HTML, and a reader of that Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from guardduty_eks_audit_logs.reports.document import (
    Block,
    Document,
    Foreign,
    Kind,
    Part,
    Quote,
    Quotes,
    Rows,
    Table,
    Words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

HOSTILE = (
    "@team",
    "#12",
    "GH-1",
    "owner/repository#12",
    "0123456789abcdef0123456789abcdef01234567",
    "www.example.com",
    "https://example.com/a?b=c",
    "a@example.com",
    "[text](https://example.com)",
    "![image](https://example.com/x.png)",
    "<https://example.com>",
    "</details>",
    "</summary></code></pre>",
    "<!-- guardduty-eks-audit-logs: run -->",
    "<!--",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "# heading",
    "- [ ] task",
    "1. first",
    "| a | b |",
    "> [!NOTE]",
    "```",
    "~~~",
    "`",
    "``` `` `",
    "`" * 41,
    "~" * 41,
    "```math",
    "\\",
    "\\`",
    "ends with \\",
    "&lt;b&gt; &#64;team",
    "$x$ $$y$$ $`z`$",
    ":smile:",
    "**bold** _it_ ~~gone~~",
    "---",
    "===",
    "[ref]: https://example.com",
    "[^1]",
    "\u202eetirw\u202c",
    "zero\u200bwidth\ufeff",
    "two\nlines",
    "two\r\n\r\n# lines",
    "a\u2028b\u0085c",
    "\x1b[31mred\x1b[0m",
    "\x00\ud800",
    "東京 🦊 é",
    "",
    " ",
)
"""Texts that Markdown, HTML or GitHub reads as more than text."""

SOME_DOCUMENTS = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
"""A large document takes its time to be made up."""

_hostile = st.sampled_from(HOSTILE)
_foreign = st.one_of(_hostile, st.lists(_hostile, max_size=4).map(" ".join), st.text(max_size=60))
_notes: st.SearchStrategy[Words] = st.just("") | st.builds(
    lambda text: ("A note: ", Foreign(text)), _foreign
)
_labels = st.sampled_from(
    [("Off in us-east-1 by ", None, ": all"), (None, None, ":"), ("Those of `onRelease`:",), ""]
)
_nouns = st.sampled_from(["account", "setting", "resource", "refusal"])
_names = st.from_regex(r"[A-Za-z0-9_.-]{1,20}", fullmatch=True)


@st.composite
def blocks(draw: st.DrawFn, foreign: st.SearchStrategy[str] = _foreign) -> Block:
    """Rows or quotes of hostile texts."""
    words = draw(_labels)
    label = tuple(Foreign(draw(foreign)) if piece is None else piece for piece in words)
    noun = draw(_nouns)
    times = draw(st.integers(1, 30))
    if draw(st.booleans()):
        rows = draw(st.lists(st.lists(foreign, max_size=4).map(tuple), max_size=3))
        return Rows(label, tuple(rows) * times, noun)
    lines = st.lists(foreign, max_size=30).map("\n".join)
    quotes = draw(st.lists(st.builds(Quote.of, lines, foreign), max_size=3))
    return Quotes(label, tuple(quotes) * times, noun)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Documents of up to seven parts, from nothing to a few hundred kilobytes."""
    sizes = draw(st.lists(st.lists(blocks(), max_size=4), max_size=7))
    parts = tuple(
        Part(
            f"Part {at} of this",
            draw(st.integers(1, 7)),
            tuple(some),
            note=draw(_notes),
            folded=draw(st.booleans()),
        )
        for at, some in enumerate(sizes)
    )
    stacks = draw(st.lists(_names, max_size=5)) * draw(st.integers(1, 40))
    table = Table(("stack", "result"), tuple((Foreign(name), "refused") for name in stacks))
    return Document(Kind.PREVIEW, "A preview", "17 regions: 109 on, 3 off", table, parts)


def markdown_tokens(text: str) -> list[Token]:
    """Reads Markdown as GitHub does: with tables and with HTML."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)


def skeleton(text: str) -> list[tuple[str, str]]:
    """Gives what a Markdown text is made of, and all its words but those in code."""
    code = {"fence", "code_inline"}
    return [(token.type, "" if token.type in code else token.content) for token in _leaves(text)]


def code_in(text: str) -> list[str]:
    """Gives the content of each code span and of each line of a fence, in their order."""
    found: list[str] = []
    for token in _leaves(text):
        if token.type == "code_inline":
            found.append(token.content)
        if token.type == "fence":
            found += token.content.split("\n")[:-1]
    return found


@dataclass(frozen=True)
class Reading:
    """What a reader of a Markdown text counts.

    Attributes:
        headings: the headings below the title, folded or not.
        entries: the rows of the table and of lists, and the quotes, that are shown.
        left_out: how many more there are, as it says: {noun in the plural: number}.
    """

    headings: list[str]
    entries: int
    left_out: dict[str, int]


def read(text: str) -> Reading:
    """Counts what is shown in a Markdown text, and what it says is not shown."""
    headings: list[str] = []
    entries = 0
    left: dict[str, int] = {}
    before = ""
    for token in markdown_tokens(text):
        if token.type == "inline" and before == "heading_open":
            headings.append(token.content)
        if token.type == "html_block":
            headings += re.findall("<summary>(.*)</summary>", token.content)
        if token.type == "fence":
            entries += token.content.count("\n")
        if token.type in {"list_item_open", "tr_open"}:
            entries += 1
        if token.type == "thead_open":
            entries -= 1
        if token.type == "inline" and before == "paragraph_open" and token.content[0] == "…":
            for number, noun in re.findall(r"([\d,]+) more (\w+)", token.content):
                plural = noun.removesuffix("s") + "s"
                left[plural] = left.get(plural, 0) + int(number.replace(",", ""))
        before = token.type
    return Reading(headings[1:], entries, left)


def _leaves(text: str) -> Iterator[Token]:
    for token in markdown_tokens(text):
        if token.children is None:
            yield token
        yield from token.children or ()
