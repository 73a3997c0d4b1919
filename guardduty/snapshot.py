"""Reads what AWS holds in one region now; nothing here writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from guardduty.errors import ACCESS_DENIED, ServiceError
from guardduty.members import read_member_statuses
from guardduty.model import Refused, Snapshot

if TYPE_CHECKING:
    from guardduty.session import Session


_WHO_ASKS = ACCESS_DENIED | {"BadRequestException"}
"""Refusals that are about the caller; a failure of the service says nothing of who asks."""


def read_snapshot(session: Session, *, makes_detector: bool = False) -> Snapshot:
    """Reads detector, administrator, organization, members and their EKS_AUDIT_LOGS.

    Reading ends early where the rest would say nothing: without a detector, and for a member
    account, which may not ask about the organization.

    Args:
        session: who asks, and where.
        makes_detector: whether a detector is made where there is none; AWS Organizations is then
            asked whether the caller may have it, since GuardDuty tells only who has a detector.

    Raises:
        CredentialsError: see `guardduty.session`.
        ConnectionFailedError: no answer.
        ServiceError: AWS refused a call that every caller with a detector may make.
    """
    api = session.guardduty
    snapshot = Snapshot(session.region, session.caller, datetime.now(UTC))
    detector_id = api.detector_id()
    if detector_id is None:
        return _before_detector(session, snapshot) if makes_detector else snapshot
    snapshot = replace(
        snapshot,
        detector=api.detector(detector_id),
        administrator=api.administrator(detector_id),
    )
    if snapshot.administrator:
        return snapshot
    try:
        organization = api.organization(detector_id)
    except ServiceError as error:
        if error.code not in _WHO_ASKS:
            raise
        return replace(snapshot, organization_refused=Refused(error.code, error.reason))
    members = api.members(detector_id)
    monitored = [member.account for member in members if member.monitored]
    return replace(
        snapshot,
        organization=organization,
        members=members,
        statuses=read_member_statuses(api, detector_id, monitored),
    )


def _before_detector(session: Session, snapshot: Snapshot) -> Snapshot:
    try:
        delegated = session.organizations.is_delegated_administrator(session.caller)
    except ServiceError as error:
        return replace(snapshot, organization_refused=Refused(error.code, error.reason))
    return replace(snapshot, delegated=delegated)
