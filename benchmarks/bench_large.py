"""What `make bench-large` measures: GuardDuty's own limits, many regions, and a slow service."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from benchmarks import coverage_page, sandbox_size
from benchmarks.process_tree import AWS_PLUGIN
from benchmarks.results import Goal, Row, ratio
from benchmarks.served import REGION
from benchmarks.stacks import Measurement, place, rule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_sandbox.client import Call
    from benchmarks.process_tree import Usage

FEW, MANY = 5_000, 50_000
REGIONS = (17, 34)
MEMBERS_IN_REGIONS = 300
THROTTLED_MEMBERS, CALLS_A_SECOND = 1_000, 10
GIGABYTE = 10**9
_PAUSE_SECONDS = 1
_TEN_TIMES = Goal(12)
_MEMORY = Goal(1.2)
_PROCESSES = Goal(2)
_THROTTLED = Goal(1.2)


class LargeBench(Measurement):
    """What `make bench-large` measures."""

    def rows(self, few: int, many: int, regions: Sequence[int]) -> list[Row]:
        """All rows of the table.

        Args:
            few: how many members the least of two sizes has.
            many: how many the other one has.
            regions: in how many regions `examples/every-region` is measured.
        """
        return [
            *self._ten_times(few, many),
            *(row for number in regions for row in self._every_region(number)),
            *self._throttled(),
            *sandbox_size.rows(),
            *coverage_page.rows(self.say),
        ]

    def _ten_times(self, few: int, many: int) -> list[Row]:
        small, large = self._all_and_none([few, many])
        size, than = f"{many:,}", f"{few:,} members"

        def cpu(of: Callable[[_AllAndNone], list[Usage]]) -> float:
            ours, others = (
                [usage.cpu_without_pip_list for usage in of(each)] for each in (large, small)
            )
            return ratio(ours, others)

        peaks = [
            max(up.peak_bytes, preview.peak_bytes)
            for up, preview in zip(large.ups, large.previews, strict=True)
        ]
        return [
            Row("up that changes all, CPU", size, than, cpu(lambda each: each.ups), _TEN_TIMES),
            Row(
                "preview without changes, CPU",
                size,
                than,
                cpu(lambda each: each.previews),
                _TEN_TIMES,
            ),
            Row(
                "memory of all processes, at most", size, "1 GB", ratio(peaks, [GIGABYTE]), _MEMORY
            ),
        ]

    def _all_and_none(self, sizes: Sequence[int]) -> list[_AllAndNone]:
        found = [_AllAndNone([], []) for _ in sizes]
        with ExitStack() as places:
            stacks = []
            for members in sizes:
                self.say(f"{members:,} members: first up")
                stacks.append(places.enter_context(place(self.pulumi, members)).ours())
                stacks[-1].up()
            for repetition in range(self.repetitions):
                status = "ENABLED" if repetition % 2 else "DISABLED"
                for members, stack, runs in zip(sizes, stacks, found, strict=True):
                    self.say(f"{members:,} members: up that changes all, preview without changes")
                    stack.configure(rule(status))
                    runs.ups.append(stack.up())
                    runs.previews.append(stack.preview())
        return found

    def _every_region(self, number: int) -> list[Row]:
        regions = boto3.Session().get_available_regions("guardduty")[:number]
        if REGION not in regions:
            regions[-1] = REGION
        one, all_of_them = [], []
        with place(self.pulumi, MEMBERS_IN_REGIONS, regions) as here:
            self.say(f"{len(regions)} regions: first runs")
            single, stack = here.every_region([REGION]), here.every_region(regions)
            single.up()
            stack.up()
            for _ in range(self.repetitions):
                self.say(f"{len(regions)} regions: previews without changes")
                one.append(single.preview())
                all_of_them.append(stack.preview())
        what = "every-region, preview without changes"
        size = f"{MEMBERS_IN_REGIONS} in {len(regions)} regions"

        def to_one(of: Callable[[Usage], float]) -> float:
            return ratio([of(usage) for usage in all_of_them], [of(usage) for usage in one])

        plugins = [float(usage.processes_by_kind.get(AWS_PLUGIN, 0)) for usage in all_of_them]
        return [
            Row(f"{what}: time", size, "one region", to_one(lambda usage: usage.wall_seconds)),
            Row(f"{what}: CPU", size, "one region", to_one(lambda u: u.cpu_without_pip_list)),
            Row(f"{what}: memory", size, "one region", to_one(lambda usage: usage.peak_bytes)),
            Row(f"{what}: aws plugins", size, "one process", ratio(plugins, [1]), _PROCESSES),
        ]

    def _throttled(self) -> list[Row]:
        spans, allowed, added, at_the_rate = [], [], [], []
        for _ in range(self.repetitions):
            free, _unlimited = self._first_up(limited=False)
            usage, calls = self._first_up(limited=True)
            added.append(usage.wall_seconds - free.wall_seconds)
            at_the_rate.append(_answered(calls) / CALLS_A_SECOND)
            stretches = _stretches(calls)
            spans.append(sum((s[-1].time - s[0].time).total_seconds() for s in stretches))
            allowed.append(sum(max(0, _answered(s) - 1) for s in stretches) / CALLS_A_SECOND)
        size = f"{THROTTLED_MEMBERS:,}, {CALLS_A_SECOND} calls a second"
        than = "its calls at that rate"
        in_all, in_series = ratio(added, at_the_rate), ratio(spans, allowed)
        return [
            Row("first up: what the limit adds to its time", size, than, in_all),
            Row("first up, while it has calls to make", size, than, in_series, _THROTTLED),
        ]

    def _first_up(self, *, limited: bool) -> tuple[Usage, list[Call]]:
        """A first `up`, and its calls to GuardDuty, with those that were throttled."""
        limit = f"{CALLS_A_SECOND} calls a second" if limited else "no limit of calls"
        self.say(f"{THROTTLED_MEMBERS:,} members, {limit}: first up")
        with place(self.pulumi, THROTTLED_MEMBERS) as here:
            # As pulumi-aws has it; the stand-in tries again fewer times by default.
            stack = here.ours(**{"aws:maxRetries": 25})
            if limited:
                here.organization.client.limits(per_second=CALLS_A_SECOND)
            here.organization.calls()
            usage = stack.up()
            calls = here.organization.calls()
        return usage, [call for call in calls if call.service == "guardduty"]


def _answered(calls: Sequence[Call]) -> int:
    """How many of the calls AWS did."""
    return sum(1 for call in calls if call.outcome == "ok")


def _stretches(calls: Sequence[Call]) -> list[list[Call]]:
    """Calls in their order, parted where none was made for a second: the engine had work to do."""
    found: list[list[Call]] = []
    for call in calls:
        if found and (call.time - found[-1][-1].time).total_seconds() <= _PAUSE_SECONDS:
            found[-1].append(call)
        else:
            found.append([call])
    return found


@dataclass(frozen=True)
class _AllAndNone:
    """Runs that change all members, and previews after them that find nothing to change."""

    ups: list[Usage]
    previews: list[Usage]
