"""The module that states of 0.1.0 and 0.2.0 name for the provider of MemberFeatures."""

from guardduty_eks_audit_logs.resources.member_features import MemberFeaturesProvider

__all__ = ["MemberFeaturesProvider"]
