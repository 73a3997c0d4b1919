"""A sandbox without a server: boto3 and the control interface speak to it in this process.

Everything is in the wire form; only the sockets are missing. Thousands of calls take seconds.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from werkzeug.test import Client

from aws_sandbox.credentials import access_key_id, secret_access_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.awsrequest import AWSPreparedRequest

    from aws_sandbox.server import Sandbox

URL = "http://127.0.0.1"


class _Raw(io.BytesIO):
    """An answer's body as botocore takes it from its HTTP client."""

    def stream(self, **_options: object) -> Iterator[bytes]:
        yield self.read()


class InProcess:
    """Talks to whatever sandbox it was given last; its boto3 clients are made once."""

    def __init__(self) -> None:
        self._sandbox: Client | None = None
        self._clients: dict[tuple[str, str, str], Any] = {}

    def talk_to(self, sandbox: Sandbox) -> None:
        """Send everything from now on to that sandbox."""
        self._sandbox = Client(sandbox)

    def boto3(self, service: str, account: str, region: str = "us-east-1") -> Any:  # noqa: ANN401 -- depends on the service
        """A boto3 client with the credentials of an account; calls fail at once, never again."""
        key = (service, account, region)
        if key not in self._clients:
            self._clients[key] = self.boto3_with(
                service,
                region,
                aws_access_key_id=access_key_id(account),
                aws_secret_access_key=secret_access_key(account),
            )
        return self._clients[key]

    def boto3_with(self, service: str, region: str = "us-east-1", **settings: Any) -> Any:  # noqa: ANN401 -- depends on the service
        """A boto3 client with given credentials; calls fail at once, never again."""
        config = Config(retries={"total_max_attempts": 1}, proxies={}).merge(
            settings.pop("config", None) or Config()
        )
        client = boto3.Session().client(
            service,  # type: ignore[call-overload]
            region_name=region,
            endpoint_url=URL,
            config=config,
            **settings,
        )
        client.meta.events.register("before-send", self._send)
        return client

    def control(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 -- JSON
        """A request to the control interface; its answer, which must be no error."""
        assert self._sandbox is not None
        answer = self._sandbox.open(f"/sandbox/{path}", base_url=URL, method=method, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json

    def _send(self, request: AWSPreparedRequest, **_more: object) -> AWSResponse:
        assert self._sandbox is not None
        headers = [(key, _text(value)) for key, value in request.headers.items()]
        answer = self._sandbox.open(
            request.url.removeprefix(URL),
            base_url=URL,
            method=request.method,
            headers=headers,
            data=request.body or b"",
        )
        raw = _Raw(answer.get_data())
        found = HTTPHeaders.from_pairs(answer.headers.items())
        return AWSResponse(request.url, answer.status_code, found, raw)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
