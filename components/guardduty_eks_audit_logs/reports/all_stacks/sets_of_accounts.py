"""Accounts and settings, each identical set once for all its regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import UNKNOWN, change
from guardduty_eks_audit_logs.reports.all_stacks.places import Place, place_of
from guardduty_eks_audit_logs.reports.document import Foreign, Rows
from guardduty_eks_audit_logs.reports.run_report import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from guardduty_eks_audit_logs.model import FeatureStatus
    from guardduty_eks_audit_logs.reports.all_stacks.places import Places
    from guardduty_eks_audit_logs.reports.document import Piece
    from guardduty_eks_audit_logs.reports.run_report import (
        RegionReport,
        ReportedAccount,
        ReportedSetting,
    )
    from guardduty_eks_audit_logs.reports.stack_result import StackResult

Label: TypeAlias = "Callable[[tuple[Piece, ...], Piece, int], tuple[Piece, ...]]"
"""Makes the line above a set: of its places, of its rule or reason, and of its number."""

_Set: TypeAlias = "tuple[ReportedAccount, ...]"
_SET_OR_TO_BE = {Progress.PLANNED, Progress.SET}


def account_rows(
    results: Iterable[StackResult],
    names: Places,
    chosen: Callable[[ReportedAccount], bool],
    label: Label,
    *,
    by_reason: bool = False,
) -> list[tuple[Rows, int]]:
    """Lists accounts by rule, or by the reason why they are not set.

    Args:
        results: of the stacks that have them.
        names: how places are named.
        chosen: which accounts.
        label: makes the line above a set.
        by_reason: whether sets are by reason.

    Returns:
        each block with the number of places that have it.
    """
    where: dict[tuple[str, tuple[tuple[str, ...], ...]], list[tuple[Place, _Set]]] = {}
    for result in results:
        for region in result.regions:
            for why, accounts in _grouped(region, chosen, by_reason=by_reason).items():
                key = why, tuple(map(_identity, accounts))
                where.setdefault(key, []).append((place_of(result, region), tuple(accounts)))
    rows = []
    for (why, _), found in where.items():
        places, sets = zip(*found, strict=True)
        said = label(names.label(places), Foreign(why), len(sets[0]))
        block = Rows(said, tuple(_cells(sets, by_reason=by_reason)), "account")
        rows.append((block, len(places)))
    return rows


def setting_rows(
    results: Iterable[StackResult],
    names: Places,
    chosen: Callable[[ReportedSetting], bool],
) -> list[tuple[Rows, int]]:
    """Lists settings beside members, each set of changes once for all its regions.

    Returns:
        each block with the number of places that have it.
    """
    where: dict[tuple[tuple[str, ...], ...], list[Place]] = {}
    for result in results:
        for region in result.regions:
            cells = tuple(
                (one.setting, change(one.from_, one.to) if one.from_ else one.to)
                for one in region.settings
                if chosen(one)
            )
            if cells:
                where.setdefault(cells, []).append(place_of(result, region))
    return [
        (Rows(messages.settings_in(names.label(places), len(cells)), cells, "setting"), len(places))
        for cells, places in where.items()
    ]


def changing(to: FeatureStatus) -> Callable[[ReportedAccount], bool]:
    """Chooses the accounts that are set to a status, or are to be; not those that could not be."""
    return lambda account: account.to is to and account.progress in _SET_OR_TO_BE


def _grouped(
    region: RegionReport, chosen: Callable[[ReportedAccount], bool], *, by_reason: bool
) -> dict[str, list[ReportedAccount]]:
    grouped: dict[str, list[ReportedAccount]] = {}
    for account in region.accounts:
        if chosen(account):
            why = account.reason if by_reason else account.rule
            grouped.setdefault(why or messages.no_reason(), []).append(account)
    return grouped


def _identity(account: ReportedAccount) -> tuple[str, ...]:
    """What makes two accounts of a set the same. Days of the trial do not."""
    unknown = UNKNOWN if account.from_ == UNKNOWN else ""
    return account.account, account.name or "", account.unit or "", account.to, unknown


def _cells(sets: Sequence[_Set], *, by_reason: bool) -> Iterator[tuple[str, ...]]:
    """The row of each account; with a name or a unit in the set, each row has that cell."""
    has_name = any(account.name for account in sets[0])
    has_unit = any(account.unit for account in sets[0])
    for same in zip(*sets, strict=True):
        account = same[0]
        cells = [account.account]
        if by_reason:
            cells.append(messages.on_off(account.to))
        if has_name:
            cells.append(account.name or "")
        if has_unit:
            cells.append(account.unit or "")
        notes = [messages.status_unknown()] if account.from_ == UNKNOWN and not by_reason else []
        days = {one.trial_days for one in same if one.trial_days is not None}
        notes += [messages.trial_of(min(days), max(days))] if days else []
        yield (*cells, *notes)
