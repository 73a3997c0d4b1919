"""Somebody changes settings behind the stack's back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.engine.diff import drifted, listed_under
from tests.support.engine.organization import FEATURE, OFF, ON, account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow


def test_refresh_and_preview_show_drift_by_account_and_up_fixes_it(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    assert stack.up().code == 0
    for _ in range(2):  # the same change twice: the second is no less visible
        aws.set_status(account(8), OFF)
        aws.control.clear_calls()

        refresh = stack.refresh_preview("--diff")
        assert drifted(refresh.text) == {account(8): "ENABLED -> DISABLED"}

        preview = stack.preview("--diff")
        assert listed_under("DISABLED -> ENABLED", preview.text) == [account(8)]
        assert "This run turns 1 on, 0 off; 11 stay." in preview.text
        assert aws.writes() == []
        assert stack.preview("--expect-no-changes").code != 0

        assert stack.up().code == 0
        assert set(aws.statuses().values()) == {ON}
        (update,) = aws.control.calls("UpdateMemberDetectors")
        assert update.account_ids == (account(8),)
    settled = stack.preview("--expect-no-changes")
    assert settled.code == 0, settled.text


def test_without_a_refresh_a_preview_names_the_account_all_the_same(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    assert stack.up().code == 0
    aws.set_status(account(8), OFF)

    preview = stack.preview("--diff", "--refresh=false")
    assert listed_under("DISABLED -> ENABLED", preview.text) == [account(8)]

    assert stack.up("--refresh=false").code == 0
    assert aws.statuses()[account(8)] == ON


def test_a_refresh_that_finds_nothing_changes_nothing(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    assert stack.up().code == 0

    refresh = stack.refresh_preview("--expect-no-changes")

    assert refresh.code == 0, refresh.text


def test_the_own_detector_and_the_organization_are_put_right_too(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(status="ENABLED", autoEnable="NEW", members=[])
    assert stack.up().code == 0
    aws.set_own_status(OFF)
    aws.set_auto_enable("NONE")

    preview = stack.preview("--diff")
    assert '"DISABLED" => "ENABLED"' in preview.text
    assert '"NONE" => "NEW"' in preview.text

    assert stack.up().code == 0
    assert aws.own_features()[FEATURE] == ON
    assert aws.auto_enable()[1][FEATURE] == "NEW"


def test_a_refresh_names_the_drifted_accounts_for_the_next_preview(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    assert stack.up().code == 0
    aws.set_status(account(8), OFF)
    aws.set_status(account(2), OFF)

    told = stack._run("refresh", "--yes", "--diff")
    assert told.code == 0, told.text
    assert re.search(
        rf"2 members not as .*: {account(2)} ENABLED -> DISABLED, {account(8)} ENABLED -> DISABLED",
        told.text,
    )
    again = stack._run("refresh", "--preview-only", "--diff")
    assert f"{account(2)} ENABLED -> DISABLED, {account(8)} ENABLED -> DISABLED" in again.text
    # The state has it now: what is in it is no reason to leave it so.
    preview = stack.preview("--diff")
    assert listed_under("DISABLED -> ENABLED", preview.text) == [account(2), account(8)]

    assert stack.up().code == 0
    assert set(aws.statuses().values()) == {ON}


def test_what_can_not_be_put_right_is_named_with_the_reason(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}], retryMinutes=0)
    assert stack.up().code == 0
    aws.set_status(account(8), OFF)
    reason = "The request is rejected because the test says so."
    aws.control.leave_unprocessed("UpdateMemberDetectors", [account(8)], reason)

    run = stack.up()

    assert run.code != 0
    assert account(8) in run.text
    # A reason shared by accounts ends in a colon instead of its full stop.
    assert reason.rstrip(".") in run.text
    assert aws.statuses()[account(8)] == OFF


def test_a_member_lost_between_preview_and_up_is_no_failure(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}], onRelease="RESTORE")
    assert stack.preview().code == 0
    aws.control.leave(account(2))
    aws.control.suspend(account(3))
    aws.control.join("500000000001")
    aws.control.advance_clock(hours=1)

    run = stack.up()

    assert run.code == 0, run.text
    told = stack.preview()
    assert (
        "1 member is inactive (relationship status Disabled, suspended in GuardDuty): "
        f"{account(3)}" in told.text
    )
    monitored = {
        name: found.eks_audit_logs
        for name, found in aws.control.actual_state()["us-east-1"].items()
        if found.relationship == "Enabled"
    }
    assert set(monitored.values()) == {ON}
    assert "500000000001" in monitored
