"""Organization policies (`GUARDDUTY_POLICY`) overrule a stack; `maxDisabled` holds it back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.model import (
    AutoEnable,
    Detector,
    MemberStatuses,
    OrganizationConfiguration,
    OrganizationLookup,
    Snapshot,
)
from guardduty_eks_audit_logs.planning.plan import Plan, make_plan
from tests.support.vocabulary import (
    DETECTOR,
    OFF,
    ON,
    OWNER,
    account,
    accounts,
    region_with,
    rule,
    settings,
)

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.model import AccountId

_ENABLED = OrganizationLookup(policy_type_enabled=True)


def _plan(snapshot: Snapshot, **keys: object) -> Plan:
    return make_plan(settings(**keys), snapshot, OWNER)


def _organization(feature: AutoEnable, members: AutoEnable = AutoEnable.NEW) -> Snapshot:
    return replace(
        region_with({account(1): ON}),
        organization=OrganizationConfiguration(members, feature),
        lookup=_ENABLED,
    )


def _managed(statuses: MemberStatuses, *managed: AccountId) -> Snapshot:
    snapshot = region_with(statuses.statuses)
    return replace(
        snapshot, statuses=replace(statuses, managed=frozenset(managed)), lookup=_ENABLED
    )


@pytest.mark.parametrize("wanted", ["ALL", "NEW"])
def test_where_policies_decide_all_and_new_are_not_set(wanted: str) -> None:
    plan = _plan(_organization(AutoEnable.NONE), autoEnable=wanted)

    assert plan.refusals == (
        (
            f"autoEnable: {wanted} would have no effect, since the policy type GUARDDUTY_POLICY is "
            "enabled on the organization's root. Set autoEnable: NONE and use a GuardDuty policy "
            "or rules, or disable the policy type."
        ),
    )


def test_nor_is_guardduty_itself() -> None:
    plan = _plan(_organization(AutoEnable.NONE), autoEnable="NONE", autoEnableMembers="ALL")

    (refusal,) = plan.refusals
    assert refusal.startswith("autoEnableMembers: ALL would have no effect, since")


@pytest.mark.parametrize("setting", AutoEnable)
def test_a_setting_that_is_there_already_is_left_and_told(setting: AutoEnable) -> None:
    plan = _plan(_organization(setting), autoEnable=setting.value, autoEnableMembers="NEW")

    assert plan.refusals == ()
    idle = "" if setting is AutoEnable.NONE else f", and autoEnable {setting} has no effect"
    assert plan.notices == (
        (
            "Organization: the policy type GUARDDUTY_POLICY is enabled on the root: policies "
            f"decide for accounts{idle}."
        ),
        "Organization: autoEnableMembers NEW; GuardDuty itself is turned on for new accounts.",
    )
    assert not [notice for notice in plan.notices if "24 hours" in notice]
    assert plan.turning_on == []


def test_beside_policies_another_setting_for_guardduty_itself_is_told() -> None:
    organization = _organization(AutoEnable.NONE, AutoEnable.ALL)

    assert _plan(organization, autoEnable="NONE", autoEnableMembers="NONE").notices[1:] == (
        (
            "Organization: autoEnableMembers ALL -> NONE; GuardDuty itself is turned on for no "
            "account."
        ),
    )


def test_without_the_permission_to_know_it_is_unknown_and_no_refusal() -> None:
    snapshot = replace(
        region_with({account(1): ON}),
        lookup=OrganizationLookup(policy_type_enabled=None, policy_type_refused="Not authorized."),
    )

    plan = _plan(snapshot)

    assert plan.refusals == ()
    assert plan.notices[-1] == (
        "Organization: unknown whether the policy type GUARDDUTY_POLICY, which would leave "
        "autoEnable without effect, is enabled on the root (Not authorized). With the "
        "permission organizations:ListRoots a run finds out."
    )


def test_a_rule_that_agrees_with_a_policy_needs_no_write() -> None:
    statuses = MemberStatuses({account(1): ON, account(2): OFF}, {})
    plan = _plan(_managed(statuses, account(1)), autoEnable="NONE", members=[rule("ENABLED")])

    assert plan.refusals == ()
    assert plan.changes == {account(2): "DISABLED -> ENABLED"}
    assert "1 member decided by policy (GUARDDUTY_POLICY): 300000000001" in plan.notices


def test_a_rule_against_a_policy_is_refused_with_account_and_status() -> None:
    statuses = MemberStatuses({account(1): ON, account(2): OFF, account(3): ON}, {})
    plan = _plan(
        _managed(statuses, account(1), account(2), account(3)),
        autoEnable="NONE",
        members=[rule("ENABLED", account(2)), rule("DISABLED")],
    )

    assert plan.refusals == (
        (
            "rule 1 (members[0]) wants ENABLED for 300000000002, but an organization policy "
            "(GUARDDUTY_POLICY) keeps it DISABLED. Change the policy, or leave it out of the rule."
        ),
        (
            "rule 2 (members[1]) wants DISABLED for 300000000001, 300000000003, but an "
            "organization policy (GUARDDUTY_POLICY) keeps them ENABLED. Change the policy, or "
            "leave them out of the rule."
        ),
    )


def test_unmanaged_members_are_no_conflict_with_a_policy() -> None:
    statuses = MemberStatuses({account(1): ON}, {})
    plan = _plan(_managed(statuses, account(1)), autoEnable="NONE", members=[rule("UNMANAGED")])

    assert plan.refusals == ()


@pytest.mark.parametrize(("wanted", "refused"), [("ENABLED", False), ("DISABLED", True)])
def test_the_own_detector_under_a_policy(wanted: str, refused: bool) -> None:  # noqa: FBT001
    snapshot = replace(
        region_with({}),
        detector=Detector(DETECTOR, monitoring=True, status=ON, managed=True),
        lookup=_ENABLED,
    )

    plan = _plan(snapshot, status=wanted)

    if refused:
        assert plan.refusals == (
            (
                "status: DISABLED for the own detector of account 222222222222, but an "
                "organization policy (GUARDDUTY_POLICY) keeps it ENABLED. Change the policy, or "
                "set status: ENABLED."
            ),
        )
    else:
        assert plan.refusals == ()


# maxDisabled


@pytest.mark.parametrize(
    ("limit", "refused"), [(4, False), (3, True), ("40%", False), ("39%", True), (0, True)]
)
def test_a_run_that_would_turn_off_more_members_is_refused(
    limit: object,
    refused: bool,  # noqa: FBT001 - a column of the table
) -> None:
    on, off, unknown = accounts(10)[:3], accounts(10)[3:9], account(10)
    snapshot = replace(
        region_with(dict.fromkeys(accounts(10), ON)),
        statuses=MemberStatuses(
            {**dict.fromkeys(on, ON), **dict.fromkeys(off, OFF)}, {unknown: "?"}
        ),
    )

    plan = _plan(snapshot, maxDisabled=limit, members=[rule("DISABLED")])

    assert sum(decision.turns_off for decision in plan.decisions) == 4  # unknown is not off
    at_most = {4: 4, 3: 3, "40%": 4, "39%": 3, 0: 0}[limit]
    share = f" (maxDisabled: {limit})" if isinstance(limit, str) else ""
    sentence = (
        "maxDisabled: 4 members would be turned off, 1 of them of a status that AWS did not "
        f"return, but at most {at_most} may be in one run{share}. If that is meant, set "
        f"maxDisabled: 4. Turned off:\n  rule 1: all (4):\n    {', '.join([*on, unknown])}"
    )
    assert plan.refusals == ((sentence,) if refused else ())


# NEW and ALL


def test_new_tells_how_many_existing_members_it_leaves_off() -> None:
    snapshot = region_with(dict.fromkeys(accounts(5), OFF) | {account(5): ON})

    plan = _plan(
        snapshot,
        autoEnable="NEW",
        members=[rule("UNMANAGED", account(1)), rule("ENABLED", account(2))],
    )

    assert plan.notices[1] == (
        "Organization: NEW leaves existing accounts as they are; 3 members that no rule sets stay "
        "off: 300000000001, 300000000003, 300000000004"
    )


def test_what_is_turned_on_counts_all_and_the_own_detector() -> None:
    snapshot = replace(
        region_with({account(1): OFF, account(2): OFF, account(3): ON}),
        detector=Detector(DETECTOR, monitoring=True, status=OFF),
    )

    assert _plan(snapshot, members=[rule("ENABLED", account(2))]).turning_on == [
        account(2),
        snapshot.caller,
    ]
    assert _plan(snapshot, autoEnable="ALL", status="DISABLED").turning_on == accounts(2)
