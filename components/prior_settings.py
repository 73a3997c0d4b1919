"""The module that states of 0.1.0 and 0.2.0 name for the provider of PriorSettings."""

from guardduty_eks_audit_logs.resources.prior_settings import PriorSettingsProvider

__all__ = ["PriorSettingsProvider"]
