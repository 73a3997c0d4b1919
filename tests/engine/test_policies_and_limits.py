"""Organization policies overrule a stack, and `maxDisabled` holds a run back, before any write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.engine.organization import OFF, ON, REGION, account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization
    from tests.support.engine.stack import Run, Stack

pytestmark = pytest.mark.slow

ADMINISTRATOR = "222222222222"
ALL_ON = [{"status": "ENABLED", "all": True}]
ALL_OFF = [{"status": "DISABLED", "all": True}]


def _refused(run: Run, aws: Organization, *sentences: str) -> None:
    assert run.code != 0
    assert run.errors == list(sentences)
    assert "Traceback" not in run.text
    assert aws.writes() == []


def _changed(stack: Stack, **configuration: object) -> Stack:
    stack.configure({"aws:region": REGION, **configuration})
    return stack


def _policy(aws: Organization, *accounts: str) -> None:
    """A policy that turns EKS_AUDIT_LOGS on for these accounts; its type is enabled."""
    aws.control.assign_policy(accounts)
    aws.control.clear_calls()


# GUARDDUTY_POLICY


def test_where_policies_decide_all_and_new_are_refused(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    _policy(aws, account(1))

    for wanted in ("NEW", "ALL"):
        _refused(
            aws.stack(wanted.lower(), autoEnable=wanted).up("--skip-preview"),
            aws,
            f"autoEnable: {wanted} would have no effect, since the policy type GUARDDUTY_POLICY is "
            "enabled on the organization's root. Set autoEnable: NONE and use a GuardDuty policy "
            "or rules, or disable the policy type.",
        )


def test_a_setting_that_policies_made_idle_is_left_and_told(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    aws.set_auto_enable("NEW")
    _policy(aws, account(1))

    run = aws.stack(autoEnable="NEW", members=ALL_ON).up()

    assert run.code == 0, run.text
    assert "policies decide for accounts, and autoEnable NEW has no effect" in run.text
    assert set(aws.statuses().values()) == {ON}


def test_a_member_under_a_policy_is_satisfied_without_a_write_or_refused(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    _policy(aws, account(1), account(2))

    stack = aws.stack(autoEnable="NONE", members=ALL_ON)
    preview = stack.preview()
    assert f"2 members decided by policy (GUARDDUTY_POLICY): {account(1)}, {account(2)}" in (
        preview.text
    )
    assert stack.up().code == 0
    written = [a for call in aws.control.calls("UpdateMemberDetectors") for a in call.account_ids]
    assert not {account(1), account(2)} & set(written)
    assert set(aws.statuses().values()) == {ON}

    aws.control.clear_calls()
    _refused(
        _changed(stack, autoEnable="NONE", maxDisabled="100%", members=ALL_OFF).up(
            "--skip-preview"
        ),
        aws,
        f"rule 1 (members[0]) wants DISABLED for {account(1)}, {account(2)}, but an organization "
        "policy "
        "(GUARDDUTY_POLICY) keeps them ENABLED. Change the policy, or leave them out of the rule.",
    )


def test_the_own_detector_under_a_policy_is_refused_another_status(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    _policy(aws, ADMINISTRATOR)

    _refused(
        aws.stack(autoEnable="NONE", status="DISABLED").up("--skip-preview"),
        aws,
        f"status: DISABLED for the own detector of account {ADMINISTRATOR}, but an "
        "organization policy (GUARDDUTY_POLICY) keeps it ENABLED. Change the policy, or set "
        "status: ENABLED.",
    )


# maxDisabled


def test_a_run_that_turns_off_too_many_is_refused(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=20)
    stack = aws.stack(members=ALL_ON)
    assert stack.up().code == 0
    aws.control.clear_calls()

    _refused(
        _changed(stack, members=ALL_OFF).up("--skip-preview"),
        aws,
        "maxDisabled: 20 members would be turned off, but at most 10 may be in one run. If that "
        "is meant, set maxDisabled: 20. Turned off:",
    )
    refused = _changed(stack, members=ALL_OFF, maxDisabled="95%").preview()
    assert all(member in refused.text for member in aws.members())
    _refused(
        refused,
        aws,
        "maxDisabled: 20 members would be turned off, but at most 19 may be in one run "
        "(maxDisabled: 95%). If that is meant, set maxDisabled: 20. Turned off:",
    )
    assert _changed(stack, members=ALL_OFF, maxDisabled="100%").up().code == 0
    assert set(aws.statuses().values()) == {OFF}


def test_accounts_that_are_let_go_and_turned_off_count_too(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=ALL_ON, onRelease="DISABLE")
    assert stack.up().code == 0
    aws.control.clear_calls()
    one_off = [{"status": "DISABLED", "accounts": [account(1)]}]

    run = _changed(stack, members=one_off, onRelease="DISABLE").preview()

    assert run.code != 0
    assert "maxDisabled: 12 members would be turned off, but at most 10 may be" in run.text
    assert "Traceback" not in run.text
    assert aws.writes() == []
    assert _changed(stack, members=one_off, onRelease="DISABLE", maxDisabled=12).up().code == 0
    assert set(aws.statuses().values()) == {OFF}


def test_a_destroy_that_turns_off_too_many_is_refused_before_a_write(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=ALL_ON, onRelease="DISABLE")
    assert stack.up().code == 0
    aws.control.clear_calls()

    run = stack.destroy()

    assert run.code != 0
    assert "maxDisabled: this destroy would turn 12 members off, but at most 10" in run.text
    assert "Traceback" not in run.text
    assert aws.writes() == []
    # The way out that it names.
    assert _changed(stack, members=ALL_ON, onRelease="DISABLE", maxDisabled=12).up().code == 0
    assert stack.destroy().code == 0
    assert set(aws.statuses().values()) == {OFF}
    assert stack.kinds() == []
