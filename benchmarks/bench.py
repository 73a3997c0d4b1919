"""What `make bench` measures: the product to the floors, and to one resource an account.

Runs that are compared take turns, so that a machine that gets slower meanwhile slows both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import page_chain
from benchmarks.process_tree import PIP_LIST
from benchmarks.results import Goal, Row, ratio
from benchmarks.stacks import Measurement, place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.process_tree import Usage
    from benchmarks.served import ServedOrganization
    from benchmarks.stacks import MeasuredStack

LATENCY_SECONDS = 0.05
SMALL, LARGE = 1_000, 10_000
_AT_50_MS = f"{LATENCY_SECONDS * 1000:.0f} ms a call"
_PREVIEW_CPU = {SMALL: Goal(2.5), LARGE: Goal(3)}
_UP_WALL = {LARGE: Goal(1.7)}  # with fewer members, the engine's own start is most of it


class Bench(Measurement):
    """What `make bench` measures."""

    def rows(self, sizes: Sequence[int], one_each_at: int) -> list[Row]:
        """All rows of the table.

        Args:
            sizes: at how many members the product is compared with the floors.
            one_each_at: at how many it is compared with one resource an account.
        """
        found: list[Row] = []
        for members in sizes:
            found += self._to_the_floors(members)
        return found + self._to_one_each(one_each_at)

    def _to_the_floors(self, members: int) -> list[Row]:
        with place(self.pulumi, members) as here:
            self.say(f"{members:,} members: first runs")
            product, floor = here.ours(), here.program("floor")
            product.up()
            floor.up()
            return [
                *self._previews(members, here.organization, product, floor),
                self._up(members, here.organization, product),
            ]

    def _previews(
        self,
        members: int,
        organization: ServedOrganization,
        product: MeasuredStack,
        floor: MeasuredStack,
    ) -> list[Row]:
        without_log, previews, floors, served_by = [], [], [], []
        for _ in range(self.repetitions):
            self.say(f"{members:,} members: previews without changes")
            floors.append(floor.preview().cpu_without_pip_list)
            before = organization.cpu_seconds
            previews.append(product.preview())
            served_by.append(organization.cpu_seconds - before)
            product.keep_debug_log(kept=False)
            without_log.append(product.preview().cpu_without_pip_list)
            product.keep_debug_log(kept=True)
        ours = [usage.cpu_without_pip_list for usage in previews]
        whole = [usage.cpu_seconds for usage in previews]
        pip_list = [usage.cpu_by_kind.get(PIP_LIST, 0.0) for usage in previews]
        log = max(0.0, median(ours) - median(without_log))
        size, what = f"{members:,}", "preview without changes, CPU"
        itself = "the preview"
        return [
            Row(what, size, "the floor program", ratio(ours, floors), _PREVIEW_CPU.get(members)),
            Row("of it: the engine's debug log", size, itself, ratio([log], ours)),
            Row("not in it: the language host's `pip list`", size, itself, ratio(pip_list, whole)),
            Row("not in it: the sandbox", size, itself, ratio(served_by, ours)),
        ]

    def _up(self, members: int, organization: ServedOrganization, product: MeasuredStack) -> Row:
        organization.slow(LATENCY_SECONDS)
        ours, chains = [], []
        for _ in range(self.repetitions):
            self.say(f"{members:,} members, {_AT_50_MS}: up without changes")
            # Its preview reads the members, and then its run.
            chains.append(2 * page_chain.seconds(organization.url))
            ours.append(product.up().wall_seconds)
        what, size = "up without changes, time", f"{members:,}, {_AT_50_MS}"
        return Row(what, size, "two page chains", ratio(ours, chains), _UP_WALL.get(members))

    def _to_one_each(self, members: int) -> list[Row]:
        product, one_each = _Runs(), _Runs()
        for _ in range(self.repetitions):
            self.say(f"{members:,} members, {_AT_50_MS}: first up and preview")
            with place(self.pulumi, members) as here:
                here.organization.slow(LATENCY_SECONDS)
                product.add(here.organization, here.ours())
            self.say(f"{members:,} members, {_AT_50_MS}: the same of one resource an account")
            with place(self.pulumi, members) as here:
                here.organization.slow(LATENCY_SECONDS)
                one_each.add(here.organization, here.program("one_each"))
        size = f"{members:,}, {_AT_50_MS}"

        def row(measured: str, theirs: list[float], ours: list[float], goal: float) -> Row:
            name = f"one resource an account: {measured}"
            return Row(name, size, "ours", ratio(theirs, ours), Goal(goal, at_least=True))

        return [
            row("first up, time", one_each.first_ups, product.first_ups, 8),
            row("preview without changes, time", one_each.previews, product.previews, 3),
            row("state, bytes", one_each.states, product.states, 30),
            row("calls of both", one_each.calls, product.calls, 6),
        ]


@dataclass(frozen=True)
class _Runs:
    """What first runs and the previews after them took, one of each for a repetition."""

    first_ups: list[float] = field(default_factory=list)
    previews: list[float] = field(default_factory=list)
    states: list[float] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)

    def add(self, organization: ServedOrganization, stack: MeasuredStack) -> None:
        organization.calls()
        first: Usage = stack.up()
        second = stack.preview()
        self.first_ups.append(first.wall_seconds)
        self.previews.append(second.wall_seconds)
        self.states.append(stack.state_bytes)
        self.calls.append(len(organization.calls()))
