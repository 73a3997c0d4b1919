"""Pages of the documentation whose commands are run as they stand, in their order.

A block of the language `console` has commands behind `$ `, each with what it prints; a line `…`
stands for any lines, and seconds for any seconds. A block of the language `diff` begins with
`--- <file>` and says how that file is changed.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_BLOCK = re.compile(r"^```(console|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECONDS = re.compile(r"\b\d+ s\b")
_OF_A_STACK = re.compile(r"(\S+) +(done|refused|failed|interrupted) after ")
_ANY = "…"


@dataclass(frozen=True)
class Command:
    """A command of the shell, and the lines that the page says it prints."""

    line: int
    words: str
    printed: list[str]


@dataclass(frozen=True)
class Change:
    """How a file is changed: the lines before, and the lines after."""

    line: int
    file: str
    before: str
    after: str

    def apply(self, folder: Path) -> None:
        """Changes the file, which has the lines before once."""
        file = folder / self.file
        text = file.read_text("utf-8")
        assert text.count(self.before) == 1, f"line {self.line} of the page: {self.file}\n{text}"
        file.write_text(text.replace(self.before, self.after), "utf-8")


def steps_of(page: str) -> Iterator[Command | Change]:
    """All that the page does, in its order."""
    for block in _BLOCK.finditer(page):
        line = page.count("\n", 0, block.start()) + 1
        if block[1] == "diff":
            yield _change(line, block[2])
        else:
            yield from _commands(line, block[2])


def section(page: str, heading: str) -> str:
    """What is under a heading, up to the next one of its level."""
    level = heading.partition(" ")[0]
    _, found, rest = page.partition(f"\n{heading}\n")
    assert found, heading
    return re.split(rf"^{level} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


class Shell:
    """A shell without a terminal: what a command exports, the next one has.

    Args:
        folder: where it is.
        environment: what it has at first.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = {**environment, "COLUMNS": "80"}

    def run(self, words: str) -> tuple[int, list[str]]:
        """Runs a command; gives its exit code, and all that it prints."""
        with NamedTemporaryFile() as kept:
            ended = subprocess.run(
                ["bash", "-c", f"{words}\ncode=$?; env -0 >{kept.name}; exit $code"],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=1200,
            )
            entries = kept.read().decode().split("\0")
        self._environment = dict(entry.split("=", 1) for entry in entries if entry)
        return ended.returncode, ended.stdout.splitlines()


def fits(said: list[str], printed: list[str]) -> bool:
    """Whether lines are what a page says; stacks may end in any order."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == _ANY else re.escape(line).replace(_ANY, ".*") + r"\n"
        for line in _comparable(said)
    )
    return bool(re.fullmatch(pattern, "".join(f"{line}\n" for line in _comparable(printed))))


def _comparable(lines: list[str]) -> list[str]:
    stacks = iter(sorted(line for line in lines if _OF_A_STACK.match(line)))
    ordered = [next(stacks) if _OF_A_STACK.match(line) else line for line in lines]
    return [_SECONDS.sub("N s", line.rstrip()) for line in ordered]


def _commands(line: int, block: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        words = [lines.pop(0)]
        while words[-1].endswith("\\") or (lines and lines[0].startswith("> ")):
            words.append(lines.pop(0).removeprefix("> "))
        yield Command(line, "\n".join(words), lines)


def _change(line: int, block: str) -> Change:
    head, *lines = block.splitlines(keepends=True)
    before = "".join(each[1:] for each in lines if each[0] in " -")
    after = "".join(each[1:] for each in lines if each[0] in " +")
    return Change(line, head.removeprefix("--- ").strip(), before, after)
