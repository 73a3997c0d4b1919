"""How fast a service is asked that has begun to throttle calls.

Nothing waits before the first throttled call. From then on, all calls go through one gate. It first
seeks the interval at which AWS accepts calls: one call alone is tried, after growing pauses, until
it is accepted. Then calls follow each other at that interval, which shrinks little by little; if a
call is throttled again, the gate seeks again from there.

botocore's mode `adaptive` was measured first. It begins with almost no calls a second after the
first throttled one, and at a limit of ten calls a second it took 1,000 members two to three times
as long as the limit allows. It also knows each client alone, and two of ours share AWS's limit.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from guardduty_eks_audit_logs.aws.failures import is_throttling

if TYPE_CHECKING:
    from botocore.client import BaseClient

_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.02, 2.0, 2
"""Seconds before a call is tried alone, and the factor for the next one that is throttled."""

_SHORTEST, _LONGEST = 0.005, 5.0
"""Seconds between two calls: what is found is never outside of these."""

_OF_THE_INTERVAL = 8
"""If calls at an interval are throttled, the first pause is such a part of it."""

_NEAR, _STEP = 1.02, 0.2
"""An interval goes such a step nearer to the one that was throttled, but not quite to it."""

_CREEP, _MOST_CREEP = 0.001, 0.05
"""Then it shrinks with each call: by this part, by twice as much, and so on up to the second."""

_LOST_SECONDS = 5
"""For so long the answer of a call that is tried alone is waited for."""

_LOOK_SECONDS = 0.005
"""So often a waiting call looks whether that answer has come."""

_EXACT = 0.0001
"""A clock may not be more exact: a call that is due in so many seconds is due."""

_SOON = 7
"""So many attempts of a throttled call follow each other through the gate.

Further ones, if the client has as many, pause as botocore does, for much longer.
"""

_IN_VAIN_SECONDS = 20
"""If no call was accepted for so long, this is no limit on calls a second.

Then calls are let through, and pause as botocore does, until one is accepted; what the gate knew
before is forgotten.
"""

Client = TypeVar("Client", bound="BaseClient")


@dataclass(frozen=True)
class Turn:
    """One attempt of a call.

    Attributes:
        at: when it was let through the gate, in seconds of a clock of its own.
        epoch: by what the gate let it through; what it tells is used as long as this holds.
    """

    at: float
    epoch: int


class Pace:
    """The gate of one service in one region, as one caller. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread = threading.local()
        self._epoch = 0
        self._next = 0.0
        self._accepted: float | None = None
        # None: AWS has throttled nothing so far.
        self._interval: float | None = None
        self._throttled_interval = 0.0
        self._crept = 0.0
        self._seeking = False
        self._sought = 0.0
        self._pause = 0.0
        self._waited = 0.0
        self._last_try = 0.0
        self._alone: float | None = None

    def give_to(self, client: Client) -> Client:
        """Lets a client's calls through this gate; returns the client.

        The attempts of botocore's retries go through it, too. The first few of a throttled call
        follow without botocore's growing pauses, also for a client that tries other failures less
        often: AWS has done nothing for such a call, and the gate soon finds when it will.
        """
        service = client.meta.service_model.service_id.hyphenize()

        def before(**_event: object) -> None:
            self._thread.turn = self.take_turn()

        def after(response: Any, attempts: int, **_event: object) -> float | None:  # noqa: ANN401
            answer = response[1] if response else {}
            throttled = is_throttling(str(answer.get("Error", {}).get("Code", "")))
            self.note_answer(self._thread.turn, throttled=throttled)
            soon = attempts < _SOON and not self._in_vain(time.monotonic())
            return 0 if throttled and soon else None

        # Its stubs say that no handler gives anything.
        events: Any = client.meta.events
        events.register_first(f"before-send.{service}", before, unique_id="pace-before")
        # botocore takes the first answer to how long it pauses.
        events.register_first(f"needs-retry.{service}", after, unique_id="pace-after")
        return client

    def take_turn(self) -> Turn:
        """Waits until a call may be made."""
        while True:
            with self._lock:
                now = time.monotonic()
                wait = self._wait(now)
                if wait <= _EXACT:
                    return self._taken(now)
            time.sleep(wait)

    def note_answer(self, turn: Turn, *, throttled: bool) -> None:
        """Learns from what became of a call.

        Args:
            turn: of the call.
            throttled: whether AWS refused it since there are too many; anything else counts as
                accepted, a failure as well.
        """
        with self._lock:
            if turn.epoch != self._epoch:
                # It was under way when the gate changed: AWS has accepted a call since then.
                if self._seeking and not throttled:
                    self._waited = min(self._waited, max(0.0, self._last_try - turn.at))
                return
            now = time.monotonic()
            if self._seeking:
                self._note_try(turn, now, throttled=throttled)
            elif throttled:
                self._seek(turn, now)
            else:
                self._accepted = turn.at
                self._shrink()

    def _in_vain(self, now: float) -> bool:
        return self._seeking and now - self._sought > _IN_VAIN_SECONDS

    def _wait(self, now: float) -> float:
        if self._in_vain(now):
            return 0
        if self._seeking and self._alone is not None and now - self._alone < _LOST_SECONDS:
            return _LOOK_SECONDS
        if self._seeking or self._interval is not None:
            return self._next - now
        return 0

    def _taken(self, now: float) -> Turn:
        if self._seeking:
            self._alone = now
        elif self._interval is not None:
            self._next = now + self._interval
        return Turn(now, self._epoch)

    def _seek(self, turn: Turn, now: float) -> None:
        self._epoch += 1
        self._seeking, self._sought, self._alone = True, now, None
        self._last_try, self._crept = turn.at, 0.0
        if self._interval is None:
            before = turn.at if self._accepted is None else self._accepted
            self._waited = min(max(0.0, turn.at - before), 0.1)
            self._pause = _FIRST_PAUSE
        else:
            self._waited = self._interval
            self._pause = max(self._interval / _OF_THE_INTERVAL, _SHORTEST)
        self._next = max(now, turn.at + self._pause)

    def _note_try(self, turn: Turn, now: float, *, throttled: bool) -> None:
        self._alone = None
        # If nobody has asked for longer, that says nothing of the interval.
        waited = min(turn.at - self._last_try, self._pause + 2 * (now - turn.at))
        self._waited += waited
        self._last_try = turn.at
        if throttled:
            self._pause = min(_LONGEST_PAUSE, self._pause * _GROWTH)
            self._next = max(now, turn.at + self._pause)
            return
        forgotten = self._in_vain(now)
        self._epoch += 1
        self._seeking = False
        self._accepted = turn.at
        if forgotten:
            self._interval = None
            return
        self._throttled_interval = self._waited - waited
        # AWS's own is somewhere between the two.
        found = self._waited - waited / 2
        self._interval = min(_LONGEST, max(_SHORTEST, found))
        self._next = max(now, turn.at + self._interval)

    def _shrink(self) -> None:
        if self._interval is None:
            return
        near = _NEAR * self._throttled_interval
        if self._interval > 1.01 * near:
            shorter = self._interval - _STEP * (self._interval - near)
            self._interval = max(_SHORTEST, shorter)
        else:
            self._crept = min(self._crept + _CREEP, _MOST_CREEP)
            self._interval = max(_SHORTEST, self._interval * (1 - self._crept))
            self._throttled_interval = self._interval / _NEAR
