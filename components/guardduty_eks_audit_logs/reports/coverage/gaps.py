"""What counts as a gap, and what Security Hub counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import FeatureStatus
from guardduty_eks_audit_logs.reports.coverage.rows import (
    CoverageStatus,
    DetectorState,
    Require,
)

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.reports.coverage.decided_by import Decided
    from guardduty_eks_audit_logs.reports.coverage.standing import Standing


def gap(require: Require, standing: Standing, found: Decided) -> str:
    """Says why an account is a gap; empty if it is none.

    Nobody can turn on an account that is closed, opted out or has left; what could not be read is
    unknown; and where the feature is not offered, nothing is missing.
    """
    if standing.unread or standing.excused or standing.status is CoverageStatus.NOT_OFFERED:
        return ""
    wanted = FeatureStatus.ENABLED if require is Require.ALL else found.wanted
    if not standing.joined:
        missing = standing.of_organization and not found.left_out
        return messages.NOT_JOINED if missing or wanted is FeatureStatus.ENABLED else ""
    if wanted is FeatureStatus.ENABLED and standing.detector is DetectorState.SUSPENDED:
        return messages.SUSPENDED
    if wanted is None or standing.status.value in {wanted.value, CoverageStatus.UNKNOWN.value}:
        return ""
    wants = found.wants if found.wanted is wanted else ""
    return messages.is_but(standing.status, wants)


def counts_for_guardduty5(standing: Standing, partition: str) -> bool:
    """Whether Security Hub's control GuardDuty.5 fails because of an account.

    It wants EKS_AUDIT_LOGS for the administrator and all members, the suspended ones too, in every
    region but China's (Security Hub user guide, GuardDuty controls).
    """
    if partition == "aws-cn" or not standing.joined:
        return False
    return standing.status is CoverageStatus.DISABLED
