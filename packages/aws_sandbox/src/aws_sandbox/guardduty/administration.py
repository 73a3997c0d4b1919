"""Rules for the delegated administrator and the organization's auto-enable settings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_sandbox.guardduty import detectors, waves
from aws_sandbox.guardduty.errors import (
    ALREADY_ADMINISTRATOR,
    ANOTHER_ADMINISTRATOR,
    DELEGATION_DISABLED,
    INVALID_VALUE,
    NOT_ADMINISTRATOR,
    NOT_IN_ORGANIZATION,
    NOT_MANAGEMENT,
    invalid_input,
)
from aws_sandbox.guardduty.fanout import settle_administrator, settle_all, settle_member
from aws_sandbox.guardduty.features import (
    ADDITIONAL_CONFIGURATIONS,
    EKS_RUNTIME_MONITORING,
    ORGANIZATION_FEATURES,
    RUNTIME_MONITORING,
    AutoEnable,
    FeatureStatus,
)
from aws_sandbox.guardduty.state import (
    ASSOCIATED,
    Member,
    RelationshipStatus,
    Setting,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from aws_sandbox.guardduty.state import AccountRegion, Administration, Region
    from aws_sandbox.guardduty.world import World


@dataclass(frozen=True)
class SettingChange:
    """What a call asks for one feature of the organization."""

    name: str
    auto_enable: AutoEnable | None
    additional: dict[str, AutoEnable] = field(default_factory=dict)


@dataclass(frozen=True)
class OrganizationSettings:
    """What DescribeOrganizationConfiguration tells."""

    auto_enable_members: AutoEnable
    limit_reached: bool
    features: dict[str, Setting]


@dataclass(frozen=True)
class FeatureCount:
    """In how many accounts a feature and its additional configurations are on."""

    enabled: int
    additional: dict[str, int]


@dataclass(frozen=True)
class Statistics:
    """What GetOrganizationStatistics counts."""

    updated_at: datetime
    total: int
    members: int
    active: int
    enabled: int
    by_feature: dict[str, FeatureCount]


def organization_features(world: World, region: str) -> tuple[str, ...]:
    """The features that organization and member operations know in a region."""
    offered = detectors.offered(world, region)
    return tuple(name for name in ORGANIZATION_FEATURES if name in offered)


def require_management(world: World, account_id: str) -> None:
    """Refuse everybody but the management account.

    Raises:
        ServiceError: somebody else calls.
    """
    if account_id != world.directory.management_account:
        raise invalid_input(NOT_MANAGEMENT)


def require_delegated_administrator(world: World, place: AccountRegion) -> None:
    """Refuse everybody but the delegated administrator of the region.

    Raises:
        ServiceError: somebody else calls.
    """
    region = world.regions[place.region]
    if region.delegated_administrator != place.account_id:
        former = place.account_id in region.former_administrators
        raise invalid_input(DELEGATION_DISABLED if former else NOT_ADMINISTRATOR)


def enable_administrator(world: World, caller: str, region: Region, account_id: str) -> None:
    """EnableOrganizationAdminAccount: designate, and enable GuardDuty in that account.

    Raises:
        ServiceError: not the management account, no account of the organization, or an
            administrator is designated in the region, this account or another.
    """
    require_management(world, caller)
    if world.directory.joined_at(account_id) is None:
        raise invalid_input(NOT_IN_ORGANIZATION)
    if region.delegated_administrator is not None:
        same = region.delegated_administrator == account_id
        raise invalid_input(ALREADY_ADMINISTRATOR if same else ANOTHER_ADMINISTRATOR)
    place = region.account(account_id)
    with place.lock:
        if place.detector is None:
            detectors.create(world, place, detectors.DetectorChange(), {})
        # Members that it has by invitation stay its members.
        place.administer().settled_at = world.clock.now()
        region.delegated_administrator = account_id
        region.former_administrators.discard(account_id)
    world.directory.designate(account_id)


def disable_administrator(world: World, caller: str, region: Region, account_id: str) -> None:
    """DisableOrganizationAdminAccount: memberships end, GuardDuty stays on in the accounts.

    Raises:
        ServiceError: not the management account, or that account is not the administrator.
    """
    require_management(world, caller)
    if region.delegated_administrator != account_id:
        raise invalid_input(INVALID_VALUE)
    end_administration(world, region, account_id)


def end_administration(world: World, region: Region, account_id: str) -> None:
    """The delegated administrator is one no more; every detector goes on."""
    place = region.account(account_id)
    with place.lock:
        settle_administrator(world, place)
        for member in place.administer().members():
            settle_member(world, place, member)
            of_member = region.account(member.account_id)
            with of_member.lock:
                if of_member.administrator_id == account_id:
                    of_member.administrator_id = None
        place.administration = None
        region.delegated_administrator, region.designation_is_ending = None, False
        region.former_administrators.add(account_id)


def describe(world: World, place: AccountRegion, detector_id: str) -> OrganizationSettings:
    """DescribeOrganizationConfiguration.

    Raises:
        ServiceError: not the caller's detector, or not the delegated administrator.
    """
    detectors.owned(place, detector_id)
    require_delegated_administrator(world, place)
    administration = place.administer()
    return OrganizationSettings(
        administration.auto_enable_members,
        len(administration) >= world.member_limit,
        {
            name: administration.settings.get(name, Setting())
            for name in organization_features(world, place.region)
        },
    )


def update(
    world: World,
    place: AccountRegion,
    detector_id: str,
    members: AutoEnable,
    changes: Sequence[SettingChange],
) -> None:
    """UpdateOrganizationConfiguration: features that are not named keep their setting.

    Turning ALL or NEW into NONE turns nothing off. An ALL that is sent again begins nothing new
    (assumed).

    Raises:
        ServiceError: not the caller's detector, not the delegated administrator, or a feature that
            can't be set here.
    """
    detectors.owned(place, detector_id)
    require_delegated_administrator(world, place)
    _check_settings(changes, organization_features(world, place.region))
    settle_all(world, place)
    now = world.clock.now()
    administration = place.administer()
    if members is AutoEnable.ALL and administration.auto_enable_members is not AutoEnable.ALL:
        list_all_accounts(world, place, now)
    idle = waves.idle(world, place)
    changed = [_Change("", administration.auto_enable_members, members)]
    administration.auto_enable_members = members
    for change in changes:
        setting = administration.settings.setdefault(change.name, Setting())
        if change.auto_enable is not None:
            changed.append(_Change(change.name, setting.auto_enable, change.auto_enable))
            setting.auto_enable = change.auto_enable
        for key, value in change.additional.items():
            before = setting.additional.get(key, AutoEnable.NONE)
            changed.append(_Change(f"{change.name}/{key}", before, value))
            setting.additional[key] = value
    for each in changed:
        _follow(administration, each, now, idle=idle)


def statistics(world: World, place: AccountRegion) -> Statistics:
    """GetOrganizationStatistics, counted at once (AWS may take 24 hours in a new organization).

    Raises:
        ServiceError: not the delegated administrator.
    """
    require_delegated_administrator(world, place)
    settle_administrator(world, place)
    names = organization_features(world, place.region)
    combinations: Counter[tuple[str, ...]] = Counter()
    members = active = detectors_on = 0
    for of_account, member in _administrator_and_members(world, place):
        members += 1
        active += member is None or member.relationship is RelationshipStatus.ENABLED
        detector = of_account.detector
        if detector is None or detector.status is FeatureStatus.DISABLED:
            continue
        detectors_on += 1
        combinations[detector.features.on()] += 1
    on: Counter[str] = Counter()
    for combination, count in combinations.items():
        on.update(dict.fromkeys(combination, count))
    return Statistics(
        updated_at=world.clock.now(),
        total=len(world.directory.account_ids()),
        members=members,
        active=active,
        enabled=detectors_on,
        by_feature={
            name: FeatureCount(
                on[name],
                {key: on[f"{name}/{key}"] for key in ADDITIONAL_CONFIGURATIONS.get(name, ())},
            )
            for name in names
        },
    )


def _administrator_and_members(
    world: World, place: AccountRegion
) -> Iterator[tuple[AccountRegion, Member | None]]:
    yield place, None
    for member in place.administer().members():
        settle_member(world, place, member)
        if member.relationship in ASSOCIATED:
            yield world.place(place.region, member.account_id), member


def _check_settings(changes: Sequence[SettingChange], allowed: Sequence[str]) -> None:
    names = {change.name for change in changes}
    foreign = any(
        key not in ADDITIONAL_CONFIGURATIONS.get(change.name, ())
        for change in changes
        for key in change.additional
    )
    if names - set(allowed) or foreign or {RUNTIME_MONITORING, EKS_RUNTIME_MONITORING} <= names:
        raise invalid_input(INVALID_VALUE)


@dataclass(frozen=True)
class _Change:
    """A change of auto-enable; the target is a wave's: a feature, or "" for GuardDuty itself."""

    target: str
    before: AutoEnable
    after: AutoEnable


def _follow(administration: Administration, change: _Change, now: datetime, *, idle: bool) -> None:
    """Begin a wave where ALL begins, unless the settings are idle, and end it where ALL ends."""
    if change.after is change.before:
        return
    if change.after is AutoEnable.ALL and not idle:
        waves.begin(administration, change.target, now)
    elif change.before is AutoEnable.ALL:
        waves.end(administration, change.target, now)


def fill(world: World, place: AccountRegion) -> None:
    """Under ALL, list accounts that the limit of members had left out, if there is room now."""
    with place.lock:
        administration = place.administer()
        under_all = administration.auto_enable_members is AutoEnable.ALL
        if under_all and len(administration) < world.member_limit:
            list_all_accounts(world, place, world.clock.now())


def list_all_accounts(world: World, place: AccountRegion, now: datetime) -> None:
    """List the organization's accounts that are no members yet, for ALL to reach them.

    The management account is left out until it can be a member (`World.prepared`). At the limit of
    members, the rest has to wait until there is room.
    """
    administration = place.administer()
    region = world.regions[place.region]
    for account_id in world.directory.account_ids():
        if len(administration) >= world.member_limit:
            return
        joined_at = world.directory.joined_at(account_id)
        if (
            joined_at is None
            or not world.prepared(place.region, account_id)
            or account_id == place.account_id
            or administration.member(account_id) is not None
        ):
            continue
        opted_out = account_id in region.not_enabled
        status = RelationshipStatus.REGION_DISABLED if opted_out else RelationshipStatus.CREATED
        administration.add(Member(account_id, status, joined_at, now, now, reachable_from=now))
