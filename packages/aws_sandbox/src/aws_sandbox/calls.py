"""The record of calls: what was asked of the local AWS, by whom, and what came of it."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

LONGEST = 200_000
"""Older calls are forgotten, so that a sandbox can run for days."""

UNANSWERED = "unanswered"
"""The outcome of a call that was let go without an answer and with nothing done."""


@dataclass(frozen=True)
class RecordedCall:
    """One call.

    Args:
        number: counts the calls from 1.
        time: when, on the virtual clock.
        service: `guardduty`, `organizations`, `sts` and so on.
        operation: the API's name of the operation.
        account: the caller's account id.
        region: the region that the call was signed for.
        account_ids: the accounts that the call names, if it names any.
        unprocessed: those of them that were not processed.
        outcome: what came of it: `ok`, the error's code, or `unanswered`. A lost answer's outcome
            is what the caller did not learn.
        fault: the kind of the fault that struck it, if one did.
    """

    number: int
    time: datetime
    service: str
    operation: str
    account: str
    region: str
    account_ids: tuple[str, ...] = ()
    unprocessed: tuple[str, ...] = ()
    outcome: str = "ok"
    fault: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The call as the control interface shows it."""
        return {
            "number": self.number,
            "time": self.time.isoformat(),
            "service": self.service,
            "operation": self.operation,
            "account": self.account,
            "region": self.region,
            "accountIds": self.account_ids,
            "unprocessed": self.unprocessed,
            "outcome": self.outcome,
            "fault": self.fault,
        }


class CallRecord:
    """All calls in the order of their answers."""

    def __init__(self) -> None:
        self._calls: deque[RecordedCall] = deque(maxlen=LONGEST)
        self._counted = 0
        self._lock = threading.Lock()

    def add(self, call: RecordedCall) -> None:
        """Append a call; it gets the next number."""
        with self._lock:
            self._counted += 1
            self._calls.append(replace(call, number=self._counted))

    def since(self, number: int = 0) -> list[RecordedCall]:
        """The calls after the one with that number."""
        with self._lock:
            return [call for call in self._calls if call.number > number]

    def clear(self) -> None:
        """Forget all calls; numbers go on."""
        with self._lock:
            self._calls.clear()
