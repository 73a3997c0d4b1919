"""How long a run retries what may pass with time, with growing pauses in between."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_result, stop_before_delay, wait_random_exponential

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Patience:
    """How long failures that may pass with time are retried: of single accounts, and of calls.

    botocore tries a failing UpdateMemberDetectors just a few times, so that the two do not multiply
    (`aws.clients`), and a throttled one as often as `aws.pace` lets it; it retries any other call
    alone.

    Attributes:
        seconds: no new attempt begins after this long; 0 means one attempt.
        sleep: waits the given number of seconds.
        now: a clock in seconds.
        cancelled: whether the run is to end: no new call is made then.
    """

    seconds: float = 300
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    cancelled: Callable[[], bool] = lambda: False


def attempt_until_done(
    attempt: Callable[[], bool], before_pause: Callable[[float], None], patience: Patience
) -> None:
    """Attempts with growing, random pauses until nothing is left, or the time is over.

    Args:
        attempt: does what is left; returns whether something is left after it.
        before_pause: called before each pause, with its seconds.
        patience: when to end.
    """
    time_is_over = stop_before_delay(patience.seconds)
    Retrying(
        retry=retry_if_result(bool),
        wait=wait_random_exponential(multiplier=1, max=60),
        stop=lambda state: patience.cancelled() or time_is_over(state),
        sleep=patience.sleep,
        before_sleep=lambda state: before_pause(state.upcoming_sleep),
        retry_error_callback=lambda _: None,
    )(lambda: not patience.cancelled() and attempt())
