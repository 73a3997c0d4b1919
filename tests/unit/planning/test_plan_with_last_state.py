"""What a plan makes of the stack's last state: what it records, releases and refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import (
    AccountId,
    AutoEnable,
    Detector,
    DetectorId,
    MemberStatuses,
    OrganizationConfiguration,
    Refused,
    Setting,
)
from guardduty_eks_audit_logs.planning.plan import Plan, make_leaving_plan, make_plan
from guardduty_eks_audit_logs.planning.refusals import OWNER_TAG, other_records
from guardduty_eks_audit_logs.state.ledger import LastState, Record
from guardduty_eks_audit_logs.state.properties import LEAVE
from tests.support.vocabulary import (
    ADMINISTRATOR,
    DETECTOR,
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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.model import FeatureStatus, Snapshot
    from guardduty_eks_audit_logs.settings.configuration import Settings

_ALL_ON = [rule("ENABLED")]
_SETTINGS = {Setting.STATUS: "DISABLED", Setting.AUTO_ENABLE: "NONE"}


def _recorded(
    before: Mapping[AccountId, FeatureStatus], recorded: Mapping[Setting, str] | None = None
) -> Record:
    """What the stack has recorded in its fourth run."""
    known = _SETTINGS if recorded is None else recorded
    return Record(REGION, ADMINISTRATOR, DETECTOR, before, known, revision=4, members_revision=4)


def _plan(chosen: Settings, snapshot: Snapshot, *records: Record) -> Plan:
    return make_plan(chosen, snapshot, OWNER, LastState(records))


def _revisions(plan: Plan) -> tuple[int, int]:
    return plan.revision, plan.members_revision


# What is recorded


def test_a_first_run_records_what_each_account_has_that_it_sets() -> None:
    snapshot = replace(
        region_with({account(1): ON, account(2): OFF, account(3): OFF, account(4): OFF}),
        statuses=MemberStatuses(
            {account(1): ON, account(2): OFF, account(4): OFF}, {account(3): "Internal error"}
        ),
    )
    rules = [rule("UNMANAGED", account(4)), rule("ENABLED")]

    plan = _plan(settings(members=rules), snapshot)

    assert plan.to_record == {account(1): "ENABLED", account(2): "DISABLED", account(3): "UNKNOWN"}
    assert plan.written_settings == (Setting.STATUS, Setting.AUTO_ENABLE)
    assert plan.release.by_account == {}


def test_an_account_that_is_recorded_is_not_recorded_again() -> None:
    plan = _plan(
        settings(members=_ALL_ON),
        region_with({account(1): ON, account(2): ON}),
        _recorded({account(1): OFF}),
    )
    assert plan.to_record == {account(1): "DISABLED", account(2): "ENABLED"}
    assert plan.newly_set == {account(2): ON}


def test_the_record_of_another_account_or_region_is_none_of_the_plans() -> None:
    strangers = (
        replace(_recorded({account(5): OFF}), region="eu-west-1"),
        replace(_recorded({account(6): OFF}), administrator=account(9)),
    )
    plan = _plan(settings(members=_ALL_ON), region_with({account(1): ON}), *strangers)

    assert plan.to_record == {account(1): "ENABLED"}
    assert plan.record.empty
    assert plan.release.by_account == {}


# The revision


_ON_AND_RECORDED = region_with({account(1): ON, account(2): ON})
_BOTH = _recorded({account(1): OFF, account(2): ON})


def test_the_first_run_has_revision_one() -> None:
    assert _revisions(_plan(settings(), region_with({}))) == (1, 1)
    assert _revisions(_plan(settings(members=_ALL_ON), _ON_AND_RECORDED)) == (1, 1)


def test_a_run_without_anything_to_do_keeps_the_revision() -> None:
    assert _revisions(_plan(settings(members=_ALL_ON), _ON_AND_RECORDED, _BOTH)) == (4, 4)


def test_members_that_drifted_count_up_theirs_alone() -> None:
    drifted = region_with({account(1): OFF, account(2): ON})
    assert _revisions(_plan(settings(members=_ALL_ON), drifted, _BOTH)) == (4, 5)


def test_the_same_drift_a_run_later_counts_up_again() -> None:
    drifted = region_with({account(1): OFF, account(2): ON})
    later = replace(_BOTH, members_revision=5)
    assert _revisions(_plan(settings(members=_ALL_ON), drifted, later)) == (4, 6)


@pytest.mark.parametrize(
    ("chosen", "snapshot", "record", "revisions"),
    [
        (
            settings(members=_ALL_ON),
            region_with(dict.fromkeys(accounts(3), ON)),
            _BOTH,
            (5, 4),
        ),
        (settings(members=[rule("ENABLED", account(1))]), _ON_AND_RECORDED, _BOTH, (5, 4)),
        (
            settings(members=_ALL_ON, autoEnableMembers="NEW"),
            _ON_AND_RECORDED,
            _BOTH,
            (5, 4),
        ),
        (
            settings(members=_ALL_ON),
            _ON_AND_RECORDED,
            replace(_BOTH, revision=0, members_revision=0, earlier=True),
            (1, 1),
        ),
    ],
    ids=["an account to record", "one to release", "a setting to record", "an earlier state"],
)
def test_the_revision_counts_up_if_there_is_something_to_do(
    chosen: Settings, snapshot: Snapshot, record: Record, revisions: tuple[int, int]
) -> None:
    assert _revisions(_plan(chosen, snapshot, record)) == revisions


def test_an_account_that_waits_to_be_released_is_nothing_to_do() -> None:
    snapshot = replace(region_with({}), members=(member(1, "AccountSuspended"),))
    plan = _plan(settings(onRelease="DISABLE"), snapshot, _recorded({account(1): ON}))

    assert plan.release.inactive == {account(1): "AccountSuspended"}
    assert (plan.release.by_account, plan.revision) == ({}, 4)


# What is released


_RELEASED = {account(1): OFF, account(2): ON, account(3): OFF}


@pytest.mark.parametrize(
    ("on_release", "words"),
    [
        ("LEAVE", {account(2): LEAVE, account(3): LEAVE}),
        ("RESTORE", {account(2): LEAVE, account(3): "ENABLED -> DISABLED"}),
        ("DISABLE", {account(2): "ENABLED -> DISABLED", account(3): "ENABLED -> DISABLED"}),
    ],
)
def test_recorded_accounts_that_no_rule_sets_are_released(
    on_release: str, words: dict[str, str]
) -> None:
    plan = _plan(
        settings(members=[rule("ENABLED", account(1))], onRelease=on_release),
        region_with(dict.fromkeys(accounts(3), ON)),
        _recorded(_RELEASED),
    )
    assert plan.release.by_account == words


def test_new_is_not_said_to_leave_off_whom_this_run_releases() -> None:
    plan = _plan(
        settings(members=[], onRelease="RESTORE", autoEnable="NEW"),
        region_with({account(1): OFF, account(2): ON, account(3): OFF}),
        _recorded({account(1): ON, account(2): OFF}),
    )

    assert dict(plan.release.changing) == {account(1): ON, account(2): OFF}
    assert messages.new_leaves_off([account(3)]) in plan.notices


def test_an_unmanaged_account_leaves_the_record_as_it_is() -> None:
    plan = _plan(
        settings(members=[rule("UNMANAGED", account(1)), rule("ENABLED")], onRelease="DISABLE"),
        _ON_AND_RECORDED,
        _BOTH,
    )
    assert plan.release.by_account == {account(1): LEAVE}


def test_a_member_that_its_rule_waits_for_keeps_its_record() -> None:
    snapshot = replace(_ON_AND_RECORDED, members=(member(1), member(2, "AccountSuspended")))
    plan = _plan(settings(members=_ALL_ON, onRelease="DISABLE"), snapshot, _BOTH)

    assert plan.inactive == {account(2): "AccountSuspended"}
    assert plan.release.total == 0


@pytest.mark.parametrize(
    "detector", [None, Detector(DetectorId("new"), monitoring=True, status=ON)]
)
def test_while_a_detector_is_new_nobody_is_released(detector: Detector | None) -> None:
    tagged = replace(detector, tags={OWNER_TAG: OWNER}) if detector else None
    snapshot = replace(
        region_with({}), detector=tagged, delegated=True, statuses=MemberStatuses({}, {})
    )
    chosen = settings(detector="create", onRelease="DISABLE", members=[])
    plan = _plan(chosen, snapshot, _BOTH)

    assert plan.refusals == ()
    assert plan.release.by_account == {}
    assert plan.to_record == {account(1): "DISABLED", account(2): "ENABLED"}


@pytest.mark.parametrize("snapshot", [_ON_AND_RECORDED, replace(_ON_AND_RECORDED, detector=None)])
@pytest.mark.parametrize("lost", [{}, {"members": ""}])
def test_members_written_nowhere_do_not_release_what_is_recorded(
    snapshot: Snapshot, lost: dict[str, str]
) -> None:
    asked = {"onRelease": "DISABLE", "maxDisabled": "0", "detector": "create"}
    snapshot = replace(snapshot, delegated=True)
    if snapshot.detector:
        asked.pop("detector")

    assert _plan(settings(**asked, **lost), snapshot, _BOTH).refusals == (
        (
            "members is not set, but this stack keeps 2 accounts in us-east-1, which would "
            "all be released. Bring the stack's file back, or its rules; if all are to be "
            "released, write members: []."
        ),
    )
    asked["maxDisabled"] = "10"
    for way_out in ([], [rule("ENABLED", account(1))]):
        found = _plan(settings(**asked, members=way_out), snapshot, _BOTH)
        assert [r for r in found.refusals if "members is not set" in r] == []


def test_a_mode_without_members_does_not_release_what_is_recorded() -> None:
    alone = {"mode": "standalone", "onRelease": "DISABLE"}

    assert _plan(settings(**alone), _ON_AND_RECORDED, _BOTH).refusals == (
        (
            "mode: standalone has no members, but this stack keeps 2 accounts in us-east-1, which "
            "would all be released. Put the mode back; if all are to be released, write members: "
            "[]."
        ),
    )
    assert _plan(settings(**alone, members=[]), _ON_AND_RECORDED, _BOTH).refusals == ()


def test_members_written_nowhere_are_no_fault_of_a_stack_without_a_record() -> None:
    assert _plan(settings(), _ON_AND_RECORDED).refusals == ()
    assert _plan(settings(), _ON_AND_RECORDED, _recorded({})).refusals == ()


def test_releases_and_rules_count_together_for_max_disabled() -> None:
    chosen = settings(members=[rule("DISABLED", account(1))], onRelease="DISABLE", maxDisabled=2)
    plan = _plan(chosen, region_with(dict.fromkeys(accounts(3), ON)), _recorded(_RELEASED))

    assert plan.refusals == (
        (
            "maxDisabled: 3 members would be turned off, but at most 2 may be in one run. If that "
            "is meant, set maxDisabled: 3. Turned off:\n"
            f"  rule 1: accounts:\n    {account(1)}\n"
            f"  release (onRelease DISABLE) (2):\n    {account(2)}, {account(3)}"
        ),
    )


# Settings


def test_the_settings_that_differ_are_named_from_what_to_what() -> None:
    snapshot = replace(
        region_with({}),
        detector=Detector(DETECTOR, monitoring=True, status=OFF),
        organization=OrganizationConfiguration(members=AutoEnable.NEW, feature=AutoEnable.NONE),
    )

    plan = _plan(settings(autoEnableMembers="ALL"), snapshot)

    assert plan.setting_changes == {
        Setting.STATUS: "DISABLED -> ENABLED",
        Setting.AUTO_ENABLE: "NONE -> NEW",
        Setting.AUTO_ENABLE_MEMBERS: "NEW -> ALL",
    }


def test_settings_that_are_as_wanted_or_not_configured_are_no_change() -> None:
    assert _plan(settings(), region_with({})).setting_changes == {}


def test_a_setting_that_is_configured_no_more_is_told_with_restore() -> None:
    recorded = {**_SETTINGS, Setting.AUTO_ENABLE_MEMBERS: "NONE"}
    restoring = _plan(settings(onRelease="RESTORE"), region_with({}), _recorded({}, recorded))
    leaving = _plan(settings(), region_with({}), _recorded({}, recorded))

    told = messages.setting_left("autoEnableMembers", "NONE")
    assert restoring.notices[-1] == told
    assert told not in leaving.notices


# An earlier release


def test_an_earlier_state_is_said_to_be_rewritten_once() -> None:
    earlier = replace(_BOTH, revision=0, members_revision=0, earlier=True)

    first = _plan(settings(members=_ALL_ON), _ON_AND_RECORDED, earlier)
    second = _plan(settings(members=_ALL_ON), _ON_AND_RECORDED, _BOTH)

    assert first.notices.count(messages.state_rewritten()) == 1
    assert messages.state_rewritten() not in second.notices
    assert first.changes == {}


def test_an_earlier_state_is_rewritten_too_where_the_detector_is_gone() -> None:
    gone = replace(region_with({}), detector=None, delegated=True)
    plan = _plan(settings(detector="create"), gone, replace(_BOTH, earlier=True))

    assert plan.notices.count(messages.state_rewritten()) == 1


def test_an_account_that_was_never_a_member_of_the_detector_is_waited_for() -> None:
    record = replace(_recorded(dict.fromkeys(accounts(2), OFF)), wanted={account(2): ON})
    chosen = settings(members=_ALL_ON, onRelease="RESTORE")
    release = _plan(chosen, region_with({}), record).release

    assert release.unattached == {account(1)}
    assert release.former_members == {account(2)}


# A region that leaves the program


def _leaving(chosen: Settings, snapshot: Snapshot, record: Record) -> Plan:
    return make_leaving_plan(chosen, snapshot, OWNER, LastState((record,)))


def test_a_detector_in_the_last_state_is_the_stacks_own_without_its_tag() -> None:
    arn = f"arn:aws:guardduty:{REGION}:{ADMINISTRATOR}:detector/{DETECTOR}"
    chosen, snapshot = settings(detector="create"), region_with({})

    assert len(make_plan(chosen, snapshot, OWNER, LastState()).refusals) == 1
    assert make_plan(chosen, snapshot, OWNER, LastState((), frozenset({arn}))).refusals == ()


def test_a_region_that_leaves_is_released_whoever_made_its_detector() -> None:
    snapshot = replace(region_with({account(1): ON, account(2): ON}), notices=("Notice.",))

    plan = _leaving(settings(detector="create", onRelease="RESTORE"), snapshot, _BOTH)

    assert plan.refusals == ()
    assert (plan.snapshot, plan.owner, plan.notices) == (snapshot, OWNER, ("Notice.",))


def test_all_accounts_of_a_region_that_leaves_are_released() -> None:
    snapshot = region_with({account(1): ON, account(2): ON, account(3): ON})

    plan = _leaving(settings(onRelease="RESTORE"), snapshot, _BOTH)

    assert plan.leaving
    assert plan.refusals == ()
    assert plan.release.by_account == {account(1): "ENABLED -> DISABLED", account(2): LEAVE}
    assert (plan.decisions, plan.written_settings) == ((), ())
    assert plan.revision == 5


def test_a_region_that_leaves_counts_for_max_disabled() -> None:
    chosen = settings(onRelease="DISABLE", maxDisabled=1)

    (refusal,) = _leaving(chosen, _ON_AND_RECORDED, _BOTH).refusals

    assert refusal.startswith("maxDisabled: 2 members would be turned off, but at most 1 may be")
    assert _leaving(settings(maxDisabled=1), _ON_AND_RECORDED, _BOTH).refusals == ()


def test_a_region_that_leaves_after_its_detector_has_nobody_to_set() -> None:
    gone = replace(region_with({}), detector=None)

    plan = _leaving(settings(onRelease="RESTORE"), gone, _BOTH)

    assert plan.refusals == ()
    assert plan.release.former_members == {account(1), account(2)}
    assert plan.release.by_account == {account(1): LEAVE, account(2): LEAVE}


@pytest.mark.parametrize(("on_release", "refused"), [("LEAVE", 0), ("RESTORE", 1), ("DISABLE", 1)])
def test_a_region_that_leaves_is_refused_who_can_not_set_it(on_release: str, refused: int) -> None:
    by_now_a_member = replace(region_with({}), administrator=account(9))
    plan = _leaving(settings(onRelease=on_release), by_now_a_member, _BOTH)
    assert len(plan.refusals) == refused


def test_a_region_that_leaves_turns_nobody_on_by_status_or_all() -> None:
    snapshot = replace(
        region_with({account(1): OFF, account(2): OFF}),
        detector=Detector(DETECTOR, monitoring=True, status=OFF),
    )
    plan = _leaving(settings(autoEnable="ALL"), snapshot, _BOTH)

    assert plan.turning_on == []
    assert not plan.reaches_all


def test_settings_alone_are_a_reason_to_register_a_region_that_leaves() -> None:
    plan = _leaving(settings(), region_with({}), _recorded({}))
    assert (plan.release.by_account, plan.revision) == ({}, 5)


# Records of others


@pytest.mark.parametrize(
    ("snapshot", "told"),
    [
        ({"administrator": account(9)}, True),
        ({"organization_refused": Refused("BadRequestException", "No master.")}, True),
        ({"organization_refused": Refused("AccessDeniedException", "Not allowed.")}, False),
    ],
    ids=["a member", "not delegated", "no permission"],
)
def test_a_former_administrator_with_a_record_is_told_the_steps(
    snapshot: dict[str, Any],
    told: bool,  # noqa: FBT001 - a column of the table
) -> None:
    now = replace(region_with({}), organization=None, **snapshot)
    steps = (
        f"the record of this stack is of account {ADMINISTRATOR} in {REGION}. If another account "
        "has replaced it as administrator, docs/replaced-administrator.md has the steps."
    )

    assert (steps in _plan(settings(), now, _recorded({account(1): OFF})).refusals) is told
    assert steps not in _plan(settings(), now).refusals


def test_a_record_of_another_is_refused_unless_it_is_empty() -> None:
    elsewhere = replace(_recorded({account(1): OFF, account(2): ON}), region="eu-west-1")
    another = replace(_recorded({}), administrator=account(9))
    empty = Record("ap-south-1", ADMINISTRATOR, DETECTOR, revision=4)
    last = LastState((_recorded({}), elsewhere, another, empty))

    told = other_records(last.others([(ADMINISTRATOR, REGION)]), ADMINISTRATOR, [REGION])

    assert [sentence.partition(" recorded), ")[0] for sentence in told] == [
        f"this stack keeps account {ADMINISTRATOR} in eu-west-1 (2 members",
        f"this stack keeps account {account(9)} in {REGION} (0 members",
    ]
