"""One command of the pulumi CLI that may be killed, with all the processes that it has started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.support.engine.stack import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Victim = Literal["everything", "engine", "program", "provider", "aws plugin"]
_WORDS: Mapping[Victim, str] = {
    "program": "pulumi-language-python-exec",
    "provider": "pulumi.dynamic",
    "aws plugin": "aws_plugin",
}
_LONGEST_SECONDS = 240
_ORPHANS_SECONDS = 5
_PROVIDERS_SECONDS = 30
_LOOKS_EVERY_SECONDS = 0.01


class KillableRun:
    """A command that has been started.

    Args:
        command: the arguments of `pulumi`.
        folder: the project's.
        environment: of the process.
        log: where its output goes.
    """

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path
    ) -> None:
        self._log = log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                ["pulumi", *command, "--non-interactive", "--color=never"],
                cwd=folder,
                env=dict(environment),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started: set[int] = set()

    def kill_when(self, moment: Callable[[], bool], victim: Victim) -> bool:
        """Waits for a moment and kills by SIGKILL; False if the command ended before."""
        return self.wait_until(moment) and self._kill(victim)

    def interrupt(self, *, whole_group: bool) -> None:
        """Sends SIGINT: to the whole group of processes, as a terminal does, or the engine only."""
        if whole_group:
            os.killpg(self._process.pid, signal.SIGINT)
        else:
            self._process.send_signal(signal.SIGINT)

    def wait_until(self, moment: Callable[[], bool]) -> bool:
        """Waits for a moment; False if the command ended before."""
        deadline = time.monotonic() + _LONGEST_SECONDS
        while not moment():
            if self._process.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(_LOOKS_EVERY_SECONDS)
        return True

    def _kill(self, victim: Victim) -> bool:
        if self._process.poll() is not None:
            return False
        found = descendants(self._process.pid)
        self._started |= set(found)
        if victim in {"everything", "engine"}:
            # The engine first: nobody is left to save what the others come to.
            _end(self._process.pid)
            if victim == "everything":
                for pid in found:
                    _end(pid)
            return True
        chosen = [pid for pid in found if _WORDS[victim] in _command(pid)]
        for pid in chosen:
            _end(pid)
        return bool(chosen)

    def wait(self) -> Run:
        """Waits until the command and all that it has started are gone.

        The product's providers end by themselves when their engine is gone: one that goes on would
        write beside the next run. Whatever else outlives it is given some time, and is then ended.

        Raises:
            AssertionError: a provider did not end.
        """
        code = self._process.wait(timeout=_LONGEST_SECONDS)
        ended = time.monotonic()
        while left := [pid for pid in self._started if _alive(pid)]:
            seconds = time.monotonic() - ended
            providers = [pid for pid in left if _is_a_provider_at_work(pid)]
            if seconds > (_PROVIDERS_SECONDS if providers else _ORPHANS_SECONDS):
                for pid in left:
                    _end(pid)
            if providers and seconds > _PROVIDERS_SECONDS:
                raise AssertionError(f"{len(providers)} providers outlive their engine")
            time.sleep(_LOOKS_EVERY_SECONDS)
        return Run(code, self._log.read_text())


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    found, level = [], [pid]
    while level:
        level = [child for each in level for child in parents.get(each, ())]
        found += level
    return found


def _is_a_provider_at_work(pid: int) -> bool:
    """Whether a process is a provider's that the engine has given something to do.

    One that has not even loaded the product, as its pydantic tells, can't set anything.
    """
    try:
        loaded = "pydantic_core" in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False
    return loaded and _WORDS["provider"] in _command(pid)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
