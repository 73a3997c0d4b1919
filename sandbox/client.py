"""A client of the control interface, for tests and the demonstration."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TIMEOUT_SECONDS = 60.0


class SandboxError(Exception):
    """The sandbox refused a control request; the message is its own."""


@dataclass(frozen=True)
class Call:
    """One AWS call that the sandbox answered.

    Args:
        number: counts all calls from 1.
        time: when, on the virtual clock.
        service: such as `guardduty`.
        operation: such as `UpdateMemberDetectors`.
        account: who called.
        region: where.
        account_ids: the accounts that the call named.
        unprocessed: those of them that were not processed.
        outcome: `ok` or the error's code.
    """

    number: int
    time: datetime
    service: str
    operation: str
    account: str
    region: str
    account_ids: tuple[str, ...]
    unprocessed: tuple[str, ...]
    outcome: str


@dataclass(frozen=True)
class Truth:
    """What one account really has in one region; None is what it does not have.

    Args:
        eks_audit_logs: status of the feature, ENABLED or DISABLED.
        detector: status of the detector.
        relationship: how it stands to the delegated administrator, as `Enabled`.
    """

    eks_audit_logs: str | None
    detector: str | None
    relationship: str | None


@dataclass(frozen=True)
class Account:
    """One account of the organization."""

    account_id: str
    name: str
    ou: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Organization:
    """The organization as the sandbox holds it: accounts include administrator and management."""

    management_account: str
    administrators: Mapping[str, str | None]
    regions: tuple[str, ...]
    accounts: tuple[Account, ...]


class SandboxClient:
    """Talks to the control interface of a running sandbox.

    Args:
        url: where it listens, as its READY line says: `http://127.0.0.1:5000`.

    Raises:
        ValueError: the address is not on this machine.

    Example:
        >>> sandbox = SandboxClient("http://127.0.0.1:5000")  # doctest: +SKIP
        >>> sandbox.advance_clock(hours=24)  # doctest: +SKIP
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in {"127.0.0.1", "localhost"}:
            raise ValueError(f"{url} is no sandbox: it listens on http://127.0.0.1 only")
        self.url = url.rstrip("/")
        # Without proxies: a proxy of the environment must not see what is for this machine.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def health(self) -> bool:
        """Whether the sandbox answers."""
        try:
            return bool(self._send("GET", "health")["status"] == "ok")
        except urllib.error.URLError:
            return False

    def organization(self) -> Organization:
        """Accounts with names, units and tags; regions with their administrators."""
        found = self._send("GET", "organization")
        return Organization(
            management_account=found["managementAccount"],
            administrators=found["administrators"],
            regions=tuple(found["regions"]),
            accounts=tuple(
                Account(entry["id"], entry["name"], entry["ou"], entry["tags"])
                for entry in found["accounts"]
            ),
        )

    def truth(self) -> dict[str, dict[str, Truth]]:
        """What every account really has: `{region: {account id: Truth}}`."""
        return {
            region: {
                account_id: Truth(entry["eksAuditLogs"], entry["detector"], entry["relationship"])
                for account_id, entry in accounts.items()
            }
            for region, accounts in self._send("GET", "truth").items()
        }

    def calls(self, operation: str | None = None, since: int = 0) -> list[Call]:
        """The record of AWS calls in order.

        Args:
            operation: only this one.
            since: only calls after the one with this number.
        """
        found = [
            Call(
                number=entry["number"],
                time=datetime.fromisoformat(entry["time"]),
                service=entry["service"],
                operation=entry["operation"],
                account=entry["account"],
                region=entry["region"],
                account_ids=tuple(entry["accountIds"]),
                unprocessed=tuple(entry["unprocessed"]),
                outcome=entry["outcome"],
            )
            for entry in self._send("GET", f"calls?since={since}")
        ]
        return [call for call in found if operation in {None, call.operation}]

    def clear_calls(self) -> None:
        """Forget the record of calls."""
        self._send("DELETE", "calls")

    def now(self) -> datetime:
        """The time of the virtual clock."""
        return datetime.fromisoformat(self._send("GET", "clock")["now"])

    def advance_clock(self, hours: float) -> datetime:
        """Move the virtual clock forward and return the new time."""
        return datetime.fromisoformat(self._send("POST", "clock", {"hours": hours})["now"])

    def leave_unprocessed(
        self,
        operation: str,
        account_ids: Iterable[str],
        result: str,
        *,
        region: str | None = None,
        times: int | None = None,
    ) -> None:
        """Let an operation answer with UnprocessedAccounts for chosen accounts.

        Args:
            operation: such as `UpdateMemberDetectors`.
            account_ids: the accounts that are not processed; the others of a call are.
            result: the reason that the answer gives.
            region: only there.
            times: how often for each account; until `clear_faults` if None.
        """
        body = {
            "operation": operation,
            "accountIds": list(account_ids),
            "result": result,
            "region": region,
            "times": times,
        }
        self._send("POST", "faults", body)

    def clear_faults(self) -> None:
        """Lift all faults."""
        self._send("DELETE", "faults")

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
            "joinedHoursAgo": hours_ago,
        }
        self._send("POST", "accounts", body)

    def leave(self, account_id: str) -> None:
        """Let an account leave the organization."""
        self._send("DELETE", f"accounts/{account_id}")

    def set_relationship(self, account_id: str, status: str, *, region: str | None = None) -> None:
        """Put a member into a relationship status such as `Disabled` (suspended)."""
        body = {"status": status, "region": region}
        self._send("POST", f"accounts/{account_id}/relationship", body)

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
        """Change a feature of an account behind everybody's back."""
        body = {"name": name, "status": status, "region": region}
        self._send("POST", f"accounts/{account_id}/feature", body)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 -- the constructor allows http only
            f"{self.url}/sandbox/{path}", data, method=method
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise SandboxError(json.load(error)["error"]) from None
