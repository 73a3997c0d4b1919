"""What an organization has to have before GuardDuty works in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.probes import Subject
from guardduty_eks_audit_logs.errors import ServiceError, UserError
from guardduty_eks_audit_logs.model import POLICY_TYPE, AutoEnable
from guardduty_eks_audit_logs.reading.prerequisites.seen import in_words, tried
from guardduty_eks_audit_logs.reports.doctor import Prerequisite
from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.reading.prerequisites.seen import Region

GUARDDUTY = "guardduty.amazonaws.com"
"""GuardDuty's service principal."""

_OF_ORGANIZATIONS = (
    Prerequisite.ALL_FEATURES,
    Prerequisite.TRUSTED_ACCESS,
    Prerequisite.POLICY_TYPE,
)


def check_organization(region: Region) -> None:
    """Checks the organization's features and GuardDuty's access to it."""
    mode = region.settings.mode
    if mode in {Mode.INVITATION, Mode.STANDALONE}:
        for what in _OF_ORGANIZATIONS:
            region.findings.not_needed(what, messages.not_in_mode(mode))
        return
    check_all_features(region)
    enabled = tried(region.session.organizations.trusted_services)
    if isinstance(enabled, UserError):
        note_refused_access(region, enabled)
    elif GUARDDUTY in enabled:
        region.findings.ok(Prerequisite.TRUSTED_ACCESS, GUARDDUTY)
    else:
        note_missing_access(region)


def check_all_features(region: Region) -> None:
    """Checks that the organization has all features, which trusted access needs.

    Delegated administrators and trusted access come with all features (Organizations user guide,
    orgs_manage_org_support-all-features).
    """
    what, findings = Prerequisite.ALL_FEATURES, region.findings
    organization = tried(region.session.organizations.organization)
    if isinstance(organization, ServiceError) and organization.code == _NOT_IN_USE:
        seen = messages.in_no_organization(in_words(organization))
        findings.missing(what, seen, messages.use_an_organization())
    elif isinstance(organization, UserError):
        findings.failed(what, organization, "organizations:DescribeOrganization")
    else:
        region.management = organization.management_account
        if organization.all_features:
            findings.ok(what, messages.has_all_features(region.management))
        else:
            way_out = messages.enable_all_features(region.management)
            findings.missing(what, messages.billing_only(), way_out)


_NOT_IN_USE = "AWSOrganizationsNotInUseException"


def note_refused_access(region: Region, error: UserError) -> None:
    """Notes that it is not known whether GuardDuty has trusted access."""
    action = "organizations:ListAWSServiceAccessForOrganization"
    region.findings.failed(Prerequisite.TRUSTED_ACCESS, error, action)


def note_missing_access(region: Region) -> None:
    """Notes that GuardDuty has no trusted access."""
    region.findings.missing(
        Prerequisite.TRUSTED_ACCESS,
        messages.no_trusted_access(),
        messages.enable_trusted_access(region.management),
    )


def check_policy_type(region: Region) -> None:
    """Checks that organization policies leave the stack's `autoEnable` its effect.

    Where the type is enabled on the root, GuardDuty's own settings do nothing, and a run is refused
    that would change them (`planning.refusals`).
    """
    if region.settings.mode is not Mode.ORGANIZATION:
        return
    what, findings = Prerequisite.POLICY_TYPE, region.findings
    roots = tried(region.session.organizations.roots)
    if isinstance(roots, UserError):
        findings.failed(what, roots, "organizations:ListRoots")
        return
    for root in roots:
        region.about[Subject.ROOT] = root.id
    if not any(POLICY_TYPE in root.policy_types for root in roots):
        findings.ok(what, messages.policy_type_off())
        return
    keys = () if region.reader else _without_effect(region)
    if keys:
        way_out = messages.let_policies_decide(keys, region.about[Subject.ROOT], region.management)
        findings.missing(what, messages.auto_enable_has_no_effect(keys), way_out)
    else:
        findings.ok(what, messages.policy_type_on())


def _without_effect(region: Region) -> tuple[str, ...]:
    """The keys whose values policies leave without effect."""
    settings = region.settings
    current = region.organization
    feature, members = (current.feature, current.members) if current else (None, None)
    keys = []
    if settings.auto_enable not in {AutoEnable.NONE, feature}:
        keys.append("autoEnable")
    if settings.auto_enable_members not in {None, AutoEnable.NONE, members}:
        keys.append("autoEnableMembers")
    return tuple(keys)
