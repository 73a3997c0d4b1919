"""Every call of the product to GuardDuty, in the words of the domain; nothing else calls it.

Requests name EKS_AUDIT_LOGS and no other feature; answers are reduced to it. Lists are read to
their end, whatever their number of pages.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    ProxyConnectionError,
)
from botocore.exceptions import (
    ConnectionError as BotocoreConnectionError,
)
from botocore.parsers import ResponseParserError

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import (
    UNKNOWN_CREDENTIALS,
    ConnectionFailedError,
    CredentialsError,
    ServiceError,
)
from guardduty_eks_audit_logs.foreign_words import harmless, printable
from guardduty_eks_audit_logs.model import (
    FEATURE,
    POLICY_TYPE,
    AccountId,
    AutoEnable,
    Designation,
    Detector,
    DetectorId,
    FeatureStatus,
    Membership,
    MemberStatuses,
    OrganizationConfiguration,
    TrialDays,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_guardduty import GuardDutyClient
    from mypy_boto3_guardduty.type_defs import (
        MemberTypeDef,
        TotalTypeDef,
        UnprocessedAccountTypeDef,
        UpdateOrganizationConfigurationRequestTypeDef,
    )

MALFORMED = "MalformedAnswer"
"""Our own code of an answer that is not AWS's, such as a proxy's page."""

_SAME_PAGES = 100
"""Some lists of AWS have empty pages between full ones, but not so many."""

Page = TypeVar("Page", bound="Mapping[str, Any]")
"""One answer of a list in pages, as boto3 types it."""


@contextmanager
def aws_errors(operation: str) -> Iterator[None]:
    """Turns what botocore raises into this product's errors.

    Args:
        operation: AWS's name of what is done, for the message.

    Raises:
        CredentialsError: no credentials, or AWS does not know them.
        ConnectionFailedError: no answer.
        ServiceError: any other refusal, with AWS's code and words.
    """
    try:
        yield
    except ClientError as error:
        code, reason = refusal(error)
        if code in UNKNOWN_CREDENTIALS:
            raise CredentialsError(
                messages.credentials_rejected(operation, code, reason)
            ) from error
        raise ServiceError(operation, code, reason) from error
    except (HTTPClientError, BotocoreConnectionError) as error:
        proxy = isinstance(error, ProxyConnectionError)
        told = messages.no_answer(operation, _words_of(error), proxy=proxy)
        raise ConnectionFailedError(told) from error
    except (BotoCoreError, RuntimeError) as error:  # awscrt, which signs, raises the second
        raise ServiceError(operation, type(error).__name__, harmless(str(error))) from error
    except (ResponseParserError, AttributeError, KeyError, TypeError, ValueError) as error:
        # Neither botocore nor this module can read it: a proxy's page, or a member that is missing.
        raise ServiceError(operation, MALFORMED, messages.malformed_answer()) from error


def _words_of(error: Exception) -> str:
    # botocore's words for what it does not know have the request's headers in them.
    cause = error.kwargs.get("error") if type(error) is HTTPClientError else None
    return type(cause).__name__ if cause else harmless(str(error))


def refusal(error: ClientError) -> tuple[str, str]:
    """Gives AWS's code and words of a refusal; of a page that is no AWS's, words of our own."""
    told = error.response.get("Error") or {}
    if not told:
        return MALFORMED, messages.malformed_answer()
    code = harmless(str(told.get("Code") or "Unknown"))
    return code, harmless(str(told.get("Message") or code))


def pages(operation: str, ask: Callable[[str], Page]) -> Iterator[Page]:
    """Reads all pages of a list; boto3 has paginators for few, and they trust every token.

    Args:
        operation: AWS's name of what is done, for the message.
        ask: asks for the page that a token leads to; the first one has none ("").

    Raises:
        UserError: see `aws_errors`.
        ServiceError: a token comes again, or page after page is the same, so that there would be no
            end.
    """
    token, seen = "", {""}
    before, same = None, 0
    while True:
        with aws_errors(operation):
            answer = ask(token)
            token = answer.get("NextToken") or ""
            said = {k: v for k, v in answer.items() if k not in {"NextToken", "ResponseMetadata"}}
        yield answer
        if not token:
            return
        before, same = said, same + 1 if said == before else 1
        if same == _SAME_PAGES:
            raise ServiceError(operation, "PageToken", messages.page_again(same))
        if token in seen:
            raise ServiceError(operation, "PageToken", messages.token_again())
        seen.add(token)


class GuardDutyApi:
    """GuardDuty in one region, as one caller sees it. Safe to use from several threads."""

    def __init__(
        self, client: GuardDutyClient, member_writes: GuardDutyClient | None = None
    ) -> None:
        """Takes clients of the region.

        Args:
            client: for every call.
            member_writes: for UpdateMemberDetectors, if that is another one: a client that tries a
                failing call few times, since `writing.members` tries it again.
        """
        self._client = client
        self._member_writes = member_writes or client

    def detector_id(self) -> DetectorId | None:
        """Finds the detector of the caller's account (ListDetectors); None if there is none."""
        with aws_errors("ListDetectors"):
            for page in pages("ListDetectors", lambda t: self._client.list_detectors(**_from(t))):
                for detector_id in page["DetectorIds"]:
                    return DetectorId(_text(detector_id))
        return None

    def detector(self, detector_id: DetectorId) -> Detector:
        """Reads the caller's own detector (GetDetector)."""
        with aws_errors("GetDetector"):
            answer = self._client.get_detector(DetectorId=detector_id)
            return Detector(
                id=detector_id,
                monitoring=answer.get("Status") == "ENABLED",
                status=_feature_status(answer.get("Features", ())),
                tags=answer.get("Tags", {}),
                managed=_is_managed(answer.get("Features", ())),
            )

    def administrator(self, detector_id: DetectorId) -> AccountId | None:
        """Tells whose member the caller is (GetAdministratorAccount), None for nobody's.

        An administrator and a standalone account both get an answer without content.
        """
        with aws_errors("GetAdministratorAccount"):
            answer = self._client.get_administrator_account(DetectorId=detector_id)
            account = answer.get("Administrator", {}).get("AccountId")
            return _account(account) if account else None

    def organization_administrator(self) -> Designation | None:
        """Tells who is the region's delegated administrator (ListOrganizationAdminAccounts).

        Only the management account may ask; there is one at most.
        """
        operation = "ListOrganizationAdminAccounts"
        with aws_errors(operation):
            for page in pages(
                operation, lambda t: self._client.list_organization_admin_accounts(**_from(t))
            ):
                for entry in page.get("AdminAccounts", ()):
                    ending = entry.get("AdminStatus") == "DISABLE_IN_PROGRESS"
                    return Designation(_account(entry["AdminAccountId"]), ending)
        return None

    def end_designation(self, account: AccountId) -> None:
        """Removes the region's delegated administrator (DisableOrganizationAdminAccount).

        Only the management account may. All of its members are disassociated.
        """
        with aws_errors("DisableOrganizationAdminAccount"):
            self._client.disable_organization_admin_account(AdminAccountId=account)

    def organization(self, detector_id: DetectorId) -> OrganizationConfiguration:
        """Reads the organization's auto-enable settings (DescribeOrganizationConfiguration).

        Features come in pages, the other settings with each of them.
        """
        members, feature = AutoEnable.NONE, None
        operation = "DescribeOrganizationConfiguration"
        with aws_errors(operation):
            for page in pages(
                operation,
                lambda t: self._client.describe_organization_configuration(
                    DetectorId=detector_id, **_from(t)
                ),
            ):
                members = _auto_enable(page.get("AutoEnableOrganizationMembers", members))
                for entry in page.get("Features", ()):
                    if entry.get("Name") == FEATURE and "AutoEnable" in entry:
                        feature = _auto_enable(entry["AutoEnable"])
        return OrganizationConfiguration(members, feature)

    def members(self, detector_id: DetectorId) -> tuple[Membership, ...]:
        """Lists all member accounts once, whatever their relationship status (ListMembers)."""
        found: dict[AccountId, Membership] = {}
        with aws_errors("ListMembers"):
            for page in pages(
                "ListMembers",
                lambda t: self._client.list_members(
                    DetectorId=detector_id, OnlyAssociated="false", **_from(t)
                ),
            ):
                # An account that joins between two pages may be in both of them.
                found.update((m.account, m) for m in map(_membership, page["Members"]))
        return tuple(found.values())

    def memberships(
        self, detector_id: DetectorId, accounts: Sequence[AccountId]
    ) -> tuple[Membership, ...]:
        """Reads how at most 50 accounts stand to the caller (one GetMembers call).

        An account that is no member is left out.
        """
        with aws_errors("GetMembers"):
            answer = self._client.get_members(DetectorId=detector_id, AccountIds=list(accounts))
            told = (_membership(member) for member in answer.get("Members", ()))
            return tuple(member for member in told if member.account in accounts)

    def member_statuses(
        self, detector_id: DetectorId, accounts: Sequence[AccountId]
    ) -> MemberStatuses:
        """Reads EKS_AUDIT_LOGS of at most 50 members (one GetMemberDetectors call).

        An account that AWS leaves out of its answer, or whose status is none that this release
        knows, is unprocessed: unknown is not off. Accounts that were not asked for do not count.
        """
        statuses, managed = {}, set()
        with aws_errors("GetMemberDetectors"):
            answer = self._client.get_member_detectors(
                DetectorId=detector_id, AccountIds=list(accounts)
            )
            unprocessed = _unprocessed(answer.get("UnprocessedAccounts", ()), accounts)
            for member in answer.get("MemberDataSourceConfigurations", ()):
                account, features = _account(member["AccountId"]), member.get("Features", ())
                status = _feature_status(features)
                if account in accounts and status:
                    statuses[account] = status
                if account in accounts and _is_managed(features):
                    managed.add(account)
        for account in accounts:
            if account not in statuses:
                unprocessed.setdefault(account, messages.status_not_told())
        return MemberStatuses(statuses, unprocessed, frozenset(managed))

    def set_member_status(
        self, detector_id: DetectorId, accounts: Sequence[AccountId], status: FeatureStatus
    ) -> dict[AccountId, str]:
        """Sets EKS_AUDIT_LOGS of at most 50 members (one UpdateMemberDetectors call).

        Returns:
            AWS's reason for each account that was not set (UnprocessedAccounts); empty on success.
        """
        with aws_errors("UpdateMemberDetectors"):
            answer = self._member_writes.update_member_detectors(
                DetectorId=detector_id,
                AccountIds=list(accounts),
                Features=[{"Name": FEATURE, "Status": status.value}],
            )
            return _unprocessed(answer.get("UnprocessedAccounts", ()), accounts)

    def set_organization(
        self, detector_id: DetectorId, members: AutoEnable, feature: AutoEnable | None
    ) -> None:
        """Sets the organization's auto-enable settings (UpdateOrganizationConfiguration).

        Args:
            detector_id: the delegated administrator's detector.
            members: for GuardDuty itself; AWS asks for it in every such call.
            feature: for EKS_AUDIT_LOGS; None leaves it as it is.
        """
        request: UpdateOrganizationConfigurationRequestTypeDef = {
            "DetectorId": detector_id,
            "AutoEnableOrganizationMembers": members.value,
        }
        if feature:
            request["Features"] = [{"Name": FEATURE, "AutoEnable": feature.value}]
        with aws_errors("UpdateOrganizationConfiguration"):
            self._client.update_organization_configuration(**request)

    def set_own_status(self, detector_id: DetectorId, status: FeatureStatus) -> None:
        """Sets EKS_AUDIT_LOGS of the caller's own detector (UpdateDetector)."""
        with aws_errors("UpdateDetector"):
            self._client.update_detector(
                DetectorId=detector_id, Features=[{"Name": FEATURE, "Status": status.value}]
            )

    def trial_days(self, detector_id: DetectorId, accounts: Sequence[AccountId]) -> TrialDays:
        """Reads what at most 50 accounts have left of their trial (GetRemainingFreeTrialDays).

        Args:
            detector_id: the caller's detector.
            accounts: members, or the caller's own account.
        """
        with aws_errors("GetRemainingFreeTrialDays"):
            answer = self._client.get_remaining_free_trial_days(
                DetectorId=detector_id, AccountIds=list(accounts)
            )
            remaining = {
                _account(trial["AccountId"]): int(feature["FreeTrialDaysRemaining"])
                for trial in answer.get("Accounts", ())
                for feature in trial.get("Features", ())
                if feature.get("Name") == FEATURE and "FreeTrialDaysRemaining" in feature
            }
            unprocessed = _unprocessed(answer.get("UnprocessedAccounts", ()), accounts)
        return TrialDays({a: days for a, days in remaining.items() if a in accounts}, unprocessed)

    def usage(self, detector_id: DetectorId) -> Usage | None:
        """Reads what EKS_AUDIT_LOGS came to in the last 30 days (GetUsageStatistics).

        That is of the caller and its members in the region, and less than 30 days of what was
        turned on later (API reference). None if AWS lists no use.
        """
        with aws_errors("GetUsageStatistics"):
            for page in pages(
                "GetUsageStatistics",
                lambda t: self._client.get_usage_statistics(
                    DetectorId=detector_id,
                    UsageStatisticType="SUM_BY_FEATURES",
                    UsageCriteria={"Features": [FEATURE]},
                    **_from(t),
                ),
            ):
                for entry in page.get("UsageStatistics", {}).get("SumByFeature", ()):
                    if entry.get("Feature") == FEATURE:
                        return _usage(entry.get("Total", {}))
        return None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)  # botocore passes on what came; told by `aws_errors`
    return printable(value)


def _account(value: object) -> AccountId:
    return AccountId(_text(value))


def _membership(member: MemberTypeDef) -> Membership:
    return Membership(
        _account(member["AccountId"]),
        _text(member["RelationshipStatus"]),
        _instant(member.get("UpdatedAt", "")),
        invited=bool(member.get("InvitedAt")),  # AWS tells it of these only (API: Member)
    )


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _auto_enable(value: str) -> AutoEnable:
    try:
        return AutoEnable(value)
    except ValueError:
        raise ServiceError(
            "DescribeOrganizationConfiguration",
            "UnknownValue",
            messages.unknown_value(harmless(str(value))),
        ) from None


def _usage(total: TotalTypeDef) -> Usage | None:
    if "Amount" not in total or "Unit" not in total:
        return None
    try:
        amount = Decimal(total["Amount"])
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        reason = messages.unknown_value(harmless(str(total["Amount"])))
        raise ServiceError("GetUsageStatistics", "UnknownValue", reason)
    return Usage(amount, _text(total["Unit"]))


def _unprocessed(
    entries: Sequence[UnprocessedAccountTypeDef], accounts: Sequence[AccountId]
) -> dict[AccountId, str]:
    reasons = {_account(e["AccountId"]): harmless(_text(e.get("Result", "?"))) for e in entries}
    return {account: reasons[account] for account in accounts if account in reasons}


class _From(TypedDict, total=False):
    NextToken: str


def _from(token: str) -> _From:
    return {"NextToken": token} if token else {}


def _feature_status(features: Sequence[object]) -> FeatureStatus | None:
    for feature in features:
        if isinstance(feature, dict) and feature.get("Name") == FEATURE:
            status = feature.get("Status")
            return FeatureStatus(status) if status in set(FeatureStatus) else None
    return None


def _is_managed(features: Sequence[object]) -> bool:
    return any(
        isinstance(feature, dict)
        and feature.get("Name") == FEATURE
        and feature.get("ManagedBy") == POLICY_TYPE
        for feature in features
    )
