"""One call of each operation that reads, in its cheapest form: may the caller ask at all?"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from botocore import xform_name

from guardduty_eks_audit_logs.aws.account import AccountApi
from guardduty_eks_audit_logs.aws.answers import aws_errors
from guardduty_eks_audit_logs.aws.clients import PROBE
from guardduty_eks_audit_logs.aws.iam import IamApi
from guardduty_eks_audit_logs.aws.watch import watched
from guardduty_eks_audit_logs.model import FEATURE, POLICY_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.aws.session import Session


class Subject(Enum):
    """What a call is about; its value names it for people."""

    DETECTOR = "detector"
    MEMBER = "member"
    CALLER = "caller"
    ACCOUNT = "account"
    ROOT = "root"
    POLICY = "organization policy"


_DETECTOR = {"DetectorId": Subject.DETECTOR}
_ONE = {"MaxResults": 1}

REQUESTS: dict[str, dict[str, Any]] = {
    "sts:GetCallerIdentity": {},
    "guardduty:ListDetectors": _ONE,
    "guardduty:GetDetector": _DETECTOR,
    "guardduty:GetAdministratorAccount": _DETECTOR,
    "guardduty:DescribeOrganizationConfiguration": {**_DETECTOR, **_ONE},
    "guardduty:ListMembers": {**_DETECTOR, **_ONE},
    "guardduty:GetMembers": {**_DETECTOR, "AccountIds": [Subject.MEMBER]},
    "guardduty:GetMemberDetectors": {**_DETECTOR, "AccountIds": [Subject.MEMBER]},
    "guardduty:GetRemainingFreeTrialDays": {**_DETECTOR, "AccountIds": [Subject.CALLER]},
    "guardduty:GetUsageStatistics": {
        **_DETECTOR,
        "UsageStatisticType": "SUM_BY_FEATURES",
        "UsageCriteria": {"Features": [FEATURE]},
        **_ONE,
    },
    "guardduty:ListOrganizationAdminAccounts": _ONE,
    "organizations:ListRoots": {},
    "organizations:ListOrganizationalUnitsForParent": {"ParentId": Subject.ROOT, **_ONE},
    "organizations:ListAccountsForParent": {"ParentId": Subject.ROOT, **_ONE},
    "organizations:ListTagsForResource": {"ResourceId": Subject.ACCOUNT},
    "organizations:ListDelegatedAdministrators": {
        "ServicePrincipal": "guardduty.amazonaws.com",
        **_ONE,
    },
    "organizations:ListPolicies": {"Filter": POLICY_TYPE, **_ONE},
    "organizations:DescribePolicy": {"PolicyId": Subject.POLICY},
    "organizations:ListTargetsForPolicy": {"PolicyId": Subject.POLICY, **_ONE},
    "organizations:DescribeAccount": {"AccountId": Subject.ACCOUNT},
    "organizations:ListAccounts": _ONE,
}
"""What each operation is asked, by the name of its action."""


class SubjectMissingError(Exception):
    """There is nothing that the call could be about."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject.value)
        self.subject = subject


class Probes:
    """Asks AWS as one caller in one region."""

    def __init__(self, session: Session) -> None:
        """Makes the clients.

        Args:
            session: made by `open_session`.
        """
        clients, watch = session.clients, session.watch
        if clients is None or watch is None:
            raise TypeError(session)
        self._clients: dict[str, Any] = {
            "sts": watched(clients.sts(), watch),
            "guardduty": watched(clients.guardduty(PROBE), watch),
            "organizations": watched(clients.organizations(PROBE), watch),
        }
        self.iam = IamApi(watched(clients.iam(), watch))
        self.account = AccountApi(watched(clients.account(), watch))

    def ask(self, action: str, about: Mapping[Subject, str]) -> dict[str, Any]:
        """Makes one call.

        Args:
            action: one of `REQUESTS`.
            about: the ids that it may be about.

        Returns:
            the answer, as boto3 has it.

        Raises:
            SubjectMissingError: no such id is known.
            UserError: see `aws.answers.aws_errors`.
        """
        service, operation = action.split(":")
        request = {key: _filled(value, about) for key, value in REQUESTS[action].items()}
        with aws_errors(operation):
            answer: dict[str, Any] = getattr(self._clients[service], xform_name(operation))(
                **request
            )
            return answer


def _filled(value: Any, about: Mapping[Subject, str]) -> Any:  # noqa: ANN401 - a request's member
    if isinstance(value, list):
        return [_filled(one, about) for one in value]
    if not isinstance(value, Subject):
        return value
    if value not in about:
        raise SubjectMissingError(value)
    return about[value]
