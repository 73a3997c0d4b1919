"""Reading operations outside of accounts and features: filters, lists, scans, coverage.

They answer as for an account that has none of these, so that tools which look at everything can
look at the sandbox. Nothing of the kind can be made here: the operations that would are refused.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aws_sandbox.guardduty import detectors
from aws_sandbox.guardduty.errors import NO_SUCH_RESOURCE, ServiceError, invalid_input

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_sandbox.guardduty.operation_request import Request

    Response = dict[str, Any]

_LISTS: Final = {
    "DescribeMalwareScans": "Scans",
    "ListCoverage": "Resources",
    "ListCustomDetectionRuleAssociations": "RuleAssociations",
    "ListCustomDetectionRuleOrgConfigurations": "Configurations",
    "ListCustomDetectionRules": "Rules",
    "ListFilters": "FilterNames",
    "ListInvestigations": "Investigations",
    "ListIPSets": "IpSetIds",
    "ListMalwareProtectionPlans": "MalwareProtectionPlans",
    "ListMalwareScans": "Scans",
    "ListThreatEntitySets": "ThreatEntitySetIds",
    "ListThreatIntelSets": "ThreatIntelSetIds",
    "ListTrustedEntitySets": "TrustedEntitySetIds",
}
"""Operations that list something, with the member of the answer that is empty."""

_OF_A_DETECTOR: Final = (
    "GetFilter",
    "GetIPSet",
    "GetThreatEntitySet",
    "GetThreatIntelSet",
    "GetTrustedEntitySet",
)
"""Operations that read one thing of a detector: there is no such thing, status 400."""

_BY_ID: Final = (
    "GetCustomDetectionRule",
    "GetCustomDetectionRuleAssociation",
    "GetCustomDetectionRuleOrgConfiguration",
    "GetInvestigation",
    "GetMalwareProtectionPlan",
    "GetMalwareScan",
    "ListInvestigationRecords",
)
"""Operations whose model has a `ResourceNotFoundException`, status 404."""

_COUNTS: Final = {
    "COUNT_BY_RESOURCE_TYPE": "CountByResourceType",
    "COUNT_BY_COVERAGE_STATUS": "CountByCoverageStatus",
}


def _check_detector(request: Request) -> None:
    if "DetectorId" in request.parameters:
        detectors.owned(request.place, request.detector_id)


def _empty(member: str) -> Callable[[Request], Response]:
    def operation(request: Request) -> Response:
        _check_detector(request)
        return {member: []}

    return operation


def _no_such_resource(request: Request) -> Response:
    _check_detector(request)
    raise invalid_input(NO_SUCH_RESOURCE)


def _not_found(request: Request) -> Response:
    _check_detector(request)
    code = "ResourceNotFoundException"
    raise ServiceError(HTTPStatus.NOT_FOUND, code, code, NO_SUCH_RESOURCE)


def _coverage_statistics(request: Request) -> Response:
    _check_detector(request)
    asked = request.parameters["StatisticsType"]
    return {"CoverageStatistics": {_COUNTS[name]: {} for name in asked}}


OPERATIONS: dict[str, Callable[[Request], Response]] = {
    **{name: _empty(member) for name, member in _LISTS.items()},
    **dict.fromkeys(_OF_A_DETECTOR, _no_such_resource),
    **dict.fromkeys(_BY_ID, _not_found),
    "GetCoverageStatistics": _coverage_statistics,
}
