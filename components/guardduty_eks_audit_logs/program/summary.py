"""What a program logs before anything changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from guardduty_eks_audit_logs.program.end import refuse_if
from guardduty_eks_audit_logs.program.report_file import REPORT
from guardduty_eks_audit_logs.reading.costs import costs_before_detector, read_costs
from guardduty_eks_audit_logs.reports.region_report import region_report
from guardduty_eks_audit_logs.reports.run_report import Outcome
from guardduty_eks_audit_logs.reports.summary import headline, summary

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.model import Costs
    from guardduty_eks_audit_logs.planning.plan import Plan


def log_summary(plan: Plan, session: Session) -> None:
    """Logs what the run does: a preview account by account, a run in short (the rest at its end).

    Args:
        plan: what the run does.
        session: asked what turning accounts on will cost, in a preview and if the settings say so.

    Raises:
        SystemExit: the plan has refusals.
    """
    preview = pulumi.runtime.is_dry_run()
    costs = _costs(plan, session.guardduty) if preview and not plan.refusals else None
    report = region_report(plan, costs)
    REPORT.add(report)
    refuse_if(plan.refusals)
    if preview:
        pulumi.log.info(summary(report))
    else:
        pulumi.log.info(headline(plan, report))
    REPORT.write(Outcome.UNFINISHED)


def _costs(plan: Plan, api: GuardDutyApi) -> Costs | None:
    """Reads what the accounts that a run turns on will cost; None if they are not wanted."""
    detector, accounts = plan.snapshot.detector, plan.turning_on
    if not plan.settings.show_costs or not accounts:
        return None
    if detector is None:
        return costs_before_detector(accounts)
    return read_costs(api, detector.id, accounts)
