"""Writes to stdout, which may be a terminal, a pipe that closes, or a full disk."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console

from guardduty_eks_audit_logs import messages

if TYPE_CHECKING:
    from collections.abc import Iterator

WRONG_USE = 2
"""The exit code of wrong use, and of output that can't be written."""

INTERRUPTED = 130
"""The exit code of a command that was interrupted, as shells have it for SIGINT."""


@contextmanager
def writing_to_stdout() -> Iterator[None]:
    """Ends the command with one sentence if stdout can't be written; flushes it at the end.

    Raises:
        typer.Exit: it can't be written. A reader that has enough is no fault.
    """
    if sys.stdout is None:  # it is closed
        _no_output(os.strerror(errno.EBADF))
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_stdout()  # the reader has enough
    except OSError as error:
        _let_go_of_stdout()
        _no_output(error.strerror or str(error))


def terminal() -> Console:
    """Gives a console on stdout: colour only on a terminal, and not if NO_COLOR is set."""
    if isinstance(sys.stdout, TextIOWrapper):  # a terminal that is not UTF-8
        sys.stdout.reconfigure(errors="replace")
    color = None if os.environ.get("NO_COLOR") else "auto"
    return Console(color_system=color)  # type: ignore[arg-type]


def _let_go_of_stdout() -> None:
    """Python must not fail again when it closes stdout."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _no_output(reason: str) -> NoReturn:
    typer.echo(messages.stdout_not_writable(reason), err=True)
    raise typer.Exit(WRONG_USE)
