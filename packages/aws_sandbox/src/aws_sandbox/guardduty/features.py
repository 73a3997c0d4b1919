"""What GuardDuty calls its features, and the values they can have.

The lists are those of the service model (2017-11-28): `DetectorFeature`, `DetectorFeatureResult`,
`OrgFeature` and `FeatureAdditionalConfiguration`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class FeatureStatus(StrEnum):
    """Whether a feature, a detector or a data source is on."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


class AutoEnable(StrEnum):
    """For which accounts of the organization something is turned on automatically."""

    NEW = "NEW"
    ALL = "ALL"
    NONE = "NONE"


EKS_AUDIT_LOGS: Final = "EKS_AUDIT_LOGS"
S3_DATA_EVENTS: Final = "S3_DATA_EVENTS"
EBS_MALWARE_PROTECTION: Final = "EBS_MALWARE_PROTECTION"
RUNTIME_MONITORING: Final = "RUNTIME_MONITORING"
EKS_RUNTIME_MONITORING: Final = "EKS_RUNTIME_MONITORING"
AI_ANALYST: Final = "AI_ANALYST"

FOUNDATIONAL: Final = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
"""Read-only features: they follow the detector and can't be written."""

DETECTOR_FEATURES: Final = (
    S3_DATA_EVENTS,
    EKS_AUDIT_LOGS,
    EBS_MALWARE_PROTECTION,
    "RDS_LOGIN_EVENTS",
    EKS_RUNTIME_MONITORING,
    "LAMBDA_NETWORK_LOGS",
    RUNTIME_MONITORING,
    "AI_PROTECTION",
    AI_ANALYST,
)
"""Features that UpdateDetector accepts."""

ORGANIZATION_FEATURES: Final = tuple(name for name in DETECTOR_FEATURES if name != AI_ANALYST)
"""Features that organization and member operations accept."""

OFF_IN_A_NEW_DETECTOR: Final = frozenset({RUNTIME_MONITORING, EKS_RUNTIME_MONITORING, AI_ANALYST})
"""CreateDetector turns everything else on by itself, EKS_AUDIT_LOGS included."""

ADDITIONAL_CONFIGURATIONS: Final = {
    RUNTIME_MONITORING: (
        "EKS_ADDON_MANAGEMENT",
        "ECS_FARGATE_AGENT_MANAGEMENT",
        "EC2_AGENT_MANAGEMENT",
    ),
    EKS_RUNTIME_MONITORING: ("EKS_ADDON_MANAGEMENT",),
    "RDS_LOGIN_EVENTS": ("RDS_DATA_RISK",),
}
"""Which additional configurations a feature has; EKS_AUDIT_LOGS has none.

RDS_DATA_RISK under RDS_LOGIN_EVENTS is assumed: the service model does not say where it belongs.
"""
