"""`template/`: what `pulumi new` copies into a repository of somebody's own."""

from __future__ import annotations

import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

_ROOT = Path(__file__).resolve().parents[2]
_TEMPLATE = _ROOT / "template"


def _yaml(file: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((_ROOT / file).read_text())
    return read


def test_the_template_has_few_files_and_no_links() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "template"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert 5 < len(listed) < 15
    assert not [name for name in listed if (_ROOT / name).is_symlink()]


def test_program_and_engine_of_the_template_are_this_projects() -> None:
    for name in ("__main__.py", ".github/pulumi-version"):
        assert (_TEMPLATE / name).read_text() == (_ROOT / name).read_text()


def test_the_template_describes_the_same_keys_in_the_same_words() -> None:
    own, copied = _yaml("Pulumi.yaml"), _yaml("template/Pulumi.yaml")

    assert copied.pop("template")["config"].keys() == {"aws:region", "aws:profile"}
    assert (copied.pop("name"), copied.pop("description")) == ("${PROJECT}", "${DESCRIPTION}")
    del own["name"], own["description"]
    assert copied == own


def test_the_template_requires_this_release() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    lines = (_TEMPLATE / "requirements.txt").read_text().splitlines()

    assert [line for line in lines if not line.startswith("#")] == [
        f"{project['name']}=={project['version']}"
    ]
    wheel = f"{project['name'].replace('-', '_')}-{project['version']}-py3-none-any.whl"
    assert wheel in "\n".join(lines)


def test_a_job_that_is_cancelled_reaches_the_deployment() -> None:
    jobs = _yaml("template/.github/workflows/deploy.yml")["jobs"]

    (deploy,) = (step["run"] for step in jobs["deploy"]["steps"] if step.get("name") == "Deploy")
    assert deploy.startswith("exec eks-audit-logs up ")


def test_no_file_but_pulumi_yaml_has_the_projects_name_in_yaml() -> None:
    """`pulumi new` puts a line break behind the name in files that end with `.yaml`."""
    files = [file for file in _TEMPLATE.rglob("*.yaml") if "${PROJECT}" in file.read_text()]

    assert files == [_TEMPLATE / "Pulumi.yaml"]


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (1, 0), (2, 1), (130, 1)])
def test_a_refused_stack_does_not_hold_up_the_others(tmp_path: Path, code: int, ends: int) -> None:
    command = tmp_path / "eks-audit-logs"
    command.write_text(f"#!/bin/sh\nexit {code}\n")
    command.chmod(0o755)
    steps = _yaml("template/.github/workflows/deploy.yml")["jobs"]["preview"]["steps"]
    own = [step["run"] for step in steps if "eks-audit-logs" in step.get("run", "")]

    assert len(own) == 2
    for script in own:
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": "summary"},
            cwd=tmp_path,
            check=False,
        )
        assert ended.returncode == ends
