"""Two runs on one stack, and two stacks on the same accounts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.fault_effects import TimeOut
from tests.campaign.processes import KillableRun
from tests.support.engine.diff import listed_under
from tests.support.engine.organization import FEATURE, OFF, ON, account

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow


def test_a_second_run_on_a_stack_is_refused_while_the_first_goes_on(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    aws.control.fails("UpdateDetector", with_=TimeOut(seconds=120), times=1)
    first = KillableRun(
        ["up", "--yes", "--stack", stack.name], stack._project, stack._environment, tmp_path / "log"
    )
    second = []

    def second_is_refused() -> bool:
        if aws.control.calls("UpdateDetector"):
            second.append(stack.up())
        return bool(second)

    assert first.wait_until(second_is_refused)
    assert second[0].code != 0
    assert "the stack is currently locked by 1 lock(s)" in second[0].text

    aws.control.clear_faults()
    ended = first.wait()
    assert ended.code == 0, ended.text
    assert set(aws.statuses().values()) == {ON}


def test_two_stacks_with_the_same_accounts_each_see_the_others_writes(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    everybody = aws.stack("everybody", members=[{"status": "ENABLED", "all": True}])
    one_off = aws.stack("one-off", members=[{"status": "DISABLED", "accounts": [account(3)]}])
    assert everybody.up().code == 0

    for stack, here, there in (
        (one_off, "DISABLED", "ENABLED"),
        (everybody, "ENABLED", "DISABLED"),
    ):
        preview = stack.preview("--diff")
        assert listed_under(f"{there} -> {here}", preview.text) == [account(3)]
        run = stack.up()
        assert run.code == 0, run.text
        assert aws.statuses()[account(3)] == here

    told = one_off.preview("--diff")
    assert re.search(rf"another stack.*: {account(3)} DISABLED -> ENABLED", told.text)


def test_what_another_stack_has_set_is_no_reason_to_write_anything_else(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    first = aws.stack("first", members=[{"status": "ENABLED", "all": True}])
    second = aws.stack("second", members=[{"status": "ENABLED", "accounts": [account(2)]}])
    assert first.up().code == 0
    aws.control.clear_calls()

    assert second.up().code == 0
    assert first.up().code == 0

    own = {"UpdateDetector", "UpdateOrganizationConfiguration"}
    assert set(aws.writes()) <= own
    assert aws.own_features()[FEATURE] == ON
    assert OFF not in aws.statuses().values()
