"""The clock of the local organization, which tests move instead of waiting."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class VirtualClock:
    """The present time plus an offset that only grows.

    GuardDuty spreads the effect of an ALL setting over up to 24 hours, so a test has to be able to
    let a day pass at once. Going back is refused: no history could have produced such a state.
    """

    def __init__(self) -> None:
        self._offset = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The present moment of the local organization, in UTC."""
        return datetime.now(UTC) + self._offset

    def advance(self, step: timedelta) -> datetime:
        """Move the clock forward and return the new time.

        Args:
            step: how far; not negative.

        Raises:
            ValueError: `step` is negative.
        """
        if step < timedelta():
            raise ValueError("the clock only moves forward")
        with self._lock:
            self._offset += step
        return self.now()
