"""The coverage as Markdown for the summary of a step: gaps first, and never more than it takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.reports.coverage.numbers import (
    counts_by_place,
    gaps_alike,
    headline,
    places,
    unread_alike,
)
from guardduty_eks_audit_logs.reports.document import (
    Document,
    Foreign,
    Part,
    Quote,
    Quotes,
    Rows,
    Table,
)
from guardduty_eks_audit_logs.reports.markdown import SUMMARY
from guardduty_eks_audit_logs.reports.markdown import markdown as markdown_of

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.reports.coverage.numbers import AlikeRows, Group
    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage
    from guardduty_eks_audit_logs.reports.document import Piece

_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST_NAME = 100
_ACCOUNT = re.compile(r"[0-9]{12}")
_CALLERS = 5
"""So many of the accounts that read it are named."""
_GAPS, _UNREAD = 2, 1
"""Which part is cut later."""


def markdown(coverage: Coverage) -> str:
    """Writes the numbers, the gaps and what could not be read, in at most 1 MiB."""
    return markdown_of(document(coverage), SUMMARY)


def document(coverage: Coverage) -> Document:
    """Says what the Markdown says, as a document."""
    rows = tuple(
        (_name(region), _name(stack) if stack else "", *counts)
        for (region, stack), counts in counts_by_place(coverage).items()
    )
    region, *others = messages.coverage_columns()
    return Document(
        kind=None,
        title=messages.coverage_title(),
        first_line=headline(coverage),
        table=Table((region, "stack", *others), rows, "region"),
        parts=tuple(part for part in (_gaps(coverage), _unread(coverage)) if part.blocks),
        note=_note(coverage),
    )


def _note(coverage: Coverage) -> str:
    callers = sorted({region.caller for region in coverage.regions if region.caller})
    read = messages.coverage_read(
        coverage.read_at.isoformat(timespec="seconds"),
        [caller for caller in callers if _ACCOUNT.fullmatch(caller)][:_CALLERS],
    )
    return f"{messages.what_is_a_gap(coverage.require)} {read}"


def _gaps(coverage: Coverage) -> Part:
    everywhere = len(places(coverage))
    heading = messages.gaps_heading(len(coverage.gaps))
    blocks = tuple(_block(group, everywhere) for group in gaps_alike(coverage))
    return Part(heading, _GAPS, blocks)


def _unread(coverage: Coverage) -> Part:
    everywhere = len(places(coverage))
    problems = tuple(Quote.of(printable(problem)) for problem in coverage.problems)
    blocks = tuple(_block(group, everywhere) for group in unread_alike(coverage))
    quotes = (Quotes("", problems, "problem"),) if problems else ()
    return Part(messages.unread_heading(len(coverage.unread)), _UNREAD, (*quotes, *blocks))


def _block(group: Group, everywhere: int) -> Rows:
    why = Foreign(group.why or messages.no_reason())
    label: tuple[Piece, ...] = (f"{group.rows:,} · ", why)
    if group.decided_by:
        label += (f", {messages.who_decided('')}", Foreign(group.decided_by))
    return Rows(label, tuple(_row(one, everywhere) for one in group.accounts), "account")


def _row(one: AlikeRows, everywhere: int) -> tuple[str, ...]:
    failed = messages.fails_guardduty5() if one.guardduty5 else ""
    return one.account, one.name, one.unit, one.where(everywhere), failed


def _name(text: str) -> Foreign:
    """A table takes only names of regions and stacks as AWS and Pulumi have them."""
    return Foreign(_NO_NAME.sub("_", text)[:_LONGEST_NAME] or "_")
