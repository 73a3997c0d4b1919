"""`make soak`: random histories of organizations, stacks, faults and kills, and what must hold."""

# ruff: noqa: T201 (a command line: printing is how it answers)

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING, cast

from tests.campaign.batch import HISTORIES_IN_A_BATCH, Batch, play_batch
from tests.campaign.play import Figures
from tests.campaign.served import EngineFigures, EngineHistory, play_on_the_engine

if TYPE_CHECKING:
    from collections.abc import Sequence

_EPILOG = """\
a history is an organization (up to 130 accounts), a stack's configuration, and what happens then:
runs, with faults of AWS in them, killed or cut off in the middle; members that join, leave, are
suspended or moved; settings changed by somebody else; other configurations; time. After each run
what AWS really holds is compared with what docs/reliability.md promises.

provider histories run the program and its providers in this process, on the sandbox without a
server; engine histories run the real pulumi command line, killed with SIGKILL, on a served one.

a violation prints its seed. The same seed gives the same history again:
  make soak ARGS="--replay provider:17"    and makes the history as short as it can be
  make soak ARGS="--replay engine:5"       kills come at about the same moment

examples:
  make soak                                2,000 and 100 histories
  make soak ARGS="--histories 200 --engine-histories 0 --seed 7"
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the campaign; the exit code is 1 if a promise was broken."""
    asked = _arguments().parse_args(arguments)
    if asked.replay:
        return _replay(asked.replay)
    campaign = _Campaign(asked.histories, asked.engine_histories, asked.seed)
    return campaign.run(asked.jobs)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make soak",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--histories", type=int, default=2000, metavar="N", help="provider histories (2000)"
    )
    parser.add_argument(
        "--engine-histories", type=int, default=100, metavar="N", help="engine histories (100)"
    )
    parser.add_argument("--seed", type=int, default=1, help="other seeds, other histories (1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once (2)")
    parser.add_argument(
        "--replay", metavar="KIND:SEED", help="play one seed again: provider:17 or engine:5"
    )
    return parser


class _Campaign:
    def __init__(self, histories: int, engine_histories: int, seed: int) -> None:
        self._begun = time.monotonic()
        self._told = self._begun
        first = seed * 100_000
        self._batches = range(first, first + -(-histories // HISTORIES_IN_A_BATCH))
        self._engine_seeds = range(first, first + engine_histories)
        self._sizes = {
            number: min(HISTORIES_IN_A_BATCH, histories - index * HISTORIES_IN_A_BATCH)
            for index, number in enumerate(self._batches)
        }
        self._figures, self._engine_figures = Figures(), EngineFigures()
        self._violations: list[str] = []

    def run(self, jobs: int) -> int:
        # One that is forked while this process has threads may wait for ever for a lock of theirs.
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(max_workers=jobs, mp_context=spawn) as pool:
            pending: list[Future[Batch] | Future[EngineHistory]] = [
                pool.submit(play_batch, seed, self._sizes[seed]) for seed in self._batches
            ]
            pending += [pool.submit(play_on_the_engine, seed) for seed in self._engine_seeds]
            for done in as_completed(pending):
                self._note(cast("Batch | EngineHistory", done.result()))
        self._tell_figures()
        return 1 if self._violations else 0

    def _note(self, result: Batch | EngineHistory) -> None:
        if isinstance(result, Batch):
            kind = "provider"
            self._figures.add(result.figures)
        else:
            kind = "engine"
            self._engine_figures.add(result.figures)
        if result.violation:
            self._violations.append(f"{kind}:{result.seed}")
            print(f"VIOLATION in {kind}:{result.seed}\n{result.violation}", flush=True)
            print(f'Again: make soak ARGS="--replay {kind}:{result.seed}"', flush=True)
        if time.monotonic() - self._told > _EVERY_SECONDS:
            self._told = time.monotonic()
            print(
                f"{self._minutes()}: {self._figures.histories} provider histories, "
                f"{self._engine_figures.histories} engine histories, "
                f"{len(self._violations)} violations",
                flush=True,
            )

    def _minutes(self) -> str:
        seconds = round(time.monotonic() - self._begun)
        return f"{seconds // 60}:{seconds % 60:02}"

    def _tell_figures(self) -> None:
        for title, figures in (
            ("provider histories", self._figures),
            ("engine histories", self._engine_figures),
        ):
            print(f"\n{title}: {figures.histories}")
            for name, value in vars(figures).items():
                if name in _COUNTED:
                    told = ", ".join(f"{k} {n}" for k, n in value.most_common())
                    print(f"  {_COUNTED[name]:<17}{told}")
                elif name != "histories":
                    print(f"  {name.replace('_', ' '):<17}{value}")
        again = f": {', '.join(self._violations)}" if self._violations else ""
        print(f"\nviolations: {len(self._violations)}{again}\ntime: {self._minutes()}")


_EVERY_SECONDS = 10
_COUNTED = {"faults": "faults injected", "drawn": "drawn"}


def _replay(which: str) -> int:
    kind, _, seed = which.partition(":")
    if kind not in {"provider", "engine"} or not seed.isdigit():
        print(f"--replay {which}: write provider:SEED or engine:SEED", file=sys.stderr)
        return 2
    played = (
        play_batch(int(seed), shorten=True)
        if kind == "provider"
        else play_on_the_engine(int(seed), tell=print)
    )
    print(played.figures)
    print(played.violation or "no violation")
    return 1 if played.violation else 0


if __name__ == "__main__":
    sys.exit(main())
