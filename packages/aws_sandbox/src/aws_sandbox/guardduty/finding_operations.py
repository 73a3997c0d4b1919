"""Findings: samples are the only ones that there are."""

from __future__ import annotations

import operator
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from aws_sandbox.guardduty import detectors, samples
from aws_sandbox.guardduty.errors import INVALID_FINDING_TYPE, INVALID_VALUE, invalid_input
from aws_sandbox.guardduty.paging import PAGE, opened, sealed
from aws_sandbox.guardduty.state import ASSOCIATED, SampleFinding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aws_sandbox.guardduty.operation_request import Request
    from aws_sandbox.guardduty.state import Detector

    Finding = dict[str, Any]
    Response = dict[str, Any]

_GROUPS_AT_MOST: Final = 25


def _create_samples(request: Request) -> Response:
    """Make one sample of each type; one that is there already is counted once more (assumed).

    Raises:
        ServiceError: a finding type does not have the form that all have.
    """
    types = request.parameters.get("FindingTypes") or samples.EVERY_TYPE
    findings = detectors.owned(request.place, request.detector_id).own().findings
    if not all(samples.is_type(each) for each in types):
        raise invalid_input(INVALID_FINDING_TYPE)
    now = request.world.clock.now()
    for each in types:
        known = findings.get(each)
        if known is None:
            findings[each] = SampleFinding(each, now, now)
        else:
            known.count, known.updated_at = known.count + 1, now
    return {}


def _list(request: Request) -> Response:
    found = [finding["Id"] for finding in _sorted(request, _selected(request))]
    begin = int(opened(request.parameters.get("NextToken", "")) or 0)
    end = begin + request.parameters.get("MaxResults", PAGE)
    response: Response = {"FindingIds": found[begin:end]}
    if end < len(found):
        response["NextToken"] = sealed(str(end))
    return response


def _get(request: Request) -> Response:
    """The findings of these ids; ids that nothing has are passed over (assumed)."""
    wanted = set(request.parameters["FindingIds"])
    found = [finding for finding in _visible(request) if finding["Id"] in wanted]
    return {"Findings": _sorted(request, found)}


def _statistics(request: Request) -> Response:
    """Findings by severity or by one group: "either … and not both" (API reference)."""
    detectors.owned(request.place, request.detector_id)
    group = request.parameters.get("GroupBy")
    if (group is None) == ("FindingStatisticTypes" not in request.parameters):
        raise invalid_input(INVALID_VALUE)
    found = _selected(request)
    if group is not None:
        member, trait = _GROUPS[group]
        return {"FindingStatistics": {member: _grouped(request, found, trait)}}
    by_severity: dict[str, int] = defaultdict(int)
    for finding in found:
        by_severity[str(finding["Severity"])] += 1
    return {"FindingStatistics": {"CountBySeverity": by_severity}}


_GROUPS: Final[Mapping[str, tuple[str, Callable[[Finding], Finding]]]] = {
    "ACCOUNT": ("GroupedByAccount", lambda found: {"AccountId": found["AccountId"]}),
    "DATE": (
        "GroupedByDate",
        lambda found: {"Date": _day(found["UpdatedAt"]), "Severity": found["Severity"]},
    ),
    "FINDING_TYPE": ("GroupedByFindingType", lambda found: {"FindingType": found["Type"]}),
    "RESOURCE": (
        "GroupedByResource",
        lambda found: {
            "AccountId": found["AccountId"],
            "ResourceId": samples.resource_id(found["Type"]),
            "ResourceType": found["Resource"]["ResourceType"],
        },
    ),
    "SEVERITY": ("GroupedBySeverity", lambda found: {"Severity": found["Severity"]}),
}
"""By the group's name: the answer's member, and what the findings of a group have in common."""


def _grouped(
    request: Request, found: list[Finding], trait: Callable[[Finding], Finding]
) -> list[Finding]:
    groups: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in found:
        groups[tuple(trait(finding).values())].append(finding)
    counted = [
        {
            **trait(group[0]),
            "TotalFindings": len(group),
            "LastGeneratedAt": max(_moment(finding["UpdatedAt"]) for finding in group),
        }
        for group in groups.values()
    ]
    downwards = request.parameters.get("OrderBy", "DESC") == "DESC"
    counted.sort(key=operator.itemgetter("TotalFindings"), reverse=downwards)
    return counted[: request.parameters.get("MaxResults", _GROUPS_AT_MOST)]


def _visible(request: Request) -> Iterator[Finding]:
    """The findings of the caller and, for an administrator, of its associated members."""
    own = detectors.owned(request.place, request.detector_id)
    yield from _of(request, own)
    for member in request.place.administer().members():
        if member.relationship in ASSOCIATED:
            detector = request.world.place(request.place.region, member.account_id).detector
            if detector is not None:
                yield from _of(request, detector)


def _of(request: Request, detector: Detector) -> Iterator[Finding]:
    if detector.belongings is not None:
        for found in detector.belongings.findings.values():
            yield samples.finding(found, detector, request.place.region)


def _selected(request: Request) -> list[Finding]:
    """The findings that meet all criteria; no finding has an attribute that samples lack."""
    criteria = request.parameters.get("FindingCriteria", {}).get("Criterion", {})
    return [
        finding
        for finding in _visible(request)
        if all(_meets(finding, attribute, asked) for attribute, asked in criteria.items())
    ]


_BOUNDS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "Gt": operator.gt,
    "GreaterThan": operator.gt,
    "Gte": operator.ge,
    "GreaterThanOrEqual": operator.ge,
    "Lt": operator.lt,
    "LessThan": operator.lt,
    "Lte": operator.le,
    "LessThanOrEqual": operator.le,
}


def _meets(finding: Finding, attribute: str, asked: Mapping[str, Any]) -> bool:
    value = _value(finding, attribute)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, float):
        text = f"{value:g}"
    for name, wanted in asked.items():
        if name in {"Eq", "Equals"}:
            met = text in wanted
        elif name in {"Neq", "NotEquals"}:
            met = text not in wanted
        elif name in _BOUNDS:
            met = isinstance(value, int | float) and _BOUNDS[name](value, wanted)
        else:
            # Matches and NotMatches are for filters only.
            raise invalid_input(INVALID_VALUE)
        if not met:
            return False
    return True


def _sorted(request: Request, found: list[Finding]) -> list[Finding]:
    criteria = request.parameters.get("SortCriteria", {})
    attribute = criteria.get("AttributeName", "updatedAt")
    downwards = criteria.get("OrderBy", "ASC") == "DESC"

    def key(finding: Finding) -> tuple[float, str]:
        value = _value(finding, attribute)
        return (value, "") if isinstance(value, int | float) else (0, str(value))

    return sorted(found, key=key, reverse=downwards)


def _value(finding: Finding, attribute: str) -> object:
    """What a finding has under a path of names, as the wire writes them; times in milliseconds."""
    value: object = finding
    for name in attribute.split("."):
        value = value.get(name[:1].upper() + name[1:]) if isinstance(value, dict) else None
    if attribute in {"createdAt", "updatedAt"}:
        return int(_moment(str(value)).timestamp() * 1000)
    return value


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _day(text: str) -> datetime:
    return _moment(text).replace(hour=0, minute=0, second=0, microsecond=0)


OPERATIONS: dict[str, Callable[[Request], Response]] = {
    "CreateSampleFindings": _create_samples,
    "GetFindings": _get,
    "GetFindingsStatistics": _statistics,
    "ListFindings": _list,
}
