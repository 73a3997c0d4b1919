"""The faults that tests ask for: which calls they strike, and what has become of them.

Chance is drawn from the seed and from what is asked, not in the order of arrival: the same calls
meet the same fate also when they are sent in parallel.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from botocore.loaders import Loader
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from aws_sandbox.fault_effects import (
    LONGEST_SECONDS,
    BadRequest,
    BatchLimit,
    Effect,
    Exponential,
    Failure,
    Fixed,
    RateLimit,
    Throttling,
    Uniform,
    Unprocessed,
)
from aws_sandbox.guardduty.errors import too_many
from aws_sandbox.organization import AccountId  # noqa: TC001 -- pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_sandbox.fault_effects import Delay
    from aws_sandbox.request_info import Asked

Service = Literal["guardduty", "organizations", "sts", "iam", "sso"]


class Fault(BaseModel):
    """What a test asks for; whatever is None is any.

    Args:
        effect: what it does.
        service: of which service.
        operation: which operation; every one of the service if None.
        account_ids: calls that name one of these accounts; for an `Unprocessed` the accounts
            themselves, which it must have.
        regions: calls to these regions.
        callers: calls by these accounts.
        times: how often, until it is lifted if None. Calls are counted, or for an `Unprocessed`
            each account by itself.
        probability: how likely it strikes a call that it concerns.
        seed: decides over chance.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )

    effect: Effect
    service: Service = "guardduty"
    operation: str | None = None
    account_ids: frozenset[AccountId] | None = None
    regions: frozenset[str] | None = None
    callers: frozenset[AccountId] | None = None
    times: int | None = Field(default=None, ge=1)
    probability: float | None = Field(default=None, ge=0, le=1)
    seed: int = 0

    @model_validator(mode="after")
    def _makes_sense(self) -> Fault:
        # A misspelt operation would make a fault that never strikes: a test that proves nothing.
        if self.operation is not None and self.operation not in _operations(self.service):
            raise ValueError(f"{self.operation} is no operation of {self.service}")
        if isinstance(self.effect, Unprocessed) and self.account_ids is None:
            raise ValueError("name the accounts that are left unprocessed: accountIds")
        if isinstance(self.effect, Unprocessed) and self.operation not in _with_unprocessed():
            raise ValueError(
                f"{self.operation} never answers with UnprocessedAccounts; name one that does: "
                f"{', '.join(sorted(_with_unprocessed()))}"
            )
        for name in ("account_ids", "regions", "callers"):
            if getattr(self, name) == frozenset():
                raise ValueError(f"{to_camel(name)} is empty; leave it out for any")
        return self

    def concerns(self, asked: Asked) -> bool:
        """Whether a call is of the kind that this fault strikes."""
        return (
            self.service == asked.service
            and self.operation in {None, asked.operation}
            and (self.regions is None or asked.region in self.regions)
            and (self.callers is None or asked.caller in self.callers)
            and (
                self.account_ids is None or not self.account_ids.isdisjoint(asked.batch.account_ids)
            )
        )


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

    def as_json(self) -> list[dict[str, Any]]:
        """The faults as the control interface shows them, each with how often it struck."""
        with self._lock:
            return [entry.as_json() for entry in self._faults]

    def strike(self, asked: Asked) -> Struck:
        """What befalls a call: all delays that concern it, and the first failure that strikes."""
        delay, slowed_by = 0.0, None
        with self._lock:
            concerned = [entry for entry in self._faults if entry.fault.concerns(asked)]
            for entry in concerned:
                longer = entry.delay(asked)
                if longer is not None:
                    delay += longer
                    slowed_by = entry.fault.effect.kind
            for entry in concerned:
                failure = entry.failure(asked, self._seconds())
                if failure is not None:
                    return Struck(delay, failure, entry.fault.effect.kind)
        return Struck(delay, None, slowed_by)

    def unprocessed(self, asked: Asked) -> dict[str, str]:
        """Which accounts of a call fail, with the reason; the first fault that strikes decides."""
        failing: dict[str, str] = {}
        with self._lock:
            concerned = [entry for entry in self._faults if entry.fault.concerns(asked)]
            for account_id in dict.fromkeys(asked.batch.account_ids):
                for entry in concerned:
                    result = entry.result(asked, account_id)
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

    def as_json(self) -> dict[str, Any]:
        shown = self.fault.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {"number": self._number, **shown, "struck": self._struck}

    def delay(self, asked: Asked) -> float | None:
        """By how much longer this call takes; None if this is no delay, or not for this call."""
        effect = self.fault.effect
        if not isinstance(effect, Fixed | Uniform | Exponential):
            return None
        key = _key(asked)
        if not self._strikes("", key):
            return None
        return _drawn(effect, self._chance("delay", key))

    def failure(self, asked: Asked, now: float) -> Failure | None:
        """What this call fails with; None if it does not."""
        effect = self.fault.effect
        if isinstance(effect, Fixed | Uniform | Exponential | Unprocessed):
            return None
        if isinstance(effect, RateLimit):
            bucket = self._buckets.setdefault((asked.caller, asked.region), _Bucket(effect, now))
            wait = bucket.take(now)
            found: Failure = Throttling(retry_after=math.ceil(wait))
            concerned = wait > 0
        elif isinstance(effect, BatchLimit):
            array, named = asked.batch.array, len(asked.batch.account_ids)
            found = BadRequest(message=too_many(array, named, effect.size).message)
            concerned = named > effect.size
        else:
            found, concerned = effect, True
        return found if concerned and self._strikes("", _key(asked)) else None

    def result(self, asked: Asked, account_id: str) -> str | None:
        """Why one account of a call is not processed; None if it is."""
        effect = self.fault.effect
        named = self.fault.account_ids or frozenset()
        if not isinstance(effect, Unprocessed) or account_id not in named:
            return None
        key = f"{asked.caller}/{asked.region}/{asked.operation}/{account_id}"
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


def _key(asked: Asked) -> str:
    named = ",".join(asked.batch.account_ids)
    return f"{asked.caller}/{asked.region}/{asked.operation}/{named}"


def _drawn(delay: Delay, chance: float) -> float:
    if isinstance(delay, Uniform):
        return delay.shortest + (delay.longest - delay.shortest) * chance
    if isinstance(delay, Exponential):
        return min(-delay.mean * math.log1p(-chance), LONGEST_SECONDS)
    return delay.seconds


@lru_cache
def _operations(service: str) -> frozenset[str]:
    return frozenset(Loader().load_service_model(service, "service-2")["operations"])


@lru_cache
def _with_unprocessed() -> frozenset[str]:
    """The operations of GuardDuty that answer with UnprocessedAccounts."""
    model = Loader().load_service_model("guardduty", "service-2")
    return frozenset(
        name
        for name, operation in model["operations"].items()
        if "output" in operation
        and "UnprocessedAccounts" in model["shapes"][operation["output"]["shape"]]["members"]
    )
