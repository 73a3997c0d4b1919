"""Long commands that show a sign of life and leave nothing running.

This module reads and writes nothing of its own and needs only the standard library, on any
Python since 3.7, because `tools.venv` uses it before the project's environment exists.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

SIGN_OF_LIFE_SECONDS = 10.0
"""How long a person looks at a silent terminal before wondering whether it hangs."""

_GRACE_SECONDS = 5.0
_LAST_LINES = 15


class CommandTimeLimitError(Exception):
    """A command was stopped because it had not ended within its time limit."""


@dataclass(frozen=True)
class Command:
    """A command to run.

    Attributes:
        arguments: The program and its arguments.
        doing: What it does, for people; each sign of life begins with it.
        cwd: The folder to run in; the current one by default.
        env: The whole environment; the current one by default.
    """

    arguments: Sequence[str]
    doing: str
    cwd: Path | None = None
    env: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Finished:
    """How a command ended.

    Attributes:
        code: Its exit code.
        output: Its stdout and stderr in the order in which they were written.
    """

    code: int
    output: str

    @property
    def last_lines(self) -> str:
        """The end of the output, where a failing tool says why."""
        return "\n".join(self.output.strip().splitlines()[-_LAST_LINES:])


def run_showing_life(
    command: Command,
    report: Callable[[str], None],
    *,
    limit_seconds: float | None = None,
    every_seconds: float = SIGN_OF_LIFE_SECONDS,
) -> Finished:
    """Run a command to its end, reporting the seconds passed while it runs.

    Args:
        command: What to run.
        report: Takes one line at a time.
        limit_seconds: When to stop it; never by default.
        every_seconds: The time between two signs of life.

    Returns:
        Its exit code and output.

    Raises:
        CommandTimeLimitError: It was stopped at `limit_seconds`.
        OSError: It could not be started.
    """
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        # A session of its own, so that Ctrl-C reaches this process alone, which then stops the
        # command together with everything the command has started.
        process = subprocess.Popen(
            list(command.arguments),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=command.cwd,
            env=None if command.env is None else dict(command.env),
            start_new_session=True,
        )
        try:
            while True:
                passed = time.monotonic() - started
                if limit_seconds is not None and passed >= limit_seconds:
                    raise CommandTimeLimitError(
                        f"{command.doing}: not done after {limit_seconds:.0f} s"
                    )
                left = every_seconds if limit_seconds is None else limit_seconds - passed
                try:
                    code = process.wait(timeout=min(every_seconds, left))
                    break
                except subprocess.TimeoutExpired:
                    report(f"  {command.doing}: {time.monotonic() - started:.0f} s")
        finally:
            if process.poll() is None:
                _stop(process)
        output.seek(0)
        return Finished(code, output.read().decode(errors="replace"))


def stop_on_signal() -> None:
    """Have SIGTERM and a closed terminal end this process as Ctrl-C does: with everything put away.

    Left alone, they would end it on the spot and leave its commands running.
    """
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGHUP, _end)


def _end(signal_number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + signal_number)


def _stop(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
