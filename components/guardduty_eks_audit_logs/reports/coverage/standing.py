"""How one account stands in one region: its membership, its detector, and EKS_AUDIT_LOGS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import RelationshipStatus
from guardduty_eks_audit_logs.planning.decisions import NO_LONGER_MEMBERS
from guardduty_eks_audit_logs.reports.coverage.rows import (
    ADMINISTRATOR,
    NOT_A_MEMBER,
    STANDALONE,
    UNKNOWN_MEMBERSHIP,
    CoverageStatus,
    DetectorState,
)
from guardduty_eks_audit_logs.reports.coverage.what_was_read import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.model import AccountId, Membership
    from guardduty_eks_audit_logs.reports.coverage.what_was_read import RegionRead

ASSOCIATED = frozenset({RelationshipStatus.ENABLED, RelationshipStatus.DISABLED})
"""Members that GuardDuty monitors, or has suspended: these have a status (API: Member)."""

_DETECTORS: Mapping[str, DetectorState] = {
    RelationshipStatus.ENABLED: DetectorState.ENABLED,
    RelationshipStatus.DISABLED: DetectorState.SUSPENDED,
    RelationshipStatus.NO_DETECTOR_IN_MANAGEMENT_ACCOUNT: DetectorState.NONE,
}

_OF_ROLES = {Role.ADMINISTRATOR: ADMINISTRATOR, Role.ALONE: STANDALONE}


@dataclass(frozen=True)
class Standing:
    """How one account stands in one region.

    Attributes:
        membership: see `CoverageRow`.
        detector: the account's detector.
        status: EKS_AUDIT_LOGS.
        reason: why the status is unknown.
        unread: whether AWS was asked, and it could not be read.
        joined: whether it is the caller, or a member that is monitored or suspended.
        excused: whether nobody can turn it on: it is closed, opted out, or has left.
        of_organization: whether the organization has the account.
        invited: whether it is a member by invitation.
    """

    membership: str
    detector: DetectorState
    status: CoverageStatus
    reason: str = ""
    unread: bool = False
    joined: bool = True
    excused: bool = False
    of_organization: bool = False
    invited: bool = False


def standing(read: RegionRead, account: AccountId) -> Standing:
    """Finds how an account stands in a region."""
    if account == read.caller:
        return _of_caller(read)
    placed = (read.accounts or {}).get(account)
    of_organization = read.of_organization and placed is not None
    if read.members is None:
        return Standing(
            UNKNOWN_MEMBERSHIP,
            DetectorState.UNKNOWN,
            CoverageStatus.UNKNOWN,
            read.reason,
            unread=True,
            joined=False,
            of_organization=of_organization,
        )
    member = read.members.get(account)
    closed = placed is not None and not placed.active
    if member and member.relationship_status in ASSOCIATED:
        status, reason = _status(read, account)
        return Standing(
            member.relationship_status,
            _detector(member),
            status,
            reason,
            unread=status is CoverageStatus.UNKNOWN
            and (member.monitored or account in read.unanswered),
            excused=closed,
            of_organization=of_organization,
            invited=member.invited,
        )
    not_offered = read.offered is False
    return Standing(
        member.relationship_status if member else NOT_A_MEMBER,
        _detector(member),
        CoverageStatus.NOT_OFFERED if not_offered else CoverageStatus.UNKNOWN,
        "" if not_offered else _why_unknown(member, closed=closed),
        joined=False,
        excused=closed or _is_out_of_reach(read, account, member),
        of_organization=of_organization,
        invited=member is not None and member.invited,
    )


def _of_caller(read: RegionRead) -> Standing:
    detector = read.detector
    membership = _OF_ROLES.get(read.role, UNKNOWN_MEMBERSHIP)
    if read.administrator:
        membership = read.administrator.relationship_status
    if read.detector_unread:
        return Standing(
            STANDALONE if read.role is Role.ALONE else UNKNOWN_MEMBERSHIP,
            DetectorState.UNKNOWN,
            CoverageStatus.UNKNOWN,
            read.detector_unread,
            unread=True,
        )
    if detector is None:
        state, status = DetectorState.NONE, CoverageStatus.DISABLED
    else:
        state = DetectorState.ENABLED if detector.monitoring else DetectorState.SUSPENDED
        status = CoverageStatus(detector.status or CoverageStatus.NOT_OFFERED)
    return Standing(membership, state, status)


def _status(read: RegionRead, account: AccountId) -> tuple[CoverageStatus, str]:
    if read.offered is False:
        return CoverageStatus.NOT_OFFERED, ""
    status = read.statuses.statuses.get(account)
    if status:
        return CoverageStatus(status), ""
    unprocessed = read.statuses.unprocessed
    return CoverageStatus.UNKNOWN, unprocessed.get(account, messages.status_not_returned())


def _detector(member: Membership | None) -> DetectorState:
    unknown = DetectorState.UNKNOWN
    return _DETECTORS.get(member.relationship_status, unknown) if member else unknown


def _why_unknown(member: Membership | None, *, closed: bool) -> str:
    if closed:
        return messages.CLOSED
    if member is None:
        return messages.NO_MEMBER
    if member.relationship_status in NO_LONGER_MEMBERS:
        return messages.LEFT
    return messages.relationship(member.relationship_status)


def _is_out_of_reach(read: RegionRead, account: AccountId, member: Membership | None) -> bool:
    if member is None:
        return False
    if member.relationship_status in {
        RelationshipStatus.REGION_DISABLED,
        RelationshipStatus.ACCOUNT_SUSPENDED,
    }:
        return True
    left = member.relationship_status in NO_LONGER_MEMBERS and not member.invited
    return left and read.accounts is not None and account not in read.accounts
