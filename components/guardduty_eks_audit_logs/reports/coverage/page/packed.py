"""The rows as a small JSON text that can stand in an HTML page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.foreign_words import harmless, printable
from guardduty_eks_audit_logs.reports.coverage.page.columns import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.reports.coverage.page.columns import Column
    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage, CoverageRow

Fact = tuple[str | int | bool | None, ...]

_HARMLESS_IN_HTML = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"})
_NO_ROW = -1


def packed(coverage: Coverage, columns: Sequence[Column]) -> str:
    """Writes the rows as JSON for the page's script.

    Many rows say the same. What a row says beside its account and its region is a fact, and stands
    once in a list of facts; a row is its place in that list.

    Args:
        coverage: whose rows are written.
        columns: the regions, in the order of an account's rows.

    Returns:
        An object with `columns` (label, read at, why it could not be read), `facts` (the fields of
        `_fact`) and `accounts` (id, name, unit, for each column the fact's place or -1). It is
        ASCII, and has no character that ends an HTML element.
    """
    places = {column.key: place for place, column in enumerate(columns)}
    facts: dict[Fact, int] = {}
    accounts: dict[tuple[str, str | None, str | None], list[int]] = {}
    for row in coverage.rows:
        rows = accounts.setdefault((row.account, row.name, row.unit), [_NO_ROW] * len(columns))
        rows[places[row.region, row.stack]] = facts.setdefault(_fact(row), len(facts))
    text = json.dumps(
        {
            "columns": [
                [column.label, moment(column.region.read_at), harmless(column.region.reason)]
                for column in columns
            ],
            "facts": list(facts),
            "accounts": [
                [account, _shown(name), _shown(unit), rows]
                for (account, name, unit), rows in sorted(accounts.items(), key=_unit_is_unknown)
            ],
        },
        separators=(",", ":"),
    )
    return text.translate(_HARMLESS_IN_HTML)


def _fact(row: CoverageRow) -> Fact:
    return (
        row.status.value,
        printable(row.membership),
        row.detector.value,
        row.wanted.value if row.wanted else "",
        printable(row.decided_by),
        printable(row.pending),
        row.trial_days,
        harmless(row.reason),
        int(row.unread),
        harmless(row.gap),
        int(row.guardduty5),
        moment(row.read_at),
    )


def _unit_is_unknown(
    account: tuple[tuple[str, str | None, str | None], list[int]],
) -> bool:
    (_, _, unit), _ = account
    return unit is None


def _shown(text: str | None) -> str | None:
    return None if text is None else printable(text)
