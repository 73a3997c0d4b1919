"""Changes from outside: what another user does with the console or another program.

They follow the rules, but not the permissions: a member's detector may be deleted here, which AWS
lets nobody do, to see what a program makes of it.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from aws_sandbox.guardduty import administration, detectors
from aws_sandbox.guardduty.errors import ServiceError
from aws_sandbox.guardduty.fanout import settle_administrator, settle_member
from aws_sandbox.guardduty.features import DETECTOR_FEATURES, AutoEnable, FeatureStatus
from aws_sandbox.guardduty.world import held

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_sandbox.guardduty.state import AccountRegion, Detector, Region
    from aws_sandbox.guardduty.world import World


class ControlError(Exception):
    """A request to the control interface that can't be done; the message says why."""


def set_feature(
    world: World, region: Region, account_id: str, name: str, status: FeatureStatus
) -> None:
    """Turn a feature of an account's detector on or off.

    Raises:
        ControlError: there is no such feature, or the account does not have it in the region.
    """
    if name not in DETECTOR_FEATURES:
        raise ControlError(f"{name} is no feature that can be set")
    place = region.account(account_id)
    change = detectors.FeatureChange(name, status)
    with _settled(world, region, place):
        if place.detector is None or name not in place.detector.features:
            raise ControlError(f"{account_id} has no {name} in {region.name}")
        detectors.write_features(place.detector, [change], world.clock.now())


def set_detector(world: World, region: Region, account_id: str, status: FeatureStatus) -> None:
    """Suspend an account's detector, or let it go on; how the account is a member stays.

    Raises:
        ControlError: the account has no detector in the region.
    """
    place = region.account(account_id)
    with _settled(world, region, place):
        detectors.set_status(_detector(place), status, world.clock.now())


def delete_detector(world: World, region: Region, account_id: str) -> None:
    """Delete an account's detector, also a member's and an administrator's.

    Raises:
        ControlError: the account has no detector in the region.
    """
    place = region.account(account_id)
    with _settled(world, region, place):
        detectors.discard(place, _detector(place), world.clock.now())


def set_auto_enable(
    world: World, region: Region, members: AutoEnable | None, features: Mapping[str, AutoEnable]
) -> None:
    """Change the organization's auto-enable settings; what is not named stays.

    Raises:
        ControlError: nobody administers the region, or a feature can't be set there.
    """
    if region.delegated_administrator is None:
        raise ControlError(f"{region.name} has no delegated administrator")
    place = region.account(region.delegated_administrator)
    changes = [administration.SettingChange(name, value) for name, value in features.items()]
    with held(world, place):
        detector_id = _detector(place).detector_id
        for_members = members or place.administer().auto_enable_members
        try:
            administration.update(world, place, detector_id, for_members, changes)
        except ServiceError as error:
            raise ControlError(f"{', '.join(features)}: {error.message}") from None


def begin_to_end_designation(region: Region) -> None:
    """Let the designation of the administrator be told as one that is being removed.

    It ends when DisableOrganizationAdminAccount is called.

    Raises:
        ControlError: nobody administers the region.
    """
    if region.delegated_administrator is None:
        raise ControlError(f"{region.name} has no delegated administrator")
    region.designation_is_ending = True


@contextmanager
def _settled(world: World, region: Region, place: AccountRegion) -> Iterator[None]:
    """Hold an account, after what has reached it by now: a change made later must not be undone."""
    administrator_id = region.delegated_administrator
    with ExitStack() as locks:
        if administrator_id is not None:
            administrator = region.account(administrator_id)
            locks.enter_context(administrator.lock)
            member = administrator.administer().member(place.account_id)
            if administrator is place:
                settle_administrator(world, administrator)
            elif member is not None:
                settle_member(world, administrator, member)
        locks.enter_context(held(world, place))
        yield


def _detector(place: AccountRegion) -> Detector:
    if place.detector is None:
        raise ControlError(f"{place.account_id} has no detector in {place.region}")
    return place.detector
