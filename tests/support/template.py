"""A repository that `pulumi new` makes of `template/`, and the release that it installs."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from demo.project import ROOT
from tests.support.release import (
    build_release,
    environment_of_pip,
    make_environment_with_dependencies,
    serve_index,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def used_clone(folder: Path) -> Path:
    """Makes a clone that has been worked in: an environment, and stacks of its own."""
    clone = folder / "clone"
    shutil.copytree(ROOT / "template", clone / "template")
    shutil.copytree(ROOT / "stacks", clone / "stacks")
    shutil.copy(ROOT / "Pulumi.yaml", clone)
    (clone / ".venv").symlink_to(ROOT / ".venv")
    (clone / "stacks" / "Pulumi.mine.yaml").write_text("config: {aws:region: eu-north-1}\n")
    return clone


class Repository:
    """A repository that `pulumi new` makes.

    Args:
        clone: has the template.
        folder: of the repository, which is made.
        name: of its project.
        environment: of the commands.
    """

    def __init__(
        self, clone: Path, folder: Path, name: str, environment: Mapping[str, str]
    ) -> None:
        subprocess.run(
            [
                *("pulumi", "new", clone / "template", "--dir", folder, "--name", name),
                *("--generate-only", "--yes", "--offline", "--non-interactive"),
            ],
            cwd=clone,
            env=environment,
            check=True,
            timeout=60,
        )
        self.folder = folder
        path = os.pathsep.join((str(folder / ".venv" / "bin"), environment["PATH"]))
        self.environment = {**environment, "PATH": path, "PYTHONPATH": ""}

    def install(self, scratch: Path) -> None:
        """Installs its requirements.txt, with the wheel from an index; `scratch` is empty."""
        make_environment_with_dependencies(self.folder / ".venv")
        with serve_index(build_release(scratch / "release"), scratch / "index") as url:
            subprocess.run(
                [".venv/bin/pip", "install", "--quiet", "-r", "requirements.txt"],
                cwd=self.folder,
                env={**environment_of_pip(), "PIP_INDEX_URL": url},
                check=True,
                timeout=120,
            )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs the installed command, without a terminal."""
        return subprocess.run(
            [self.folder / ".venv" / "bin" / "eks-audit-logs", *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def done(self, *words: str) -> str:
        """Runs the installed command, which has to succeed; gives all that it prints."""
        ended = self.run(*words)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr
