"""What the coverage's rows add up to, and which of them say the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import FeatureStatus
from guardduty_eks_audit_logs.reports.coverage.rows import CoverageStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from guardduty_eks_audit_logs.model import AccountId
    from guardduty_eks_audit_logs.reports.coverage.rows import (
        Coverage,
        CoverageRow,
        RegionCoverage,
    )


class Finding(StrEnum):
    """What one row comes to: each row counts once.

    `suspended`: AWS holds it as on, but GuardDuty is suspended and watches nothing, and nothing is
    wanted. `off as wanted`: the rules want it off. `off`: neither a rule nor AWS's auto-enable
    wants anything. `unknown`: not on, not off, and nothing failed: an account that is no member.
    """

    GAP = "gap"
    UNREAD = "unread"
    UNKNOWN = "unknown"
    ON = "on"
    SUSPENDED = "suspended"
    OFF_AS_WANTED = "off as wanted"
    OFF = "off"
    NOT_OFFERED = "not offered"


_BY_STATUS = {
    CoverageStatus.ENABLED: Finding.ON,
    CoverageStatus.DISABLED: Finding.OFF,
    CoverageStatus.NOT_OFFERED: Finding.NOT_OFFERED,
    CoverageStatus.UNKNOWN: Finding.UNKNOWN,
}


def finding(row: CoverageRow) -> Finding:
    """Says what a row comes to."""
    if row.gap:
        return Finding.GAP
    if row.unread:
        return Finding.UNREAD
    if row.status is CoverageStatus.DISABLED and row.wanted is FeatureStatus.DISABLED:
        return Finding.OFF_AS_WANTED
    return Finding.SUSPENDED if row.is_suspended else _BY_STATUS[row.status]


def state(row: CoverageRow) -> str:
    """Says in a word or two whether an account is on."""
    return Finding.SUSPENDED if row.is_suspended else messages.status_word(row.status)


def findings(rows: Iterable[CoverageRow]) -> Counter[Finding]:
    """Counts what rows come to."""
    return Counter(map(finding, rows))


def headline(coverage: Coverage) -> str:
    """Says in one line what all rows come to."""
    regions = {one.region for one in _placed(coverage)}
    accounts = {row.account for row in coverage.rows}
    found = findings(coverage.rows)
    line = messages.coverage_headline(
        len(regions), len(accounts), {str(one): n for one, n in found.items()}
    )
    if coverage.problems and not found[Finding.UNREAD]:
        return f"{line} {messages.coverage_not_whole()}"
    return f"{line} {messages.coverage_of_itself()}" if _of_itself(coverage) else line


def _of_itself(coverage: Coverage) -> bool:
    """Whether, without stacks, there is nothing but rows of the accounts that read them."""
    own = {(*place_of(one), one.caller) for one in coverage.regions if not one.stack}
    whose = [(*place_of(row), row.account) for row in coverage.rows]
    return bool(whose) and not coverage.problems and own.issuperset(whose)


def details(row: CoverageRow) -> list[str]:
    """Says of a row what is more than its account, its region and its status, the gap first."""
    said = (
        messages.gap_of_row(row.gap) if row.gap else "",
        messages.fails_guardduty5() if row.guardduty5 else "",
        row.reason,
        row.name,
        row.unit,
        messages.membership_of_row(row.membership),
        messages.detector_of_row(row.detector),
        messages.who_decided(row.decided_by) if row.decided_by else "",
        messages.pending_of_row(row.pending) if row.pending else "",
        "" if row.trial_days is None else messages.trial_left(row.trial_days),
    )
    return [part for part in said if part]


Place = tuple[str, str]
"""A region and a stack."""


def places(coverage: Coverage) -> dict[Place, str]:
    """Names each region: by its code, and by its stack where several stacks have it.

    Returns:
        {(region, stack): name}, in the order in which they were asked for.
    """
    found = dict.fromkeys(map(place_of, _placed(coverage)))
    stacks = Counter(region for region, _ in found)
    return {
        (region, stack): f"{region} ({stack})" if stacks[region] > 1 else region
        for region, stack in found
    }


def _placed(coverage: Coverage) -> tuple[CoverageRow | RegionCoverage, ...]:
    return *coverage.regions, *coverage.rows


def place_of(one: CoverageRow | RegionCoverage) -> Place:
    """Gives the key of `places` of a row or a region."""
    return one.region, one.stack


def counts_by_place(coverage: Coverage) -> dict[Place, tuple[str, ...]]:
    """Counts the rows of each region.

    Returns:
        {(region, stack): a number for each of `COUNTED`}, in the order of `places`. A region
        that could not be read and has no row is unread, `all` of it; there are no numbers.
    """
    found = Counter((place_of(row), finding(row)) for row in coverage.rows)
    unread = {place_of(one) for one in coverage.regions if one.reason} - {p for p, _ in found}
    return {
        place: tuple(
            _all_if_unread(kinds)
            if place in unread
            else f"{sum(found[place, one] for one in kinds):,}"
            for kinds in COUNTED
        )
        for place in places(coverage)
    }


def _all_if_unread(kinds: tuple[Finding, ...]) -> str:
    return messages.all_unread() if Finding.UNREAD in kinds else ""


COUNTED = (
    (Finding.GAP,),
    (Finding.UNREAD,),
    (Finding.ON,),
    (Finding.OFF_AS_WANTED, Finding.OFF, Finding.SUSPENDED),
    (Finding.UNKNOWN,),
    (Finding.NOT_OFFERED,),
)
"""What is counted by region, in the order of `messages.coverage_columns`."""


@dataclass(frozen=True)
class AlikeRows:
    """One account in all regions where the same is said of it.

    Attributes:
        account: its id.
        name: its name; empty if that is not known.
        unit: its unit's path; empty if that is not known.
        places: the regions, as `places` names them.
        guardduty5: whether Security Hub's control GuardDuty.5 counts it there as a failure.
    """

    account: AccountId
    name: str
    unit: str
    places: tuple[str, ...]
    guardduty5: bool

    def where(self, everywhere: int) -> str:
        """Names its regions, or says that they are all.

        Args:
            everywhere: how many places there are.
        """
        if len(self.places) == everywhere > 1:
            return messages.all_regions(everywhere)
        return ", ".join(self.places)


@dataclass(frozen=True)
class Group:
    """The accounts of which the same is said.

    Attributes:
        why: what is said.
        decided_by: what decides the status; empty if that does not matter.
        accounts: each with its regions.
        rows: how many rows these are.
    """

    why: str
    decided_by: str
    accounts: tuple[AlikeRows, ...]
    rows: int


def gaps_alike(coverage: Coverage) -> tuple[Group, ...]:
    """Groups the gaps by what is missing and what decides it, the largest group first."""
    return _groups(coverage.gaps, places(coverage), lambda row: (row.gap, row.decided_by))


def unread_alike(coverage: Coverage) -> tuple[Group, ...]:
    """Groups what could not be read by the reason, the largest group first."""
    return _groups(coverage.unread, places(coverage), lambda row: (row.reason, ""))


def _groups(
    rows: Iterable[CoverageRow],
    names: Mapping[Place, str],
    said_of: Callable[[CoverageRow], tuple[str, str]],
) -> tuple[Group, ...]:
    found: defaultdict[tuple[str, str], list[CoverageRow]] = defaultdict(list)
    for row in rows:
        found[said_of(row)].append(row)
    groups = [Group(*said, _accounts(alike, names), len(alike)) for said, alike in found.items()]
    return tuple(sorted(groups, key=lambda group: -group.rows))


def _accounts(rows: Iterable[CoverageRow], names: Mapping[Place, str]) -> tuple[AlikeRows, ...]:
    found: defaultdict[tuple[AccountId, str, str, bool], set[Place]] = defaultdict(set)
    for row in rows:
        key = (row.account, row.name or "", row.unit or "", row.guardduty5)
        found[key].add(place_of(row))
    return tuple(
        AlikeRows(account, name, unit, tuple(names[one] for one in names if one in where), failed)
        for (account, name, unit, failed), where in found.items()
    )
