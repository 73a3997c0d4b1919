"""Rules for members: joining and leaving, reading them, setting their features."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from aws_sandbox.guardduty import detectors, waves
from aws_sandbox.guardduty.administration import fill, organization_features
from aws_sandbox.guardduty.errors import (
    ALREADY_MEMBER,
    MANAGED_BY_ORGANIZATION_POLICY,
    MANAGED_UNDER_ALL,
    MANAGEMENT_NEEDS_GUARDDUTY,
    MEMBER_CANNOT_MANAGE,
    MEMBER_LIMIT_REACHED,
    MEMBER_OF_ITSELF,
    NOT_ASSOCIATED,
    REGION_NOT_ENABLED,
    STILL_ASSOCIATED,
    SUSPENDED,
    invalid_input,
)
from aws_sandbox.guardduty.fanout import associate, settle_member
from aws_sandbox.guardduty.features import AutoEnable, FeatureStatus
from aws_sandbox.guardduty.state import ASSOCIATED, Member, RelationshipStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from aws_sandbox.guardduty.detectors import FeatureChange
    from aws_sandbox.guardduty.state import AccountRegion, Detector, Region
    from aws_sandbox.guardduty.world import World

T = TypeVar("T")


@dataclass
class Answer(Generic[T]):
    """What a call over accounts found, and why the others were not processed."""

    found: list[T] = field(default_factory=list)
    unprocessed: dict[str, str] = field(default_factory=dict)


def administrator(world: World, place: AccountRegion, detector_id: str) -> AccountRegion:
    """The caller as an administrator of members; a member administers none.

    Raises:
        ServiceError: not the caller's detector, or the caller is a member (that AWS refuses a
            member in these words on every member operation is assumed).
    """
    detectors.owned(place, detector_id)
    if place.administrator_id is not None:
        raise invalid_input(MEMBER_CANNOT_MANAGE)
    if world.regions[place.region].delegated_administrator == place.account_id:
        return place
    place.administer()
    return place


def join(world: World, region: Region, account_id: str, when: datetime) -> None:
    """An account has joined the organization: auto-enable NEW and ALL take it up at once."""
    administrator_id = region.delegated_administrator
    if administrator_id is None or administrator_id == account_id:
        return
    place = region.account(administrator_id)
    with place.lock:
        administration = place.administer()
        known = administration.member(account_id)
        if known is not None and known.by_invitation and known.relationship in ASSOCIATED:
            # It is the organization's from then on, with all that ALL brings (assumed).
            known.by_invitation, known.email, known.joined_at = False, None, when
        if (
            place.detector is None
            or administration.auto_enable_members is AutoEnable.NONE
            or waves.idle(world, place)
        ):
            return
        take_up(world, region, account_id, when)


def take_up(world: World, region: Region, account_id: str, when: datetime) -> None:
    """Make an account of the organization a member; one that is a member already stays as it is.

    At the limit of members nothing happens. An account that has not enabled the region is listed
    as such.
    """
    administrator_id = region.delegated_administrator
    if administrator_id in {None, account_id}:
        return
    place = region.account(administrator_id)
    with place.lock:
        administration = place.administer()
        known = administration.member(account_id)
        if known is not None and known.relationship in ASSOCIATED:
            return
        if region.account(account_id).administrator_id not in {None, administrator_id}:
            return
        if known is None and len(administration) >= world.member_limit:
            return
        if account_id in region.not_enabled:
            status = RelationshipStatus.REGION_DISABLED
            administration.add(Member(account_id, status, when, when, when))
            return
        member = Member(account_id, RelationshipStatus.CREATED, when, when, when)
        of_account = region.account(account_id)
        with of_account.lock:
            associate(world, place, member, of_account, when)
        administration.add(member)


def leave(world: World, region: Region, account_id: str) -> None:
    """An account has left the organization: it is no member any more and keeps its detector."""
    administrator_id = region.delegated_administrator
    if administrator_id is None:
        return
    place = region.account(administrator_id)
    with place.lock:
        member = place.administer().member(account_id)
        if member is not None:
            settle_member(world, place, member)
            _part(region.account(account_id), administrator_id)
            place.administer().remove(account_id)


def set_relationship(
    world: World, region: Region, account_id: str, relationship: RelationshipStatus
) -> bool:
    """Put a member into a relationship status, with what follows for its detector.

    For the description of an organization and the control interface; False if the account is not a
    member of the region's delegated administrator. What has reached the member by now is applied
    before.
    """
    administrator_id = region.delegated_administrator
    if administrator_id is None:
        return False
    place = region.account(administrator_id)
    with place.lock:
        member = place.administer().member(account_id)
        if member is None:
            return False
        settle_member(world, place, member)
        _put(place, member, region.account(account_id), relationship, world.clock.now())
        return True


def page(
    world: World, place: AccountRegion, after: str, size: int, *, only_associated: bool
) -> tuple[list[Member], str | None]:
    """One page of members in the order of their ids, and the id to go on behind."""
    found: list[Member] = []
    for member in place.administer().members(after):
        settle_member(world, place, member)
        if only_associated and told_relationship(world, member) not in ASSOCIATED:
            continue
        if len(found) == size:
            return found, found[-1].account_id
        found.append(member)
    return found, None


def get(world: World, place: AccountRegion, account_ids: Sequence[str]) -> Answer[Member]:
    """GetMembers: members in any relationship status."""
    return _each(world, place, account_ids, _take)


def member_detectors(
    world: World, place: AccountRegion, account_ids: Sequence[str]
) -> Answer[Detector]:
    """GetMemberDetectors: associated members only, suspended ones too."""

    def read(answer: Answer[Detector], member: Member) -> None:
        detector = world.place(place.region, member.account_id).detector
        if detector is None or not _reachable(world, member):
            answer.unprocessed[member.account_id] = NOT_ASSOCIATED
        else:
            answer.found.append(detector)

    return _each(world, place, account_ids, read)


def update_member_detectors(
    world: World, place: AccountRegion, account_ids: Sequence[str], changes: Sequence[FeatureChange]
) -> Answer[Detector]:
    """UpdateMemberDetectors: the accounts that can be set are set, the others are named.

    Raises:
        ServiceError: a feature that can't be set for members here.
    """
    detectors.check_features(changes, organization_features(world, place.region))

    def write(answer: Answer[Detector], member: Member) -> None:
        of_member = world.place(place.region, member.account_id)
        if not _reachable(world, member):
            answer.unprocessed[member.account_id] = NOT_ASSOCIATED
            return
        with of_member.lock:
            if of_member.detector is None:
                answer.unprocessed[member.account_id] = NOT_ASSOCIATED
            elif member.relationship is RelationshipStatus.DISABLED:
                answer.unprocessed[member.account_id] = SUSPENDED
            elif detectors.managed(of_member.detector, changes):
                answer.unprocessed[member.account_id] = MANAGED_BY_ORGANIZATION_POLICY
            else:
                detectors.write_features(of_member.detector, changes, world.clock.now())

    return _each(world, place, account_ids, write)


def create_members(
    world: World, place: AccountRegion, emails: dict[str, str], *, delegated: bool
) -> Answer[Member]:
    """CreateMembers: takes accounts of the organization up, lists others for an invitation.

    For accounts of the organization its auto-enable settings are applied, "irrespective of the
    accounts being new or existing members".
    """
    answer: Answer[Member] = Answer()
    administration = place.administer()
    now = world.clock.now()
    for account_id, email in emails.items():
        if account_id == place.account_id:
            answer.unprocessed[account_id] = MEMBER_OF_ITSELF
            continue
        known = administration.member(account_id)
        joined_at = world.directory.joined_at(account_id) if delegated else None
        of_account = world.place(place.region, account_id)
        if known is None and len(administration) >= world.member_limit:
            answer.unprocessed[account_id] = MEMBER_LIMIT_REACHED
        elif joined_at is None and known is None:
            member = Member(account_id, RelationshipStatus.CREATED, now, now, now, email=email)
            member.by_invitation = True
            administration.add(member)
        elif joined_at is None or of_account.administrator_id not in {None, place.account_id}:
            # That another administrator's member is refused in these words is assumed.
            answer.unprocessed[account_id] = ALREADY_MEMBER
        elif not world.prepared(place.region, account_id):
            answer.unprocessed[account_id] = MANAGEMENT_NEEDS_GUARDDUTY
        elif account_id in world.regions[place.region].not_enabled:
            answer.unprocessed[account_id] = REGION_NOT_ENABLED
        else:
            member = known or Member(account_id, RelationshipStatus.CREATED, now, now, now)
            if member.relationship not in ASSOCIATED:
                member.joined_at = member.settled_at = now
                member.taken_up = True
            member.by_invitation = False
            with of_account.lock:
                associate(world, place, member, of_account, now)
            administration.add(member)
    return answer


def start(world: World, place: AccountRegion, account_ids: Sequence[str]) -> Answer[Member]:
    """StartMonitoringMembers: suspended members are monitored again."""
    return _change_relationship(world, place, account_ids, RelationshipStatus.ENABLED)


def stop(world: World, place: AccountRegion, account_ids: Sequence[str]) -> Answer[Member]:
    """StopMonitoringMembers: members are suspended; refused under ALL.

    Raises:
        ServiceError: auto-enable is ALL for the organization's members.
    """
    _refuse_under_all(place, account_ids)
    return _change_relationship(world, place, account_ids, RelationshipStatus.DISABLED)


def disassociate(world: World, place: AccountRegion, account_ids: Sequence[str]) -> Answer[Member]:
    """DisassociateMembers: members are removed and keep their detectors; refused under ALL.

    Raises:
        ServiceError: auto-enable is ALL for the organization's members or for a protection plan
            (the guide's page on changing the administrator names both).
    """
    _refuse_under_all(place, account_ids, with_plans=True)
    return _change_relationship(world, place, account_ids, RelationshipStatus.REMOVED)


def delete(world: World, place: AccountRegion, account_ids: Sequence[str]) -> Answer[Member]:
    """DeleteMembers: forgets members that are not associated any more; refused under ALL.

    Raises:
        ServiceError: auto-enable is ALL for the organization's members.
    """
    _refuse_under_all(place, account_ids)

    def forget(answer: Answer[Member], member: Member) -> None:
        if member.relationship in ASSOCIATED:
            answer.unprocessed[member.account_id] = STILL_ASSOCIATED
        else:
            place.administer().remove(member.account_id)

    answer = _each(world, place, account_ids, forget)
    if world.regions[place.region].delegated_administrator == place.account_id:
        fill(world, place)
    return answer


def _refuse_under_all(
    place: AccountRegion, account_ids: Sequence[str], *, with_plans: bool = False
) -> None:
    """Refuse a whole call under ALL, unless it names invited members only: ALL is not for them."""
    administration = place.administer()
    settings = administration.settings.values() if with_plans else ()
    all_of_them = administration.auto_enable_members is AutoEnable.ALL or any(
        setting.auto_enable is AutoEnable.ALL for setting in settings
    )
    known = [administration.member(account_id) for account_id in account_ids]
    if all_of_them and not all(member is not None and member.by_invitation for member in known):
        raise invalid_input(MANAGED_UNDER_ALL)


def told_relationship(world: World, member: Member) -> RelationshipStatus:
    """What its administrator is told: Created, until the association by CreateMembers is through.

    That such an account is not listed as associated before it can be set is assumed. Tools that
    work on AWS wait until all their accounts are listed, and set them then.
    """
    if member.taken_up and member.relationship in ASSOCIATED and not _settled(world, member):
        return RelationshipStatus.CREATED
    return member.relationship


def _reachable(world: World, member: Member) -> bool:
    """Whether member operations act on an account: associated, and for long enough.

    Who has accepted an invitation is reached at once (assumed).
    """
    return member.relationship in ASSOCIATED and _settled(world, member)


def _settled(world: World, member: Member) -> bool:
    associated_for = world.clock.now() - member.joined_at
    return member.by_invitation or associated_for >= world.association_delay


def _take(answer: Answer[Member], member: Member) -> None:
    answer.found.append(member)


def _put(
    place: AccountRegion,
    member: Member,
    of_account: AccountRegion,
    relationship: RelationshipStatus,
    now: datetime,
) -> None:
    """Change a relationship: suspending a member suspends its detector."""
    with of_account.lock:
        member.relationship = relationship
        member.updated_at = now
        if relationship in ASSOCIATED:
            of_account.administrator_id = place.account_id
            detectors.impose_frequency(place, of_account, now)
        elif of_account.administrator_id == place.account_id:
            of_account.administrator_id = None
        if of_account.detector is not None and relationship in ASSOCIATED:
            detectors.set_status(of_account.detector, FeatureStatus(relationship.upper()), now)


def _part(place: AccountRegion, administrator_id: str) -> None:
    with place.lock:
        if place.administrator_id == administrator_id:
            place.administrator_id = None


def _change_relationship(
    world: World, place: AccountRegion, account_ids: Sequence[str], wanted: RelationshipStatus
) -> Answer[Member]:
    def change(answer: Answer[Member], member: Member) -> None:
        if member.relationship not in ASSOCIATED:
            answer.unprocessed[member.account_id] = NOT_ASSOCIATED
        else:
            of_account = world.place(place.region, member.account_id)
            _put(place, member, of_account, wanted, world.clock.now())

    return _each(world, place, account_ids, change)


def _each(
    world: World,
    place: AccountRegion,
    account_ids: Sequence[str],
    act: Callable[[Answer[T], Member], None],
) -> Answer[T]:
    """Do something with every member of a batch; an id that is named twice counts once."""
    answer: Answer[T] = Answer()
    for account_id in dict.fromkeys(account_ids):
        member = place.administer().member(account_id)
        if member is None:
            answer.unprocessed[account_id] = NOT_ASSOCIATED
        else:
            settle_member(world, place, member)
            act(answer, member)
    return answer
