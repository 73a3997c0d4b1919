"""What turning EKS_AUDIT_LOGS on may cost, as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.model import Costs


def cost_lines(costs: Costs, on_now: int) -> tuple[str, ...]:
    """Says what turning accounts on costs in two lines; in none if a run turns no account on.

    Args:
        costs: as read.
        on_now: how many accounts have EKS_AUDIT_LOGS on before the run, the caller's own included.
    """
    if not costs.turned_on:
        return ()
    days, not_read = costs.trials.remaining.values(), costs.trials.unprocessed.values()
    trials = messages.trials(len(costs.turned_on), days, not_read)
    return trials, _usage_line(costs, on_now)


def _usage_line(costs: Costs, on_now: int) -> str:
    if costs.usage_failed:
        return messages.usage_unknown(costs.usage_failed)
    if costs.usage is None:
        return messages.usage_not_returned(on_now)
    return messages.usage(costs.usage.amount, costs.usage.unit, on_now)
