"""Mode `delegation`: the management account designates the administrator of its regions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pulumi

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import AccountId
from guardduty_eks_audit_logs.planning.delegation import designations_of_others, plan_delegation
from guardduty_eks_audit_logs.planning.refusals import other_records
from guardduty_eks_audit_logs.program.end import finish, refuse_if
from guardduty_eks_audit_logs.program.last_state import read_own_state
from guardduty_eks_audit_logs.program.regions_at_once import (
    faults_of,
    named_regions,
    read_regions,
)
from guardduty_eks_audit_logs.program.report_file import REPORT
from guardduty_eks_audit_logs.reading.delegation import read_delegation
from guardduty_eks_audit_logs.reports.region_report import delegation_report
from guardduty_eks_audit_logs.reports.summary import delegation_summary
from guardduty_eks_audit_logs.resources.delegated_administrator import DelegatedAdministrator
from guardduty_eks_audit_logs.settings.configuration import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.planning.delegation import DelegationPlan
    from guardduty_eks_audit_logs.settings.identity import Identity
    from guardduty_eks_audit_logs.settings.stack_identity import Configuration


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


def plan_delegations(
    administrator: str, who: Configuration | Identity, regions: Sequence[str]
) -> list[DelegationPlan]:
    """Plans the designation of the administrator in several regions; registers nothing.

    Several regions are read at once. What each designates is logged.

    Args:
        administrator: the id of the account to designate.
        who: the management account's configuration or identity, see `aws.session.open_session`.
        regions: where, for instance `eu-central-1`.

    Returns:
        a plan for each region; register one `DelegatedAdministrator` for each.

    Raises:
        UserError: the state can't be read, or the id is malformed.
        SystemExit: no region is named, or some region can't be read or refuses its plan; all
            regions' sentences are logged together.
    """
    named = named_regions(regions)
    values = {"mode": "delegation", "administratorAccountId": administrator}
    wanted = AccountId(str(Settings.from_values(values).administrator_account_id))
    last = read_own_state()
    # Designations are judged below, for all regions together.
    others = replace(last, designations=())
    reads = read_regions(
        who, named, lambda session: plan_delegation(read_delegation(session, wanted), others)
    )
    plans = [read.plan for read in reads if read.plan]
    for plan in plans:
        REPORT.add(delegation_report(plan))
    kept = [(wanted, region) for region in named]
    now = messages.designates(wanted, ", ".join(named))
    refuse_if(
        (
            *faults_of(reads),
            *(fault for plan in plans for fault in _in_its_region(plan)),
            *designations_of_others(last, kept, now),
            *(
                fault
                for caller in {plan.delegation.caller for plan in plans}
                for fault in other_records(last.others(()), caller, named)
            ),
        )
    )
    for plan in plans:
        pulumi.log.info(delegation_summary(delegation_report(plan)))
    return plans


def _in_its_region(plan: DelegationPlan) -> list[str]:
    return [messages.in_region(plan.delegation.region, one) for one in plan.refusals]


async def _end_of_designation(administrator: DelegatedAdministrator) -> None:
    await administrator.account.future()
    finish([])
