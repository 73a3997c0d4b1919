"""Two ways to the double of AWS: in the place of botocore's sockets, and on the loopback."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pytest
    from botocore.awsrequest import AWSPreparedRequest

    from tests.support.aws_double import Answer, Aws


def bare_environment(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Takes away all that says who acts on AWS, the files of whoever runs the tests included."""
    for name in (*_SAY_WHO_ACTS,):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "credentials"))


_SAY_WHO_ACTS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_GUARDDUTY",
    "AWS_ENDPOINT_URL_ORGANIZATIONS",
    "AWS_ENDPOINT_URL_STS",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)


class Answers(Protocol):
    """Answers signed requests, as the double does."""

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Gives the answer to one request."""


def in_place_of_sockets(monkeypatch: pytest.MonkeyPatch, aws: Answers) -> None:
    """Lets botocore send to the double whatever the address: no connection is opened."""

    def send(_session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        headers = {key: _text(value) for key, value in request.headers.items()}
        body = request.body or b""
        assert isinstance(body, str | bytes | bytearray)
        sent = body.encode() if isinstance(body, str) else bytes(body)
        answer = aws.answer(str(request.method), str(request.url), headers, sent)
        return _Read(str(request.url), answer.status, answer.headers, answer.body)

    monkeypatch.setattr(URLLib3Session, "send", send)


class _Read(AWSResponse):
    """An answer that has been read to its end."""

    def __init__(self, url: str, status: int, headers: dict[str, str], body: bytes) -> None:
        message = HTTPHeaders()
        for name, value in headers.items():
            message[name] = value
        super().__init__(url, status, message, None)
        self._content = body


def _text(value: Any) -> str:  # noqa: ANN401 - botocore's headers are text or bytes
    return value.decode() if isinstance(value, bytes) else str(value)


@dataclass
class Door:
    """Where on the loopback the double answers; each test may put another one behind it."""

    aws: Aws
    url: str = ""


@contextmanager
def on_loopback(aws: Aws) -> Iterator[Door]:
    """Serves the double on 127.0.0.1."""
    door = Door(aws)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = door.aws.answer(self.command, self.path, dict(self.headers), body)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_args: object) -> None:
            """The double keeps its requests itself."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        door.url = f"http://127.0.0.1:{server.server_port}"
        yield door
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
