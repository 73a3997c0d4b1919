"""Which accounts a run releases, what each gets, and what a user is told of it.

What the rules set is in `test_plan.py`, what is recorded in `test_plan_of_records.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardduty_eks_audit_logs.aws.patience import Patience
from guardduty_eks_audit_logs.model import (
    Detector,
    DetectorId,
    MemberStatuses,
    RelationshipStatus,
    Setting,
    Snapshot,
)
from guardduty_eks_audit_logs.planning.plan import Plan, make_leaving_plan
from guardduty_eks_audit_logs.planning.release import (
    Release,
    Released,
    plan_release,
    release_sentence,
    release_summary,
)
from guardduty_eks_audit_logs.settings.configuration import OnRelease
from guardduty_eks_audit_logs.state.ledger import LastState
from guardduty_eks_audit_logs.writing.release import do_release, find_release
from tests.support.guardduty_client import FakeGuardDuty, refusal
from tests.support.records import next_plan, recorded, run_after
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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.model import AccountId, FeatureStatus

    Statuses = Mapping[AccountId, FeatureStatus]

_BEFORE = {account(1): ON, account(2): OFF, account(3): ON}
"""What the three accounts had before the stack; since then it has set the contrary."""
_NOW = {account(1): OFF, account(2): ON, account(3): OFF}
_LEAVE, _RESTORE, _DISABLE = OnRelease.LEAVE, OnRelease.RESTORE, OnRelease.DISABLE


def _planned(
    on_release: OnRelease,
    before: Statuses,
    now: Statuses,
    *,
    managed: tuple[AccountId, ...] = (),
    relationships: Mapping[AccountId, str] | None = None,
) -> Release:
    known = relationships or {}
    members = {
        a: replace(member(1), account=a, relationship_status=known.get(a, "Enabled"))
        for a in {**now, **known}
    }
    told = {a: s for a, s in now.items() if known.get(a, "Enabled") == "Enabled"}
    read = MemberStatuses(told, {}, frozenset(managed))
    return plan_release(on_release, before, members, read)


# What it comes to


def test_restore_gives_back_what_each_had() -> None:
    now = {account(1): OFF, account(2): ON, account(3): ON}
    release = _planned(_RESTORE, _BEFORE, now)

    assert release == Release(
        changing={account(1): ON, account(2): OFF},
        staying=frozenset([account(3)]),
        current={account(1): OFF, account(2): ON},
    )
    assert release.by_account == {
        account(1): "DISABLED -> ENABLED",
        account(2): "ENABLED -> DISABLED",
        account(3): "LEAVE",
    }
    assert (release.total, release.turning_off) == (3, [account(2)])


def test_disable_turns_off_whatever_they_had() -> None:
    release = _planned(_DISABLE, _BEFORE, {account(1): ON, account(2): ON, account(3): OFF})

    assert release.changing == dict.fromkeys(accounts(2), OFF)
    assert release.staying == {account(3)}


def test_leave_lets_everybody_go_as_they_are() -> None:
    # Also whom nobody could set.
    release = _planned(_LEAVE, _BEFORE, {account(1): ON}, relationships={account(2): "Disabled"})

    assert release == Release(staying=frozenset(_BEFORE))
    assert release.by_account == dict.fromkeys(_BEFORE, "LEAVE")


@pytest.mark.parametrize("relationship", ["Removed", "Resigned", "Deleted", None])
def test_who_is_no_member_any_more_leaves_the_ledger(relationship: str | None) -> None:
    relationships = {account(2): relationship} if relationship else {}
    release = _planned(
        _RESTORE, _BEFORE, {account(1): ON, account(3): ON}, relationships=relationships
    )

    assert release.former_members == {account(2)}
    assert release.by_account[account(2)] == "LEAVE"
    assert release.turning_off == []


@pytest.mark.parametrize("relationship", ["Disabled", "RegionDisabled", "NeverHeardOf"])
def test_who_can_not_be_set_now_stays_in_the_ledger(relationship: str) -> None:
    release = _planned(
        _RESTORE,
        _BEFORE,
        {account(1): ON, account(3): ON},
        relationships={account(2): relationship},
    )

    assert release.inactive == {account(2): relationship}
    assert account(2) not in release.by_account
    assert release.turning_off == []


def test_who_is_decided_by_a_policy_stays_in_the_ledger() -> None:
    release = _planned(_RESTORE, _BEFORE, _NOW, managed=(account(2),))

    assert release.managed == {account(2)}
    assert release.by_account.keys() == {account(1), account(3)}
    assert release.turning_off == []


def test_a_status_that_aws_does_not_tell_is_written_and_counts_as_on() -> None:
    snapshot = {account(1): ON, account(3): ON}
    members = {a: replace(member(1), account=a) for a in _BEFORE}
    release = plan_release(
        _RESTORE, _BEFORE, members, MemberStatuses(snapshot, {account(2): "No."})
    )

    assert release.by_account[account(2)] == "UNKNOWN -> DISABLED"
    assert release.turning_off == [account(2)]


@given(data=st.data(), on_release=st.sampled_from(OnRelease))
def test_every_account_is_in_one_place(data: st.DataObject, on_release: OnRelease) -> None:
    some = st.sampled_from(accounts(6))
    statuses = st.dictionaries(some, st.sampled_from([ON, OFF]))
    before, now = data.draw(statuses), data.draw(statuses)
    relationships = data.draw(st.dictionaries(some, st.sampled_from(list(RelationshipStatus))))
    managed = tuple(data.draw(st.sets(some)))

    release = _planned(on_release, before, now, managed=managed, relationships=relationships)

    places = [
        *(
            release.changing,
            release.staying,
            release.former_members,
            release.inactive,
            release.managed,
        )
    ]
    assert sorted(a for place in places for a in place) == sorted(before)
    assert release.total == len(before)
    assert release.by_account.keys() == before.keys() - release.inactive.keys() - release.managed
    assert all(now.get(a) != status for a, status in release.changing.items())


# What a plan releases


def test_an_account_that_drops_out_of_the_rules_is_released() -> None:
    plan = next_plan(_NOW, _BEFORE, [rule("DISABLED", account(3))])

    assert plan.release.by_account == {
        account(1): "DISABLED -> ENABLED",
        account(2): "ENABLED -> DISABLED",
    }
    assert plan.revision == 4
    assert plan.wanted == {account(3): OFF}


def test_once_released_nothing_is_left_to_do() -> None:
    rules = [rule("DISABLED", account(3))]
    first = next_plan(_NOW, _BEFORE, rules)
    after = {account(1): ON, account(2): OFF, account(3): OFF}

    second = next_plan(after, run_after(first), rules)

    assert (second.record.before, second.release) == ({account(3): ON}, Release())
    assert (second.revision, second.members_revision) == (first.revision, first.members_revision)


@pytest.mark.parametrize(
    ("word", "changing"),
    [
        ("RESTORE", {account(1): ON, account(2): OFF}),
        ("DISABLE", {account(2): OFF}),
        ("LEAVE", {}),
    ],
)
def test_what_onrelease_says_now_holds_for_who_drops_out_now(word: str, changing: Statuses) -> None:
    plan = next_plan(_NOW, _BEFORE, [rule("DISABLED", account(3))], onRelease=word)

    assert plan.release.changing == changing
    assert plan.release.by_account.keys() == {account(1), account(2)}


def test_who_becomes_unmanaged_stays_as_it_is_and_leaves_the_ledger() -> None:
    rules = [rule("UNMANAGED", account(1), account(2)), rule("DISABLED", account(3))]
    plan = next_plan(_NOW, _BEFORE, rules)

    assert plan.release.by_account == dict.fromkeys(accounts(2), "LEAVE")
    assert plan.revision == 4


def test_without_a_record_nobody_is_released() -> None:
    plan = next_plan(_NOW, {account(3): ON}, [rule("DISABLED", account(3))])
    assert plan.release == Release()


def test_a_stack_of_a_mode_without_members_releases_all_of_its_record() -> None:
    plan = next_plan(replace(region_with(_NOW), organization=None), _BEFORE, mode="standalone")

    assert plan.release.by_account.keys() == _BEFORE.keys()
    assert plan.release.changing == _BEFORE


# Accounts that can't be set now


def _suspended(statuses: Statuses, *numbers: int) -> Snapshot:
    """A region in which these members are suspended."""
    seen = region_with(statuses)
    members = tuple(
        replace(m, relationship_status="Disabled") if m.account in map(account, numbers) else m
        for m in seen.members
    )
    known = {a: s for a, s in statuses.items() if a not in map(account, numbers)}
    return replace(seen, members=members, statuses=MemberStatuses(known, {}))


_HELD_BACK = {account(1): OFF, account(2): OFF}
_HELD = {account(1): ON, account(2): ON}
_GOES_ON = [rule("ENABLED", account(2))]


def test_an_account_that_can_not_be_set_is_no_news_while_nobody_can() -> None:
    plan = next_plan(_suspended(_HELD, 1), _HELD_BACK, _GOES_ON)

    assert plan.release.by_account == {}
    assert plan.to_record == _HELD_BACK
    assert (plan.revision, plan.refusals) == (3, ())


def test_who_could_not_be_set_is_released_once_a_run_finds_it_active() -> None:
    first = next_plan(_suspended(_HELD, 1), _HELD_BACK, _GOES_ON)
    plan = next_plan(_HELD, run_after(first), _GOES_ON)

    assert plan.release.by_account == {account(1): "ENABLED -> DISABLED"}
    assert plan.revision == 4


def test_an_account_that_could_not_be_set_and_comes_back_keeps_its_record() -> None:
    first = next_plan(_suspended(_HELD, 1), _HELD_BACK, _GOES_ON)
    plan = next_plan(_HELD, run_after(first), [rule("ENABLED")])

    assert plan.release == Release()
    assert plan.to_record == _HELD_BACK
    assert plan.changes == {}


def test_who_can_not_be_set_leaves_the_ledger_once_onrelease_is_leave() -> None:
    plan = next_plan(_suspended(_HELD, 1), _HELD_BACK, _GOES_ON, onRelease="LEAVE")
    assert plan.release.by_account == {account(1): "LEAVE"}


def test_an_account_that_a_policy_decides_is_released_once_it_does_not() -> None:
    decided = replace(
        region_with(_HELD), statuses=MemberStatuses(_HELD, {}, frozenset([account(1)]))
    )
    first = next_plan(decided, _HELD_BACK, _GOES_ON)
    assert first.release.by_account == {}

    plan = next_plan(_HELD, run_after(first), _GOES_ON)
    assert plan.release.by_account == {account(1): "ENABLED -> DISABLED"}


# Accounts that a run could not set


def test_an_account_that_aws_did_not_set_is_released_by_the_next_run() -> None:
    # The provider leaves it in the ledger.
    plan = next_plan(_NOW, {account(2): OFF, account(3): ON}, [rule("DISABLED", account(3))])

    assert plan.release.by_account == {account(2): "ENABLED -> DISABLED"}
    assert plan.revision == 4
    assert release_sentence(_RESTORE, plan.release) == (
        "1 account is released (onRelease RESTORE): 1 goes to DISABLED."
    )


def test_an_account_that_aws_did_not_set_and_comes_back_keeps_its_record() -> None:
    rules = [rule("ENABLED", account(2)), rule("DISABLED", account(3))]
    plan = next_plan(_NOW, {account(2): OFF, account(3): ON}, rules)

    assert plan.release == Release()
    assert plan.to_record == {account(2): "DISABLED", account(3): "ENABLED"}
    assert plan.revision == 3


def test_accounts_of_a_run_that_broke_off_and_come_back_keep_their_record() -> None:
    # AWS is ahead of the state: it has what was there before the stack.
    plan = next_plan(_BEFORE, _BEFORE, [rule("ENABLED")])

    assert plan.to_record == _BEFORE
    assert plan.changes == {account(2): "DISABLED -> ENABLED"}


def test_who_was_released_and_comes_back_is_recorded_as_it_is_then() -> None:
    first = next_plan(_NOW, _BEFORE, [rule("DISABLED", account(3))], onRelease="LEAVE")
    back = next_plan(_NOW, run_after(first), [rule("ENABLED")], onRelease="LEAVE")

    assert back.to_record == {**_NOW, account(3): ON}


# A detector that is made anew: nobody knows yet who will be a member of it


def test_with_a_detector_that_is_made_in_this_run_the_record_stays() -> None:
    to_be_made = Snapshot(REGION, ADMINISTRATOR, NOW, delegated=True)
    record = recorded(_BEFORE, detector_id=DetectorId("an-earlier-one"))
    plan = next_plan(to_be_made, record, [rule("DISABLED", account(3))], detector="create")

    assert plan.refusals == ()
    assert (plan.release, plan.to_record) == (Release(), _BEFORE)


def test_with_a_detector_that_was_made_anew_nobody_drops_out_yet() -> None:
    record = recorded(_BEFORE, detector_id=DetectorId("an-earlier-one"))
    plan = next_plan({}, record)

    assert (plan.release, plan.to_record) == (Release(), _BEFORE)


def test_once_a_new_detector_has_its_members_accounts_drop_out_as_ever() -> None:
    record = recorded(_BEFORE, detector_id=DetectorId("an-earlier-one"))
    first = next_plan(_NOW, record, [rule("DISABLED", account(3))])
    assert first.release == Release()

    after = replace(run_after(first), detector_id=DETECTOR)
    second = next_plan(_NOW, after, [rule("DISABLED", account(3))])
    assert second.release.by_account.keys() == {account(1), account(2)}


# maxDisabled


def _refusal(plan: Plan) -> str | None:
    if not plan.refusals:
        return None
    (text,) = plan.refusals
    return text


@pytest.mark.parametrize(
    ("limit", "by_rule", "told"),
    [
        (2, 0, None),
        (1, 0, "2 members would be turned off, but at most 1 may be in one run. If that"),
        (4, 2, None),
        (3, 2, "4 members would be turned off, but at most 3 may be in one run. If that"),
        ("50%", 0, None),
        ("25%", 0, "2 members would be turned off, but at most 1 may be in one run (maxDisabled: "),
    ],
)
def test_more_than_maxdisabled_is_refused_by_rule_and_release_together(
    limit: int | str, by_rule: int, told: str | None
) -> None:
    off = [account(n) for n in (3, 4)][:by_rule]
    rules = [rule("DISABLED", *off)] if off else []
    record = dict.fromkeys(accounts(2), OFF)

    text = _refusal(next_plan(dict.fromkeys(accounts(4), ON), record, rules, maxDisabled=limit))

    assert (text is None) if told is None else (text or "").startswith(f"maxDisabled: {told}")


def test_who_is_turned_off_by_rule_and_who_by_release_is_named_apart() -> None:
    text = _refusal(
        next_plan(
            dict.fromkeys(accounts(2), ON),
            {account(2): OFF},
            [rule("DISABLED", account(1))],
            maxDisabled=1,
        )
    )
    assert (text or "").endswith(
        "If that is meant, set maxDisabled: 2. Turned off:\n  rule 1: accounts:\n    300000000001\n"
        "  release (onRelease RESTORE):\n    300000000002"
    )


def test_an_account_of_unknown_status_counts_as_one_that_is_turned_off() -> None:
    seen = replace(
        region_with({account(1): ON}), statuses=MemberStatuses({}, {account(1): "Internal error"})
    )
    text = _refusal(next_plan(seen, {account(1): OFF}, maxDisabled=0))

    assert (text or "").startswith(
        "maxDisabled: 1 member would be turned off, 1 of them of a status that AWS did not "
        "return, but at most 0 may be in one run."
    )


@pytest.mark.parametrize("word", ["RESTORE", "LEAVE"])
def test_accounts_that_are_off_or_left_do_not_count(word: str) -> None:
    before = {account(1): OFF} if word == "RESTORE" else dict.fromkeys(accounts(3), OFF)
    now = {account(1): OFF, account(2): ON, account(3): ON}

    assert next_plan(now, before, maxDisabled=0, onRelease=word).refusals == ()


# Settings that are not configured any more


_OF_MEMBERS = {Setting.AUTO_ENABLE_MEMBERS: "NEW", Setting.STATUS: "DISABLED"}


@pytest.mark.parametrize(
    ("word", "told"),
    [
        (
            "RESTORE",
            [
                (
                    "Organization: autoEnableMembers is not configured any more and stays as it "
                    "is. pulumi destroy puts back NEW, which it was before this stack."
                )
            ],
        ),
        ("LEAVE", []),
        ("DISABLE", []),
    ],
)
def test_a_setting_that_is_written_no_more_is_told_if_destroy_restores_it(
    word: str, told: list[str]
) -> None:
    plan = next_plan({}, recorded({}, settings=_OF_MEMBERS), onRelease=word)

    assert [notice for notice in plan.notices if "not configured any more" in notice] == told
    assert plan.settings_before[Setting.AUTO_ENABLE_MEMBERS] == "NEW"


def test_settings_of_what_may_be_anothers_organization_are_told_so() -> None:
    record = recorded({}, settings={**_OF_MEMBERS, Setting.AUTO_ENABLE: "NONE"})
    plan = next_plan(replace(region_with({}), organization=None), record, mode="standalone")

    assert [notice for notice in plan.notices if "not configured any more" in notice] == [
        f"Organization: {key} is not configured any more and stays as it is. pulumi destroy puts "
        f"back {prior}, which it was before this stack, if the organization is this account's then."
        for key, prior in (("autoEnable", "NONE"), ("autoEnableMembers", "NEW"))
    ]


# A region that leaves the program


def _leaving(now: Statuses | Snapshot, **chosen: object) -> Plan:
    seen = region_with(now) if isinstance(now, dict) else now
    wanted = settings(**{"onRelease": "RESTORE", **chosen})
    return make_leaving_plan(wanted, seen, OWNER, LastState((recorded(_BEFORE),)))  # type: ignore[arg-type]


def test_a_region_that_leaves_the_program_releases_all_of_its_record() -> None:
    plan = _leaving(_NOW)

    assert plan.leaving
    assert plan.release.changing == _BEFORE
    assert plan.revision == 4
    assert (plan.written_settings, plan.changes, plan.refusals) == ((), {}, ())


@pytest.mark.parametrize("auto_enable", ["ALL", "NEW"])
def test_a_region_that_leaves_the_program_turns_nobody_on_by_its_settings(
    auto_enable: str,
) -> None:
    seen = replace(
        region_with({account(7): OFF}), detector=Detector(DETECTOR, monitoring=True, status=OFF)
    )
    plan = _leaving(seen, autoEnable=auto_enable)

    assert (plan.turning_on, plan.reaches_all) == ([], False)


def test_a_region_that_leaves_the_program_counts_for_maxdisabled() -> None:
    refusal_of = _refusal(_leaving(_NOW, maxDisabled=0))
    assert (refusal_of or "").endswith("  release (onRelease RESTORE):\n    300000000002")


def test_a_region_whose_detector_is_gone_leaves_without_a_release() -> None:
    plan = _leaving(Snapshot(REGION, ADMINISTRATOR, NOW))

    assert plan.release.by_account == dict.fromkeys(_BEFORE, "LEAVE")
    assert plan.refusals == ()


def test_a_region_leaves_as_it_is_whoever_asks_if_onrelease_is_leave() -> None:
    seen = replace(region_with({}), administrator=account(9))

    assert _leaving(seen, onRelease="LEAVE").refusals == ()
    assert len(_leaving(seen).refusals) == 1


# What is told


def test_a_preview_tells_how_many_go_where() -> None:
    before = {**_BEFORE, account(4): ON, account(5): ON}
    now = {**_NOW, account(4): ON}
    release = _planned(_RESTORE, {a: s for a, s in before.items() if a != account(1)}, now)

    assert release_sentence(_RESTORE, release) == (
        "4 accounts are released (onRelease RESTORE): 1 goes to DISABLED, 1 to ENABLED, 1 "
        "stays as it is, 1 is no member any more (300000000005)."
    )


def test_a_preview_tells_who_stays_in_one_line() -> None:
    assert release_sentence(_LEAVE, _planned(_LEAVE, _BEFORE, _NOW)) == (
        "3 accounts are released (onRelease LEAVE): 3 stay as they are."
    )


def test_a_preview_and_a_run_name_who_can_not_be_set_and_why() -> None:
    before = dict.fromkeys(accounts(6), OFF)
    now = {account(1): ON, account(5): ON, account(6): OFF}
    release = _planned(
        _RESTORE,
        before,
        now,
        managed=(account(5),),
        relationships={account(3): "Disabled", account(4): "Removed"},
    )
    why = [
        "1 is inactive (relationship status Disabled, suspended in GuardDuty): 300000000003",
        "2 are no members any more (300000000002, 300000000004)",
        "1 is decided by policy (GUARDDUTY_POLICY: 300000000005)",
    ]

    assert release_sentence(_RESTORE, release) == (
        "6 accounts are released (onRelease RESTORE): 1 goes to DISABLED, 1 stays as it "
        f"is, {', '.join(why)}."
    )
    fake = FakeGuardDuty(dict(now))
    done = do_release(fake.api, DETECTOR, release, Patience(seconds=0))
    assert release_summary(done, _RESTORE) == (
        f"1 account put back to DISABLED; 1 was as it is; {'; '.join(why)}."
    )


# Doing it


def test_a_run_that_turns_released_members_off_says_that_it_set_them() -> None:
    now = {account(1): ON, account(2): ON, account(3): OFF}
    done = Released(_planned(_DISABLE, _BEFORE, now), {})

    assert release_summary(done, _DISABLE) == "2 accounts set to DISABLED; 1 was as it is."


def test_only_accounts_that_change_are_written() -> None:
    fake = FakeGuardDuty(dict(_NOW))
    release = Release(changing={account(2): OFF}, staying=frozenset([account(3)]))

    done = do_release(fake.api, DETECTOR, release, Patience(seconds=0))

    assert fake.written == {account(2): 1}
    assert (done.release, done.unreleased) == (release, {})


def test_who_aws_does_not_set_is_told_with_its_reason() -> None:
    fake = FakeGuardDuty(dict(_NOW), unprocessed={account(2): ["No."]})
    fake.updated = {account(2): "2026-01-01T00:00:00Z"}
    release = Release(changing={account(1): ON, account(2): OFF})

    done = do_release(fake.api, DETECTOR, release, Patience(seconds=0))

    assert done.unreleased == {account(2): "No."}
    assert done.release.changing == {account(1): ON}
    assert release_summary(done, _RESTORE) == "1 account put back to ENABLED; 1 could not be set."


def test_a_reason_stands_if_nobody_can_look_the_account_up() -> None:
    fake = FakeGuardDuty(dict(_NOW), unprocessed={account(2): ["No."]})
    fake.failures = {"GetMembers": [refusal("GetMembers", "AccessDeniedException", "No.")] * 3}

    done = do_release(fake.api, DETECTOR, Release(changing={account(2): OFF}), Patience(seconds=0))

    assert done.unreleased == {account(2): "No."}


def test_nobody_is_asked_about_accounts_that_are_left() -> None:
    fake = FakeGuardDuty(dict(_NOW))

    assert find_release(fake.api, DETECTOR, _LEAVE, _BEFORE) == Release(staying=frozenset(_BEFORE))
    assert find_release(fake.api, DETECTOR, _RESTORE, {}) == Release()
    assert fake.calls == []


def test_members_are_looked_up_fifty_in_a_call() -> None:
    many = dict.fromkeys(accounts(120), ON)
    fake = FakeGuardDuty(dict(many), updated=dict.fromkeys(many, "2026-01-01T00:00:00Z"))

    release = find_release(fake.api, DETECTOR, _DISABLE, many)

    assert release.changing == dict.fromkeys(many, OFF)
    assert (fake.count("GetMembers"), fake.count("GetMemberDetectors")) == (3, 3)
    assert fake.writes == []
