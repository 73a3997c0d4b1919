"""One virtual time for the product, botocore and the sandbox: it passes only when somebody waits.

So a run takes no longer for its pauses, nothing depends on how fast the machine is, and a history
can be played again exactly.
"""

from __future__ import annotations

import time as real_time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest.mock import patch

import tenacity

import guardduty_eks_audit_logs.aws.failures
import guardduty_eks_audit_logs.aws.pace
import guardduty_eks_audit_logs.reading.snapshot
import guardduty_eks_audit_logs.resources.process
from aws_sandbox.clock import VirtualClock
from aws_sandbox.faults import FaultBook
from aws_sandbox.held_calls import Gate
from guardduty_eks_audit_logs.aws.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


class Time:
    """The present moment of one history.

    Attributes:
        slept: for how many seconds somebody has waited so far.
    """

    def __init__(self) -> None:
        self.now = START
        self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        """Lets that much time pass; somebody waits for something."""
        self.slept += seconds
        self.now += timedelta(seconds=seconds)

    def advance(self, step: timedelta) -> None:
        """Lets that much time pass between two runs."""
        self.now += step

    def monotonic(self) -> float:
        """The same as seconds."""
        return (self.now - START).total_seconds()


@contextmanager
def kept_by(time: Time) -> Iterator[None]:
    """Lets everything in this process go by a virtual time."""

    class Now(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override] # no subclass of its own
            return time.now.astimezone(tz)

    def advance(_clock: VirtualClock, step: timedelta) -> datetime:
        time.advance(step)
        return time.now

    waiting = SimpleNamespace(sleep=time.sleep, monotonic=time.monotonic)
    with ExitStack() as patches:
        for patched in (
            patch.object(VirtualClock, "now", lambda _clock: time.now),
            patch.object(VirtualClock, "advance", advance),
            patch.object(guardduty_eks_audit_logs.reading.snapshot, "datetime", Now),
            patch.object(guardduty_eks_audit_logs.aws.failures, "datetime", Now),
            patch.object(Patience.__init__, "__defaults__", _patience(time)),
            patch.object(FaultBook.__init__, "__defaults__", (time.monotonic,)),
            patch.object(Gate, "wait", lambda _gate, seconds, _caller=None: time.sleep(seconds)),
            patch.object(tenacity, "time", waiting),
            patch.object(guardduty_eks_audit_logs.aws.pace, "time", waiting),
            patch.object(guardduty_eks_audit_logs.resources.process.CANCELLED, "wait", time.sleep),
            # botocore pauses by this function between its attempts.
            patch.object(real_time, "sleep", time.sleep),
        ):
            patches.enter_context(patched)
        yield


def _patience(time: Time) -> tuple[object, ...]:
    before = Patience.__init__.__defaults__ or ()
    clocks = {real_time.sleep: time.sleep, real_time.monotonic: time.monotonic}
    return tuple(clocks.get(value, value) if callable(value) else value for value in before)
