"""Long commands: signs of life, the time limit, and nothing left running."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.machine import wait_until
from tools.progress import Command, CommandTimeLimitError, run_showing_life

if TYPE_CHECKING:
    from pathlib import Path


def test_signs_of_life_go_on_until_the_command_ends(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    said: list[str] = []

    def report(line: str) -> None:
        said.append(line)
        if len(said) == 3:
            gate.touch()

    ended = run_showing_life(
        Command(
            [
                "/bin/sh",
                "-c",
                f"while [ ! -e {gate} ]; do sleep 0.02; done; echo out; echo err >&2",
            ],
            "compiling",
        ),
        report,
        every_seconds=0.05,
    )

    assert (ended.code, ended.output) == (0, "out\nerr\n")
    assert len(said) >= 3
    assert all(line.startswith("  compiling: ") and line.endswith(" s") for line in said)


def test_the_exit_code_and_the_end_of_the_output_are_kept() -> None:
    ended = run_showing_life(
        Command(
            [
                "/bin/sh",
                "-c",
                "i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i; done; exit 7",
            ],
            "failing",
        ),
        print,
    )

    assert ended.code == 7
    assert ended.last_lines.splitlines() == [f"line {number}" for number in range(26, 41)]


def test_a_command_past_its_limit_is_stopped() -> None:
    with pytest.raises(CommandTimeLimitError, match="waiting: not done after"):
        run_showing_life(
            Command(
                ["/bin/sh", "-c", "while :; do sleep 1; done"],
                "waiting",
            ),
            print,
            limit_seconds=0.1,
        )


def test_an_interruption_stops_the_command_and_what_it_started(tmp_path: Path) -> None:
    alive, started = tmp_path / "alive", tmp_path / "started"
    os.mkfifo(alive)
    # Reading a FIFO comes to its end only when all who have it open for writing are gone.
    reader = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)

    def interrupt(_: str) -> None:
        wait_until(started.exists)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_showing_life(
            Command(
                ["/bin/sh", "-c", f"exec 3>{alive}; sleep 600 & : >{started}; wait"],
                "waiting",
            ),
            interrupt,
            every_seconds=0.05,
        )

    wait_until(lambda: _at_its_end(reader))
    os.close(reader)


def _at_its_end(reader: int) -> bool:
    try:
        return os.read(reader, 1) == b""
    except BlockingIOError:
        return False
