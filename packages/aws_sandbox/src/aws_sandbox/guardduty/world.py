"""What all rules share: the accounts of the organization, the clock, the regions."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from aws_sandbox.guardduty.policy import PolicyBook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta

    from aws_sandbox.clock import VirtualClock
    from aws_sandbox.guardduty.state import AccountRegion, Region

MEMBER_LIMIT = 50_000
"""Members for each administrator and region, by organization and by invitation together."""


class Directory(Protocol):
    """AWS Organizations, as far as GuardDuty asks it."""

    @property
    def management_account(self) -> str:
        """The management account's id."""

    def has_guardduty_role(self, account_id: str) -> bool:
        """Whether an account has the service-linked role of GuardDuty."""

    def joined_at(self, account_id: str) -> datetime | None:
        """Since when an account belongs to the organization; None for a stranger."""

    def account_ids(self) -> list[str]:
        """All accounts of the organization, the management account included."""

    def designate(self, account_id: str) -> None:
        """Register an account as delegated administrator for GuardDuty."""


@dataclass(frozen=True)
class World:
    """Everything that the rules look at.

    Args:
        directory: the organization's accounts.
        clock: the time, which tests move.
        regions: the regions that exist, by name.
        seed: decides in which order an ALL setting reaches the accounts.
        association_delay: for how long after joining an account is listed as a member, but refused
            by the member operations.
        member_limit: how many members an administrator has in a region at most; at the limit
            auto-enable stops by itself, and goes on below it.
        policies: what the organization's GuardDuty policies say.
    """

    directory: Directory
    clock: VirtualClock
    regions: Mapping[str, Region]
    seed: int
    association_delay: timedelta
    member_limit: int = MEMBER_LIMIT
    policies: PolicyBook = field(default_factory=PolicyBook)

    def place(self, region: str, account_id: str) -> AccountRegion:
        """One account in one region."""
        return self.regions[region].account(account_id)

    def prepared(self, region: str, account_id: str) -> bool:
        """Whether an account can become a member as it is.

        The management account needs the service-linked role, or GuardDuty enabled, which makes it;
        in all others GuardDuty makes the role by itself.
        """
        return (
            account_id != self.directory.management_account
            or self.place(region, account_id).detector is not None
            or self.directory.has_guardduty_role(account_id)
        )


@contextmanager
def held(world: World, place: AccountRegion) -> Iterator[None]:
    """Hold the lock of an account in a region, and its administrator's before it.

    The order administrator, then member is the same everywhere, so two calls can't wait for each
    other. The administrator may change while its lock is awaited; then the wait begins again.
    """
    while True:
        administrator = place.administrator_id
        with ExitStack() as locks:
            if administrator is not None:
                locks.enter_context(world.place(place.region, administrator).lock)
            locks.enter_context(place.lock)
            if place.administrator_id == administrator:
                yield
                return
