"""Mode `delegation`: the management account designates the administrator of a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from guardduty_eks_audit_logs.planning.delegation import plan_delegation
from guardduty_eks_audit_logs.planning.refusals import other_records
from guardduty_eks_audit_logs.program.end import finish, refuse_if
from guardduty_eks_audit_logs.program.last_state import read_own_state
from guardduty_eks_audit_logs.program.report_file import REPORT
from guardduty_eks_audit_logs.reading.delegation import read_delegation
from guardduty_eks_audit_logs.reports.region_report import delegation_report
from guardduty_eks_audit_logs.reports.summary import delegation_summary
from guardduty_eks_audit_logs.resources.delegated_administrator import DelegatedAdministrator

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.model import AccountId


def deploy_delegation(wanted: AccountId, session: Session) -> None:
    """Designates the delegated GuardDuty administrator in one region.

    Args:
        wanted: the account to designate.
        session: the management account, in the region.

    Raises:
        UserError: AWS or the state can't be read.
        SystemExit: the plan has refusals; they are logged.
    """
    last = read_own_state()
    plan = plan_delegation(read_delegation(session, wanted), last)
    report = delegation_report(plan)
    REPORT.add(report)
    others = other_records(last.others(()), session.caller, [session.region])
    refuse_if((*others, *plan.refusals))
    pulumi.log.info(delegation_summary(report))
    administrator = DelegatedAdministrator("delegated-administrator", plan)
    pulumi.export("administratorAccountId", administrator.account)
    pulumi.run(lambda: _end_of_designation(administrator))


async def _end_of_designation(administrator: DelegatedAdministrator) -> None:
    await administrator.account.future()
    finish([])
