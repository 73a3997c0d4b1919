"""A report over many stacks as plain data: what it says and in which order, without Markdown.

A line is made of own words, which are plain strings, and of `Foreign` texts. Own words hold nothing
that Markdown, HTML or GitHub reads as more than a word. `Foreign` is everything else; whoever
renders a document shows it as code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from guardduty_eks_audit_logs.foreign_words import printable

LONGEST = 2_000
"""So many characters of a foreign line are shown."""
_HEADLINE = 200
_LABEL = 2_000
_NOUN = 40
_NOTE = 400

_OWN = re.compile(r"""(?:[A-Za-z0-9 ,.;:()'"/+=%?!…→·-]|`[ -_a-~]+`(?!`))*""")
_IN_CODE = re.compile(r"`[^`]*`")
_LINKED = re.compile(r"(?i)www\.|://|\bGH-\d|\b[0-9a-f]{7,}\b|:[\w+-]+:")
_BEGINS_A_BLOCK = re.compile(r"\d+[.)](?: |$)|[^A-Za-z0-9(…→'\"`]")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(https?://[\w.:/%~?=&+-]+\)", re.ASCII)
_COMMIT = re.compile(r"\b[0-9a-f]{7,40}\b")
STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""A name that a stack may have: letters, digits, `_`, `.` and `-`."""


@dataclass(frozen=True)
class Foreign:
    """One line that others wrote: AWS, the engine, a file.

    It is no `str`, so that it can't become own words by accident.

    Attributes:
        text: any text; it is kept as one printable line of at most `LONGEST` characters.
    """

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _shown(self.text))


Piece: TypeAlias = "str | Foreign"
Words: TypeAlias = "str | Foreign | tuple[Piece, ...]"
"""What stands on one line. The pieces follow each other as they are; spaces belong to own words.

In own words, `…` between backticks is code.
"""


class Kind(StrEnum):
    """What a document tells of: previews, runs, or what differs from the stacks."""

    PREVIEW = "preview"
    RUN = "run"
    DRIFT = "drift"


@dataclass(frozen=True)
class Rows:
    """Accounts, settings or resources that have the same said of them, each in a row.

    Attributes:
        label: the line above, with the number of all rows.
        rows: the cells of each row, all foreign; a row has as many cells as it needs.
        noun: what a row is, in the singular: `account`.
    """

    label: Words
    rows: tuple[tuple[str, ...], ...]
    noun: str

    def __post_init__(self) -> None:
        _check(self.label, _LABEL)
        _check_noun(self.noun)
        rows = tuple(tuple(map(_shown, row)) for row in self.rows)
        object.__setattr__(self, "rows", rows)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows)


@dataclass(frozen=True)
class Quote:
    """One sentence of a report, or of AWS, with what to do about it.

    Attributes:
        lines: of the sentence.
        way_out: empty if there is none, or if the sentence says it.
    """

    lines: tuple[Foreign, ...]
    way_out: Foreign

    @classmethod
    def of(cls, sentence: str, way_out: str = "") -> Quote:
        """Quotes a text of one or more lines; empty lines are left out."""
        lines = tuple(line for line in map(Foreign, sentence.splitlines()) if line.text)
        return cls(lines, Foreign(way_out))


@dataclass(frozen=True)
class Quotes:
    """Sentences that are said of the same stacks.

    Attributes:
        label: the line above, which names the stacks.
        quotes: the sentences.
        noun: what a sentence is, in the singular: `refusal`.
    """

    label: Words
    quotes: tuple[Quote, ...]
    noun: str

    def __post_init__(self) -> None:
        _check(self.label, _LABEL)
        _check_noun(self.noun)

    @property
    def count(self) -> int:
        """How many sentences there are."""
        return len(self.quotes)


Block: TypeAlias = "Rows | Quotes"


@dataclass(frozen=True)
class Part:
    """A part of the page.

    Attributes:
        heading: own words without code, with the number of all that the part has.
        importance: what has the higher one is cut later.
        blocks: in page order; the last ones are cut first.
        note: a line below the heading; empty if there is none.
        folded: whether GitHub shows the heading alone until a reader opens it.
    """

    heading: str
    importance: int
    blocks: tuple[Block, ...]
    note: Words = ""
    folded: bool = False

    def __post_init__(self) -> None:
        _check_headline(self.heading)
        _check(self.note, _LABEL)


@dataclass(frozen=True)
class Table:
    """The table of stacks.

    Attributes:
        columns: own words.
        rows: a cell of each column; a foreign cell is a name of A-Z, a-z, 0-9, `_`, `.`, `-`.
        noun: what a row is, in the singular: `stack`.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Piece, ...], ...]
    noun: str = "stack"

    def __post_init__(self) -> None:
        _check_noun(self.noun)
        for row in (self.columns, *self.rows):
            if len(row) != len(self.columns):
                raise ValueError(f"{len(self.columns)} columns, but a row of {len(row)} cells")
            for cell in row:
                _check_cell(cell)


@dataclass(frozen=True)
class Document:
    """The whole of a report over many stacks.

    Attributes:
        kind: what it tells of; None for a document that is never a comment.
        title: own words without code.
        first_line: the numbers that matter, in own words without code.
        table: of the stacks.
        parts: in page order.
        note: a line below the first one, of whoever makes the report (`is_note`); empty if there is
            none.

    Raises:
        ValueError: own words, here or in a part, hold what Markdown, HTML or GitHub would read as
            markup, a link or a mention; or they are too long for a heading.
    """

    kind: Kind | None
    title: str
    first_line: str
    table: Table
    parts: tuple[Part, ...]
    note: str = ""

    def __post_init__(self) -> None:
        _check_headline(self.title)
        _check_headline(self.first_line)
        if not is_note(self.note):
            raise ValueError(f"no note: {self.note!r}")


def is_note(text: str) -> bool:
    """Whether a text may be a document's note: own words, in which links and commits may stand."""
    return len(text) <= _NOTE and is_own(_COMMIT.sub("", without_links(text)))


def without_links(text: str) -> str:
    """Leaves the words of Markdown's links, and takes the addresses away."""
    return _LINK.sub(r"\1", text)


def pieces(words: Words) -> tuple[Piece, ...]:
    """Gives the pieces of a line."""
    return words if isinstance(words, tuple) else (words,)


def is_own(words: str) -> bool:
    """Whether a text may stand as own words."""
    bare = _IN_CODE.sub("` `", words)
    return (
        _OWN.fullmatch(words) is not None
        and _LINKED.search(bare) is None
        and _BEGINS_A_BLOCK.match(words) is None
    )


def _shown(text: str) -> str:
    line = printable(text)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _check(words: Words, longest: int) -> None:
    # Own words that touch are judged as one text; a foreign text between them ends a word.
    line = "".join("…" if isinstance(piece, Foreign) else piece for piece in pieces(words))
    if len(line) > longest or not is_own(line):
        raise ValueError(f"no own words: {line!r}")


def _check_headline(words: str) -> None:
    _check(words, _HEADLINE)
    if "`" in words or not words.strip():
        raise ValueError(f"no heading: {words!r}")


def _check_noun(noun: str) -> None:
    if len(noun) > _NOUN or not re.fullmatch(r"[a-z]+(?: [a-z]+)*", noun):
        raise ValueError(f"no noun: {noun!r}")


def _check_cell(cell: Piece) -> None:
    if isinstance(cell, Foreign):
        if not STACK_NAME.fullmatch(cell.text):
            raise ValueError(f"no name: {cell.text!r}")
        return
    _check(cell, _HEADLINE)
    if "|" in cell:
        raise ValueError(f"no cell: {cell!r}")
