"""How an ALL setting reaches the accounts: one by one within 24 hours.

"It may take up to 24 hours to update the configuration for all the member accounts"
(UpdateOrganizationConfiguration, API reference). When an account is reached depends on the seed
alone, so a run can be repeated. Nothing happens in the background: an account is brought up to
date when somebody looks at it, with the times at which things happened.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from aws_sandbox.guardduty import waves
from aws_sandbox.guardduty.detectors import (
    FeatureChange,
    follow_policy,
    impose_frequency,
    new_detector,
    set_status,
    write_features,
)
from aws_sandbox.guardduty.features import AutoEnable, FeatureStatus
from aws_sandbox.guardduty.state import ASSOCIATED, RelationshipStatus

if TYPE_CHECKING:
    from datetime import datetime

    from aws_sandbox.guardduty.state import AccountRegion, Administration, Member, Wave
    from aws_sandbox.guardduty.world import World

LONGEST = timedelta(hours=24)

REACHED_BY_ALL = frozenset(
    {
        RelationshipStatus.CREATED,
        RelationshipStatus.DISABLED,
        RelationshipStatus.REMOVED,
    }
)
"""ALL takes up accounts that were suspended or removed, too; an opted-out region it can't reach."""


def delay(world: World, region: str, account_id: str, wave: Wave) -> timedelta:
    """How long after its start a wave reaches an account, less than 24 hours."""
    source = f"{world.seed}/{region}/{account_id}/{wave.number}"
    fraction = int.from_bytes(hashlib.sha256(source.encode()).digest()[:6]) / 2**48
    return LONGEST * fraction


def enabled_for_new_accounts(administration: Administration) -> frozenset[str]:
    """The features that an account gets when it joins: those set to NEW or ALL."""
    return frozenset(
        name
        for name, setting in administration.settings.items()
        if setting.auto_enable is not AutoEnable.NONE
    )


def settle_member(world: World, administrator: AccountRegion, member: Member) -> None:
    """Apply to a member what has reached it by now.

    The administrator's lock is held by the caller.
    """
    administration = administrator.administer()
    if member.by_invitation or not administration.waves:
        # ALL, NEW and NONE are for the organization's accounts only.
        return
    place = world.place(administrator.region, member.account_id)
    now = world.clock.now()
    with place.lock:
        for due, wave in _due(world, administrator, member, member.settled_at, now):
            if wave.target:
                if member.relationship in ASSOCIATED:
                    _turn_on(place, wave.target, due)
            elif member.relationship in REACHED_BY_ALL:
                associate(world, administrator, member, place, due)
        member.settled_at = now


def settle_administrator(world: World, administrator: AccountRegion) -> None:
    """Apply the ALL settings of features to the administrator's own detector.

    The guide counts the delegated administrator's account among "all accounts" today (in 2020 it
    did not).
    """
    administration = administrator.administer()
    now = world.clock.now()
    since = administration.settled_at
    if since is not None:
        for due, wave in _due(world, administrator, None, since, now):
            if wave.target:
                _turn_on(administrator, wave.target, due)
    administration.settled_at = now


def settle_all(world: World, administrator: AccountRegion) -> None:
    """Apply everything that has reached anybody by now, before the settings change.

    An account that was taken up has got what the settings said then, not what they say when
    somebody looks at it. The administrator's lock is held by the caller.
    """
    settle_administrator(world, administrator)
    if administrator.administer().waves:
        for member in administrator.administer().members():
            settle_member(world, administrator, member)


def associate(
    world: World,
    administrator: AccountRegion,
    member: Member,
    place: AccountRegion,
    when: datetime,
) -> None:
    """Make an account an associated, monitored member, with a detector if it has none."""
    idle = waves.idle(world, administrator)
    features = frozenset() if idle else enabled_for_new_accounts(administrator.administer())
    if place.detector is None:
        place.detector = new_detector(world, place, features, when)
    else:
        set_status(place.detector, FeatureStatus.ENABLED, when)
        changes = [FeatureChange(name, FeatureStatus.ENABLED) for name in sorted(features)]
        write_features(place.detector, changes, when)
    impose_frequency(administrator, place, when)
    follow_policy(world, place, when)
    place.administrator_id = administrator.account_id
    member.relationship = RelationshipStatus.ENABLED
    member.updated_at = when


def _due(
    world: World,
    administrator: AccountRegion,
    member: Member | None,
    since: datetime,
    now: datetime,
) -> list[tuple[datetime, Wave]]:
    """The waves that reached an account in a span of time, in the order in which they did.

    Without a member, the administrator's own account. One that joined while a wave ran got at once
    what that brings, and one that could not be reached before is reached within 24 hours.
    """
    arrivals = []
    account_id = administrator.account_id if member is None else member.account_id
    for wave in administrator.administer().waves:
        start = wave.started_at
        if member is not None and member.reachable_from is not None:
            start = max(start, member.reachable_from)
        elif member is not None and start < member.joined_at:
            continue
        due = start + delay(world, administrator.region, account_id, wave)
        end = now if wave.ended_at is None else min(now, wave.ended_at)
        if since < due <= end:
            arrivals.append((due, wave))
    return sorted(arrivals, key=lambda arrival: (arrival[0], arrival[1].number))


def _turn_on(place: AccountRegion, target: str, when: datetime) -> None:
    if place.detector is None:
        return
    name, _, additional = target.partition("/")
    status = FeatureStatus.ENABLED
    change = (
        FeatureChange(name, None, {additional: status})
        if additional
        else FeatureChange(name, status)
    )
    write_features(place.detector, [change], when)
