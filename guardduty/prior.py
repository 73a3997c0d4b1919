"""What AWS held before a stack first wrote it, read so that it can be kept in the state."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from guardduty.members import Patience, Report, read_settled_statuses
from guardduty.messages import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty.api import GuardDutyApi
    from guardduty.model import AccountId, AutoEnable, DetectorId


class Scope(StrEnum):
    """What a stack writes beside its members."""

    DETECTOR = "detector"
    ORGANIZATION = "organization"
    AUTO_ENABLE_MEMBERS = "autoEnableMembers"


Scopes = Collection[Scope]


@dataclass(frozen=True)
class PriorOrganization:
    """The organization's auto-enable settings before the stack's first write of each.

    Attributes:
        members: for GuardDuty itself; None while the stack has not been about to write it.
        feature: for EKS_AUDIT_LOGS; None where it is not offered.
    """

    members: AutoEnable | None
    feature: AutoEnable | None


def is_recorded(recorded: PriorOrganization | None, scope: Scopes) -> bool:
    """Whether all of the organization's settings that the stack writes are recorded."""
    if Scope.ORGANIZATION not in scope:
        return True
    if recorded is None:
        return False
    return recorded.members is not None or Scope.AUTO_ENABLE_MEMBERS not in scope


def read_prior_organization(
    api: GuardDutyApi,
    detector_id: DetectorId,
    scope: Scopes,
    recorded: PriorOrganization | None = None,
) -> PriorOrganization | None:
    """Reads those of the organization's settings that the stack has not written yet.

    Args:
        api: GuardDuty in the region, as the administrator.
        detector_id: the administrator's detector.
        scope: what the stack writes; the organization is asked only if it is in it.
        recorded: what is recorded already, and stays so: by now AWS has what the stack wrote.

    Raises:
        UserError: it could not be read, so that nothing may be written yet.
    """
    if is_recorded(recorded, scope):
        return recorded
    now = api.organization(detector_id)
    members = now.members if Scope.AUTO_ENABLE_MEMBERS in scope else None
    return PriorOrganization(members, recorded.feature if recorded else now.feature)


def read_prior_statuses(
    api: GuardDutyApi,
    detector_id: DetectorId,
    accounts: Sequence[AccountId],
    patience: Patience | None = None,
    report: Report = lambda _: None,
) -> dict[AccountId, str]:
    """Reads the statuses of accounts that are new to the stack, UNKNOWN where AWS does not tell.

    An account of which time may let AWS tell is asked about again: once the stack has set it,
    nobody can tell what it had before.

    Raises:
        UserError: a whole call failed.
    """
    read = read_settled_statuses(api, detector_id, accounts, patience, report)
    return {account: read.statuses.get(account, UNKNOWN) for account in accounts}
