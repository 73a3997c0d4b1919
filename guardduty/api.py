"""Every call of the product to GuardDuty, in the words of the domain; nothing else calls it.

Requests name EKS_AUDIT_LOGS and no other feature; answers are reduced to it. Lists are read to
their end, whatever their number of pages.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as BotocoreConnectionError,
)

from guardduty import messages
from guardduty.errors import ConnectionFailedError, CredentialsError, ServiceError
from guardduty.model import (
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
    from collections.abc import Iterator, Sequence

    from mypy_boto3_guardduty import GuardDutyClient
    from mypy_boto3_guardduty.type_defs import (
        DescribeOrganizationConfigurationRequestTypeDef,
        GetUsageStatisticsRequestTypeDef,
        MemberTypeDef,
        TotalTypeDef,
        UnprocessedAccountTypeDef,
    )
    from mypy_boto3_organizations import OrganizationsClient

_NO_CREDENTIALS = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

_UNKNOWN_CREDENTIALS = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


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
        code = error.response["Error"].get("Code", "Unknown")
        reason = error.response["Error"].get("Message", "") or code
        if code in _UNKNOWN_CREDENTIALS:
            raise CredentialsError(messages.credentials_rejected(operation, reason)) from error
        raise ServiceError(operation, code, reason) from error
    except _NO_CREDENTIALS as error:
        raise CredentialsError(messages.no_credentials(str(error))) from error
    except (HTTPClientError, BotocoreConnectionError) as error:
        raise ConnectionFailedError(messages.no_answer(operation, str(error))) from error
    except BotoCoreError as error:
        raise ServiceError(operation, type(error).__name__, str(error)) from error


class GuardDutyApi:
    """GuardDuty in one region, as one caller sees it. Safe to use from several threads."""

    def __init__(self, client: GuardDutyClient) -> None:
        self._client = client

    def detector_id(self) -> DetectorId | None:
        """Finds the detector of the caller's account (ListDetectors); None if there is none."""
        with aws_errors("ListDetectors"):
            pages = self._client.get_paginator("list_detectors").paginate()
            return next((DetectorId(i) for page in pages for i in page["DetectorIds"]), None)

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
        return AccountId(account) if account else None

    def organization_administrator(self) -> Designation | None:
        """Tells who is the region's delegated administrator (ListOrganizationAdminAccounts).

        Only the management account may ask; there is one at most.
        """
        with aws_errors("ListOrganizationAdminAccounts"):
            pages = self._client.get_paginator("list_organization_admin_accounts").paginate()
            accounts = [account for page in pages for account in page["AdminAccounts"]]
        for account in accounts:
            if "AdminAccountId" in account:
                ending = account.get("AdminStatus") == "DISABLE_IN_PROGRESS"
                return Designation(AccountId(account["AdminAccountId"]), ending)
        return None

    def organization(self, detector_id: DetectorId) -> OrganizationConfiguration:
        """Reads the organization's auto-enable settings (DescribeOrganizationConfiguration).

        Features come in pages, and boto3 has no paginator for them.
        """
        members, feature = AutoEnable.NONE, None
        request: DescribeOrganizationConfigurationRequestTypeDef = {"DetectorId": detector_id}
        while True:
            with aws_errors("DescribeOrganizationConfiguration"):
                answer = self._client.describe_organization_configuration(**request)
            members = _auto_enable(answer.get("AutoEnableOrganizationMembers", members))
            for entry in answer.get("Features", ()):
                if entry.get("Name") == FEATURE and "AutoEnable" in entry:
                    feature = _auto_enable(entry["AutoEnable"])
            token = answer.get("NextToken", "")
            if not token or token == request.get("NextToken"):
                return OrganizationConfiguration(members, feature)
            request["NextToken"] = token

    def members(self, detector_id: DetectorId) -> tuple[Membership, ...]:
        """Lists all member accounts, whatever their relationship status (ListMembers)."""
        with aws_errors("ListMembers"):
            pages = self._client.get_paginator("list_members").paginate(
                DetectorId=detector_id, OnlyAssociated="false"
            )
            return tuple(_membership(member) for page in pages for member in page["Members"])

    def memberships(
        self, detector_id: DetectorId, accounts: Sequence[AccountId]
    ) -> tuple[Membership, ...]:
        """Reads how at most 50 accounts stand to the caller (one GetMembers call).

        An account that is no member is left out.
        """
        with aws_errors("GetMembers"):
            answer = self._client.get_members(DetectorId=detector_id, AccountIds=list(accounts))
        return tuple(_membership(member) for member in answer.get("Members", ()))

    def member_statuses(
        self, detector_id: DetectorId, accounts: Sequence[AccountId]
    ) -> MemberStatuses:
        """Reads EKS_AUDIT_LOGS of at most 50 members (one GetMemberDetectors call).

        An account that AWS leaves out of its answer, or whose status is none that this release
        knows, is unprocessed: unknown is not off.
        """
        with aws_errors("GetMemberDetectors"):
            answer = self._client.get_member_detectors(
                DetectorId=detector_id, AccountIds=list(accounts)
            )
        unprocessed = _unprocessed(answer.get("UnprocessedAccounts", ()))
        statuses, managed = {}, set()
        for member in answer.get("MemberDataSourceConfigurations", ()):
            account, features = AccountId(member["AccountId"]), member.get("Features", ())
            status = _feature_status(features)
            if status:
                statuses[account] = status
            if _is_managed(features):
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
            answer = self._client.update_member_detectors(
                DetectorId=detector_id,
                AccountIds=list(accounts),
                Features=[{"Name": FEATURE, "Status": status.value}],
            )
        return _unprocessed(answer.get("UnprocessedAccounts", ()))

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
            AccountId(trial["AccountId"]): feature["FreeTrialDaysRemaining"]
            for trial in answer.get("Accounts", ())
            for feature in trial.get("Features", ())
            if feature.get("Name") == FEATURE and "FreeTrialDaysRemaining" in feature
        }
        return TrialDays(remaining, _unprocessed(answer.get("UnprocessedAccounts", ())))

    def usage(self, detector_id: DetectorId) -> Usage | None:
        """Reads what EKS_AUDIT_LOGS came to in the last 30 days (GetUsageStatistics).

        That is of the caller and its members in the region, and less than 30 days of what was
        turned on later (API reference). None if AWS lists no use. It comes in pages, and boto3 has
        no paginator for them.
        """
        request: GetUsageStatisticsRequestTypeDef = {
            "DetectorId": detector_id,
            "UsageStatisticType": "SUM_BY_FEATURES",
            "UsageCriteria": {"Features": [FEATURE]},
        }
        seen = {""}
        while True:
            with aws_errors("GetUsageStatistics"):
                answer = self._client.get_usage_statistics(**request)
            for entry in answer.get("UsageStatistics", {}).get("SumByFeature", ()):
                if entry.get("Feature") == FEATURE:
                    return _usage(entry.get("Total", {}))
            token = answer.get("NextToken", "")
            if token in seen:
                return None
            seen.add(token)
            request["NextToken"] = token


class OrganizationsApi:
    """AWS Organizations, for the one question that GuardDuty can't answer without a detector."""

    def __init__(self, client: OrganizationsClient) -> None:
        self._client = client

    def is_delegated_administrator(self, account: AccountId) -> bool:
        """Whether the account is a delegated administrator of GuardDuty.

        Only the management account and delegated administrators may ask
        (ListDelegatedAdministrators).
        """
        with aws_errors("ListDelegatedAdministrators"):
            pages = self._client.get_paginator("list_delegated_administrators").paginate(
                ServicePrincipal="guardduty.amazonaws.com"
            )
            return any(
                administrator.get("Id") == account
                for page in pages
                for administrator in page["DelegatedAdministrators"]
            )


def _membership(member: MemberTypeDef) -> Membership:
    return Membership(
        AccountId(member["AccountId"]),
        member["RelationshipStatus"],
        _instant(member.get("UpdatedAt", "")),
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
            "DescribeOrganizationConfiguration", "UnknownValue", messages.unknown_value(value)
        ) from None


def _usage(total: TotalTypeDef) -> Usage | None:
    if "Amount" not in total or "Unit" not in total:
        return None
    try:
        amount = Decimal(total["Amount"])
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        reason = messages.unknown_value(total["Amount"])
        raise ServiceError("GetUsageStatistics", "UnknownValue", reason)
    return Usage(amount, total["Unit"])


def _unprocessed(entries: Sequence[UnprocessedAccountTypeDef]) -> dict[AccountId, str]:
    return {AccountId(entry["AccountId"]): entry["Result"] for entry in entries}


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
