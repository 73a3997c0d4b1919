"""Tells GuardDuty what has changed in the organization."""

from __future__ import annotations

import threading
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

from aws_sandbox.guardduty import organization_events

if TYPE_CHECKING:
    from datetime import datetime

    from aws_sandbox.accounts import Accounts
    from aws_sandbox.guardduty.policy import Enablement
    from aws_sandbox.guardduty.world import World
    from aws_sandbox.organizations.guardduty_policies import GuardDutyPolicies

    Covered = tuple[bool, dict[str, Enablement]]


class Follower:
    """Compares the organization with how it was when it was last looked at.

    Args:
        world: the organization's GuardDuty.
        accounts: its accounts.
        policies: its GuardDuty policies.

    Attributes:
        policy_delay: for how long a change of policies has no effect on GuardDuty yet.
    """

    def __init__(self, world: World, accounts: Accounts, policies: GuardDutyPolicies) -> None:
        self.policy_delay = timedelta()
        self._world = world
        self._accounts = accounts
        self._policies = policies
        self._members = set(accounts.account_ids())
        self._closed: set[str] = set()
        self._covered: Covered = (False, {})
        self._on_the_way: deque[tuple[datetime, Covered]] = deque()
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

    def settle(self) -> None:
        """Let those changes of policies take effect whose time has come."""
        if self._on_the_way:
            with self._lock:
                self._settle()

    def _follow_policies(self) -> None:
        covered: Covered = (self._policies.type_enabled, dict(self._policies.effective()))
        if covered != self._covered:
            self._covered = covered
            self._on_the_way.append((self._world.clock.now() + self.policy_delay, covered))
            self._settle()

    def _settle(self) -> None:
        while self._on_the_way and self._on_the_way[0][0] <= self._world.clock.now():
            type_enabled, enablements = self._on_the_way.popleft()[1]
            organization_events.follow_policies(
                self._world, type_enabled=type_enabled, enablements=enablements
            )
