"""What a run does, decided from settings and snapshot alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.model import (
    AccountId,
    AutoEnable,
    Detector,
    Membership,
    MemberStatuses,
    OrganizationConfiguration,
    OrganizationLookup,
    Refused,
    RelationshipStatus,
    Snapshot,
)
from guardduty_eks_audit_logs.planning.decisions import rule_label
from guardduty_eks_audit_logs.planning.plan import Plan, make_plan
from guardduty_eks_audit_logs.planning.refusals import OWNER_TAG
from guardduty_eks_audit_logs.reports.region_report import region_report
from guardduty_eks_audit_logs.reports.summary import summary
from guardduty_eks_audit_logs.settings.configuration import Settings
from tests.support.vocabulary import (
    ADMINISTRATOR,
    DETECTOR,
    NO_MASTER,
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
    from guardduty_eks_audit_logs.model import FeatureStatus

_NEW = "Organization: autoEnable NEW; new accounts get EKS audit logs by themselves."
_NEW_TO_COME = (
    "Organization: autoEnable NEW; new accounts for which GuardDuty itself is turned on get EKS "
    "audit logs by themselves."
)
_TO_BE_MADE = Snapshot(REGION, ADMINISTRATOR, NOW, delegated=True)


def _plan(settings: Settings, snapshot: Snapshot) -> Plan:
    return make_plan(settings, snapshot, OWNER)


def _own_detector(
    status: FeatureStatus | None = ON, *, monitoring: bool = True, owner: str | None = None
) -> Detector:
    return Detector(DETECTOR, monitoring, status, {OWNER_TAG: owner} if owner else {})


# Which rule decides


def test_the_first_rule_that_selects_an_account_decides_it() -> None:
    rules = [rule("DISABLED", account(1)), rule("ENABLED", account(1), account(2)), rule("ENABLED")]
    plan = _plan(
        settings(members=rules), region_with({account(1): ON, account(2): OFF, account(3): ON})
    )

    assert [(d.account, d.rule, d.wanted) for d in plan.decisions] == [
        (account(1), 0, OFF),
        (account(2), 1, ON),
        (account(3), 2, ON),
    ]


def test_only_members_that_differ_change() -> None:
    plan = _plan(
        settings(members=[rule("DISABLED", account(1)), rule("ENABLED")]),
        region_with({account(1): ON, account(2): OFF, account(3): ON}),
    )

    assert plan.wanted == {account(1): OFF, account(2): ON, account(3): ON}
    assert plan.changes == {account(1): "ENABLED -> DISABLED", account(2): "DISABLED -> ENABLED"}


def test_only_members_that_change_to_on_are_turned_on() -> None:
    plan = _plan(
        settings(members=[rule("DISABLED", account(1)), rule("ENABLED")]),
        region_with({account(1): ON, account(2): OFF, account(3): ON}),
    )

    assert plan.turning_on == [account(2)]
    assert plan.owner == OWNER


def test_a_member_whose_status_aws_does_not_tell_is_written() -> None:
    snapshot = replace(
        region_with({account(1): ON}), statuses=MemberStatuses({}, {account(1): "Internal error"})
    )
    plan = _plan(settings(members=[rule("ENABLED")]), snapshot)

    assert plan.changes == {account(1): "UNKNOWN -> ENABLED"}


def test_unmanaged_members_are_decided_but_left_alone() -> None:
    plan = _plan(
        settings(members=[rule("UNMANAGED", account(1)), rule("ENABLED")]),
        region_with({account(1): OFF, account(2): OFF}),
    )

    assert [d.account for d in plan.decisions] == [account(1), account(2)]
    assert plan.wanted == {account(2): ON}
    assert plan.changes == {account(2): "DISABLED -> ENABLED"}


def test_an_account_that_no_rule_selects_is_left_alone() -> None:
    plan = _plan(
        settings(members=[rule("ENABLED", account(1))]),
        region_with({account(1): OFF, account(2): OFF}),
    )

    assert list(plan.wanted) == [account(1)]


def test_without_rules_no_member_is_decided() -> None:
    plan = _plan(Settings(), region_with({account(1): OFF}))

    assert (plan.refusals, plan.decisions, plan.changes) == ((), (), {})


@pytest.mark.parametrize(
    "status", [s for s in RelationshipStatus if s is not RelationshipStatus.ENABLED]
)
def test_rules_decide_no_member_that_guardduty_does_not_monitor(status: str) -> None:
    snapshot = replace(region_with({account(1): OFF}), members=(member(1), member(2, status)))
    plan = _plan(settings(members=[rule("ENABLED")]), snapshot)

    assert list(plan.wanted) == [account(1)]


def test_rules_are_named_counted_from_one() -> None:
    rules = settings(members=[rule("ENABLED", account(1)), rule("ENABLED")]).members
    assert [rule_label(index, rules) for index in range(2)] == ["rule 1: accounts", "rule 2: all"]


# Refusals: who asks, and what for


def test_no_detector_to_look_up() -> None:
    plan = _plan(settings(detector="existing"), Snapshot(REGION, ADMINISTRATOR, NOW))

    assert plan.refusals == (
        (
            "detector: existing, but account 222222222222 has no GuardDuty detector in us-east-1. "
            "Use credentials of the account that is to keep GuardDuty; enable GuardDuty there, or "
            "set detector: create."
        ),
    )


def test_a_detector_that_somebody_else_made_is_not_taken_over() -> None:
    plan = _plan(settings(detector="create"), region_with({}))

    assert plan.refusals == (
        (
            "detector: create, but account 222222222222 has detector "
            "12abc34d567e8fa901bc2d34e56789f0 in us-east-1 already, which this stack did not make. "
            "Set detector: existing; or, for this stack to import it, run `aws guardduty "
            "tag-resource --resource-arn arn:aws:guardduty:us-east-1:222222222222:detector/"
            "12abc34d567e8fa901bc2d34e56789f0 --tags guardduty-eks-audit-logs:stack="
            "guardduty-eks-audit-logs/prod-us-east-1` and `pulumi up`."
        ),
    )


@pytest.mark.parametrize(
    "owner", ["prod-eu-west-1", "guardduty-eks-audit-logs/prod-eu-west-1", "other/prod-us-east-1"]
)
def test_a_detector_that_another_stack_made_is_not_taken_over(owner: str) -> None:
    snapshot = replace(region_with({}), detector=_own_detector(owner=owner))

    assert len(_plan(settings(detector="create"), snapshot).refusals) == 1


@pytest.mark.parametrize("owner", [OWNER, "prod-us-east-1"], ids=["now", "up to 0.2.0"])
def test_a_detector_that_this_stack_made_is_kept(owner: str) -> None:
    snapshot = replace(region_with({}), detector=_own_detector(owner=owner))
    plan = _plan(settings(detector="create", members=[rule("ENABLED")]), snapshot)

    assert plan.refusals == ()
    assert plan.notices[0] == _NEW


_NOT_DELEGATED = (
    "detector: create, but AWS Organizations does not list account 222222222222 as a delegated "
    "administrator of GuardDuty{}. Use the administrator's credentials, with the "
    "permission organizations:ListDelegatedAdministrators."
)


def test_no_detector_is_made_for_who_is_not_the_delegated_administrator() -> None:
    snapshot = replace(_TO_BE_MADE, delegated=False)
    plan = _plan(settings(detector="create", members=[rule("ENABLED")]), snapshot)

    assert plan.refusals == (_NOT_DELEGATED.format(""),)
    assert plan.notices == ()


def test_no_detector_is_made_for_who_may_not_ask_organizations() -> None:
    refused = Refused("AccessDeniedException", "You don't have permissions.")
    snapshot = replace(_TO_BE_MADE, delegated=False, organization_refused=refused)

    assert _plan(settings(detector="create"), snapshot).refusals == (
        _NOT_DELEGATED.format(" (You don't have permissions)"),
    )


def test_the_detector_of_an_existing_one_is_nobodys_own() -> None:
    snapshot = replace(region_with({}), detector=_own_detector(owner="prod-eu-west-1"))
    plan = _plan(settings(detector="existing", members=[rule("ENABLED")]), snapshot)

    assert plan.refusals == ()
    assert not plan.settings.makes_detector


def test_a_suspended_detector() -> None:
    snapshot = replace(region_with({}), detector=_own_detector(monitoring=False))

    assert _plan(Settings(), snapshot).refusals == (
        (
            "GuardDuty is suspended in us-east-1 for account 222222222222 (detector "
            "12abc34d567e8fa901bc2d34e56789f0), so no feature of it works. Resume it in "
            "GuardDuty's settings."
        ),
    )


def test_a_caller_that_is_itself_a_member() -> None:
    snapshot = replace(
        region_with({account(1): OFF}),
        caller=account(9),
        administrator=ADMINISTRATOR,
        organization=None,
    )
    plan = _plan(settings(members=[rule("ENABLED", account(7))]), snapshot)

    assert plan.refusals == (
        (
            "account 300000000009 is a GuardDuty member in us-east-1, and only its administrator "
            "222222222222 may set EKS audit log monitoring. Use credentials of 222222222222."
        ),
    )
    assert plan.decisions == ()


def test_a_caller_that_is_not_the_delegated_administrator() -> None:
    snapshot = replace(
        region_with({}),
        organization=None,
        organization_refused=Refused("BadRequestException", NO_MASTER),
    )

    assert _plan(Settings(), snapshot).refusals == (
        (
            "account 222222222222 is not the delegated GuardDuty administrator in us-east-1 (The "
            "request failed because you do not have required AWS Organization master permission). "
            "Use the administrator's credentials, or designate this account first."
        ),
    )


@pytest.mark.parametrize("code", ["AccessDeniedException", "AccessDenied"])
def test_a_caller_without_the_permission_is_told_so(code: str) -> None:
    reason = "User: x is not authorized."
    snapshot = replace(
        region_with({}), organization=None, organization_refused=Refused(code, reason)
    )

    assert _plan(Settings(), snapshot).refusals == (
        (
            "account 222222222222 may not call DescribeOrganizationConfiguration (User: x is not "
            "authorized). Give the caller the permission "
            "guardduty:DescribeOrganizationConfiguration."
        ),
    )


_NOT_OFFERED = (
    (
        "aws:region: GuardDuty does not offer EKS_AUDIT_LOGS in us-east-1. Keep no stack for it: "
        "`pulumi destroy`, which is safe for one that was never up, and `pulumi stack rm`."
    ),
)


def test_a_region_where_the_detector_has_no_such_feature() -> None:
    snapshot = replace(region_with({}), detector=_own_detector(None))
    assert _plan(Settings(), snapshot).refusals == _NOT_OFFERED


def test_a_region_where_the_organization_has_no_such_feature() -> None:
    snapshot = replace(
        region_with({}), organization=OrganizationConfiguration(AutoEnable.NEW, None)
    )
    assert _plan(Settings(), snapshot).refusals == _NOT_OFFERED


def test_all_together_with_a_rule_that_turns_members_off() -> None:
    off = [account(n) for n in (4, 1, 3, 2)]
    plan = _plan(
        settings(autoEnable="ALL", members=[rule("ENABLED", account(5)), rule("DISABLED", *off)]),
        region_with(dict.fromkeys([*off, account(5)], ON)),
    )

    assert plan.refusals == (
        (
            "autoEnable: ALL turns EKS audit logs on for every account, but rule 2 (members[1]) "
            "wants DISABLED for 4 of them (300000000001, 300000000002, 300000000003, …). Use "
            "autoEnable: NEW with rules, or drop the rule."
        ),
    )


def test_all_and_a_suspended_member_that_a_rule_turns_off() -> None:
    snapshot = replace(region_with({account(1): ON}), members=(member(1), member(2, "Disabled")))
    plan = _plan(settings(autoEnable="ALL", members=[rule("DISABLED", account(2))]), snapshot)

    (refusal,) = plan.refusals
    assert "rule 1 (members[0]) wants DISABLED for 1 of them (300000000002)." in refusal


def test_all_is_no_conflict_with_a_rule_that_turns_nobody_off() -> None:
    plan = _plan(
        settings(autoEnable="ALL", members=[rule("ENABLED"), rule("DISABLED")]),
        region_with({account(1): ON}),
    )
    assert plan.refusals == ()


@pytest.mark.parametrize("auto_enable", ["NEW", "NONE"])
def test_exceptions_are_welcome_beside_new_and_none(auto_enable: str) -> None:
    plan = _plan(
        settings(autoEnable=auto_enable, members=[rule("DISABLED")]), region_with({account(1): ON})
    )
    assert (plan.refusals, plan.wanted) == ((), {account(1): OFF})


def test_a_rule_names_the_administrator() -> None:
    plan = _plan(settings(members=[rule("ENABLED", ADMINISTRATOR)]), region_with({}))

    assert plan.refusals == (
        (
            "rule 1 (members[0].accounts): 222222222222 is the administrator itself, which is no "
            "member; its own detector is set by the key status. Remove it from the rule."
        ),
    )


def test_a_rule_names_an_account_that_is_no_member() -> None:
    plan = _plan(
        settings(members=[rule("ENABLED"), rule("UNMANAGED", account(7))]), region_with({})
    )

    assert plan.refusals == (
        (
            "rule 2 (members[1].accounts): 300000000007 is not a GuardDuty member in us-east-1. "
            "Correct the id, remove it from the rule, or add the account as a member first."
        ),
    )


@pytest.mark.parametrize("status", ["Removed", "Resigned", "Deleted"])
def test_a_rule_names_a_former_member(status: str) -> None:
    snapshot = replace(region_with({}), members=(member(3, status),))
    plan = _plan(settings(members=[rule("ENABLED", account(3))]), snapshot)

    assert plan.refusals == (
        (
            "rule 1 (members[0].accounts): 300000000003 is no longer a GuardDuty member "
            f"(relationship status {status}). Remove it from the rule, or add it as a member again."
        ),
    )


def test_many_that_are_no_members_are_told_in_one_sentence() -> None:
    snapshot = replace(region_with({}), members=(member(2, "Removed"), member(3, "Removed")))
    named = accounts(5)
    (told,) = _plan(settings(members=[rule("ENABLED", *named)]), snapshot).refusals

    assert told.splitlines() == [
        (
            "rule 1 (members[0].accounts): 5 accounts are no GuardDuty members in us-east-1. "
            "Correct the ids, remove them from the rule, or add the accounts as members first."
        ),
        "  not added (3):",
        "    300000000001, 300000000004, 300000000005",
        "  relationship status Removed (2):",
        "    300000000002, 300000000003",
    ]


def test_of_very_many_that_are_no_members_the_report_has_all() -> None:
    plan = _plan(settings(members=[rule("ENABLED", *accounts(500))]), region_with({}))

    (told,) = plan.refusals
    assert told.endswith("  … and 480 more; GUARDDUTY_EKS_AUDIT_LOGS_REPORT=<file> names them all")
    assert account(20) in told
    assert account(21) not in told
    (whole,) = region_report(plan).unreached
    assert [a for a in accounts(500) if a not in whole] == []


def test_a_former_member_is_nobodys_business_of_a_rule_for_all() -> None:
    snapshot = replace(region_with({account(1): ON}), members=(member(1), member(3, "Removed")))
    plan = _plan(settings(members=[rule("ENABLED")]), snapshot)

    assert (plan.refusals, plan.notices) == ((), (_NEW,))


def test_every_refusal_of_the_rules_is_told_at_once() -> None:
    snapshot = replace(region_with({account(1): ON}), members=(member(1), member(2, "Resigned")))
    plan = _plan(
        settings(
            autoEnable="ALL",
            members=[
                rule("DISABLED", account(1), account(7), account(8)),
                rule("ENABLED", ADMINISTRATOR, account(2)),
            ],
        ),
        snapshot,
    )

    told = (
        "autoEnable: ALL ",
        "rule 1 (members[0].accounts): 2 accounts are no GuardDuty members ",
        "rule 2 (members[1].accounts): 222222222222 ",
        "rule 2 (members[1].accounts): 300000000002 ",
    )
    assert len(plan.refusals) == len(told)
    assert all(r.startswith(words) for r, words in zip(plan.refusals, told, strict=True))


def test_every_refusal_of_the_caller_is_told_at_once() -> None:
    snapshot = replace(
        region_with({}),
        detector=_own_detector(None, monitoring=False),
        organization=None,
        organization_refused=Refused("BadRequestException", NO_MASTER),
    )
    refusals = _plan(settings(detector="create"), snapshot).refusals

    assert [" ".join(refusal.split(" ")[:3]) for refusal in refusals] == [
        "detector: create, but",
        "GuardDuty is suspended",
        "account 222222222222 is",
        "aws:region: GuardDuty does",
    ]


# Before the detector is made, which alone tells who is a member


def _refused(snapshot: Snapshot = _TO_BE_MADE, **chosen: object) -> tuple[str, ...]:
    return _plan(settings(detector="create", **chosen), snapshot).refusals


def test_all_that_is_wrong_without_knowing_the_members_is_told_at_once() -> None:
    lookup = OrganizationLookup(policy_type_enabled=True, unknown_units=frozenset(["Root/Nowhere"]))
    rules = [
        rule("ENABLED", ADMINISTRATOR),
        rule("DISABLED", account(2), account(1)),
        {"status": "ENABLED", "organizationalUnits": ["Root/Nowhere"]},
    ]

    refusals = _refused(
        replace(_TO_BE_MADE, lookup=lookup),
        autoEnable="ALL",
        autoEnableMembers="NEW",
        members=rules,
    )

    assert [refusal.split(",")[0].split(" is ")[0] for refusal in refusals] == [
        "autoEnable: ALL would have no effect",
        "autoEnableMembers: NEW would have no effect",
        "autoEnable: ALL turns EKS audit logs on for every account",
        "rule 1 (members[0].accounts): 222222222222",
        "rule 3 (members[2].organizationalUnits): Root/Nowhere",
    ]


def test_all_with_a_rule_that_turns_off_new_members_names_no_accounts() -> None:
    everybody = [rule("ENABLED", account(1)), rule("DISABLED")]

    (refusal,) = _refused(autoEnable="ALL", members=everybody)

    assert refusal == (
        "autoEnable: ALL turns EKS audit logs on for every account, but rule 2 (members[1]) wants "
        "DISABLED. Use autoEnable: NEW with rules, or drop the rule."
    )


@pytest.mark.parametrize("first", ["ENABLED", "UNMANAGED"])
def test_a_rule_whose_accounts_an_earlier_one_decides_turns_nobody_off(first: str) -> None:
    rules = [rule(first, account(1)), rule("DISABLED", account(1))]

    assert _refused(autoEnable="ALL", members=rules) == ()


def test_where_policies_decide_that_is_told_there_too() -> None:
    snapshot = replace(_TO_BE_MADE, lookup=OrganizationLookup(policy_type_enabled=True))
    notices = _plan(settings(detector="create", autoEnable="NONE"), snapshot).notices

    assert "policies decide for accounts" in notices[1]


def test_a_rule_behind_one_for_all_turns_nobody_off() -> None:
    assert _refused(autoEnable="ALL", members=[rule("ENABLED"), rule("DISABLED")]) == ()


@pytest.mark.parametrize("auto_enable", ["NEW", "NONE"])
def test_exceptions_are_welcome_beside_new_and_none_there_too(auto_enable: str) -> None:
    assert _refused(autoEnable=auto_enable, members=[rule("DISABLED")]) == ()


@pytest.mark.parametrize(("auto_enable", "told"), [("ALL", True), ("NEW", True), ("NONE", False)])
def test_that_the_policy_type_is_unknown_is_told_there_too(
    auto_enable: str,
    told: bool,  # noqa: FBT001 - a column of the table
) -> None:
    lookup = OrganizationLookup(policy_type_enabled=None, policy_type_refused="No.")
    chosen = settings(detector="create", autoEnable=auto_enable)
    notices = _plan(chosen, replace(_TO_BE_MADE, lookup=lookup)).notices

    assert any("unknown whether the policy type" in notice for notice in notices) is told


# What is told


def test_before_the_detector_is_made_rules_wait_for_the_next_run() -> None:
    rules = [rule("DISABLED", account(1)), rule("ENABLED")]
    plan = _plan(settings(detector="create", members=rules), _TO_BE_MADE)

    assert (plan.refusals, plan.decisions) == ((), ())
    assert plan.notices == (
        "The detector is made in this run; GuardDuty attaches member accounts to it afterwards.",
        "2 rules for members: run `pulumi up` once more to have them applied.",
        _NEW_TO_COME,
    )


def test_before_the_detector_is_made_missing_rules_are_not_named() -> None:
    plan = _plan(settings(detector="create"), _TO_BE_MADE)
    assert plan.notices == (
        "The detector is made in this run; GuardDuty attaches member accounts to it afterwards.",
        _NEW_TO_COME,
    )


def test_before_the_detector_is_made_the_organizations_settings_are_told() -> None:
    chosen = settings(detector="create", autoEnable="ALL", autoEnableMembers="NEW")

    assert _plan(chosen, _TO_BE_MADE).notices[1:] == (
        _ALL,
        "Organization: autoEnableMembers NEW; GuardDuty itself is turned on for new accounts.",
    )


_REACH = (
    "all members and new accounts get EKS audit logs by themselves, other accounts only once they "
    "are members (autoEnableMembers NEW)."
)
_ALL_FROM_NEW = f"Organization: autoEnable NEW -> ALL; {_REACH}"
_ALL = f"Organization: autoEnable ALL; {_REACH}"


@pytest.mark.parametrize(
    ("current", "wanted", "notice"),
    [
        ("NEW", "NEW", _NEW),
        (
            "ALL",
            "NEW",
            (
                "Organization: autoEnable ALL -> NEW: existing accounts are no longer reached. "
                "GuardDuty turns EKS audit logs on for accounts that join, and for no others. What "
                "is on stays on."
            ),
        ),
        (
            "ALL",
            "NONE",
            (
                "Organization: autoEnable ALL -> NONE: existing accounts are no longer reached. "
                "GuardDuty turns EKS audit logs on for no account any more. What is on stays on."
            ),
        ),
        (
            "NONE",
            "NONE",
            (
                "Organization: autoEnable NONE; new accounts are left alone, and nothing is turned "
                "off."
            ),
        ),
        (
            "NEW",
            "NONE",
            (
                "Organization: autoEnable NEW -> NONE; new accounts are left alone, and nothing is "
                "turned off."
            ),
        ),
        (
            "NEW",
            "ALL",
            "Organization: autoEnable NEW -> ALL; all accounts get EKS audit logs by themselves.",
        ),
        ("ALL", "ALL", _ALL),
    ],
)
def test_the_organizations_setting_is_told_from_and_to(
    current: str, wanted: str, notice: str
) -> None:
    # GuardDuty itself has another setting, which is not to be taken for the feature's.
    members = AutoEnable.ALL if current == "NEW" else AutoEnable.NEW
    organization = OrganizationConfiguration(members, AutoEnable(current))
    plan = _plan(settings(autoEnable=wanted), replace(region_with({}), organization=organization))

    told = (*plan.warnings, *plan.notices)
    assert told[0] == notice
    assert len(told) == (2 if wanted == "ALL" else 1)


def test_away_from_all_is_told_before_everything_else() -> None:
    organization = OrganizationConfiguration(AutoEnable.NEW, AutoEnable.ALL)
    snapshot = replace(
        region_with({account(1): OFF}), organization=organization, notices=("Credentials: …",)
    )

    plan = _plan(settings(autoEnable="NEW"), snapshot)

    assert [notice.split(":")[0] for notice in plan.notices] == ["Credentials", "Organization"]
    (warning,) = plan.warnings
    assert "existing accounts are no longer reached" in warning
    assert summary(region_report(plan)).splitlines()[1] == f"  {warning}"


def test_all_is_not_left_unless_it_is_written() -> None:
    organization = OrganizationConfiguration(AutoEnable.NEW, AutoEnable.ALL)
    members = {account(1): ON, account(2): OFF}
    snapshot = replace(region_with(members), organization=organization)

    assert _plan(settings(), snapshot).refusals == (
        (
            "autoEnable is not set, which means NEW, but us-east-1 has ALL: existing "
            "accounts would no longer be reached. Write autoEnable: ALL to keep it; or write "
            "autoEnable: NEW to change it."
        ),
    )
    (told,) = _plan(
        settings(members=[rule(ON, account(1)), rule(OFF, account(2))]), snapshot
    ).refusals
    assert told.endswith(
        "Write autoEnable: ALL to keep it, and drop rule 2 (members[1]), which wants DISABLED; or "
        "write autoEnable: NEW to change it."
    )
    for way_out in AutoEnable:
        assert _plan(settings(autoEnable=way_out), snapshot).refusals == ()


@pytest.mark.parametrize("current", [AutoEnable.NEW, AutoEnable.NONE])
def test_without_all_nothing_written_means_new(current: AutoEnable) -> None:
    organization = OrganizationConfiguration(AutoEnable.NEW, current)
    plan = _plan(settings(), replace(region_with({}), organization=organization))

    assert plan.refusals == ()
    assert plan.settings.auto_enable == "NEW"


@pytest.mark.parametrize(
    ("current", "wanted", "notice"),
    [
        (
            "NONE",
            "ALL",
            (
                "Organization: autoEnableMembers NONE -> ALL; GuardDuty itself is turned on for "
                "all accounts."
            ),
        ),
        (
            "NEW",
            "NEW",
            (
                "Organization: autoEnableMembers NEW; GuardDuty itself is turned on for new "
                "accounts."
            ),
        ),
        (
            "ALL",
            "NONE",
            (
                "Organization: autoEnableMembers ALL -> NONE; GuardDuty itself is turned on for no "
                "account."
            ),
        ),
    ],
)
def test_guardduty_itself_for_the_organization_is_told_from_and_to(
    current: str, wanted: str, notice: str
) -> None:
    organization = OrganizationConfiguration(AutoEnable(current), AutoEnable.NEW)
    plan = _plan(
        settings(autoEnable="NONE", autoEnableMembers=wanted),
        replace(region_with({}), organization=organization),
    )
    assert plan.notices[1:] == (notice,)


def test_all_says_whom_it_has_yet_to_reach() -> None:
    plan = _plan(
        settings(autoEnable="ALL"),
        region_with({account(1): ON, account(2): OFF, account(3): OFF}),
    )

    assert plan.notices == (
        _ALL_FROM_NEW,
        (
            "Organization: 2 of 3 members do not have EKS audit logs on yet. GuardDuty turns them "
            "on by itself within 24 hours."
        ),
    )


def test_all_that_has_reached_everybody_is_told_so() -> None:
    plan = _plan(settings(autoEnable="ALL"), region_with({account(1): ON}))
    assert plan.notices == (
        _ALL_FROM_NEW,
        "Organization: every member that can be set has EKS audit logs on.",
    )


@pytest.mark.parametrize(
    ("off", "unknown", "told"),
    [
        (0, 1, "1 of 3 members is unknown"),
        (0, 2, "2 of 3 members are unknown"),
        (1, 1, "1 of 3 members does not have EKS audit logs on yet, and 1 more is unknown"),
        (1, 2, "1 of 3 members does not have EKS audit logs on yet, and 2 more are unknown"),
    ],
)
def test_all_is_not_said_to_have_reached_a_member_whose_status_is_unknown(
    off: int, unknown: int, told: str
) -> None:
    everybody = accounts(3)
    statuses = {a: OFF if n < off else ON for n, a in enumerate(everybody[: 3 - unknown])}
    reasons = dict.fromkeys(everybody[3 - unknown :], "Internal error")
    snapshot = replace(
        region_with(dict.fromkeys(everybody, ON)), statuses=MemberStatuses(statuses, reasons)
    )

    assert _plan(settings(autoEnable="ALL"), snapshot).notices == (
        _ALL_FROM_NEW,
        f"Organization: {told}. GuardDuty turns them on by itself within 24 hours.",
    )


def test_a_member_of_unknown_status_to_turn_on_is_named_once() -> None:
    snapshot = replace(
        region_with({account(1): ON, account(2): ON}),
        statuses=MemberStatuses({account(1): ON}, {account(2): "Internal error"}),
    )
    plan = _plan(settings(autoEnable="ALL", members=[rule("ENABLED", account(2))]), snapshot)

    assert plan.notices[1] == "Organization: every member that can be set has EKS audit logs on."


def test_that_all_reaches_unmanaged_members_too_is_told() -> None:
    unmanaged = [account(n) for n in (4, 3, 2, 1)]
    plan = _plan(
        settings(autoEnable="ALL", members=[rule("UNMANAGED", *unmanaged), rule("ENABLED")]),
        region_with(dict.fromkeys([*unmanaged, account(5)], ON)),
    )

    assert plan.refusals == ()
    assert plan.notices[2:] == (
        (
            "Organization: ALL reaches 4 UNMANAGED members too: 300000000001, 300000000002, "
            "300000000003, …"
        ),
    )


@pytest.mark.parametrize("auto_enable", ["NEW", "NONE"])
def test_unmanaged_members_are_out_of_reach_of_new_and_none(auto_enable: str) -> None:
    plan = _plan(
        settings(autoEnable=auto_enable, members=[rule("UNMANAGED")]),
        region_with({account(1): ON}),
    )
    assert len(plan.notices) == 1


# Members that a rule selects, but that can't be set now


def test_members_that_cannot_be_set_are_told_by_their_relationship_status() -> None:
    snapshot = replace(
        region_with({account(1): ON}),
        members=(
            member(1),
            *(member(n, "Disabled") for n in (2, 3, 4, 5)),
            member(6, "RegionDisabled"),
            member(7, "NeverHeardOf"),
        ),
    )
    plan = _plan(settings(members=[rule("ENABLED")]), snapshot)

    assert plan.refusals == ()
    assert list(plan.wanted) == [account(1)]
    assert plan.inactive == {
        **dict.fromkeys([account(n) for n in (2, 3, 4, 5)], "Disabled"),
        account(6): "RegionDisabled",
        account(7): "NeverHeardOf",
    }
    assert plan.notices == (_NEW,)
    assert plan.unreached == (
        (
            "4 members are inactive (relationship status Disabled, suspended in GuardDuty): "
            "300000000002, 300000000003, 300000000004, … (rule 1: all)"
        ),
        (
            "1 member is inactive (relationship status RegionDisabled, has not opted in to the "
            "region): 300000000006 (rule 1: all)"
        ),
        "1 member is inactive (relationship status NeverHeardOf): 300000000007 (rule 1: all)",
    )


def test_inactive_members_without_a_rule_are_not_named() -> None:
    snapshot = replace(
        region_with({account(1): ON}), members=(member(1), Membership(account(2), "Disabled"))
    )
    plan = _plan(settings(members=[rule("ENABLED", account(1))]), snapshot)
    assert (plan.inactive, plan.notices) == ({}, (_NEW,))


@pytest.mark.parametrize("status", ["ENABLED", "DISABLED"])
def test_a_member_that_cannot_be_set_waits_for_whatever_its_rule_wants(status: str) -> None:
    snapshot = replace(region_with({}), members=(member(1, "AccountSuspended"),))
    plan = _plan(settings(members=[rule(status, account(1))]), snapshot)

    assert (plan.inactive, plan.decisions) == ({account(1): "AccountSuspended"}, ())


def test_a_member_that_an_unmanaged_rule_decides_first_does_not_wait() -> None:
    snapshot = replace(
        region_with({}), members=(member(1, "AccountSuspended"), member(2, "AccountSuspended"))
    )
    rules = [rule("UNMANAGED", account(1)), rule("ENABLED", account(1)), rule("ENABLED")]
    plan = _plan(settings(members=rules), snapshot)

    assert plan.inactive == {account(2): "AccountSuspended"}
    assert plan.unreached[0] == (
        "1 member is inactive (relationship status AccountSuspended, the account is suspended in "
        "AWS): 300000000002 (rule 3: all)"
    )


def test_an_unmanaged_rule_after_the_deciding_one_lets_nobody_off_waiting() -> None:
    snapshot = replace(region_with({}), members=(member(1, "Disabled"),))
    rules = [rule("ENABLED", account(1)), rule("UNMANAGED")]

    assert _plan(settings(members=rules), snapshot).inactive == {account(1): "Disabled"}


@pytest.mark.parametrize("status", ["Removed", "Resigned", "Deleted"])
def test_a_former_member_is_not_waited_for(status: str) -> None:
    snapshot = replace(region_with({}), members=(member(1, status),))
    assert _plan(settings(members=[rule("ENABLED")]), snapshot).inactive == {}


# Rules that decide nobody


def test_a_rule_that_decides_nobody_is_told() -> None:
    plan = _plan(
        settings(members=[rule("ENABLED"), rule("DISABLED", AccountId("300000000001"))]),
        region_with({account(1): ON}),
    )
    assert plan.notices == (
        _NEW,
        "rule 2: accounts is unused: it selects no account, or earlier rules decide them.",
    )


@pytest.mark.parametrize("status", ["ENABLED", "DISABLED", "UNMANAGED"])
def test_a_rule_for_inactive_members_is_not_unused(
    status: str,
) -> None:
    snapshot = replace(region_with({}), members=(member(1, "Disabled"), member(2, "Invited")))
    plan = _plan(settings(members=[rule(status, account(1)), rule(status, account(2))]), snapshot)

    assert [notice for notice in plan.notices if "decides no account" in notice] == []


def test_a_rule_for_former_members_decides_nobody() -> None:
    snapshot = replace(region_with({}), members=(member(1, "Removed"),))

    assert _plan(settings(members=[rule("ENABLED")]), snapshot).notices[-1] == (
        "rule 1: all is unused: it selects no account, or earlier rules decide them."
    )
