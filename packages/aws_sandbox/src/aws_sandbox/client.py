"""A client of the control interface, for tests and the demonstration."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.error import URLError

from aws_sandbox import control_models as models
from aws_sandbox.client_connection import SandboxError
from aws_sandbox.client_faults import FaultsClient, Scope
from aws_sandbox.client_identity import IdentityClient
from aws_sandbox.control_models import (
    Account,
    ActualState,
    Call,
    FaultInForce,
    Organization,
    Settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

__all__ = [
    "Account",
    "ActualState",
    "Call",
    "FaultInForce",
    "Organization",
    "SandboxClient",
    "SandboxError",
    "Scope",
    "Settings",
]


class SandboxClient(FaultsClient, IdentityClient):
    """Talks to the control interface of a running sandbox.

    Args:
        url: where it listens, as its READY line says: `http://127.0.0.1:5000`.

    Raises:
        ValueError: the address is not on this machine.

    Example:
        >>> sandbox = SandboxClient("http://127.0.0.1:5000")  # doctest: +SKIP
        >>> sandbox.advance_clock(hours=24)  # doctest: +SKIP
    """

    def health(self) -> bool:
        """Whether the sandbox answers."""
        try:
            return self._get("health", models.Health).status == "ok"
        except URLError:
            return False

    def organization(self) -> Organization:
        """Accounts with names, units and tags; regions with their administrators."""
        return self._get("organization", Organization)

    def actual_state(self) -> dict[str, dict[str, ActualState]]:
        """What every account really has: `{region: {account id: ActualState}}`."""
        return self._get("actual-state", dict[str, dict[str, ActualState]])

    def settings(self) -> dict[str, Settings]:
        """What is really set for the organization, by region."""
        return self._get("settings", dict[str, Settings])

    def calls(self, operation: str | None = None, since: int = 0) -> list[Call]:
        """The record of AWS calls in order.

        Args:
            operation: only this one.
            since: only calls after the one with this number.
        """
        found = self._get(f"calls?since={since}", list[Call])
        return [call for call in found if operation in {None, call.operation}]

    def clear_calls(self) -> None:
        """Forget the record of calls."""
        self._delete("calls")

    def now(self) -> datetime:
        """The time of the virtual clock."""
        return self._get("clock", models.Now).now

    def advance_clock(self, hours: float) -> datetime:
        """Move the virtual clock forward and return the new time."""
        return self._post("clock", models.AdvanceClock, {"hours": hours}, models.Now).now

    def join(
        self,
        account_id: str,
        *,
        name: str = "newcomer",
        ou: str = "Root",
        tags: Mapping[str, str] | None = None,
        hours_ago: float = 0.0,
    ) -> None:
        """Let an account join the organization; auto-enable NEW and ALL take effect on it."""
        body = {
            "id": account_id,
            "name": name,
            "ou": ou,
            "tags": dict(tags or {}),
            "joined_hours_ago": hours_ago,
        }
        self._change("accounts", models.JoinAccount, body)

    def leave(self, account_id: str) -> None:
        """Let an account leave the organization."""
        self._delete(f"accounts/{account_id}")

    def set_relationship(self, account_id: str, status: str, *, region: str | None = None) -> None:
        """Put a member into a relationship status such as `Disabled` (suspended)."""
        body = {"status": status, "region": region}
        self._change(f"accounts/{account_id}/relationship", models.SetRelationship, body)

    def enable_region(self, account_id: str, region: str) -> None:
        """Let an account opt in to a region."""
        self._change(
            f"accounts/{account_id}/regions",
            models.EnableRegion,
            {"region": region, "enabled": True},
        )

    def disable_region(self, account_id: str, region: str) -> None:
        """Let an account opt out of a region: its credentials are not valid there."""
        self._change(
            f"accounts/{account_id}/regions",
            models.EnableRegion,
            {"region": region, "enabled": False},
        )

    def assign_policy(
        self,
        account_ids: Iterable[str] = (),
        *,
        plans: Mapping[str, str] | None = None,
        region: str | None = None,
    ) -> None:
        """Attach a GuardDuty policy of AWS Organizations; its type is enabled on the root.

        Args:
            account_ids: to whom; to the root, so to all accounts, if none are given.
            plans: features with ENABLED or DISABLED; EKS_AUDIT_LOGS enabled if None. What GuardDuty
                needs for all of them (`foundational`) is enabled besides.
            region: only there; everywhere if None.
        """
        wanted = {"EKS_AUDIT_LOGS": "ENABLED"} if plans is None else dict(plans)
        body = {"account_ids": list(account_ids), "plans": wanted, "region": region}
        self._change("policies", models.AssignPolicy, body)

    def clear_policies(self) -> None:
        """Remove all GuardDuty policies, and disable their type on the root."""
        self._delete("policies")

    def suspend(self, account_id: str, *, region: str | None = None) -> None:
        """Suspend GuardDuty for a member."""
        self.set_relationship(account_id, "Disabled", region=region)

    def set_feature(
        self,
        account_id: str,
        status: str,
        *,
        name: str = "EKS_AUDIT_LOGS",
        region: str | None = None,
    ) -> None:
        """Change a feature of an account from outside."""
        body = {"name": name, "status": status, "region": region}
        self._change(f"accounts/{account_id}/feature", models.SetFeature, body)

    def suspend_detector(self, account_id: str, *, region: str | None = None) -> None:
        """Suspend an account's own detector; how it is a member stays."""
        body = {"status": "DISABLED", "region": region}
        self._change(f"accounts/{account_id}/detector", models.SetDetector, body)

    def resume_detector(self, account_id: str, *, region: str | None = None) -> None:
        """Let a suspended detector go on."""
        body = {"status": "ENABLED", "region": region}
        self._change(f"accounts/{account_id}/detector", models.SetDetector, body)

    def delete_detector(self, account_id: str, *, region: str | None = None) -> None:
        """Delete an account's detector, also a member's and the administrator's."""
        where = "" if region is None else f"?region={region}"
        self._delete(f"accounts/{account_id}/detector{where}")

    def begin_to_end_designation(self, *, region: str | None = None) -> None:
        """Show the administrator's designation as DISABLE_IN_PROGRESS until it is disabled."""
        self._delete("designation" if region is None else f"designation?region={region}")

    def move(self, account_id: str, ou: str) -> None:
        """Move an account into another unit, such as `Root/Test`; it is made if missing."""
        self._change(f"accounts/{account_id}/unit", models.MoveAccount, {"ou": ou})

    def set_tags(self, account_id: str, tags: Mapping[str, str]) -> None:
        """Give an account these tags in place of those it has."""
        self._change(f"accounts/{account_id}/tags", models.SetTags, {"tags": dict(tags)})

    def set_auto_enable(
        self, eks: str | None = None, *, members: str | None = None, region: str | None = None
    ) -> None:
        """Change the organization's auto-enable settings, as somebody else with the console.

        Args:
            eks: NEW, ALL or NONE for EKS_AUDIT_LOGS; left as it is if None.
            members: the same for GuardDuty itself.
            region: only there.
        """
        features = {} if eks is None else {"EKS_AUDIT_LOGS": eks}
        body = {"members": members, "features": features, "region": region}
        self._change("settings", models.SetAutoEnable, body)
