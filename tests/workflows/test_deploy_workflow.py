"""deploy.yml as it stands: plans, an approval, and what the plans say."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from aws_sandbox.fault_effects import Fixed
from aws_sandbox.testing import ADMINISTRATOR
from tests.support.engine.organization import OFF, ON, account
from tests.support.machine import wait_until
from tests.support.workflows.machine import Event, Interruption, commit
from tests.support.workflows.repository import OF_MAIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.workflows.repository import Repository
    from tests.support.workflows.results import RunResult

pytestmark = pytest.mark.slow

_ALL_ON: Final = [{"status": "ENABLED", "all": True}]
_ODD_OFF: Final = [
    {"status": "DISABLED", "accounts": [account(n) for n in range(1, 13, 2)]},
    *_ALL_ON,
]
_REGIONS: Final = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
    *("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1"),
    *("ap-south-1", "ap-southeast-1", "ap-southeast-2"),
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
)
_PLANS, _DONE = "What is to be approved", "What was done"


@pytest.fixture
def ready(repository: Callable[..., Repository]) -> Callable[..., Repository]:
    """Makes a repository that may deploy: `ready(accounts=12, regions=["us-east-1"])`."""

    def make(**kind: object) -> Repository:
        here = repository(subject=OF_MAIN, **kind)
        role = here.aws.control.make_ci_role(
            ADMINISTRATOR, "deploy", subject="repo:acme/security:environment:production"
        )
        here.set_variable("AWS_DEPLOY_ROLE", role)
        here.set_variable("PULUMI_SECRETS_PROVIDER", "")
        return here

    return make


def _push(
    here: Repository,
    *interruptions: Interruption,
    approve: Callable[[str, RunResult], bool] = lambda _name, _so_far: True,
) -> RunResult:
    """Pushes all changes to main; forgets the calls until then."""
    here.aws.control.clear_calls()
    here.machine = replace(here.machine, approve=approve)
    return here.run("deploy", Event("push", commit(here.folder, "A change")), *interruptions)


def _held(here: Repository, region: str) -> list[str | None]:
    """EKS_AUDIT_LOGS of the members in a region, in the order of their numbers."""
    found = here.aws.held(region)
    return [found[account(n)] for n in range(1, 12)]


def _locks(here: Repository) -> list[Path]:
    return [f for f in (here.aws.sandbox.folder / "state").rglob("locks/**/*") if f.is_file()]


def test_17_regions_are_deployed_but_the_refused_and_the_failing_one(
    ready: Callable[..., Repository],
) -> None:
    here = ready(regions=_REGIONS)
    failing, refused, *others = _REGIONS
    off = next(n for n in range(1, 12) if _held(here, failing)[n - 1] == OFF)
    before = here.aws.held(refused)
    for region in _REGIONS:
        wrong = {"maxDisabled": "a few"} if region == refused else {}
        configuration = {"aws:region": region, "members": _ALL_ON, "retryMinutes": 0, **wrong}
        here.stack(f"prod-{region}", **configuration)
    here.aws.control.leave_unprocessed(
        "UpdateMemberDetectors", [account(off)], "Not today, said AWS", regions=[failing]
    )
    seen = []

    def approve(environment: str, so_far: RunResult) -> bool:
        seen.append((environment, so_far.job(_PLANS).result, so_far.job(_PLANS).summary))
        assert "report-of-plans" in so_far.artifacts.names
        assert here.aws.writes() == []
        return True

    run = _push(here, approve=approve)

    ((environment, result, summary),) = seen
    assert (environment, result) == ("production", "success")
    assert "1 refused" in summary
    assert "maxDisabled" in summary
    assert account(off) in summary
    assert {name for name, each in run.results().items() if each != "success"} == {
        f"Plan prod-{refused}",
        f"Deploy prod-{refused}",
        f"Deploy prod-{failing}",
        _DONE,
    }, run.log
    assert {job.group for job in run.of("deploy")} == {f"deploy-prod-{r}" for r in _REGIONS}
    assert {(r, *_held(here, r)) for r in others} == {(r, *[ON] * 11) for r in others}
    left = [n for n, status in enumerate(_held(here, failing), 1) if status == OFF]
    assert left == [off]
    assert here.aws.held(refused) == before
    report = run.job(_DONE).summary
    assert "Not today, said AWS" in report
    assert account(off) in report
    assert f"prod-{refused}" in report
    assert "no plan to follow" in report
    assert "Not today" in (run.artifacts.of("report") / "report.html").read_text()


def test_nothing_is_written_before_an_approval_or_without_a_change(
    ready: Callable[..., Repository],
) -> None:
    here = ready(regions=("us-east-1", "eu-west-1"))
    here.stack("prod-a", members=_ALL_ON)
    here.stack("prod-b", members=_ODD_OFF, **{"aws:region": "eu-west-1"})

    run = _push(here, approve=lambda _name, _so_far: False)

    assert run.job(_PLANS).result == "success", run.log
    assert {job.result for job in run.of("deploy")} == {"failure"}
    assert here.aws.writes() == []
    assert set(here.backend()) == {".pulumi/meta.yaml"}

    run = _push(here)

    assert set(run.results().values()) == {"success"}, run.log
    assert _held(here, "us-east-1") == [ON] * 11
    assert _held(here, "eu-west-1") == [*([OFF, ON] * 5), OFF]
    assert account(2) in run.job(_DONE).summary

    run = _push(here)

    assert set(run.results().values()) == {"success"}, run.log
    assert here.aws.writes() == []


def test_a_plan_is_followed_only_in_the_state_it_was_made_for(
    ready: Callable[..., Repository],
) -> None:
    here = ready(regions=("us-east-1", "eu-west-1", "eu-west-2"))
    regions = {"aws-changed": "us-east-1", "state-changed": "eu-west-1", "as-planned": "eu-west-2"}
    stacks = {}
    for name, region in regions.items():
        stacks[name] = here.deployed(name, members=_ALL_ON, **{"aws:region": region})
        stacks[name].configure({"aws:region": region, "members": _ODD_OFF})

    def approve(_environment: str, _so_far: RunResult) -> bool:
        assert here.aws.writes() == []
        stacks["state-changed"].configure({"aws:region": "eu-west-1", "members": _ALL_ON})
        assert stacks["state-changed"].up().code == 0
        here.aws.set_status(account(2), OFF)
        here.aws.control.clear_calls()
        return True

    run = _push(here, approve=approve)

    assert {job.name: job.result for job in run.of("deploy")} == {
        "Deploy aws-changed": "failure",
        "Deploy as-planned": "success",
        "Deploy state-changed": "failure",
    }, run.log
    writes = here.aws.control.calls("UpdateMemberDetectors")
    assert {call.region for call in writes} == {"eu-west-2"}
    assert len(writes) == len(here.aws.writes())
    assert _held(here, "eu-west-2") == [*([OFF, ON] * 5), OFF]
    assert _held(here, "eu-west-1") == [ON] * 11
    assert _held(here, "us-east-1") == [ON, OFF, *[ON] * 9]
    assert "Run all jobs again" in run.job("Deploy state-changed").log
    report = run.job(_DONE).summary
    assert "Run all jobs again" in report
    assert account(2) in run.job("Deploy aws-changed").log
    assert run.job(_DONE).result == "failure"

    stacks["state-changed"].configure({"aws:region": "eu-west-1", "members": _ODD_OFF})
    run = _push(here)

    assert set(run.results().values()) == {"success"}, run.log
    assert _held(here, "us-east-1") == _held(here, "eu-west-1") == _held(here, "eu-west-2")


def test_a_cancelled_deployment_leaves_no_lock_and_a_crashed_one_says_the_way_out(
    ready: Callable[..., Repository],
) -> None:
    here = ready(accounts=3000)
    here.machine = replace(here.machine, patience=(60, 60))
    stack = here.stack("prod", members=_ALL_ON, maxDisabled="100%")
    here.aws.control.slows("UpdateMemberDetectors", by=Fixed(seconds=2))

    def writes(_workspace: Path) -> bool:
        return here.aws.control.calls("UpdateMemberDetectors") != []

    cancelled = Interruption("Deploy prod", "Deploy as planned", "job", writes)

    run = _push(here, cancelled)

    deploy = run.job("Deploy prod")
    assert deploy.result == "cancelled"
    kept = run.artifacts.of("result-prod") / "prod"
    log = deploy.step("Deploy as planned").log
    assert (kept / "log.txt").read_text() == log
    assert (kept / "exit-code").read_text() != "0\n", log
    assert _locks(here) == []
    assert run.job(_DONE).result == "failure"
    assert "prod" in run.job(_DONE).summary

    stack.configure(
        {
            "aws:region": "us-east-1",
            "members": [{"status": "DISABLED", "all": True}],
            "maxDisabled": "100%",
        }
    )
    here.aws.control.clear_faults()
    here.aws.control.slows("UpdateMemberDetectors", by=Fixed(seconds=2))
    run = _push(here, replace(cancelled, how="crash"))

    # AWS does the calls that the machine has sent before it was gone.
    wait_until(
        lambda: (
            len(here.aws.control.calls("UpdateMemberDetectors"))
            >= here.aws.control.faults()[0].struck
        )
    )
    assert run.job("Deploy prod").result == "failure"
    assert "result-prod" not in run.artifacts.names
    assert "no result" in run.job(_DONE).summary
    assert len(_locks(here)) == 1

    here.aws.control.clear_faults()
    run = _push(here)

    assert here.aws.writes() == []
    told = run.job(_PLANS).summary + run.job(_DONE).summary
    assert "pulumi cancel --stack prod" in told, run.log

    command = ["pulumi", "cancel", "--stack", "prod", "--yes", "--non-interactive"]
    subprocess.run(command, cwd=here.folder, env=dict(here.aws.environment), check=True)
    run = _push(here)

    assert set(run.results().values()) == {"success"}, run.log
    assert set(here.aws.statuses().values()) == {OFF}
