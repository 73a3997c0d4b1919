"""Trial days and usage."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import notice
from guardduty_eks_audit_logs.messages.wording import counted, some

if TYPE_CHECKING:
    from collections.abc import Collection

_CENT = Decimal("0.01")


@notice("trial-days", key="showCosts")
def trials(turned_on: int, remaining: Collection[int], not_read: Collection[str]) -> str:
    """Says in one sentence how many accounts have how much left of their trial.

    Args:
        turned_on: how many accounts are to be turned on.
        remaining: the days of those that AWS returned.
        not_read: of each that could not be read, why not.
    """
    left = [days for days in remaining if days > 0]
    used_up = len(remaining) - len(left)
    unknown = turned_on - len(remaining) - len(not_read)
    parts = []
    if left:
        parts.append(f"{len(left)} {_has(len(left))} days left (fewest: {min(left)})")
    if used_up:
        parts.append(f"{used_up} {_has(used_up)} used it up")
    if unknown:
        parts.append(
            f"{unknown} {_is(unknown)} unknown (GuardDuty returned none; an account that never "
            "had "
            "EKS audit logs on gets 30 days)"
        )
    if not_read:
        why = some({reason.rstrip(".") for reason in not_read})
        parts.append(f"{len(not_read)} {_is(len(not_read))} unknown ({why})")
    return f"Trial: of {counted(turned_on, 'account')} to be turned on, {', '.join(parts)}."


def _has(number: int) -> str:
    return "has" if number == 1 else "have"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def trial(days: int) -> str:
    return f"trial: {counted(days, 'day')}" if days > 0 else "trial used up"


@notice("usage", key="showCosts")
def usage(amount: Decimal, unit: str, on_now: int) -> str:
    cost = f"less than {_CENT}" if 0 < amount < _CENT else f"{amount:.2f}"
    return (
        f"Usage: EKS_AUDIT_LOGS came to {cost} {unit} in the last 30 days in this region, with "
        f"{counted(on_now, 'account')} on now."
    )


@notice("usage-not-listed", key="showCosts")
def usage_not_returned(on_now: int) -> str:
    return (
        "Usage: GuardDuty lists none of EKS_AUDIT_LOGS for the last 30 days in this region, with "
        f"{counted(on_now, 'account')} on now."
    )


@notice(
    "usage-unknown",
    key="showCosts",
    way_out="Give `guardduty:GetUsageStatistics`; before the detector is made, nothing.",
)
def usage_unknown(reason: str) -> str:
    return f"Usage: unknown ({reason.rstrip('.')})."


def no_detector_yet() -> str:
    return "the detector is only being made"
