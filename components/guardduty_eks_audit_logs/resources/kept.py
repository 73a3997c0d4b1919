"""Which records a run keeps, known to all provider processes of the run.

In `pulumi up` the engine asks `check` for each resource that the program registers, and only after
that deletes what was there before; on destroy it asks none. The delete may come to another process
than the check: a replaced default provider, or one of a stack's former name, has its own. All of
them are started by one engine, with its address as an argument. A process that is asked `check`
holds a lock on a file of that address, and the system lets go of it when the process ends.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import IO

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import UserError

try:
    import fcntl
except ImportError:  # Windows: only the records of this process are known there
    fcntl = None  # type: ignore[assignment]

KEPT: set[str] = set()
"""What this process has been asked to keep."""

_HELD: dict[Path, IO[str]] = {}
"""The files on which this process holds a lock, until it ends."""

_ADDRESS = re.compile(r"[\w.:\[\]-]+:[0-9]+")


def keep(name: str) -> None:
    """Notes that this run keeps a record.

    Args:
        name: of the record, in letters, digits and hyphens.

    Raises:
        UserError: no file can be made in the folder for temporary files.
    """
    KEPT.add(name)
    file = _file(name)
    if file is None or file in _HELD:
        return
    try:
        for other in file.parent.iterdir():
            _remove_if_over(other)
        _HELD[file] = _locked(file)
    except OSError as error:
        raise UserError(messages.no_temporary_file(str(file), str(error))) from None


def is_kept(name: str) -> bool:
    """Whether this run keeps a record, noted by this process or another one of the run."""
    file = _file(name)
    if name in KEPT or file is None:
        return name in KEPT
    _remove_if_over(file)
    return file.exists()


def kept_with(prefix: str) -> set[str]:
    """What this run keeps whose name begins so, by this process or another one of the run.

    Args:
        prefix: the beginning of names, in letters, digits and hyphens.

    Returns:
        what comes behind it in each name.
    """
    found = {name.removeprefix(prefix) for name in KEPT if name.startswith(prefix)}
    file = _file(prefix)
    if file is None:
        return found
    for other in file.parent.glob(f"{file.name}*"):
        _remove_if_over(other)
        if other.exists():
            found.add(other.name.removeprefix(file.name))
    return found


def _locked(file: Path) -> IO[str]:
    while True:
        opened = file.open("a")
        fcntl.flock(opened, fcntl.LOCK_SH)
        # Another run may have removed it in between, since nobody held it.
        if file.exists() and os.fstat(opened.fileno()).st_ino == file.stat().st_ino:
            return opened
        opened.close()


def _remove_if_over(file: Path) -> None:
    """Removes the file of a run that is over: nobody holds a lock on it."""
    if file in _HELD or not file.exists():
        return
    with file.open("a") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        file.unlink(missing_ok=True)


def _file(name: str) -> Path | None:
    """The file that stands for a record in this run; None where there is no engine to ask by."""
    engine = next((a for a in reversed(sys.argv[1:]) if _ADDRESS.fullmatch(a)), None)
    if fcntl is None or engine is None:
        return None
    port = re.sub(r"\W", "-", engine)
    return _folder() / f"{port}-{name}"


def _folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"guardduty-eks-audit-logs-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise UserError(messages.no_temporary_file(str(folder), str(error))) from None
    # Somebody else's would let them decide what a run keeps.
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink():
        raise UserError(messages.no_temporary_file(str(folder), "it is open to other users"))
    return folder
