"""The rows of the coverage, made of what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.reports.coverage.decided_by import decided, pending
from guardduty_eks_audit_logs.reports.coverage.gaps import counts_for_guardduty5, gap
from guardduty_eks_audit_logs.reports.coverage.rows import Coverage, CoverageRow, RegionCoverage
from guardduty_eks_audit_logs.reports.coverage.standing import standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from guardduty_eks_audit_logs.model import AccountId
    from guardduty_eks_audit_logs.reports.coverage.rows import Require
    from guardduty_eks_audit_logs.reports.coverage.what_was_read import RegionRead


def coverage(reads: Sequence[RegionRead], require: Require, read_at: datetime) -> Coverage:
    """Makes the rows of all regions.

    Two stacks that read a region by the same caller see the same accounts: each account has one
    row, of the stack that wants something of it, else of the first; if several do, a gap goes
    before what is none.

    Args:
        reads: what was read, in the order of the answer's regions.
        require: what counts as a gap.
        read_at: when the reading began, in UTC.
    """
    rows: dict[tuple[str, AccountId | None, AccountId], CoverageRow] = {}
    for read in reads:
        for row in region_rows(read, require):
            key = (read.region, read.caller, row.account)
            if key not in rows or _weight(row) > _weight(rows[key]):
                rows[key] = row
    found = sorted(rows.values(), key=lambda r: (r.unit or "", r.account, r.region, r.stack))
    problems = dict.fromkeys(problem for read in reads for problem in read.problems)
    regions = tuple(map(_region, reads))
    return Coverage(tuple(found), regions, require, tuple(problems), read_at)


def region_rows(read: RegionRead, require: Require) -> Iterator[CoverageRow]:
    """Makes a row for each account of one region: the caller, its members, the organization's."""
    for account in _accounts(read):
        how = standing(read, account)
        found = decided(read, account, how)
        placed = (read.accounts or {}).get(account)
        yield CoverageRow(
            account=account,
            name=(placed.name or None) if placed else None,
            unit=placed.unit if placed else None,
            region=read.region,
            stack=read.stack,
            membership=how.membership,
            detector=how.detector,
            status=how.status,
            wanted=found.wanted,
            decided_by=found.by,
            pending=pending(read, how, found, own=account == read.caller),
            trial_days=read.trial_days.get(account),
            reason=how.reason,
            unread=how.unread,
            gap=gap(require, how, found),
            guardduty5=counts_for_guardduty5(how, read.partition),
            read_at=read.read_at,
        )


def _weight(row: CoverageRow) -> tuple[bool, bool]:
    return row.wanted is not None, bool(row.gap)


def _accounts(read: RegionRead) -> tuple[AccountId, ...]:
    own = (read.caller,) if read.caller else ()
    of_organization = (read.accounts or ()) if read.of_organization else ()
    return tuple(dict.fromkeys((*own, *(read.members or ()), *of_organization)))


def _region(read: RegionRead) -> RegionCoverage:
    return RegionCoverage(
        read.region, read.stack, read.caller, read.offered, read.reason, read.read_at
    )
