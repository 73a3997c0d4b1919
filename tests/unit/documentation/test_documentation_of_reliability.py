"""Every promise of docs/reliability.md names tests, and they exist."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DOCUMENT = PROJECT_FOLDER / "docs" / "reliability.md"
HEADER = "| promise | tests |"
ITEM = re.compile(r"(?:(?P<file>\w+): )?`(?P<test>test_\w+)`")


class DocumentError(Exception):
    """A row does not name tests that exist."""


def found_by_file() -> dict[str, set[str]]:
    """The tests of every test_<name>.py, by that name; files of one name together."""
    found: dict[str, set[str]] = {}
    for file in (PROJECT_FOLDER / "tests").rglob("test_*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        found.setdefault(file.stem.removeprefix("test_"), set()).update(names)
    return found


def promises(document: str, tests: Mapping[str, set[str]]) -> Iterator[tuple[str, list[str]]]:
    """Each promise with the tests that it names."""
    for line in document.partition(HEADER)[2].splitlines()[2:]:
        if not line.startswith("|"):
            return
        promise, cell = line.strip("| ").split(" | ")
        yield promise, list(_named(cell, tests))


def _named(cell: str, tests: Mapping[str, set[str]]) -> Iterator[str]:
    file = ""
    for item in cell.split(", "):
        parts = ITEM.fullmatch(item)
        if parts is None:
            raise DocumentError(f"no test is named: {item}")
        file = parts["file"] or file
        if parts["test"] not in tests.get(file, ()):
            raise DocumentError(f"test_{file}.py has no {parts['test']}")
        yield parts["test"]


def test_every_promise_names_tests_that_exist() -> None:
    found = dict(promises(DOCUMENT.read_text(encoding="utf-8"), found_by_file()))
    assert len(found) > 10
    numbers = re.findall(r"^(\d)\. ", "\n".join(found), re.MULTILINE)
    assert numbers == [str(number) for number in range(1, 8)]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("| It rains | nobody looked |", "no test is named"),
        ("| It rains | weather: `test_snow` |", "has no test_snow"),
        ("| It rains | climate: `test_rain` |", "test_climate.py has no"),
    ],
)
def test_a_promise_without_a_test_is_found(row: str, fault: str) -> None:
    document = f"{HEADER}\n|---|---|\n{row}\n"
    with pytest.raises(DocumentError, match=fault):
        list(promises(document, {"weather": {"test_rain"}}))
