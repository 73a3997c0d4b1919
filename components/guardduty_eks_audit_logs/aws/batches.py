"""Many accounts in batches of 50, with a few calls to AWS at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from guardduty_eks_audit_logs.model import BATCH, AccountId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

CALLS_AT_ONCE = 4
"""AWS publishes no request rate for these calls: a few at once, and botocore backs off."""

REGIONS_AT_ONCE = 8
"""GuardDuty's rates hold for each region by itself; each is asked a few calls at once."""

In = TypeVar("In")
Out = TypeVar("Out")


def batches(accounts: Sequence[AccountId]) -> Iterator[Sequence[AccountId]]:
    """Splits accounts into as many as one call takes."""
    return (accounts[start : start + BATCH] for start in range(0, len(accounts), BATCH))


def at_once(call: Callable[[In], Out], items: Iterable[In]) -> list[Out]:
    """Calls once for each item, a few at a time; the results are in the items' order.

    Raises:
        Exception: what a call raised.
    """
    with ThreadPoolExecutor(max_workers=CALLS_AT_ONCE) as pool:
        return list(pool.map(call, items))
