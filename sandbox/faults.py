"""Faults that a test asks for: so far, accounts that an operation does not process."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass
class UnprocessedFault:
    """Accounts come back as unprocessed, with a reason, instead of being processed.

    Args:
        operation: the operation that does so, such as `UpdateMemberDetectors`.
        account_ids: the accounts concerned.
        result: the reason to give.
        region: where; everywhere if None.
        times: how many more times each account fails; until cleared if None.
    """

    operation: str
    account_ids: tuple[str, ...]
    result: str
    region: str | None = None
    times: int | None = None

    def __post_init__(self) -> None:
        self._left = dict.fromkeys(self.account_ids, self.times)

    def as_json(self) -> dict[str, Any]:
        """The fault as the control interface shows it, with what is left of it by account."""
        return {
            "operation": self.operation,
            "region": self.region,
            "result": self.result,
            "left": dict(self._left),
        }

    def strike(self, account_id: str) -> bool:
        """Whether it hits an account this time; if so, that time is used up."""
        if account_id not in self._left:
            return False
        left = self._left[account_id]
        if left is None:
            return True
        self._left[account_id] = max(left - 1, 0)
        return left > 0


class FaultBook:
    """The faults that are in force, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._faults: list[UnprocessedFault] = []
        self._lock = threading.Lock()

    def add(self, fault: UnprocessedFault) -> None:
        """Put a fault into force."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Lift all faults."""
        with self._lock:
            self._faults.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """The faults as the control interface shows them."""
        with self._lock:
            return [fault.as_json() for fault in self._faults]

    def unprocessed(
        self, operation: str, region: str, account_ids: Iterable[str]
    ) -> dict[str, str]:
        """Which accounts of a call fail, with the reason; the first fault that hits decides."""
        failing: dict[str, str] = {}
        with self._lock:
            for account_id in dict.fromkeys(account_ids):
                for fault in self._faults:
                    concerned = fault.operation == operation and fault.region in {None, region}
                    if concerned and fault.strike(account_id):
                        failing[account_id] = fault.result
                        break
        return failing
