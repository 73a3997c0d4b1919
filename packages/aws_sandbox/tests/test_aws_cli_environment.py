"""The environment that the AWS CLI is put into for the tests, without a package registry."""

from __future__ import annotations

from pathlib import Path

import pytest

import aws_cli
from aws_cli import AwsCliNotInstalledError, installed


class Commands:
    """Stands for venv and pip: makes a Python that runs, and counts."""

    def __init__(self) -> None:
        self.installs = 0
        self.stops_with: BaseException | None = None

    def __call__(self, *command: str) -> None:
        if command[2] == "venv":
            python = Path(command[3]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.write_text("#!/bin/sh\nexit 0\n")
            python.chmod(0o755)
            return
        if self.stops_with is not None:
            raise self.stops_with
        self.installs += 1


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    stand_in = Commands()
    monkeypatch.setattr(aws_cli, "_run", stand_in)
    return stand_in


def test_it_is_made_once_and_used_again(tmp_path: Path, commands: Commands) -> None:
    python = installed(tmp_path)
    assert python.is_file()
    assert installed(tmp_path) == python
    assert commands.installs == 1


@pytest.mark.parametrize("reason", [KeyboardInterrupt(), AwsCliNotInstalledError("no registry")])
def test_what_was_stopped_half_way_is_made_anew(
    tmp_path: Path, commands: Commands, reason: BaseException
) -> None:
    commands.stops_with = reason
    with pytest.raises(type(reason)):
        installed(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["awscli.lock"]
    commands.stops_with = None
    assert installed(tmp_path).is_file()
    assert commands.installs == 1


def test_what_a_killed_run_left_behind_goes(tmp_path: Path, commands: Commands) -> None:
    left = tmp_path / ".unfinished-awscli-killed"
    left.mkdir()
    installed(tmp_path)
    assert commands.installs == 1
    assert not left.exists()


@pytest.mark.parametrize("damage", ["record", "python"])
def test_one_that_is_damaged_or_of_other_requirements_is_made_anew(
    tmp_path: Path, commands: Commands, damage: str
) -> None:
    python = installed(tmp_path)
    if damage == "record":
        (python.parents[1] / "requirements-awscli.txt").write_text("awscli==1.0\n")
    else:
        python.unlink()
    assert installed(tmp_path) == python
    assert python.is_file()
    assert commands.installs == 2
