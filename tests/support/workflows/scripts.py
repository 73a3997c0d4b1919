"""Runs one `run:` as a runner does: its shell, its files for outputs, and how it is cancelled."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.workflows.machine import ActionError, WorkflowError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SHELLS: Final = {
    None: ["bash", "-e"],
    "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"],
}
_MOST_BYTES: Final = 1024 * 1024
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True)
class StepFiles:
    """The files through which a script speaks to its runner, new for each step."""

    folder: Path

    NAMES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")

    def made(self) -> dict[str, str]:
        """Makes them; gives the variables that name them."""
        self.folder.mkdir(parents=True)
        for name in self.NAMES:
            (self.folder / name).touch()
        return {name: str(self.folder / name) for name in self.NAMES}

    def pairs(self, name: str) -> dict[str, str]:
        """What a script has written into GITHUB_OUTPUT or GITHUB_ENV.

        Raises:
            ActionError: it is not in the format.
        """
        lines = iter(self._text(name).split("\n"))
        found: dict[str, str] = {}
        for line in lines:
            if not line:
                continue
            match = re.fullmatch(r"([^=]+?)(=|<<)(.*)", line)
            if match is None:
                raise ActionError(f"Invalid format '{line}'")
            key, sign, value = match.groups()
            if sign == "<<":
                rows: list[str] = []
                for row in lines:
                    if row == value:
                        break
                    rows.append(row)
                else:
                    raise ActionError(f"Matching delimiter not found '{value}'")
                value = "\n".join(rows)
            found[key] = value
        return found

    def path(self) -> list[str]:
        """What is to be in front of PATH, the last line first."""
        return [line for line in reversed(self._text("GITHUB_PATH").splitlines()) if line]

    def summary(self) -> tuple[str, str]:
        """The step's summary, and what the log says if it is too long: then it is lost."""
        size = (self.folder / "GITHUB_STEP_SUMMARY").stat().st_size
        if size > _MOST_BYTES:
            return "", (
                "##[error]$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of "
                f"1024k, got {size // 1024}k.\n"
            )
        return self._text("GITHUB_STEP_SUMMARY"), ""

    def _text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


class Script:
    """A running script. What it started may live on until `kill_tracked`, as on GitHub."""

    def __init__(
        self, text: str, shell: str | None, folder: Path, env: Mapping[str, str], log: Path
    ) -> None:
        if shell not in _SHELLS:
            raise WorkflowError(f"no shell {shell}")
        if not folder.is_dir():
            raise WorkflowError(f"no working directory {folder}")
        file = log.with_suffix(".sh")
        file.write_text(text, encoding="utf-8")
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*_SHELLS[shell], str(file)],
                cwd=folder,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self, ends_now: Callable[[], str | None], patience: tuple[float, float]) -> int | None:
        """Waits for its end.

        Args:
            ends_now: asked while it runs: `cancel` or `crash`.
            patience: seconds from SIGINT to SIGTERM, and from there to SIGKILL.

        Returns:
            The exit code; None if it was cancelled or crashed.
        """
        while True:
            try:
                return self._process.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                how = ends_now()
            if how == "crash":
                self._kill()
                return None
            if how == "cancel":
                self._cancel(patience)
                return None

    def _cancel(self, patience: tuple[float, float]) -> None:
        """Only the shell gets the signals; what it runs goes on until the end of the job."""
        for number, seconds in zip((signal.SIGINT, signal.SIGTERM), patience, strict=True):
            self._process.send_signal(number)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            return
        self._kill()

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()


def kill_tracked(variable: str) -> None:
    """Ends all processes with this in their environment, as GitHub does at the end of a job.

    A process group does not have them all: the engine makes one for each plugin.
    """
    found = True
    while found:
        found = False
        for file in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if variable.encode() in file.read_bytes().split(b"\0"):
                    os.kill(int(file.parent.name), signal.SIGKILL)
                    found = True
