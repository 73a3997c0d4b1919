"""What a user sees in `pulumi up`: the component and the resources that pulumi_aws has not."""

from components.delegated_administrator import DelegatedAdministrator
from components.eks_audit_logs import EksAuditLogs
from components.identity import aws_provider
from components.member_features import MemberFeatures
from components.prior_settings import PriorSettings

__all__ = (
    "DelegatedAdministrator",
    "EksAuditLogs",
    "MemberFeatures",
    "PriorSettings",
    "aws_provider",
)
