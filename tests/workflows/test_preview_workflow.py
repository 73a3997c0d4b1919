"""preview.yml as it stands: one comment over all stacks of a pull request."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.testing import ADMINISTRATOR
from tests.support.engine.organization import account
from tests.support.workflows.github import BOT
from tests.support.workflows.machine import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.workflows.github import GitHub
    from tests.support.workflows.repository import Repository

pytestmark = pytest.mark.slow

_MARKER = "<!-- guardduty-eks-audit-logs: preview -->"
_ALL_ON = [{"status": "ENABLED", "all": True}]
_REGIONS = [
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
    *("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1", "ap-south-1"),
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2"),
]


def _off(*numbers: int) -> list[dict[str, object]]:
    """Rules that turn members off, and all others on."""
    return [{"status": "DISABLED", "accounts": [account(n) for n in numbers]}, *_ALL_ON]


def test_a_pull_request_has_one_comment_that_each_push_edits(
    repository: Callable[..., Repository], github: GitHub
) -> None:
    here = repository(regions=("us-east-1", "eu-west-1", "ap-southeast-2"))
    stacks = [
        here.deployed("prod-us-east-1", members=_ALL_ON),
        here.deployed("prod-eu-west-1", members=_ALL_ON, **{"aws:region": "eu-west-1"}),
    ]
    here.stack("prod-ap-southeast-2", members=_ALL_ON, **{"aws:region": "ap-southeast-2"})
    for stack, region in zip(stacks, ("us-east-1", "eu-west-1"), strict=True):
        stack.configure({"aws:region": region, "members": _off(1, 2)})
    number = github.add_pull_request("")
    others = [github.add_comment(number, f"Comment {n}") for n in range(100)]
    others.append(github.add_comment(number, f"{_MARKER}\nNot by the workflow"))
    others.append(github.add_comment(number, "By another workflow", author=BOT))
    before = {each: github.comments[each]["body"] for each in others}
    here.aws.control.clear_calls()
    backend = here.backend()

    run = here.run("preview", here.push(number))

    assert set(run.results().values()) == {"success", "skipped"}, run.log
    assert run.job("No preview").result == "skipped"
    ((comment, text),) = here.comments(_MARKER).items()
    assert "3 regions" in text
    assert "prod-ap-southeast-2" in text
    assert text.index(account(1)) < text.index(account(2)) < text.index(account(3))
    summary = run.job("Write the comment").summary
    assert account(1) in summary
    report = run.artifacts.of("report")
    assert account(3) in (report / "report.md").read_text()
    assert account(3) in (report / "report.html").read_text()

    stacks[0].configure({"aws:region": "us-east-1", "members": _off(4)})
    stacks[1].configure({"aws:region": "eu-west-1", "members": _ALL_ON})

    run = here.run("preview", here.push(number))

    assert set(run.results().values()) == {"success", "skipped"}, run.log
    ((edited, text),) = here.comments(_MARKER).items()
    assert edited == comment
    assert text.index(account(4)) < text.index(account(3))
    assert {each: github.comments[each]["body"] for each in others} == before
    assert len(github.comments) == len(others) + 1
    assert here.aws.writes() == []
    assert here.backend() == backend


def test_a_stack_without_a_result_is_in_the_comment(
    repository: Callable[..., Repository], github: GitHub
) -> None:
    here = repository()
    for number in range(1, 12):
        here.aws.set_status(account(number), "ENABLED")
    here.stack("refused", members=[{"status": "DISABLED", "all": True}])
    here.stack("broken").file.write_text("config: [")
    here.stack("cancelled", members=_ALL_ON)
    here.stack("crashed", members=_ALL_ON)
    here.aws.control.clear_calls()

    run = here.run(
        "preview",
        here.push(github.add_pull_request("")),
        Interruption("Preview cancelled", "Preview", "job", _has_begun("cancelled")),
        Interruption("Preview crashed", "Preview", "crash", _has_begun("crashed")),
    )

    assert run.results() == {
        "No preview": "skipped",
        "List the stacks": "success",
        "Preview broken": "failure",
        "Preview cancelled": "cancelled",
        "Preview crashed": "failure",
        "Preview refused": "failure",
        "Write the comment": "failure",
    }, run.log
    (text,) = here.comments(_MARKER).values()
    for word in ("1 refused", "maxDisabled", "`broken`", "`cancelled`", "`crashed`", "no result"):
        assert word in text, text
    assert run.job("Write the comment").step("Write the comment").outcome == "success"
    assert run.artifacts.names == ["report", "result-broken", "result-cancelled", "result-refused"]
    assert here.aws.writes() == []


def _has_begun(stack: str) -> Callable[[Path], bool]:
    """Whether the engine runs: its output is a file by then."""
    return lambda workspace: (workspace / "results" / stack / "engine.json").exists()


@pytest.mark.parametrize("actor", ["somebody", "dependabot[bot]"])
def test_a_pull_request_without_rights_gets_a_sentence(
    repository: Callable[..., Repository], github: GitHub, actor: str
) -> None:
    here = repository()
    here.stack("prod", members=_ALL_ON)
    number = github.add_pull_request("")
    here.aws.control.clear_calls()

    run = here.run("preview", here.push(number, fork=True, actor=actor))

    told = run.job("No preview")
    assert told.result == "success"
    assert "push its commits to a branch of this repository" in told.summary
    assert {job.result for job in run.jobs if job is not told} == {"skipped"}
    assert github.calls == []
    assert here.aws.control.calls() == []


def test_a_comment_is_written_once_and_only_by_the_newest_run(
    repository: Callable[..., Repository], github: GitHub
) -> None:
    here = repository()
    here.stack("prod", members=_ALL_ON)
    number = github.add_pull_request("")
    event = here.push(number)
    github.bad_gateway = {3}

    run = here.run("preview", event)

    written = run.job("Write the comment").step("Write the comment")
    assert (written.outcome, "HTTP 502" in written.log) == ("failure", True), run.log
    assert here.comments(_MARKER) == {}

    run = here.run("preview", event)

    assert run.job("Write the comment").result == "success", run.log
    comments = here.comments(_MARKER)
    assert len(comments) == 1

    github.issues[number]["head"] = {"sha": "f" * 40}

    run = here.run("preview", replace(event))

    assert run.job("Write the comment").result == "success"
    assert "newer commit" in run.job("Write the comment").step("Write the comment").log
    assert here.comments(_MARKER) == comments


def test_what_a_preview_may_not_reach_is_told_and_no_change(
    repository: Callable[..., Repository], github: GitHub
) -> None:
    with_numbers = "acme@7/security@9"
    here = repository(subject=f"repo:{with_numbers}:pull_request")
    here.stack("prod", members=_ALL_ON)
    number = github.add_pull_request("")
    event = here.push(number)
    trusted = here.machine = replace(here.machine, subject_owner=with_numbers)

    run = here.run("preview", event)

    assert run.job("Preview prod").result == "success", run.log
    (text,) = here.comments(_MARKER).values()
    assert account(2) in text

    here.machine = replace(trusted, subject_owner=None)

    run = here.run("preview", event)

    assert "AccessDenied" in run.job("Preview prod").log
    assert run.job("Write the comment").result == "failure"
    (text,) = here.comments(_MARKER).values()
    assert "no result" in text
    assert account(2) not in text

    here.machine = trusted
    here.set_variable("PULUMI_BACKEND_URL", "file:///nowhere/at/all")
    here.aws.control.clear_calls()

    run = here.run("preview", event)

    assert run.job("Preview prod").result == "failure"
    assert not (run.artifacts.of("result-prod") / "prod" / "new-stack").exists()
    (text,) = here.comments(_MARKER).values()
    assert "1 failed" in text
    assert "nowhere/at/all" in text
    assert ADMINISTRATOR not in {c.account for c in here.aws.control.calls("ListMembers")}


def test_85000_changes_are_one_comment_and_whole_in_the_artifact(
    repository: Callable[..., Repository], github: GitHub
) -> None:
    """In each region every account changes: those that are on go off, the others on by two rules.

    Which of the two turns an account on differs from region to region.
    """
    here = repository(accounts=5000, regions=_REGIONS)
    refused, *others = _REGIONS
    found = here.aws.control.actual_state()[refused]
    members = [account(n) for n in range(1, 5001)]
    off = [member for member in members if found[member].eks_audit_logs == "ENABLED"]
    on = [member for member in members if member not in off]
    for place, region in enumerate(_REGIONS):
        rules: list[dict[str, object]] = [
            {"status": "DISABLED", "accounts": off},
            {"status": "ENABLED", "accounts": on[place::17]},
            *_ALL_ON,
        ]
        limit = "10" if region == refused else "50%"
        kind = {"aws:region": region, "members": rules, "maxDisabled": limit}
        here.stack(f"prod-{region}", **kind)

    run = here.run("preview", here.push(github.add_pull_request("")))

    assert run.job("Write the comment").step("Write the comment").outcome == "success", run.log
    assert {name for name, result in run.results().items() if result == "failure"} == {
        f"Preview prod-{refused}",
        "Write the comment",
    }
    (text,) = here.comments(_MARKER).values()
    assert len(text.encode("utf-16-le")) // 2 <= 65_536
    numbers = f"{len(on) * len(others):,} on, {len(off) * len(others):,} off"
    assert numbers in text
    assert "1 refused" in text
    assert f"maxDisabled: {len(off)} members would be turned off" in text
    assert [account_id for account_id in off if account_id not in text] == []
    assert "the artifact `report`" in text
    assert numbers in run.job("Write the comment").summary
    report = run.artifacts.of("report")
    for file in ("report.md", "report.html"):
        row = r"^(?:<pre><code>)?(\d{12})\b"
        rows = re.findall(row, (report / file).read_text(), flags=re.MULTILINE)
        assert set(rows) == set(members)
        assert len(rows) >= len(on) * len(others) + len(off)
