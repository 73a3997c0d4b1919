"""What GuardDuty's plans cost: figures of our own that depend on nothing but days and account.

GetUsageStatistics tells the cost of the past 30 days, of younger detectors what there is so far
(API reference). How much an account uses is made up here: each whole day with a plan on costs the
plan's rate times a factor of the account, in millionths of a dollar, so that all sums agree
exactly however they are organized.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from heapq import merge, nsmallest
from typing import TYPE_CHECKING, Final

from aws_sandbox.guardduty.fanout import settle_member
from aws_sandbox.guardduty.features import (
    EBS_MALWARE_PROTECTION,
    EKS_AUDIT_LOGS,
    EKS_RUNTIME_MONITORING,
    S3_DATA_EVENTS,
)
from aws_sandbox.guardduty.metering import PLANS, days_on
from aws_sandbox.guardduty.state import ASSOCIATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aws_sandbox.guardduty.state import AccountRegion, Detector
    from aws_sandbox.guardduty.world import World

WINDOW: Final = timedelta(days=30)
TOP: Final = 50
"""The service lists "the top 50" (`UsageStatistics` of the API reference)."""

RATES: Final = {
    "CLOUD_TRAIL": 400_000,
    "DNS_LOGS": 150_000,
    "FLOW_LOGS": 900_000,
    S3_DATA_EVENTS: 250_000,
    EKS_AUDIT_LOGS: 700_000,
    EBS_MALWARE_PROTECTION: 300_000,
    "RDS_LOGIN_EVENTS": 100_000,
    "LAMBDA_NETWORK_LOGS": 80_000,
    EKS_RUNTIME_MONITORING: 350_000,
    "EC2_RUNTIME_MONITORING": 500_000,
    "FARGATE_RUNTIME_MONITORING": 200_000,
    "AI_PROTECTION": 60_000,
}
"""Millionths of a dollar for a day with a plan on, in an account of the middling sort."""

DATA_SOURCES: Final = {
    "FLOW_LOGS": "FLOW_LOGS",
    "CLOUD_TRAIL": "CLOUD_TRAIL",
    "DNS_LOGS": "DNS_LOGS",
    "S3_LOGS": S3_DATA_EVENTS,
    "KUBERNETES_AUDIT_LOGS": EKS_AUDIT_LOGS,
    "EC2_MALWARE_SCAN": EBS_MALWARE_PROTECTION,
}
"""The deprecated data sources (`DataSource` of the model) with the plans that they stand for."""

WITHOUT_TOP_ACCOUNTS: Final[str] = "RDS_LOGIN_EVENTS"
"""The plan for which the service lists no top accounts (`UsageTopAccountsResult`)."""


@dataclass(frozen=True)
class Criteria:
    """What use is asked for; None asks for all.

    Args:
        account_ids: of these accounts.
        plans: of these plans.
        resources: of these resources, by their exact names.
    """

    account_ids: frozenset[str] | None = None
    plans: frozenset[str] | None = None
    resources: frozenset[str] | None = None


def visible_detector(world: World, place: AccountRegion, account_id: str) -> Detector | None:
    """The detector of the caller's own account or of an associated member; None for others."""
    if not _sees(world, place, account_id):
        return None
    return world.place(place.region, account_id).detector


def bucket(account_id: str) -> str:
    """The one resource that causes an account's S3 data events."""
    return f"logs-{account_id}"


def costs(
    world: World, place: AccountRegion, criteria: Criteria, after: str = ""
) -> Iterator[tuple[str, dict[str, int]]]:
    """Millionths of a dollar by plan, account by account in the order of their ids.

    An administrator sees its members too; anybody else sees itself. Accounts without use are left
    out.

    Args:
        world: everything.
        place: who asks, where.
        criteria: what is asked for.
        after: begins behind this account.
    """
    now = world.clock.now()
    for account_id in _account_ids(world, place, criteria, after):
        detector = world.place(place.region, account_id).detector
        if detector is None:
            continue
        by_plan = {
            plan: days * RATES[plan] * _percent(account_id) // 100
            for plan, days in days_on(detector, now, now - WINDOW).items()
            if days and _asked_for(criteria, account_id, plan)
        }
        if by_plan:
            yield account_id, by_plan


def by_plan(every: Iterable[tuple[str, dict[str, int]]]) -> dict[str, int]:
    """The sum over accounts, by plan in the order of `PLANS`."""
    total: Counter[str] = Counter()
    for _, found in every:
        total.update(found)
    return {plan: total[plan] for plan in PLANS if total[plan]}


def top_resources(every: Iterable[tuple[str, dict[str, int]]]) -> list[tuple[str, int]]:
    """The 50 resources that cost most, the dearest first."""
    found = (
        (bucket(account_id), plans[S3_DATA_EVENTS])
        for account_id, plans in every
        if S3_DATA_EVENTS in plans
    )
    return nsmallest(TOP, found, key=_dearest_first)


def top_accounts(
    every: Iterable[tuple[str, dict[str, int]]],
) -> dict[str, list[tuple[str, int]]]:
    """The 50 accounts that cost most, the dearest first, by plan."""
    listed: dict[str, list[tuple[str, int]]] = {}
    for account_id, plans in every:
        for plan, cost in plans.items():
            listed.setdefault(plan, []).append((account_id, cost))
    return {
        plan: nsmallest(TOP, listed[plan], key=_dearest_first)
        for plan in PLANS
        if plan in listed and plan != WITHOUT_TOP_ACCOUNTS
    }


def _asked_for(criteria: Criteria, account_id: str, plan: str) -> bool:
    """Whether the use of a plan by an account is asked for; of resources there are only buckets."""
    if criteria.plans is not None and plan not in criteria.plans:
        return False
    return criteria.resources is None or (
        plan == S3_DATA_EVENTS and bucket(account_id) in criteria.resources
    )


def _dearest_first(entry: tuple[str, int]) -> tuple[int, str]:
    name, cost = entry
    return -cost, name


def _percent(account_id: str) -> int:
    """How much an account uses, in percent of the middling one: from 50 to 149."""
    return 50 + int.from_bytes(hashlib.sha256(account_id.encode()).digest()[:4]) % 100


def _account_ids(
    world: World, place: AccountRegion, criteria: Criteria, after: str
) -> Iterator[str]:
    wanted = criteria.account_ids
    if wanted is not None:
        yield from (key for key in sorted(wanted) if key > after and _sees(world, place, key))
        return
    own = [place.account_id] if place.account_id > after else []
    members = (
        member.account_id
        for member in place.administer().members(after)
        if _sees(world, place, member.account_id)
    )
    yield from merge(own, members)


def _sees(world: World, place: AccountRegion, account_id: str) -> bool:
    """Whether an account is the caller's own, or that of an associated member."""
    if account_id == place.account_id:
        return True
    member = place.administer().member(account_id)
    if member is None:
        return False
    settle_member(world, place, member)
    return member.relationship in ASSOCIATED
