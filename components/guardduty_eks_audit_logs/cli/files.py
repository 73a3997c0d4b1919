"""Writes files that a user names."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.stdout import WRONG_USE
from guardduty_eks_audit_logs.foreign_words import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def write_file(option: str, path: Path, text: str, *, append: bool = False) -> None:
    """Writes a file, and makes the folders that it needs.

    Args:
        option: the one that names the file, `--output`.
        path: the file.
        text: what it is to have, with line ends as they are.
        append: whether it is added to what is there.

    Raises:
        typer.Exit: it can't be written; the reason is on stderr.
    """
    with (
        _told(option, path),
        path.open("a" if append else "w", encoding="utf-8", newline="") as file,
    ):
        file.write(text)


def check_writable(option: str, path: Path) -> None:
    """Finds out whether a file can be written, and leaves it as it is.

    Raises:
        typer.Exit: it can't be written; the reason is on stderr.
    """
    with _told(option, path):
        try:
            path.open("xb").close()
        except FileExistsError:
            if not path.is_fifo():  # it would wait for a reader
                path.open("ab").close()
        else:
            path.unlink(missing_ok=True)  # another run may check the same file


@contextmanager
def _told(option: str, path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        # It says "File exists" of a file where a folder is to be.
        not_a_folder = isinstance(error, FileExistsError)
        reason = os.strerror(errno.ENOTDIR) if not_a_folder else error.strerror or str(error)
        typer.echo(messages.output_not_writable(option, printable(str(path)), reason), err=True)
        raise typer.Exit(WRONG_USE) from None
