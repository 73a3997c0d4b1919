"""Gaps and what could not be read, as text: for print, and for a reader without JavaScript."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.foreign_words import harmless, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from guardduty_eks_audit_logs.reports.coverage.page.columns import Column
    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage, CoverageRow

    _Labels = Mapping[tuple[str, str], str]


def differences(coverage: Coverage, columns: Sequence[Column]) -> str:
    """Lists the gaps account by account, then what could not be read, by reason, as escaped text.

    Args:
        coverage: whose rows are listed.
        columns: the regions.
    """
    labels = {column.key: column.label for column in columns}
    return escape("\n".join([*_gaps(coverage.gaps, labels), *_unread(coverage.unread, labels)]))


def _gaps(rows: Iterable[CoverageRow], labels: _Labels) -> Iterator[str]:
    accounts: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        gaps = accounts.setdefault(_account(row), {})
        gaps.setdefault(harmless(row.gap), []).append(labels[row.region, row.stack])
    for account, gaps in accounts.items():
        yield account
        for gap, regions in gaps.items():
            yield f"    {messages.page_gap_in(gap, _regions(regions, labels))}"


def _unread(rows: Iterable[CoverageRow], labels: _Labels) -> Iterator[str]:
    accounts: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        reasons = accounts.setdefault(_account(row), {})
        reasons.setdefault(harmless(row.reason), []).append(labels[row.region, row.stack])
    said: dict[str, list[str]] = {}
    for account, reasons in accounts.items():
        for reason, regions in reasons.items():
            sentence = messages.page_unread_in(reason, _regions(regions, labels))
            said.setdefault(sentence, []).append(account)
    for sentence, of in said.items():
        yield sentence
        yield from (f"    {account}" for account in of)


def _account(row: CoverageRow) -> str:
    return "  ".join(
        filter(None, (row.account, printable(row.name or ""), printable(row.unit or "")))
    )


def _regions(regions: Sequence[str], labels: _Labels) -> str:
    if len(regions) == len(labels) > 1:
        return messages.page_every_region(len(labels))
    return ", ".join(regions)
