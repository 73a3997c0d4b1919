"""The times during which ALL holds, and what makes the auto-enable settings idle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_sandbox.guardduty.features import AutoEnable
from aws_sandbox.guardduty.state import Wave

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from aws_sandbox.guardduty.state import AccountRegion, Administration
    from aws_sandbox.guardduty.world import World


def idle(world: World, administrator: AccountRegion) -> bool:
    """Whether NEW and ALL have no effect for an administrator.

    They have none while the type of the organization's GuardDuty policies is enabled on the root
    (GuardDuty user guide, organization policies), nor while the administrator has opted out of the
    region (the page on auto-enable preferences).
    """
    region = world.regions[administrator.region]
    return world.policies.type_enabled or administrator.account_id in region.not_enabled


def begin(administration: Administration, target: str, now: datetime) -> None:
    """ALL holds from now on for a target."""
    administration.waves.append(Wave(len(administration.waves), target, now))


def end(administration: Administration, target: str, now: datetime) -> None:
    """ALL holds no more; whom it has not reached it never reaches."""
    for wave in administration.waves:
        if wave.target == target and wave.ended_at is None:
            wave.ended_at = now


def suspend(administration: Administration, now: datetime) -> None:
    """The settings become idle: every ALL stops where it is."""
    for target in _all_targets(administration):
        end(administration, target, now)


def resume(administration: Administration, now: datetime) -> None:
    """The settings have effect again: every ALL begins anew (assumed)."""
    for target in _all_targets(administration):
        begin(administration, target, now)


def _all_targets(administration: Administration) -> Iterator[str]:
    if administration.auto_enable_members is AutoEnable.ALL:
        yield ""
    for name, setting in administration.settings.items():
        if setting.auto_enable is AutoEnable.ALL:
            yield name
        for key, value in setting.additional.items():
            if value is AutoEnable.ALL:
                yield f"{name}/{key}"
