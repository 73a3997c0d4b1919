"""What a run says that it changes, and what a destroy after it would change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.model import (
    AutoEnable,
    Detector,
    MemberStatuses,
    OrganizationConfiguration,
    Setting,
    Snapshot,
)
from guardduty_eks_audit_logs.planning.outlook import on_destroy, on_destroy_refused, seen
from tests.support.records import next_plan, recorded
from tests.support.vocabulary import (
    ADMINISTRATOR,
    DETECTOR,
    NOW,
    OFF,
    ON,
    REGION,
    account,
    accounts,
    member,
    region_with,
    rule,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.model import AccountId, FeatureStatus
    from guardduty_eks_audit_logs.planning.plan import Plan

_EVERYBODY = [rule("ENABLED")]
_NO_SETTINGS = {Setting.STATUS: "ENABLED", Setting.AUTO_ENABLE: "NEW"}
"""Recorded so that a destroy changes none of them."""


# What the run changes


def test_a_run_that_changes_nothing_has_seen_nothing() -> None:
    assert seen(next_plan({account(1): ON}, {account(1): OFF}, _EVERYBODY)) is None


def test_settings_come_first_then_what_turns_off() -> None:
    snapshot = replace(
        region_with({account(1): OFF, account(2): ON, account(3): ON}),
        detector=Detector(DETECTOR, monitoring=True, status=OFF),
        organization=OrganizationConfiguration(AutoEnable.NEW, AutoEnable.NONE),
    )
    rules = [rule("DISABLED", account(3)), rule("ENABLED", account(1))]
    plan = next_plan(snapshot, {account(2): OFF}, rules)

    assert (seen(plan) or "").splitlines() == [
        "status: DISABLED -> ENABLED",
        "autoEnable: NONE -> NEW",
        "300000000002: ENABLED -> DISABLED",
        "300000000003: ENABLED -> DISABLED",
        "300000000001: DISABLED -> ENABLED",
    ]


def test_accounts_that_leave_as_they_are_are_not_seen() -> None:
    assert seen(next_plan({account(1): ON}, {account(1): OFF}, onRelease="LEAVE")) is None


def test_a_detector_that_is_made_is_seen() -> None:
    to_be_made = Snapshot(REGION, ADMINISTRATOR, NOW, delegated=True)
    assert seen(next_plan(to_be_made, {}, detector="create")) == "detector: made"


def _seen_of(statuses: Mapping[AccountId, FeatureStatus]) -> list[str]:
    return (seen(next_plan(statuses, {}, _EVERYBODY)) or "").splitlines()


def test_twenty_lines_at_most_and_a_checksum_of_the_others() -> None:
    assert len(_seen_of(dict.fromkeys(accounts(20), OFF))) == 20
    assert "more" not in _seen_of(dict.fromkeys(accounts(20), OFF))[-1]

    lines = _seen_of(dict.fromkeys(accounts(31), OFF))
    assert len(lines) == 20
    assert lines[-1].startswith("12 more: ")


def test_another_account_among_many_is_seen() -> None:
    many = dict.fromkeys(accounts(200), OFF)
    assert _seen_of({**many, account(150): ON}) != _seen_of({**many, account(151): ON})
    assert _seen_of(dict(reversed(many.items()))) == _seen_of(many)


# What a destroy changes


def test_a_destroy_with_leave_changes_nothing() -> None:
    plan = next_plan({account(1): OFF}, {account(2): OFF}, _EVERYBODY, onRelease="LEAVE")

    assert on_destroy(plan) == "nothing: AWS keeps what it has (onRelease: LEAVE)"
    assert on_destroy_refused(plan) is None


def test_a_destroy_with_restore_puts_back_accounts_and_settings() -> None:
    before = {account(1): OFF, account(2): ON}
    plan = next_plan({account(1): ON, account(2): ON}, before, _EVERYBODY)

    assert on_destroy(plan) == {
        account(1): "ENABLED -> DISABLED",
        "status": "ENABLED -> DISABLED",
        "autoEnable": "NEW -> NONE",
    }


def test_a_destroy_goes_from_what_the_run_sets_to_what_was_before_it() -> None:
    # The first run: nothing is recorded yet, AWS has the time before.
    plan = next_plan({account(1): OFF, account(2): ON}, recorded({}, settings={}), _EVERYBODY)
    assert on_destroy(plan) == {account(1): "ENABLED -> DISABLED"}


def test_a_setting_that_is_written_no_more_is_put_back_too() -> None:
    before = {**_NO_SETTINGS, Setting.AUTO_ENABLE_MEMBERS: "ALL"}
    plan = next_plan({}, recorded({}, settings=before))
    assert on_destroy(plan) == {"autoEnableMembers": "NEW -> ALL"}


def test_a_destroy_with_disable_turns_all_off_and_no_setting() -> None:
    before = {account(1): ON, account(2): OFF}
    plan = next_plan(dict.fromkeys(accounts(3), ON), before, _EVERYBODY, onRelease="DISABLE")

    assert on_destroy(plan) == dict.fromkeys(accounts(3), "ENABLED -> DISABLED")


@pytest.mark.parametrize("word", ["RESTORE", "DISABLE"])
def test_a_destroy_that_changes_nothing_says_so(word: str) -> None:
    record = recorded({account(1): OFF}, settings=_NO_SETTINGS)
    plan = next_plan({account(1): OFF}, record, [rule("DISABLED")], onRelease=word)
    assert on_destroy(plan) == f"nothing: all is as onRelease: {word} would have it"


def test_accounts_that_this_run_releases_are_no_business_of_a_destroy() -> None:
    record = recorded({account(1): OFF, account(2): OFF}, settings=_NO_SETTINGS)
    plan = next_plan(dict.fromkeys(accounts(2), ON), record, [rule("ENABLED", account(2))])
    assert on_destroy(plan) == {account(2): "ENABLED -> DISABLED"}


def test_accounts_that_are_no_active_members_are_left_out() -> None:
    record = recorded(dict.fromkeys(accounts(3), OFF), settings=_NO_SETTINGS)
    snapshot = replace(region_with({account(1): ON}), members=(member(1), member(2, "Disabled")))
    assert on_destroy(next_plan(snapshot, record, _EVERYBODY)) == {
        account(1): "ENABLED -> DISABLED"
    }


def test_what_a_policy_decides_is_left_to_it() -> None:
    snapshot = replace(
        region_with(dict.fromkeys(accounts(2), ON)),
        detector=Detector(DETECTOR, monitoring=True, status=ON, managed=True),
        statuses=MemberStatuses(dict.fromkeys(accounts(2), ON), {}, frozenset([account(1)])),
    )
    plan = next_plan(snapshot, dict.fromkeys(accounts(2), OFF), _EVERYBODY, maxDisabled=1)

    assert on_destroy(plan) == {
        account(2): "ENABLED -> DISABLED",
        "autoEnable": "NEW -> NONE",
    }
    assert on_destroy_refused(plan) is None


def _turning_off(number: int, limit: object) -> Plan:
    record = recorded(dict.fromkeys(accounts(number), OFF), settings=_NO_SETTINGS)
    return next_plan(dict.fromkeys(accounts(4), ON), record, _EVERYBODY, maxDisabled=limit)


@pytest.mark.parametrize(("number", "limit"), [(2, 2), (2, "50%"), (4, "100%"), (0, 0)])
def test_a_destroy_within_maxdisabled_is_not_said_to_be_refused(number: int, limit: object) -> None:
    plan = _turning_off(number, limit)
    assert on_destroy_refused(plan) is None


@pytest.mark.parametrize(
    ("limit", "share"), [(1, ""), ("25%", " (maxDisabled: 25%)"), ("49%", " (maxDisabled: 49%)")]
)
def test_a_destroy_beyond_maxdisabled_is_said_to_be_refused(limit: object, share: str) -> None:
    assert on_destroy_refused(_turning_off(2, limit)) == (
        f"a destroy would turn 2 members off, but at most 1 may be in one run{share}: it is "
        "refused. If it is meant, set maxDisabled: 2 and run `pulumi up` before."
    )
