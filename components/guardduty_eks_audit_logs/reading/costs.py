"""What turning EKS_AUDIT_LOGS on may cost: trial days of the accounts, and the use until now.

Both are a guide and never end a run: what AWS does not return is unknown. They need the permissions
`guardduty:GetRemainingFreeTrialDays` and `guardduty:GetUsageStatistics`, which nothing else needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.batches import at_once, batches
from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.model import AccountId, Costs, DetectorId, TrialDays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi


def read_costs(api: GuardDutyApi, detector_id: DetectorId, turned_on: Sequence[AccountId]) -> Costs:
    """Reads the trial days of these accounts and the usage of all; asks nothing if there are none.

    A call that fails is no error: its part is unknown, with the reason.

    Args:
        api: GuardDuty in the region, as the administrator or as a standalone account.
        detector_id: the caller's detector.
        turned_on: the accounts that a run turns on; the caller's own may be one of them.
    """
    accounts = tuple(dict.fromkeys(turned_on))
    if not accounts:
        return Costs((), TrialDays({}, {}))
    trials = read_trial_days(api, detector_id, accounts)
    try:
        return Costs(accounts, trials, usage=api.usage(detector_id))
    except UserError as error:
        return Costs(accounts, trials, usage_failed=str(error))


def read_trial_days(
    api: GuardDutyApi, detector_id: DetectorId, accounts: Sequence[AccountId]
) -> TrialDays:
    """Reads the trial days of any number of accounts (GetRemainingFreeTrialDays, 50 a call)."""
    return _Trials(api, detector_id).read(accounts)


def costs_before_detector(turned_on: Sequence[AccountId]) -> Costs:
    """What is known of the costs of an account that has no detector yet to ask about: nothing."""
    trials = TrialDays({}, {})
    return Costs(tuple(turned_on), trials, usage_failed=messages.no_detector_yet())


class _Trials:
    """Reads trial days until a call fails: a guide is not worth a thousand refusals."""

    def __init__(self, api: GuardDutyApi, detector_id: DetectorId) -> None:
        self._api = api
        self._detector_id = detector_id
        self._failed = ""

    def read(self, accounts: Sequence[AccountId]) -> TrialDays:
        remaining: dict[AccountId, int] = {}
        unprocessed: dict[AccountId, str] = {}
        for part in at_once(self._read_batch, batches(accounts)):
            remaining.update(part.remaining)
            unprocessed.update(part.unprocessed)
        return TrialDays(remaining, unprocessed)

    def _read_batch(self, batch: Sequence[AccountId]) -> TrialDays:
        if not self._failed:
            try:
                return self._api.trial_days(self._detector_id, batch)
            except UserError as error:
                self._failed = str(error)
        return TrialDays({}, dict.fromkeys(batch, self._failed))
