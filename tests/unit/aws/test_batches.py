"""Calls for many items: a few at once, in order, and none after a failure."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING

import pytest

import guardduty_eks_audit_logs.aws.batches
from guardduty_eks_audit_logs.aws.batches import CALLS_AT_ONCE, at_once

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONG = 10


def test_a_call_is_made_while_further_items_come() -> None:
    called = threading.Event()

    def slow_items() -> Iterator[int]:
        yield 1
        assert called.wait(_LONG)
        yield 2

    def call(item: int) -> int:
        called.set()
        return item * 10

    assert at_once(call, slow_items()) == [10, 20]


def test_results_are_in_the_order_of_the_items() -> None:
    second = threading.Event()

    def call(item: int) -> int:
        if item == 0:
            assert second.wait(_LONG)
        second.set()
        return item

    assert at_once(call, range(20)) == list(range(20))


def test_what_reads_the_items_counts_among_the_calls_at_once() -> None:
    turns = threading.Semaphore(CALLS_AT_ONCE)
    most_is_reached = threading.Event()

    def items() -> Iterator[int]:
        assert turns.acquire(blocking=False)
        yield from range(3 * CALLS_AT_ONCE)
        # All other threads have a call, and none is left for one more.
        assert most_is_reached.wait(_LONG)
        turns.release()

    under_way = threading.Barrier(CALLS_AT_ONCE - 1, action=most_is_reached.set)

    def call(_item: int) -> None:
        assert turns.acquire(blocking=False), "too many at once"
        if not most_is_reached.is_set():
            under_way.wait(_LONG)
        turns.release()

    assert len(at_once(call, items())) == 3 * CALLS_AT_ONCE


def test_one_at_a_time_takes_all_items_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guardduty_eks_audit_logs.aws.batches, "CALLS_AT_ONCE", 1)
    done: list[str] = []

    def items() -> Iterator[int]:
        for item in range(2):
            done.append(f"item {item}")
            yield item

    at_once(lambda item: done.append(f"call {item}"), items())

    assert done == ["item 0", "item 1", "call 0", "call 1"]


def test_after_a_failure_nothing_more_is_taken_or_called() -> None:
    failed = threading.Event()
    taken: list[int] = []
    called: list[int] = []

    def items() -> Iterator[int]:
        for item in count():
            taken.append(item)
            yield item
            assert failed.wait(_LONG)

    def call(item: int) -> None:
        called.append(item)
        try:
            raise LookupError(item)
        finally:
            failed.set()

    with pytest.raises(LookupError, match="0"):
        at_once(call, items())

    assert len(called) <= len(taken)


def test_the_failure_is_raised_and_not_what_it_ended() -> None:
    begun = threading.Barrier(CALLS_AT_ONCE - 1)

    def call(item: int) -> None:
        if item < CALLS_AT_ONCE - 1:
            begun.wait(_LONG)
        if item == CALLS_AT_ONCE - 2:
            raise LookupError(item)

    with pytest.raises(LookupError, match=str(CALLS_AT_ONCE - 2)):
        at_once(call, range(1000))


def test_items_that_fail_end_the_calls() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError

    with pytest.raises(LookupError):
        at_once(lambda item: item, items())


def test_a_call_knows_where_its_caller_shows_progress() -> None:
    place = ContextVar("place", default="nowhere")
    place.set("here")

    def items() -> Iterator[str]:
        yield place.get()

    assert at_once(lambda item: (item, place.get()), items()) == [("here", "here")]
