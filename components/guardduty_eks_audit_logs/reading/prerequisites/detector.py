"""The caller's place in GuardDuty: administrator, detector, feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.probes import Subject
from guardduty_eks_audit_logs.errors import ACCESS_DENIED, WHO_ASKS, ServiceError, UserError
from guardduty_eks_audit_logs.model import OrganizationConfiguration
from guardduty_eks_audit_logs.planning.refusals import OWNER_TAG
from guardduty_eks_audit_logs.reading.prerequisites.seen import in_words, tried
from guardduty_eks_audit_logs.reports.doctor import Prerequisite
from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.model import Detector, DetectorId
    from guardduty_eks_audit_logs.reading.prerequisites.seen import Region


def check_detector(region: Region, detector_id: DetectorId | UserError | None) -> None:
    """Checks the caller's own detector, whose it is, and whether it has the feature.

    Args:
        region: what is checked.
        detector_id: what ListDetectors said.
    """
    findings, caller = region.findings, region.session.caller
    region.about |= {Subject.CALLER: caller, Subject.ACCOUNT: caller}
    if isinstance(detector_id, UserError):
        for what in (Prerequisite.DETECTOR, Prerequisite.ADMINISTRATOR, Prerequisite.FEATURE):
            findings.failed(what, detector_id, "guardduty:ListDetectors")
    elif detector_id is None:
        _without_detector(region)
    else:
        region.about |= {Subject.DETECTOR: detector_id}
        _check_administrator(region, detector_id)
        _check_own(region, detector_id)
        _find_a_member(region)


def _without_detector(region: Region) -> None:
    findings, caller = region.findings, region.session.caller
    if region.settings.makes_detector:
        findings.ok(Prerequisite.DETECTOR, messages.stack_makes_detector())
    else:
        seen = messages.account_without_detector(caller)
        findings.missing(
            Prerequisite.DETECTOR, seen, messages.make_a_detector(region.session.region)
        )
    nothing = messages.nothing_to_ask_about(Subject.DETECTOR.value)
    findings.not_checked(Prerequisite.FEATURE, nothing)
    if region.settings.mode is Mode.ORGANIZATION:
        _check_delegated(region)
    else:
        findings.not_checked(Prerequisite.ADMINISTRATOR, nothing)


def _check_delegated(region: Region) -> None:
    """Asks AWS Organizations: GuardDuty tells only accounts that have a detector."""
    what, caller = Prerequisite.ADMINISTRATOR, region.session.caller
    listed = tried(lambda: region.session.organizations.is_delegated_administrator(caller))
    if isinstance(listed, UserError):
        region.findings.failed(what, listed, "organizations:ListDelegatedAdministrators")
    elif listed:
        region.findings.ok(what, messages.administers(caller))
    else:
        way_out = messages.designate(caller, region.session.region, region.management)
        region.findings.missing(what, messages.not_listed_as_administrator(caller), way_out)


def _check_administrator(region: Region, detector_id: DetectorId) -> None:
    what, findings, caller = Prerequisite.ADMINISTRATOR, region.findings, region.session.caller
    administrator = tried(lambda: region.session.guardduty.administrator(detector_id))
    if isinstance(administrator, str):
        seen = messages.is_a_member_of(caller, administrator)
        findings.missing(what, seen, messages.use_credentials_of(administrator))
        return
    if region.settings.mode is not Mode.ORGANIZATION:
        if isinstance(administrator, UserError):
            findings.failed(what, administrator, "guardduty:GetAdministratorAccount")
        else:
            findings.ok(what, messages.has_no_administrator(caller))
        return
    organization = tried(lambda: region.session.guardduty.organization(detector_id))
    if isinstance(organization, OrganizationConfiguration):
        region.organization = organization
        findings.ok(what, messages.administers(caller))
    elif isinstance(organization, ServiceError) and organization.code in WHO_ASKS - ACCESS_DENIED:
        way_out = messages.designate(caller, region.session.region, region.management)
        findings.missing(what, in_words(organization), way_out)
    else:
        action = "guardduty:DescribeOrganizationConfiguration"
        findings.failed(what, organization, action)


def _check_own(region: Region, detector_id: DetectorId) -> None:
    findings = region.findings
    detector = tried(lambda: region.session.guardduty.detector(detector_id))
    if isinstance(detector, UserError):
        for what in (Prerequisite.DETECTOR, Prerequisite.FEATURE):
            findings.failed(what, detector, "guardduty:GetDetector")
        return
    _note_detector(region, detector)
    organization = region.organization
    offered = organization is None or organization.feature is not None
    if detector.status is None or not offered:
        findings.missing(Prerequisite.FEATURE, messages.feature_missing(), messages.keep_no_stack())
    else:
        findings.ok(Prerequisite.FEATURE, messages.feature_offered())


def _note_detector(region: Region, detector: Detector) -> None:
    what, findings = Prerequisite.DETECTOR, region.findings
    if not detector.monitoring:
        seen = messages.guardduty_is_suspended(detector.id)
        way_out = messages.resume_guardduty(detector.id, region.session.region)
        findings.missing(what, seen, way_out)
    elif region.settings.makes_detector and OWNER_TAG not in detector.tags:
        seen = messages.perhaps_not_of_this_stack(detector.id)
        findings.not_checked(what, seen, messages.preview_finds_out())
    else:
        findings.ok(what, messages.detector_found(detector.id))


def _find_a_member(region: Region) -> None:
    """Finds one member, so that there is an account to ask about."""
    answer = tried(lambda: region.probes.ask("guardduty:ListMembers", region.about))
    if isinstance(answer, UserError):
        return
    for member in answer.get("Members", ()):
        if "AccountId" in member:
            region.about |= {Subject.MEMBER: str(member["AccountId"])}
