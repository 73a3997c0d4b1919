"""Tells GuardDuty what has changed in the organization."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sandbox.guardduty import organization_events

if TYPE_CHECKING:
    from sandbox.accounts import Accounts
    from sandbox.guardduty.policy import Enablement
    from sandbox.guardduty.world import World
    from sandbox.organizations.guardduty_policies import GuardDutyPolicies


class Follower:
    """Compares the organization with how it was when it was last looked at.

    Args:
        world: the organization's GuardDuty.
        accounts: its accounts.
        policies: its GuardDuty policies.
    """

    def __init__(self, world: World, accounts: Accounts, policies: GuardDutyPolicies) -> None:
        self._world = world
        self._accounts = accounts
        self._policies = policies
        self._members = set(accounts.account_ids())
        self._closed: set[str] = set()
        self._covered: tuple[bool, dict[str, Enablement]] = (False, {})
        self._lock = threading.Lock()

    def follow(self) -> None:
        """Let GuardDuty follow whatever was changed since the last time."""
        with self._lock:
            self._accounts.synchronize()
            # Not from the index, which is made anew only when somebody reads it.
            by_id = {account.id: account for account in self._accounts.backend.accounts}
            # Policies first: an account that joins under one is not for NEW and ALL.
            self._follow_policies()
            for account_id in sorted(by_id.keys() - self._members):
                joined_at = self._accounts.joined_at(account_id) or self._world.clock.now()
                organization_events.joined(self._world, account_id, joined_at)
            for account_id in sorted(self._members - by_id.keys()):
                organization_events.left(self._world, account_id)
            self._members = set(by_id)
            closed = {key for key, account in by_id.items() if account.status == "SUSPENDED"}
            for account_id in sorted(closed - self._closed):
                organization_events.closed(self._world, account_id)
            self._closed = closed

    def _follow_policies(self) -> None:
        enabled = self._policies.type_enabled
        covered: tuple[bool, dict[str, Enablement]] = (enabled, dict(self._policies.effective()))
        if covered != self._covered:
            self._covered = covered
            organization_events.follow_policies(
                self._world, type_enabled=enabled, enablements=covered[1]
            )
