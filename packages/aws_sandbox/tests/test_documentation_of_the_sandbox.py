"""The table of packages/aws_sandbox/README.md and the sandbox's tests name each other."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TESTS = Path(__file__).parent
DOCUMENT = TESTS.with_name("README.md")
HEADER = "| behaviour | source | test |"
ITEM = re.compile(r"(?:(?P<file>\w+): )?(?:`(?P<test>test_\w+)(?P<cut>…?)`|(?P<all>all))")


class DocumentError(Exception):
    """A row of the table does not have the form that the text above it describes."""


@dataclass(frozen=True)
class Row:
    """One behaviour with the tests that hold it, by the files they are in."""

    behaviour: str
    source: str
    tests: tuple[tuple[str, str], ...]


def found_by_file() -> dict[str, list[str]]:
    """The tests of every test_sandbox_<name>.py, by that name."""
    found: dict[str, list[str]] = {}
    for file in sorted(TESTS.rglob("test_sandbox_*.py")):
        name = file.stem.removeprefix("test_sandbox_")
        assert name not in found, f"two test files are named {file.name}"
        tree = ast.parse(file.read_text(encoding="utf-8"))
        found[name] = [
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        ]
    return found


def rows(document: str, tests: Mapping[str, list[str]]) -> Iterator[Row]:
    """The table's rows; "same" stands for the tests of the row above."""
    lines = iter(document.partition(HEADER)[2].splitlines()[2:])
    before: Row | None = None
    for line in lines:
        if not line.startswith("|"):
            return
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if len(cells) != 3 or not all(cells):
            raise DocumentError(f"no three cells: {line}")
        behaviour, source, cell = cells
        if cell == "same":
            if before is None:
                raise DocumentError(f"nothing is above: {line}")
            named = before.tests
        else:
            named = tuple(_named(cell, tests))
        before = Row(behaviour, source, named)
        yield before


def _named(cell: str, tests: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    file = ""
    for item in cell.split(", "):
        parts = ITEM.fullmatch(item)
        if parts is None:
            raise DocumentError(f"neither `test_…` nor all: {item}")
        file = parts["file"] or file
        if file not in tests:
            raise DocumentError(f"there is no test_sandbox_{file}.py: {cell}")
        if parts["all"]:
            found = tests[file]
        elif parts["cut"]:
            found = [name for name in tests[file] if name.startswith(parts["test"])]
        else:
            found = [name for name in tests[file] if name == parts["test"]]
        if not found or (len(found) > 1 and not parts["all"]):
            raise DocumentError(f"{item} names {len(found)} tests of test_sandbox_{file}.py")
        yield from ((file, name) for name in found)


def test_every_behaviour_has_a_source_and_tests_that_exist() -> None:
    tests = found_by_file()
    found = list(rows(DOCUMENT.read_text(encoding="utf-8"), tests))
    assert len(found) > 40
    assert len({row.behaviour for row in found}) == len(found)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("| It rains | API |", "no three cells"),
        ("| It rains | API | none |", "neither"),
        ("| It rains |  | weather: `test_rain` |", "no three cells"),
        ("| It rains | API | weather: `test_snow` |", "names 0 tests"),
        ("| It rains | API | weather: `test_r…` |", "names 2 tests"),
        ("| It rains | API | climate: `test_rain` |", "no test_sandbox_climate.py"),
        ("| It rains | API | same |", "nothing is above"),
    ],
)
def test_a_row_that_names_no_test_is_found(row: str, fault: str) -> None:
    document = f"{HEADER}\n|---|---|---|\n{row}\n"
    with pytest.raises(DocumentError, match=fault):
        list(rows(document, {"weather": ["test_rain", "test_rainbow"]}))


def test_rows_name_tests_whole_cut_short_all_or_as_the_row_above() -> None:
    document = (
        f"{HEADER}\n|---|---|---|\n"
        "| It rains | API | weather: `test_rain`, `test_rainb…` |\n"
        "| It pours | API | same |\n"
        "| It is dry | assumed | desert: all |\n"
        "\n| not | the | table |\n"
    )
    tests = {"weather": ["test_rain", "test_rainbow"], "desert": ["test_sand", "test_sun"]}
    assert [row.tests for row in rows(document, tests)] == [
        (("weather", "test_rain"), ("weather", "test_rainbow")),
        (("weather", "test_rain"), ("weather", "test_rainbow")),
        (("desert", "test_sand"), ("desert", "test_sun")),
    ]


def test_every_test_of_the_sandbox_is_named_by_a_behaviour() -> None:
    tests = found_by_file()
    found = rows(DOCUMENT.read_text(encoding="utf-8"), tests)
    named = {each for row in found for each in row.tests}
    every = {(file, name) for file, names in tests.items() for name in names}
    assert not every - named
