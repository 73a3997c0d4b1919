"""An end to every call to AWS, and a line of progress where a user would wait in silence.

The limits of botocore are of one read of a socket each: an answer that comes byte by byte has no
end, and a silent service is asked ten times. Here is the limit of the whole call, and of reading.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import ConnectionFailedError, RunCancelledError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.client import BaseClient
    from botocore.paginate import Paginator

    from guardduty_eks_audit_logs.progress import Report

CALL_SECONDS = 120
"""For so long a call is waited for, botocore's own attempts included."""

READING_SECONDS = 300
"""For so long a region is read, and for as many seconds more as calls were answered.

The second part is for large organizations, which AWS lets ask only a few times a second.
"""

QUIET_SECONDS = 10
"""After so many silent seconds, a line of progress names the call that is under way."""

_PAUSE_SECONDS = 1

Answer = TypeVar("Answer")
Client = TypeVar("Client", bound="BaseClient")


class Stop:
    """Ends what several watches wait for, at once. Safe to use from several threads."""

    def __init__(self) -> None:
        self.requested: Future[None] = Future()

    def set(self) -> None:
        """No call is waited for any more, and no further one is begun. To be called once."""
        self.requested.set_result(None)


@dataclass(frozen=True)
class End:
    """When all the calls of a session end, beside each by itself.

    Attributes:
        seconds: how long all calls together may take, and a second more for each answer; None for
            no such limit.
        stop: ends all of them once it is set.
    """

    seconds: float | None = None
    stop: Stop = field(default_factory=Stop)


class Watch:
    """Waits for the calls to AWS in one region. Safe to use from several threads.

    Args:
        region: where AWS is asked; each line names it.
        report: gets a line of progress where a user would wait in silence.
        end: of all calls together; without it, each one has an end.
    """

    def __init__(
        self, region: str, report: Report = lambda _: None, end: End | None = None
    ) -> None:
        end = end or End()
        self.region = region
        self._report = report
        self._seconds = end.seconds
        self._stop = end.stop
        self._lock = threading.Lock()
        self._answers: Counter[str] = Counter()
        self._answered = 0
        self._under_way = 0
        self._begun = self._busy = self._reported = self._last_end = time.monotonic()
        self._paused = 0.0

    def without_end(self) -> Watch:
        """Gives a watch for calls that are made as long as the process lasts: each has an end."""
        return Watch(self.region, self._report, End(stop=self._stop))

    def call(self, operation: str, ask: Callable[[], Answer]) -> Answer:
        """Makes the call in a thread of its own, so that it ends whatever it waits for.

        Args:
            operation: AWS's name of what is asked.
            ask: makes the call.

        Raises:
            ConnectionFailedError: there is no answer in time. Nothing more is sent for the call.
            RunCancelledError: the watch was stopped. Nothing more is sent for the call.
            BaseException: what the call raised.
        """
        self._note_begin()
        try:
            if self._stop.requested.done():
                raise RunCancelledError(messages.run_cancelled())
            if time.monotonic() >= self._end():
                raise ConnectionFailedError(self._why_over(operation))
            return self._wait(operation, _Asked(ask), time.monotonic() + CALL_SECONDS)
        finally:
            self._note_end()
            self._report_if_quiet(operation)

    def _wait(self, operation: str, asked: _Asked[Answer], end: float) -> Answer:
        awaited: set[Future[Any]] = {asked.answer, self._stop.requested}
        while asked.answer not in wait(awaited, self._next_look(end), FIRST_COMPLETED).done:
            if self._stop.requested.done():
                asked.abandoned = True
                raise RunCancelledError(messages.run_cancelled())
            self._report_if_quiet(operation)
            now = time.monotonic()
            if now >= end or now >= self._end():
                asked.abandoned = True
                raise ConnectionFailedError(self._why_over(operation))
        with self._lock:
            self._answers[operation] += 1
            self._answered += 1
        return asked.answer.result()

    def _note_begin(self) -> None:
        with self._lock:
            now = time.monotonic()
            # Between calls, time passes for other reasons: the code that pauses reports it.
            if not self._under_way:
                self._paused += now - self._last_end
                if now - self._last_end > _PAUSE_SECONDS:
                    self._busy = self._reported = now
            self._under_way += 1

    def _note_end(self) -> None:
        with self._lock:
            self._under_way -= 1
            self._last_end = time.monotonic()

    def _end(self) -> float:
        """When all calls together have taken too long; pauses between them do not count."""
        if self._seconds is None:
            return inf
        return self._begun + self._paused + self._seconds + self._answered

    def _next_look(self, end: float) -> float:
        return max(0, min(end, self._end(), self._reported + QUIET_SECONDS) - time.monotonic())

    def _why_over(self, operation: str) -> str:
        now = time.monotonic()
        if now < self._end():
            return messages.no_answer(operation, messages.no_answer_within(CALL_SECONDS))
        seconds = round(now - self._begun - self._paused)
        return messages.reading_too_long(self.region, operation, seconds, self._answered)

    def _report_if_quiet(self, operation: str) -> None:
        with self._lock:
            now = time.monotonic()
            if now - self._reported < QUIET_SECONDS:
                return
            self._reported = now
            answers, seconds = self._answers[operation], round(now - self._busy)
        self._report(messages.waiting_for(self.region, operation, answers, seconds))


class _Asked(Generic[Answer]):
    """A call on its way, in a thread that ends with the process at the latest.

    Attributes:
        answer: what comes of it.
        abandoned: its caller has given up waiting.
    """

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self.answer: Future[Answer] = Future()
        self.abandoned = False
        threading.Thread(target=self._run, args=(ask,), daemon=True).start()

    def _run(self, ask: Callable[[], Answer]) -> None:
        _THREAD.asked = self
        try:
            self.answer.set_result(ask())
        except BaseException as error:  # noqa: BLE001 - raised again where the answer is awaited
            self.answer.set_exception(error)


_THREAD = threading.local()


def watched(client: Client, watch: Watch) -> Client:
    """Wraps a boto3 client: a watch waits for each of its calls."""
    return watched_later(lambda: client, watch)


def watched_later(make: Callable[[], Client], watch: Watch) -> Client:
    """The same for a client that is made when it is first used: many runs never do.

    Args:
        make: makes it; called once.
        watch: waits for each of its calls.
    """
    return cast("Client", _Watched(make, watch))


def _stop_if_abandoned(**_event: object) -> None:
    """Keeps botocore from retrying an abandoned call: a write might come late."""
    if getattr(_THREAD, "asked", None) and _THREAD.asked.abandoned:
        raise ConnectionFailedError


class _Watched:
    def __init__(self, make: Callable[[], BaseClient], watch: Watch) -> None:
        self._make = make
        self._watch = watch
        self._lock = threading.Lock()
        self._made: BaseClient | None = None

    def _client(self) -> BaseClient:
        with self._lock:
            if self._made is None:
                self._made = self._make()
                self._made.meta.events.register("before-send", _stop_if_abandoned)
            return self._made

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the client has
        client = self._client()
        found = getattr(client, name)
        operation = client.meta.method_to_api_mapping.get(name)
        if operation is None:
            return found
        return lambda **request: self._watch.call(operation, lambda: found(**request))

    def get_paginator(self, name: str) -> _WatchedPaginator:
        client = self._client()
        operation = client.meta.method_to_api_mapping[name]
        return _WatchedPaginator(client.get_paginator(name), operation, self._watch)


class _WatchedPaginator:
    """A paginator whose pages are calls of their own to the watch."""

    def __init__(self, paginator: Paginator[Any], operation: str, watch: Watch) -> None:
        self._paginator = paginator
        self._operation = operation
        self._watch = watch

    def paginate(self, **request: object) -> Iterator[Any]:
        pages = iter(self._paginator.paginate(**request))
        while True:
            page = self._watch.call(self._operation, lambda: next(pages))
            yield page
            if not page.get("NextToken"):
                return
