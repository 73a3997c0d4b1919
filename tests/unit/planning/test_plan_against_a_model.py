"""The plan against a second, naive reading of the same sentences, on organizations at random.

The first rule that selects an account decides it; an account that none selects, and one that
GuardDuty does not monitor, is left alone; UNMANAGED leaves alone; only what differs is changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from guardduty_eks_audit_logs.model import (
    AccountId,
    FeatureStatus,
    Membership,
    MemberStatuses,
    Snapshot,
)
from guardduty_eks_audit_logs.planning.inputs import member_features_inputs
from guardduty_eks_audit_logs.planning.plan import Plan, make_plan
from guardduty_eks_audit_logs.settings.configuration import OnRelease, Rule, RuleStatus, Settings
from guardduty_eks_audit_logs.state.ledger import LastState, Record
from guardduty_eks_audit_logs.texts import read_grouped
from tests.support.vocabulary import ADMINISTRATOR, DETECTOR, OWNER, REGION, accounts, region_with

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


@given(_cases())
def test_each_account_gets_its_first_rule_and_no_other_is_touched(case: _Case) -> None:
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

    assert {account: status.value for account, status in plan.wanted.items()} == statuses
    assert plan.changes == changes
    assert [d.account for d in plan.decisions] == [
        m.account for m in case.snapshot.members if _deciding_rule(case, m.account) is not None
    ]


@given(_cases())
def test_those_wait_who_would_be_set_if_guardduty_monitored_them(case: _Case) -> None:
    monitored = replace(
        case.snapshot,
        members=tuple(Membership(m.account, "Enabled") for m in case.snapshot.members),
    )
    if_all_were = make_plan(case.settings, monitored, OWNER).wanted

    assert make_plan(case.settings, case.snapshot, OWNER).inactive == {
        m.account: m.relationship_status
        for m in case.snapshot.members
        if m.relationship_status in ("Disabled", "Invited") and m.account in if_all_were
    }


@given(_cases())
def test_a_plan_is_refused_for_non_members_and_all_with_exceptions(case: _Case) -> None:
    members = {m.account: m.relationship_status for m in case.snapshot.members}
    exceptions, refused = [], []
    for index, rule in enumerate(case.settings.members):
        decided = [a for a in _PEOPLE if _rule_for(case, a) == index]
        if case.settings.auto_enable == "ALL" and rule.status == "DISABLED" and decided:
            exceptions.append(
                f"rule {index + 1} (members[{index}]) wants DISABLED for {len(decided)} of them"
            )
        place = f"rule {index + 1} (members[{index}].accounts)"
        strangers = {
            account: members.get(account)
            for account in sorted(rule.accounts or [])
            if account not in members or members[account] in _FORMER
        }
        if ADMINISTRATOR in strangers:
            refused.append(f"{place}: {ADMINISTRATOR} is ")
            del strangers[ADMINISTRATOR]
        if len(set(strangers.values())) < len(strangers):  # a reason that several have is said once
            refused.append(f"{place}: {len(strangers)} accounts are no GuardDuty members")
        else:
            refused += [f"{place}: {account} is " for account in strangers]

    refusals = make_plan(case.settings, case.snapshot, OWNER).refusals

    expected = [*exceptions, *refused]
    assert len(refusals) == len(expected)
    assert [
        text for text, refusal in zip(expected, refusals, strict=True) if text not in refusal
    ] == []


@given(_cases())
def test_a_second_run_after_an_undisturbed_first_changes_nothing(case: _Case) -> None:
    first = make_plan(case.settings, case.snapshot, OWNER)
    after = replace(
        case.snapshot,
        statuses=MemberStatuses({**case.snapshot.statuses.statuses, **first.wanted}, {}),
    )

    assert make_plan(case.settings, after, OWNER).changes == {}


# With a record of earlier runs


_BEFORE = st.dictionaries(st.sampled_from(accounts(12)), st.sampled_from(FeatureStatus))


def _plan_with(case: _Case, before: dict[AccountId, FeatureStatus], on_release: OnRelease) -> Plan:
    chosen = case.settings.model_copy(update={"on_release": on_release})
    record = Record(
        REGION,
        ADMINISTRATOR,
        DETECTOR,
        before,
        revision=4,
        members_revision=4,
        wanted=before,
    )
    return make_plan(chosen, case.snapshot, OWNER, LastState((record,)))


def _released_as(
    case: _Case, account: AccountId, before: FeatureStatus, on_release: OnRelease
) -> str | None:
    """What becomes of an account that is recorded; None if it stays recorded."""
    members = {m.account: m.relationship_status for m in case.snapshot.members}
    index = _rule_for(case, account)
    decided = None if index is None else case.settings.members[index].status.value
    if decided in ("ENABLED", "DISABLED"):
        return None
    if on_release is OnRelease.LEAVE or members.get(account, "Removed") in _FORMER:
        return "LEAVE"
    if members[account] != "Enabled":
        return None
    if decided == "UNMANAGED":
        return "LEAVE"
    target = "DISABLED" if on_release is OnRelease.DISABLE else before.value
    current = case.snapshot.statuses.statuses.get(account)
    return "LEAVE" if current == target else f"{current or 'UNKNOWN'} -> {target}"


@given(_cases(), _BEFORE, st.sampled_from(OnRelease))
def test_recorded_accounts_stay_recorded_or_are_released(
    case: _Case, before: dict[AccountId, FeatureStatus], on_release: OnRelease
) -> None:
    plan = _plan_with(case, before, on_release)

    released = {a: _released_as(case, a, status, on_release) for a, status in before.items()}
    assert plan.release.by_account == {a: word for a, word in released.items() if word}


@given(_cases(), _BEFORE, st.sampled_from(OnRelease))
def test_every_account_that_a_run_writes_is_recorded_first(
    case: _Case, before: dict[AccountId, FeatureStatus], on_release: OnRelease
) -> None:
    plan = _plan_with(case, before, on_release)

    assert plan.changes.keys() | plan.release.by_account.keys() <= plan.to_record.keys()
    assert {a: s for a, s in plan.to_record.items() if a in before} == before
    for account in plan.to_record.keys() - before.keys():
        current = case.snapshot.statuses.statuses.get(AccountId(account))
        assert plan.to_record[account] == (current.value if current else "UNKNOWN")


@given(_cases(), _BEFORE, st.sampled_from(OnRelease))
def test_each_account_of_the_rules_is_in_one_input_and_who_leaves_them_is_named(
    case: _Case, before: dict[AccountId, FeatureStatus], on_release: OnRelease
) -> None:
    plan = _plan_with(case, before, on_release)
    written = member_features_inputs(plan).properties()

    rest, changes, already, left = (
        read_grouped(written.get(key)) for key in ("wanted", "changes", "already", "left")
    )
    to = {account: change.rpartition(" ")[2] for account, change in changes.items()}
    assert len(rest) + len(to) + len(already) == len(plan.wanted)
    assert {**rest, **to, **already} == plan.wanted
    assert {a: s for a, s in rest.items() if before.get(AccountId(a)) != s} == {}
    gone = before.keys() - plan.wanted.keys()
    assert left.keys() | (gone & plan.release.by_account.keys()) == gone


@given(_cases(), _BEFORE, st.sampled_from(OnRelease))
def test_a_run_after_an_undisturbed_one_has_nothing_to_do(
    case: _Case, before: dict[AccountId, FeatureStatus], on_release: OnRelease
) -> None:
    told = replace(
        case.snapshot,
        statuses=MemberStatuses(
            dict.fromkeys(case.snapshot.statuses.unprocessed, FeatureStatus.ENABLED)
            | dict(case.snapshot.statuses.statuses),
            {},
        ),
    )
    case = replace(case, snapshot=told)
    first = _plan_with(case, before, on_release)
    recorded = {AccountId(a): FeatureStatus(s) for a, s in first.to_record.items()}
    released = {a: word.rpartition(" ")[2] for a, word in first.release.by_account.items()}
    left = {a: status for a, status in recorded.items() if a not in released}
    set_by_release = {AccountId(a): FeatureStatus(s) for a, s in released.items() if s != "LEAVE"}
    after = {**told.statuses.statuses, **set_by_release, **first.wanted}

    second = make_plan(
        case.settings.model_copy(update={"on_release": on_release}),
        replace(told, statuses=MemberStatuses(after, {})),
        OWNER,
        LastState(
            (
                Record(
                    REGION,
                    ADMINISTRATOR,
                    DETECTOR,
                    left,
                    dict.fromkeys(first.written_settings, "NONE"),
                    revision=first.revision,
                    members_revision=first.members_revision,
                ),
            )
        ),
    )

    assert (second.changes, second.release.by_account, second.newly_set) == ({}, {}, {})
    assert (second.revision, second.members_revision) == (
        first.revision,
        first.members_revision,
    )
    assert second.to_record == left
