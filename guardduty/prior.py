"""What AWS held before a stack first touched it, read so that it can be kept in the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardduty.members import read_member_statuses
from guardduty.messages import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardduty.api import GuardDutyApi
    from guardduty.model import AccountId, DetectorId, FeatureStatus, OrganizationConfiguration


@dataclass(frozen=True)
class Prior:
    """The settings before this stack.

    Attributes:
        statuses: EKS_AUDIT_LOGS of each member account, or UNKNOWN.
        organization: the organization's auto-enable settings.
        own: EKS_AUDIT_LOGS of the caller's own detector; None where it is not offered.
    """

    statuses: Mapping[AccountId, str]
    organization: OrganizationConfiguration
    own: FeatureStatus | None


def read_prior(api: GuardDutyApi, detector_id: DetectorId, accounts: Sequence[AccountId]) -> Prior:
    """Reads all that a stack in organization mode is about to touch.

    Raises:
        UserError: something could not be read at all, so that nothing may be written yet.
    """
    return Prior(
        statuses=read_prior_statuses(api, detector_id, accounts),
        organization=api.organization(detector_id),
        own=api.detector(detector_id).status,
    )


def read_prior_statuses(
    api: GuardDutyApi, detector_id: DetectorId, accounts: Sequence[AccountId]
) -> dict[AccountId, str]:
    """Reads the statuses of accounts that are new to the stack, UNKNOWN where AWS does not tell.

    Raises:
        UserError: a whole call failed.
    """
    read = read_member_statuses(api, detector_id, accounts)
    return {account: read.statuses.get(account, UNKNOWN) for account in accounts}
