"""Reads what AWS holds in one region now; nothing here writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.errors import WHO_ASKS, ServiceError
from guardduty_eks_audit_logs.model import Refused, Snapshot
from guardduty_eks_audit_logs.planning.decisions import is_member
from guardduty_eks_audit_logs.reading.member_statuses import read_members
from guardduty_eks_audit_logs.reading.organization_lookup import read_organization_lookup
from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.model import Membership, OrganizationLookup
    from guardduty_eks_audit_logs.settings.configuration import Settings
    from guardduty_eks_audit_logs.state.ledger import Record


def read_snapshot(session: Session, settings: Settings, record: Record | None = None) -> Snapshot:
    """Reads detector, administrator, organization, members and their EKS_AUDIT_LOGS.

    What the mode has nothing to do with is not read: the organization's settings of members by
    invitation, any member of a standalone account. Units and tags are read only if a rule needs
    them. Reading ends early where the rest would say nothing: without a detector, and for a member
    account, which may not ask about the organization.

    Args:
        session: the caller's, in the region.
        settings: the stack's configuration, in any mode but `delegation`.
        record: what the stack has recorded there: its accounts are looked at in any mode.

    Raises:
        CredentialsError: see `aws.session`.
        ConnectionFailedError: no answer.
        ServiceError: AWS refused a call that every caller with a detector may make.
    """
    api = session.guardduty
    snapshot = Snapshot(
        session.region,
        session.caller,
        datetime.now(UTC),
        partition=session.partition,
        identity=session.identity,
        notices=session.notices,
    )
    detector_id = api.detector_id()
    if detector_id is None:
        return _before_detector(session, snapshot, settings)
    snapshot = replace(
        snapshot,
        detector=api.detector(detector_id),
        administrator=api.administrator(detector_id),
    )
    recorded = record is not None and bool(record.before)
    if snapshot.administrator or (settings.mode is Mode.STANDALONE and not recorded):
        return snapshot
    if settings.mode is Mode.ORGANIZATION:
        try:
            snapshot = replace(snapshot, organization=api.organization(detector_id))
        except ServiceError as error:
            if error.code not in WHO_ASKS:
                raise
            return replace(snapshot, organization_refused=Refused(error.code, error.reason))
    members, statuses = read_members(api, detector_id)
    return replace(
        snapshot,
        members=members,
        statuses=statuses,
        lookup=_lookup(session, settings, members),
    )


def _lookup(
    session: Session, settings: Settings, members: Sequence[Membership]
) -> OrganizationLookup | None:
    if settings.mode is not Mode.ORGANIZATION:
        return None
    accounts = [member.account for member in members if is_member(member)]
    return read_organization_lookup(settings.members, accounts, session.organization)


def _before_detector(session: Session, snapshot: Snapshot, settings: Settings) -> Snapshot:
    # AWS Organizations says which account may have the detector to be made: GuardDuty says it
    # only of accounts that have one.
    if not settings.makes_detector or settings.mode is not Mode.ORGANIZATION:
        return snapshot
    organizations = session.organization
    try:
        delegated = organizations.is_delegated_administrator(session.caller)
    except ServiceError as error:
        if error.code not in WHO_ASKS:
            raise
        return replace(snapshot, organization_refused=Refused(error.code, error.reason))
    if not delegated:
        return snapshot
    lookup = read_organization_lookup(settings.members, None, organizations)
    return replace(snapshot, delegated=True, lookup=lookup)
