"""Mode `delegation`: whether the caller can designate the administrator of a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.probes import Subject
from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.model import AccountId
from guardduty_eks_audit_logs.planning.delegation import plan_delegation
from guardduty_eks_audit_logs.reading.delegation import read_delegation
from guardduty_eks_audit_logs.reading.prerequisites.organization import (
    GUARDDUTY,
    check_all_features,
    note_missing_access,
    note_refused_access,
)
from guardduty_eks_audit_logs.reading.prerequisites.seen import tried
from guardduty_eks_audit_logs.reports.doctor import Prerequisite

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.model import Delegation
    from guardduty_eks_audit_logs.reading.prerequisites.seen import Region

_ABOUT_THE_CALLER = ("not-the-management-account", "permission-missing")


def check_designation(region: Region) -> None:
    """Checks the caller, GuardDuty's access to the organization, and the account to designate."""
    wanted = AccountId(str(region.settings.administrator_account_id))
    region.about |= {Subject.ACCOUNT: wanted}
    delegation = tried(lambda: read_delegation(region.session, wanted))
    check_all_features(region)
    _check_caller(region, delegation)
    _check_wanted(region, delegation)
    _check_access(region, delegation)


def _check_caller(region: Region, delegation: Delegation | UserError) -> None:
    what, findings, caller = Prerequisite.MANAGEMENT_ACCOUNT, region.findings, region.session.caller
    refused = None if isinstance(delegation, UserError) else delegation.refused
    if region.management == caller:
        findings.ok(what, messages.is_the_management_account(caller))
    elif region.management:
        seen = messages.is_not_the_management_account(caller, region.management)
        findings.missing(what, seen, messages.use_the_management_account(region.management))
    elif isinstance(delegation, UserError):
        findings.failed(what, delegation, "organizations:DescribeOrganization")
    elif refused:
        seen = messages.quoted("ListOrganizationAdminAccounts", refused.reason)
        findings.missing(what, seen, messages.use_the_management_account(""))
    else:
        findings.ok(what, messages.is_the_management_account(caller))


def _check_wanted(region: Region, delegation: Delegation | UserError) -> None:
    what, findings = Prerequisite.ADMINISTRATOR, region.findings
    if isinstance(delegation, UserError):
        findings.failed(what, delegation, "guardduty:ListOrganizationAdminAccounts")
        return
    refusals = plan_delegation(delegation).refusals
    if not refusals:
        designated, can_be = messages.wanted_is_designated, messages.wanted_can_be_designated
        said = designated if delegation.kept else can_be
        findings.ok(what, said(delegation.wanted))
        return
    refusal = refusals[0]
    if refusal.id in _ABOUT_THE_CALLER:
        findings.not_checked(what, refusal.sentence)
    else:
        findings.missing(what, refusal.sentence, refusal.way_out)


def _check_access(region: Region, delegation: Delegation | UserError) -> None:
    what, findings = Prerequisite.TRUSTED_ACCESS, region.findings
    enabled = tried(region.session.organizations.trusted_services)
    designated = not isinstance(delegation, UserError) and delegation.kept
    if isinstance(enabled, UserError):
        note_refused_access(region, enabled)
    elif GUARDDUTY in enabled:
        findings.ok(what, GUARDDUTY)
    elif designated:
        note_missing_access(region)
    else:
        findings.not_needed(what, messages.designating_gives_access())
