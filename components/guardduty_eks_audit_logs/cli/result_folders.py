"""The folders that a command gets its results in: empty at first, and its own until it ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.stderr import end_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_FILES = ("report.json", "engine.json", "log.txt", "exit-code", "new-stack")


@contextmanager
def own_result_folders(folders: Sequence[Path]) -> Iterator[None]:
    """Makes folders, and takes the result of a former command out of each.

    Args:
        folders: one for each stack, all in the same folder. As long as the context lasts, no other
            process gets results there.

    Raises:
        typer.Exit: they can't be written, or another process gets its results there; the reason is
            on stderr, and what is there stays.
    """
    place = folders[0].parent
    try:
        with suppress(FileExistsError):  # a file is told by what follows
            place.mkdir(parents=True)
        lock = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        end_for([messages.results_not_writable(str(place), error.strerror or str(error))])
    try:
        if not _lock(lock):
            end_for([messages.results_of_another_command(str(place))])
        _empty(folders)
        yield
    finally:
        os.close(lock)


def _lock(folder: int) -> bool:
    """Locks an open folder until it is closed, unless another process has."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # its file system has no locks
    return True


def _empty(folders: Sequence[Path]) -> None:
    for folder in folders:
        try:
            folder.mkdir(exist_ok=True)
            for name in _FILES:
                (folder / name).unlink(missing_ok=True)
        except OSError as error:
            end_for([messages.results_not_writable(str(folder), error.strerror or str(error))])
