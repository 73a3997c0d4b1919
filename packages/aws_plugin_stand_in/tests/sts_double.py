"""STS, and a portal of IAM Identity Center, on the loopback: for what the sandbox can't answer."""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "222222222222"
_SCOPE = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/")
_PORTAL = "GetRoleCredentials"


@dataclass(frozen=True)
class Asked:
    """One request: what, with which parameters, and whose signature it has; unsigned, none."""

    action: str
    parameters: dict[str, str]
    key: str | None
    region: str | None


@dataclass
class Sts:
    """What STS answers.

    Attributes:
        seconds: how long its credentials live, call by call; the last figure is kept.
        refusals: {action: (HTTP status, body)} in place of an answer.
        pause: how long it thinks.
        asked: what it was asked.
        url: where it is.
    """

    seconds: list[float] = field(default_factory=lambda: [3600])
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    pause: float = 0
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def actions(self) -> list[str]:
        return [one.action for one in self.asked]

    def denies(self, action: str, code: str = "AccessDenied", message: str = "no") -> None:
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        self.refusals[action] = 403, f"<ErrorResponse>{error}</ErrorResponse>"

    def answer(self, asked: Asked) -> tuple[int, str]:
        self.asked.append(asked)
        time.sleep(self.pause)
        if asked.action in self.refusals:
            return self.refusals[asked.action]
        if asked.action == "GetCallerIdentity":
            arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/r/{asked.key}"
            return 200, _xml(
                asked.action,
                f"<Account>{ACCOUNT}</Account><Arn>{arn}</Arn><UserId>u</UserId>",
            )
        number = sum(action != "GetCallerIdentity" for action in self.actions())
        seconds = self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]
        expires = datetime.now(UTC) + timedelta(seconds=seconds)
        if asked.action == _PORTAL:
            keys = {"accessKeyId": f"ASIA{number}", "secretAccessKey": "s", "sessionToken": "t"}
            expiration = int(expires.timestamp() * 1000)
            return 200, json.dumps({"roleCredentials": {**keys, "expiration": expiration}})
        return 200, _xml(
            asked.action,
            f"<Credentials><AccessKeyId>ASIA{number}</AccessKeyId>"
            "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
            f"<Expiration>{expires:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>",
        )


def _xml(action: str, result: str) -> str:
    return f"<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"


@contextmanager
def sts_on_loopback() -> Iterator[Sts]:
    sts = Sts()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            parameters = dict(parse_qsl(body))
            scope = _SCOPE.search(self.headers.get("Authorization") or "")
            asked = Asked(
                parameters.pop("Action", _PORTAL),
                parameters,
                scope[1] if scope else None,
                scope[2] if scope else None,
            )
            status, text = sts.answer(asked)
            content = text.encode()
            # Who does not wait for a slow answer is gone by now.
            with suppress(ConnectionError):
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 (the base class's names)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    sts.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield sts
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
