"""Many accounts in batches of 50, with a few calls to AWS at once."""

from __future__ import annotations

from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
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

    def end_after_failure(ended: Future[Out]) -> None:
        if not ended.cancelled() and ended.exception():
            over.set()
            for result in results:
                result.cancel()

    def take_items() -> None:
        for item in items:
            if over.is_set():
                return
            # A thread of its own knows nothing of its caller, such as where progress is shown.
            result = pool.submit(copy_context().run, call, item)
            results.append(result)
            result.add_done_callback(end_after_failure)

    pool = ThreadPoolExecutor(max_workers=CALLS_AT_ONCE)
    try:
        pool.submit(copy_context().run, take_items).result()
        ended = wait(results, return_when=FIRST_EXCEPTION).done
        # After a failure, others are cancelled or still under way: the failure is what is raised.
        known = [one for one in results if one in ended and not one.cancelled()]
        for one in known:
            one.result()
        return [result.result() for result in results]
    finally:
        over.set()
        pool.shutdown(cancel_futures=True)
