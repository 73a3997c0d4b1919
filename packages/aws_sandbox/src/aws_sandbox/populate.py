"""Builds the described organization by the rules that the API follows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aws_sandbox.accounts import Accounts, KnownAccount
from aws_sandbox.clock import VirtualClock
from aws_sandbox.guardduty import administration, detectors, invitations, members
from aws_sandbox.guardduty.features import EKS_AUDIT_LOGS, AutoEnable
from aws_sandbox.guardduty.state import Region, RelationshipStatus
from aws_sandbox.guardduty.world import World

if TYPE_CHECKING:
    from datetime import datetime

    from aws_sandbox.guardduty.features import FeatureStatus
    from aws_sandbox.guardduty.state import AccountRegion
    from aws_sandbox.organization import (
        AccountDescription,
        OrganizationDescription,
        StandaloneDescription,
    )


def build(description: OrganizationDescription) -> tuple[World, Accounts]:
    """Make the organization: accounts first, then in each region administrator and members."""
    clock = VirtualClock()
    now = clock.now()
    accounts = Accounts(description.management_account_id, clock, description.regions[0])
    administrator = description.administrator
    described = KnownAccount(
        administrator.id, administrator.name, administrator.ou, administrator.tags
    )
    accounts.add(described, now - timedelta(days=360))
    for account in description.accounts:
        joined_at = now - timedelta(hours=account.joined_hours_ago)
        described = KnownAccount(account.id, account.name, account.ou, account.tags)
        accounts.add(described, joined_at)
    for standalone in description.standalone_accounts:
        accounts.add_standalone(standalone.id, standalone.name)
    regions = {
        name: Region(name, name not in description.regions_without_eks_audit_logs)
        for name in description.regions
    }
    association = timedelta(minutes=description.association_minutes)
    world = World(accounts, clock, regions, description.seed, association, description.member_limit)
    for region in regions.values():
        _administer(world, region, description)
        if region.name not in description.regions_without_administrator_detector:
            for account in description.accounts:
                _take_up(world, region, account, now)
            _settings(world, region, description)
        for standalone in description.standalone_accounts:
            _use_alone(world, region, standalone)
        for standalone in description.standalone_accounts:
            _invite(world, region, standalone)
    return world, accounts


def _administer(world: World, region: Region, description: OrganizationDescription) -> None:
    administrator = description.administrator
    administration.enable_administrator(
        world, description.management_account_id, region, administrator.id
    )
    place = region.account(administrator.id)
    if region.name in description.regions_without_administrator_detector:
        place.detector = None
    else:
        _set_eks(place, administrator.eks_audit_logs)
        _put_settings(world, place, AutoEnable.NEW, AutoEnable.NONE)


def _take_up(world: World, region: Region, account: AccountDescription, now: datetime) -> None:
    joined_at = now - timedelta(hours=account.joined_hours_ago)
    if region.name in account.regions_not_enabled:
        region.not_enabled.add(account.id)
    members.join(world, region, account.id, joined_at)
    _set_eks(region.account(account.id), account.eks_status(region.name))
    status = account.relationship(region.name)
    if status is not RelationshipStatus.ENABLED:
        members.set_relationship(world, region, account.id, status)


def _use_alone(world: World, region: Region, standalone: StandaloneDescription) -> None:
    """GuardDuty in an account of no organization, which uses it for itself."""
    if region.name in standalone.regions_not_enabled:
        region.not_enabled.add(standalone.id)
    elif standalone.detector:
        place = region.account(standalone.id)
        detectors.create(world, place, detectors.DetectorChange(), {})
        _set_eks(place, standalone.eks_audit_logs)


def _invite(world: World, region: Region, standalone: StandaloneDescription) -> None:
    """Make an account outside the organization a member by invitation, as far as described."""
    inviting = standalone.invited_by
    if inviting is None or not {inviting, standalone.id}.isdisjoint(region.not_enabled):
        return
    place, invited = region.account(inviting), region.account(standalone.id)
    if place.detector is None or invited.detector is None:
        return
    email = f"{standalone.name}@example.com"
    members.create_members(world, place, {standalone.id: email}, delegated=False)
    if standalone.relationship_status == "Created":
        return
    invitations.invite(world, place, [standalone.id])
    if standalone.relationship_status == "Resigned":
        invitations.decline(world, invited, [inviting])
    elif standalone.relationship_status == "Enabled":
        (found,) = invitations.received(world, region.name, standalone.id)
        detector_id = invited.detector.detector_id
        invitations.accept(world, invited, detector_id, inviting, found.invitation_id)


def _settings(world: World, region: Region, description: OrganizationDescription) -> None:
    settings = description.settings
    place = region.account(description.administrator.id)
    _put_settings(world, place, settings.auto_enable_organization_members, settings.eks_audit_logs)


def _put_settings(
    world: World, place: AccountRegion, for_members: AutoEnable, for_eks: AutoEnable
) -> None:
    if place.detector is None:
        return
    offered = EKS_AUDIT_LOGS in administration.organization_features(world, place.region)
    changes = [administration.SettingChange(EKS_AUDIT_LOGS, for_eks)] if offered else []
    administration.update(world, place, place.detector.detector_id, for_members, changes)


def _set_eks(place: AccountRegion, status: FeatureStatus) -> None:
    if place.detector is None or EKS_AUDIT_LOGS not in place.detector.features:
        return
    change = detectors.FeatureChange(EKS_AUDIT_LOGS, status)
    detectors.write_features(place.detector, [change], place.detector.created_at)
