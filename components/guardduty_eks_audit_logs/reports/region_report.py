"""What a plan does in its region, as a part of the run report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import UNKNOWN, FeatureStatus
from guardduty_eks_audit_logs.planning.decisions import rule_label
from guardduty_eks_audit_logs.planning.refusals import many_non_members
from guardduty_eks_audit_logs.planning.release import release_sentence
from guardduty_eks_audit_logs.planning.selection import selecting_unit
from guardduty_eks_audit_logs.reports.costs import cost_lines
from guardduty_eks_audit_logs.reports.run_report import (
    Counts,
    Progress,
    RegionReport,
    ReportedAccount,
    ReportedSetting,
)
from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from guardduty_eks_audit_logs.model import AccountId, Costs
    from guardduty_eks_audit_logs.planning.decisions import Decision
    from guardduty_eks_audit_logs.planning.delegation import DelegationPlan
    from guardduty_eks_audit_logs.planning.plan import Plan


def region_report(plan: Plan, costs: Costs | None = None) -> RegionReport:
    """Says what a plan does in its region.

    Args:
        plan: also one with refusals: then this is what they refuse.
        costs: what turning accounts on will cost; None if they are not wanted.
    """
    accounts = _off_first([*_by_rule(plan, costs), *_released(plan), *_inactive(plan)])
    snapshot = plan.snapshot
    return RegionReport(
        region=snapshot.region,
        administrator_account_id=str(snapshot.caller),
        mode=plan.settings.mode,
        leaving=plan.leaving,
        warnings=tuple(_warnings(plan)),
        accounts=tuple(accounts),
        settings=tuple(_settings(plan)),
        summary=_counts(plan, accounts),
        unreached=(*_left(plan, accounts), *plan.unreached, *_refused_whole(plan)),
        notices=tuple(_notices(plan, costs)),
    )


def delegation_report(plan: DelegationPlan) -> RegionReport:
    """Says what a run of mode `delegation` does in its region.

    Args:
        plan: also one with refusals.
    """
    delegation = plan.delegation
    return RegionReport(
        region=delegation.region,
        administrator_account_id=str(delegation.caller),
        mode=Mode.DELEGATION,
        notices=plan.notices,
    )


def _settings(plan: Plan) -> Iterator[ReportedSetting]:
    held = plan.snapshot.settings
    for key, to in plan.settings_to.items():
        if to != held[key]:
            yield ReportedSetting(setting=str(key), from_=held[key], to=to)


def _by_rule(plan: Plan, costs: Costs | None) -> Iterator[tuple[int, ReportedAccount]]:
    names = _names(plan)
    for decision in plan.decisions:
        if decision.changes and decision.wanted is not None:
            yield (
                decision.rule,
                ReportedAccount(
                    account=str(decision.account),
                    name=names.get(decision.account),
                    unit=decision.unit,
                    from_=decision.current or UNKNOWN,
                    to=decision.wanted,
                    rule=rule_label(decision.rule, plan.settings.members, decision.unit),
                    reason=plan.record.left.get(decision.account),
                    trial_days=_trial_days(decision, costs),
                ),
            )


def _names(plan: Plan) -> Mapping[AccountId, str]:
    lookup = plan.snapshot.lookup
    return lookup.names if lookup else {}


def _trial_days(decision: Decision, costs: Costs | None) -> int | None:
    if costs is None or decision.wanted is not FeatureStatus.ENABLED:
        return None
    return costs.trials.remaining.get(decision.account)


def _released(plan: Plan) -> Iterator[tuple[int, ReportedAccount]]:
    last = len(plan.settings.members)
    for account, status in plan.release.changing.items():
        yield (
            last,
            ReportedAccount(
                account=str(account),
                name=_names(plan).get(account),
                from_=plan.release.current.get(account) or UNKNOWN,
                to=status,
                rule=messages.by_release(plan.settings.on_release.value),
                reason=plan.record.left.get(account),
            ),
        )


def _inactive(plan: Plan) -> Iterator[tuple[int, ReportedAccount]]:
    rules = plan.settings.members
    for account, status in plan.inactive.items():
        index, unit = plan.deciding[account], _unit(plan, account)
        wanted = rules[index].wanted
        if wanted is not None:
            yield (
                index,
                ReportedAccount(
                    account=str(account),
                    name=_names(plan).get(account),
                    from_=UNKNOWN,
                    to=wanted,
                    unit=unit,
                    rule=rule_label(index, rules, unit),
                    progress=Progress.INACTIVE,
                    reason=messages.relationship(status),
                ),
            )


def _unit(plan: Plan, account: AccountId) -> str | None:
    lookup = plan.snapshot.lookup
    rule = plan.settings.members[plan.deciding[account]]
    return selecting_unit(rule, account, lookup) if lookup else None


def _off_first(accounts: Iterable[tuple[int, ReportedAccount]]) -> list[ReportedAccount]:
    """Puts those that are turned off first, each part in the order of the rules and their units."""

    def place(found: tuple[int, ReportedAccount]) -> tuple[bool, int, str, str]:
        index, account = found
        return account.to is not FeatureStatus.DISABLED, index, account.rule, account.account

    return [account for _, account in sorted(accounts, key=place)]


def _counts(plan: Plan, accounts: list[ReportedAccount]) -> Counts | None:
    snapshot = plan.snapshot
    if snapshot.detector is None or plan.settings.mode is Mode.STANDALONE:
        return None
    now = list(snapshot.statuses.statuses.values())
    to = [a.to for a in accounts if a.progress is not Progress.INACTIVE]
    return Counts(
        members=sum(member.monitored for member in snapshot.members),
        on=now.count(FeatureStatus.ENABLED),
        off=now.count(FeatureStatus.DISABLED),
        unknown=len(snapshot.statuses.unprocessed),
        turns_on=to.count(FeatureStatus.ENABLED),
        turns_off=to.count(FeatureStatus.DISABLED),
    )


def _warnings(plan: Plan) -> Iterator[str]:
    if plan.leaving:
        yield messages.region_leaves(plan.settings.on_release.value)
        return
    if _turns_own_off(plan):
        yield _own(plan)
    yield from plan.warnings


def _notices(plan: Plan, costs: Costs | None) -> Iterator[str]:
    if plan.release.total:
        yield release_sentence(plan.settings.on_release, plan.release)
    if plan.leaving:
        for key, change in plan.setting_changes.items():
            yield messages.setting_put_back(key, change)
    elif not _turns_own_off(plan) and (plan.snapshot.detector or plan.settings.makes_detector):
        yield _own(plan)
    yield from plan.notices
    if costs:
        own = [plan.snapshot.detector.status] if plan.snapshot.detector else []
        statuses = [*plan.snapshot.statuses.statuses.values(), *own]
        yield from cost_lines(costs, statuses.count(FeatureStatus.ENABLED))


def _left(plan: Plan, accounts: Sequence[ReportedAccount]) -> Iterator[str]:
    left = {str(a): plan.record.left[a] for a in _to_change(plan) if a in plan.record.left}
    if left:
        off = {a.account: a.rule for a in accounts if a.to is FeatureStatus.DISABLED}
        yield messages.left_by_the_last_run(left, off)


def _refused_whole(plan: Plan) -> Iterator[str]:
    """All accounts of a refusal that names only the first ones."""
    if plan.refusals and plan.snapshot.detector:
        yield from many_non_members(plan.settings, plan.snapshot)


def _to_change(plan: Plan) -> list[AccountId]:
    return [*(d.account for d in plan.decisions if d.changes), *plan.release.changing]


def _turns_own_off(plan: Plan) -> bool:
    own = plan.snapshot.detector
    now = own.status if own else None
    return now is FeatureStatus.ENABLED and plan.settings.status is FeatureStatus.DISABLED


def _own(plan: Plan) -> str:
    current = plan.snapshot.detector.status if plan.snapshot.detector else None
    alone = plan.settings.mode is Mode.STANDALONE
    return messages.own_detector(current, plan.settings.status, alone=alone)
