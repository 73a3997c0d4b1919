"""Connections to the sandbox stay open from one call to the next, as AWS's do."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from werkzeug.wrappers import Response

from aws_sandbox.client import SandboxClient
from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.fault_effects import AnswerLost, ConnectionClosed, TimeOut
from aws_sandbox.organization import default_organization
from aws_sandbox.server import Sandbox, make
from aws_sandbox.testing import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import WSGIApplication

    from aws_sandbox.fault_effects import Failure

_LOOKS_EVERY_SECONDS = 0.01  # whether it is to stop; half a second by default, after each test
HEALTH = "/sandbox/health"


class Server:
    """A sandbox in this process that counts the connections that it accepts."""

    def __init__(self, application: WSGIApplication | None = None) -> None:
        self.connections = 0
        sandbox = Sandbox(default_organization(3, ["us-east-1"]))
        self._server = make(sandbox, 0)
        if application is not None:
            self._server.app = application
        self.port = self._server.port
        self.url = f"http://127.0.0.1:{self.port}"
        accept = self._server.process_request

        def process_request(request: Any, client_address: Any) -> None:  # noqa: ANN401
            self.connections += 1
            accept(request, client_address)

        self._server.process_request = process_request  # type: ignore[method-assign]

    @contextmanager
    def running(self) -> Iterator[Server]:
        thread = threading.Thread(
            target=self._server.serve_forever, args=(_LOOKS_EVERY_SECONDS,), daemon=True
        )
        thread.start()
        yield self
        self._server.shutdown()
        self._server.server_close()
        thread.join(timeout=60)

    def open(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def guardduty(self) -> Any:  # noqa: ANN401 -- boto3's
        return boto3.client(
            "guardduty",
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=access_key_id(ADMINISTRATOR),
            aws_secret_access_key=secret_access_key(ADMINISTRATOR),
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )


@pytest.fixture
def server() -> Iterator[Server]:
    with Server().running() as running:
        yield running


def answer(connection: http.client.HTTPConnection, path: str = HEALTH) -> int:
    """The status of a request whose answer is read whole."""
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    return response.status


def test_calls_one_after_another_share_a_connection(server: Server) -> None:
    with closing(server.guardduty()) as guardduty:
        for _ in range(5):
            assert guardduty.list_detectors()["DetectorIds"]
    assert server.connections == 1


def test_what_answers_can_be_told_from_what_follows(server: Server) -> None:
    with closing(server.open()) as connection:
        assert [answer(connection, path) for path in (HEALTH, "/sandbox/none", HEALTH)] == [
            200,
            404,
            200,
        ]
    assert server.connections == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_nobody_reads_does_not_begin_the_next_request(
    server: Server, *, chunked: bool
) -> None:
    body = b"GET /none HTTP/1.1\r\n\r\n" * 1000
    with closing(server.open()) as connection:
        connection.request("POST", "/unsigned", iter([body]) if chunked else body)
        refused = connection.getresponse()
        assert refused.status == 403
        assert b"MissingAuthenticationToken" in refused.read()
        assert answer(connection) == 200
    assert server.connections == 1


def test_a_caller_that_asks_for_the_end_of_the_connection_gets_it(server: Server) -> None:
    with closing(server.open()) as connection:
        connection.request("GET", HEALTH, headers={"Connection": "close"})
        response = connection.getresponse()
        assert response.headers["Connection"] == "close"
        assert response.read()
        assert connection.sock is None


def exchanged(server: Server, request: bytes) -> bytes:
    """All that is answered until the connection ends."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as caller:
        caller.sendall(request)
        return b"".join(iter(lambda: caller.recv(65536), b""))


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: many\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nmany\r\n",
    ],
)
def test_a_request_without_a_known_end_ends_the_connection(server: Server, framing: bytes) -> None:
    request = b"POST /sandbox/keys HTTP/1.1\r\nHost: 127.0.0.1\r\n" + framing
    assert exchanged(server, request).startswith(b"HTTP/1.1 400 ")


def test_an_answer_to_http_1_0_ends_with_the_connection(server: Server) -> None:
    request = f"GET {HEALTH} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode()
    head, _, body = exchanged(server, request).partition(b"\r\n\r\n")
    assert b"Connection: close" in head
    assert b'"ok"' in body


def test_head_is_answered_without_a_body(server: Server) -> None:
    with closing(server.open()) as connection:
        connection.request("HEAD", "/unsigned")
        response = connection.getresponse()
        assert int(response.headers["Content-Length"]) > 0
        assert response.read() == b""
        assert answer(connection) == 200


@pytest.mark.parametrize("failure", [ConnectionClosed(), AnswerLost(), TimeOut(seconds=0.0)])
def test_a_fault_without_an_answer_ends_a_kept_connection(server: Server, failure: Failure) -> None:
    with closing(server.guardduty()) as guardduty:
        guardduty.list_detectors()
        SandboxClient(server.url).fails("ListDetectors", with_=failure, times=1)
        with pytest.raises(ConnectionClosedError):
            guardduty.list_detectors()
        assert guardduty.list_detectors()["DetectorIds"]


def test_a_defect_of_the_sandbox_is_an_answer_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_environ: object, _start_response: object) -> list[bytes]:
        raise RuntimeError("a defect")

    with Server(broken).running() as server, closing(server.open()) as connection:
        assert answer(connection) == 500
    assert "RuntimeError: a defect" in caplog.text


def test_an_answer_without_a_length_gets_one() -> None:
    parts = Response(iter([b"one ", b"two"]))
    with Server(parts).running() as server, closing(server.open()) as connection:
        connection.request("GET", "/")
        response = connection.getresponse()
        assert response.headers["Content-Length"] == "7"
        assert response.read() == b"one two"
