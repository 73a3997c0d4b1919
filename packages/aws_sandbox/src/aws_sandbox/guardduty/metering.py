"""For how long each protection plan was on: what trial days and use are counted from.

GuardDuty bills and grants trials by plans whose names differ a little from the features that turn
them on: Runtime Monitoring counts as three (`FreeTrialFeatureResult` of the service model).
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from aws_sandbox.guardduty.features import (
    EBS_MALWARE_PROTECTION,
    EKS_AUDIT_LOGS,
    EKS_RUNTIME_MONITORING,
    FOUNDATIONAL,
    RUNTIME_MONITORING,
    S3_DATA_EVENTS,
    FeatureStatus,
)
from aws_sandbox.guardduty.state import Span

if TYPE_CHECKING:
    from datetime import datetime

    from aws_sandbox.guardduty.state import Detector

DAY: Final = timedelta(days=1)

TURNED_ON_BY: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(FOUNDATIONAL, ()),
    S3_DATA_EVENTS: (S3_DATA_EVENTS,),
    EKS_AUDIT_LOGS: (EKS_AUDIT_LOGS,),
    EBS_MALWARE_PROTECTION: (EBS_MALWARE_PROTECTION,),
    "RDS_LOGIN_EVENTS": ("RDS_LOGIN_EVENTS",),
    "LAMBDA_NETWORK_LOGS": ("LAMBDA_NETWORK_LOGS",),
    EKS_RUNTIME_MONITORING: (EKS_RUNTIME_MONITORING, RUNTIME_MONITORING),
    "EC2_RUNTIME_MONITORING": (RUNTIME_MONITORING,),
    "FARGATE_RUNTIME_MONITORING": (RUNTIME_MONITORING,),
    "AI_PROTECTION": ("AI_PROTECTION",),
}
"""The plans, each with the features that turn it on; the foundational ones go with the detector.

That Runtime Monitoring is counted as all three of its kinds is assumed.
"""

PLANS: Final = tuple(TURNED_ON_BY)


def note(detector: Detector, when: datetime) -> None:
    """Remember what was on until now: called before anything about a detector changes.

    A change at the time of the last one (or of the detector's creation) closes no time.
    """
    begun = _begun(detector)
    if when <= begun:
        return
    on = plans_on(detector)
    last = detector.spans[-1] if detector.spans else None
    if last is not None and last.end == begun and last.on == on:
        detector.spans = (*detector.spans[:-1], Span(last.start, when, on))
    else:
        detector.spans = (*detector.spans, Span(begun, when, on))


def plans_on(detector: Detector) -> frozenset[str]:
    """The plans that are on at this moment; none while the detector is suspended."""
    if detector.status is FeatureStatus.DISABLED:
        return frozenset()
    return _plans(detector.features.on())


def days_on(detector: Detector, now: datetime, since: datetime | None = None) -> dict[str, int]:
    """For how many whole days each plan was on; plans that were never on are left out.

    Args:
        detector: the detector; what its account used before an earlier detector was deleted counts.
        now: the present moment.
        since: counts from then on only; all the time if None.
    """
    time_on: dict[str, timedelta] = {}
    for span in (*detector.spans, Span(_begun(detector), now, plans_on(detector))):
        start = span.start if since is None else max(span.start, since)
        if start <= span.end:
            for plan in span.on:
                time_on[plan] = time_on.get(plan, timedelta()) + (span.end - start)
    return {plan: time_on[plan] // DAY for plan in PLANS if plan in time_on}


def _begun(detector: Detector) -> datetime:
    """Since when everything is as it is now."""
    if not detector.spans:
        return detector.created_at
    return max(detector.created_at, detector.spans[-1].end)


@cache
def _plans(features: tuple[str, ...]) -> frozenset[str]:
    """The plans for a combination of features; few combinations exist."""
    return frozenset(
        plan
        for plan, causes in TURNED_ON_BY.items()
        if plan in FOUNDATIONAL or not set(causes).isdisjoint(features)
    )
