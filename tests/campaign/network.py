"""The way from botocore to the sandbox, on which a history sees, cuts and kills.

It stands in the place of botocore's sockets: whatever client asks whatever address, the sandbox of
this process answers.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import RLock
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from werkzeug.test import Client

from aws_sandbox.aws import ConnectionDroppedError
from aws_sandbox.guardduty import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.awsrequest import AWSPreparedRequest

    from aws_sandbox.control_models import Call
    from aws_sandbox.server import Sandbox

URL = "http://127.0.0.1"
READING = ("Get", "List", "Describe", "Assume")


class KilledError(BaseException):
    """The process has been killed: no `except Exception` of the product may see it."""


@dataclass(frozen=True)
class Write:
    """One call to GuardDuty that changes something, if it is done.

    Attributes:
        operation: AWS's name of it.
        body: what was sent.
        done: the accounts that it has changed, or would have; its caller for a call that names
            none. Empty for a call that was refused or never arrived.
    """

    operation: str
    body: Mapping[str, Any]
    done: tuple[str, ...]

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that it names."""
        return tuple(self.body.get("accountIds", ()))


@dataclass
class Moments:
    """Everything between two of which a process may be killed, counted.

    Attributes:
        act: what happens at the moment `at`, once.
        only_writes: whether only the moments around a write count, and those of saving the state.
    """

    at: int = -1
    act: Callable[[], None] | None = None
    only_writes: bool = False
    passed: int = 0

    def passing(self, *, write: bool) -> None:
        """One more moment."""
        if self.only_writes and not write:
            return
        self.passed += 1
        if self.act and self.passed > self.at >= 0:
            act, self.act = self.act, None
            act()


@dataclass
class Network:
    """What reaches the sandbox, and what came of it.

    Attributes:
        moments: of the run that is going on.
        dead: whether the process that calls has been killed.
        gone: whether no call gets through any more.
        before_write: told of every write, and of the account that calls, just before it is sent.
        writes: of the run that is going on.
        calls: of the run that is going on: those that the sandbox answered, and the bodies.
        results: {account: AWS's reasons} of all UnprocessedAccounts of the run.
        unread: the accounts of whom AWS did not tell in the run, at least once, what they have.
        cut: how many calls did not get through.
    """

    sandbox: Sandbox
    moments: Moments = field(default_factory=Moments)
    dead: bool = False
    gone: bool = False
    before_write: Callable[[str, Mapping[str, Any]], None] = lambda *_: None
    writes: list[Write] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    results: dict[str, set[str]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    cut: int = 0
    _lock: RLock = field(default_factory=RLock)

    def __post_init__(self) -> None:
        self._client = Client(self.sandbox)

    def begin(self, moments: Moments) -> None:
        """A run begins."""
        self.moments, self.dead, self.gone, self.cut = moments, False, False, 0
        self.writes, self.calls, self.results, self.unread = [], [], {}, set()

    def kill(self) -> None:
        """Kills the process that calls.

        Raises:
            KilledError: always.
        """
        self.dead = True
        raise KilledError

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Lets the sandbox answer one request, as far as the history lets it through."""
        # A program reads several regions at once.
        with self._lock:
            return self._send(request)

    def _send(self, request: AWSPreparedRequest) -> AWSResponse:
        operation, body = _operation(request), _body(request)
        write = not operation.startswith(READING)
        self._pass(write=write)
        if self.gone:
            self.cut += 1
            raise EndpointConnectionError(endpoint_url=str(request.url))
        if write:
            self.before_write(operation, body)
        answer = self._answer(request)
        call = self.sandbox.aws.record.since()[-1]
        self.sandbox.aws.record.clear()
        self.calls.append(call)
        if write:
            done = set(call.account_ids or [call.account]) - set(call.unprocessed)
            self.writes.append(Write(operation, body, tuple(done) if call.outcome == "ok" else ()))
        self._pass(write=write)
        if answer is None:
            if call.fault == "TimeOut":
                raise ReadTimeoutError(endpoint_url=str(request.url))
            raise ConnectionClosedError(endpoint_url=str(request.url))
        if answer.status_code == HTTPStatus.OK and b"unprocessedAccounts" in answer.content:
            for entry in json.loads(answer.content)["unprocessedAccounts"]:
                self.results.setdefault(entry["accountId"], set()).add(entry["result"])
                if operation == "GetMemberDetectors":
                    self.unread.add(entry["accountId"])
        return answer

    def step(self) -> None:
        """A moment of the engine, between its steps."""
        self._pass(write=True)

    def _pass(self, *, write: bool) -> None:
        if self.dead:
            raise KilledError
        self.moments.passing(write=write)

    def _answer(self, request: AWSPreparedRequest) -> AWSResponse | None:
        parts = urlsplit(str(request.url))
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        try:
            answer = self._client.open(
                path,
                base_url=URL,
                method=request.method,
                headers=[(key, _text(value)) for key, value in request.headers.items()],
                data=request.body or b"",
            )
        except ConnectionDroppedError:
            return None
        found = HTTPHeaders.from_pairs(answer.headers.items())
        return AWSResponse(str(request.url), answer.status_code, found, _Raw(answer.get_data()))

    def faults(self) -> Counter[str]:
        """How many calls of the run each kind of fault has struck."""
        struck = Counter(call.fault for call in self.calls if call.fault)
        struck["NetworkGone"] += self.cut
        return +struck


@contextmanager
def in_place_of_sockets(network: Network) -> Iterator[None]:
    """Lets botocore send on this network whatever the address: no connection is opened."""

    def send(_session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        return network.send(request)

    with patch.object(URLLib3Session, "send", send):
        yield


class _Raw(io.BytesIO):
    """An answer's body as botocore takes it from its HTTP client."""

    def stream(self, **_options: object) -> Iterator[bytes]:
        yield self.read()


def _operation(request: AWSPreparedRequest) -> str:
    """AWS's name of the operation."""
    target = request.headers.get("X-Amz-Target")
    if target:
        return _text(target).rpartition(".")[2]
    path = urlsplit(str(request.url)).path
    if path == "/":
        return "GetCallerIdentity"
    return str(wire.match(str(request.method), path)[0].name)


def _body(request: AWSPreparedRequest) -> Mapping[str, Any]:
    try:
        content = json.loads(cast("bytes", request.body or b"{}"))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
