"""`python -m demo.sandbox` as a user meets it: the shell file makes a terminal ready."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.environment import PulumiParts, variables, write_shell_file
from demo.project import ROOT

if TYPE_CHECKING:
    from aws_sandbox.testing.plugin import RunningSandbox


def test_a_shell_file_whose_name_has_a_line_break_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo.sandbox", "--port", "0", "--env", f"{tmp_path}/a\nb\n.sh"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "holds a line break" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
def test_the_shell_file_gives_a_terminal_the_sandbox(
    sandbox: RunningSandbox, tmp_path: Path, shell: str
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    folder = tmp_path / "with 'quotes' and $dollars"
    path = os.environ["PATH"]
    parts = PulumiParts(engine_bin=folder / "engine", home=folder / "home", stand_in_bin=folder)
    found = variables(sandbox.url, folder, sandbox.profiles, parts, path)
    file = tmp_path / "env.sh"
    write_shell_file(file, found, path, ["how to use it"])
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    done = subprocess.run(
        [shell, "-c", f'. {shlex.quote(str(file))} && python -c "{program}" && env'],
        env={**os.environ, "AWS_ACCESS_KEY_ID": "AKIAELSEWHERE", "AWS_REGION": "ap-south-2"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    account, *lines = done.stdout.splitlines()
    assert account == "222222222222"
    environment = dict(line.split("=", 1) for line in lines if "=" in line)
    assert "AWS_ACCESS_KEY_ID" not in environment
    assert "AWS_REGION" not in environment
    assert {key: environment[key] for key in found if key != "PATH"} == {
        key: value for key, value in found.items() if key != "PATH"
    }
    assert environment["PATH"].split(":")[:2] == [
        str(Path(sys.executable).parent),
        str(folder / "engine"),
    ]
