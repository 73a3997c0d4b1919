"""The coverage for a terminal of 80 columns: gaps, what could not be read, counts by region."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells, set_cell_size

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.reports.coverage.numbers import (
    Finding,
    counts_by_place,
    details,
    finding,
    gaps_alike,
    headline,
    place_of,
    places,
    state,
    unread_alike,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from guardduty_eks_audit_logs.reports.coverage.numbers import Group
    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage

_WIDTH = 80
_NAME = 20
_UNIT = 22
_PLACE = 29
_NAMED = 10
_SIGN = "*"


class Tone(StrEnum):
    """What a line is, for its colour."""

    PLAIN = "plain"
    HEADING = "heading"
    GAP = "gap"
    UNREAD = "unread"


@dataclass(frozen=True)
class Line:
    """One line of at most 80 columns.

    Attributes:
        text: printable characters alone.
        tone: what it is.
    """

    text: str
    tone: Tone = Tone.PLAIN


_TONES = {Finding.GAP: Tone.GAP, Finding.UNREAD: Tone.UNREAD}


def table(coverage: Coverage, *, every_row: bool = False) -> Iterator[Line]:
    """Writes a coverage for people.

    Args:
        coverage: what was read.
        every_row: whether every row stands at the end, one after the other.
    """
    yield from _wrapped(headline(coverage), tone=Tone.HEADING)
    yield from _wrapped(messages.what_is_a_gap(coverage.require))
    yield from _gaps(coverage)
    yield from _unread(coverage, None if every_row else _NAMED)
    yield from _by_region(coverage)
    if every_row:
        yield from _rows(coverage)


def _gaps(coverage: Coverage) -> Iterator[Line]:
    groups = gaps_alike(coverage)
    if not groups:
        return
    yield from _heading(messages.gaps_heading(len(coverage.gaps)))
    everywhere = len(places(coverage))
    for group in groups:
        why = f"{group.why} ({messages.who_decided(group.decided_by)})"
        yield from _counted(group.rows, why, Tone.GAP)
        yield from _accounts(group, everywhere)
    failed = sum(row.guardduty5 for row in coverage.gaps)
    others = sum(row.guardduty5 for row in coverage.rows) - failed
    if failed:
        yield from _wrapped(messages.gaps_of_guardduty5(failed, others, _SIGN), "  ", "    ")


def _unread(coverage: Coverage, most: int | None) -> Iterator[Line]:
    groups = unread_alike(coverage)
    if not groups and not coverage.problems:
        return
    yield from _heading(messages.unread_heading(len(coverage.unread)))
    for problem in coverage.problems:
        yield from _wrapped(problem, "  - ", "    ", Tone.UNREAD)
    everywhere = len(places(coverage))
    for group in groups:
        why = group.why or messages.no_reason()
        yield from _counted(group.rows, why, Tone.UNREAD)
        yield from _accounts(group, everywhere, most)


def _accounts(group: Group, everywhere: int, most: int | None = None) -> Iterator[Line]:
    """Writes an account a line, with more lines for regions that don't fit."""
    shown = group.accounts[:most]
    name_width = _widest((one.name for one in shown), _NAME)
    unit_width = _widest((one.unit for one in shown), _UNIT)
    for one in shown:
        name = _padded(one.name, name_width)
        unit = _padded(one.unit, unit_width, keeps_end=True)
        sign = _SIGN if one.guardduty5 else " "
        first = f"   {sign} {one.account}  " + "".join(f"{c}  " for c in (name, unit) if c)
        where = printable(one.where(everywhere))
        if cell_len(first) + cell_len(where) <= _WIDTH:
            yield Line(first + where)
        else:
            yield Line(first.rstrip())
            yield from _wrapped(where, " " * 19, " " * 19)
    left = len(group.accounts) - len(shown)
    if left:
        yield Line(f"     {messages.more_with_all(left)}")


def _by_region(coverage: Coverage) -> Iterator[Line]:
    columns, names = messages.coverage_columns(), places(coverage)
    yield from _heading(messages.by_region_heading())
    width = _widest((columns[0], *names.values()), _PLACE)
    widths = [max(len(column), 6) for column in columns[1:]]

    def line(place: str, cells: Iterable[str]) -> Line:
        numbers = (cell.rjust(wide) for cell, wide in zip(cells, widths, strict=True))
        return Line(f"  {_padded(place, width)}  {' '.join(numbers)}".rstrip())

    yield line(columns[0], columns[1:])
    for place, counts in counts_by_place(coverage).items():
        yield line(names[place], counts)


def _rows(coverage: Coverage) -> Iterator[Line]:
    yield from _heading(messages.rows_heading(len(coverage.rows)))
    names = {
        place: _padded(name, _widest((name,), _PLACE)) for place, name in places(coverage).items()
    }
    for row in coverage.rows:
        where = f"{row.account}  {names[place_of(row)]}  {state(row)}"
        said = "; ".join(details(row))
        tone = _TONES.get(finding(row), Tone.PLAIN)
        yield from _wrapped(said, f"  {where}  ", "      ", tone)


def _heading(words: str) -> Iterator[Line]:
    yield Line("")
    yield Line(words, Tone.HEADING)


def _counted(number: int, words: str, tone: Tone) -> Iterator[Line]:
    first = f"  {number:,}  "
    yield from _wrapped(words, first, " " * len(first), tone)


def _wrapped(
    words: str, first: str = "", rest: str = "", tone: Tone = Tone.PLAIN
) -> Iterator[Line]:
    """Breaks words into lines.

    Args:
        words: any text.
        first: what the first line begins with.
        rest: what the others begin with.
        tone: of all of them.
    """
    line, empty = first, True
    for word in _pieces(printable(words), _WIDTH - max(len(first), len(rest))):
        if not empty and cell_len(line) + 1 + cell_len(word) > _WIDTH:
            yield Line(line, tone)
            line, empty = rest, True
        line, empty = (line + word if empty else f"{line} {word}"), False
    yield Line(line, tone)


def _pieces(words: str, most: int) -> Iterator[str]:
    """Gives the words of a text; what is longer than a line is cut."""
    for word in words.split(" "):
        if cell_len(word) <= most:
            yield word
        else:
            yield from chop_cells(word, most)


def _widest(texts: Iterable[str], most: int) -> int:
    return min(most, max((cell_len(printable(text)) for text in texts), default=0))


def _padded(text: str, width: int, *, keeps_end: bool = False) -> str:
    """Gives one printable line of exactly so many columns, with `…` for what is cut."""
    line = printable(text)
    if cell_len(line) <= width:
        return set_cell_size(line, width)
    if not keeps_end:
        return f"{set_cell_size(line, width - 1)}…"
    end = line[1 - width :]
    while cell_len(end) >= width:
        end = end[1:]
    return set_cell_size(f"…{end}", width)
