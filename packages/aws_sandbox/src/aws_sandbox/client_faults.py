"""The part of the client that causes trouble: faults, delays and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from aws_sandbox.client_connection import Connection
from aws_sandbox.control_models import Fault, FaultAdded, FaultInForce
from aws_sandbox.fault_effects import BatchLimit, RateLimit, Unprocessed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_sandbox.fault_effects import Delay, Failure, Limit


class Chosen(TypedDict, total=False):
    """Which calls a fault strikes, besides the accounts that they name; what is left out is any.

    Args:
        service: `guardduty` if left out, or `organizations`, `sts`, `iam`, `sso`.
        regions: calls to these.
        callers: calls by these accounts.
        further_pages: only calls that ask for a further page of a list.
        times: how many calls; until `clear_faults` if left out.
        probability: how likely each call is struck, from 0 to 1.
        seed: decides over chance; the same calls meet the same fate with the same seed.
    """

    service: str
    regions: Iterable[str]
    callers: Iterable[str]
    further_pages: bool
    times: int
    probability: float
    seed: int


class Scope(Chosen, total=False):
    """Which calls a fault strikes; what is left out is any.

    Args:
        accounts: calls that name one of these.
    """

    accounts: Iterable[str]


class FaultsClient(Connection):
    """Puts faults into force and lifts them."""

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

    def leave_unprocessed(
        self, operation: str, account_ids: Iterable[str], result: str, **scope: Unpack[Chosen]
    ) -> int:
        """Let an operation answer with UnprocessedAccounts for chosen accounts.

        Args:
            operation: such as `UpdateMemberDetectors`.
            account_ids: the accounts that are not processed; the others of a call are.
            result: the reason that the answer gives.
            **scope: which calls; `times` and `probability` count for each account by itself.

        Returns:
            The fault's number.
        """
        return self._add_fault(
            operation, Unprocessed(result=result), {**scope, "accounts": account_ids}
        )

    def faults(self) -> list[FaultInForce]:
        """The faults that were asked for and not lifted, in their order."""
        return self._get("faults", list[FaultInForce])

    def clear_faults(self) -> None:
        """Lift all faults; calls that are held are released."""
        self._delete("faults")

    def _add_fault(
        self, operation: str | None, effect: Failure | Delay | Limit | Unprocessed, scope: Scope
    ) -> int:
        fields: dict[str, Any] = {**scope, "operation": operation, "effect": effect}
        if "accounts" in fields:
            fields["account_ids"] = fields.pop("accounts")
        return self._post("faults", Fault, fields, FaultAdded).number
