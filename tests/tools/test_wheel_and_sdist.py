"""`make release`: what the wheel and the sdist have, and how they are installed from an index."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from typing import TYPE_CHECKING

import pytest

from tests.support.release import NAME, Release, build_release, make_environment_with, serve_index

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build_release(tmp_path_factory.mktemp("release"))


def _names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_brings_one_name_and_its_types(release: Release) -> None:
    names = _names(release.wheel)

    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"guardduty_eks_audit_logs"}
    assert "guardduty_eks_audit_logs/py.typed" in names
    assert "guardduty_eks_audit_logs/writing/members.py" in names
    page = "guardduty_eks_audit_logs/reports/coverage/page/page"
    assert {f"{page}.html", f"{page}.css", f"{page}.js"} <= set(names)


def test_the_wheel_names_its_license_and_brings_its_text(release: Release) -> None:
    with zipfile.ZipFile(release.wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        said = Parser().parsestr(archive.read(metadata).decode())

    assert said["License-Expression"] == "Apache-2.0"
    assert any(name.endswith("/licenses/LICENSE") for name in _names(release.wheel))


def test_a_wheel_of_the_sdist_has_the_same_files(release: Release, tmp_path: Path) -> None:
    with tarfile.open(release.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()

    command = (sys.executable, "-m", "build", "--no-isolation", "--wheel", str(unpacked))
    built = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)

    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = (unpacked / "dist").iterdir()
    assert sorted(_names(wheel)) == sorted(_names(release.wheel))


def test_pip_installs_it_from_an_index(release: Release, tmp_path: Path) -> None:
    with serve_index(release, tmp_path / "index") as url:
        python = make_environment_with(NAME, url, tmp_path / "environment")

    # From another folder, with nothing else on the path: the editable installation is not there.
    said = subprocess.run(
        [python, "-I", "-c", "import guardduty_eks_audit_logs as g; print(g.__file__, g.__all__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert said.startswith(str(tmp_path / "environment"))
    assert "EksAuditLogs" in said
    for name in ("components", "aws_sandbox", "tests"):
        found = subprocess.run(
            [python, "-I", "-c", f"import {name}"], cwd=tmp_path, check=False, capture_output=True
        )
        assert found.returncode != 0, name
