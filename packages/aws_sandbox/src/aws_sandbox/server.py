"""One server for the whole local AWS, on the loopback interface only."""

from __future__ import annotations

import errno
import socket
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

from aws_sandbox.aws import Aws
from aws_sandbox.connections import KeptConnection
from aws_sandbox.control import Control
from aws_sandbox.organizations.pages import Pages
from aws_sandbox.populate import build

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from aws_sandbox.organization import OrganizationDescription

LOOPBACK: Final = "127.0.0.1"
_BACKLOG: Final = 128
_LOCAL_NAMES: Final = frozenset({LOOPBACK, "localhost"})


class PortTakenError(Exception):
    """Another program listens on the port already."""


class Sandbox:
    """The local AWS as a WSGI application: control under `/sandbox/`, AWS everywhere else.

    Args:
        description: the organization to build.
        latency_seconds: how long every AWS call takes at least.
    """

    def __init__(self, description: OrganizationDescription, latency_seconds: float = 0.0) -> None:
        world, accounts = build(description)
        pages = Pages(description.empty_pages, description.seed)
        self.aws = Aws(world, accounts, latency_seconds, pages)
        self.aws.follower.policy_delay = timedelta(minutes=description.policy_minutes)
        self._control = Control(self.aws)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        self.aws.follower.settle()
        if request.host.partition(":")[0] not in _LOCAL_NAMES:
            # A name of elsewhere that leads here is a web page reaching for this machine.
            response = Response("The sandbox answers to this machine only.", HTTPStatus.FORBIDDEN)
        elif request.path.startswith("/sandbox/"):
            response = self._control.answer(request)
        else:
            response = self.aws.answer(request)
        return response(environ, start_response)


def make(sandbox: Sandbox, port: int, host: str = LOOPBACK) -> BaseWSGIServer:
    """Bind the server; `serve_forever` of what is returned answers requests.

    Args:
        sandbox: the application.
        port: 0 takes any free one.
        host: the loopback address; anything else is refused.

    Raises:
        ValueError: `host` is not the loopback address.
        PortTakenError: the port is in use.
    """
    if host != LOOPBACK:
        raise ValueError(f"the sandbox listens on {LOOPBACK} only, not on {host}")
    # Bound here: on a port that is taken, werkzeug would print its own advice and exit.
    with _bound(port) as bound:
        return make_server(
            host,
            bound.getsockname()[1],
            sandbox,
            threaded=True,
            request_handler=KeptConnection,
            fd=bound.fileno(),
        )


def _bound(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port), backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(f"port {port} is taken by another program") from None
        raise PortTakenError(f"port {port}: {error.strerror}") from None
