"""The project's Python environment: `.venv` with everything in requirements-dev.txt.

`python3 -m tools.venv` makes it, or does nothing when it is up to date. The versions are those of
requirements.lock, each checked by its hash. Standard library only, and readable by any Python since
3.7, so that one which is too old gets a sentence instead of a traceback.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tools.progress import Command, run_showing_life, stop_on_signal

if TYPE_CHECKING:
    from collections.abc import Iterator

_MINIMUM_PYTHON = (3, 11)
_PROJECT = Path(__file__).resolve().parent.parent
_LOCK = "requirements.lock"
_PACKAGES = (".", "packages/aws_sandbox", "packages/aws_plugin_stand_in")
_STAMP = ".up-to-date"
_UNFINISHED = ".unfinished"
_RESULT_COLUMN = 32
_WIDTH = 80
# The Pulumi engine lists an environment's packages by pip, so one without it is of no use.
_ASK = "import pip, sys; print(*sys.version_info[:2])"


class EnvironmentNotMadeError(Exception):
    """The environment can't be made here; the message says why and what to do."""


@dataclass(frozen=True)
class Environment:
    """The environment, ready.

    Attributes:
        python: Its Python's major and minor version.
        seconds: What making it took, or None if it was up to date.
    """

    python: tuple[int, int]
    seconds: float | None


def make_environment(project: Path) -> Environment:
    """Make or update `.venv` in the project's folder.

    A stamp with the requirements' contents is written last, so an interrupted run is never taken
    for a finished one; a file written first tells the next run to begin from nothing, since pip
    takes half-copied packages for installed ones. An environment of the user's own making is kept.

    Args:
        project: The folder with requirements.lock.

    Raises:
        EnvironmentNotMadeError: Python is too old, has no venv or ensurepip, or the installation
            failed.
    """
    started = time.monotonic()
    folder = project / ".venv"
    stamp, unfinished = folder / _STAMP, folder / _UNFINISHED
    with _locked(project):
        wanted = _fingerprint(project)
        python = _python_of(folder)
        if python and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return Environment(python, None)
        if python is None or unfinished.exists():
            _check_this_python()
            _say("making .venv")
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            unfinished.touch()
            _run("making .venv", sys.executable, "-m", "venv", str(folder))
        unfinished.touch()
        _install(project, folder / "bin" / "python")
        stamp.write_text(wanted, encoding="utf-8")
        unfinished.unlink()
        made = _python_of(folder)
    if made is None:
        raise EnvironmentNotMadeError(f"{folder}/bin/python does not run; remove .venv and retry")
    return Environment(made, time.monotonic() - started)


def step_line(step: str, environment: Environment, *, bold: bool = False) -> str:
    """The line that the demo's list of steps begins with.

    Args:
        step: Which one of how many, such as `1/6`.
        environment: What the step came to.
        bold: Whether its head is set in bold type, as on a terminal.
    """
    head = f"[{step}] Python environment"
    gap = " " * (_RESULT_COLUMN - len(head))
    result = ".venv (Python {}.{})".format(*environment.python)
    seconds = environment.seconds
    took = "already there" if seconds is None else f"{seconds:.0f} s"
    shown = f"\x1b[1m{head}\x1b[0m" if bold else head
    return shown + gap + result + took.rjust(_WIDTH - _RESULT_COLUMN - len(result))


def _check_this_python() -> None:
    version = sys.version_info[:2]
    if version < _MINIMUM_PYTHON:
        raise EnvironmentNotMadeError(
            f"{sys.executable} is Python {version[0]}.{version[1]}; the project needs 3.11 or "
            "newer. Name another: make PYTHON=python3.12 …"
        )
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        raise EnvironmentNotMadeError(
            f"{sys.executable} can't make virtual environments: its modules venv and ensurepip "
            "are not both installed (Debian and Ubuntu: apt install python3-venv). "
            "Or name another Python: make PYTHON=…"
        )


@contextmanager
def _locked(project: Path) -> Iterator[None]:
    # The folder itself is the lock: a file in .venv would go when .venv is made anew.
    lock = os.open(project, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another process is making .venv: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _fingerprint(project: Path) -> str:
    contents = hashlib.sha256()
    for name in (_LOCK, *(f"{package}/pyproject.toml" for package in _PACKAGES)):
        contents.update((project / name).read_bytes())
    return contents.hexdigest()


def _install(project: Path, python: Path) -> None:
    """Install the locked versions by uv if it is there, else by pip.

    uv reads other settings than pip: where it fails, for instance without its own setting for a
    company's index, pip goes on.
    """
    pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    uv = shutil.which("uv")
    if uv:
        _say(f"installing {_LOCK} into .venv by uv: some seconds")
        try:
            _install_by(project, uv, "pip", "install", "--quiet", "--python", str(python))
        except EnvironmentNotMadeError as error:
            _say(f"{error}\nuv could not do it: going on with pip")
        else:
            return
    _say(f"installing {_LOCK} into .venv by pip: about a minute")
    _install_by(project, *pip, "--no-input")


def _install_by(project: Path, *install: str) -> None:
    """Install the locked versions, and then this repository's packages, editable.

    Folders have no hashes, so they can't stand beside requirements that have some.
    """
    locked = ("--require-hashes", "-r", str(project / _LOCK))
    _run("installing", *install, "--no-deps", *locked)
    folders = (word for package in _PACKAGES for word in ("-e", str(project / package)))
    # The lock has setuptools: an isolated build would download it once more.
    _run("installing", *install, "--no-deps", "--no-build-isolation", *folders)


def _python_of(folder: Path) -> tuple[int, int] | None:
    """The version of an environment's Python; None if it, or its pip, doesn't run or is too old."""
    try:
        said = subprocess.run(
            [str(folder / "bin" / "python"), "-c", _ASK],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return None
    version = (int(said[0]), int(said[1]))
    return version if version >= _MINIMUM_PYTHON else None


def _run(doing: str, *command: str) -> None:
    ended = run_showing_life(Command(command, doing), _say)
    if ended.code != 0:
        raise EnvironmentNotMadeError(
            f"{doing} failed (exit code {ended.code}):\n{ended.last_lines}"
        )


def _shows_bold() -> bool:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run `python3 -m tools.venv`."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.venv",
        description="Make .venv with everything in requirements-dev.txt, unless it is up to date.",
    )
    parser.add_argument(
        "--step", metavar="N/M", help="say on stdout, as this step of several, what it came to"
    )
    step: str | None = parser.parse_args(arguments).step
    stop_on_signal()
    try:
        environment = make_environment(_PROJECT)
    except EnvironmentNotMadeError as error:
        _say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        _say("stopped; the next run starts .venv anew")
        return 130
    if step:
        print(step_line(step, environment, bold=_shows_bold()), flush=True)
    elif environment.seconds is not None:
        _say(f"Python environment: .venv is ready after {environment.seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
