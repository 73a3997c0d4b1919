"""Whom ALL, NEW and rules by unit do not reach: non-members, and members by invitation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.model import (
    AutoEnable,
    Membership,
    OrganizationConfiguration,
    OrganizationLookup,
    Snapshot,
)
from guardduty_eks_audit_logs.planning.plan import Plan, make_plan
from tests.support.vocabulary import (
    ADMINISTRATOR,
    OFF,
    ON,
    OWNER,
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

_UNIT = "Root/Prod"
_BY_UNIT = {"status": "ENABLED", "organizationalUnits": [_UNIT]}


def _plan(snapshot: Snapshot, **chosen: object) -> Plan:
    plan = make_plan(settings(**chosen), snapshot, OWNER)
    assert plan.refusals == ()
    return plan


def _organization(members: str, feature: str = "NEW") -> OrganizationConfiguration:
    return OrganizationConfiguration(AutoEnable(members), AutoEnable(feature))


# What GuardDuty's own setting makes of autoEnable


_MEMBERS_ONLY = "other accounts only once they are members (autoEnableMembers NEW)."


@pytest.mark.parametrize(
    ("auto_enable", "members", "effect"),
    [
        ("ALL", "ALL", "all accounts get EKS audit logs by themselves."),
        (
            "ALL",
            "NEW",
            f"all members and new accounts get EKS audit logs by themselves, {_MEMBERS_ONLY}",
        ),
        (
            "ALL",
            "NONE",
            (
                "all members get EKS audit logs by themselves, other accounts, new ones too, only "
                "once they are added as members (autoEnableMembers NONE)."
            ),
        ),
        ("NEW", "ALL", "new accounts get EKS audit logs by themselves."),
        ("NEW", "NEW", "new accounts get EKS audit logs by themselves."),
        (
            "NEW",
            "NONE",
            (
                "new accounts get no GuardDuty by themselves (autoEnableMembers NONE), and EKS "
                "audit logs only once they are added as members."
            ),
        ),
        ("NONE", "NONE", "new accounts are left alone, and nothing is turned off."),
        ("NONE", "ALL", "new accounts are left alone, and nothing is turned off."),
    ],
)
def test_guardduty_itself_limits_whom_auto_enable_reaches(
    auto_enable: str, members: str, effect: str
) -> None:
    told = f"Organization: autoEnable {auto_enable}; {effect}"
    held = replace(region_with({}), organization=_organization(members, auto_enable))
    assert _plan(held, autoEnable=auto_enable).notices[0] == told

    to_be_written = replace(held, organization=_organization("NEW", auto_enable))
    plan = _plan(to_be_written, autoEnable=auto_enable, autoEnableMembers=members)
    assert plan.notices[0] == told


# Rules that select accounts which are no members


def _in_unit(
    statuses: Mapping[AccountId, FeatureStatus], *others: Membership, **lookup: object
) -> Snapshot:
    """Accounts 1 to 6 and the administrator are in Root/Prod; these are members, others not."""
    everybody = frozenset([*accounts(6), ADMINISTRATOR])
    known = OrganizationLookup({_UNIT: everybody}, policy_type_enabled=False)
    told = replace(known, **lookup)  # type: ignore[arg-type]
    snapshot = region_with(statuses)
    return replace(snapshot, members=(*snapshot.members, *others), lookup=told)


def test_a_rule_by_unit_names_its_accounts_that_are_no_members() -> None:
    snapshot = _in_unit(
        {account(1): OFF, account(3): ON}, member(2, "Removed"), member(4, "Disabled")
    )
    plan = _plan(snapshot, members=[_BY_UNIT])

    assert plan.unreached == (
        (
            "1 member is inactive (relationship status Disabled, suspended in GuardDuty): "
            "300000000004 (rule 1: OU Root/Prod)"
        ),
        (
            "rule 1: OU Root/Prod selects 3 accounts that are no GuardDuty members: 300000000002 "
            "(Removed), 300000000005 (not added), 300000000006 (not added). Add them as members "
            "first."
        ),
    )


@pytest.mark.parametrize(
    ("in_other", "label"), [([], "OU Root/Prod"), ([account(7)], "OU Root/Prod, Root/Test")]
)
def test_accounts_that_are_no_members_are_told_with_their_unit(
    in_other: list[AccountId], label: str
) -> None:
    units = {_UNIT: frozenset([account(6)]), "Root/Test": frozenset([account(1), *in_other])}
    chosen = {"status": "ENABLED", "organizationalUnits": ["Root/Test", _UNIT]}
    told = _plan(_in_unit({account(1): ON}, units=units), members=[chosen]).unreached[0]
    assert told.startswith(f"rule 1: {label} selects ")


def test_many_accounts_that_are_no_members_are_counted_and_some_named() -> None:
    (told,) = _plan(_in_unit({account(6): ON}), members=[_BY_UNIT]).unreached
    assert told == (
        "rule 1: OU Root/Prod selects 5 accounts that are no GuardDuty members: 300000000001 "
        "(not added), 300000000002 (not added), 300000000003 (not added), …. Add them as members "
        "first."
    )


def test_a_rule_for_non_members_only_is_not_unused() -> None:
    snapshot = _in_unit({}, units={_UNIT: frozenset([account(1)])})
    (told,) = _plan(snapshot, members=[_BY_UNIT]).unreached
    assert told == (
        "rule 1: OU Root/Prod selects 1 account that is no GuardDuty member: 300000000001 "
        "(not added). Add it as a member first."
    )


def test_accounts_that_guardduty_adds_by_itself_are_told_so() -> None:
    snapshot = _in_unit(dict.fromkeys(accounts(5), ON))
    told = _plan(snapshot, autoEnableMembers="ALL", members=[_BY_UNIT]).unreached[-1]
    assert told == (
        "rule 1: OU Root/Prod selects 1 account that is no GuardDuty member: 300000000006 "
        "(not added). GuardDuty adds it by itself within 24 hours (autoEnableMembers ALL)."
    )


def test_where_policies_decide_nothing_is_promised_of_guardduty_itself() -> None:
    snapshot = replace(
        _in_unit(dict.fromkeys(accounts(5), ON), policy_type_enabled=True),
        organization=_organization("ALL", "NONE"),
    )
    told = _plan(snapshot, autoEnable="NONE", members=[_BY_UNIT]).unreached[-1]
    assert told.endswith("Add it as a member first.")


@pytest.mark.parametrize(
    "first",
    [
        {"status": "UNMANAGED", "organizationalUnits": [_UNIT]},
        {"status": "ENABLED", "tags": {"env": "prod"}},
    ],
)
def test_the_first_rule_that_is_known_to_select_an_account_tells(first: dict[str, object]) -> None:
    tags = {a: dict[str, str]() for a in accounts(5)}
    snapshot = _in_unit(dict.fromkeys(accounts(5), ON), tags=tags)
    told = _plan(snapshot, members=[first, _BY_UNIT]).unreached

    by_tags = first["status"] == "ENABLED"
    assert any("rule 2: OU Root/Prod selects 1 account" in t for t in told) is by_tags
    assert not any("selects 1" in t and "rule 1" in t for t in told)


def test_closed_accounts_are_not_missed() -> None:
    snapshot = _in_unit(dict.fromkeys(accounts(5), ON), inactive=frozenset([account(6)]))
    assert _plan(snapshot, members=[_BY_UNIT]).unreached == ()


# ALL and accounts that are no members


def test_all_names_the_known_accounts_that_are_no_members() -> None:
    unmanaged = {"status": "UNMANAGED", "organizationalUnits": [_UNIT]}
    snapshot = _in_unit(dict.fromkeys(accounts(4), ON), member(5, "Removed"), member(7, "Deleted"))
    told = _plan(snapshot, autoEnable="ALL", members=[unmanaged, rule("ENABLED")]).notices

    assert (
        "Organization: ALL does not reach 3 accounts that are no GuardDuty members: 300000000005 "
        "(Removed), 300000000006 (not added), 300000000007 (Deleted)"
    ) in told


def test_all_leaves_to_the_rule_whom_a_rule_names() -> None:
    snapshot = _in_unit(dict.fromkeys(accounts(4), ON), member(7, "Removed"))
    plan = _plan(snapshot, autoEnable="ALL", members=[_BY_UNIT])

    by_all = "reach 1 account that is no GuardDuty member: 300000000007 (Removed)"
    assert plan.notices[-1].endswith(by_all)
    (by_rule,) = plan.unreached
    assert by_rule.startswith("rule 1: OU Root/Prod selects 2 accounts")


def test_all_reaches_everybody_where_guardduty_itself_does() -> None:
    snapshot = _in_unit(dict.fromkeys(accounts(4), ON), member(5, "Removed"))
    told = _plan(snapshot, autoEnable="ALL", autoEnableMembers="ALL").notices
    assert not [notice for notice in told if "does not reach" in notice]


# Members by invitation


def _with_invited(*statuses: FeatureStatus) -> Snapshot:
    """As many members, of which the last is one by invitation."""
    snapshot = region_with(dict(zip(accounts(len(statuses)), statuses, strict=True)))
    *others, last = snapshot.members
    return replace(snapshot, members=(*others, replace(last, invited=True)))


def test_invited_members_do_not_wait_for_all() -> None:
    plan = _plan(_with_invited(ON, OFF), autoEnable="ALL")

    assert plan.notices[1:] == (
        "Organization: every member that can be set has EKS audit logs on.",
        (
            "Members by invitation: ALL does not reach them; 1 that no rule sets is off: "
            "300000000002"
        ),
    )
    assert plan.turning_on == []


def test_the_others_wait_for_all_without_invited_members() -> None:
    told = _plan(_with_invited(ON, OFF, OFF), autoEnable="ALL").notices[1]
    assert told.startswith("Organization: 1 of 2 members does not have EKS audit logs on yet.")


@pytest.mark.parametrize("status", ["ENABLED", "DISABLED"])
def test_a_rule_sets_an_invited_member_beside_all(status: str) -> None:
    plan = _plan(_with_invited(ON, OFF), autoEnable="ALL", members=[rule(status, account(2))])

    assert [d.wanted for d in plan.decisions] == [status]
    assert not [notice for notice in plan.notices if "invitation" in notice]


def test_all_does_not_reach_an_unmanaged_member_by_invitation() -> None:
    plan = _plan(_with_invited(ON, OFF), autoEnable="ALL", members=[rule("UNMANAGED", account(2))])

    assert not [notice for notice in plan.notices if "UNMANAGED" in notice]
    assert plan.notices[-1].startswith("Members by invitation: ALL does not reach them; 1 ")


def test_a_rule_that_turns_all_off_is_refused_in_an_organization() -> None:
    chosen = settings(autoEnable="ALL", members=[rule("DISABLED")])
    (refusal,) = make_plan(chosen, _with_invited(OFF, OFF), OWNER).refusals
    assert "rule 1 (members[0]) wants DISABLED for 1 of them (300000000001)" in refusal
