"""Rules for detectors: one per account and region, features merged by name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from aws_sandbox.guardduty import metering
from aws_sandbox.guardduty.errors import (
    DETECTOR_EXISTS,
    HAS_MEMBERS,
    HAS_MEMBERS_TO_SUSPEND,
    INVALID_VALUE,
    MANAGED_BY_ORGANIZATION_POLICY,
    MEMBER_CANNOT_MANAGE,
    NOT_OWNED,
    invalid_input,
)
from aws_sandbox.guardduty.features import (
    ADDITIONAL_CONFIGURATIONS,
    DETECTOR_FEATURES,
    EKS_AUDIT_LOGS,
    EKS_RUNTIME_MONITORING,
    OFF_IN_A_NEW_DETECTOR,
    RUNTIME_MONITORING,
    FeatureStatus,
)
from aws_sandbox.guardduty.policy import MANAGED_BY_POLICY
from aws_sandbox.guardduty.state import (
    ASSOCIATED,
    Detector,
    Feature,
    FeatureTable,
    RelationshipStatus,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from aws_sandbox.guardduty.state import AccountRegion
    from aws_sandbox.guardduty.world import World

DEFAULT_FREQUENCY = "SIX_HOURS"


@dataclass(frozen=True)
class FeatureChange:
    """What a call asks for one feature: its status, that of additional configurations, or both."""

    name: str
    status: FeatureStatus | None
    additional: dict[str, FeatureStatus] = field(default_factory=dict)


@dataclass(frozen=True)
class DetectorChange:
    """What a call asks for a detector; None and empty leave things as they are."""

    enable: bool | None = None
    publishing_frequency: str | None = None
    features: Sequence[FeatureChange] = ()


def offered(world: World, region: str) -> tuple[str, ...]:
    """The features that can be written in a region: feature lists differ between regions."""
    if world.regions[region].offers_eks_audit_logs:
        return DETECTOR_FEATURES
    return tuple(name for name in DETECTOR_FEATURES if name != EKS_AUDIT_LOGS)


def check_features(changes: Sequence[FeatureChange], allowed: Collection[str]) -> None:
    """Refuse features that can't be written here.

    Raises:
        ServiceError: a name that is unknown, not writable or not offered in the region, an
            additional configuration of another feature, or both kinds of runtime monitoring.
    """
    names = {change.name for change in changes}
    foreign = any(
        name not in ADDITIONAL_CONFIGURATIONS.get(change.name, ())
        for change in changes
        for name in change.additional
    )
    if names - set(allowed) or foreign or {RUNTIME_MONITORING, EKS_RUNTIME_MONITORING} <= names:
        raise invalid_input(INVALID_VALUE)


def new_detector(
    world: World, place: AccountRegion, enabled: Collection[str], now: datetime
) -> Detector:
    """A detector with exactly the features in `enabled` turned on.

    Its id is the same at every start of the sandbox: Pulumi's state, which is kept, names it.
    """
    features = _new_features(offered(world, place.region), frozenset(enabled), now)
    place.detectors_made += 1
    source = f"{world.seed}/{place.account_id}/{place.region}/{place.detectors_made}"
    return Detector(
        detector_id=hashlib.sha256(source.encode()).hexdigest()[:32],
        account_id=place.account_id,
        status=FeatureStatus.ENABLED,
        created_at=now,
        updated_at=now,
        publishing_frequency=DEFAULT_FREQUENCY,
        features=FeatureTable(features),
        spans=place.spans,
    )


@lru_cache(maxsize=64)
def _new_features(
    names: tuple[str, ...], enabled: frozenset[str], now: datetime
) -> Mapping[str, Feature]:
    """The features of a new detector; detectors made at one moment share them until they change."""
    features = {}
    for name in names:
        status = FeatureStatus.ENABLED if name in enabled else FeatureStatus.DISABLED
        additional = {
            key: Feature(FeatureStatus.DISABLED, now)
            for key in ADDITIONAL_CONFIGURATIONS.get(name, ())
        }
        features[name] = Feature(status, now, additional=additional)
    return features


def write_features(detector: Detector, changes: Sequence[FeatureChange], now: datetime) -> None:
    """Merge changes into a detector by name: what a call does not name stays as it is.

    A feature that an organization policy manages does not follow writes.
    """
    metering.note(detector, now)
    for change in changes:
        feature = detector.features[change.name]
        if feature.managed_by is not None:
            continue
        additional = dict(feature.additional)
        for key, status in change.additional.items():
            if key not in additional or additional[key].status is not status:
                additional[key] = Feature(status, now)
        status_now = change.status or feature.status
        changed = status_now is not feature.status
        detector.features[change.name] = replace(
            feature,
            status=status_now,
            updated_at=now if changed else feature.updated_at,
            additional=additional,
        )
    if changes:
        detector.updated_at = now


def managed(detector: Detector, changes: Sequence[FeatureChange]) -> bool:
    """Whether an organization policy manages one of the features that are to be changed."""
    return any(detector.features[change.name].managed_by is not None for change in changes)


def follow_policy(world: World, place: AccountRegion, now: datetime) -> None:
    """Give a detector what the organization's policies decide for its account.

    What a policy does not cover (any more) stays as it is and can be written again.
    """
    detector = place.detector
    if detector is None:
        return
    plans = world.policies.plans(place.account_id, place.region)
    if not plans and all(found.managed_by is None for found in detector.features.values()):
        return
    metering.note(detector, now)
    for name, feature in list(detector.features.items()):
        status = plans.get(name, feature.status)
        managed_by = MANAGED_BY_POLICY if name in plans else None
        if (status, managed_by) != (feature.status, feature.managed_by):
            detector.features[name] = replace(
                feature, status=status, managed_by=managed_by, updated_at=now
            )
            detector.updated_at = now


def set_status(detector: Detector, status: FeatureStatus, now: datetime) -> None:
    """Turn a whole detector on, or suspend it; its features keep their settings."""
    metering.note(detector, now)
    detector.status = status
    detector.updated_at = now


def create(
    world: World, place: AccountRegion, change: DetectorChange, tags: dict[str, str]
) -> Detector:
    """CreateDetector: features that the call does not name are on, but for a few.

    Raises:
        ServiceError: there is a detector already, or a feature is not offered.
    """
    if place.detector is not None:
        raise invalid_input(DETECTOR_EXISTS)
    allowed = offered(world, place.region)
    check_features(change.features, allowed)
    now = world.clock.now()
    detector = new_detector(world, place, set(allowed) - OFF_IN_A_NEW_DETECTOR, now)
    write_features(detector, change.features, now)
    detector.tags = dict(tags)
    if change.enable is False:
        detector.status = FeatureStatus.DISABLED
    if change.publishing_frequency is not None:
        detector.publishing_frequency = change.publishing_frequency
    place.detector = detector
    follow_policy(world, place, now)
    return detector


def owned(place: AccountRegion, detector_id: str) -> Detector:
    """The caller's detector.

    Raises:
        ServiceError: the id is not that of the caller's detector in this region.
    """
    if place.detector is None or place.detector.detector_id != detector_id:
        raise invalid_input(NOT_OWNED)
    return place.detector


def update(world: World, place: AccountRegion, detector_id: str, change: DetectorChange) -> None:
    """UpdateDetector: only what is named changes.

    Raises:
        ServiceError: not the caller's detector, a feature that can't be written here, one that an
            organization policy manages (assumed: AWS does not tell what it answers), the caller is
            a member: its administrator alone may change protection plans and the frequency, or it
            has members and would suspend GuardDuty.
    """
    detector = owned(place, detector_id)
    asks = change.enable is not None or change.publishing_frequency is not None or change.features
    if asks and place.administrator_id is not None:
        raise invalid_input(MEMBER_CANNOT_MANAGE)
    if change.enable is False and has_members(place):
        raise invalid_input(HAS_MEMBERS_TO_SUSPEND)
    check_features(change.features, offered(world, place.region))
    if managed(detector, change.features):
        raise invalid_input(MANAGED_BY_ORGANIZATION_POLICY)
    now = world.clock.now()
    write_features(detector, change.features, now)
    if change.enable is not None:
        set_status(
            detector, FeatureStatus.ENABLED if change.enable else FeatureStatus.DISABLED, now
        )
    if change.publishing_frequency is not None:
        detector.publishing_frequency = change.publishing_frequency
        detector.updated_at = now
        for member in place.administer().members():
            if member.relationship in ASSOCIATED:
                impose_frequency(place, world.place(place.region, member.account_id), now)


def impose_frequency(administrator: AccountRegion, member: AccountRegion, now: datetime) -> None:
    """Give a member's detector its administrator's frequency: it can have no other.

    The administrator's lock is held by the caller.
    """
    with member.lock:
        detector, own = administrator.detector, member.detector
        if detector is None or own is None:
            return
        if own.publishing_frequency != detector.publishing_frequency:
            own.publishing_frequency = detector.publishing_frequency
            own.updated_at = now


def has_members(place: AccountRegion) -> bool:
    """Whether an account has invited or associated members.

    "All member accounts must be disassociated or deleted before you can suspend or disable
    GuardDuty" (user guide, suspending or disabling GuardDuty).
    """
    invited_or_associated = ASSOCIATED | {RelationshipStatus.INVITED}
    members = place.administer().members()
    return any(member.relationship in invited_or_associated for member in members)


def delete(world: World, place: AccountRegion, detector_id: str) -> None:
    """DeleteDetector: not for members, and not while there are associated members.

    Raises:
        ServiceError: not the caller's detector, or one of the two refusals.
    """
    detector = owned(place, detector_id)
    if place.administrator_id is not None:
        raise invalid_input(MEMBER_CANNOT_MANAGE)
    if has_members(place):
        raise invalid_input(HAS_MEMBERS)
    discard(place, detector, world.clock.now())


def discard(place: AccountRegion, detector: Detector, now: datetime) -> None:
    """Delete a detector; for how long it was on is kept, since it counts for the trial."""
    metering.note(detector, now)
    place.spans = detector.spans
    place.detector = None
