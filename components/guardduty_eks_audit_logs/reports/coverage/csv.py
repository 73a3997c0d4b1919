"""The coverage as CSV, which programs read, and which a spreadsheet shows as it is.

A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@`, and cuts the zeros from an account
id. Here a cell that does not begin with a letter begins with an apostrophe. A spreadsheet with
another list separator begins a cell after each semicolon: what follows one is kept from that in the
same way. To have the text back, drop an apostrophe at a cell's beginning and after a semicolon.

See https://owasp.org/www-community/attacks/CSV_Injection.
"""

from __future__ import annotations

import csv as csv_module
import re
from io import StringIO
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.foreign_words import printable

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage, CoverageRow

COLUMNS = (
    "account",
    "name",
    "unit",
    "region",
    "stack",
    "membership",
    "detector",
    "status",
    "wanted",
    "decidedBy",
    "pending",
    "trialDays",
    "reason",
    "unread",
    "gap",
    "guardduty5",
    "readAt",
)
"""The first line: the keys that a row has in the coverage's JSON."""


def csv(coverage: Coverage) -> str:
    """Writes all rows, each on a line that ends with CR and LF (RFC 4180).

    Texts are written as `cell` does, `unread` and `guardduty5` as `true` or `false`, times as
    `2026-11-27T09:30:00+00:00`. What is not known is empty.
    """
    file = StringIO(newline="")
    writer = csv_module.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows(map(_cells, coverage.rows))
    return file.getvalue()


def cell(text: str) -> str:
    """Writes a text so that a spreadsheet neither runs it nor takes it for a number."""
    written = ";".join(map(_begun, printable(text).split(";")))
    return f"'{written}" if written.startswith(";") else written


def text_of_cell(cell: str) -> str:
    """Gives the text that `cell` was made of."""
    return re.sub("(^|;)'", r"\1", cell)


def _begun(part: str) -> str:
    harmless = not part or part.removeprefix(" ")[:1].isalpha()
    return part if harmless else f"'{part}"


def _cells(row: CoverageRow) -> tuple[str, ...]:
    return (
        cell(row.account),
        cell(row.name or ""),
        cell(row.unit or ""),
        cell(row.region),
        cell(row.stack),
        cell(row.membership),
        row.detector,
        row.status,
        row.wanted or "",
        cell(row.decided_by),
        cell(row.pending),
        "" if row.trial_days is None else str(row.trial_days),
        cell(row.reason),
        str(row.unread).lower(),
        cell(row.gap),
        str(row.guardduty5).lower(),
        row.read_at.isoformat(timespec="seconds"),
    )
