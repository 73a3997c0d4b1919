"""The process that runs Pulumi's own installer."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING
from urllib.error import URLError

import pytest
from pulumi.automation import PulumiCommand
from semver import VersionInfo

from tools.download import main

if TYPE_CHECKING:
    from pathlib import Path


def _installer_that_raises(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def install(**_: object) -> None:
        raise error

    monkeypatch.setattr(PulumiCommand, "install", install)


def test_it_installs_the_wanted_version_into_the_wanted_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, VersionInfo]] = []

    def install(*, root: str, version: VersionInfo) -> None:
        asked.append((root, version))

    monkeypatch.setattr(PulumiCommand, "install", install)

    assert main(["v3.276.0", str(tmp_path)]) == 0
    assert asked == [(str(tmp_path), VersionInfo(3, 276, 0))]


@pytest.mark.parametrize(
    "error",
    [
        URLError("certificate verify failed"),
        subprocess.CalledProcessError(1, "install.sh", b"error: certificate verify failed\n"),
    ],
)
def test_what_went_wrong_is_said_without_a_traceback(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    _installer_that_raises(monkeypatch, error)

    assert main(["v3.276.0", str(tmp_path)]) == 1

    said = capsys.readouterr().err
    assert "certificate verify failed" in said
    assert "Traceback" not in said
