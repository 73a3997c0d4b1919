"""The sandbox's faults without a server: what strikes, how often, by which chance."""

from __future__ import annotations

import math
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError

from aws_sandbox.control_models import Fault
from aws_sandbox.fault_effects import (
    BadRequest,
    Exponential,
    Fixed,
    InternalServerError,
    RateLimit,
    Throttling,
    TimeOut,
    Uniform,
    Unprocessed,
)
from aws_sandbox.faults import FaultBook
from aws_sandbox.held_calls import Gate, HeldCalls
from aws_sandbox.request_info import Batch, RequestInfo, batch

UPDATE = "UpdateMemberDetectors"
IDS = tuple(str(300000000001 + number) for number in range(100))


def asked(
    *account_ids: str,
    operation: str = UPDATE,
    caller: str = "222222222222",
    region: str = "us-east-1",
    service: str = "guardduty",
) -> RequestInfo:
    return RequestInfo(service, operation, caller, region, Batch("accountIds", account_ids))


def book(*faults: Fault) -> FaultBook:
    made = FaultBook()
    for fault in faults:
        made.add(fault)
    return made


class Clock:
    """Real time as a test wants it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_limit_lets_a_burst_through_and_then_its_calls_per_second() -> None:
    clock = Clock()
    limited = FaultBook(clock)
    limited.add(Fault(effect=RateLimit(per_second=2, burst=3)))

    def let_through(calls: int) -> int:
        return sum(limited.strike(asked()).failure is None for _ in range(calls))

    assert let_through(10) == 3
    clock.now += 0.5
    assert let_through(10) == 1
    clock.now += 1.0
    assert let_through(10) == 2
    clock.now += 60.0
    assert let_through(10) == 3


def test_a_limit_tells_how_long_to_wait_in_whole_seconds() -> None:
    clock = Clock()
    limited = FaultBook(clock)
    limited.add(Fault(effect=RateLimit(per_second=0.25)))
    assert limited.strike(asked()).failure is None
    assert limited.strike(asked()).failure == Throttling(retry_after=4)
    clock.now += 3.5
    assert limited.strike(asked()).failure == Throttling(retry_after=1)


def test_a_limit_counts_each_caller_and_region_by_itself() -> None:
    limited = book(Fault(effect=RateLimit(per_second=0.001)))
    assert limited.strike(asked()).failure is None
    assert limited.strike(asked(region="eu-west-1")).failure is None
    assert limited.strike(asked(caller="111111111111")).failure is None
    assert limited.strike(asked(operation="GetDetector")).fault == "RateLimit"


def test_chance_does_not_depend_on_the_order_of_arrival() -> None:
    def fates(order: list[str]) -> dict[str, bool]:
        struck = book(Fault(effect=Throttling(), probability=0.5, seed=7))
        return {key: struck.strike(asked(key)).failure is not None for key in order}

    first = fates(list(IDS))
    assert fates(list(reversed(IDS))) == first
    assert set(first.values()) == {True, False}


def test_chance_strikes_about_as_often_as_is_asked() -> None:
    struck = book(Fault(effect=Throttling(), probability=0.2, seed=1))
    hits = sum(struck.strike(asked("300000000001")).failure is not None for _ in range(5000))
    assert 850 < hits < 1150


@pytest.mark.parametrize(("probability", "expected"), [(0.0, False), (1.0, True)])
def test_the_ends_of_chance_are_certain(probability: float, expected: bool) -> None:  # noqa: FBT001
    struck = book(Fault(effect=Throttling(), probability=probability))
    assert {struck.strike(asked(key)).failure is not None for key in IDS} == {expected}


def test_delays_have_the_distribution_that_they_are_named_after() -> None:
    def delays(effect: Fixed | Uniform | Exponential) -> list[float]:
        slowed = book(Fault(effect=effect, seed=3))
        return [slowed.strike(asked("300000000001")).delay_seconds for _ in range(4000)]

    assert set(delays(Fixed(seconds=0.25))) == {0.25}
    uniform = delays(Uniform(shortest=1.0, longest=3.0))
    assert 1.0 <= min(uniform) < 1.05
    assert 2.95 < max(uniform) <= 3.0
    assert math.isclose(sum(uniform) / len(uniform), 2.0, abs_tol=0.05)
    exponential = delays(Exponential(mean=2.0))
    assert math.isclose(sum(exponential) / len(exponential), 2.0, abs_tol=0.15)
    # Of an exponential distribution, 1/e is above the mean.
    above = sum(delay > 2.0 for delay in exponential) / len(exponential)
    assert math.isclose(above, 1 / math.e, abs_tol=0.03)


def test_delays_add_up_and_come_before_the_failure() -> None:
    struck = book(
        Fault(effect=Fixed(seconds=1)), Fault(effect=BadRequest()), Fault(effect=Fixed(seconds=2))
    ).strike(asked())
    assert struck.delay_seconds == 3
    assert struck.failure == BadRequest()
    assert struck.fault == "BadRequest"


def test_unprocessed_accounts_are_counted_each_by_itself() -> None:
    left = book(
        Fault(
            effect=Unprocessed(result="No."),
            operation=UPDATE,
            account_ids=frozenset(IDS[:2]),
            times=1,
        )
    )
    assert left.unprocessed(asked(*IDS[:1], IDS[5])) == {IDS[0]: "No."}
    assert left.unprocessed(asked(*IDS[:3])) == {IDS[1]: "No."}
    assert left.unprocessed(asked(*IDS[:3])) == {}


def test_a_fault_of_another_service_operation_or_caller_does_not_strike() -> None:
    fault = Fault(
        effect=InternalServerError(), operation=UPDATE, callers=frozenset({"222222222222"})
    )
    others = (
        asked(service="organizations"),
        asked(operation="GetMemberDetectors"),
        asked(caller="111111111111"),
    )
    assert [book(fault).strike(other).failure for other in others] == [None] * 3
    assert book(fault).strike(asked()).failure == InternalServerError()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"accountIds": ["1", "2"]}', Batch("accountIds", ("1", "2"))),
        (b'{"accountDetails": [{"accountId": "1"}]}', Batch("accountDetails", ("1",))),
        (b'{"adminAccountId": "1"}', Batch("", ("1",))),
        (b'{"AccountId": "1"}', Batch("", ("1",))),
        (b'{"accountIds": "1"}', Batch()),
        (b"[]", Batch()),
        (b"Action=GetCallerIdentity", Batch()),
        (b"\xff", Batch()),
        (b"", Batch()),
    ],
)
def test_the_accounts_of_a_request_are_read_from_its_body(body: bytes, expected: Batch) -> None:
    assert batch(body) == expected


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValidationError, match="name the accounts that are left unprocessed"):
        Fault(effect=Unprocessed(result="No."))
    with pytest.raises(ValidationError, match=r"shortest 2\.0 is longer than longest 1\.0"):
        Uniform(shortest=2, longest=1)
    with pytest.raises(ValidationError):
        TimeOut(seconds=3600)


def test_an_open_gate_keeps_nobody_and_the_next_one_is_shut() -> None:
    room = HeldCalls()
    gate = room.gate
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(gate.wait, 300) for _ in range(10)]
        room.release()
        for call in waiting:
            call.result(30)
    gate.wait(300)
    assert room.gate is not gate
    room.gate.wait(0.01)


def test_a_caller_that_hangs_up_is_not_waited_for() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        Gate().wait(300, ours)


def test_a_caller_that_sends_more_is_kept_waiting_all_the_same() -> None:
    ours, theirs = socket.socketpair()
    gate, over = Gate(), threading.Event()

    def keep_waiting() -> None:
        gate.wait(300, ours)
        over.set()

    with ours, theirs, ThreadPoolExecutor() as pool:
        theirs.send(b"more")
        kept = pool.submit(keep_waiting)
        assert not over.wait(0.1)
        gate.open()
        kept.result(30)
