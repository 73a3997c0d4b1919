"""Many accounts in batches of 50, with a few calls to AWS at once."""

from __future__ import annotations

from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextvars import copy_context
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from guardduty_eks_audit_logs.model import BATCH, AccountId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

CALLS_AT_ONCE = 8
"""AWS publishes no request rate for these calls: a few at once, and `aws.pace` finds the rate."""

REGIONS_AT_ONCE = 8
"""GuardDuty's rates hold for each region by itself; each is asked a few calls at once."""

In = TypeVar("In")
Out = TypeVar("Out")


def batches(accounts: Sequence[AccountId]) -> Iterator[Sequence[AccountId]]:
    """Splits accounts into as many as one call takes."""
    return (accounts[start : start + BATCH] for start in range(0, len(accounts), BATCH))


def at_once(call: Callable[[In], Out], items: Iterable[In]) -> list[Out]:
    """Calls once for each item, a few at a time; the results are in the items' order.

    Items may come slowly, as those of a list in pages do: a call is made while further items come.
    One of the threads takes them, so that this counts among the calls at once. After a failure, no
    further item is taken and no further call begun.

    Raises:
        Exception: what a call raised, or what the items did.
    """
    over = Event()
    results: list[Future[Out]] = []

    def call_for(item: In) -> Out:
        if over.is_set():
            raise CancelledError
        try:
            return call(item)
        except BaseException:
            over.set()
            raise

    def take_items() -> None:
        for item in items:
            if over.is_set():
                return
            # A thread of its own knows nothing of its caller, such as where progress is shown.
            results.append(pool.submit(copy_context().run, call_for, item))

    with ThreadPoolExecutor(max_workers=CALLS_AT_ONCE) as pool:
        try:
            pool.submit(copy_context().run, take_items).result()
            return [result.result() for result in results]
        finally:
            over.set()
