"""From what the rules hold to the wire's answers, by the member names of the service model."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from moto.utilities.utils import get_partition

from aws_sandbox.guardduty.features import (
    EBS_MALWARE_PROTECTION,
    EKS_AUDIT_LOGS,
    FOUNDATIONAL,
    S3_DATA_EVENTS,
    AutoEnable,
    FeatureStatus,
)
from aws_sandbox.guardduty.state import Feature, Setting
from aws_sandbox.guardduty.wire import Shared

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aws_sandbox.guardduty.administration import OrganizationSettings, Statistics
    from aws_sandbox.guardduty.invitations import Invitation
    from aws_sandbox.guardduty.state import Detector, Member, RelationshipStatus

    Answer = dict[str, Any]

_SERVICE_ROLE = (
    "arn:{partition}:iam::{account}:role/aws-service-role/guardduty.amazonaws.com/"
    "AWSServiceRoleForAmazonGuardDuty"
)


def timestamp(moment: datetime) -> str:
    """A time as the members of type string hold it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def detector(found: Detector, region: str) -> Answer:
    """GetDetector: the read-only foundational features are listed with the others."""
    foundational = [
        {"Name": name, "Status": found.status, "UpdatedAt": found.created_at}
        for name in FOUNDATIONAL
    ]
    return {
        "CreatedAt": timestamp(found.created_at),
        "FindingPublishingFrequency": found.publishing_frequency,
        "ServiceRole": _SERVICE_ROLE.format(
            partition=get_partition(region), account=found.account_id
        ),
        "Status": found.status,
        "UpdatedAt": timestamp(found.updated_at),
        "DataSources": data_sources(found),
        "Tags": found.tags,
        "Features": foundational + features(found, found.features),
    }


def features(found: Detector, names: Mapping[str, object] | tuple[str, ...]) -> list[Answer]:
    """Features of a detector, those in `names`."""
    table = found.features
    return [_feature(name, table[name]) for name in names]


def _feature(name: str, value: Feature) -> Shared:
    additional = tuple(value.additional.items())
    return _shared_feature(name, value.status, value.updated_at, value.managed_by, additional)


@lru_cache(maxsize=4096)
def _shared_feature(
    name: str,
    status: FeatureStatus,
    updated_at: datetime,
    managed_by: str | None,
    additional: tuple[tuple[str, Feature], ...],
) -> Shared:
    entry: Answer = {
        "Name": name,
        "Status": status,
        "UpdatedAt": updated_at,
        "ManagedBy": managed_by,
    }
    if additional:
        entry["AdditionalConfiguration"] = [_feature(key, value) for key, value in additional]
    return Shared(entry)


def data_sources(found: Detector) -> Answer:
    """The deprecated form of a detector's features; some tools still read only this one."""
    on = tuple(
        feature.status if (feature := found.features.get(name)) else FeatureStatus.DISABLED
        for name in (S3_DATA_EVENTS, EKS_AUDIT_LOGS, EBS_MALWARE_PROTECTION)
    )
    return _data_sources(found.status, *on)


@lru_cache(maxsize=4096)
def _data_sources(
    detector: FeatureStatus, s3: FeatureStatus, eks: FeatureStatus, ebs: FeatureStatus
) -> Shared:
    foundational = {"Status": detector}
    return Shared(
        {
            "CloudTrail": foundational,
            "DNSLogs": foundational,
            "FlowLogs": foundational,
            "S3Logs": {"Status": s3},
            "Kubernetes": {"AuditLogs": {"Status": eks}},
            "MalwareProtection": {"ScanEc2InstanceWithFindings": {"EbsVolumes": {"Status": ebs}}},
        }
    )


def organization_settings(settings: OrganizationSettings) -> Answer:
    """DescribeOrganizationConfiguration; the deprecated flags say false for NONE only."""

    def on(name: str) -> Answer:
        setting = settings.features.get(name, Setting())
        return {"AutoEnable": setting.auto_enable is not AutoEnable.NONE}

    listed = []
    for name, setting in settings.features.items():
        entry: Answer = {"Name": name, "AutoEnable": setting.auto_enable}
        if setting.additional:
            entry["AdditionalConfiguration"] = [
                {"Name": key, "AutoEnable": value} for key, value in setting.additional.items()
            ]
        listed.append(entry)
    return {
        "AutoEnable": settings.auto_enable_members is not AutoEnable.NONE,
        "AutoEnableOrganizationMembers": settings.auto_enable_members,
        "MemberAccountLimitReached": settings.limit_reached,
        "DataSources": {
            "S3Logs": on(S3_DATA_EVENTS),
            "Kubernetes": {"AuditLogs": on(EKS_AUDIT_LOGS)},
            "MalwareProtection": {
                "ScanEc2InstanceWithFindings": {"EbsVolumes": on(EBS_MALWARE_PROTECTION)}
            },
        },
        "Features": listed,
    }


def member(
    found: Member, status: RelationshipStatus, administrator_id: str, detector_id: str | None
) -> Answer:
    """A member; email and invitation time are there for invited members only."""
    invited = found.by_invitation
    return {
        "AccountId": found.account_id,
        "DetectorId": detector_id,
        "MasterId": administrator_id,
        "AdministratorId": administrator_id,
        "Email": found.email if invited else None,
        "RelationshipStatus": status,
        "InvitedAt": timestamp(found.invited_at) if found.invited_at and invited else None,
        "UpdatedAt": timestamp(found.updated_at),
    }


def administrator(administrator_id: str, found: Member | None) -> Answer:
    """A member's administrator; the invitation is there for invited members only."""
    if found is None:
        return {"AccountId": administrator_id}
    return {
        "AccountId": administrator_id,
        "InvitationId": found.invitation_id,
        "RelationshipStatus": found.relationship,
        "InvitedAt": timestamp(found.invited_at) if found.invited_at else None,
    }


def invitation(found: Invitation) -> Answer:
    """An invitation as the invited account sees it."""
    return {
        "AccountId": found.administrator_id,
        "InvitationId": found.invitation_id,
        "RelationshipStatus": found.relationship,
        "InvitedAt": timestamp(found.invited_at),
    }


def unprocessed(reasons: Mapping[str, str]) -> list[Answer]:
    """Accounts that a call left alone, with AWS's words."""
    return [{"AccountId": key, "Result": text} for key, text in reasons.items()]


def statistics(counted: Statistics) -> Answer:
    """GetOrganizationStatistics."""
    by_feature = []
    for name, count in counted.by_feature.items():
        entry: Answer = {"Name": name, "EnabledAccountsCount": count.enabled}
        if count.additional:
            entry["AdditionalConfiguration"] = [
                {"Name": key, "EnabledAccountsCount": number}
                for key, number in count.additional.items()
            ]
        by_feature.append(entry)
    return {
        "OrganizationDetails": {
            "UpdatedAt": counted.updated_at,
            "OrganizationStatistics": {
                "TotalAccountsCount": counted.total,
                "MemberAccountsCount": counted.members,
                "ActiveAccountsCount": counted.active,
                "EnabledAccountsCount": counted.enabled,
                "CountByFeature": by_feature,
            },
        }
    }
