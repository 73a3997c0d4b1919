"""What a Pulumi program calls: configuration in, errors and summaries out."""

from guardduty_eks_audit_logs.program.configuration import read_configuration, read_settings
from guardduty_eks_audit_logs.program.delegation import deploy_delegation, plan_delegations
from guardduty_eks_audit_logs.program.end import fail_if_incomplete, user_errors
from guardduty_eks_audit_logs.program.last_state import read_own_state, stack_name
from guardduty_eks_audit_logs.program.one_region import deploy_monitoring, plan_region
from guardduty_eks_audit_logs.program.session import connect
from guardduty_eks_audit_logs.program.several_regions import plan_regions
from guardduty_eks_audit_logs.program.summary import log_summary

__all__ = (
    "connect",
    "deploy_delegation",
    "deploy_monitoring",
    "fail_if_incomplete",
    "log_summary",
    "plan_delegations",
    "plan_region",
    "plan_regions",
    "read_configuration",
    "read_own_state",
    "read_settings",
    "stack_name",
    "user_errors",
)
