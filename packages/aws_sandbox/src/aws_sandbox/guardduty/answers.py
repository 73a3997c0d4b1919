"""From what the rules hold to the wire's answers, by the member names of the service model."""

from __future__ import annotations

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
    listed = []
    for name in names:
        entry = _feature(name, found.features[name])
        additional = found.features[name].additional
        if additional:
            entry["AdditionalConfiguration"] = [
                _feature(key, value) for key, value in additional.items()
            ]
        listed.append(entry)
    return listed


def _feature(name: str, value: Feature) -> Answer:
    return {
        "Name": name,
        "Status": value.status,
        "UpdatedAt": value.updated_at,
        "ManagedBy": value.managed_by,
    }


def data_sources(found: Detector) -> Answer:
    """The deprecated form of a detector's features; some tools still read only this one."""
    foundational = {"Status": found.status}
    off = Feature(FeatureStatus.DISABLED, found.created_at)

    def status(name: str) -> Answer:
        return {"Status": found.features.get(name, off).status}

    return {
        "CloudTrail": foundational,
        "DNSLogs": foundational,
        "FlowLogs": foundational,
        "S3Logs": status(S3_DATA_EVENTS),
        "Kubernetes": {"AuditLogs": status(EKS_AUDIT_LOGS)},
        "MalwareProtection": {
            "ScanEc2InstanceWithFindings": {"EbsVolumes": status(EBS_MALWARE_PROTECTION)}
        },
    }


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
