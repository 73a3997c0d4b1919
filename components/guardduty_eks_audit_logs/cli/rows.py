"""Shows on stderr how far stacks are: one line at the end of each, and what is under way."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.result_files import read_results
from guardduty_eks_audit_logs.cli.stderr import on_terminal
from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.reports.all_stacks.numbers import what_happens
from guardduty_eks_audit_logs.reports.stack_result import Ending, stack_results

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from guardduty_eks_audit_logs.reports.document import Kind

_COLOURS = {"done": "green", "refused": "red", "failed": "red", "interrupted": "yellow"}


class Rows:
    """The lines of stacks; `folders` are those of their results, and `kind` is the results'."""

    def __init__(self, folders: list[Path], kind: Kind) -> None:
        self._kind = kind
        self._waiting = {folder.name: folder for folder in folders}
        self._width = max(map(len, self._waiting))
        self._under_way: dict[str, tuple[Path, float]] = {}
        self._ended: list[str] = []
        color = None if os.environ.get("NO_COLOR") else "auto"
        self._console = Console(stderr=True, color_system=color)  # type: ignore[arg-type]
        self._is_terminal = on_terminal(sys.stderr)

    @contextmanager
    def live(self) -> Iterator[None]:
        """Keeps what is under way on a terminal."""
        live = Live(get_renderable=self._shown, console=self._console, transient=True)
        if self._is_terminal:
            live.start()
        try:
            yield
        finally:
            with suppress(OSError):  # the terminal was closed
                live.stop()

    def begins(self, stack: str) -> None:
        """A stack is under way from now on."""
        self._under_way[stack] = self._waiting.pop(stack), monotonic()

    def ends(self, stack: str, fault: str, *, interrupted: bool) -> None:
        """Prints what became of a stack; `fault` says why its result could not be written."""
        folder, begun = self._under_way.pop(stack)
        (result,) = stack_results([read_results(folder)], self._kind)
        word, said = str(result.ending), ", ".join(what_happens([result], self._kind))
        if result.ending is not Ending.DONE:
            said = fault or messages.first_problem([one.sentence for one in result.problems])
        if result.ending in {Ending.FAILED, Ending.NO_RESULT}:
            word = "interrupted" if interrupted else "failed"
        self._ended.append(word)
        self.say(self._row(stack, word, messages.after(monotonic() - begun, printable(said))))

    def says_what_is_left(self, command: str) -> None:
        """Says which stacks were not begun, and what comes next."""
        for stack in self._waiting:
            self.say(self._row(stack, messages.not_begun()))
        done = self._ended.count(Ending.DONE)
        left = len(self._ended) - done, len(self._waiting)
        self.say(Text(messages.where_each_stands(command, done, *left)))

    def say(self, line: Text) -> None:
        """Prints a line. That nobody reads it is no fault: engines may be under way."""
        with suppress(OSError):
            if self._is_terminal:
                self._console.print(line, soft_wrap=True)
            else:
                typer.echo(line.plain, err=True)

    def _shown(self) -> Group:
        now, rows = monotonic(), [*self._under_way.items()]
        lines = [self._row(stack, messages.running(now - since)) for stack, (_, since) in rows]
        waiting = [Text(messages.waiting(len(self._waiting)))] if self._waiting else []
        return Group(*lines, *waiting)

    def _row(self, stack: str, word: str, said: str = "") -> Text:
        name = f"{stack:<{self._width}}  "
        return Text.assemble(name, (word, _COLOURS.get(word, "")), said)
