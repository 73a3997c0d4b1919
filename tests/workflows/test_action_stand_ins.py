"""The stand-ins for actions do for the next steps what the actions do."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.testing import ADMINISTRATOR
from tests.support.workflows.machine import (
    Event,
    Machine,
    commit,
    pull_request,
    repository_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aws_sandbox.testing.plugin import RunningSandbox
    from tests.support.workflows.results import RunResult

    Run = Callable[..., RunResult]

_CHECKOUT = f"actions/checkout@{'a' * 40}"
_UPLOAD = f"actions/upload-artifact@{'a' * 40}"
_DOWNLOAD = f"actions/download-artifact@{'a' * 40}"
_AWS = f"aws-actions/configure-aws-credentials@{'a' * 40}"
_PULUMI = f"pulumi/actions@{'a' * 40}"
_PYTHON = f"actions/setup-python@{'a' * 40}"
_HEAD = "e" * 40
_PUSH = Event("push", "")


def test_artifacts_pass_files_between_jobs(run: Run) -> None:
    result = run(
        f"""
        make:
          runs-on: x
          strategy: {{fail-fast: false, matrix: {{n: [1, 2]}}}}
          steps:
            - env: {{N: "${{{{ matrix.n }}}}"}}
              run: mkdir -p out/$N; echo x | tee out/$N/f out/.hidden
            - uses: {_UPLOAD}
              with: {{name: "r-${{{{ matrix.n }}}}", path: out, if-no-files-found: error}}
        take:
          needs: make
          runs-on: x
          steps:
            - uses: {_DOWNLOAD}
              with: {{pattern: r-*, path: in, merge-multiple: true}}
            - uses: {_DOWNLOAD}
              with: {{name: r-1, path: one}}
            - uses: {_DOWNLOAD}
              with: {{pattern: none-*, path: none}}
            - name: Look
              run: find in one -type f | sort
            - name: again
              uses: {_UPLOAD}
              with: {{name: r-1, path: in}}
            - name: over
              if: always()
              uses: {_UPLOAD}
              with: {{name: r-1, path: in, overwrite: true}}
            - name: missing
              if: always()
              uses: {_DOWNLOAD}
              with: {{name: r-3}}
            - name: none
              if: always()
              uses: {_UPLOAD}
              with: {{name: new, path: nowhere, if-no-files-found: error}}
        """
    )

    take = result.job("take")
    assert take.step("Look").log == "in/1/f\nin/2/f\none/1/f\n"
    outcomes = {name: take.step(name).outcome for name in ("again", "over", "missing", "none")}
    assert outcomes == {name: "success" if name == "over" else "failure" for name in outcomes}
    assert result.artifacts.names == ["r-1", "r-2"]
    assert (result.artifacts.of("r-1") / "2" / "f").exists()


def test_checkout_gives_the_commit_asked_for(run: Run, machine: Machine) -> None:
    old = commit(machine.repository, "Old")
    (machine.repository / "file").write_text("second")
    result = run(
        f"""
        look:
          runs-on: x
          permissions: {{contents: read}}
          steps:
            - uses: {_CHECKOUT}
              with: {{persist-credentials: false}}
            - uses: {_CHECKOUT}
              with: {{persist-credentials: false, ref: "{old}", path: old}}
            - run: cat file old/file; git log --oneline | wc -l
        may-not:
          runs-on: x
          steps: [{{uses: "{_CHECKOUT}", with: {{persist-credentials: false}}}}]
        """
    )

    assert result.job("look").steps[2].log == "secondfirst1\n"
    assert result.job("may-not").result == "failure"


def test_only_tracked_files_are_in_the_repository(machine: Machine, tmp_path: Path) -> None:
    (machine.repository / "untracked").write_text("x")
    copy = repository_of(machine.repository, tmp_path / "copy")

    assert sorted(f.name for f in copy.iterdir()) == [".git", "file"]


def test_the_engine_and_python_are_on_path_once_set_up(
    run: Run, machine: Machine, tmp_path: Path
) -> None:
    engine = tmp_path / "engine"
    engine.mkdir()
    (engine / "pulumi").write_text("#!/bin/sh\necho engine")
    (engine / "pulumi").chmod(0o755)
    (machine.repository / "version").write_text("3.1.2\n")
    jobs = f"""
        set-up:
          runs-on: x
          permissions: {{contents: read}}
          steps:
            - uses: {_CHECKOUT}
              with: {{persist-credentials: false}}
            - uses: {_PULUMI}
              with: {{pulumi-version-file: version}}
            - uses: {_PYTHON}
              with: {{python-version: "3.11"}}
            - run: pulumi && python3 -c 'import sys; print(sys.prefix == sys.base_prefix)'
            - uses: {_PULUMI}
              with: {{pulumi-version-file: versoin}}
        """

    result = run(jobs, on=replace(machine, engine_bin=engine))

    assert result.job("set-up").steps[3].log == "engine\nTrue\n"
    assert result.job("set-up").steps[4].outcome == "failure"


@pytest.mark.parametrize(
    ("job", "event", "subject"),
    [
        ("{}", _PUSH, "repo:acme/security:ref:refs/heads/main"),
        ("{environment: production}", _PUSH, "repo:acme/security:environment:production"),
        ("{}", pull_request(1, "", _HEAD), "repo:acme/security:pull_request"),
    ],
)
def test_aws_gives_keys_for_the_subject_of_the_job(  # noqa: PLR0913, PLR0917 -- a table and fixtures
    run: Run, machine: Machine, sandbox: RunningSandbox, job: str, event: Event, subject: str
) -> None:
    role = sandbox.client.make_ci_role(ADMINISTRATOR, subject=subject)
    other = sandbox.client.make_ci_role(ADMINISTRATOR, "other", subject=f"{subject}-not")
    steps = f"""
      - uses: {_AWS}
        with: {{role-to-assume: "{role}", aws-region: us-east-1}}
      - run: echo "$AWS_REGION ${{AWS_SESSION_TOKEN:+token}} ${{AWS_PROFILE-}}"
      - uses: {_AWS}
        with: {{role-to-assume: "{other}", aws-region: us-east-1}}
    """
    environment = "environment: production" if "environment" in job else ""
    jobs = f"may:\n  runs-on: x\n  permissions: {{id-token: write}}\n  {environment}\n"
    on = replace(machine, sandbox=sandbox, environment=sandbox.environment)

    result = run(
        f"{jobs}  steps:{indent(dedent(steps), '    ')}\nmay-not:\n  runs-on: x\n"
        f"  steps:{indent(dedent(steps), '    ')}",
        event=event,
        on=on,
    )

    allowed, look, refused = result.job("may").steps
    assert (allowed.outcome, look.log) == ("success", "us-east-1 token \n")
    assert "AccessDenied" in refused.log
    assert "set the `id-token` permission" in result.job("may-not").steps[0].log
