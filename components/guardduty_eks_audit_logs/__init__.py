"""GuardDuty EKS audit log monitoring of an AWS organization: the public names, all of them.

They are imported when they are first used, so that a part without Pulumi, for instance
`guardduty_eks_audit_logs.planning`, can be imported without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.errors import SettingsError, UserError
    from guardduty_eks_audit_logs.planning.plan import Plan, make_plan
    from guardduty_eks_audit_logs.program import (
        connect,
        deploy_delegation,
        deploy_monitoring,
        fail_if_incomplete,
        log_summary,
        plan_delegations,
        plan_region,
        plan_regions,
        read_configuration,
        read_own_state,
        read_settings,
        stack_name,
        user_errors,
    )
    from guardduty_eks_audit_logs.reading.snapshot import read_snapshot
    from guardduty_eks_audit_logs.resources.aws_provider import aws_provider
    from guardduty_eks_audit_logs.resources.delegated_administrator import DelegatedAdministrator
    from guardduty_eks_audit_logs.resources.eks_audit_logs import EksAuditLogs
    from guardduty_eks_audit_logs.settings.configuration import Settings
    from guardduty_eks_audit_logs.settings.identity import AssumeRole, Identity
    from guardduty_eks_audit_logs.settings.settings_file import read_settings_file

__all__ = (
    "AssumeRole",
    "DelegatedAdministrator",
    "EksAuditLogs",
    "Identity",
    "Plan",
    "Settings",
    "SettingsError",
    "UserError",
    "aws_provider",
    "connect",
    "deploy_delegation",
    "deploy_monitoring",
    "fail_if_incomplete",
    "log_summary",
    "make_plan",
    "plan_delegations",
    "plan_region",
    "plan_regions",
    "read_configuration",
    "read_own_state",
    "read_settings",
    "read_settings_file",
    "read_snapshot",
    "stack_name",
    "user_errors",
)

_ELSEWHERE = {
    "AssumeRole": "settings.identity",
    "DelegatedAdministrator": "resources.delegated_administrator",
    "EksAuditLogs": "resources.eks_audit_logs",
    "Identity": "settings.identity",
    "Plan": "planning.plan",
    "Settings": "settings.configuration",
    "SettingsError": "errors",
    "UserError": "errors",
    "aws_provider": "resources.aws_provider",
    "make_plan": "planning.plan",
    "read_settings_file": "settings.settings_file",
    "read_snapshot": "reading.snapshot",
}
"""The module of each public name that is not in `program`."""


def __getattr__(name: str) -> object:
    """Imports a public name when it is first used (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'program')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
