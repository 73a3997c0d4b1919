"""The faults that tests ask for: which calls they strike, and what has become of them.

Chance is drawn from the seed and from the call, not in the order of arrival: the same calls
meet the same fate also when they are sent in parallel.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_sandbox.control_models import FaultInForce
from aws_sandbox.fault_effects import (
    LONGEST_SECONDS,
    BadRequest,
    BatchLimit,
    Exponential,
    Failure,
    Fixed,
    RateLimit,
    Throttling,
    Uniform,
    Unprocessed,
)
from aws_sandbox.guardduty.errors import too_many

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_sandbox.control_models import Fault
    from aws_sandbox.fault_effects import Delay
    from aws_sandbox.request_info import RequestInfo


@dataclass(frozen=True)
class Struck:
    """What befalls one call as a whole.

    Args:
        delay_seconds: for how long it is held up before anything else.
        failure: what it fails with, if it does.
        fault: the kind of the fault behind that; of a mere delay if there is no failure.
    """

    delay_seconds: float = 0.0
    failure: Failure | None = None
    fault: str | None = None


class FaultBook:
    """The faults in force, in the order in which they were asked for.

    Args:
        seconds: tells the real time that limits per second go by.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._faults: list[_InForce] = []
        self._counted = 0
        self._seconds = seconds
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, fault: Fault) -> int:
        """Put a fault into force and return its number."""
        with self._lock:
            self._counted += 1
            self._faults.append(_InForce(self._counted, fault))
            return self._counted

    def clear(self) -> None:
        """Lift all faults; numbers go on."""
        with self._lock:
            self._faults.clear()

    def in_force(self) -> list[FaultInForce]:
        """The faults in force, each with how often it struck."""
        with self._lock:
            return [entry.described() for entry in self._faults]

    def strike(self, info: RequestInfo) -> Struck:
        """What befalls a call: all delays that concern it, and the first failure that strikes."""
        delay, slowed_by = 0.0, None
        with self._lock:
            concerned = [entry for entry in self._faults if _concerns(entry.fault, info)]
            for entry in concerned:
                longer = entry.delay(info)
                if longer is not None:
                    delay += longer
                    slowed_by = entry.fault.effect.kind
            for entry in concerned:
                failure = entry.failure(info, self._seconds())
                if failure is not None:
                    return Struck(delay, failure, entry.fault.effect.kind)
        return Struck(delay, None, slowed_by)

    def unprocessed(self, info: RequestInfo) -> dict[str, str]:
        """Which accounts of a call fail, with the reason; the first fault that strikes decides."""
        failing: dict[str, str] = {}
        with self._lock:
            concerned = [entry for entry in self._faults if _concerns(entry.fault, info)]
            for account_id in dict.fromkeys(info.batch.account_ids):
                for entry in concerned:
                    result = entry.result(info, account_id)
                    if result is not None:
                        failing[account_id] = result
                        break
        return failing


class _InForce:
    """A fault with what is left of it; the book's lock is held by whoever asks it."""

    def __init__(self, number: int, fault: Fault) -> None:
        self.fault = fault
        self._number = number
        self._struck = 0
        self._used: Counter[str] = Counter()
        self._met: Counter[str] = Counter()
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def described(self) -> FaultInForce:
        return FaultInForce(**dict(self.fault), number=self._number, struck=self._struck)

    def delay(self, info: RequestInfo) -> float | None:
        """By how much longer this call takes; None if this is no delay, or not for this call."""
        effect = self.fault.effect
        if not isinstance(effect, Fixed | Uniform | Exponential):
            return None
        key = _key(info)
        if not self._strikes("", key):
            return None
        return _drawn(effect, self._chance("delay", key))

    def failure(self, info: RequestInfo, now: float) -> Failure | None:
        """What this call fails with; None if it does not."""
        effect = self.fault.effect
        if isinstance(effect, Fixed | Uniform | Exponential | Unprocessed):
            return None
        if isinstance(effect, RateLimit):
            bucket = self._buckets.setdefault((info.caller, info.region), _Bucket(effect, now))
            wait = bucket.take(now)
            found: Failure = Throttling(retry_after=math.ceil(wait))
            concerned = wait > 0
        elif isinstance(effect, BatchLimit):
            array, named = info.batch.array, len(info.batch.account_ids)
            found = BadRequest(message=too_many(array, named, effect.size).message)
            concerned = named > effect.size
        else:
            found, concerned = effect, True
        return found if concerned and self._strikes("", _key(info)) else None

    def result(self, info: RequestInfo, account_id: str) -> str | None:
        """Why one account of a call is not processed; None if it is."""
        effect = self.fault.effect
        named = self.fault.account_ids or frozenset()
        if not isinstance(effect, Unprocessed) or account_id not in named:
            return None
        key = f"{info.caller}/{info.region}/{info.operation}/{account_id}"
        return effect.result if self._strikes(account_id, key) else None

    def _strikes(self, counted: str, key: str) -> bool:
        if self.fault.times is not None and self._used[counted] >= self.fault.times:
            return False
        probability = self.fault.probability
        if probability is not None and self._chance("strike", key) >= probability:
            return False
        self._used[counted] += 1
        self._struck += 1
        return True

    def _chance(self, purpose: str, key: str) -> float:
        """A number from 0 to below 1 that depends on the seed, the call and its repetition."""
        met = f"{purpose}/{key}"
        self._met[met] += 1
        source = f"{self.fault.seed}/{met}/{self._met[met]}"
        return int.from_bytes(hashlib.sha256(source.encode()).digest()[:6]) / 2**48


class _Bucket:
    """The tokens of a limit per second: one caller in one region has one."""

    def __init__(self, limit: RateLimit, now: float) -> None:
        self._limit = limit
        self._tokens = float(limit.burst)
        self._at = now

    def take(self, now: float) -> float:
        """Take a token; or, if there is none, the seconds until there will be one."""
        earned = (now - self._at) * self._limit.per_second
        self._tokens = min(self._tokens + earned, float(self._limit.burst))
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._limit.per_second


def _concerns(fault: Fault, info: RequestInfo) -> bool:
    """Whether a call is of the kind that this fault strikes."""
    return (
        fault.service == info.service
        and fault.operation in {None, info.operation}
        and (fault.regions is None or info.region in fault.regions)
        and (fault.callers is None or info.caller in fault.callers)
        and (info.further_page or not fault.further_pages)
        and (fault.account_ids is None or not fault.account_ids.isdisjoint(info.batch.account_ids))
    )


def _key(info: RequestInfo) -> str:
    named = ",".join(info.batch.account_ids)
    return f"{info.caller}/{info.region}/{info.operation}/{named}"


def _drawn(delay: Delay, chance: float) -> float:
    if isinstance(delay, Uniform):
        return delay.shortest + (delay.longest - delay.shortest) * chance
    if isinstance(delay, Exponential):
        return min(-delay.mean * math.log1p(-chance), LONGEST_SECONDS)
    return delay.seconds
