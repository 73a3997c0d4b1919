"""What a run records before it first writes, and when it asks its resources for an update.

What it releases is in `test_release.py`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardduty_eks_audit_logs.model import (
    AccountId,
    FeatureStatus,
    MemberStatuses,
    Setting,
    Snapshot,
)
from guardduty_eks_audit_logs.planning.inputs import member_features_inputs, prior_settings_inputs
from guardduty_eks_audit_logs.planning.plan import make_plan
from guardduty_eks_audit_logs.state.ledger import LastState, Record, read_last_state
from tests.support.earlier_states import EARLIER_STATES, resources_in
from tests.support.records import SETTINGS_BEFORE, next_plan, recorded, run_after
from tests.support.vocabulary import (
    ADMINISTRATOR,
    DETECTOR,
    NOW,
    OFF,
    ON,
    OWNER,
    REGION,
    account,
    accounts,
    member,
    region_with,
    rule,
    settings,
)

_EVERYBODY = [rule("ENABLED")]
_NOTHING = Record(REGION, ADMINISTRATOR)


# Which accounts


def test_the_first_run_records_what_the_accounts_of_its_rules_have() -> None:
    plan = next_plan(
        {account(1): ON, account(2): OFF, account(3): OFF},
        _NOTHING,
        [rule("ENABLED", *accounts(2))],
    )

    # Also who is as wanted already: a later run may set it again.
    assert plan.to_record == {account(1): "ENABLED", account(2): "DISABLED"}
    assert (plan.revision, plan.members_revision) == (1, 1)


def test_what_is_recorded_stays_whatever_aws_holds_by_now() -> None:
    before = {account(1): OFF, account(2): ON}
    plan = next_plan({account(1): ON, account(2): OFF, account(3): OFF}, before, _EVERYBODY)

    assert plan.to_record == {**before, account(3): "DISABLED"}
    assert plan.newly_set == {account(3): OFF}
    assert plan.revision == 4


def test_unmanaged_accounts_are_not_recorded() -> None:
    rules = [rule("UNMANAGED", account(1)), *_EVERYBODY]
    plan = next_plan({account(1): OFF, account(2): OFF}, _NOTHING, rules)

    assert plan.to_record == {account(2): "DISABLED"}


def test_an_account_whose_status_aws_does_not_tell_is_to_be_read_again() -> None:
    seen = replace(
        region_with({account(1): ON}), statuses=MemberStatuses({}, {account(1): "Internal error"})
    )
    plan = next_plan(seen, _NOTHING, _EVERYBODY)
    assert plan.to_record == {account(1): "UNKNOWN"}

    # AWS did not tell the resource either: it is the first to be set in the next run, too.
    later = next_plan({account(1): OFF}, run_after(plan), _EVERYBODY)
    assert later.to_record == {account(1): "DISABLED"}
    assert later.revision == plan.revision + 1


# Accounts that wait: a rule selects them, but they can't be set now


def _with_waiting(statuses: dict[object, object], *waiting: int) -> Snapshot:
    seen = region_with(statuses)  # type: ignore[arg-type]
    return replace(seen, members=(*seen.members, *(member(n, "Disabled") for n in waiting)))


def test_an_inactive_account_is_not_recorded_before_it_can_be_set() -> None:
    plan = next_plan(_with_waiting({account(1): ON}, 2), _NOTHING, _EVERYBODY)

    assert plan.inactive == {account(2): "Disabled"}
    assert plan.to_record == {account(1): "ENABLED"}


def test_an_account_that_comes_and_waits_is_no_reason_for_an_update() -> None:
    plan = next_plan(_with_waiting({account(1): ON}, 2), {account(1): OFF}, _EVERYBODY)
    assert (plan.to_record, plan.revision) == ({account(1): "DISABLED"}, 3)


def test_an_account_that_waits_no_more_is_recorded_before_it_is_set() -> None:
    plan = next_plan({account(1): ON, account(2): OFF}, {account(1): OFF}, _EVERYBODY)

    assert plan.to_record == {account(1): "DISABLED", account(2): "DISABLED"}
    assert plan.revision == 4


def test_an_account_that_waits_for_a_while_keeps_the_record_that_it_has() -> None:
    before = {account(1): OFF, account(2): OFF}
    suspended = next_plan(_with_waiting({account(1): ON}, 2), before, _EVERYBODY)
    back = next_plan({account(1): ON, account(2): ON}, run_after(suspended), _EVERYBODY)

    for plan in (suspended, back):
        assert (plan.to_record, plan.release.by_account, plan.revision) == (before, {}, 3)


# Settings beside members


def test_settings_are_recorded_before_the_stack_first_writes_them() -> None:
    first = next_plan({}, _NOTHING)
    assert first.written_settings == (Setting.STATUS, Setting.AUTO_ENABLE)
    assert (first.settings_before, first.revision) == ({}, 1)

    later = next_plan({}, recorded({}), autoEnableMembers="NEW")
    assert later.written_settings == tuple(Setting)
    # The resource reads what is missing.
    assert (later.settings_before, later.revision) == (SETTINGS_BEFORE, 4)


def test_settings_that_are_recorded_are_no_reason_for_an_update() -> None:
    plan = next_plan({}, recorded({}))
    assert (plan.settings_before, plan.revision) == (SETTINGS_BEFORE, 3)


def test_a_setting_that_is_not_written_any_more_keeps_its_record() -> None:
    before = {**SETTINGS_BEFORE, Setting.AUTO_ENABLE_MEMBERS: "ALL"}
    plan = next_plan({}, recorded({}, settings=before))

    assert (plan.settings_before, plan.revision) == (before, 3)


@pytest.mark.parametrize(
    ("mode", "written"),
    [
        ("organization", (Setting.STATUS, Setting.AUTO_ENABLE)),
        ("standalone", (Setting.STATUS,)),
        ("invitation", (Setting.STATUS,)),
    ],
)
def test_what_a_stack_writes_beside_members_goes_by_its_mode(
    mode: str, written: tuple[Setting, ...]
) -> None:
    assert next_plan({}, _NOTHING, mode=mode).written_settings == written


# When an update is asked for


def test_a_run_without_news_asks_for_nothing() -> None:
    plan = next_plan({account(1): ON}, {account(1): OFF}, _EVERYBODY)

    assert (plan.revision, plan.members_revision) == (3, 3)
    assert (plan.changes, plan.release.by_account) == ({}, {})


@pytest.mark.parametrize(
    ("last", "now", "already"),
    [
        ({}, ON, {account(1): "ENABLED"}),
        ({account(1): OFF}, ON, {account(1): "ENABLED"}),
        ({account(1): ON}, ON, {}),
        ({}, OFF, {}),
    ],
    ids=["new to the rules", "another rule", "as in the last run", "to be changed"],
)
def test_news_of_the_rules_that_aws_is_ahead_of_are_named(
    last: dict[AccountId, FeatureStatus], now: FeatureStatus, already: dict[str, str]
) -> None:
    plan = next_plan({account(1): now}, recorded({account(1): OFF}, wanted=last), _EVERYBODY)

    assert plan.already == already
    assert bool(plan.changes) is (now is OFF)


def test_who_is_set_no_more_and_not_released_either_is_named() -> None:
    last = recorded({account(1): OFF, account(2): OFF}, wanted={account(1): ON, account(2): ON})
    seen = region_with({account(1): ON, account(2): ON})
    suspended = replace(seen, members=(member(1), member(2, "AccountSuspended")))

    assert next_plan(suspended, last, _EVERYBODY).left == {account(2): "ENABLED"}
    assert next_plan(seen, last, _EVERYBODY).left == {}
    assert next_plan(seen, last).left == {}, "they are released"


def test_the_same_drift_in_the_next_run_asks_for_the_update_again() -> None:
    first = next_plan({account(1): OFF}, {account(1): OFF}, _EVERYBODY)
    second = next_plan({account(1): OFF}, run_after(first), _EVERYBODY)

    assert first.changes == second.changes == {account(1): "DISABLED -> ENABLED"}
    assert (first.members_revision, second.members_revision) == (4, 5)
    # What was there before is recorded already.
    assert (first.revision, second.revision) == (3, 3)


def test_a_preview_and_its_run_give_the_same_inputs() -> None:
    def inputs(taken: int) -> tuple[object, object]:
        seen = replace(region_with({account(1): OFF}), taken=NOW.replace(minute=taken))
        plan = next_plan(seen, {account(2): OFF}, _EVERYBODY)
        return prior_settings_inputs(plan), member_features_inputs(plan)

    assert inputs(1) == inputs(2)


def test_a_plan_gives_its_inputs_in_the_contracts_words() -> None:
    now = {account(1): OFF, account(2): ON}
    plan = next_plan(now, {account(2): OFF}, [rule("ENABLED", account(1))], maxDisabled="50%")

    assert prior_settings_inputs(plan).properties() == {
        "region": REGION,
        "administratorAccountId": ADMINISTRATOR,
        "detectorId": DETECTOR,
        "retryMinutes": 5,
        "revision": 4,
        "generation": 0,
        "record": "DISABLED:\n- 300000000001 300000000002\n",
        "settings": ["status", "autoEnable"],
        "settingsBefore": {"status": "DISABLED", "autoEnable": "NONE"},
        "release": 'ENABLED -> DISABLED:\n- "300000000002"\n',
        "onRelease": "RESTORE",
        "maxDisabled": "50%",
        "seen": "300000000002: ENABLED -> DISABLED\n300000000001: DISABLED -> ENABLED",
        "onDestroy": (
            'ENABLED -> DISABLED:\n- 300000000001 status\nNEW -> NONE:\n- "autoEnable"\n'
        ),
    }
    assert member_features_inputs(plan).properties() == {
        "region": REGION,
        "administratorAccountId": ADMINISTRATOR,
        "detectorId": DETECTOR,
        "retryMinutes": 5,
        "revision": 4,
        "changes": 'DISABLED -> ENABLED:\n- "300000000001"\n',
    }


# The states of earlier releases


@pytest.mark.parametrize("file", EARLIER_STATES, ids=lambda file: file.stem)
def test_the_first_run_rewrites_an_earlier_releases_state_and_says_so(
    file: object,
) -> None:
    last = read_last_state(resources_in(file))  # type: ignore[arg-type]
    (record,) = last.records
    seen = region_with(dict.fromkeys(record.before, ON))
    detector = seen.detector
    assert detector
    seen = replace(seen, detector=replace(detector, id=record.detector_id))  # type: ignore[arg-type]
    plan = make_plan(settings(onRelease="RESTORE", members=_EVERYBODY), seen, OWNER, last)

    assert [notice for notice in plan.notices if "rewritten" in notice] == [
        (
            "State: rewritten in this release's form by this run (PriorSettings, MemberFeatures); "
            "that writes nothing to AWS."
        )
    ]
    assert (plan.to_record, plan.settings_before) == (record.before, SETTINGS_BEFORE)
    assert (plan.changes, plan.release.by_account) == ({}, {})
    assert (plan.revision, plan.members_revision) == (1, 1)

    later = make_plan(plan.settings, seen, OWNER, LastState((run_after(plan),)))
    assert [notice for notice in later.notices if "rewritten" in notice] == []


def test_what_the_first_release_read_is_the_record_once_it_is_written() -> None:
    last = read_last_state(resources_in(EARLIER_STATES[0]))
    (record,) = last.records
    seen = region_with(dict.fromkeys(record.before, ON))

    # By now AWS has what that stack may have written.
    without = make_plan(settings(), seen, OWNER, last)
    with_it = make_plan(settings(autoEnableMembers="ALL"), seen, OWNER, last)

    assert without.settings_before == SETTINGS_BEFORE
    assert with_it.settings_before == {**SETTINGS_BEFORE, Setting.AUTO_ENABLE_MEMBERS: "NEW"}
