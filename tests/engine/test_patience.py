"""Runs that would have to wait: they say for what, and end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.fault_effects import Fixed, TimeOut
from guardduty_eks_audit_logs.aws.watch import CALL_SECONDS
from tests.campaign.processes import KillableRun
from tests.support.engine.example_program import REGIONS, Program
from tests.support.engine.organization import ON, account

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow


def test_long_calls_are_told_of_and_a_silent_one_has_an_end(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    aws.control.slows("ListMembers", by=Fixed(seconds=12))
    aws.control.slows("UpdateMemberDetectors", by=Fixed(seconds=12))

    run = stack.up("--skip-preview")

    assert run.code == 0, run.text
    live, _, diagnostics = run.text.partition("Diagnostics:")
    assert "us-east-1: waiting for ListMembers, 10 s" in live
    assert "waiting for ListMembers" not in diagnostics
    assert "us-east-1: waiting for UpdateMemberDetectors, 10 s" in live

    aws.control.clear_faults()
    aws.control.fails("ListMembers", with_=TimeOut(seconds=300))
    begun = time.monotonic()
    silent = stack.preview()

    assert silent.code != 0
    (error,) = silent.errors
    assert error.startswith(f"no answer from AWS (ListMembers: none within {CALL_SECONDS} s). ")
    assert time.monotonic() - begun < CALL_SECONDS + 30


@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "CI"])
def test_one_interrupt_ends_a_run_at_its_next_pause(
    organization: Callable[..., Organization], tmp_path: Path, *, whole_group: bool
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}], retryMinutes=30)
    aws.control.leave_unprocessed("UpdateMemberDetectors", [account(2)], "Internal error")
    command = ["up", "--yes", "--skip-preview", "--stack", stack.name]
    run = KillableRun(command, stack._project, stack._environment, tmp_path / "log")
    assert run.wait_until(lambda: len(aws.control.calls("UpdateMemberDetectors")) >= 2)

    run.interrupt(whole_group=whole_group)
    begun = time.monotonic()
    ended = run.wait()

    assert ended.code != 0
    assert time.monotonic() - begun < 30
    assert "the run was cancelled, 1 member left. `pulumi up` sets them." in ended.text
    assert "Traceback" not in ended.text
    assert stack.resource(":MemberFeatures")["outputs"]["unprocessed"] == {
        account(2): "Internal error; the run was cancelled before another attempt."
    }

    aws.control.clear_faults()
    aws.control.clear_calls()
    again = stack.up()

    assert again.code == 0, again.text
    assert [call.account_ids for call in aws.control.calls("UpdateMemberDetectors")] == [
        (account(2),)
    ]
    assert set(aws.statuses().values()) == {ON}


@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "CI"])
def test_an_interrupt_ends_the_reading_of_every_region(
    organization: Callable[..., Organization], tmp_path: Path, *, whole_group: bool
) -> None:
    aws = organization(regions=REGIONS)
    stack = Program(tmp_path / "own-program", aws).stack()
    aws.control.fails("ListMembers", with_=TimeOut(seconds=100))
    command = ["preview", "--stack", stack.name]
    run = KillableRun(command, stack._project, stack._environment, tmp_path / "log")
    assert run.wait_until(lambda: len(aws.control.calls("ListMembers")) >= len(REGIONS))

    run.interrupt(whole_group=whole_group)
    begun = time.monotonic()
    ended = run.wait()

    assert ended.code != 0
    assert time.monotonic() - begun < 30
    assert len(aws.control.calls("ListMembers")) == len(REGIONS)
