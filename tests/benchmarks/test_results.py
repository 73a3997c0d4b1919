"""The tables of benchmarks/RESULTS.md."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from benchmarks.results import (
    Circumstances,
    Goal,
    Row,
    ratio,
    rounded,
    table,
    with_section,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

HOW = Circumstances(date(2026, 11, 27), "v3.276.0", "stand-in", repetitions=3, minutes=12.4)
ROWS = [
    Row("preview, CPU", "1,000", "the floor", 2.44, Goal(2.5)),
    Row("first up, wall", "1,000", "one each", 7.9, Goal(8, at_least=True)),
    Row("pip list, CPU", "1,000", "the preview", 0.123),
]
DOCUMENT = "# Results\n\nWords.\n"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (0.0523, "0.052"), (0.999, "1.00"), (2.549, "2.5"), (9.96, "10.0"), (140.4, "140")],
)
def test_a_ratio_has_two_digits_that_count(number: float, text: str) -> None:
    assert rounded(number) == text


def test_a_ratio_is_of_medians() -> None:
    assert ratio([3.0, 100.0, 2.0], [1.5, 0.1, 9.0]) == 2.0


def test_nothing_is_compared_with_0() -> None:
    with pytest.raises(ValueError, match="0"):
        ratio([1.0], [0.0])


@pytest.mark.parametrize(
    ("goal", "number", "met"),
    [
        (Goal(2.5), 2.5, True),
        (Goal(2.5), 2.549, True),
        (Goal(2.5), 2.56, False),
        (Goal(8, at_least=True), 8.0, True),
        (Goal(8, at_least=True), 7.9, False),
    ],
)
def test_a_goal_judges_the_ratio_that_is_shown(goal: Goal, number: float, *, met: bool) -> None:
    assert goal.met(number) is met


def test_a_table_says_which_goals_are_met() -> None:
    assert table(ROWS).splitlines() == [
        "| measured | members | compared with | ratio | goal |  |",
        "| --- | ---: | --- | ---: | ---: | --- |",
        "| preview, CPU | 1,000 | the floor | 2.4 | ≤ 2.5 | met |",
        "| first up, wall | 1,000 | one each | 7.9 | ≥ 8 | **not met** |",
        "| pip list, CPU | 1,000 | the preview | 0.12 |  |  |",
    ]


def test_a_section_names_the_machine_without_its_name() -> None:
    text = with_section(DOCUMENT, "make bench", HOW, ROWS)
    assert "\n\n## make bench\n\n2026-11-27, " in text
    assert "Pulumi v3.276.0, stand-in; medians of 3 runs, in 12 minutes." in text


def test_a_section_takes_the_place_of_the_one_before_it_alone() -> None:
    first = with_section(DOCUMENT, "make bench", HOW, ROWS[:1])
    both = with_section(first, "make bench-large", HOW, ROWS[2:])
    again = with_section(both, "make bench", HOW, ROWS[1:2])
    assert again == with_section(
        with_section(DOCUMENT, "make bench", HOW, ROWS[1:2]), "make bench-large", HOW, ROWS[2:]
    )
    assert with_section(again, "make bench-large", HOW, ROWS[2:]) == again


def test_a_file_that_is_not_there_is_begun(tmp_path: Path) -> None:
    file = tmp_path / "results.md"
    write("make bench", HOW, ROWS, file)
    assert file.read_text().startswith("# How fast it is\n\n## make bench\n\n")
