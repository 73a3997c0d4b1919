"""The page's columns: one for each region, or one for each stack that reads the region."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.reports.coverage.rows import RegionCoverage

if TYPE_CHECKING:
    from datetime import datetime

    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        label: the region, with the stack if several stacks read the region.
        region: what is known of the region.
    """

    label: str
    region: RegionCoverage

    @property
    def key(self) -> tuple[str, str]:
        """Region and stack: what a row is found by."""
        return self.region.region, self.region.stack


def columns_of(coverage: Coverage) -> tuple[Column, ...]:
    """Lists the columns in the order in which the regions were asked for."""
    regions = {(region.region, region.stack): region for region in coverage.regions}
    for row in coverage.rows:
        if (row.region, row.stack) not in regions:
            regions[row.region, row.stack] = RegionCoverage(
                row.region, row.stack, None, None, "", row.read_at
            )
    times = Counter(region for region, _ in regions)
    return tuple(
        Column(
            printable(f"{name} ({stack})" if times[name] > 1 and stack else name),
            region,
        )
        for (name, stack), region in regions.items()
    )


def moment(time: datetime) -> str:
    """Writes a time in UTC: `2026-11-27 09:30:00 UTC`."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
