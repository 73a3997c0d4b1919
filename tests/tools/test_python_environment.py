"""`.venv`: made once, again when the requirements change, and whole after an interruption."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.machine import Machine, machine_in
from tools import venv
from tools.venv import Environment, EnvironmentNotMadeError, make_environment, step_line

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = machine_in(tmp_path, monkeypatch)
    for package in (".", "packages/aws_sandbox", "packages/aws_plugin_stand_in"):
        folder = tmp_path / "project" / package
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "project" / "requirements.lock").write_text("pulumi==3.272.0\n")
    made = _python(machine, "3 11")
    # `python -m venv FOLDER`, whose product is a Python of the same kind.
    python = machine.program(
        "python3",
        f'echo "$@" >>{tmp_path}/calls; mkdir -p "$3/bin" && cp {made} "$3/bin/python"',
    )
    monkeypatch.setattr(sys, "executable", str(python))
    return machine


def _python(machine: Machine, version: str) -> Path:
    return machine.program(
        "made",
        f'case "$1" in -c) echo {version} ;; *) echo "$@" >>{machine.root}/calls\n'
        f"[ ! -e {machine.root}/no-index ] ;; esac",
        machine.root / "kinds",
    )


def _project(machine: Machine) -> Path:
    return machine.root / "project"


def _calls(machine: Machine) -> list[str]:
    """What Python was asked to do since the last time, by its `-m` module."""
    return [line.split()[1] for line in _command_lines(machine)]


def _command_lines(machine: Machine) -> list[str]:
    log = machine.root / "calls"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return lines


def test_it_is_made_once(machine: Machine) -> None:
    first = make_environment(_project(machine))
    assert _calls(machine) == ["venv", "pip", "pip"]

    second = make_environment(_project(machine))

    assert _calls(machine) == []
    assert first.seconds is not None
    assert second == Environment((3, 11), None)


@pytest.mark.parametrize(
    "changed", ["requirements.lock", "pyproject.toml", "packages/aws_sandbox/pyproject.toml"]
)
def test_a_changed_file_installs_again_into_what_is_there(machine: Machine, changed: str) -> None:
    make_environment(_project(machine))
    _calls(machine)
    (_project(machine) / changed).write_text("boto3\n")

    make_environment(_project(machine))

    assert _calls(machine) == ["pip", "pip"]


def test_hashes_are_checked_and_folders_come_after_without_them(machine: Machine) -> None:
    make_environment(_project(machine))

    _, locked, folders = _command_lines(machine)
    lock = _project(machine) / "requirements.lock"
    assert locked.endswith(f" --no-deps --require-hashes -r {lock}")
    assert " --no-deps --no-build-isolation -e " in folders
    assert folders.count(" -e ") == 3
    assert "--require-hashes" not in folders


def test_uv_installs_where_it_is_on_the_path(machine: Machine) -> None:
    machine.program("uv", f'echo "uv $@" >>{machine.root}/calls')

    make_environment(_project(machine))

    made, locked, folders = _command_lines(machine)
    assert made.split()[1] == "venv"
    python = _project(machine) / ".venv" / "bin" / "python"
    for line in (locked, folders):
        assert line.startswith(f"uv pip install --quiet --python {python} --no-deps ")


def test_after_a_failed_installation_the_next_run_begins_anew(machine: Machine) -> None:
    no_index = machine.root / "no-index"
    no_index.touch()
    with pytest.raises(EnvironmentNotMadeError, match=r"installing failed \(exit code 1\)"):
        make_environment(_project(machine))
    _calls(machine)
    no_index.unlink()

    make_environment(_project(machine))

    assert _calls(machine) == ["venv", "pip", "pip"]


def test_an_environment_of_the_users_own_making_is_kept(machine: Machine) -> None:
    own = _project(machine) / ".venv" / "bin"
    own.mkdir(parents=True)
    (own / "python").write_bytes((machine.root / "kinds" / "made").read_bytes())
    (own / "python").chmod(0o755)
    (own / "theirs").touch()

    make_environment(_project(machine))

    assert _calls(machine) == ["pip", "pip"]
    assert (own / "theirs").exists()


def test_an_environment_whose_python_is_gone_or_too_old_is_made_anew(machine: Machine) -> None:
    make_environment(_project(machine))
    python = _project(machine) / ".venv" / "bin" / "python"
    for body in ("exit 1", "echo 3 10"):
        machine.program("python", body, python.parent)
        _calls(machine)

        make_environment(_project(machine))

        assert _calls(machine) == ["venv", "pip", "pip"]


def test_a_python_that_is_too_old_is_named_with_the_way_out(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))

    with pytest.raises(EnvironmentNotMadeError, match=r"is Python 3\.10; .* make PYTHON="):
        make_environment(_project(machine))

    assert not (_project(machine) / ".venv").exists()


def test_a_python_without_ensurepip_is_named_with_the_way_out(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venv, "find_spec", lambda name: None if name == "ensurepip" else name)

    with pytest.raises(EnvironmentNotMadeError, match="apt install python3-venv"):
        make_environment(_project(machine))


@pytest.mark.parametrize(("seconds", "took"), [(38.2, "38 s"), (None, "already there")])
def test_the_step_line_fills_80_columns(seconds: float | None, took: str) -> None:
    line = step_line("1/6", Environment((3, 11), seconds))

    assert line.startswith("[1/6] Python environment        .venv (Python 3.11) ")
    assert line.endswith(f" {took}")
    assert len(line) == 80
    bold = step_line("1/6", Environment((3, 11), seconds), bold=True)
    assert bold == line.replace(
        "[1/6] Python environment", "\x1b[1m[1/6] Python environment\x1b[0m"
    )
