"""The rows of the coverage: how each account stands, who decides it, and what is a gap."""

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
    RelationshipStatus,
)
from guardduty_eks_audit_logs.reports.coverage.region import coverage, region_rows
from guardduty_eks_audit_logs.reports.coverage.rows import (
    ADMINISTRATOR as ADMINISTRATES,
)
from guardduty_eks_audit_logs.reports.coverage.rows import (
    NOT_A_MEMBER,
    STANDALONE,
    UNKNOWN_MEMBERSHIP,
    CoverageRow,
    CoverageStatus,
    DetectorState,
    Require,
)
from guardduty_eks_audit_logs.reports.coverage.what_was_read import (
    GuardDutyPolicy,
    PlacedAccount,
    RegionRead,
    Role,
)
from tests.support.vocabulary import (
    ADMINISTRATOR,
    DETECTOR,
    NOW,
    OFF,
    ON,
    REGION,
    account,
    member,
    rule,
    settings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.model import FeatureStatus

_ROOT, _PROD = ("r-ab12", "Root"), ("ou-ab12-00000001", "Root/Prod")
_OWN = Detector(DETECTOR, monitoring=True, status=ON)
_ALL_ON = {"members": [rule("ENABLED")]}
_ALL_OFF = {"members": [rule("DISABLED")]}
_ALL_LEFT = {"members": [rule("UNMANAGED")]}


def _region(
    *members: Membership,
    statuses: dict[AccountId, FeatureStatus] | None = None,
    auto_enable: AutoEnable = AutoEnable.NONE,
    chosen: Mapping[str, object] | None = None,
    **more: object,
) -> RegionRead:
    """A region of an organization, whose accounts are its members and the administrator."""
    read = RegionRead(
        REGION,
        "prod",
        settings(**(chosen or {})),
        NOW,
        caller=ADMINISTRATOR,
        of_organization=True,
        detector=_OWN,
        organization=OrganizationConfiguration(AutoEnable.NEW, auto_enable),
        members={m.account: m for m in members},
        statuses=MemberStatuses(statuses or {}, {}),
        accounts=_placed(ADMINISTRATOR, *(m.account for m in members)),
    )
    return replace(read, **more)  # type: ignore[arg-type]


def _placed(*accounts: AccountId, active: bool = True) -> dict[AccountId, PlacedAccount]:
    return {a: PlacedAccount(a, f"name of {a}", (_ROOT, _PROD), active) for a in accounts}


def _rows(read: RegionRead, require: Require = Require.RULES) -> dict[AccountId, CoverageRow]:
    return {row.account: row for row in region_rows(read, require)}


def _row(read: RegionRead, number: int = 1, require: Require = Require.RULES) -> CoverageRow:
    return _rows(read, require)[account(number)]


def _own(read: RegionRead, require: Require = Require.RULES) -> CoverageRow:
    return _rows(read, require)[ADMINISTRATOR]


def _with_one(status: FeatureStatus, **more: object) -> RegionRead:
    return _region(member(1), statuses={account(1): status}, **more)  # type: ignore[arg-type]


def test_a_row_has_all_that_is_known_of_an_account() -> None:
    read = _with_one(OFF, chosen=_ALL_ON, trial_days={account(1): 12})

    assert _row(read) == CoverageRow(
        account=account(1),
        name="name of 300000000001",
        unit="Root/Prod",
        region=REGION,
        stack="prod",
        membership="Enabled",
        detector=DetectorState.ENABLED,
        status=CoverageStatus.DISABLED,
        wanted=ON,
        decided_by="rule 1: all",
        pending="pulumi up: ENABLED",
        trial_days=12,
        reason="",
        unread=False,
        gap="off, rule 1 wants it on",
        guardduty5=True,
        read_at=NOW,
    )


# The caller


def test_the_administrator_has_a_row_of_its_own() -> None:
    row = _own(_region())
    assert (row.membership, row.detector, row.status) == (ADMINISTRATES, "enabled", "ENABLED")
    assert (row.wanted, row.decided_by, row.gap) == (ON, "status (administrator)", "")


def test_the_administrator_is_as_status_says() -> None:
    row = _own(_region(chosen={"status": "DISABLED"}))
    assert (row.wanted, row.pending) == (OFF, "pulumi up: DISABLED")
    assert (row.gap, row.guardduty5) == ("on, status wants it off", False)


def test_without_stacks_nobody_decides_the_callers_own_detector() -> None:
    row = _own(_region(settings=None, detector=replace(_OWN, status=OFF)))
    assert (row.wanted, row.decided_by, row.pending, row.gap) == (None, "nobody", "", "")


@pytest.mark.parametrize("unknown", [{"role": Role.UNKNOWN}, {"detector_unread": "Refused."}])
def test_without_stacks_who_decides_of_the_caller_may_be_unknown(
    unknown: dict[str, object],
) -> None:
    assert _own(replace(_region(), settings=None, **unknown)).decided_by == "unknown"  # type: ignore[arg-type]


def test_a_suspended_detector_of_the_administrator_is_a_gap() -> None:
    row = _own(_region(detector=replace(_OWN, monitoring=False)))
    assert (row.detector, row.gap) == (DetectorState.SUSPENDED, "suspended")


@pytest.mark.parametrize(
    ("source", "pending"), [("existing", ""), ("create", "pulumi up: ENABLED")]
)
def test_without_a_detector_guardduty_is_off(source: str, pending: str) -> None:
    chosen = {"detector": source}
    row = _own(_region(detector=None, members=None, reason="No detector.", chosen=chosen))

    assert (row.detector, row.status, row.unread) == (DetectorState.NONE, "DISABLED", False)
    assert (row.gap, row.pending) == ("off, status wants it on", pending)


def test_a_detector_that_could_not_be_read_is_unknown() -> None:
    row = _own(_region(detector=None, detector_unread="Not allowed.", reason="Not allowed."))
    assert (row.membership, row.detector) == (UNKNOWN_MEMBERSHIP, DetectorState.UNKNOWN)
    assert (row.status, row.reason, row.unread, row.gap) == ("UNKNOWN", "Not allowed.", True, "")


def test_a_standalone_account_is_alone() -> None:
    read = _region(role=Role.ALONE, of_organization=False, members=None)
    (row,) = region_rows(read, Require.RULES)
    assert (row.membership, row.decided_by) == (STANDALONE, "status (standalone)")


def test_a_member_is_decided_by_its_administrator() -> None:
    administrator = Membership(AccountId("999999999999"), "Disabled")
    read = _region(
        role=Role.MEMBER, of_organization=False, administrator=administrator, settings=None
    )
    (row,) = region_rows(replace(read, members=None), Require.RULES)
    assert (row.membership, row.decided_by) == ("Disabled", "its administrator 999999999999")
    assert (row.wanted, row.gap) == (None, "")


# Members


@pytest.mark.parametrize(
    ("status", "wants", "gap", "pending"),
    [
        (ON, _ALL_ON, "", ""),
        (OFF, _ALL_OFF, "", ""),
        (OFF, _ALL_ON, "off, rule 1 wants it on", "pulumi up: ENABLED"),
        (ON, _ALL_OFF, "on, rule 1 wants it off", "pulumi up: DISABLED"),
        (OFF, _ALL_LEFT, "", ""),
        (OFF, {}, "", ""),
    ],
)
def test_a_gap_is_what_is_not_as_the_rule_wants_it(
    status: FeatureStatus, wants: dict[str, object], gap: str, pending: str
) -> None:
    row = _row(_with_one(status, chosen=wants))
    assert (row.gap, row.pending) == (gap, pending)


def test_a_rule_that_leaves_an_account_alone_promises_nothing() -> None:
    row = _row(_with_one(OFF, chosen=_ALL_LEFT))
    assert (row.wanted, row.decided_by) == (None, "nobody (rule 1: all)")


def test_a_rule_is_named_with_the_unit_that_selects_the_account() -> None:
    chosen = {"members": [{"status": "ENABLED", "organizationalUnits": ["Root/A", "Root/Prod"]}]}
    units = {"Root/A": frozenset[AccountId](), "Root/Prod": frozenset({account(1)})}
    row = _row(_with_one(ON, chosen=chosen, lookup=OrganizationLookup(units=units)))
    assert row.decided_by == "rule 1: OU Root/Prod"


def test_a_rule_that_could_not_be_looked_up_decides_nothing() -> None:
    chosen = {"members": [{"status": "DISABLED", "tags": {"env": "dev"}}, rule("ENABLED")]}
    row = _row(_with_one(OFF, chosen=chosen))
    assert (row.wanted, row.decided_by) == (None, "unknown (rule 1: tag env=dev)")
    assert row.gap == ""


def test_a_suspended_member_is_a_gap_and_has_what_aws_says() -> None:
    suspended = member(1, "Disabled")
    row = _row(_region(suspended, statuses={account(1): ON}, chosen=_ALL_ON))
    assert (row.detector, row.status, row.wanted) == (DetectorState.SUSPENDED, "ENABLED", ON)
    assert (row.gap, row.pending, row.guardduty5) == ("suspended", "", False)


def test_a_suspended_member_that_is_off_counts_for_security_hub() -> None:
    row = _row(_region(member(1, "Disabled"), statuses={account(1): OFF}, chosen=_ALL_OFF))
    assert (row.gap, row.guardduty5) == ("", True)


def test_a_suspended_member_without_a_status_is_unknown_but_read() -> None:
    left_out = MemberStatuses({}, {account(1): "no status"})
    read = replace(_region(member(1, "Disabled"), chosen=_ALL_ON), statuses=left_out)
    row = _row(read)
    assert (row.status, row.reason, row.unread) == (CoverageStatus.UNKNOWN, "no status", False)
    assert (row.gap, row.guardduty5) == ("suspended", False)
    assert _row(replace(read, unanswered=frozenset({account(1)}))).unread


def test_a_suspended_member_without_a_status_is_not_on_against_a_rule() -> None:
    left_out = MemberStatuses({}, {account(1): "no status"})
    read = replace(_region(member(1, "Disabled"), chosen=_ALL_OFF), statuses=left_out)
    row = _row(read)
    assert (row.status, row.wanted, row.gap) == (CoverageStatus.UNKNOWN, OFF, "")


@pytest.mark.parametrize(
    "unknown",
    [
        {"organization": None},
        {"members": None, "reason": "ListMembers failed"},
        {"statuses": MemberStatuses({}, {account(1): "Internal error"})},
    ],
)
@pytest.mark.parametrize(("chosen", "label"), [({}, ""), (_ALL_LEFT, " (rule 1: all)")])
def test_nobody_decides_only_where_nothing_is_unknown(
    unknown: dict[str, object], chosen: Mapping[str, object], label: str
) -> None:
    read = _with_one(OFF, chosen=chosen)
    assert _row(read).decided_by == f"nobody{label}"
    assert _row(replace(read, **unknown)).decided_by == f"unknown{label}"  # type: ignore[arg-type]


def test_what_aws_did_not_process_is_unknown_and_no_gap() -> None:
    statuses = MemberStatuses({}, {account(1): "Internal error"})
    for require in Require:
        row = _row(replace(_region(member(1), chosen=_ALL_ON), statuses=statuses), 1, require)
        assert (row.status, row.reason, row.unread) == ("UNKNOWN", "Internal error", True)
        assert (row.gap, row.pending, row.guardduty5) == ("", "", False)


@pytest.mark.parametrize(
    ("relationship", "reason", "gap"),
    [
        ("Created", "relationship status Created, not invited yet", "not a member"),
        (
            "Invited",
            "relationship status Invited, has not accepted the invitation",
            "not a member",
        ),
        ("Removed", "the account is no member any more", "not a member"),
        ("Resigned", "the account is no member any more", "not a member"),
        ("Deleted", "the account is no member any more", "not a member"),
        (
            "RegionDisabled",
            "relationship status RegionDisabled, has not opted in to the region",
            "",
        ),
        (
            "AccountSuspended",
            "relationship status AccountSuspended, the account is suspended in AWS",
            "",
        ),
        ("Newest", "relationship status Newest", "not a member"),
    ],
)
def test_an_inactive_member_is_unknown_with_a_reason(
    relationship: str, reason: str, gap: str
) -> None:
    for require in Require:
        row = _row(_region(member(1, relationship), chosen=_ALL_ON), 1, require)
        assert (row.membership, row.status, row.reason) == (relationship, "UNKNOWN", reason)
        assert (row.unread, row.gap, row.wanted, row.guardduty5) == (False, gap, ON, False)


def test_a_management_account_without_a_detector_has_none() -> None:
    none = RelationshipStatus.NO_DETECTOR_IN_MANAGEMENT_ACCOUNT
    assert _row(_region(member(1, none))).detector is DetectorState.NONE


def test_who_may_have_left_the_organization_is_not_excused() -> None:
    removed = _region(member(1, "Removed"), accounts=None)
    assert _row(removed, require=Require.ALL).gap == "not a member"


def test_who_has_left_the_organization_is_no_gap() -> None:
    read = _region(member(1, "Removed"), chosen=_ALL_ON, accounts=_placed(ADMINISTRATOR))
    for require in Require:
        row = _row(read, 1, require)
        assert (row.gap, row.wanted, row.decided_by) == ("", None, "nobody")


# Accounts that are no members


@pytest.mark.parametrize(
    ("chosen", "gap"),
    [(_ALL_ON, "not a member"), ({}, "not a member"), (_ALL_OFF, ""), (_ALL_LEFT, "")],
)
def test_an_account_that_is_no_member_is_a_gap_unless_a_rule_leaves_it_out(
    chosen: dict[str, object], gap: str
) -> None:
    row = _row(_region(chosen=chosen, accounts=_placed(account(1))))
    assert (row.membership, row.detector) == (NOT_A_MEMBER, DetectorState.UNKNOWN)
    assert (row.status, row.unread, row.gap, row.guardduty5) == ("UNKNOWN", False, gap, False)


def test_all_counts_every_account_that_is_no_member() -> None:
    row = _row(_region(chosen=_ALL_OFF, accounts=_placed(account(1))), 1, Require.ALL)
    assert row.gap == "not a member"


@pytest.mark.parametrize("members", [(), (member(1),)])
def test_a_closed_account_is_no_gap(members: tuple[Membership, ...]) -> None:
    closed = _placed(account(1), active=False)
    read = _region(*members, statuses={account(1): OFF}, chosen=_ALL_ON, accounts=closed)
    for require in Require:
        assert _row(read, 1, require).gap == ""


def test_a_closed_account_says_that_it_is_closed() -> None:
    row = _row(_region(accounts=_placed(account(1), active=False)))
    assert (row.reason, row.unread) == ("the account is closed, or suspended in AWS", False)


def test_where_members_are_unknown_every_account_is_unread() -> None:
    read = _region(
        chosen=_ALL_ON, members=None, reason="Not allowed.", accounts=_placed(account(1))
    )
    for require in Require:
        row = _row(read, 1, require)
        assert (row.membership, row.detector) == (UNKNOWN_MEMBERSHIP, DetectorState.UNKNOWN)
        assert (row.status, row.reason, row.unread) == ("UNKNOWN", "Not allowed.", True)
        assert (row.gap, row.pending, row.guardduty5) == ("", "", False)


def test_where_the_feature_is_not_offered_nothing_is_missing() -> None:
    read = _region(
        member(1),
        member(2, "Disabled"),
        chosen=_ALL_ON,
        detector=replace(_OWN, status=None),
        accounts=_placed(account(1), account(2), account(3)),
    )
    for require in Require:
        for row in region_rows(read, require):
            assert (row.status, row.reason, row.unread) == ("NOT_OFFERED", "", False)
            assert (row.gap, row.pending, row.guardduty5) == ("", "", False)


# Everything that is not on


@pytest.mark.parametrize(
    ("status", "chosen", "gap"),
    [
        (ON, _ALL_OFF, ""),
        (OFF, _ALL_OFF, "off"),
        (OFF, {}, "off"),
        (OFF, _ALL_ON, "off, rule 1 wants it on"),
    ],
)
def test_all_counts_every_account_that_is_off(
    status: FeatureStatus, chosen: dict[str, object], gap: str
) -> None:
    assert _row(_with_one(status, chosen=chosen), 1, Require.ALL).gap == gap


def test_china_has_no_control_of_security_hub() -> None:
    assert not _row(_with_one(OFF, partition="aws-cn")).guardduty5
    assert _row(_with_one(OFF, partition="aws-us-gov")).guardduty5


# Auto-enable


def test_all_of_aws_promises_what_no_rule_decides() -> None:
    row = _row(_with_one(OFF, auto_enable=AutoEnable.ALL))
    assert (row.wanted, row.decided_by) == (ON, "autoEnable ALL")
    assert (row.pending, row.gap) == ("ALL: up to 24 hours", "off, autoEnable ALL wants it on")


def test_all_of_the_stack_alone_promises_nothing() -> None:
    row = _row(_with_one(OFF, chosen={"autoEnable": "ALL"}))
    assert (row.wanted, row.decided_by, row.pending) == (None, "nobody", "")


def test_a_rule_goes_before_all() -> None:
    row = _row(_with_one(OFF, chosen=_ALL_ON, auto_enable=AutoEnable.ALL))
    assert (row.decided_by, row.pending) == ("rule 1: all", "pulumi up: ENABLED")


def test_all_reaches_an_account_that_a_rule_leaves_alone() -> None:
    row = _row(_with_one(OFF, chosen=_ALL_LEFT, auto_enable=AutoEnable.ALL))
    assert (row.wanted, row.decided_by) == (None, "autoEnable ALL (rule 1: all)")
    assert (row.pending, row.gap) == ("ALL: up to 24 hours", "")


def test_all_does_not_reach_members_by_invitation() -> None:
    invited = replace(member(1), invited=True)
    row = _row(_region(invited, statuses={account(1): OFF}, auto_enable=AutoEnable.ALL))
    assert (row.wanted, row.decided_by, row.pending) == (None, "nobody", "")


def test_all_reaches_nobody_while_the_policy_type_is_enabled() -> None:
    idle = OrganizationLookup(policy_type_enabled=True)
    row = _row(_with_one(OFF, auto_enable=AutoEnable.ALL, lookup=idle))
    assert (row.wanted, row.decided_by, row.pending) == (None, "nobody", "")


@pytest.mark.parametrize(
    ("status", "by"), [(ON, "autoEnable NEW, when it joined"), (OFF, "nobody")]
)
def test_new_may_have_turned_on_what_no_rule_decides(status: FeatureStatus, by: str) -> None:
    row = _row(_with_one(status, auto_enable=AutoEnable.NEW))
    assert (row.wanted, row.decided_by, row.pending) == (None, by, "")


def test_an_invitation_that_is_not_accepted_is_pending() -> None:
    invited = replace(member(1, "Invited"), invited=True)
    read = _region(invited, chosen={"mode": "invitation", **_ALL_ON}, of_organization=False)
    row = _row(read)
    assert (row.pending, row.gap) == ("invitation not accepted", "not a member")


def test_an_invited_member_that_no_rule_wants_is_no_gap() -> None:
    invited = replace(member(1, "Resigned"), invited=True)
    read = _region(invited, chosen={"mode": "invitation"}, of_organization=False, accounts=None)
    assert _row(read).gap == ""


def test_members_by_invitation_are_not_the_organizations() -> None:
    placed = _placed(account(1), account(2))
    read = _region(member(1), of_organization=False, accounts=placed, statuses={account(1): ON})
    assert _rows(read).keys() == {ADMINISTRATOR, account(1)}
    assert _row(read).name == "name of 300000000001"


# Organization policies


def _policy(
    name: str, target: str, *deciding: str, blocks: tuple[str, ...] = ()
) -> GuardDutyPolicy:
    return GuardDutyPolicy(
        name, frozenset({target}), frozenset({*deciding, *blocks}), frozenset(deciding)
    )


def _managed(*policies: GuardDutyPolicy, **more: object) -> RegionRead:
    statuses = MemberStatuses({account(1): OFF}, {}, frozenset({account(1)}))
    return replace(_with_one(OFF, **more), statuses=statuses, policies=policies)


@pytest.mark.parametrize(
    ("policies", "by"),
    [
        ([_policy("A", _ROOT[0], "default")], 'policy "A" on Root'),
        ([_policy("A", _PROD[0], REGION)], 'policy "A" on Root/Prod'),
        ([_policy("A", account(1), "default")], 'policy "A" on 300000000001'),
        (
            [_policy("A", account(1), "default"), _policy("B", _ROOT[0], "default")],
            'policy "B" on Root, policy "A" on 300000000001',
        ),
        (
            [_policy("A", _PROD[0], "default"), _policy("B", _ROOT[0], REGION)],
            'policy "B" on Root',
        ),
        (
            [_policy("A", _PROD[0], "default"), _policy("B", _ROOT[0], blocks=(REGION,))],
            "policy (GUARDDUTY_POLICY)",
        ),
        ([_policy("A", _PROD[0], "eu-west-1")], "policy (GUARDDUTY_POLICY)"),
        ([_policy("A", "ou-ab12-00000009", "default")], "policy (GUARDDUTY_POLICY)"),
    ],
)
def test_a_policy_is_named_with_what_it_is_attached_to(
    policies: list[GuardDutyPolicy], by: str
) -> None:
    assert _row(_managed(*policies)).decided_by == by


@pytest.mark.parametrize("unknown", [{"policies": None}, {"accounts": None}])
def test_a_policy_that_could_not_be_read_decides_all_the_same(unknown: dict[str, object]) -> None:
    read = replace(_managed(_policy("A", _ROOT[0], "default")), **unknown)  # type: ignore[arg-type]
    assert _row(read).decided_by == "policy (GUARDDUTY_POLICY)"


def test_a_policy_against_a_rule_is_a_gap_that_no_run_closes() -> None:
    row = _row(_managed(_policy("A", _ROOT[0], "default"), chosen=_ALL_ON))
    assert (row.wanted, row.gap, row.pending) == (ON, "off, rule 1 wants it on", "")


def test_a_policy_decides_the_administrator_too() -> None:
    policies = (_policy("A", _PROD[0], "default"),)
    row = _own(_region(detector=replace(_OWN, status=OFF, managed=True), policies=policies))
    assert (row.decided_by, row.pending) == ('policy "A" on Root/Prod', "")


# Several regions


def test_rows_are_sorted_by_unit_account_and_region() -> None:
    first = _region(member(2), member(1), statuses={account(1): ON, account(2): ON})
    second = replace(first, region="eu-west-1", stack="eu")
    found = coverage([first, second], Require.RULES, NOW)

    assert [(row.account, row.region) for row in found.rows] == [
        (a, region)
        for a in (ADMINISTRATOR, account(1), account(2))
        for region in ("eu-west-1", REGION)
    ]
    assert [region.region for region in found.regions] == [REGION, "eu-west-1"]


def test_a_problem_is_told_once() -> None:
    first = _region(problems=("Units: not allowed.", "us-east-1: slow."))
    second = _region(problems=("Units: not allowed.",))
    found = coverage([first, second], Require.RULES, NOW)
    assert found.problems == ("Units: not allowed.", "us-east-1: slow.")


def test_two_stacks_of_one_caller_and_region_have_one_row_an_account() -> None:
    silent = _with_one(OFF)
    deciding = replace(_with_one(OFF, chosen=_ALL_ON), stack="second")
    found = coverage([silent, deciding], Require.RULES, NOW)
    assert [(r.account, r.stack) for r in found.rows] == [
        (ADMINISTRATOR, "prod"),
        (account(1), "second"),
    ]


@pytest.mark.parametrize("first", [_ALL_ON, _ALL_OFF])
def test_two_stacks_that_want_opposites_of_an_account_hide_no_gap(
    first: Mapping[str, object],
) -> None:
    second = _ALL_OFF if first is _ALL_ON else _ALL_ON
    reads = [_with_one(ON, chosen=first), replace(_with_one(ON, chosen=second), stack="second")]
    (gap,) = coverage(reads, Require.RULES, NOW).gaps
    assert (gap.account, gap.gap) == (account(1), "on, rule 1 wants it off")


def test_two_callers_in_one_region_have_rows_of_their_own() -> None:
    other = replace(_with_one(ON), caller=AccountId("999999999999"), stack="other")
    found = coverage([_with_one(OFF), other], Require.RULES, NOW)
    assert [r.stack for r in found.rows if r.account == account(1)] == ["other", "prod"]
