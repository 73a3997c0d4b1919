"""Every call of the product to GuardDuty, with the model's types; nothing else calls it.

Requests name EKS_AUDIT_LOGS and no other feature; answers are reduced to it. Lists are read to
their end, whatever their number of pages.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.answers import aws_errors
from guardduty_eks_audit_logs.aws.paging import by_token, read_pages
from guardduty_eks_audit_logs.errors import ServiceError
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
    RelationshipStatus,
    TrialDays,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_guardduty import GuardDutyClient
    from mypy_boto3_guardduty.type_defs import (
        MemberTypeDef,
        TotalTypeDef,
        UnprocessedAccountTypeDef,
        UpdateOrganizationConfigurationRequestTypeDef,
    )


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
            listed = self._client.get_paginator("list_detectors").paginate()
            for page in read_pages("ListDetectors", listed):
                for detector_id in page["DetectorIds"]:
                    return DetectorId(_text(detector_id))
        return None

    def detector(self, detector_id: DetectorId) -> Detector:
        """Reads the caller's own detector (GetDetector)."""
        with aws_errors("GetDetector"):
            answer = self._client.get_detector(DetectorId=detector_id)
            _check_own_status(answer.get("Features", ()))
            return Detector(
                id=detector_id,
                monitoring=answer.get("Status") == "ENABLED",
                status=_feature_status(answer.get("Features", ())),
                tags=answer.get("Tags", {}),
                managed=_is_managed(answer.get("Features", ())),
            )

    def administrator(self, detector_id: DetectorId) -> AccountId | None:
        """Gives the caller's administrator (GetAdministratorAccount); None if it is no member.

        An administrator and a standalone account both get an answer without content.
        """
        administrator = self.own_membership(detector_id)
        return administrator.account if administrator else None

    def own_membership(self, detector_id: DetectorId) -> Membership | None:
        """Gives the caller's administrator and how the caller stands to it; None if it has none.

        `account` in the answer is the administrator's (GetAdministratorAccount).
        """
        with aws_errors("GetAdministratorAccount"):
            answer = self._client.get_administrator_account(DetectorId=detector_id)
            administrator = answer.get("Administrator", {})
            account = administrator.get("AccountId")
            if not account:
                return None
            status = _text(administrator.get("RelationshipStatus", RelationshipStatus.ENABLED))
            return Membership(_account(account), status)

    def organization_administrator(self) -> Designation | None:
        """Gives the region's delegated administrator (ListOrganizationAdminAccounts).

        Only the management account may ask; there is one at most.
        """
        operation = "ListOrganizationAdminAccounts"
        with aws_errors(operation):
            listed = self._client.get_paginator("list_organization_admin_accounts").paginate()
            for page in read_pages(operation, listed):
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
            described = by_token(
                self._client.describe_organization_configuration, DetectorId=detector_id
            )
            for page in read_pages(operation, described):
                members = _auto_enable(page.get("AutoEnableOrganizationMembers", members))
                for entry in page.get("Features", ()):
                    if entry.get("Name") == FEATURE and "AutoEnable" in entry:
                        feature = _auto_enable(entry["AutoEnable"])
        return OrganizationConfiguration(members, feature)

    def members(self, detector_id: DetectorId) -> tuple[Membership, ...]:
        """Lists all member accounts once, whatever their relationship status (ListMembers)."""
        found: dict[AccountId, Membership] = {}
        for page in self.member_pages(detector_id):
            # An account that joins between two pages may be in both of them.
            found.update((member.account, member) for member in page)
        return tuple(found.values())

    def member_pages(self, detector_id: DetectorId) -> Iterator[tuple[Membership, ...]]:
        """Lists the member accounts page by page, as `members` does (ListMembers).

        AWS gives each page with the token of the one before, so they come one after another. An
        account that joins meanwhile may be in two of them: the later one holds.
        """
        with aws_errors("ListMembers"):
            listed = self._client.get_paginator("list_members").paginate(
                DetectorId=detector_id, OnlyAssociated="false"
            )
            for page in read_pages("ListMembers", listed):
                yield tuple(_membership(member) for member in page["Members"])

    def memberships(
        self, detector_id: DetectorId, accounts: Sequence[AccountId]
    ) -> tuple[Membership, ...]:
        """Reads how at most 50 accounts stand to the caller (one GetMembers call).

        An account that is no member is left out.
        """
        with aws_errors("GetMembers"):
            answer = self._client.get_members(DetectorId=detector_id, AccountIds=list(accounts))
            members = (_membership(member) for member in answer.get("Members", ()))
            return tuple(member for member in members if member.account in accounts)

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
                unprocessed.setdefault(account, messages.status_not_returned())
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
            pages = by_token(
                self._client.get_usage_statistics,
                DetectorId=detector_id,
                UsageStatisticType="SUM_BY_FEATURES",
                UsageCriteria={"Features": [FEATURE]},
            )
            for page in read_pages("GetUsageStatistics", pages):
                for entry in page.get("UsageStatistics", {}).get("SumByFeature", ()):
                    if entry.get("Feature") == FEATURE:
                        return _usage(entry.get("Total", {}))
        return None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)  # botocore passes on what came; `aws_errors` reports it
    return printable(value)


def _account(value: object) -> AccountId:
    return AccountId(_text(value))


def _membership(member: MemberTypeDef) -> Membership:
    return Membership(
        _account(member["AccountId"]),
        _text(member["RelationshipStatus"]),
        _instant(member.get("UpdatedAt", "")),
        invited=bool(member.get("InvitedAt")),  # AWS returns it for these only (API: Member)
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


def _feature_status(features: Sequence[object]) -> FeatureStatus | None:
    for feature in features:
        if isinstance(feature, dict) and feature.get("Name") == FEATURE:
            status = feature.get("Status")
            return FeatureStatus(status) if status in set(FeatureStatus) else None
    return None


def _check_own_status(features: Sequence[object]) -> None:
    """Refuses a status that this release does not know: the feature is offered, but unknown."""
    for feature in features:
        if isinstance(feature, dict) and feature.get("Name") == FEATURE:
            status = feature.get("Status")
            if status not in set(FeatureStatus):
                reason = messages.unknown_value(harmless(str(status)))
                raise ServiceError("GetDetector", "UnknownValue", reason)


def _is_managed(features: Sequence[object]) -> bool:
    return any(
        isinstance(feature, dict)
        and feature.get("Name") == FEATURE
        and feature.get("ManagedBy") == POLICY_TYPE
        for feature in features
    )
