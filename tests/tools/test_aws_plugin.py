"""Where the real aws plugin is looked for, and what is said when it can't be had."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from demo.environment import PulumiParts, has_stand_in, variables
from demo.project import STAND_IN_BIN
from tests.support.machine import Machine, machine_in, site_that_answers, site_that_refuses
from tools.aws_plugin import STAND_IN_MARK, find_or_install_aws_plugin
from tools.cache import Origin
from tools.engine import Engine

_WANTED = version("pulumi_aws")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return machine_in(tmp_path, monkeypatch)


@pytest.fixture
def engine(machine: Machine) -> Engine:
    """An engine whose `pulumi plugin install` works."""
    machine.program(
        "pulumi",
        f"""\
echo "$@" >>{machine.root}/pulumi.log
into="$PULUMI_HOME/plugins/$3-$4-v$5"
mkdir -p "$into" && : >"$into/pulumi-resource-aws" && chmod +x "$into/pulumi-resource-aws\"""",
    )
    return Engine("v3.276.0", machine.bin, Origin.PATH)


def _calls(machine: Machine) -> list[str]:
    log = machine.root / "pulumi.log"
    return log.read_text().splitlines() if log.exists() else []


def _install_plugin(machine: Machine, home: Path, number: str = _WANTED) -> Path:
    folder = home / "plugins" / f"resource-aws-v{number}"
    return machine.program("pulumi-resource-aws", "exit 0", folder)


def _cached_home(machine: Machine) -> Path:
    return machine.cache.root / "pulumi-home"


def test_one_in_the_given_pulumi_home_is_found_first(machine: Machine, engine: Engine) -> None:
    given = machine.root / "given"
    executable = _install_plugin(machine, given)
    _install_plugin(machine, Path.home() / ".pulumi")

    answer = find_or_install_aws_plugin(engine, print, pulumi_home=given, site=None)

    assert answer.plugin is not None
    assert (answer.plugin.home, answer.plugin.executable) == (given, executable)
    assert answer.plugin.version == _WANTED


def test_the_users_own_is_found(machine: Machine, engine: Engine) -> None:
    _install_plugin(machine, Path.home() / ".pulumi")

    answer = find_or_install_aws_plugin(engine, print, pulumi_home=machine.root / "x", site=None)

    assert answer.plugin is not None
    assert answer.reason == f"{_WANTED} is installed in ~/.pulumi"


@pytest.mark.parametrize("fault", ["another version", "unfinished", "not executable", "stand-in"])
def test_one_that_the_engine_would_not_use_is_passed_over(
    machine: Machine, engine: Engine, fault: str
) -> None:
    home = Path.home() / ".pulumi"
    executable = _install_plugin(machine, home, "7.0.0" if fault == "another version" else _WANTED)
    if fault == "unfinished":
        executable.parent.with_name(f"{executable.parent.name}.partial").touch()
    if fault == "not executable":
        executable.chmod(0o644)
    if fault == "stand-in":
        (executable.parent / STAND_IN_MARK).touch()

    answer = find_or_install_aws_plugin(engine, print, site=None)

    assert answer.plugin is None


def test_it_is_downloaded_into_the_cache_once(machine: Machine, engine: Engine) -> None:
    with site_that_answers() as site:
        first = find_or_install_aws_plugin(engine, print, site=site)
        second = find_or_install_aws_plugin(engine, print, site=site)

    assert first.plugin is not None
    assert first.plugin == second.plugin
    assert first.plugin.home == _cached_home(machine)
    assert _calls(machine) == [f"plugin install resource aws {_WANTED}"]


def test_without_the_site_the_reason_says_so_and_nothing_is_tried(
    machine: Machine, engine: Engine
) -> None:
    site = site_that_refuses()

    answer = find_or_install_aws_plugin(engine, print, site=site)

    assert answer.plugin is None
    assert answer.reason.startswith(f"it can't be downloaded here: {site} can't be reached: ")
    assert _calls(machine) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("echo '[resource plugin aws] downloading'; echo '403 rate limit' >&2; exit 1", "403 rate"),
        ("exit 2", "exit code 2"),
        ("exit 0", "put no pulumi-resource-aws into "),
    ],
)
def test_a_failed_download_is_a_reason_not_an_error(
    machine: Machine, engine: Engine, body: str, reason: str
) -> None:
    machine.program("pulumi", body)

    with site_that_answers() as site:
        answer = find_or_install_aws_plugin(engine, print, site=site)

    assert answer.plugin is None
    assert reason in answer.reason
    assert "\n" not in answer.reason


def test_an_engine_that_is_gone_is_a_reason_not_an_error(machine: Machine, engine: Engine) -> None:
    (machine.bin / "pulumi").unlink()

    with site_that_answers() as site:
        answer = find_or_install_aws_plugin(engine, print, site=site)

    assert answer.plugin is None
    assert "No such file" in answer.reason


def _prepare(folder: Path) -> Path:
    """A PULUMI_HOME that the sandbox's environment has been made with, twice."""
    home = folder / "home"
    stand_in = STAND_IN_BIN
    for _ in range(2):
        parts = PulumiParts(None, home, stand_in)
        found = variables("http://127.0.0.1:1", folder, (folder, folder), parts, "/usr/bin")
        assert str(stand_in) not in found["PATH"]
    return home


def test_the_stand_in_is_installed_as_the_plugin(tmp_path: Path, engine: Engine) -> None:
    home = _prepare(tmp_path)

    executable = home / "plugins" / f"resource-aws-v{_WANTED}" / "pulumi-resource-aws"
    assert executable.read_text().startswith("#!/bin/sh")
    assert has_stand_in(home)
    assert find_or_install_aws_plugin(engine, print, pulumi_home=home, site=None).plugin is None


def test_the_stand_in_never_replaces_the_real_plugin(tmp_path: Path, machine: Machine) -> None:
    executable = _install_plugin(machine, tmp_path / "home")

    home = _prepare(tmp_path)

    assert not has_stand_in(home)
    assert not executable.is_symlink()
