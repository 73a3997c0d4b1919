"""The plan against a second, naive reading of the same sentences, on organizations at random.

The first rule that selects an account decides it; an account that none selects, and one that
GuardDuty does not monitor, is left alone; UNMANAGED leaves alone; only what differs is changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from guardduty.model import AccountId, FeatureStatus, Membership, MemberStatuses, Snapshot
from guardduty.plan import make_plan
from guardduty.settings import Rule, RuleStatus, Settings
from tests.vocabulary import ADMINISTRATOR, OWNER, accounts, region_with

_FORMER = ("Removed", "Resigned", "Deleted")
_PEOPLE = [*accounts(12), ADMINISTRATOR]


@dataclass(frozen=True)
class _Case:
    settings: Settings
    snapshot: Snapshot


@st.composite
def _cases(draw: st.DrawFn) -> _Case:
    rules = draw(
        st.lists(
            st.builds(
                lambda status, chosen: Rule(
                    status=status,
                    accounts=frozenset(chosen) if chosen else None,
                    all=None if chosen else True,
                ),
                st.sampled_from(RuleStatus),
                st.lists(st.sampled_from(_PEOPLE), max_size=5),
            ),
            max_size=5,
        )
    )
    members = draw(
        st.dictionaries(
            st.sampled_from(accounts(12)),
            st.sampled_from(["Enabled", "Enabled", "Enabled", "Disabled", "Invited", *_FORMER]),
        )
    )
    statuses: dict[AccountId, FeatureStatus] = {}
    unknown: dict[AccountId, str] = {}
    for account, relationship_status in members.items():
        if relationship_status == "Enabled":
            status = draw(st.sampled_from([*FeatureStatus, None]))
            if status:
                statuses[account] = status
            else:
                unknown[account] = "Internal error"
    snapshot = replace(
        region_with({}),
        members=tuple(Membership(account, status) for account, status in members.items()),
        statuses=MemberStatuses(statuses, unknown),
    )
    auto_enable = draw(st.sampled_from(["NEW", "ALL", "NONE"]))
    return _Case(Settings.model_validate({"autoEnable": auto_enable, "members": rules}), snapshot)


def _deciding_rule(case: _Case, account: AccountId) -> int | None:
    monitored = [m.account for m in case.snapshot.members if m.relationship_status == "Enabled"]
    return _rule_for(case, account) if account in monitored else None


def _rule_for(case: _Case, account: AccountId) -> int | None:
    """The rule for any member, also one that can't be set now."""
    members = [m.account for m in case.snapshot.members if m.relationship_status not in _FORMER]
    if account not in members:
        return None
    selecting = [
        index
        for index, rule in enumerate(case.settings.members)
        if rule.all or account in (rule.accounts or [])
    ]
    return min(selecting, default=None)


@settings(deadline=None)
@given(_cases())
def test_each_account_gets_what_its_first_rule_says_and_no_other_is_touched(case: _Case) -> None:
    statuses, changes = {}, {}
    for account in _PEOPLE:
        index = _deciding_rule(case, account)
        if index is None:
            continue
        wanted = case.settings.members[index].status.value
        current = case.snapshot.statuses.statuses.get(account)
        if wanted == "UNMANAGED":
            continue
        statuses[account] = wanted
        if wanted != current:
            changes[account] = f"{current or 'UNKNOWN'} -> {wanted}"

    plan = make_plan(case.settings, case.snapshot, OWNER)

    assert {account: status.value for account, status in plan.statuses.items()} == statuses
    assert plan.changes == changes
    assert [d.account for d in plan.decisions] == [
        m.account for m in case.snapshot.members if _deciding_rule(case, m.account) is not None
    ]


@settings(deadline=None)
@given(_cases())
def test_those_wait_who_would_be_set_if_guardduty_monitored_them(case: _Case) -> None:
    monitored = replace(
        case.snapshot,
        members=tuple(Membership(m.account, "Enabled") for m in case.snapshot.members),
    )
    if_all_were = make_plan(case.settings, monitored, OWNER).statuses

    assert make_plan(case.settings, case.snapshot, OWNER).waiting == {
        m.account: m.relationship_status
        for m in case.snapshot.members
        if m.relationship_status in ("Disabled", "Invited") and m.account in if_all_were
    }


@settings(deadline=None)
@given(_cases())
def test_a_plan_is_refused_exactly_for_strangers_and_for_all_with_exceptions(case: _Case) -> None:
    members = {m.account: m.relationship_status for m in case.snapshot.members}
    exceptions, refused = [], []
    for index, rule in enumerate(case.settings.members):
        decided = [a for a in _PEOPLE if _rule_for(case, a) == index]
        if case.settings.auto_enable == "ALL" and rule.status == "DISABLED" and decided:
            exceptions.append(f"members[{index}] wants DISABLED for {len(decided)} of them")
        refused += [
            f"members[{index}].accounts: {account} is "
            for account in sorted(rule.accounts or [])
            if account not in members or members[account] in _FORMER
        ]

    refusals = make_plan(case.settings, case.snapshot, OWNER).refusals

    expected = [*exceptions, *refused]
    assert len(refusals) == len(expected)
    assert [
        text for text, refusal in zip(expected, refusals, strict=True) if text not in refusal
    ] == []


@settings(deadline=None)
@given(_cases())
def test_a_second_run_after_an_undisturbed_first_changes_nothing(case: _Case) -> None:
    first = make_plan(case.settings, case.snapshot, OWNER)
    after = replace(
        case.snapshot,
        statuses=MemberStatuses({**case.snapshot.statuses.statuses, **first.statuses}, {}),
    )

    assert make_plan(case.settings, after, OWNER).changes == {}
