"""How a client sends its requests to the control interface."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from aws_sandbox.control_models import Done, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_sandbox.control_models import Model

_TIMEOUT_SECONDS = 60.0

Found = TypeVar("Found")


class SandboxError(Exception):
    """A control request is faulty, or the sandbox refused it; the message says why."""


class Connection:
    """Sends requests to one sandbox.

    Args:
        url: where it listens, as its READY line says: `http://127.0.0.1:5000`.

    Raises:
        ValueError: the address is not on this machine.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in {"127.0.0.1", "localhost"}:
            raise ValueError(f"{url} is no sandbox: it listens on http://127.0.0.1 only")
        self.url = url.rstrip("/")
        # Without proxies: a proxy of the environment must not see what is for this machine.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def _get(self, path: str, answer: type[Found]) -> Found:
        return TypeAdapter(answer).validate_json(self._send("GET", path))

    def _delete(self, path: str) -> bytes:
        return self._send("DELETE", path)

    def _change(self, path: str, request: type[Model], fields: Mapping[str, Any]) -> None:
        """Send a request that has nothing to report; see `_post`."""
        self._post(path, request, fields, Done)

    def _post(
        self,
        path: str,
        request: type[Model],
        fields: Mapping[str, Any],
        answer: type[Found],
    ) -> Found:
        """Send a request of a type with these fields; the answer.

        Raises:
            SandboxError: the fields are not those of the request, or the sandbox refuses it.
        """
        try:
            body = request.model_validate(fields).model_dump_json(by_alias=True)
        except ValidationError as error:
            raise SandboxError(str(error)) from None
        return TypeAdapter(answer).validate_json(self._send("POST", path, body.encode()))

    def _send(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(  # noqa: S310 -- the constructor allows http only
            f"{self.url}/sandbox/{path}",
            body,
            {"Content-Type": "application/json"},
            method=method,
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            raise SandboxError(Refused.model_validate_json(error.read()).error) from None
