"""Accounts that drop out of the rules, and all of them on destroy, with `onRelease: RESTORE`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.engine.diff import listed_under, shown
from tests.support.engine.organization import FEATURE, OFF, account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization
    from tests.support.engine.stack import Stack

pytestmark = pytest.mark.slow


def _decides(stack: Stack, *numbers: int) -> None:
    chosen = {"status": "ENABLED", "accounts": [account(n) for n in numbers]}
    stack.configure({"aws:region": "us-east-1", "members": [chosen], "onRelease": "RESTORE"})


def test_previews_name_each_account_that_restore_changes(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    before, own = aws.statuses(), aws.own_features()[FEATURE]
    auto_enable = aws.auto_enable()
    stack = aws.stack()
    _decides(stack, 1, 2, 3)
    assert stack.up().code == 0

    _decides(stack, 1, 2)
    preview = stack.preview("--diff")
    dropping = "1 account is released (onRelease RESTORE): 1 goes to DISABLED."
    assert dropping in preview.text
    assert listed_under("ENABLED -> DISABLED", preview.text) == [account(3)]
    assert stack.up().code == 0
    assert aws.statuses()[account(3)] == before[account(3)]
    settled = stack.preview("--expect-no-changes")
    assert settled.code == 0, settled.text

    destroy = stack.destroy_preview("--diff").text
    foretold = listed_under("ENABLED -> DISABLED", shown("onDestroy", destroy))
    assert foretold == [account(n) for n in (1, 2) if before[account(n)] == OFF]
    aws.control.leave_unprocessed("UpdateMemberDetectors", [account(2)], "No.", times=1)
    failed = stack.destroy()
    assert failed.code != 0
    told = "GuardDuty: 1 member in us-east-1 could not be released as onRelease says."
    assert told in failed.errors
    lines = [line.strip() for line in failed.text.splitlines()]
    assert lines[lines.index("No:") + 1] == account(2)
    assert stack.destroy().code == 0

    assert aws.statuses() == before
    assert aws.own_features()[FEATURE] == own
    assert aws.auto_enable() == auto_enable
    assert stack.kinds() == []


def test_a_destroy_after_the_designation_is_removed_restores_its_own(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    own = aws.own_features()[FEATURE]
    stack = aws.stack()
    _decides(stack, 1, 2, 3)
    assert stack.up().code == 0
    aws.sandbox.boto3("guardduty", "111111111111").disable_organization_admin_account(
        AdminAccountId="222222222222"
    )

    run = stack.destroy("--refresh=false")

    assert run.code == 0, run.text
    assert "Organization: left as it is, since it is not this account's any more" in run.text
    assert "3 are no members any more" in run.text
    assert aws.own_features()[FEATURE] == own
    assert stack.kinds() == []


def test_a_preview_names_who_leaves_the_rules_and_can_not_be_released(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    before = aws.statuses()
    stack = aws.stack()
    _decides(stack, 1, 2, 3)
    assert stack.up().code == 0
    assert before[account(3)] == OFF
    aws.control.suspend(account(3))

    _decides(stack, 1, 2)
    preview = stack.preview("--diff")
    assert preview.code == 0, preview.text
    assert listed_under("ENABLED", shown("left", preview.text)) == [account(3)]
    aws.control.clear_calls()
    run = stack.up()
    assert run.code == 0, run.text
    assert aws.writes() == []
    settled = stack.preview("--expect-no-changes")
    assert settled.code == 0, settled.text
    assert stack.record().accounts == {account(n): before[account(n)] for n in (1, 2, 3)}

    aws.control.set_relationship(account(3), "Enabled")
    preview = stack.preview("--diff")
    assert listed_under("ENABLED -> DISABLED", preview.text) == [account(3)]
    assert stack.up().code == 0
    assert aws.statuses()[account(3)] == OFF
