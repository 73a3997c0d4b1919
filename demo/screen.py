"""What the demo prints: folded at the terminal's width, in colour on a terminal only."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from typing import TextIO

    from rich.table import Table

NARROWEST = 60
"""Columns. On a narrower terminal the demo's lines wrap."""

_COLUMN = 32  # where a step's results begin; `tools.venv` prints the first step
_INDENT = 6
_SET = re.compile(r"\s*(on|off)\b")  # a line of a preview that names an account to be set
_HEAD = re.compile(r"\[\d+/\d+\] .*?(?=  |$)")


def colour(status: str) -> str:
    """The colour of a text that ends in `on` or `off`; the default one for any other."""
    words = status.split()
    return {"on": "green", "off": "yellow"}.get(words[-1] if words else "", "default")


class Screen:
    """Prints lines and tables.

    Args:
        file: where to; stdout by default.
        width: in columns; the terminal's by default, and 80 where there is none.
    """

    def __init__(self, file: TextIO | None = None, width: int | None = None) -> None:
        self.width = max(width or shutil.get_terminal_size().columns, NARROWEST)
        self._console = Console(
            file=file,
            width=self.width,
            # Rich's own way with NO_COLOR leaves bold type.
            color_system=None if os.environ.get("NO_COLOR") else "auto",
        )

    def step(self, number: str, name: str, told: str) -> None:
        """Prints a step's head, such as `3/7`, with what it came to."""
        self._line(f"[{number}] {name}".ljust(_COLUMN) + told, _COLUMN)

    def detail(self, told: str) -> None:
        """Prints one more result of the step."""
        self._line(" " * _COLUMN + told, _COLUMN)

    def quote(self, line: str) -> None:
        """Prints a line of somebody else's below the step."""
        indented = " " * _INDENT + line
        self._line(indented, len(indented) - len(indented.lstrip()) + 2)

    def say(self, text: str) -> None:
        """Prints a text, each of its lines folded by itself."""
        for line in text.splitlines() or [""]:
            self._line(line, len(line) - len(line.lstrip()))

    def table(self, table: Table) -> None:
        """Prints a table between two empty lines."""
        with self._console.capture() as captured:
            self._console.print(table)
        # Without the spaces that fill up the last column.
        lines = [line.rstrip() for line in captured.get().splitlines()]
        print("", *lines, "", sep="\n", file=self._console.file, flush=True)

    def _line(self, line: str, hang: int) -> None:
        """Prints a line; where it is folded, it goes on at column `hang`.

        What has no room there, for instance a long path, goes on further left, in one piece.
        """
        if max(map(len, line.split()), default=0) > self.width - hang:
            hang = _INDENT
        folded = textwrap.wrap(
            line,
            self.width,
            subsequent_indent=" " * hang,
            break_long_words=False,
            break_on_hyphens=False,
        )
        text = Text("\n".join(folded))
        text.highlight_regex(_HEAD, "bold")
        found = _SET.match(line)
        if found:
            text.stylize(colour(found[1]), found.start(1), found.end(1))
        self._console.print(text, no_wrap=True, overflow="ignore", crop=False)
