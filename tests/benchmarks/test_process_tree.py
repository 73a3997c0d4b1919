"""What a command costs, with all processes below it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.process_tree import (
    AWS_PLUGIN,
    DYNAMIC,
    ENGINE,
    LANGUAGE_HOST,
    OTHER,
    PIP_LIST,
    PROGRAM,
    Process,
    Watch,
    below,
    kind_of,
    measure,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.process_tree import Usage

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"
BURN_AND_HOLD = "held = bytearray(b'x' * 50_000_000)\n" + BURN
LEAVE_BEHIND = (
    "import subprocess, sys\n"
    f"subprocess.Popen([sys.executable, '-c', {BURN_AND_HOLD!r}], start_new_session=True)\n"
)


def measured(folder: Path, *command: str) -> Usage:
    return measure(command, folder=folder, environment=os.environ, output=folder / "output")


def test_a_process_that_is_left_behind_is_counted(tmp_path: Path) -> None:
    usage = measured(tmp_path, sys.executable, "-c", LEAVE_BEHIND)
    assert usage.code == 0
    assert usage.cpu_seconds > 0.3
    assert usage.peak_bytes > 50_000_000


def test_a_child_that_its_parent_waits_for_is_counted_once(tmp_path: Path) -> None:
    burn = BURN.replace("0.3", "0.5")
    nested = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])\n"
    usage = measured(tmp_path, sys.executable, "-c", nested)
    assert 0.5 < usage.cpu_seconds < 1.0


def test_the_exit_code_and_the_output_are_the_commands(tmp_path: Path) -> None:
    usage = measured(tmp_path, "sh", "-c", "echo out; echo err >&2; exit 7")
    assert usage.code == 7
    assert (tmp_path / "output").read_text() == "out\nerr\n"


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["/bin/engine/pulumi", "preview"], ENGINE),
        (["pulumi-language-python", "127.0.0.1:1"], LANGUAGE_HOST),
        (["python", "/bin/pulumi-language-python-exec", "--project", "p"], PROGRAM),
        (["python", "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"], DYNAMIC),
        (["/bin/sh", "/bin/pulumi-resource-pulumi-python", "127.0.0.1:1"], DYNAMIC),
        (["python", "-m", "aws_plugin_stand_in", "127.0.0.1:1"], AWS_PLUGIN),
        (["python", "-m", "pip", "list", "-v", "--format", "json"], PIP_LIST),
        (["sleep", "1"], OTHER),
        ([], OTHER),
    ],
)
def test_a_process_is_known_by_its_command_line(arguments: list[str], kind: str) -> None:
    assert kind_of(arguments) == kind


def process(pid: int, parent: int, cpu: float = 0.0, memory: int = 0, name: str = "") -> Process:
    return Process(pid, parent, cpu, memory, (name,) if name else ())


def test_only_what_is_below_a_process_belongs_to_it() -> None:
    found = below([process(2, 1), process(3, 2), process(4, 3), process(5, 1)], 2)
    assert sorted(each.pid for each in found) == [3, 4]


def seen(*looks: Sequence[Process]) -> Watch:
    watch = Watch()
    for look in looks:
        watch.see(look)
    return watch


def test_the_peak_is_of_one_moment() -> None:
    engine, program = process(2, 1, memory=100, name="pulumi"), process(3, 2, memory=40)
    later = process(2, 1, memory=120, name="pulumi")
    watch = seen([engine, program], [later])
    assert watch.peak == 140
    assert watch.peaks == {ENGINE: 120, OTHER: 40}
    assert watch.most == {ENGINE: 1, OTHER: 1}


def test_what_a_process_has_used_counts_for_what_it_became() -> None:
    forked = process(3, 2, cpu=0.1, name="pulumi")
    became = Process(3, 2, 0.5, 0, ("python", "-m", "pip", "list"))
    watch = seen([process(2, 1, cpu=1.0, name="pulumi"), forked], [became])
    assert watch.cpu_by_kind() == {ENGINE: 1.0, PIP_LIST: 0.5}


def test_a_process_that_has_just_ended_is_still_what_it_was() -> None:
    pip = Process(3, 2, 0.5, 0, ("python", "-m", "pip", "list"))
    assert seen([pip], [process(3, 2, cpu=0.6)]).cpu_by_kind() == {PIP_LIST: 0.6}
