"""Putting back what a stack had changed beside the members: the organization, the own detector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty import messages
from guardduty.errors import ServiceError
from guardduty.failures import is_about_the_administrator
from guardduty.model import FeatureStatus
from guardduty.prior import Scope

if TYPE_CHECKING:
    from guardduty.api import GuardDutyApi
    from guardduty.members import Report
    from guardduty.model import AutoEnable, DetectorId
    from guardduty.prior import PriorOrganization, Scopes


def restore_organization(
    api: GuardDutyApi,
    detector_id: DetectorId,
    prior: PriorOrganization | None,
    scope: Scopes,
    report: Report,
) -> None:
    """Puts the organization's auto-enable settings back to what they were before the stack.

    AWS asks for the setting of GuardDuty itself in every such call: unless the stack writes it,
    what is there now is sent back.

    Args:
        api: GuardDuty in the region, as the administrator.
        detector_id: the administrator's detector.
        prior: what was recorded; nothing is done without.
        scope: what the stack writes.
        report: told of what is done.

    Raises:
        UserError: it could not be read or set. That the caller is not the delegated administrator
            any more is told and no error: the settings are not its own then.
    """
    if prior is None or Scope.ORGANIZATION not in scope:
        return
    try:
        now = api.organization(detector_id)
        members = prior.members if Scope.AUTO_ENABLE_MEMBERS in scope else None
        members, feature = members or now.members, prior.feature or now.feature
        if (members, feature) == (now.members, now.feature):
            return
        changed = feature if feature != now.feature else None
        api.set_organization(detector_id, members, changed)
    except ServiceError as error:
        if not is_about_the_administrator(error):
            raise
        report(messages.organization_not_restored(str(error)))
        return
    _tell_restored(report, now.feature, feature, "autoEnable")
    _tell_restored(report, now.members, members, "autoEnableMembers")


def restore_own_detector(
    api: GuardDutyApi, detector_id: DetectorId, prior: str | None, report: Report
) -> None:
    """Puts EKS_AUDIT_LOGS of the caller's own detector back to what it was before the stack.

    Args:
        api: GuardDuty in the region.
        detector_id: the caller's detector.
        prior: the status recorded; nothing is done without one.
        report: told of what is done.

    Raises:
        UserError: it could not be read or set.
    """
    if prior not in set(FeatureStatus):
        return
    wanted, detector = FeatureStatus(prior), api.detector(detector_id)
    if detector.status in {None, wanted}:
        return
    if detector.managed:
        report(messages.own_detector_left_to_policy())
        return
    api.set_own_status(detector_id, wanted)
    report(messages.own_detector_restored(detector.status, wanted))


def _tell_restored(
    report: Report, now: AutoEnable | None, then: AutoEnable | None, key: str
) -> None:
    if now != then:
        report(messages.organization_restored(key, now, then))
