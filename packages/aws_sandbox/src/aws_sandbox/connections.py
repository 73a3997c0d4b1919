"""How the server speaks HTTP/1.1: a connection stays open from one call to the next, as AWS's do.

werkzeug's own handler closes it after each answer, and waits 10 ms for what a caller may still be
sending. This one reads each request to its end first, so that the next one begins where it should.
"""

from __future__ import annotations

import io
import sys
import traceback
from contextlib import ExitStack
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from werkzeug.serving import WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from aws_sandbox.sts import portal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import WSGIEnvironment

_WITHOUT_BODY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_PLAIN: Final = ("Content-Type", "text/plain")
_OF_THE_CONNECTION: Final = frozenset({"connection", "keep-alive", "transfer-encoding"})


class FaultyRequestError(Exception):
    """A request of which nobody can say where it ends."""


class KeptConnection(WSGIRequestHandler):
    """Answers one request after the other on a connection, until the caller closes it."""

    protocol_version = "HTTP/1.1"
    # Else the kernel holds a short answer back until the caller confirms the one before.
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Read one request whole, let the application answer, and send the answer at once.

        A `ConnectionError` of the application is a fault that leaves the caller without an answer:
        the connection is closed, else the caller would wait for one that never comes.
        """
        self.environ = environ = self.make_environ()
        with ExitStack() as unless_answered:
            unless_answered.callback(self._send_defect)
            try:
                environ["wsgi.input"] = io.BytesIO(self._body(environ))
                parts, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
                answer = status, list(headers), b"".join(parts)
            except FaultyRequestError as error:
                self.close_connection = True
                answer = "400 Bad Request", [_PLAIN], f"{error}\n".encode()
            except (ConnectionError, TimeoutError):
                self.close_connection = True
                answer = None
            unless_answered.pop_all()
        if answer:
            self._send(*answer)

    def _send_defect(self) -> None:
        """Answer for an application that failed; what it raised goes on to the server."""
        self.close_connection = True
        told = "".join(traceback.format_exception_only(sys.exception()))
        self.server.log("error", f"{self.requestline!r}: {told}")
        self._send("500 Internal Server Error", [_PLAIN], b"")

    def _body(self, environ: WSGIEnvironment) -> bytes:
        """The body of a request, of the length that it gives or in chunks.

        Raises:
            FaultyRequestError: its length is no number, or its chunks are malformed.
            ConnectionError: the caller has hung up in the middle of it.
        """
        if environ.get("wsgi.input_terminated"):
            try:
                return bytes(environ["wsgi.input"].read())
            except OSError as error:
                raise FaultyRequestError(str(error)) from None
        given = environ.get("CONTENT_LENGTH") or "0"
        if not (given.isascii() and given.isdecimal()):
            raise FaultyRequestError(f"Content-Length {given!r} is no number")
        length = int(given)
        body = self.rfile.read(length) if length else b""
        if len(body) < length:
            raise ConnectionResetError
        return bytes(body)

    def _send(self, status: str, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        """Send an answer in one piece."""
        code, _, reason = status.partition(" ")
        given = [(name, text) for name, text in headers if name.lower() not in _OF_THE_CONNECTION]
        names = {name.lower() for name, _ in given}
        if "content-length" not in names and int(code) not in _WITHOUT_BODY:
            given.append(("Content-Length", str(len(body))))
        given += [("Server", self.version_string()), ("Date", self.date_time_string())]
        # An HTTP/1.0 caller that does not ask for more expects the end of the connection.
        if self.close_connection:
            given.append(("Connection", "close"))
        head = "".join(f"{name}: {text}\r\n" for name, text in given)
        sent = b"" if self.command == "HEAD" else body
        answer = f"{self.protocol_version} {code} {reason}\r\n{head}\r\n".encode("latin-1")
        self.wfile.write(answer + sent)

    def make_environ(self) -> WSGIEnvironment:
        """Keep the access token of SSO: werkzeug leaves headers with underscores out."""
        environ = super().make_environ()
        if token := self.headers.get(portal.TOKEN_HEADER):
            environ["HTTP_X_AMZ_SSO_BEARER_TOKEN"] = token
        return environ

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing: the record of calls has it all."""
