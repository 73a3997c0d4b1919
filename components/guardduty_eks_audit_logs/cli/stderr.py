"""What a command tells a user beside its output: faults, and how far it is; and who reads it."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.stdout import INTERRUPTED, WRONG_USE
from guardduty_eks_audit_logs.foreign_words import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from guardduty_eks_audit_logs.progress import Report


def on_terminal(*streams: TextIO | None) -> bool:
    """Whether all streams are a terminal; one that is closed is None."""
    return all(stream is not None and stream.isatty() for stream in streams)


def tell(fault: str) -> None:
    """Writes a sentence, and the lines that follow it, to stderr."""
    for line in messages.error_of(fault).splitlines():
        indent = len(line) - len(line.lstrip(" "))
        typer.echo(f"{' ' * indent}{printable(line)}", err=True)


def end_for(faults: Iterable[str]) -> NoReturn:
    """Tells faults, and ends the command before it has begun anything.

    Raises:
        typer.Exit: with the exit code of wrong use.
    """
    for fault in faults:
        tell(fault)
    raise typer.Exit(WRONG_USE)


@contextmanager
def progress() -> Iterator[Report]:
    """Shows the last line of progress, on a terminal alone. Ctrl-C ends the command at once."""
    console = Console(stderr=True)

    def interrupted(*_: object) -> None:
        # Threads wait for AWS, and nothing has been written that has to be undone.
        console.show_cursor()
        os._exit(INTERRUPTED)

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        if not (console.is_terminal and console.file.isatty()):  # FORCE_COLOR makes no terminal
            yield lambda _: None
            return
        with console.status("") as status:
            yield lambda line: status.update(Text(printable(line)))
    finally:
        signal.signal(signal.SIGINT, before)
