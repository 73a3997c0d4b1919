"""Real processes: two that want the engine at a time, and some that are stopped on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.machine import Machine, machine_in, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROJECT = Path(__file__).resolve().parents[2]
# A shell may start the test run with SIGINT ignored, which children inherit.
_COMMAND = """\
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("tools.engine", run_name="__main__")
"""


class EngineProcess:
    """`python -m tools.engine --offline` on a machine."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.said_in = machine.root / f"{name}.stderr"
        self.printed_in = machine.root / f"{name}.stdout"
        with self.said_in.open("w") as stderr, self.printed_in.open("w") as stdout:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _COMMAND, "--offline"],
                cwd=_PROJECT,
                env=machine.environment,
                stdout=stdout,
                stderr=stderr,
            )

    @property
    def said(self) -> str:
        return self.said_in.read_text()

    def ended(self) -> int:
        return self.process.wait(timeout=60)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    machine = machine_in(tmp_path, monkeypatch)
    yield machine
    _open_gate(machine)  # whatever is still waiting there may go


def _slow_go(machine: Machine) -> None:
    """Have `go build` wait at a gate until the test opens it."""
    gate = machine.root / "gate"
    machine.install_go(
        before_build=f"echo $$ >{machine.root}/go.pid.new; "
        f"mv {machine.root}/go.pid.new {machine.root}/go.pid; "
        f"while [ ! -e {gate} ]; do sleep 0.05; done"
    )


def _open_gate(machine: Machine) -> None:
    (machine.root / "gate").touch()


def _is_building(machine: Machine) -> bool:
    return (machine.root / "go.pid").exists()


def _in_cache(machine: Machine) -> list[str]:
    return sorted(each.name for each in machine.cache.root.iterdir())


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_second_of_two_waits_says_so_and_takes_the_firsts_result(machine: Machine) -> None:
    _slow_go(machine)
    first = EngineProcess(machine, "first")
    wait_until(lambda: _is_building(machine))
    second = EngineProcess(machine, "second")
    wait_until(lambda: "waiting for its result" in second.said)

    _open_gate(machine)

    assert (first.ended(), second.ended()) == (0, 0)
    assert machine.builds == 2  # the CLI and the language host, once each
    assert first.printed_in.read_text() == second.printed_in.read_text()
    assert "building" in first.said
    assert "building" not in second.said


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_build_leaves_nothing_behind(machine: Machine, how: signal.Signals) -> None:
    _slow_go(machine)
    run = EngineProcess(machine, "stopped")
    wait_until(lambda: _is_building(machine))

    run.process.send_signal(how)

    assert run.ended() == 128 + how
    assert _in_cache(machine) == ["engine.lock"]
    go = int((machine.root / "go.pid").read_text())
    wait_until(lambda: not _runs(go))  # it is gone once init has reaped it
    assert "Traceback" not in run.said


def test_a_killed_build_never_looks_finished_and_is_cleared_away(
    machine: Machine,
) -> None:
    _slow_go(machine)
    killed = EngineProcess(machine, "killed")
    wait_until(lambda: _is_building(machine))
    killed.process.kill()
    killed.ended()
    assert machine.cache.finished() is None
    assert any(name.startswith(".unfinished-") for name in _in_cache(machine))

    _open_gate(machine)
    following = EngineProcess(machine, "following")

    assert following.ended() == 0
    assert machine.cache.finished() is not None
    assert _in_cache(machine) == ["engine.lock", "pulumi-v3.276.0"]


def test_the_one_who_waits_builds_when_the_other_dies(machine: Machine) -> None:
    _slow_go(machine)
    first = EngineProcess(machine, "first")
    wait_until(lambda: _is_building(machine))
    second = EngineProcess(machine, "second")
    wait_until(lambda: "waiting for its result" in second.said)

    first.process.kill()
    wait_until(lambda: "building" in second.said)
    _open_gate(machine)

    assert second.ended() == 0
    assert machine.cache.finished() is not None
