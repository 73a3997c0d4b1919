"""What a command and all processes below it cost: time, CPU seconds, memory.

`measure` runs this file as a process of its own. That process adopts what the command leaves behind
(Linux: `PR_SET_CHILD_SUBREAPER`) and waits for it, so that the CPU of each descendant is counted
once: the kernel adds it up at every wait. Memory, and the parts of the CPU by kind of process, come
from looking into /proc every 50 ms.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ENGINE, LANGUAGE_HOST, PROGRAM, DYNAMIC, AWS_PLUGIN, PIP_LIST, OTHER = (
    "engine",
    "language host",
    "program",
    "dynamic provider",
    "aws plugin",
    "pip list",
    "other",
)
_KINDS = (
    ("-m pip", PIP_LIST),
    ("pulumi-language-python-exec", PROGRAM),
    ("pulumi-language-python", LANGUAGE_HOST),
    ("pulumi.dynamic", DYNAMIC),
    ("pulumi-resource-pulumi-python", DYNAMIC),
    ("pulumi-resource-aws", AWS_PLUGIN),
    ("aws_plugin_stand_in", AWS_PLUGIN),
)
_LOOKS_EVERY_SECONDS = 0.05
_LEFT_BEHIND_SECONDS = 30.0
_PR_SET_CHILD_SUBREAPER = 36
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """What a command has cost, with all processes below it.

    Attributes:
        code: its exit code.
        wall_seconds: from its start to its own end.
        cpu_seconds: of all processes.
        peak_bytes: the highest sum of resident memory.
        cpu_by_kind: CPU seconds as they were last seen, so up to 50 ms a process too few.
        peak_by_kind: the highest sum of resident memory, in bytes.
        processes_by_kind: how many there were at once.
    """

    code: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    cpu_by_kind: Mapping[str, float] = field(default_factory=dict)
    peak_by_kind: Mapping[str, int] = field(default_factory=dict)
    processes_by_kind: Mapping[str, int] = field(default_factory=dict)

    @property
    def cpu_without_pip_list(self) -> float:
        """CPU seconds without what the old language host's `pip list` has taken."""
        return self.cpu_seconds - self.cpu_by_kind.get(PIP_LIST, 0.0)


@dataclass(frozen=True)
class Process:
    """One line of /proc: who a process is below, and what it has used."""

    pid: int
    parent: int
    cpu_seconds: float
    resident_bytes: int
    arguments: tuple[str, ...] = ()


def measure(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], output: Path
) -> Usage:
    """Run a command and measure it.

    Args:
        command: the command with its arguments.
        folder: where it runs.
        environment: all of its environment.
        output: a file for what it prints, on stdout and stderr.
    """
    with TemporaryDirectory() as temporary, output.open("wb") as printed:
        result = Path(temporary) / "usage.json"
        subprocess.run(
            [sys.executable, __file__, str(result), *command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            check=True,
        )
        return Usage(**json.loads(result.read_text(encoding="utf-8")))


def cpu_seconds_of(pid: int) -> float:
    """The CPU seconds that a running process has used by now."""
    found = _process(pid)
    return 0.0 if found is None else found.cpu_seconds


def kind_of(arguments: Sequence[str]) -> str:
    """Which part of a run a process is, by its command line."""
    line = " ".join(arguments)
    for words, kind in _KINDS:
        if words in line:
            return kind
    return ENGINE if arguments and Path(arguments[0]).name == "pulumi" else OTHER


def below(processes: Sequence[Process], root: int) -> list[Process]:
    """The processes that have `root` above them."""
    children: dict[int, list[Process]] = {}
    for process in processes:
        children.setdefault(process.parent, []).append(process)
    found, waiting = [], [root]
    while waiting:
        for process in children.get(waiting.pop(), ()):
            found.append(process)
            waiting.append(process.pid)
    return found


class Watch:
    """What was seen of the processes below one."""

    def __init__(self) -> None:
        self.peak = 0
        self.peaks: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self._cpu: dict[int, tuple[str, float]] = {}

    def see(self, processes: Sequence[Process]) -> None:
        """Take in what is there now."""
        memory: Counter[str] = Counter()
        number: Counter[str] = Counter()
        for process in processes:
            kind = kind_of(process.arguments)
            if not process.arguments and process.pid in self._cpu:
                kind = self._cpu[process.pid][0]
            memory[kind] += process.resident_bytes
            number[kind] += 1
            # The last look decides: a process that was just forked has its parent's command line,
            # and one that has just ended has none.
            self._cpu[process.pid] = (kind, process.cpu_seconds)
        self.peak = max(self.peak, memory.total())
        self.peaks |= memory
        self.most |= number

    def cpu_by_kind(self) -> dict[str, float]:
        """CPU seconds as they were last seen."""
        total: dict[str, float] = {}
        for kind, seconds in self._cpu.values():
            total[kind] = total.get(kind, 0.0) + seconds
        return total


def _processes() -> list[Process]:
    """All processes of the machine, without their arguments."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [found for pid in pids if (found := _process(pid)) is not None]


def _process(pid: int) -> Process | None:
    """What /proc says of a process; None if it has ended, also if nobody has waited for it yet."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # Its name, in parentheses, may hold anything.
    fields = status.rpartition(")")[2].split()
    if fields[0] == "Z":
        return None
    return Process(
        pid=pid,
        parent=int(fields[1]),
        cpu_seconds=(int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND,
        resident_bytes=int(fields[21]) * _PAGE_BYTES,
    )


def _with_arguments(process: Process) -> Process:
    try:
        line = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        line = ""
    arguments = tuple(line.rstrip("\0").split("\0")) if line else ()
    return replace(process, arguments=arguments)


def _run(result: Path, command: Sequence[str]) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
    watch, ended = Watch(), threading.Event()

    def look() -> None:
        while not ended.wait(_LOOKS_EVERY_SECONDS):
            watch.see([_with_arguments(each) for each in below(_processes(), os.getpid())])

    looking = threading.Thread(target=look)
    started = time.perf_counter()
    process = subprocess.Popen(command)
    looking.start()
    code, wall = process.wait(), time.perf_counter() - started
    end_of_patience = threading.Timer(_LEFT_BEHIND_SECONDS, _kill_what_is_left)
    end_of_patience.start()
    # What the command has left behind is this process's child by now.
    with suppress(ChildProcessError):
        while True:
            os.wait()
    end_of_patience.cancel()
    ended.set()
    looking.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    usage = Usage(
        code=code,
        wall_seconds=wall,
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_bytes=watch.peak,
        cpu_by_kind=watch.cpu_by_kind(),
        peak_by_kind=dict(watch.peaks),
        processes_by_kind=dict(watch.most),
    )
    content: dict[str, Any] = asdict(usage)
    result.write_text(json.dumps(content), encoding="utf-8")


def _kill_what_is_left() -> None:
    for process in below(_processes(), os.getpid()):
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    _run(Path(sys.argv[1]), sys.argv[2:])
