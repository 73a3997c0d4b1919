"""Sentences of the stacks, identical ones once for all their stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.reports.all_stacks.places import Place, place_of, places, shared
from guardduty_eks_audit_logs.reports.document import Quote, Quotes
from guardduty_eks_audit_logs.reports.stack_result import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from guardduty_eks_audit_logs.reports.all_stacks.places import Places
    from guardduty_eks_audit_logs.reports.run_report import RegionReport
    from guardduty_eks_audit_logs.reports.stack_result import StackResult


def problem_quotes(
    results: Iterable[StackResult], names: Places, noun: str
) -> list[tuple[Quotes, int]]:
    """Quotes why stacks are not done.

    Args:
        results: these stacks.
        names: how places are named.
        noun: what a sentence is, in the singular.

    Returns:
        each block with 1: a sentence counts once.
    """
    found: dict[Place, tuple[Problem, ...]] = {}
    for result in results:
        its = places(result)
        # A program of several regions refuses as a whole.
        found[its[0] if len(its) == 1 else Place(result.stack)] = result.problems
    return _quotes(shared(found), names, noun)


def region_quotes(
    results: Iterable[StackResult],
    names: Places,
    texts: Callable[[RegionReport], Iterable[str]],
    noun: str,
) -> list[tuple[Quotes, int]]:
    """Quotes what run reports say of regions.

    Args:
        results: the stacks.
        names: how places are named.
        texts: what to quote of a region.
        noun: what a sentence is, in the singular.

    Returns:
        each block with 1: a sentence counts once.
    """
    found = {
        place_of(result, region): [Problem(text) for text in texts(region)]
        for result in results
        for region in result.regions
    }
    return _quotes(shared(found), names, noun)


def _quotes(
    groups: dict[tuple[Place, ...], list[Problem]], names: Places, noun: str
) -> list[tuple[Quotes, int]]:
    return [
        (
            Quotes(
                messages.found_in(names.label(where)),
                tuple(Quote.of(one.sentence, one.way_out) for one in its),
                noun,
            ),
            1,
        )
        for where, its in groups.items()
    ]
