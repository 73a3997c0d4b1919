"""What previews and runs tell, whole: the transcripts that users read, within 80 columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from guardduty import messages
from guardduty.ledger import LastState, Record
from guardduty.model import Detector, MemberStatuses, Snapshot
from guardduty.plan import Plan, make_leaving_plan, make_plan
from guardduty.run_report import region_report
from guardduty.summary import headline, summary, summary_after
from tests.vocabulary import (
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
    from guardduty.model import AccountId, FeatureStatus
    from guardduty.settings import Settings


_TO_BE_MADE = Snapshot(REGION, ADMINISTRATOR, NOW, delegated=True)


def _plan(chosen: Settings, snapshot: Snapshot) -> Plan:
    plan = make_plan(chosen, snapshot, OWNER)
    assert plan.refusals == ()
    return plan


def _told(chosen: Settings, snapshot: Snapshot) -> list[str]:
    return summary(region_report(_plan(chosen, snapshot))).splitlines()


def test_a_run_that_turns_members_on_and_off() -> None:
    snapshot = replace(
        region_with({account(1): ON, account(2): OFF, account(3): ON}),
        detector=Detector(DETECTOR, monitoring=True, status=OFF),
    )
    chosen = settings(members=[rule("DISABLED", account(1)), rule("ENABLED")])

    assert _told(chosen, snapshot) == [
        "EKS audit log monitoring in us-east-1, administrator 222222222222",
        "  off  300000000001  rule 1: accounts",
        "  3 members: 2 on, 1 off. This run turns 1 on, 1 off; 1 stay.",
        "  1 off by rule 1: accounts",
        "  1 on by rule 2: all",
        "  on   300000000002  rule 2: all",
        "  Administrator's own detector: off -> on.",
        "  Organization: autoEnable NEW; new accounts get EKS audit logs by themselves.",
    ]


def test_a_run_that_changes_nothing() -> None:
    snapshot = region_with({account(1): ON, account(2): OFF})
    chosen = settings(autoEnable="NONE", members=[rule("ENABLED", account(1))])

    assert _told(chosen, snapshot) == [
        "EKS audit log monitoring in us-east-1, administrator 222222222222",
        "  2 members: 1 on, 1 off. This run changes none of them.",
        "  Administrator's own detector: on, and stays so.",
        (
            "  Organization: autoEnable NEW -> NONE; new accounts are left alone, and nothing is "
            "turned off."
        ),
    ]


def test_a_run_that_changes_the_organization() -> None:
    snapshot = region_with({account(1): ON, account(2): OFF})
    chosen = settings(
        autoEnable="ALL", autoEnableMembers="ALL", members=[rule("UNMANAGED", account(2))]
    )

    assert _told(chosen, snapshot)[3:] == [
        "  Organization: autoEnable NEW -> ALL; all accounts get EKS audit logs by themselves.",
        (
            "  Organization: 1 of 2 members does not have EKS audit logs on yet. GuardDuty turns "
            "on whoever is not on, by itself within 24 hours."
        ),
        "  Organization: ALL reaches 1 UNMANAGED member too: 300000000002",
        (
            "  Organization: autoEnableMembers NEW -> ALL; GuardDuty itself is turned on for all "
            "accounts."
        ),
    ]


def test_a_member_whose_status_is_not_told_is_unknown_not_off() -> None:
    snapshot = replace(
        region_with({account(1): ON, account(2): OFF}),
        statuses=MemberStatuses({account(1): ON}, {account(2): "Internal error"}),
    )

    assert _told(settings(members=[rule("ENABLED")]), snapshot)[1:3] == [
        "  2 members: 1 on, 0 off, 1 unknown. This run turns 1 on, 0 off; 1 stay.",
        "  on   300000000002  rule 1: all",
    ]


def test_the_run_that_makes_the_detector() -> None:
    chosen = settings(detector="create", status="DISABLED", members=[rule("ENABLED")])

    assert _told(chosen, _TO_BE_MADE) == [
        "EKS audit log monitoring in us-east-1, administrator 222222222222",
        "  Administrator's own detector: made with EKS audit logs off.",
        (
            "  The detector is made in this run; GuardDuty attaches member accounts to it "
            "afterwards."
        ),
        "  1 rule for members: run `pulumi up` once more to have them applied.",
        (
            "  Organization: autoEnable NEW; new accounts for which GuardDuty itself is turned on "
            "get EKS audit logs by themselves."
        ),
    ]


@pytest.mark.parametrize(
    ("changing", "more"),
    [
        (20, []),
        (21, ["  … and 1 more on; the run report has them all (docs/run-report.md)"]),
        (120, ["  … and 100 more on; the run report has them all (docs/run-report.md)"]),
    ],
)
def test_the_first_twenty_that_go_on_are_named_and_the_others_counted(
    changing: int, more: list[str]
) -> None:
    snapshot = region_with(dict.fromkeys(accounts(changing), OFF))
    told = _told(settings(members=[rule("ENABLED")]), snapshot)

    rows = [f"  on   {a}  rule 1: all" for a in accounts(20)]
    assert told[1] == (
        f"  {changing} members: 0 on, {changing} off. This run turns {changing} on, 0 off; 0 stay."
    )
    assert told[2:-2] == rows + more


def test_members_that_cannot_be_set_are_told_and_not_counted() -> None:
    snapshot = replace(
        region_with({account(1): ON}), members=(member(1), member(2, "AccountSuspended"))
    )

    told = _told(settings(members=[rule("ENABLED")]), snapshot)

    assert told[1] == "  1 member: 1 on, 0 off. This run changes none of them."
    assert told[-1] == (
        "  1 member can't be set (relationship status AccountSuspended, the account is suspended "
        "in AWS): 300000000002"
    )


def test_numbers_and_accounts_stay_within_80_columns() -> None:
    snapshot = replace(
        region_with(dict.fromkeys(accounts(50), ON)),
        detector=Detector(DETECTOR, monitoring=True, status=OFF),
    )
    rules = [rule("DISABLED", *accounts(30)), rule("ENABLED")]
    chosen = settings(maxDisabled="60%", members=rules)
    assert [line for line in _told(chosen, snapshot) if len(line) > 80] == []


def _record(before: dict[AccountId, FeatureStatus], *, earlier: bool = False) -> LastState:
    record = Record(REGION, ADMINISTRATOR, DETECTOR, before, revision=4, earlier=earlier)
    return LastState((record,))


def test_accounts_that_are_released_are_named_what_turns_off_first() -> None:
    snapshot = region_with({account(1): OFF, account(2): ON, account(3): ON, account(4): OFF})
    last = _record({account(1): ON, account(2): OFF, account(3): OFF, account(4): OFF})
    plan = make_plan(settings(onRelease="RESTORE"), snapshot, OWNER, last)

    assert summary(region_report(plan)).splitlines()[1:8] == [
        "  off  300000000002  release (onRelease RESTORE)",
        "  off  300000000003  release (onRelease RESTORE)",
        "  4 members: 2 on, 2 off. This run turns 1 on, 2 off; 1 stay.",
        "  2 off by release (onRelease RESTORE)",
        "  1 on by release (onRelease RESTORE)",
        "  on   300000000001  release (onRelease RESTORE)",
        (
            "  4 accounts drop out of the rules (onRelease RESTORE): 2 go to DISABLED, 1 to "
            "ENABLED, 1 stays as it is."
        ),
    ]


def test_what_goes_off_is_named_whole() -> None:
    snapshot = region_with(dict.fromkeys(accounts(60), ON))
    last = _record(dict.fromkeys(accounts(60), OFF))
    chosen = settings(
        onRelease="RESTORE", maxDisabled="100%", members=[rule("DISABLED", *accounts(30))]
    )

    told = summary(region_report(make_plan(chosen, snapshot, OWNER, last))).splitlines()

    by_release = accounts(60)[30:]
    assert told[1:62] == [
        *(f"  off  {a}  release (onRelease RESTORE)" for a in by_release),
        *(f"  off  {a}  rule 1: accounts" for a in accounts(30)),
        "  60 members: 60 on, 0 off. This run turns 0 on, 60 off; 0 stay.",
    ]


def test_the_own_detector_that_goes_off_stands_first() -> None:
    chosen = settings(status="DISABLED", members=[rule("DISABLED", account(1))])

    told = _told(chosen, region_with({account(1): ON}))

    assert told[1:3] == [
        "  Administrator's own detector: on -> off.",
        "  off  300000000001  rule 1: accounts",
    ]


def test_what_the_last_run_could_not_set_is_told_with_awss_reason_once() -> None:
    snapshot = region_with(dict.fromkeys(accounts(7), OFF))
    reasons = dict.fromkeys(accounts(6), "Internal error")
    record = Record(REGION, ADMINISTRATOR, DETECTOR, {}, revision=4, left=reasons)
    chosen = settings(members=[rule("ENABLED")])
    report = region_report(make_plan(chosen, snapshot, OWNER, LastState((record,))))

    told = summary(report)

    first, last = accounts(6)[:5], accounts(6)[5]
    assert told.count("Internal error") == 1
    assert (
        "  The last run could not set 6 accounts of these:\n"
        "    Internal error (6):\n"
        f"      {', '.join(first)}\n      {last}\n"
    ) in told
    assert {a.account: a.reason for a in report.accounts} == {**reasons, account(7): None}


def test_a_run_names_at_its_end_what_it_has_changed() -> None:
    chosen = settings(members=[rule("DISABLED", account(1)), rule("ENABLED")])
    snapshot = region_with({account(1): ON, account(2): OFF, account(3): OFF, account(4): OFF})
    report = region_report(_plan(chosen, snapshot))

    ended = report.after(done=accounts(3), reasons={account(3): "Internal error"})

    assert (summary_after(ended) or "").splitlines() == [
        "EKS audit log monitoring in us-east-1: turned 1 on, 1 off.",
        "  off  300000000001  rule 1: accounts",
        "  1 off by rule 1: accounts",
        "  1 on by rule 2: all",
        "  on   300000000002  rule 2: all",
    ]
    assert [(a.account, a.progress, a.reason) for a in ended.accounts] == [
        (account(1), "set", None),
        (account(2), "set", None),
        (account(3), "unprocessed", "Internal error"),
        (account(4), "unprocessed", messages.left_out_of_this_run()),
    ]


def test_a_run_that_has_changed_nothing_names_nobody() -> None:
    report = region_report(_plan(settings(), region_with({account(1): ON})))

    assert summary_after(report.after(done=(), reasons={})) is None


def test_a_region_that_leaves_is_told_as_such() -> None:
    snapshot = region_with({account(1): ON, account(2): ON})
    last = _record({account(1): OFF, account(2): ON})
    plan = make_leaving_plan(settings(onRelease="RESTORE"), snapshot, OWNER, last)

    assert summary(region_report(plan)).splitlines() == [
        "EKS audit log monitoring in us-east-1, administrator 222222222222",
        f"  {messages.region_leaves('RESTORE')}",
        "  off  300000000001  release (onRelease RESTORE)",
        (
            "  2 accounts drop out of the rules (onRelease RESTORE): 1 goes to DISABLED, 1 stays "
            "as it is."
        ),
    ]
    assert headline(plan) == ("EKS audit logs in us-east-1: releasing 2 accounts and the region.")


@pytest.mark.parametrize("mode", ["organization", "invitation", "standalone"])
def test_a_run_that_rewrites_its_state_says_so_in_one_line(mode: str) -> None:
    snapshot = region_with({account(1): ON})
    last = _record({account(1): OFF}, earlier=True)
    plan = make_plan(settings(mode=mode), snapshot, OWNER, last)

    line = f"  {messages.state_rewritten()}"
    assert summary(region_report(plan)).splitlines().count(line) == 1
    assert headline(plan).splitlines().count(line) == 1


def test_the_run_itself_tells_one_line() -> None:
    chosen = settings(members=[rule("DISABLED", account(1)), rule("ENABLED")])
    snapshot = region_with({account(1): ON, account(2): OFF, account(3): OFF})

    assert headline(_plan(chosen, snapshot)) == (
        "EKS audit log monitoring in us-east-1: turning 2 on, 1 off."
    )


def test_the_run_itself_says_that_it_makes_the_detector_and_what_comes_next() -> None:
    chosen = settings(detector="create", members=[rule("ENABLED")])

    assert headline(_plan(chosen, _TO_BE_MADE)).splitlines() == [
        "EKS audit log monitoring in us-east-1: making the detector.",
        (
            "  The detector is made in this run; GuardDuty attaches member accounts to it "
            "afterwards."
        ),
        "  1 rule for members: run `pulumi up` once more to have them applied.",
        (
            "  Organization: autoEnable NEW; new accounts for which GuardDuty itself is turned on "
            "get EKS audit logs by themselves."
        ),
    ]


def test_the_run_itself_says_when_there_is_nothing_to_do() -> None:
    chosen = settings(members=[rule("ENABLED")])

    assert headline(_plan(chosen, region_with({account(1): ON}))) == (
        "EKS audit log monitoring in us-east-1: this run changes no member."
    )
