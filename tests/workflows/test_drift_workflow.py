"""drift.yml as it stands: one issue, opened, kept up to date and closed; the coverage beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.fault_effects import AccessDenied
from aws_sandbox.testing import MANAGEMENT
from tests.support.engine.organization import account
from tests.support.workflows.github import BOT
from tests.support.workflows.repository import OF_MAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.workflows.github import GitHub
    from tests.support.workflows.repository import Repository
    from tests.support.workflows.results import RunResult

pytestmark = pytest.mark.slow

_MARKER = "<!-- guardduty-eks-audit-logs: drift -->"
_NO_MEMBER = [(MANAGEMENT, "eu-west-1"), (MANAGEMENT, "us-east-1")]
"""The management account is no member, and no rule leaves it out."""
_ALL_ON = [{"status": "ENABLED", "all": True}]


def test_drift_has_one_issue_that_is_closed_once_all_is_read_and_right(
    repository: Callable[..., Repository], github: GitHub
) -> None:
    here = repository(OF_MAIN, regions=("us-east-1", "eu-west-1"))
    here.deployed("prod-us-east-1", members=_ALL_ON)
    stack = here.deployed("prod-eu-west-1", members=_ALL_ON, **{"aws:region": "eu-west-1"})
    aws = here.aws.control
    others = _of_others(github)
    aws.clear_calls()
    backend = here.backend()

    run = here.look_for_drift()

    assert _failed(run) == [], run.log
    assert _issues(github) == []
    assert "2 regions" in run.job("Keep the issue").summary
    assert _gaps(run) == _NO_MEMBER

    aws.set_feature(account(1), "DISABLED", region="us-east-1")
    aws.set_feature(account(2), "DISABLED", region="eu-west-1")

    run = here.look_for_drift()

    assert _failed(run) == [], run.log
    ((issue, state, text),) = _issues(github)
    assert (state, account(1) in text, account(2) in text) == ("open", True, True), text
    assert account(2) in (run.artifacts.of("report") / "report.html").read_text()
    assert _gaps(run) == [*_NO_MEMBER, (account(1), "us-east-1"), (account(2), "eu-west-1")]

    aws.set_feature(account(1), "ENABLED", region="us-east-1")
    aws.set_feature(account(3), "DISABLED", region="eu-west-1")

    run = here.look_for_drift()

    assert _failed(run) == [], run.log
    ((again, state, text),) = _issues(github)
    assert (again, state) == (issue, "open")
    assert (account(1) in text, account(3) in text) == (False, True), text

    aws.set_feature(account(2), "ENABLED", region="eu-west-1")
    aws.set_feature(account(3), "ENABLED", region="eu-west-1")
    file = stack.state_file()
    state_before = file.read_text()
    file.write_text(state_before[:100])

    run = here.look_for_drift()

    assert _failed(run) == ["Preview prod-eu-west-1", "Keep the issue"]
    ((again, state, text),) = _issues(github)
    assert (again, state, "prod-eu-west-1" in text) == (issue, "open", True)
    assert "1 failed" in text

    file.write_text(state_before)

    run = here.look_for_drift()

    assert _failed(run) == [], run.log
    assert [(number, state) for number, state, _ in _issues(github)] == [(issue, "closed")]

    aws.set_feature(account(4), "DISABLED", region="us-east-1")

    run = here.look_for_drift()

    assert _failed(run) == [], run.log
    assert [state for _, state, _ in _issues(github)] == ["closed", "open"]
    assert {number: github.issues[number] for number in others} == others
    assert here.aws.writes() == []
    assert here.backend() == backend


def test_a_coverage_that_is_not_whole_is_kept_and_fails_its_job(
    repository: Callable[..., Repository],
) -> None:
    here = repository(OF_MAIN)
    here.stack("prod-us-east-1", members=_ALL_ON)
    here.aws.control.set_feature(account(2), "DISABLED")
    unread = "GetRemainingFreeTrialDays"
    here.aws.control.fails(unread, with_=AccessDenied())

    run = here.look_for_drift()

    assert _failed(run) == ["Read the coverage"], run.log
    assert (account(2), "us-east-1") in _gaps(run)
    assert unread in run.job("Read the coverage").summary


def _failed(run: RunResult) -> list[str]:
    """The names of the jobs that did not succeed."""
    return [name for name, result in run.results().items() if result != "success"]


def _gaps(run: RunResult) -> list[tuple[str, str]]:
    """The gaps that the artifact `coverage` has, each with its region; the summary has them too."""
    folder = run.artifacts.of("coverage")
    content = json.loads((folder / "coverage.json").read_text())
    gaps = [(row["account"], row["region"]) for row in content["rows"] if row["gap"]]
    summary, page = run.job("Read the coverage").summary, (folder / "coverage.html").read_text()
    assert all(found in summary and found in page for found, _ in gaps), summary
    return gaps


def _of_others(github: GitHub) -> dict[int, dict[str, object]]:
    """Issues that are not the workflow's own, by number; two of them have its marker."""
    github.add_issue("By somebody", f"{_MARKER}\nNot by the workflow")
    github.add_issue("By another workflow", "Something else", BOT)
    number = github.add_pull_request("")
    github.issues[number] |= {"body": f"{_MARKER}\nA pull request", "user": {"login": BOT}}
    return {number: dict(issue) for number, issue in github.issues.items()}


def _issues(github: GitHub) -> list[tuple[int, str, str]]:
    """Number, state and text of the workflow's own issues."""
    return [
        (issue["number"], issue["state"], issue["body"])
        for issue in github.issues.values()
        if issue["user"]["login"] == BOT
        and issue["body"].startswith(_MARKER)
        and "pull_request" not in issue
    ]
