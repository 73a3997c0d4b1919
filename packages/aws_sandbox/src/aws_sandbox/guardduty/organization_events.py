"""What GuardDuty does when the organization changes: accounts come and go, policies, regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_sandbox.guardduty import administration, detectors, members, waves
from aws_sandbox.guardduty.fanout import settle_all
from aws_sandbox.guardduty.features import FeatureStatus
from aws_sandbox.guardduty.policy import FOUNDATIONAL_PLAN
from aws_sandbox.guardduty.state import Member, RelationshipStatus
from aws_sandbox.guardduty.world import held

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aws_sandbox.guardduty.policy import Enablement
    from aws_sandbox.guardduty.state import Region
    from aws_sandbox.guardduty.world import World


def joined(world: World, account_id: str, when: datetime) -> None:
    """An account has joined: auto-enable NEW and ALL take it up, a policy that covers it also."""
    for region in world.regions.values():
        members.join(world, region, account_id, when)
        _cover(world, region, account_id, when)


def left(world: World, account_id: str) -> None:
    """An account has left: it is no member and no administrator any more; its detector goes on.

    Where ALL holds, the room that it leaves below the limit of members is filled.
    """
    now = world.clock.now()
    for region in world.regions.values():
        if region.delegated_administrator == account_id:
            with region.designation:
                administration.end_administration(world, region, account_id)
        members.leave(world, region, account_id)
        place = region.account(account_id)
        with held(world, place):
            detectors.follow_policy(world, place, now)
        if region.delegated_administrator is not None:
            administration.fill(world, region.account(region.delegated_administrator))


def designated(world: World, region: Region) -> None:
    """A region has got its administrator: the accounts under a policy become its members."""
    for account_id in sorted(world.policies.accounts):
        _cover(world, region, account_id, world.clock.now())


def closed(world: World, account_id: str) -> None:
    """An account was closed (CloseAccount): its member status is AccountSuspended."""
    status = RelationshipStatus.ACCOUNT_SUSPENDED
    for region in world.regions.values():
        members.set_relationship(world, region, account_id, status)


def enable_region(world: World, region: Region, account_id: str) -> None:
    """An account opts in to a region.

    A member that was RegionDisabled is Created from then on (assumed): ALL reaches it within 24
    hours, under NEW its administrator has to take it up (the page on auto-enable preferences). For
    the administrator itself, the settings have effect again.
    """
    if account_id not in region.not_enabled:
        return
    now = world.clock.now()
    region.not_enabled.discard(account_id)
    if region.delegated_administrator is None:
        return
    place = region.account(region.delegated_administrator)
    with place.lock:
        if account_id == place.account_id:
            if not waves.idle(world, place):
                waves.resume(place.administer(), now)
            return
        known = place.administer().member(account_id)
        if known is not None and known.relationship is RelationshipStatus.REGION_DISABLED:
            created = RelationshipStatus.CREATED
            place.administer().add(
                Member(account_id, created, known.joined_at, now, now, reachable_from=now)
            )
    _cover(world, region, account_id, now)


def disable_region(world: World, region: Region, account_id: str) -> None:
    """An account opts out of a region: its credentials are not valid there, its detector is kept.

    A member is RegionDisabled. If it is the administrator, NEW and ALL have no effect.
    """
    now = world.clock.now()
    administrator_id = region.delegated_administrator
    if account_id == administrator_id:
        place = region.account(account_id)
        with place.lock:
            settle_all(world, place)
            waves.suspend(place.administer(), now)
            region.not_enabled.add(account_id)
        return
    members.set_relationship(world, region, account_id, RelationshipStatus.REGION_DISABLED)
    region.not_enabled.add(account_id)


def follow_policies(
    world: World, *, type_enabled: bool, enablements: Mapping[str, Enablement]
) -> None:
    """Take over the organization's GuardDuty policies.

    Args:
        world: the organization's GuardDuty.
        type_enabled: whether the policy type is enabled on the root.
        enablements: what is in force, by account.
    """
    policies, now = world.policies, world.clock.now()
    before = policies.accounts
    if type_enabled != policies.type_enabled and type_enabled:
        _suspend_auto_enable(world, now)
    resumed = policies.type_enabled and not type_enabled
    policies.put(type_enabled=type_enabled, enablements=enablements)
    if resumed:
        _resume_auto_enable(world, now)
    for region in world.regions.values():
        for account_id in sorted(before | policies.accounts):
            _cover(world, region, account_id, now)


def _suspend_auto_enable(world: World, now: datetime) -> None:
    for region in world.regions.values():
        if region.delegated_administrator is not None:
            place = region.account(region.delegated_administrator)
            with place.lock:
                settle_all(world, place)
                waves.suspend(place.administer(), now)


def _resume_auto_enable(world: World, now: datetime) -> None:
    for region in world.regions.values():
        if region.delegated_administrator is not None:
            place = region.account(region.delegated_administrator)
            with place.lock:
                if not waves.idle(world, place):
                    waves.resume(place.administer(), now)


def _cover(world: World, region: Region, account_id: str, now: datetime) -> None:
    """Apply to an account what the policies say of it in a region.

    An account under a policy becomes a member by itself; the management account only once GuardDuty
    has a role there. A region that the account has not enabled
    is out of reach.
    """
    plans = world.policies.plans(account_id, region.name)
    place = region.account(account_id)
    reachable = world.prepared(region.name, account_id) and account_id not in region.not_enabled
    if reachable and plans.get(FOUNDATIONAL_PLAN) is FeatureStatus.ENABLED:
        members.take_up(world, region, account_id, now)
    with held(world, place):
        detectors.follow_policy(world, place, now)
