"""Calls follow each other as fast as AWS accepts them, once it has throttled one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

import botocore.endpoint
import pytest

import guardduty_eks_audit_logs.aws.pace
from guardduty_eks_audit_logs.aws.pace import Pace
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.errors import ServiceError
from tests.support.aws_double import Answer, Aws
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.vocabulary import DETECTOR, ON, REGION, account

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from guardduty_eks_audit_logs.aws.session import Session

_KEYS = {"aws:region": REGION, "aws:accessKey": "x", "aws:secretKey": "y"}


@dataclass
class _Clock:
    """Time passes when somebody sleeps, and while a call is on its way."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.now = round(self.now + seconds, 6)  # no clock is exact


@dataclass
class _Limit:
    """So many calls a second, and a few at once before the limit is felt."""

    clock: _Clock
    per_second: float
    burst: int = 1
    accepted: int = 0
    throttled: int = 0

    def __post_init__(self) -> None:
        self._tokens, self._at = float(self.burst), self.clock.now

    def takes(self) -> bool:
        earned = (self.clock.now - self._at) * self.per_second
        self._tokens = min(self._tokens + earned, float(self.burst))
        self._at = self.clock.now
        if self._tokens < 1:
            self.throttled += 1
            return False
        self._tokens -= 1
        self.accepted += 1
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    clock = _Clock()
    time = SimpleNamespace(monotonic=clock.monotonic, sleep=clock.sleep)
    monkeypatch.setattr(guardduty_eks_audit_logs.aws.pace, "time", time)
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=clock.sleep))
    return clock


def test_nothing_waits_before_the_first_throttled_call(clock: _Clock) -> None:
    pace = Pace()

    for _ in range(100):
        pace.note_answer(pace.take_turn(), throttled=False)

    assert clock.slept == []


@pytest.mark.parametrize("latency", [0.0, 0.004, 0.05])
@pytest.mark.parametrize(("per_second", "burst"), [(10, 1), (10, 10), (2, 5), (15, 2)])
def test_calls_are_as_many_as_the_limit_allows(
    clock: _Clock, per_second: float, burst: int, latency: float
) -> None:
    pace, limit = Pace(), _Limit(clock, per_second, burst)
    begun = clock.now

    while limit.accepted < 100:
        turn = pace.take_turn()
        clock.now += latency / 2
        taken = limit.takes()
        clock.now += latency / 2
        pace.note_answer(turn, throttled=not taken)

    assert clock.now - begun <= 1.15 * (100 - burst) / per_second + latency
    assert limit.throttled <= 20


def test_a_limit_that_gets_tighter_and_looser_is_followed(clock: _Clock) -> None:
    pace, limit = Pace(), _Limit(clock, 10)

    for per_second in (10, 3, 10):
        limit.per_second = per_second
        begun, before = clock.now, limit.accepted
        while clock.now < begun + 60:
            pace.note_answer(pace.take_turn(), throttled=not limit.takes())
        assert limit.accepted - before > 0.6 * 60 * per_second


@pytest.mark.usefixtures("clock")
def test_an_answer_that_is_lost_holds_nobody_up() -> None:
    pace = Pace()
    pace.note_answer(pace.take_turn(), throttled=True)
    lost = pace.take_turn()

    later = pace.take_turn()

    assert 4 < later.at - lost.at < 6


def test_what_was_under_way_at_the_first_throttled_call_says_nothing(clock: _Clock) -> None:
    pace = Pace()
    under_way = [pace.take_turn() for _ in range(8)]
    for turn in under_way:
        pace.note_answer(turn, throttled=True)
    begun = clock.now

    pace.note_answer(pace.take_turn(), throttled=False)

    assert clock.now - begun < 0.05


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    bare_environment(monkeypatch, tmp_path)
    aws = Aws(members={account(1): "DISABLED"})
    in_place_of_sockets(monkeypatch, aws)
    return aws


@pytest.fixture
def session(aws: Aws, clock: _Clock) -> Session:
    del aws, clock
    return open_session(_KEYS.get)


def _throttle(monkeypatch: pytest.MonkeyPatch, limit: _Limit, path: str = "") -> None:
    good = Aws.answer

    def answer(aws: Aws, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if url.endswith(path) and not limit.takes():
            code = {"X-Amzn-ErrorType": "ThrottlingException"}
            return Answer(429, code, json.dumps({"message": "Rate exceeded"}).encode())
        return good(aws, method, url, headers, body)

    monkeypatch.setattr(Aws, "answer", answer)


def test_clients_of_a_service_share_their_limit(
    session: Session, clock: _Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = _Limit(clock, 10)
    _throttle(monkeypatch, limit)
    begun = clock.now

    for _ in range(50):
        session.guardduty.member_statuses(DETECTOR, [account(1)])
        session.guardduty.set_member_status(DETECTOR, [account(1)], ON)

    assert clock.now - begun <= 1.1 * 99 / 10
    assert limit.throttled <= 20


def test_a_call_that_is_always_throttled_fails_after_its_attempts(
    aws: Aws, session: Session, clock: _Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit, other = _Limit(clock, per_second=1e-9, burst=0), open_session(_KEYS.get)
    _throttle(monkeypatch, limit)

    with pytest.raises(ServiceError, match="ThrottlingException"):
        session.guardduty.member_statuses(DETECTOR, [account(1)])
    assert limit.throttled == 10
    assert sum(clock.slept) > 10
    with pytest.raises(ServiceError, match="ThrottlingException"):
        other.guardduty.set_member_status(DETECTOR, [account(1)], ON)
    assert limit.throttled == 17
    assert aws.writes == []


def test_where_nothing_is_accepted_for_long_botocores_attempts_are_all(
    session: Session, clock: _Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = _Limit(clock, per_second=1e-9, burst=0)
    _throttle(monkeypatch, limit)
    with pytest.raises(ServiceError, match="ThrottlingException"):
        session.guardduty.member_statuses(DETECTOR, [account(1)])
    clock.now += 20

    with pytest.raises(ServiceError, match="ThrottlingException"):
        session.guardduty.set_member_status(DETECTOR, [account(1)], ON)

    assert limit.throttled == 10 + 3


def test_a_failure_that_is_no_throttling_begins_no_pace(
    aws: Aws, session: Session, clock: _Clock
) -> None:
    aws.refusals = {"*": (500, "InternalServerErrorException", "Internal error")}

    with pytest.raises(ServiceError):
        session.guardduty.member_statuses(DETECTOR, [account(1)])

    begun, aws.refusals = clock.now, {}
    session.guardduty.member_statuses(DETECTOR, [account(1)])
    assert clock.now == begun


def test_a_call_accepted_late_is_the_one_to_count_from(clock: _Clock) -> None:
    pace = Pace()
    first, second, third = (pace.take_turn() for _ in range(3))
    pace.note_answer(first, throttled=False)
    clock.now += 0.1
    late = pace.take_turn()
    pace.note_answer(pace.take_turn(), throttled=True)
    for turn in (second, third, late):
        pace.note_answer(turn, throttled=False)
    pace.note_answer(pace.take_turn(), throttled=False)
    begun = pace.take_turn().at

    assert pace.take_turn().at - begun < 0.05


def test_many_calls_that_are_always_throttled_end_before_the_watch_gives_up(clock: _Clock) -> None:
    pace, limit = Pace(), _Limit(clock, per_second=1e-9, burst=0)
    begun = clock.now

    while clock.now < begun + 30:
        pace.note_answer(pace.take_turn(), throttled=not limit.takes())
        clock.now += 0.05
    tried = limit.throttled
    for _ in range(8):
        pace.note_answer(pace.take_turn(), throttled=not limit.takes())

    assert clock.slept[-1] > 1
    assert limit.throttled == tried + 8
    assert clock.now < begun + 32


def test_after_a_long_outage_calls_are_as_fast_as_before(clock: _Clock) -> None:
    pace, limit = Pace(), _Limit(clock, per_second=1e-9, burst=0)
    outage = clock.now + 30
    while clock.now < outage:
        pace.note_answer(pace.take_turn(), throttled=not limit.takes())
        clock.now += 0.05

    begun = clock.now
    for _ in range(100):
        pace.note_answer(pace.take_turn(), throttled=False)

    assert clock.now - begun < 3


def test_the_interval_has_a_shortest(clock: _Clock) -> None:
    pace = Pace()
    pace.note_answer(pace.take_turn(), throttled=True)
    begun = clock.now

    for _ in range(200):
        pace.note_answer(pace.take_turn(), throttled=False)

    assert clock.now - begun >= 199 * 0.005
