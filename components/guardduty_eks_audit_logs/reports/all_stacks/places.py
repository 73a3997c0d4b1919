"""How a report over many stacks names regions and stacks, and what is shared by several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.reports.document import Foreign
from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from guardduty_eks_audit_logs.reports.document import Piece
    from guardduty_eks_audit_logs.reports.run_report import RegionReport
    from guardduty_eks_audit_logs.reports.stack_result import StackResult

NAMED = 40
"""So many places are named in one label."""

_MANY = 4
"""From so many on, all places are called all of them."""


@dataclass(frozen=True, order=True)
class Place:
    """One stack, or one region of it; `region` is empty where it is not known."""

    stack: str
    region: str = ""


_K = TypeVar("_K", bound="Hashable")


class Places:
    """Names places: by region, if every stack has one and no two have the same.

    Args:
        results: all stacks of the report.
    """

    def __init__(self, results: Sequence[StackResult]) -> None:
        regions = [region.region for result in results for region in result.regions]
        self.regions = len(set(regions))
        self.stacks = len(results)
        self.one_each = (
            all(len(result.regions) <= 1 for result in results)
            and len(regions) == self.regions > 0
            and not any(r.mode is Mode.DELEGATION for one in results for r in one.regions)
        )
        self._all = {place for result in results for place in places(result)}

    def said(self) -> str:
        """Says over what the report is: `17 regions`, or `18 stacks in 17 regions`."""
        return messages.regions_and_stacks(self.regions, self.stacks, one_each=self.one_each)

    def label(self, where: Iterable[Place]) -> tuple[Piece, ...]:
        """Names places in a line."""
        found = tuple(dict.fromkeys(where))
        if len(found) >= _MANY and set(found) == self._all:
            return (messages.all_of_them(self.said()),)
        pieces: list[Piece] = []
        for place in found[:NAMED]:
            pieces += [", ", self._name(place)]
        more = len(found) - NAMED
        return (*pieces[1:], messages.and_more_places(more) if more > 0 else "")

    def _name(self, place: Place) -> Piece:
        if self.one_each and place.region:
            return place.region
        return Foreign(f"{place.stack} {place.region}" if place.region else place.stack)


def places(result: StackResult) -> tuple[Place, ...]:
    """The regions of a stack; the stack itself if they are not known."""
    if not result.regions:
        return (Place(result.stack),)
    return tuple(place_of(result, region) for region in result.regions)


def place_of(result: StackResult, region: RegionReport) -> Place:
    """One region of a stack."""
    return Place(result.stack, region.region)


def shared(found: Mapping[Place, Iterable[_K]]) -> dict[tuple[Place, ...], list[_K]]:
    """Gives each thing once, for all places that have it; what more places have stands first.

    Args:
        found: what each place has.
    """
    where: dict[_K, dict[Place, None]] = {}
    for place, things in found.items():
        for thing in things:
            where.setdefault(thing, {})[place] = None
    grouped: dict[tuple[Place, ...], list[_K]] = {}
    for thing, its in where.items():
        grouped.setdefault(tuple(its), []).append(thing)
    return dict(sorted(grouped.items(), key=lambda group: -len(group[0])))
