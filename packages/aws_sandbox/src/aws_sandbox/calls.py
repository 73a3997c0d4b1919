"""The record of calls: what was asked of the local AWS, by whom, and what came of it."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_sandbox.control_models import Call

LONGEST = 200_000
"""Older calls are forgotten, so that a sandbox can run for days."""

UNANSWERED = "unanswered"
"""The outcome of a call that was let go without an answer and with nothing done."""


class CallRecord:
    """All calls in the order of their answers."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=LONGEST)
        self._counted = 0
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Append a call; it gets the next number."""
        with self._lock:
            self._counted += 1
            self._calls.append(call.model_copy(update={"number": self._counted}))

    def since(self, number: int = 0) -> list[Call]:
        """The calls after the one with that number."""
        with self._lock:
            return [call for call in self._calls if call.number > number]

    def clear(self) -> None:
        """Forget all calls; numbers go on."""
        with self._lock:
            self._calls.clear()
