"""One account and its members in one region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.planning.delegation import designations_of_others
from guardduty_eks_audit_logs.planning.plan import make_plan
from guardduty_eks_audit_logs.planning.refusals import lost_records, other_records
from guardduty_eks_audit_logs.program.end import fail_if_incomplete, refuse_if
from guardduty_eks_audit_logs.program.last_state import read_own_state, stack_name
from guardduty_eks_audit_logs.program.summary import log_summary
from guardduty_eks_audit_logs.reading.snapshot import read_snapshot
from guardduty_eks_audit_logs.resources.eks_audit_logs import EksAuditLogs
from guardduty_eks_audit_logs.texts import accounts_by_reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.planning.plan import Plan
    from guardduty_eks_audit_logs.settings.configuration import Settings
    from guardduty_eks_audit_logs.state.ledger import LastState


def deploy_monitoring(settings: Settings, session: Session) -> None:
    """Keeps EKS audit log monitoring of one account and its members in one region.

    Args:
        settings: the stack's configuration, in any mode but `delegation`.
        session: the caller's, in the region.

    Raises:
        UserError: AWS or the state can't be read.
        SystemExit: the plan has refusals; they are logged.
    """
    plan = plan_region(settings, session)
    log_summary(plan, session)
    monitoring = EksAuditLogs("eks-audit-logs", plan)
    pulumi.export("detectorId", monitoring.detector_id)
    pulumi.export("accounts", monitoring.accounts)
    pulumi.export("unprocessed", monitoring.unprocessed.apply(_in_short))
    pulumi.run(lambda: fail_if_incomplete(monitoring))


def plan_region(settings: Settings, session: Session) -> Plan:
    """Plans a stack of one region; registers nothing.

    Args:
        settings: what the region is to have, in any mode but `delegation`.
        session: the caller's, in the region.

    Returns:
        the plan, with its refusals: `log_summary` logs them and ends the program.

    Raises:
        UserError: AWS or the state can't be read.
        SystemExit: the stack's last state is of another account, region or mode; that is logged.
    """
    last = read_own_state()
    caller, region = session.caller, session.region
    refuse_if(
        (
            *lost_records(last.records),
            *other_records(last.others([(caller, region)]), caller, [region]),
            *designations_of_others(last, (), messages.designates_nobody()),
        )
    )
    return plan_with_state(settings, session, last, stack_name())


def plan_with_state(settings: Settings, session: Session, last: LastState, owner: str) -> Plan:
    """Reads a region and plans it with the stack's last state.

    Args:
        settings: what the region is to have, in any mode but `delegation`.
        session: the caller's, in the region.
        last: the stack's last state.
        owner: the stack as `project/stack`.

    Raises:
        UserError: AWS can't be read.
    """
    record = last.record(session.caller, session.region)
    return make_plan(settings, read_snapshot(session, settings, record), owner, last)


def _in_short(reasons: Mapping[str, str]) -> Mapping[str, str]:
    """Each reason once, with its accounts in one text: an engine prints outputs line by line."""
    grouped = accounts_by_reason(reasons)
    return {reason: ", ".join(accounts) for reason, accounts in grouped.items()}
