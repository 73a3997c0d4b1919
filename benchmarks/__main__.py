"""`python -m benchmarks`: measures, and writes a table of ratios into RESULTS.md."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bench import LARGE, SMALL, Bench
from benchmarks.bench_large import FEW, MANY, REGIONS, LargeBench
from benchmarks.results import RESULTS, Circumstances, table, write
from benchmarks.stacks import find_pulumi

_SECONDS_A_MINUTE = 60


def main() -> None:
    """Measure, print the table and write it."""
    options = _options()
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - started:4.0f} s] {line}", flush=True)  # noqa: T201 -- progress

    pulumi = find_pulumi()
    if options.large:
        name, large = "make bench-large", LargeBench(pulumi, options.repetitions, say)
        few, many = options.members or (FEW, MANY)
        rows = large.rows(few, many, options.regions)
    else:
        name, bench = "make bench", Bench(pulumi, options.repetitions, say)
        rows = bench.rows(options.members or (SMALL, LARGE), options.one_each)
    circumstances = Circumstances(
        day=datetime.now(UTC).date(),
        engine=pulumi.version,
        plugin=pulumi.plugin,
        repetitions=options.repetitions,
        minutes=(time.monotonic() - started) / _SECONDS_A_MINUTE,
    )
    print(f"\n{circumstances}\n\n{table(rows)}")  # noqa: T201 -- the answer
    write(name, circumstances, rows, options.results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--large", action="store_true", help="measure what `make bench-large` does")
    parser.add_argument(
        "--members",
        type=_numbers,
        help="at how many members, by commas: compared with the floors; with --large, two sizes",
    )
    parser.add_argument(
        "--one-each",
        type=int,
        default=SMALL,
        help="at how many members it is compared with one resource an account",
    )
    parser.add_argument(
        "--regions",
        type=_numbers,
        default=REGIONS,
        help="with --large, in how many regions, by commas",
    )
    parser.add_argument("--repetitions", type=int, default=3, help="the runs of each median")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file to write")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


if __name__ == "__main__":
    main()
