"""What is really set: read straight from the state, past the operations and their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_sandbox.control_models import ActualState, Settings
from aws_sandbox.guardduty.fanout import settle_administrator, settle_member
from aws_sandbox.guardduty.features import EKS_AUDIT_LOGS

if TYPE_CHECKING:
    from aws_sandbox.guardduty.state import AccountRegion, Detector, Region
    from aws_sandbox.guardduty.world import World


def actual_state(world: World) -> dict[str, dict[str, ActualState]]:
    """What every account really has: `{region: {account id: ActualState}}`."""
    return {name: _region(world, region) for name, region in world.regions.items()}


def settings(world: World) -> dict[str, Settings]:
    """What the delegated administrator has set for the organization, by region."""
    return {name: _settings(region) for name, region in world.regions.items()}


def _settings(region: Region) -> Settings:
    administrator = region.delegated_administrator
    held = None if administrator is None else region.account(administrator).administration
    if held is None:
        return Settings(administrator=administrator, auto_enable_members=None, features={})
    return Settings(
        administrator=administrator,
        auto_enable_members=held.auto_enable_members.value,
        features={key: setting.auto_enable.value for key, setting in dict(held.settings).items()},
    )


def _region(world: World, region: Region) -> dict[str, ActualState]:
    relationships: dict[str, str] = {}
    for place in region.accounts():
        administration = place.administration
        if administration is None:
            continue
        with place.lock:
            if region.delegated_administrator == place.account_id:
                settle_administrator(world, place)
            for member in administration.members():
                settle_member(world, place, member)
                relationships[member.account_id] = member.relationship.value
    known = {place.account_id: place for place in region.accounts()}
    ids = sorted(set(known) | set(world.directory.account_ids()))
    return {key: _account(known.get(key), relationships.get(key)) for key in ids}


def _account(place: AccountRegion | None, relationship: str | None) -> ActualState:
    detector = None if place is None else place.detector
    feature = None if detector is None else detector.features.get(EKS_AUDIT_LOGS)
    return ActualState(
        eks_audit_logs=None if feature is None else feature.status.value,
        detector=None if detector is None else detector.status.value,
        relationship=relationship,
        features={} if detector is None else _features(detector),
    )


def _features(detector: Detector) -> dict[str, str]:
    found = {}
    for name, feature in dict(detector.features).items():
        found[name] = feature.status.value
        for key, additional in feature.additional.items():
            found[f"{name}/{key}"] = additional.status.value
    return found


def detector_ids(world: World) -> set[str]:
    """The ids of all detectors that there are, of every account in every region."""
    places = (place for region in world.regions.values() for place in region.accounts())
    return {place.detector.detector_id for place in places if place.detector}
