"""A run that is killed: what AWS then has, and that the next run ends right without more ado."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.fault_effects import Fixed, TimeOut
from guardduty_eks_audit_logs.aws.batches import CALLS_AT_ONCE
from tests.campaign.processes import KillableRun
from tests.support.engine.organization import OFF, ON, account

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aws_sandbox.client import Call
    from tests.campaign.processes import Victim
    from tests.support.engine.organization import Organization
    from tests.support.engine.stack import Run, Stack

pytestmark = pytest.mark.slow

HELD = TimeOut(seconds=120)
"""Nothing is done and nobody answers: there is time to kill."""


def killed(
    stack: Stack,
    log: Path,
    moment: Callable[[], bool],
    victim: Victim = "everything",
    command: str = "up",
) -> Run:
    """Starts a command, kills a part of it at a moment, and waits for what is left of it."""
    started = KillableRun(
        [command, "--yes", "--stack", stack.name], stack._project, stack._environment, log
    )
    assert started.kill_when(moment, victim)
    return started.wait()


def after_the_crash(stack: Stack, command: str = "up") -> Run:
    """The next run, with `pulumi cancel` before it only if the engine asks for that."""
    run = stack._run(command, "--yes")
    if "is currently locked by" in run.text:
        assert "`pulumi cancel`" in run.text
        assert stack._run("cancel", "--yes").code == 0
        run = stack._run(command, "--yes")
    return run


def settled(stack: Stack, aws: Organization) -> None:
    """A run has nothing to do, and does nothing."""
    aws.control.clear_calls()
    again = stack.up()
    assert again.code == 0, again.text
    assert aws.writes() == []


def test_killed_before_the_first_write_the_next_run_does_it_all(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization()
    before, own = aws.statuses(), aws.own_features()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}], onRelease="RESTORE")
    aws.control.fails("UpdateDetector", with_=HELD)
    aws.control.fails("UpdateOrganizationConfiguration", with_=HELD)

    killed(stack, tmp_path / "log", lambda: aws.writes() != [])

    assert stack.record().accounts == before
    assert ":MemberFeatures" not in "".join(stack.kinds())
    assert (aws.statuses(), aws.own_features()) == (before, own)

    aws.control.clear_faults()
    run = after_the_crash(stack)

    assert run.code == 0, run.text
    assert set(aws.statuses().values()) == {ON}
    assert stack.record().accounts == before
    settled(stack, aws)


@pytest.mark.parametrize("victim", ["everything", "engine", "provider"])
def test_killed_between_two_batches_the_next_run_does_the_rest(
    organization: Callable[..., Organization], tmp_path: Path, victim: Victim
) -> None:
    aws = organization(accounts=120)
    before = aws.statuses()
    off = [name for name, status in before.items() if status == OFF]
    stack = aws.stack(
        members=[{"status": "ENABLED", "all": True}], onRelease="RESTORE", maxDisabled="100%"
    )
    aws.control.fails("UpdateMemberDetectors", with_=HELD, accounts=[off[-1]], times=1)

    def writes() -> list[Call]:
        return aws.control.calls("UpdateMemberDetectors")

    killed(stack, tmp_path / "log", lambda: len(writes()) == 2, victim)

    # AWS is ahead of the state.
    assert list(aws.statuses().values()).count(OFF) == len(off) - 50
    assert ":MemberFeatures" not in "".join(stack.kinds())

    aws.control.clear_faults()
    aws.control.clear_calls()
    run = after_the_crash(stack)

    assert run.code == 0, run.text
    assert set(aws.statuses().values()) == {ON}
    (rest,) = writes()
    assert set(rest.account_ids) == set(off[50:])
    assert stack.record().accounts == before

    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed.text
    assert aws.statuses() == before


def test_an_engine_that_is_killed_alone_leaves_no_provider_that_writes_on(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(accounts=2400)
    stack = aws.stack(
        members=[{"status": "ENABLED", "all": True}], showCosts=False, maxDisabled="100%"
    )
    aws.control.slows("UpdateMemberDetectors", by=Fixed(seconds=2))

    def writes() -> list[Call]:
        return aws.control.calls("UpdateMemberDetectors")

    started = KillableRun(
        ["up", "--yes", "--skip-preview", "--stack", stack.name],
        stack._project,
        stack._environment,
        tmp_path / "log",
    )
    assert started.kill_when(lambda: len(writes()) >= 1, "engine")
    time.sleep(10)  # long enough for all 32 batches

    # Those that had been answered, and those that were on their way.
    assert len(writes()) <= 2 * CALLS_AT_ONCE
    assert OFF in aws.statuses().values()
    started.wait()

    aws.control.clear_faults()
    run = after_the_crash(stack)
    assert run.code == 0, run.text
    assert set(aws.statuses().values()) == {ON}
    settled(stack, aws)


def test_killed_while_it_destroys_the_next_destroy_does_the_rest(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(accounts=120)
    before = aws.statuses()
    off = [name for name, status in before.items() if status == OFF]
    stack = aws.stack(
        members=[{"status": "ENABLED", "all": True}], onRelease="RESTORE", maxDisabled="100%"
    )
    assert stack.up().code == 0
    aws.control.clear_calls()
    aws.control.fails("UpdateMemberDetectors", with_=HELD, accounts=[off[-1]], times=1)

    killed(
        stack,
        tmp_path / "log",
        lambda: len(aws.control.calls("UpdateMemberDetectors")) == 2,
        command="destroy",
    )

    assert list(aws.statuses().values()).count(OFF) == 50
    assert stack.record().accounts == before

    aws.control.clear_faults()
    run = after_the_crash(stack, "destroy")

    assert run.code == 0, run.text
    assert aws.statuses() == before
    assert stack.kinds() == []


def test_killed_during_a_release_the_account_is_restored_by_the_next(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization()
    before = aws.statuses()
    dropped = next(name for name, status in before.items() if status == OFF)
    everybody = [{"status": "ENABLED", "all": True}]
    but_one = [{"status": "ENABLED", "accounts": sorted(set(before) - {dropped})}]
    stack = aws.stack(members=everybody, onRelease="RESTORE")
    assert stack.up().code == 0
    stack.configure({"aws:region": "us-east-1", "members": but_one, "onRelease": "RESTORE"})
    aws.control.clear_calls()
    aws.control.fails("UpdateMemberDetectors", with_=HELD, times=1)

    killed(stack, tmp_path / "log", lambda: aws.writes() != [])

    aws.control.clear_faults()
    aws.set_status(dropped, OFF)  # as if AWS had done it before the answer was lost
    run = after_the_crash(stack)

    assert run.code == 0, run.text
    assert aws.statuses() == {**dict.fromkeys(before, ON), dropped: OFF}
    assert dropped not in stack.record().accounts


def test_a_state_whose_attributes_are_cut_off_is_read_again_without_them(
    organization: Callable[..., Organization],
) -> None:
    stack = organization().stack(members=[{"status": "ENABLED", "all": True}])
    assert stack.up().code == 0

    state = stack.state_file()
    assert list(state.parent.glob("*.attrs")) == []
    beside = state.with_name(f"{state.name}.attrs")
    beside.touch()  # as an engine leaves it that is killed while it writes it
    cut_off = stack.up()
    assert "failed to load checkpoint: EOF" in cut_off.text

    beside.unlink()
    again = stack.up("--expect-no-changes")
    assert again.code == 0, again.text


def test_a_state_that_is_cut_off_is_whole_again_from_its_copy(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    assert stack.up().code == 0
    aws.set_status(account(1), OFF)
    assert stack.up().code == 0

    state = stack.state_file()
    whole = state.read_bytes()
    state.write_bytes(whole[: len(whole) // 2])  # as a full disk leaves it
    cut_off = stack.up()
    assert cut_off.code != 0
    assert "unexpected end of JSON input" in cut_off.text

    shutil.copyfile(state.with_name(f"{state.name}.bak"), state)
    again = stack.up()
    assert again.code == 0, again.text
    settled(stack, aws)


def test_killed_at_any_call_another_up_is_enough(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization()
    before = aws.statuses()
    stack = aws.stack(members=[{"status": "DISABLED", "all": True}], onRelease="RESTORE")

    def struck_after(calls: int) -> bool:
        aws.control.clear_calls()
        started = KillableRun(
            ["up", "--yes", "--stack", stack.name],
            stack._project,
            stack._environment,
            tmp_path / "log",
        )
        struck = started.kill_when(lambda: len(aws.control.calls()) >= calls, "everything")
        ended = started.wait()
        if not struck:
            assert "`pulumi cancel`" in ended.text
            assert stack._run("cancel", "--yes").code == 0
        return struck

    for calls in (4, 12, 20):
        assert struck_after(calls) or struck_after(calls)

    begun = time.monotonic()
    run = after_the_crash(stack)

    assert run.code == 0, run.text
    assert time.monotonic() - begun < 60
    assert set(aws.statuses().values()) == {OFF}
    assert stack.record().accounts == before
    assert account(1) in before
