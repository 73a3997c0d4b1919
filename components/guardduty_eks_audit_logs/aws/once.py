"""A call that is made once, however many threads need its answer."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Answer = TypeVar("Answer")


class Once:
    """Makes each call once: who asks again gets the same answer, or the same failure.

    Safe to use from several threads: one makes the call, the others wait for it.

    Args:
        keeps_failures: whether who asks after a failure gets the same one. If not, only those get
            it who waited for it, and the call is made anew for the next.
    """

    def __init__(self, *, keeps_failures: bool = True) -> None:
        self._keeps_failures = keeps_failures
        self._lock = Lock()
        self._answers: dict[Hashable, Future[Any]] = {}

    def ask(self, key: Hashable, call: Callable[[], Answer]) -> Answer:
        """Gives the answer to a call.

        Args:
            key: what is asked.
            call: asks it; not called if it was asked before.

        Raises:
            BaseException: what the call raised.
        """
        with self._lock:
            known = self._answers.get(key)
            answer: Future[Answer] = known or self._answers.setdefault(key, Future())
        if known is None:
            try:
                answer.set_result(call())
            except BaseException as error:  # noqa: BLE001 - raised again for each who asks
                if not self._keeps_failures:
                    with self._lock:
                        del self._answers[key]
                answer.set_exception(error)
        return answer.result()
