"""The operations about cost: days left of the free trial, and usage statistics."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from aws_sandbox.guardduty import answers, detectors, trial, usage
from aws_sandbox.guardduty.errors import BOTH_FORMS, INVALID_VALUE, NOT_ASSOCIATED, invalid_input
from aws_sandbox.guardduty.features import EBS_MALWARE_PROTECTION, EKS_AUDIT_LOGS, S3_DATA_EVENTS
from aws_sandbox.guardduty.paging import PAGE, opened, sealed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aws_sandbox.guardduty.operation_request import Request

    Response = dict[str, Any]
    Entries = Iterator[tuple[str, Response]]
    """What is listed, each entry with the place in the list behind which it is."""

_CURRENCY = "USD"


def remaining_free_trial_days(request: Request) -> Response:
    """GetRemainingFreeTrialDays: for the caller's own account and its associated members."""
    detectors.owned(request.place, request.detector_id)
    now = request.world.clock.now()
    found: list[Response] = []
    unprocessed: dict[str, str] = dict(request.failing)
    for account_id in dict.fromkeys(request.account_ids):
        detector = usage.visible_detector(request.world, request.place, account_id)
        if detector is None:
            unprocessed[account_id] = NOT_ASSOCIATED
        else:
            found.append(_trial(account_id, trial.days_remaining(detector, now)))
    return {"Accounts": found, "UnprocessedAccounts": answers.unprocessed(unprocessed)}


def usage_statistics(request: Request) -> Response:
    """GetUsageStatistics: the statistic that is asked for; the others are left out.

    Raises:
        ServiceError: not the caller's detector, a currency other than USD, data sources together
            with features, or top accounts of a plan that has none. The last two are assumed.
    """
    detectors.owned(request.place, request.detector_id)
    parameters = request.parameters
    if parameters.get("Unit", _CURRENCY) != _CURRENCY:
        raise invalid_input(INVALID_VALUE)
    statistic = parameters["UsageStatisticType"]
    criteria = _criteria(parameters["UsageCriteria"])
    if statistic == "TOP_ACCOUNTS_BY_FEATURE" and criteria.plans == frozenset(
        {usage.WITHOUT_TOP_ACCOUNTS}
    ):
        raise invalid_input(INVALID_VALUE)
    member, entries = _STATISTICS[statistic]
    after = opened(parameters.get("NextToken", ""))
    size = parameters.get("MaxResults", PAGE)
    page = list(islice(entries(request, criteria, after), size + 1))
    response: Response = {"UsageStatistics": {member: [entry for _, entry in page[:size]]}}
    if len(page) > size:
        response["NextToken"] = sealed(page[size - 1][0])
    return response


def _criteria(asked: Mapping[str, Any]) -> usage.Criteria:
    if "DataSources" in asked and "Features" in asked:
        raise invalid_input(BOTH_FORMS)
    plans = asked.get("Features")
    if "DataSources" in asked:
        plans = [usage.DATA_SOURCES[name] for name in asked["DataSources"]]
    return usage.Criteria(
        account_ids=_set_of(asked.get("AccountIds")),
        plans=_set_of(plans),
        resources=_set_of(asked.get("Resources")),
    )


def _set_of(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _sum_by_account(request: Request, criteria: usage.Criteria, after: str) -> Entries:
    for account_id, plans in usage.costs(request.world, request.place, criteria, after):
        total = _total(sum(plans.values()))
        yield account_id, {"AccountId": account_id, "Total": total}


def _sum_by_resource(request: Request, criteria: usage.Criteria, after: str) -> Entries:
    for account_id, plans in usage.costs(request.world, request.place, criteria, after):
        if S3_DATA_EVENTS in plans:
            total = _total(plans[S3_DATA_EVENTS])
            yield account_id, {"Resource": usage.bucket(account_id), "Total": total}


def _sum_by_feature(request: Request, criteria: usage.Criteria, after: str) -> Entries:
    total = usage.by_plan(usage.costs(request.world, request.place, criteria))
    listed = [{"Feature": plan, "Total": _total(cost)} for plan, cost in total.items()]
    return _numbered(listed, after)


def _sum_by_data_source(request: Request, criteria: usage.Criteria, after: str) -> Entries:
    total = usage.by_plan(usage.costs(request.world, request.place, criteria))
    listed = [
        {"DataSource": source, "Total": _total(total[plan])}
        for source, plan in usage.DATA_SOURCES.items()
        if plan in total
    ]
    return _numbered(listed, after)


def _top_resources(request: Request, criteria: usage.Criteria, after: str) -> Entries:
    dearest = usage.top_resources(usage.costs(request.world, request.place, criteria))
    return _numbered([{"Resource": name, "Total": _total(cost)} for name, cost in dearest], after)


def _top_accounts(request: Request, criteria: usage.Criteria, after: str) -> Entries:
    by_plan = usage.top_accounts(usage.costs(request.world, request.place, criteria))
    listed = [
        {
            "Feature": plan,
            "Accounts": [
                {"AccountId": account_id, "Total": _total(cost)} for account_id, cost in dearest
            ],
        }
        for plan, dearest in by_plan.items()
    ]
    return _numbered(listed, after)


_STATISTICS: dict[str, tuple[str, Callable[[Request, usage.Criteria, str], Entries]]] = {
    "SUM_BY_ACCOUNT": ("SumByAccount", _sum_by_account),
    "SUM_BY_DATA_SOURCE": ("SumByDataSource", _sum_by_data_source),
    "SUM_BY_FEATURES": ("SumByFeature", _sum_by_feature),
    "SUM_BY_RESOURCE": ("SumByResource", _sum_by_resource),
    "TOP_ACCOUNTS_BY_FEATURE": ("TopAccountsByFeature", _top_accounts),
    "TOP_RESOURCES": ("TopResources", _top_resources),
}


def _numbered(listed: list[Response], after: str) -> Entries:
    """Entries of a list that is made whole: their places are their numbers, from 1."""
    begin = int(after or 0)
    return ((str(number), entry) for number, entry in enumerate(listed[begin:], begin + 1))


def _total(cost: int) -> Response:
    return {"Amount": f"{cost // 10**6}.{cost % 10**6:06d}", "Unit": _CURRENCY}


def _trial(account_id: str, remaining: Mapping[str, int]) -> Response:
    """One account's days in both forms, the deprecated one by data source."""

    def days(plan: str) -> Response | None:
        return {"FreeTrialDaysRemaining": remaining[plan]} if plan in remaining else None

    audit_logs, volumes = days(EKS_AUDIT_LOGS), days(EBS_MALWARE_PROTECTION)
    return {
        "AccountId": account_id,
        "Features": [
            {"Name": plan, "FreeTrialDaysRemaining": left} for plan, left in remaining.items()
        ],
        "DataSources": {
            "CloudTrail": days("CLOUD_TRAIL"),
            "DnsLogs": days("DNS_LOGS"),
            "FlowLogs": days("FLOW_LOGS"),
            "S3Logs": days(S3_DATA_EVENTS),
            "Kubernetes": audit_logs and {"AuditLogs": audit_logs},
            "MalwareProtection": volumes and {"ScanEc2InstanceWithFindings": volumes},
        },
    }


OPERATIONS: dict[str, Callable[[Request], Response]] = {
    "GetRemainingFreeTrialDays": remaining_free_trial_days,
    "GetUsageStatistics": usage_statistics,
}
