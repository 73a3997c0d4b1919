"""What a user sees in `pulumi up`: the component and the resources that pulumi_aws has not."""

from guardduty_eks_audit_logs.resources.aws_provider import aws_provider
from guardduty_eks_audit_logs.resources.delegated_administrator import DelegatedAdministrator
from guardduty_eks_audit_logs.resources.eks_audit_logs import EksAuditLogs
from guardduty_eks_audit_logs.resources.member_features import MemberFeatures
from guardduty_eks_audit_logs.resources.prior_settings import PriorSettings

__all__ = (
    "DelegatedAdministrator",
    "EksAuditLogs",
    "MemberFeatures",
    "PriorSettings",
    "aws_provider",
)
