"""What a preview tells in a few lines, numbers first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from guardduty import messages
from guardduty.costs import told, trial_of
from guardduty.decisions import rule_label
from guardduty.model import FeatureStatus
from guardduty.modes import Mode
from guardduty.release import tell_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty.costs import Costs
    from guardduty.decisions import Decision
    from guardduty.delegation import DelegationPlan
    from guardduty.model import Snapshot
    from guardduty.plan import Plan

LISTED = 20
"""So many accounts are named in a summary; the engine's own diff names them all."""


def summary(plan: Plan, costs: Costs | None = None) -> str:
    """Tells what a run of this plan does: how many accounts, which ones, and what to know.

    Args:
        plan: one without refusals.
        costs: what turning accounts on will cost; None if it is not to be told.
    """
    snapshot, mode = plan.snapshot, plan.settings.mode
    lines = [messages.whose_monitoring(snapshot.region, snapshot.caller, mode)]
    if plan.leaving:
        lines.append(f"  {messages.region_leaves(plan.settings.on_release.value)}")
    elif snapshot.detector is not None and mode is not Mode.STANDALONE:
        lines.append(f"  {_members(plan)}")
    changing = [decision for decision in plan.decisions if decision.changes]
    lines += [f"  {_row(decision, plan, costs)}" for decision in changing[:LISTED]]
    if len(changing) > LISTED:
        lines.append(f"  {messages.more_accounts(len(changing) - LISTED)}")
    lines += [f"  {line}" for line in _released(plan)]
    if not plan.leaving:
        lines.append(f"  {_own(plan)}")
    lines += [f"  {notice}" for notice in plan.notices]
    if costs:
        lines += [f"  {line}" for line in told(costs, _on_now(snapshot))]
    return "\n".join(lines)


def delegation_summary(plan: DelegationPlan) -> str:
    """Tells whom a run of mode `delegation` designates.

    Args:
        plan: one without refusals.
    """
    delegation = plan.delegation
    lines = [messages.headline_of_delegation(delegation.region, delegation.caller), *plan.notices]
    return "\n  ".join(lines)


def all_so_far(accounts: Mapping[str, int]) -> str:
    """Tells after a run with `autoEnable: ALL` how many members are not there yet.

    Args:
        accounts: how many members are ENABLED, DISABLED or UNKNOWN.
    """
    off, unknown = (int(accounts.get(key, 0)) for key in (FeatureStatus.DISABLED, messages.UNKNOWN))
    return messages.all_in_a_day(off, unknown, int(sum(accounts.values())))


def headline(plan: Plan) -> str:
    """Tells the same in short, for a run that has been previewed."""
    if plan.leaving:
        return messages.headline_of_leaving(plan.snapshot.region, plan.release.total)
    if plan.snapshot.detector is None:
        lines = [messages.headline_of_detector(plan.snapshot.region), *plan.notices]
        return "\n  ".join(lines)
    if plan.settings.mode is Mode.STANDALONE:
        whose = messages.whose_monitoring(
            plan.snapshot.region, plan.snapshot.caller, plan.settings.mode
        )
        return "\n  ".join([whose, _own(plan), *_in_short(plan)])
    on, off, _ = _turned(plan)
    return "\n  ".join([messages.headline(plan.snapshot.region, on, off), *_in_short(plan)])


def _in_short(plan: Plan) -> list[str]:
    rewritten = [messages.state_rewritten()] if plan.record.earlier else []
    return [*plan.snapshot.notices, *rewritten]


def _released(plan: Plan) -> list[str]:
    lines: list[str] = []
    if plan.release.total:
        lines += tell_plan(plan.settings.on_release, plan.release).splitlines()
    if plan.leaving:
        changes = plan.setting_changes.items()
        lines += [messages.setting_put_back(key, change) for key, change in changes]
    return lines


def _on_now(snapshot: Snapshot) -> int:
    own = [snapshot.detector.status] if snapshot.detector else []
    return [*snapshot.statuses.statuses.values(), *own].count(FeatureStatus.ENABLED)


def _members(plan: Plan) -> str:
    read = plan.snapshot.statuses
    now = Counter(read.statuses.values())
    on, off, stay = _turned(plan)
    return messages.members_now(
        now[FeatureStatus.ENABLED],
        now[FeatureStatus.DISABLED],
        len(read.unprocessed),
    ) + messages.members_then(on, off, stay)


def _turned(plan: Plan) -> tuple[int, int, int]:
    wanted = Counter(decision.wanted for decision in plan.decisions if decision.changes)
    on, off = wanted[FeatureStatus.ENABLED], wanted[FeatureStatus.DISABLED]
    members = sum(1 for member in plan.snapshot.members if member.monitored)
    return on, off, members - on - off


def _row(decision: Decision, plan: Plan, costs: Costs | None) -> str:
    turned = messages.on_off(decision.wanted)
    label = rule_label(decision.rule, plan.settings.members, decision.unit)
    row = f"{turned:<4} {decision.account}  {label}"
    if costs and decision.wanted is FeatureStatus.ENABLED:
        row += f"  {trial_of(costs, decision.account)}"
    return row.rstrip()


def _own(plan: Plan) -> str:
    current = plan.snapshot.detector.status if plan.snapshot.detector else None
    alone = plan.settings.mode is Mode.STANDALONE
    return messages.own_detector(current, plan.settings.status, alone=alone)
