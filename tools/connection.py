"""Whether a site answers, found out within a few seconds.

Reads only: one TCP connection, closed at once.
"""

from __future__ import annotations

import socket
import threading
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

LIMIT_SECONDS = 3.0


@dataclass(frozen=True)
class Address:
    """A host and port that take TCP connections."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


OFFICIAL_SITE = Address("get.pulumi.com", 443)
"""Where Pulumi's installer and its plugins are downloaded from."""


def why_unreachable(address: Address, limit_seconds: float = LIMIT_SECONDS) -> str | None:
    """Try to connect, through the HTTPS proxy of the environment where there is one.

    Args:
        address: What to reach.
        limit_seconds: When to give up, name resolution included.

    Returns:
        None when it answers, otherwise one clause that says why it can't be reached.
    """
    via = _proxy_for(address.host)
    dialled = via or address
    failures: list[str] = []

    def connect() -> None:
        try:
            with socket.create_connection((dialled.host, dialled.port), timeout=limit_seconds):
                pass
        except OSError as error:
            failures.append(error.strerror or str(error))

    # The time limit of a socket does not cover the resolver, which may take much longer where
    # there is no network: so the attempt runs beside, and is left behind when it is late.
    attempt = threading.Thread(target=connect, daemon=True)
    attempt.start()
    attempt.join(limit_seconds)
    named = f"{address} (through the proxy {via})" if via else str(address)
    if attempt.is_alive():
        return f"{named} did not answer within {limit_seconds:g} s"
    if failures:
        return f"{named} can't be reached: {failures[0]}"
    return None


def _proxy_for(host: str) -> Address | None:
    proxy = urllib.request.getproxies().get("https")
    if not proxy or urllib.request.proxy_bypass(host):
        return None
    parts = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    if not parts.hostname:
        return None
    return Address(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
