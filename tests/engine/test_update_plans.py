"""`preview --save-plan`, then `up --plan`: what the plan saw is done, anything else is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.engine.organization import OFF, ON, account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

ALL_ON = [{"status": "ENABLED", "all": True}]


def test_a_plan_is_followed_first_without_changes_and_with_drift(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=4)
    stack = aws.stack(members=ALL_ON, onRelease="RESTORE")

    saved, plan = stack.save_plan()
    assert saved.code == 0, saved.text
    first = stack.up(plan)
    assert first.code == 0, first.text
    assert set(aws.statuses().values()) == {ON}

    aws.control.clear_calls()
    saved, plan = stack.save_plan()
    assert saved.code == 0, saved.text
    nothing = stack.up(plan)
    assert nothing.code == 0, nothing.text
    assert aws.writes() == []

    aws.set_status(account(2), OFF)
    saved, plan = stack.save_plan()
    assert saved.code == 0, saved.text
    drift = stack.up(plan)
    assert drift.code == 0, drift.text
    assert set(aws.statuses().values()) == {ON}
    settled = stack.preview("--expect-no-changes")
    assert settled.code == 0, settled.text


def test_a_plan_that_saw_something_else_is_refused_by_account(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=4)
    stack = aws.stack(members=ALL_ON)
    assert stack.up().code == 0
    aws.set_status(account(2), OFF)
    saved, plan = stack.save_plan()
    assert saved.code == 0, saved.text
    aws.set_status(account(3), OFF)
    aws.control.clear_calls()

    run = stack.up(plan)

    assert run.code != 0
    assert account(3) in run.text
    assert "Traceback" not in run.text
    assert aws.writes() == []
    again = stack.up()
    assert again.code == 0, again.text
    assert set(aws.statuses().values()) == {ON}
