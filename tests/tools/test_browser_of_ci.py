""".ci/install-browser: a browser that is there, one that is installed, one that can't be."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

_SCRIPT = PROJECT_FOLDER / ".ci" / "install-browser"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH with the few programs that the script uses, and no browser."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "env", "mktemp", "rm", "tail", "cp", "chmod", "seq"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    _program(folder / "sudo", 'shift; exec "$@"')
    return folder


def _program(file: Path, script: str) -> None:
    file.write_text(f"#!/usr/bin/env bash\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


def _run(programs: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [programs / "bash", _SCRIPT],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize("name", ["chromium", "google-chrome"])
def test_a_browser_on_path_is_taken(programs: Path, name: str) -> None:
    _program(programs / name, "")

    done = _run(programs)

    assert (done.returncode, done.stdout) == (0, f"{programs / name}\n")


def test_without_one_apt_installs_chromium_quietly(programs: Path) -> None:
    _program(
        programs / "apt-get",
        f"echo much; [[ $1 == update ]] || {{ cp {programs}/env {programs}/chromium; }}",
    )

    done = _run(programs)

    assert (done.returncode, done.stdout) == (0, f"{programs / 'chromium'}\n")


def test_where_apt_fails_its_last_lines_and_the_way_out_are_said(programs: Path) -> None:
    _program(programs / "apt-get", "echo first; seq 30; echo 'E: no such package' >&2; exit 100")

    done = _run(programs)

    assert done.returncode == 1
    assert "first" not in done.stdout
    assert "E: no such package" in done.stdout
    assert done.stdout.endswith("Install it, or put a Chrome on PATH.\n")
