"""Which regions there are for an account, as AWS Account Management and EC2 tell it.

Tools that look at a whole account ask one of the two first. Both know the regions of the sandbox
only; what an account has not opted in to is listed as such (AWS General Reference, Region opt-in
status).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from moto.utilities.utils import get_partition

if TYPE_CHECKING:
    from aws_sandbox.guardduty.world import World

_OPT_IN: Final = frozenset(
    {
        *("af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3"),
        *("ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1"),
        *("eu-central-2", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1"),
        *("me-south-1", "mx-central-1"),
    }
)
"""Regions that an account has to opt in to; the older ones are enabled by default."""

_SUFFIXES: Final = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}
"""The domains of partitions that have their own."""


@dataclass(frozen=True)
class RegionOfAccount:
    """A region as one account has it."""

    name: str
    enabled: bool
    opt_in: bool

    @property
    def account_status(self) -> str:
        """`RegionOptStatus` of Account Management."""
        if not self.enabled:
            return "DISABLED"
        return "ENABLED" if self.opt_in else "ENABLED_BY_DEFAULT"

    @property
    def ec2_status(self) -> str:
        """`OptInStatus` of EC2."""
        if not self.enabled:
            return "not-opted-in"
        return "opted-in" if self.opt_in else "opt-in-not-required"

    @property
    def endpoint(self) -> str:
        """The endpoint that EC2 has there in the real AWS."""
        suffix = _SUFFIXES.get(get_partition(self.name), "amazonaws.com")
        return f"ec2.{self.name}.{suffix}"


def regions_of(world: World, account_id: str) -> list[RegionOfAccount]:
    """All regions for an account, by name."""
    return [
        RegionOfAccount(name, account_id not in region.not_enabled, name in _OPT_IN)
        for name, region in sorted(world.regions.items())
    ]
