"""What AWS held before a stack first wrote it, read so that it can be kept in the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.model import Setting
from guardduty_eks_audit_logs.writing.members import Patience, Report, read_settled_statuses

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
    from guardduty_eks_audit_logs.model import AccountId, DetectorId, FeatureStatus

_OF_THE_ORGANIZATION = frozenset({Setting.AUTO_ENABLE, Setting.AUTO_ENABLE_MEMBERS})


def read_prior_settings(
    api: GuardDutyApi,
    detector_id: DetectorId,
    settings: Collection[Setting],
    recorded: Mapping[Setting, str],
) -> dict[Setting, str]:
    """Adds to a record the settings that the stack is about to write for the first time.

    Args:
        api: GuardDuty in the region, as the administrator.
        detector_id: the administrator's detector.
        settings: what the stack writes; no more is asked than it needs.
        recorded: what is recorded already, and stays so: by now AWS has what the stack wrote.

    Raises:
        UserError: it could not be read, so that nothing may be written yet.
    """
    missing = frozenset(settings) - recorded.keys()
    found: dict[Setting, str | None] = {}
    if Setting.STATUS in missing:
        found[Setting.STATUS] = api.detector(detector_id).status
    if missing & _OF_THE_ORGANIZATION:
        now = api.organization(detector_id)
        found |= {Setting.AUTO_ENABLE: now.feature, Setting.AUTO_ENABLE_MEMBERS: now.members}
    read = {key: str(value) for key, value in found.items() if value and key in missing}
    return {**recorded, **read}


def read_prior_statuses(
    api: GuardDutyApi,
    detector_id: DetectorId,
    accounts: Sequence[AccountId],
    patience: Patience | None = None,
    report: Report = lambda _: None,
) -> dict[AccountId, FeatureStatus]:
    """Reads the statuses of accounts that are new to the stack, as far as AWS returns them.

    Accounts whose failure may pass with time are read again: once the stack has set an account,
    what it had before can't be read any more.

    Raises:
        UserError: a whole call failed.
    """
    return dict(read_settled_statuses(api, detector_id, accounts, patience, report).statuses)
