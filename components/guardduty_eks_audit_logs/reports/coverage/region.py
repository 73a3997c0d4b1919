"""Which account has EKS audit log monitoring in a region, and what decides it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.model import AccountId, AutoEnable, FeatureStatus
from guardduty_eks_audit_logs.planning.decisions import rule_label

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.planning.decisions import Decision
    from guardduty_eks_audit_logs.planning.plan import Plan
    from guardduty_eks_audit_logs.settings.configuration import Rule

NO_MEMBER = "none"
"""Stands for the relationship status of the delegated administrator, which is no member."""

POLICY = "policy (GUARDDUTY_POLICY)"
"""Stands in `decided_by` where an organization policy decides."""


@dataclass(frozen=True)
class CoverageRow:
    """One account in one region.

    Attributes:
        account: its id.
        membership: its relationship status, or `none` for the administrator.
        status: EKS_AUDIT_LOGS as AWS holds it; None where AWS does not return it.
        decided_by: what decides it, for people: `rule 2: all`.
    """

    account: AccountId
    membership: str
    status: FeatureStatus | None
    decided_by: str


def coverage(plan: Plan) -> tuple[CoverageRow, ...]:
    """Lists the administrator and every member of the region.

    The statuses are those of the plan's snapshot: to see the result of a run, plan again after it.
    """
    snapshot, rules = plan.snapshot, plan.settings.members
    detector = snapshot.detector
    own = detector.status if detector else None
    own_by = POLICY if detector and detector.managed else "status (administrator)"
    rows = [CoverageRow(snapshot.caller, NO_MEMBER, own, own_by)]
    deciding = {d.account: d for d in plan.decisions}
    for member in snapshot.members:
        by_all = plan.settings.auto_enable is AutoEnable.ALL and not member.invited
        rest = "autoEnable ALL" if by_all else "left alone"
        decision = deciding.get(member.account)
        decided_by = _decided_by(decision, rules, rest) if decision else rest
        if member.account in snapshot.statuses.managed:
            decided_by = POLICY
        status = snapshot.statuses.statuses.get(member.account)
        rows.append(
            CoverageRow(
                member.account,
                member.relationship_status,
                status,
                decided_by if member.monitored else "inactive",
            )
        )
    return tuple(rows)


def _decided_by(decision: Decision, rules: tuple[Rule, ...], rest: str) -> str:
    label = rule_label(decision.rule, rules, decision.unit)
    return label if decision.wanted else f"{rest} ({label})"
