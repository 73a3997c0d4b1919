"""The document over all stacks, part by part in page order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import AutoEnable, FeatureStatus
from guardduty_eks_audit_logs.reports.all_stacks.numbers import first_line, has_changes, table
from guardduty_eks_audit_logs.reports.all_stacks.places import Place, Places
from guardduty_eks_audit_logs.reports.all_stacks.sentences import problem_quotes, region_quotes
from guardduty_eks_audit_logs.reports.all_stacks.sets_of_accounts import (
    account_rows,
    changing,
    setting_rows,
)
from guardduty_eks_audit_logs.reports.document import Document, Kind, Part, Rows
from guardduty_eks_audit_logs.reports.run_report import Progress
from guardduty_eks_audit_logs.reports.stack_result import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from guardduty_eks_audit_logs.reports.document import Block, Piece
    from guardduty_eks_audit_logs.reports.run_report import (
        RegionReport,
        ReportedAccount,
        ReportedSetting,
    )
    from guardduty_eks_audit_logs.reports.stack_result import StackResult

_GOES_OFF = {FeatureStatus.DISABLED, AutoEnable.NONE}


class _Importance:
    """What has the higher one is cut later."""

    PROBLEMS = 7
    OFF = 6
    LEFT = 5
    CHANGES = 4
    NOTICES = 3
    ON = 2


def all_stacks(results: Sequence[StackResult], kind: Kind) -> Document:
    """Says what happens in all stacks.

    Args:
        results: of each stack; at least one.
        kind: what they are results of.
    """
    names = Places(results)
    pages = _Parts(results, names, kind)
    return Document(
        kind,
        messages.TITLES[kind],
        first_line(results, names, kind),
        table(results, kind),
        tuple(part for part in pages.all() if part.blocks),
    )


class _Parts:
    def __init__(self, results: Sequence[StackResult], names: Places, kind: Kind) -> None:
        self._results = results
        self._changing = [result for result in results if has_changes(result)]
        self._names = names
        self._kind = kind

    def all(self) -> Iterator[Part]:
        """The parts in page order, empty ones included."""
        yield self._off()
        for ending in (Ending.NO_RESULT, Ending.REFUSED, Ending.FAILED):
            yield self._problems(ending)
        yield self._left()
        yield self._settings()
        yield self._others()
        yield self._on()
        yield self._notices()

    def _off(self) -> Part:
        blocks: list[tuple[Block, int]] = [
            *account_rows(
                self._changing, self._names, changing(FeatureStatus.DISABLED), self._turned_off
            ),
            *setting_rows(self._changing, self._names, _setting_goes_off),
            *region_quotes(self._changing, self._names, _warnings, "warning"),
        ]
        return self._part(messages.heading_off(self._kind), blocks, _Importance.OFF)

    def _problems(self, ending: Ending) -> Part:
        results = [result for result in self._results if result.ending is ending]
        noun = "refusal" if ending is Ending.REFUSED else "reason"
        blocks: list[tuple[Block, int]] = [*problem_quotes(results, self._names, noun)]
        if ending is Ending.REFUSED:
            off = changing(FeatureStatus.DISABLED)
            blocks += account_rows(results, self._names, off, messages.would_go_off)
        heading = messages.heading_of_ending(ending, len(results))
        return Part(heading, _Importance.PROBLEMS, tuple(block for block, _ in blocks))

    def _left(self) -> Part:
        shown = [result for result in self._results if result.regions]
        blocks: list[tuple[Block, int]] = [
            *account_rows(
                self._changing, self._names, _unprocessed, messages.not_set_in, by_reason=True
            ),
            *setting_rows(self._changing, self._names, _setting_left),
            *account_rows(shown, self._names, _inactive, messages.inactive_in, by_reason=True),
            *region_quotes(shown, self._names, lambda region: region.unreached, "notice"),
        ]
        return self._part(messages.heading_left(), blocks, _Importance.LEFT)

    def _settings(self) -> Part:
        blocks = setting_rows(self._changing, self._names, _setting_changes)
        return self._part(messages.heading_settings(self._kind), blocks, _Importance.CHANGES)

    def _others(self) -> Part:
        where: dict[tuple[tuple[str, ...], ...], list[Place]] = {}
        for result in self._changing:
            cells = tuple((o.type, o.name, o.operation) for o in result.others or ())
            if cells:
                regions = [region.region for region in result.regions]
                place = Place(result.stack, regions[0] if len(regions) == 1 else "")
                where.setdefault(cells, []).append(place)
        blocks = [
            (
                Rows(messages.found_in(self._names.label(places)), cells, "resource"),
                len(places),
            )
            for cells, places in where.items()
        ]
        return self._part(messages.heading_others(), blocks, _Importance.CHANGES)

    def _on(self) -> Part:
        blocks = account_rows(
            self._changing, self._names, changing(FeatureStatus.ENABLED), self._turned_on
        )
        return self._part(messages.heading_on(self._kind), blocks, _Importance.ON, folded=True)

    def _notices(self) -> Part:
        shown = [result for result in self._results if result.regions]
        blocks = region_quotes(shown, self._names, lambda region: region.notices, "notice")
        heading = messages.heading_notices()
        return self._part(heading, blocks, _Importance.NOTICES, folded=True)

    def _part(
        self,
        heading: str,
        counted: Sequence[tuple[Block, int]],
        importance: int,
        *,
        folded: bool = False,
    ) -> Part:
        """A part; its heading counts an account in each of its regions, as the first line does."""
        numbers: dict[str, int] = {}
        for block, places in counted:
            numbers[block.noun] = numbers.get(block.noun, 0) + block.count * places
        blocks = tuple(block for block, _ in counted)
        return Part(messages.heading_with(heading, numbers), importance, blocks, folded=folded)

    def _turned_off(self, where: tuple[Piece, ...], rule: Piece, number: int) -> tuple[Piece, ...]:
        return messages.accounts_by_rule(self._kind, "DISABLED", where, rule, number)

    def _turned_on(self, where: tuple[Piece, ...], rule: Piece, number: int) -> tuple[Piece, ...]:
        return messages.accounts_by_rule(self._kind, "ENABLED", where, rule, number)


def _warnings(region: RegionReport) -> tuple[str, ...]:
    return region.warnings


def _unprocessed(account: ReportedAccount) -> bool:
    return account.progress is Progress.UNPROCESSED


def _inactive(account: ReportedAccount) -> bool:
    return account.progress is Progress.INACTIVE


def _setting_left(setting: ReportedSetting) -> bool:
    return setting.progress is Progress.UNPROCESSED


def _setting_goes_off(setting: ReportedSetting) -> bool:
    return not _setting_left(setting) and setting.to in _GOES_OFF


def _setting_changes(setting: ReportedSetting) -> bool:
    return not _setting_left(setting) and setting.to not in _GOES_OFF
