"""Where actionlint comes from, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.machine import Machine, machine_in
from tools import actionlint
from tools.actionlint import ACTIONLINT_VERSION, find_or_build_actionlint, main

_TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(actionlint, "stop_on_signal", lambda: None)
    return machine_in(tmp_path, monkeypatch)


def _install_go(machine: Machine, before_build: str = "") -> None:
    machine.install_go(before_build=before_build, built=ACTIONLINT_VERSION)


def _kept(machine: Machine) -> Path:
    return machine.cache.root / f"actionlint-{ACTIONLINT_VERSION}"


@pytest.mark.parametrize("said", [ACTIONLINT_VERSION, ACTIONLINT_VERSION.removeprefix("v")])
def test_the_actionlint_on_path_is_used(machine: Machine, said: str) -> None:
    installed = machine.program("actionlint", f"echo {said}; echo installed by hand")
    _install_go(machine)

    assert find_or_build_actionlint(print) == installed
    assert machine.builds == 0


@pytest.mark.parametrize("answer", ["echo v1.7.11", "exit 3", "echo"])
def test_another_actionlint_on_path_is_passed_over(machine: Machine, answer: str) -> None:
    machine.program("actionlint", answer)
    _install_go(machine)

    assert find_or_build_actionlint(print) == _kept(machine)


def test_actionlint_is_built_once_and_kept(machine: Machine) -> None:
    _install_go(machine)

    assert find_or_build_actionlint(print) == find_or_build_actionlint(print) == _kept(machine)
    assert machine.builds == 1
    assert list(machine.cache.root.iterdir()) == [_kept(machine)]


def test_a_damaged_actionlint_is_built_anew(machine: Machine) -> None:
    _install_go(machine)
    find_or_build_actionlint(print).write_bytes(b"")

    assert find_or_build_actionlint(print).read_bytes() != b""
    assert machine.builds == 2


def test_an_actionlint_of_another_version_is_not_kept(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.install_go(built="v1.7.11")

    assert main([]) == 1
    assert f"what was built is not actionlint {ACTIONLINT_VERSION}" in capsys.readouterr().err
    assert list(machine.cache.root.iterdir()) == []


def test_a_failed_build_of_actionlint_says_why_and_keeps_nothing(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    _install_go(machine, before_build="echo no such module >&2; exit 1")

    assert main([]) == 1
    assert "no such module" in capsys.readouterr().err
    assert list(machine.cache.root.iterdir()) == []


@pytest.mark.usefixtures("machine")
def test_without_go_one_sentence_says_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 1

    (said,) = capsys.readouterr().err.splitlines()
    assert said == (
        f"error: there is no actionlint {ACTIONLINT_VERSION} on PATH: install it "
        "(https://github.com/rhysd/actionlint), or Go 1.26.6 or newer (https://go.dev/dl), by "
        "which it is built; here that failed: no `go` on PATH"
    )


def test_a_cache_that_is_a_file_is_a_sentence_too(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    _install_go(machine)
    (machine.root / "cache").touch()

    assert main([]) == 1
    assert "Not a directory" in capsys.readouterr().err


def test_actionlint_gets_the_arguments_and_gives_its_exit_code(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.program(
        "actionlint",
        f'[ "$1" = -version ] && echo {ACTIONLINT_VERSION} || {{ echo "got: $*"; exit 3; }}',
    )

    assert main(["-shellcheck", "", "a.yml"]) == 3
    assert capfd.readouterr().out == "got: -shellcheck  a.yml\n"


def test_the_go_module_pins_this_actionlint() -> None:
    module = (_TOOLS / "actionlint-module" / "go.mod").read_text()

    assert f"github.com/rhysd/actionlint {ACTIONLINT_VERSION} " in module
