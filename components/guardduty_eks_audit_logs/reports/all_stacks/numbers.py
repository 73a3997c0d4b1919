"""How many accounts, settings and resources change, in each stack and over all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import FeatureStatus
from guardduty_eks_audit_logs.reports.document import Foreign, Kind, Table
from guardduty_eks_audit_logs.reports.run_report import Progress
from guardduty_eks_audit_logs.reports.stack_result import Ending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.reports.all_stacks.places import Places
    from guardduty_eks_audit_logs.reports.document import Piece
    from guardduty_eks_audit_logs.reports.stack_result import StackResult

_REGIONS_NAMED = 3
_URGENCY = {Ending.NO_RESULT: 0, Ending.FAILED: 1, Ending.REFUSED: 2, Ending.DONE: 3}


@dataclass(frozen=True)
class Numbers:
    """What changes in a stack; nothing counts of one that is refused or without a result.

    Attributes:
        on: accounts that are turned on.
        off: accounts that are turned off.
        left: accounts and settings that could not be set.
        settings: settings beside members that change.
        others: other resources that change.
    """

    on: int = 0
    off: int = 0
    left: int = 0
    settings: int = 0
    others: int = 0

    def __add__(self, more: Numbers) -> Numbers:
        return Numbers(
            self.on + more.on,
            self.off + more.off,
            self.left + more.left,
            self.settings + more.settings,
            self.others + more.others,
        )

    def __bool__(self) -> bool:
        return self != Numbers()


def has_changes(result: StackResult) -> bool:
    """Whether what a stack's report has does happen, or has happened."""
    return result.ending in {Ending.DONE, Ending.FAILED}


def numbers_of(result: StackResult) -> Numbers:
    """Counts what changes in one stack."""
    if not has_changes(result):
        return Numbers()
    accounts = [account for region in result.regions for account in region.accounts]
    settings = [setting for region in result.regions for setting in region.settings]
    to = Counter(a.to for a in accounts if a.progress in {Progress.PLANNED, Progress.SET})
    left = [one.progress for one in accounts] + [one.progress for one in settings]
    return Numbers(
        to[FeatureStatus.ENABLED],
        to[FeatureStatus.DISABLED],
        left.count(Progress.UNPROCESSED),
        sum(setting.progress is not Progress.UNPROCESSED for setting in settings),
        len(result.others or ()),
    )


def first_line(results: Sequence[StackResult], names: Places, kind: Kind) -> str:
    """Says in one line what happens in all stacks."""
    return messages.first_line(names.said(), what_happens(results, kind))


def what_happens(results: Sequence[StackResult], kind: Kind) -> Sequence[str]:
    """Says what happens in stacks, all together: `12 on`, `3 off`, `1 refused`."""
    total = sum(map(numbers_of, results), Numbers())
    done = [result for result in results if result.ending is Ending.DONE]
    said = _changes(total, kind)
    if total.left:
        said.append(messages.not_set(total.left))
    if not said and done:
        known = all(result.others is not None for result in done)
        said.append(messages.nothing_changes(kind, len(done), len(results), others_known=known))
    endings = Counter(result.ending for result in results)
    for ending in (Ending.REFUSED, Ending.FAILED, Ending.NO_RESULT):
        if endings[ending]:
            said.append(messages.ended(ending, endings[ending]))
    return said


def _changes(total: Numbers, kind: Kind) -> list[str]:
    beside = {"setting": total.settings, "other resource": total.others}
    if kind is Kind.DRIFT:
        return messages.differ({"account": total.on + total.off, **beside})
    members = messages.changes_said(kind, total.on, total.off) if total.on or total.off else []
    return [*members, *(messages.numbered(n, noun) for noun, n in beside.items() if n)]


def table(results: Sequence[StackResult], kind: Kind) -> Table:
    """The table of stacks: those that need attention first, then by name."""

    def place(result: StackResult) -> tuple[int, str]:
        return _URGENCY[result.ending], result.stack

    rows = tuple(_row(result, kind) for result in sorted(results, key=place))
    return Table(messages.columns(kind), rows)


def _row(result: StackResult, kind: Kind) -> tuple[Piece, ...]:
    numbers = numbers_of(result)
    name = Foreign(result.stack) if result.named else messages.no_stack_name()
    counts = [numbers.on, numbers.off]
    if kind is Kind.RUN:
        counts.append(numbers.left)
    counts.append(numbers.settings)
    known = bool(result.regions) and result.ending is not Ending.NO_RESULT
    cells = [messages.number(n) if known else messages.unknown() for n in counts]
    if kind is not Kind.RUN:
        cells.append(_others(result))
    return name, _region(result), *cells, _result(result, kind)


def _region(result: StackResult) -> str:
    regions = [region.region for region in result.regions]
    if len(regions) > _REGIONS_NAMED:
        return messages.numbered(len(regions), "region")
    return ", ".join(regions) or messages.unknown()


def _others(result: StackResult) -> str:
    if result.ending is Ending.REFUSED:
        return messages.number(0)
    if result.others is None:
        return messages.unknown()
    operations = Counter(resource.operation for resource in result.others)
    said = [f"{messages.number(number)} {word}" for word, number in operations.items()]
    return ", ".join(said) or messages.number(0)


def _result(result: StackResult, kind: Kind) -> str:
    if result.ending is not Ending.DONE:
        return result.ending
    if result.new_stack:
        return messages.new_stack()
    known = result.others is not None
    return messages.result(kind, changes=bool(numbers_of(result)), others_known=known)
