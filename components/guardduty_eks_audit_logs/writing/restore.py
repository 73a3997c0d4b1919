"""Putting back what a stack had changed beside the members: the organization, the own detector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.failures import is_about_the_administrator
from guardduty_eks_audit_logs.errors import ServiceError
from guardduty_eks_audit_logs.model import AutoEnable, FeatureStatus, Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
    from guardduty_eks_audit_logs.model import DetectorId
    from guardduty_eks_audit_logs.progress import Report


def restore_settings(
    api: GuardDutyApi, detector_id: DetectorId, before: Mapping[Setting, str], report: Report
) -> None:
    """Puts back the settings beside members, as recorded before the stack first wrote each.

    The organization comes first, so that it turns nothing on again.

    Args:
        api: GuardDuty in the region, as the administrator.
        detector_id: the administrator's detector.
        before: what was recorded; nothing is done for what was not.
        report: gets a line for each setting that is put back.

    Raises:
        UserError: it could not be read or set. If the caller is no delegated administrator any
            more, that is reported and no error: the organization's settings are not its own then.
    """
    _restore_organization(api, detector_id, before, report)
    _restore_own_detector(api, detector_id, before.get(Setting.STATUS), report)


def _restore_organization(
    api: GuardDutyApi, detector_id: DetectorId, before: Mapping[Setting, str], report: Report
) -> None:
    feature_before = before.get(Setting.AUTO_ENABLE)
    members_before = before.get(Setting.AUTO_ENABLE_MEMBERS)
    if feature_before is None and members_before is None:
        return
    try:
        now = api.organization(detector_id)
        # AWS asks for the setting of GuardDuty itself in every such call: unless the stack wrote
        # it, what is there now is sent back.
        members = AutoEnable(members_before) if members_before else now.members
        feature = AutoEnable(feature_before) if feature_before else now.feature
        if (members, feature) == (now.members, now.feature):
            return
        api.set_organization(detector_id, members, feature if feature != now.feature else None)
    except ServiceError as error:
        if not is_about_the_administrator(error):
            raise
        report(messages.organization_not_restored(str(error)))
        return
    if now.feature != feature:
        report(messages.organization_restored(Setting.AUTO_ENABLE, now.feature, feature))
    if now.members != members:
        report(messages.organization_restored(Setting.AUTO_ENABLE_MEMBERS, now.members, members))


def _restore_own_detector(
    api: GuardDutyApi, detector_id: DetectorId, before: str | None, report: Report
) -> None:
    if before not in set(FeatureStatus):
        return
    wanted, detector = FeatureStatus(before), api.detector(detector_id)
    if detector.status in {None, wanted}:
        return
    if detector.managed:
        report(messages.own_detector_left_to_policy())
        return
    api.set_own_status(detector_id, wanted)
    report(messages.own_detector_restored(detector.status, wanted))
