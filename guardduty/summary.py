"""What a preview tells in a few lines, numbers first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from guardduty import messages
from guardduty.model import FeatureStatus
from guardduty.plan import rule_label

if TYPE_CHECKING:
    from guardduty.plan import Decision, Plan

LISTED = 20
"""So many accounts are named in a summary; the engine's own diff names them all."""


def summary(plan: Plan) -> str:
    """Tells what a run of this plan does: how many accounts, which ones, and what to know.

    Args:
        plan: one without refusals.
    """
    snapshot = plan.snapshot
    lines = [f"EKS audit log monitoring in {snapshot.region}, administrator {snapshot.caller}"]
    if snapshot.detector is not None:
        lines.append(f"  {_members(plan)}")
    changing = [decision for decision in plan.decisions if decision.changes]
    lines += [f"  {_row(decision, plan)}" for decision in changing[:LISTED]]
    if len(changing) > LISTED:
        lines.append(f"  {messages.more_accounts(len(changing) - LISTED)}")
    lines.append(f"  {_own(plan)}")
    lines += [f"  {notice}" for notice in plan.notices]
    return "\n".join(lines)


def headline(plan: Plan) -> str:
    """Tells the same in short, for a run that has been previewed."""
    if plan.snapshot.detector is None:
        lines = [messages.headline_of_detector(plan.snapshot.region), *plan.notices]
        return "\n  ".join(lines)
    on, off, _ = _turned(plan)
    return messages.headline(plan.snapshot.region, on, off)


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


def _row(decision: Decision, plan: Plan) -> str:
    turned = messages.on_off(decision.wanted)
    return f"{turned:<4} {decision.account}  {rule_label(decision.rule, plan.settings.members)}"


def _own(plan: Plan) -> str:
    current = plan.snapshot.detector.status if plan.snapshot.detector else None
    return messages.own_detector(current, plan.settings.status)
