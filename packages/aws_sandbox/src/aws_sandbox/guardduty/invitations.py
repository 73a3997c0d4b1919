"""Rules for members by invitation: created, invited, enabled by their own consent, resigned.

The way for accounts outside the organization, where the administrator's auto-enable settings do
not reach (GuardDuty user guide, managing accounts by invitation). An invitation is kept where the
administrator keeps the member; the invited account knows only who invited it.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_sandbox.guardduty import detectors
from aws_sandbox.guardduty.errors import (
    ADMINISTRATOR_IS_MEMBER,
    ALREADY_INVITED,
    CANNOT_DELETE_INVITATION,
    EMAIL_MISSING,
    HAS_ADMINISTRATOR,
    HAS_OWN_MEMBERS,
    INVALID_VALUE,
    INVITES_ITSELF,
    MANAGED_UNDER_ALL,
    NO_ADMINISTRATOR,
    NO_INVITATION,
    invalid_input,
)
from aws_sandbox.guardduty.features import AutoEnable, FeatureStatus
from aws_sandbox.guardduty.members import Answer
from aws_sandbox.guardduty.state import ASSOCIATED, RelationshipStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from aws_sandbox.guardduty.state import AccountRegion, Detector, Member
    from aws_sandbox.guardduty.world import World

_GIVE_WAY_SECONDS = 0.01


@dataclass(frozen=True)
class Invitation:
    """An invitation as the invited account sees it."""

    administrator_id: str
    invitation_id: str
    relationship: RelationshipStatus
    invited_at: datetime


def invite(world: World, place: AccountRegion, account_ids: Sequence[str]) -> Answer[Member]:
    """InviteMembers: again those, too, that resigned or were removed.

    Members of the organization that were disassociated can't be invited; they have no e-mail
    address, and are told so (the words are assumed for this case).
    """
    answer: Answer[Member] = Answer()
    administration = place.administer()
    now = world.clock.now()
    for account_id in dict.fromkeys(account_ids):
        member = administration.member(account_id)
        if account_id == place.account_id:
            answer.unprocessed[account_id] = INVITES_ITSELF
        elif member is None:
            answer.unprocessed[account_id] = EMAIL_MISSING
        elif member.relationship in ASSOCIATED | {RelationshipStatus.INVITED}:
            answer.unprocessed[account_id] = ALREADY_INVITED
        elif not member.by_invitation:
            answer.unprocessed[account_id] = EMAIL_MISSING
        else:
            member.relationship = RelationshipStatus.INVITED
            member.invited_at = member.updated_at = now
            source = f"{place.account_id}/{account_id}/{place.region}/{now.isoformat()}"
            member.invitation_id = hashlib.sha256(source.encode()).hexdigest()[:32]
            world.regions[place.region].remember_inviter(account_id, place.account_id)
    return answer


def received(world: World, region: str, account_id: str) -> list[Invitation]:
    """All invitations that were sent to an account and not deleted, by administrator."""
    found = []
    for administrator_id in world.regions[region].inviters(account_id):
        member = _invited(world.place(region, administrator_id), account_id)
        if member is not None and member.invitation_id and member.invited_at:
            found.append(
                Invitation(
                    administrator_id, member.invitation_id, member.relationship, member.invited_at
                )
            )
    return found


def accept(
    world: World,
    place: AccountRegion,
    detector_id: str,
    administrator_id: str,
    invitation_id: str,
) -> None:
    """AcceptAdministratorInvitation: the account becomes a member, its features as they are.

    Raises:
        ServiceError: not the caller's detector, no such invitation, or one of the two accounts is
            an administrator or a member already.
    """
    _refuse_to_accept(place, detector_id)
    if administrator_id not in world.regions[place.region].inviters(place.account_id):
        raise invalid_input(NO_INVITATION)
    administrator = world.place(place.region, administrator_id)
    with _both(administrator, place):
        detector = _refuse_to_accept(place, detector_id)
        member = _invited(administrator, place.account_id)
        if member is None or member.relationship is not RelationshipStatus.INVITED:
            raise invalid_input(NO_INVITATION)
        if member.invitation_id != invitation_id:
            raise invalid_input(INVALID_VALUE)
        if administrator.administrator_id is not None:
            raise invalid_input(ADMINISTRATOR_IS_MEMBER)
        suspended = detector.status is FeatureStatus.DISABLED
        member.relationship = (
            RelationshipStatus.DISABLED if suspended else RelationshipStatus.ENABLED
        )
        member.joined_at = member.updated_at = member.settled_at = world.clock.now()
        place.administrator_id = administrator_id
        detectors.impose_frequency(administrator, place, world.clock.now())


def decline(world: World, place: AccountRegion, administrator_ids: Sequence[str]) -> Answer[Member]:
    """DeclineInvitations: invitations that wait for an answer (the reason is assumed).

    That the administrator sees such a member as Resigned is assumed.
    """
    answer: Answer[Member] = Answer()
    for administrator_id, administrator in _inviters(world, place, administrator_ids, answer):
        with administrator.lock:
            member = _invited(administrator, place.account_id)
            if member is None or member.relationship is not RelationshipStatus.INVITED:
                answer.unprocessed[administrator_id] = NO_INVITATION
            else:
                member.relationship = RelationshipStatus.RESIGNED
                member.updated_at = world.clock.now()
    return answer


def delete(world: World, place: AccountRegion, administrator_ids: Sequence[str]) -> Answer[Member]:
    """DeleteInvitations: those that were declined, or whose membership has ended."""
    answer: Answer[Member] = Answer()
    for administrator_id, administrator in _inviters(world, place, administrator_ids, answer):
        with administrator.lock:
            member = _invited(administrator, place.account_id)
            if member is None or member.invitation_id is None:
                answer.unprocessed[administrator_id] = NO_INVITATION
            elif member.relationship in ASSOCIATED | {RelationshipStatus.INVITED}:
                answer.unprocessed[administrator_id] = CANNOT_DELETE_INVITATION
            else:
                member.invitation_id = None
    return answer


def resign(world: World, place: AccountRegion, detector_id: str) -> None:
    """DisassociateFromAdministratorAccount: GuardDuty stays on in the account.

    The locks of the administrator and of the account are held by the caller.

    Raises:
        ServiceError: not the caller's detector, no member, or a member of an organization that
            has GuardDuty on for ALL.
    """
    detectors.owned(place, detector_id)
    if place.administrator_id is None:
        raise invalid_input(NO_ADMINISTRATOR)
    administration = world.place(place.region, place.administrator_id).administer()
    member = administration.member(place.account_id)
    if member is not None:
        under_all = administration.auto_enable_members is AutoEnable.ALL
        if under_all and not member.by_invitation:
            raise invalid_input(MANAGED_UNDER_ALL)
        member.relationship = RelationshipStatus.RESIGNED
        member.updated_at = world.clock.now()
    place.administrator_id = None


def _refuse_to_accept(place: AccountRegion, detector_id: str) -> Detector:
    detector = detectors.owned(place, detector_id)
    if place.administrator_id is not None:
        raise invalid_input(HAS_ADMINISTRATOR)
    if place.administration is not None and len(place.administration):
        raise invalid_input(HAS_OWN_MEMBERS)
    return detector


def _invited(administrator: AccountRegion, account_id: str) -> Member | None:
    """What an administrator knows of an account that it has invited or wants to invite."""
    if administrator.administration is None:
        return None
    member = administrator.administration.member(account_id)
    return member if member is not None and member.by_invitation else None


def _inviters(
    world: World,
    place: AccountRegion,
    administrator_ids: Sequence[str],
    answer: Answer[Member],
) -> Iterator[tuple[str, AccountRegion]]:
    """The administrators that have invited the caller; the others are not processed."""
    known = world.regions[place.region].inviters(place.account_id)
    for administrator_id in dict.fromkeys(administrator_ids):
        if administrator_id in known:
            yield administrator_id, world.place(place.region, administrator_id)
        else:
            answer.unprocessed[administrator_id] = NO_INVITATION


@contextmanager
def _both(administrator: AccountRegion, place: AccountRegion) -> Iterator[None]:
    """Hold the locks of two accounts of which neither is the other's administrator yet.

    Two accounts may have invited each other, and each may wait for the other's lock: so this one
    gives way and begins again.
    """
    while True:
        with administrator.lock:
            if place.lock.acquire(timeout=_GIVE_WAY_SECONDS):
                try:
                    yield
                finally:
                    place.lock.release()
                return
