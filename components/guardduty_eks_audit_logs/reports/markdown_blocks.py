"""The pieces of a document in Markdown. Foreign text becomes code here, and nowhere else.

Neither GitHub nor a Markdown parser reads anything inside code: no mention, reference, link, emoji,
heading, formula or tag. Every text that is given back ends with its line, or with an empty one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.reports.document import Foreign, Rows, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from guardduty_eks_audit_logs.reports.document import (
        Block,
        Part,
        Quote,
        Quotes,
        Table,
        Words,
    )

_QUOTED_LINES = 20
_WIDEST = 30
_BACKTICKS = re.compile("`+")


@dataclass(frozen=True)
class Listing:
    """A block of which the first entries can be shown alone.

    Attributes:
        head: stands above, also where no entry is shown.
        opening: goes before the first entry.
        entries: the whole of each.
        shorter: the same, without most lines of those that have many.
        closing: goes after the last entry.
        noun: what an entry is, in the singular.
    """

    head: str
    opening: str
    entries: tuple[str, ...]
    shorter: tuple[str, ...]
    closing: str
    noun: str


def line(words: Words) -> str:
    """Writes words in Markdown, without the end of the line."""
    written = ""
    for piece in pieces(words):
        text = code(piece.text) if isinstance(piece, Foreign) else piece
        # Two runs of backticks that touch would be one, and neither code would end.
        apart = " " if written.endswith("`") and text.startswith("`") else ""
        written += apart + text
    return written


def paragraph(words: Words) -> str:
    """Writes a paragraph; empty without words."""
    return f"{line(words)}\n\n" if words else ""


def code(text: str) -> str:
    """Writes one line of foreign text as inline code."""
    shown = text or messages.no_text()
    ticks = "`" * (_longest_run(shown) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def listing(block: Block) -> Listing:
    """Writes a block."""
    return _rows(block) if isinstance(block, Rows) else _quotes(block)


def table(stacks: Table) -> Listing:
    """Writes the table of stacks."""
    header = _table_row([*map(line, stacks.columns)])
    opening = header + _table_row(["---"] * len(stacks.columns))
    rows = tuple(_table_row([*map(line, row)]) for row in stacks.rows)
    return Listing("", opening, rows, rows, "\n", stacks.noun)


def heading(part: Part, *, folded: bool) -> str:
    """Writes a part's heading and its note."""
    if folded:
        return f"<details>\n<summary>{part.heading}</summary>\n\n{paragraph(part.note)}"
    return f"### {part.heading}\n\n{paragraph(part.note)}"


def ending(*, folded: bool) -> str:
    """Writes what closes a part."""
    return "</details>\n\n" if folded else ""


def _rows(block: Rows) -> Listing:
    entries = tuple(_aligned(block.rows))
    fence = "`" * max(3, 1 + max(map(_longest_run, entries), default=0))
    return Listing(
        paragraph(block.label), f"{fence}\n", entries, entries, f"{fence}\n\n", block.noun
    )


def _quotes(block: Quotes) -> Listing:
    return Listing(
        paragraph(block.label),
        "",
        tuple(_quote(quote, len(quote.lines)) for quote in block.quotes),
        tuple(_quote(quote, _QUOTED_LINES) for quote in block.quotes),
        "\n",
        block.noun,
    )


def _quote(quote: Quote, most: int) -> str:
    lines = [code(one.text) for one in quote.lines[:most]] or [code("")]
    if len(quote.lines) > most:
        lines.append(messages.left_out({"line": len(quote.lines) - most}))
    if quote.way_out.text:
        lines.append(f"→ {code(quote.way_out.text)}")
    return "- " + "\\\n  ".join(lines) + "\n"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    columns = max(map(len, rows), default=0)
    widths = [
        min(_WIDEST, max(len(row[column]) for row in rows if column < len(row)))
        for column in range(columns)
    ]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        yield "  ".join(cells).rstrip() + "\n"


def _table_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)
