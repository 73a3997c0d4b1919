"""The tables of RESULTS.md: ratios, each with its goal, and on what machine they were measured."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
_TITLE = "# How fast it is\n"
HEADINGS = ("measured", "members", "compared with", "ratio", "goal", "")


@dataclass(frozen=True)
class Goal:
    """What a ratio is to be: at most a number, or at least one."""

    number: float
    at_least: bool = False

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.number:g}"

    def met(self, ratio: float) -> bool:
        """Whether a ratio, as the table shows it, meets the goal."""
        shown = float(rounded(ratio))
        return shown >= self.number if self.at_least else shown <= self.number


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes:
        measured: what was measured.
        members: at how many members, and what else makes the size.
        compared_with: what the ratio is to.
        ratio: of the medians.
        goal: what it is to be, if there is one.
    """

    measured: str
    members: str
    compared_with: str
    ratio: float
    goal: Goal | None = None

    def cells(self) -> tuple[str, ...]:
        """The line's cells, under `HEADINGS`."""
        goal = "" if self.goal is None else str(self.goal)
        verdict = "" if self.goal is None else "met" if self.goal.met(self.ratio) else "**not met**"
        return (
            self.measured,
            self.members,
            self.compared_with,
            rounded(self.ratio),
            goal,
            verdict,
        )


@dataclass(frozen=True)
class Circumstances:
    """On what and how a table was measured; no name of a machine and no path.

    Attributes:
        day: when.
        engine: the engine's version.
        plugin: which aws plugin.
        repetitions: how many runs each median is of.
        minutes: how long it took.
    """

    day: date
    engine: str
    plugin: str
    repetitions: int
    minutes: float

    def __str__(self) -> str:
        runs = "one run each" if self.repetitions == 1 else f"medians of {self.repetitions} runs"
        return (
            f"{self.day.isoformat()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
            f"Pulumi {self.engine}, {self.plugin}; {runs}, in {self.minutes:.0f} minutes."
        )


def ratio(ours: Sequence[float], others: Sequence[float]) -> float:
    """The median of the first to the median of the second.

    Raises:
        ValueError: the second is 0.
    """
    if not median(others):
        raise ValueError("nothing can be compared with 0")
    return median(ours) / median(others)


def rounded(number: float) -> str:
    """A ratio with two digits that count, or all before the point: `0.052`, `1.7`, `12`, `140`."""
    if not number:
        return "0"
    digits = 1
    while number * 10**digits < 10:  # noqa: PLR2004 -- two digits
        digits += 1
    return f"{number:.0f}" if number >= 10 else f"{number:.{digits}f}"  # noqa: PLR2004


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [HEADINGS, ("---", "---:", "---", "---:", "---:", "---"), *(r.cells() for r in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def with_section(
    document: str, name: str, circumstances: Circumstances, rows: Sequence[Row]
) -> str:
    """A document whose section of that name is these rows; it is put at the end if it is new."""
    section = f"## {name}\n\n{circumstances}\n\n{table(rows)}"
    found = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if found.search(document) is None:
        return f"{document.rstrip()}\n\n{section}"
    replaced = found.sub(lambda _: f"{section}\n", document, count=1)
    return f"{replaced.rstrip()}\n"


def write(name: str, circumstances: Circumstances, rows: Sequence[Row], file: Path) -> None:
    """Write a section of RESULTS.md or a file like it, and leave its others as they are."""
    document = file.read_text(encoding="utf-8") if file.exists() else _TITLE
    file.write_text(with_section(document, name, circumstances, rows), encoding="utf-8")
