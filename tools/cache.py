"""Where finished engines are kept, and how only finished ones get there.

An engine is made in a temporary folder of the cache and renamed into place when it is complete,
with a record beside it; one lock keeps two makers apart.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tools.progress import SIGN_OF_LIFE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_PRODUCT = "guardduty-eks-audit-logs"
_RECORD = "engine.json"
_UNFINISHED = ".unfinished-"
_POLL_SECONDS = 0.2


class CacheNotWritableError(Exception):
    """The cache folder can't be made or written to."""


class Origin(Enum):
    """How an engine was had."""

    PATH = "path"
    CACHE = "cache"
    DOWNLOADED = "downloaded"
    BUILT = "built"

    @property
    def words(self) -> str:
        """The origin as people read it."""
        return {
            Origin.PATH: "installed on this machine",
            Origin.CACHE: "kept from an earlier run",
            Origin.DOWNLOADED: "downloaded from get.pulumi.com",
            Origin.BUILT: "built from Go modules",
        }[self]


def cache_folder(environ: Mapping[str, str] | None = None) -> Path:
    """This product's folder in the user's cache, outside the repository.

    Args:
        environ: The environment; the process's own by default.

    Returns:
        `$XDG_CACHE_HOME/guardduty-eks-audit-logs`, or the same under `~/.cache`. The XDG Base
        Directory Specification wants a relative `XDG_CACHE_HOME` ignored.
    """
    environ = os.environ if environ is None else environ
    configured = Path(environ.get("XDG_CACHE_HOME", ""))
    return (configured if configured.is_absolute() else Path.home() / ".cache") / _PRODUCT


def shown(folder: Path) -> str:
    """A folder as people write it, with `~` for their home."""
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)


@dataclass(frozen=True)
class KeptEngine:
    """A finished engine in the cache.

    Attributes:
        bin: The folder that holds `pulumi` and its language host.
        made: DOWNLOADED or BUILT.
    """

    bin: Path
    made: Origin


@dataclass(frozen=True)
class EngineCache:
    """The place of one engine version in the cache.

    Attributes:
        root: The cache folder.
        version: The engine's version with its `v`, such as `v3.276.0`.
    """

    root: Path
    version: str

    @property
    def folder(self) -> Path:
        """Where the finished engine is."""
        return self.root / f"pulumi-{self.version}"

    def finished(self) -> KeptEngine | None:
        """The engine kept here, if there is one and all its files are still as recorded."""
        try:
            record = json.loads((self.folder / _RECORD).read_text(encoding="utf-8"))
            made = Origin(record["made"])
            sizes: dict[str, int] = record["sizes"]
            whole = all(_is_whole(self.folder / "bin" / name, sizes[name]) for name in sizes)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return KeptEngine(self.folder / "bin", made) if whole else None

    @contextmanager
    def locked(
        self, report: Callable[[str], None], every_seconds: float = SIGN_OF_LIFE_SECONDS
    ) -> Iterator[None]:
        """Hold the cache's lock; wait, and say so, while another process holds it.

        The kernel frees the lock of a process that dies, however it dies.

        Raises:
            CacheNotWritableError: The lock can't be made.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = (self.root / "engine.lock").open("a", encoding="utf-8")
        except OSError as error:
            raise _not_writable(self.root, error) from error
        with lock:
            _wait_for(lock.fileno(), report, every_seconds)
            yield

    @contextmanager
    def workshop(self) -> Iterator[Path]:
        """A temporary folder to make an engine in; gone afterwards, whatever happens.

        Only for the holder of the lock: what earlier makers left behind when they were killed is
        removed first, and no living maker can be among them.

        Raises:
            CacheNotWritableError: The folder can't be made.
        """
        for leftover in self.root.glob(f"{_UNFINISHED}*"):
            _remove(leftover)
        try:
            workshop = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.root))
        except OSError as error:
            raise _not_writable(self.root, error) from error
        try:
            yield workshop
        finally:
            _remove(workshop)

    def keep(self, made_in: Path, made: Origin) -> KeptEngine:
        """Put a complete engine into its place in one step.

        Args:
            made_in: A folder inside `workshop()` with the engine's files in `bin/`.
            made: DOWNLOADED or BUILT.

        Raises:
            CacheNotWritableError: It can't be put there.
        """
        try:
            sizes = {each.name: each.stat().st_size for each in sorted((made_in / "bin").iterdir())}
            record = {"version": self.version, "made": made.value, "sizes": sizes}
            (made_in / _RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
            if self.folder.exists():  # damaged, or it would have been used
                self.folder.rename(made_in.with_name("damaged"))
            made_in.rename(self.folder)
        except OSError as error:
            raise _not_writable(self.root, error) from error
        return KeptEngine(self.folder / "bin", made)


def _is_whole(file: Path, size: int) -> bool:
    return file.stat().st_size == size and os.access(file, os.X_OK)


def _wait_for(lock: int, report: Callable[[str], None], every_seconds: float) -> None:
    started = time.monotonic()
    signs = 0
    while not _taken(lock):
        waited = time.monotonic() - started
        if signs == 0:
            report("another process is getting the Pulumi engine: waiting for its result")
            signs = 1
        elif waited >= signs * every_seconds:
            report(f"  waiting for the other process: {waited:.0f} s")
            signs += 1
        time.sleep(_POLL_SECONDS)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove(folder: Path) -> None:
    # Downloaded Go modules are read-only; what can't be removed now goes the next time.
    shutil.rmtree(folder, ignore_errors=True)


def _not_writable(root: Path, error: OSError) -> CacheNotWritableError:
    reason = error.strerror or str(error)
    return CacheNotWritableError(
        f"{root} can't be written to: {reason}. Set XDG_CACHE_HOME to a folder that can."
    )
