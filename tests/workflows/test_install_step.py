"""The step "Install" of the workflows as it stands; the other tests of them leave it out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from demo.project import ROOT
from tests.support.release import environment_of_pip, make_environment_with_dependencies
from tests.support.workflows.machine import repository_of
from tests.support.workflows.workflow_file import read_workflow

pytestmark = pytest.mark.slow


def test_the_step_installs_the_command_and_the_program(tmp_path: Path) -> None:
    """The packages that pip would download are in the environment already."""
    workflows = (ROOT / ".github" / "workflows").glob("*.yml")
    jobs = [job for file in workflows for job in read_workflow(file).jobs.values()]
    scripts = [step.run for job in jobs for step in job.steps if step.name == "Install"]
    (script,) = set(scripts)
    assert script is not None
    folder = tmp_path / "workspace"
    folder.mkdir()
    repository_of(ROOT, folder)
    make_environment_with_dependencies(folder / ".venv")
    environment = environment_of_pip()
    environment |= {
        "PATH": f"{Path(sys.base_prefix) / 'bin'}:{environment['PATH']}",
        # Before an older setuptools that the step's own environment may bring.
        "PYTHONPATH": str(folder / ".venv" / "dependencies"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it so: no isolation
    }

    def run(*command: str) -> str:
        ended = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout
        return ended.stdout

    run("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)

    assert "preview" in run(".venv/bin/eks-audit-logs", "report", "--help")
    code = "import guardduty_eks_audit_logs as package; print(package.__file__)"
    assert run(".venv/bin/python", "-c", code).startswith(str(folder / "components"))
