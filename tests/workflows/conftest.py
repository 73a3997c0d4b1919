"""Fixtures of the tests that run workflow files."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest

from tests.support.workflows.github import served_github
from tests.support.workflows.machine import Event, Interruption, Machine, commit
from tests.support.workflows.repository import OF_A_PULL_REQUEST, Repository
from tests.support.workflows.runner import run_workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from demo.environment import PulumiParts
    from tests.support.engine.organization import Organization
    from tests.support.workflows.github import GitHub
    from tests.support.workflows.results import RunResult

    Run = Callable[..., RunResult]

_PUSH = Event("push", "")


@pytest.fixture
def github() -> Iterator[GitHub]:
    """A GitHub with the repository acme/security."""
    with served_github() as served:
        yield served


@pytest.fixture
def machine(tmp_path: Path, github: GitHub) -> Machine:
    repository = tmp_path / "repository"
    repository.mkdir()
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", repository], check=True)
    (repository / "file").write_text("first")
    commit(repository, "First")
    return Machine(tmp_path / "runs", repository, github)


@pytest.fixture
def run(machine: Machine, tmp_path: Path) -> Run:
    """Runs a workflow of these jobs; without an event, a push of the newest commit."""

    def run(
        jobs: str,
        *interruptions: Interruption,
        event: Event = _PUSH,
        on: Machine = machine,
        top: str = "",
    ) -> RunResult:
        file = tmp_path / "workflow.yml"
        head = f"name: W\non: [push, pull_request]\npermissions: {{}}\n{dedent(top)}\njobs:\n"
        file.write_text(head + indent(dedent(jobs), "  "))
        event = event if event.sha else replace(event, sha=commit(on.repository, "Next"))
        return run_workflow(file, event, on, interruptions)

    return run


@pytest.fixture
def repository(
    organization: Callable[..., Organization], pulumi: PulumiParts, github: GitHub, tmp_path: Path
) -> Callable[..., Repository]:
    """Makes a repository of an organization: `repository(accounts=12, regions=["us-east-1"])`."""

    def make(subject: str = OF_A_PULL_REQUEST, **kind: object) -> Repository:
        assert pulumi.engine_bin is not None
        return Repository(tmp_path, organization(**kind), github, pulumi.engine_bin, subject)

    return make
