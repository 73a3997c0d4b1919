"""A client of the control interface, for tests and the demonstration."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict, Unpack
from urllib.parse import urlsplit

from aws_sandbox.fault_effects import BatchLimit, RateLimit, Unprocessed
from aws_sandbox.sts.web_identity import GITHUB_ISSUER, STS_AUDIENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_sandbox.fault_effects import Delay, Failure, Limit

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
        outcome: what came of it: `ok`, the error's code, or `unanswered`. A lost answer's outcome
            is what the caller did not learn.
        fault: the kind of the fault that struck it, such as `Throttling`, if one did.
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
    fault: str | None

    @property
    def size(self) -> int:
        """How many accounts the call named."""
        return len(self.account_ids)


class Scope(TypedDict, total=False):
    """Which calls a fault strikes; what is left out is any.

    Args:
        service: `guardduty` if left out, or `organizations`, `sts`, `iam`, `sso`.
        accounts: calls that name one of these.
        regions: calls to these.
        callers: calls by these accounts.
        times: how many calls; until `clear_faults` if left out.
        probability: how likely each call is struck, from 0 to 1.
        seed: decides over chance; the same calls meet the same fate with the same seed.
    """

    service: str
    accounts: Iterable[str]
    regions: Iterable[str]
    callers: Iterable[str]
    times: int
    probability: float
    seed: int


@dataclass(frozen=True)
class FaultInForce:
    """A fault that was asked for: its number, the kind of its effect, and how often it struck."""

    number: int
    kind: str
    struck: int


@dataclass(frozen=True)
class Truth:
    """What one account really has in one region; None is what it does not have.

    Args:
        eks_audit_logs: status of the feature, ENABLED or DISABLED.
        detector: status of the detector.
        relationship: how it stands to the delegated administrator, as `Enabled`.
        features: status of every feature by name, of additional configurations by
            feature/configuration; empty without a detector.
    """

    eks_audit_logs: str | None
    detector: str | None
    relationship: str | None
    features: Mapping[str, str]


@dataclass(frozen=True)
class Settings:
    """What the delegated administrator of a region has set for the organization.

    Args:
        administrator: its account; None without one, then there are no settings either.
        auto_enable_members: for whom GuardDuty itself is enabled: NEW, ALL or NONE.
        features: the same by feature; one that was never set is left out.
    """

    administrator: str | None
    auto_enable_members: str | None
    features: Mapping[str, str]


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
    standalone_accounts: tuple[str, ...] = ()


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
            standalone_accounts=tuple(found["standaloneAccounts"]),
            accounts=tuple(
                Account(entry["id"], entry["name"], entry["ou"], entry["tags"])
                for entry in found["accounts"]
            ),
        )

    def truth(self) -> dict[str, dict[str, Truth]]:
        """What every account really has: `{region: {account id: Truth}}`."""
        return {
            region: {
                account_id: Truth(
                    entry["eksAuditLogs"],
                    entry["detector"],
                    entry["relationship"],
                    entry["features"],
                )
                for account_id, entry in accounts.items()
            }
            for region, accounts in self._send("GET", "truth").items()
        }

    def settings(self) -> dict[str, Settings]:
        """What is really set for the organization, by region."""
        return {
            region: Settings(
                entry["administrator"], entry["autoEnableOrganizationMembers"], entry["features"]
            )
            for region, entry in self._send("GET", "settings").items()
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
                fault=entry["fault"],
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

    def fails(self, operation: str | None = None, *, with_: Failure, **scope: Unpack[Scope]) -> int:
        """Let calls fail.

        Args:
            operation: such as `UpdateMemberDetectors`; every one of the service if None.
            with_: such as `Throttling(retry_after=2)`: see `aws_sandbox.fault_effects`.
            **scope: which calls; with `accounts`, a call that names one of them fails as a whole.

        Returns:
            The fault's number.

        Example:
            >>> sandbox.fails("GetMemberDetectors", with_=Throttling(), times=2)  # doctest: +SKIP
        """
        return self._add_fault(operation, with_, scope)

    def slows(self, operation: str | None = None, *, by: Delay, **scope: Unpack[Scope]) -> int:
        """Let calls take longer; what they do is done all the same.

        Args:
            operation: such as `UpdateMemberDetectors`; every one of the service if None.
            by: `Fixed`, `Uniform` or `Exponential`.
            **scope: which calls.

        Returns:
            The fault's number.
        """
        return self._add_fault(operation, by, scope)

    def limits(
        self,
        operation: str | None = None,
        *,
        per_second: float,
        burst: int = 1,
        **scope: Unpack[Scope],
    ) -> int:
        """Throttle what goes over a number of calls per second, for each caller and region.

        Args:
            operation: such as `UpdateMemberDetectors`; all of the service together if None.
            per_second: how many calls are let through in a second, by real time.
            burst: how many are let through at once before.
            **scope: which calls.

        Returns:
            The fault's number.
        """
        return self._add_fault(operation, RateLimit(per_second=per_second, burst=burst), scope)

    def refuses_batches(self, operation: str, *, above: int, **scope: Unpack[Scope]) -> int:
        """Refuse calls that name more accounts than a number, whole and in AWS's words.

        Args:
            operation: such as `UpdateMemberDetectors`.
            above: the most accounts that a call may name.
            **scope: which calls.

        Returns:
            The fault's number.
        """
        return self._add_fault(operation, BatchLimit(size=above), scope)

    def leave_unprocessed(  # noqa: PLR0913 -- what, whom, why, where and how often
        self,
        operation: str,
        account_ids: Iterable[str],
        result: str,
        *,
        region: str | None = None,
        times: int | None = None,
        probability: float | None = None,
        seed: int = 0,
    ) -> int:
        """Let an operation answer with UnprocessedAccounts for chosen accounts.

        Args:
            operation: such as `UpdateMemberDetectors`.
            account_ids: the accounts that are not processed; the others of a call are.
            result: the reason that the answer gives.
            region: only there.
            times: how often for each account; until `clear_faults` if None.
            probability: how likely for each account of a call.
            seed: decides over chance.

        Returns:
            The fault's number.
        """
        scope: Scope = {"accounts": account_ids, "seed": seed}
        if region is not None:
            scope["regions"] = [region]
        if times is not None:
            scope["times"] = times
        if probability is not None:
            scope["probability"] = probability
        return self._add_fault(operation, Unprocessed(result=result), scope)

    def faults(self) -> list[FaultInForce]:
        """The faults that were asked for and not lifted, in their order."""
        return [
            FaultInForce(entry["number"], entry["effect"]["kind"], entry["struck"])
            for entry in self._send("GET", "faults")
        ]

    def clear_faults(self) -> None:
        """Lift all faults; calls that are kept waiting are let go."""
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

    def enable_region(self, account_id: str, region: str) -> None:
        """Let an account opt in to a region."""
        self._send("POST", f"accounts/{account_id}/regions", {"region": region, "enabled": True})

    def disable_region(self, account_id: str, region: str) -> None:
        """Let an account opt out of a region: its credentials are not valid there."""
        self._send("POST", f"accounts/{account_id}/regions", {"region": region, "enabled": False})

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
        body = {"accountIds": list(account_ids), "plans": wanted, "region": region}
        self._send("POST", "policies", body)

    def clear_policies(self) -> None:
        """Remove all GuardDuty policies, and disable their type on the root."""
        self._send("DELETE", "policies")

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

    def suspend_detector(self, account_id: str, *, region: str | None = None) -> None:
        """Suspend an account's own detector; how it is a member stays."""
        body = {"status": "DISABLED", "region": region}
        self._send("POST", f"accounts/{account_id}/detector", body)

    def resume_detector(self, account_id: str, *, region: str | None = None) -> None:
        """Let a suspended detector go on."""
        body = {"status": "ENABLED", "region": region}
        self._send("POST", f"accounts/{account_id}/detector", body)

    def delete_detector(self, account_id: str, *, region: str | None = None) -> None:
        """Delete an account's detector, also a member's and the administrator's."""
        where = "" if region is None else f"?region={region}"
        self._send("DELETE", f"accounts/{account_id}/detector{where}")

    def begin_to_end_designation(self, *, region: str | None = None) -> None:
        """Tell the administrator's designation as DISABLE_IN_PROGRESS until it is disabled."""
        self._send("DELETE", "designation" if region is None else f"designation?region={region}")

    def move(self, account_id: str, ou: str) -> None:
        """Move an account into another unit, such as `Root/Test`; it is made if missing."""
        self._send("POST", f"accounts/{account_id}/unit", {"ou": ou})

    def set_tags(self, account_id: str, tags: Mapping[str, str]) -> None:
        """Give an account these tags in place of those it has."""
        self._send("POST", f"accounts/{account_id}/tags", {"tags": dict(tags)})

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
        self._send("POST", "settings", body)

    def make_role(
        self,
        account_id: str,
        name: str,
        *,
        trusts: Iterable[str],
        external_id: str | None = None,
        max_session_seconds: int = 3600,
    ) -> str:
        """Make a role that others may assume, or change whom it trusts.

        Args:
            account_id: the role's account.
            name: the role's name.
            trusts: who may assume it: account ids, or ARNs of users and roles.
            external_id: what they have to tell with it.
            max_session_seconds: how long a session may last, from 3600 to 43200.

        Returns:
            The role's ARN.
        """
        body = {
            "name": name,
            "trusted": list(trusts),
            "externalId": external_id,
            "maxSessionSeconds": max_session_seconds,
        }
        return str(self._send("POST", f"accounts/{account_id}/roles", body)["roleArn"])

    def make_ci_role(  # noqa: PLR0913 -- what a trust policy for a CI says
        self,
        account_id: str,
        name: str = "ci",
        *,
        subject: str,
        audience: str = STS_AUDIENCE,
        issuer: str = GITHUB_ISSUER,
        max_session_seconds: int = 3600,
    ) -> str:
        """Make a role for the jobs of a CI, with the issuer of their tokens as identity provider.

        Args:
            account_id: the role's account.
            name: the role's name.
            subject: which jobs, as `repo:acme/security:ref:refs/heads/main`; `*` and `?` are
                wildcards.
            audience: whom the tokens are for.
            issuer: who issues them; GitHub Actions if left out.
            max_session_seconds: how long a session may last, from 3600 to 43200.

        Returns:
            The role's ARN.
        """
        body = {
            "name": name,
            "subject": subject,
            "audience": audience,
            "issuer": issuer,
            "maxSessionSeconds": max_session_seconds,
        }
        return str(self._send("POST", f"accounts/{account_id}/roles", body)["roleArn"])

    def web_identity_token(
        self,
        subject: str,
        *,
        audience: str = STS_AUDIENCE,
        issuer: str = GITHUB_ISSUER,
        seconds: float = 600.0,
    ) -> str:
        """The token that a CI gives to a job: what AWS_WEB_IDENTITY_TOKEN_FILE contains.

        Args:
            subject: which job, as `repo:acme/security:ref:refs/heads/main`.
            audience: whom it is for.
            issuer: who issues it; GitHub Actions if left out.
            seconds: how long it is good; below 0 for one that has expired.
        """
        body = {"subject": subject, "audience": audience, "issuer": issuer, "seconds": seconds}
        return str(self._send("POST", "web-identity", body)["token"])

    def set_key_lifetime(self, seconds: float | None) -> None:
        """Let temporary keys made from now on live for so long, whatever is asked.

        Args:
            seconds: the lifetime, which answers tell as the keys' `Expiration`; None leaves it to
                the calls again.
        """
        self._send("POST", "keys", {"livesSeconds": seconds})

    def expire_keys(self, account_id: str | None = None) -> int:
        """Let the temporary keys of an account, or of all, expire now.

        Returns:
            How many were good until now.
        """
        where = "" if account_id is None else f"?account={account_id}"
        return int(self._send("DELETE", f"keys{where}")["expired"])

    def sign_in(self, seconds: float = 28_800.0) -> str:
        """Sign in to IAM Identity Center for so long.

        Returns:
            What the token's file in `~/.aws/sso/cache` contains, as `aws sso login` writes it.
        """
        return json.dumps(self._send("POST", "sso", {"seconds": seconds}))

    def sign_out(self) -> None:
        """Let nobody be signed in to IAM Identity Center any more."""
        self._send("DELETE", "sso")

    def container_credentials_url(self, account_id: str) -> str:
        """Where a container finds keys of an account: AWS_CONTAINER_CREDENTIALS_FULL_URI."""
        return f"{self.url}/sandbox/accounts/{account_id}/credentials"

    def _add_fault(
        self, operation: str | None, effect: Failure | Delay | Limit | Unprocessed, scope: Scope
    ) -> int:
        body: dict[str, Any] = {
            **scope,
            "operation": operation,
            "effect": effect.model_dump(by_alias=True),
        }
        for name, key in (
            ("accounts", "accountIds"),
            ("regions", "regions"),
            ("callers", "callers"),
        ):
            if name in body:
                body[key] = list(body.pop(name))
        return int(self._send("POST", "faults", body)["number"])

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 -- the constructor allows http only
            f"{self.url}/sandbox/{path}",
            data,
            {"Content-Type": "application/json"},
            method=method,
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise SandboxError(json.load(error)["error"]) from None
