"""The notes of one run, which all of its provider processes share.

They say which records the run keeps, which it has read, and what it could not make. In `pulumi up`
the engine asks `check` for each resource that the program registers, and only after that deletes
what was there before; on destroy it asks none. The delete may come to another process than the
check: a replaced default provider, or one of a stack's former name, has its own. All of them are
started by one engine, with its address as an argument. A process that notes something holds a lock
on a file of that address, and the system releases the lock when the process ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import UserError

try:
    import fcntl
except ImportError:  # Windows: only the records of this process are known there
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardduty_eks_audit_logs.state.properties import PriorSettingsOutputs, Properties

_ANY = "any"

NOTED: set[str] = set()
"""What this process has noted."""

_HELD: dict[Path, IO[str]] = {}
"""The files on which this process holds a lock, until it ends."""

_ADDRESS = re.compile(r"[\w.:\[\]-]+:[0-9]+")


def note(name: str) -> None:
    """Makes a note, for all processes of the run.

    Args:
        name: of the note, in letters, digits and hyphens.

    Raises:
        UserError: no file can be made in the folder for temporary files.
    """
    NOTED.add(name)
    file = _file(name)
    if file is None or file in _HELD:
        return
    try:
        for other in file.parent.iterdir():
            _remove_if_over(other)
        _HELD[file] = _locked(file)
    except OSError as error:
        raise UserError(messages.no_temporary_file(str(file), str(error))) from None


def is_noted(name: str) -> bool:
    """Whether this process or another one of the run has made a note."""
    file = _file(name)
    if name in NOTED or file is None:
        return name in NOTED
    _remove_if_over(file)
    return file.exists()


def noted_with(prefix: str) -> set[str]:
    """The notes of the run whose names begin alike, by this process or another one.

    Args:
        prefix: the beginning of names, in letters, digits and hyphens.

    Returns:
        what comes behind it in each name.
    """
    found = {name.removeprefix(prefix) for name in NOTED if name.startswith(prefix)}
    file = _file(prefix)
    if file is None:
        return found
    for other in file.parent.glob(f"{file.name}*"):
        _remove_if_over(other)
        if other.exists():
            found.add(other.name.removeprefix(file.name))
    return found


def keep_record(kind: str, news: Mapping[str, Any]) -> None:
    """Notes that this run keeps what a resource has recorded, since the program registers it.

    Args:
        kind: of the resource.
        news: its inputs, which may still have unknown values.
    """
    note(f"{kind}-{news.get('administratorAccountId')}-{news.get('region')}")
    note(_ANY)


def is_record_kept(kind: str, props: Properties) -> bool:
    """Whether this run keeps what a resource that the engine deletes has recorded."""
    return is_noted(f"{kind}-{props.administrator_account_id}-{props.region}")


def note_read(last: PriorSettingsOutputs) -> None:
    """Notes a record that a refresh reads; it reads none that is only left to be deleted."""
    note(f"{_read_notes(last)}{_digest(last)}")
    note_generation(last)


def note_generation(last: PriorSettingsOutputs) -> None:
    """Notes a record that is in the state, so that an older one of the same does nothing."""
    note(f"{_generations(last)}{last.generation}")


def is_outdated(last: PriorSettingsOutputs) -> bool:
    """Whether a later resource has taken this one's record over, which the state has still.

    The later one has a higher generation. Records of 0.1.0 and 0.2.0 have none: of these, the ones
    that were read in this run are the state's.
    """
    generations = noted_with(_generations(last))
    read = noted_with(_read_notes(last))
    return any(int(generation) > last.generation for generation in generations) or (
        bool(read) and _digest(last) not in read
    )


def _digest(last: PriorSettingsOutputs) -> str:
    text = json.dumps(last.properties(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _read_notes(last: Properties) -> str:
    return f"read-{last.administrator_account_id}-{last.region}-"


def _generations(last: Properties) -> str:
    return f"generation-{last.administrator_account_id}-{last.region}-"


@contextmanager
def failure_noted(kind: str, news: Mapping[str, Any]) -> Iterator[None]:
    """Notes if a resource can't be made, so that it has taken nothing over from another.

    Args:
        kind: of the resource.
        news: its inputs.
    """
    made = False
    try:
        yield
        made = True
    finally:
        if not made:
            note(f"failed-{kind}-{news.get('administratorAccountId')}-{news.get('region')}")


def has_failed(kind: str, props: Properties) -> bool:
    """Whether this run could not make the resource that was to take this one's record over."""
    return is_noted(f"failed-{kind}-{props.administrator_account_id}-{props.region}")


def note_recorded(wanted: Properties) -> None:
    """Notes that `PriorSettings` has acted in this run."""
    note(f"recorded-{wanted.administrator_account_id}-{wanted.region}")


def has_recorded(wanted: Properties) -> bool:
    """Whether `PriorSettings` has acted in this run, and was not left out of it."""
    return is_noted(f"recorded-{wanted.administrator_account_id}-{wanted.region}")


def is_any_record_kept() -> bool:
    """Whether this is a run of a program, which keeps something, and not a destroy."""
    return is_noted(_ANY)


def _locked(file: Path) -> IO[str]:
    while True:
        opened = file.open("a")
        fcntl.flock(opened, fcntl.LOCK_SH)
        # Another run may have removed it in between, since no process held it.
        if file.exists() and os.fstat(opened.fileno()).st_ino == file.stat().st_ino:
            return opened
        opened.close()


def _remove_if_over(file: Path) -> None:
    """Removes the file of a run that is over: no process holds a lock on it."""
    if file in _HELD or not file.exists():
        return
    with file.open("a") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        file.unlink(missing_ok=True)


def _file(name: str) -> Path | None:
    """The file that stands for a note of this run; None where there is no engine to ask by."""
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
    # Another user's folder would let that user decide what a run keeps.
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink():
        raise UserError(messages.no_temporary_file(str(folder), "it is open to other users"))
    return folder
