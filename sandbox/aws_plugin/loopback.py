"""What counts as this machine."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from sandbox.aws_plugin.failures import NotLoopbackError


def require_loopback(service: str, address: str) -> None:
    """Refuse an address that is not of 127.0.0.0/8, `::1` or `localhost`.

    Args:
        service: AWS's name of the service, for the message.
        address: a URL.

    Raises:
        NotLoopbackError: the address is elsewhere.
    """
    if not is_loopback(address):
        raise NotLoopbackError(service, address)


def is_loopback(address: str) -> bool:
    """Whether a URL's host is of this machine, by its text alone: no name is looked up."""
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return False
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def guard_request(**event: Any) -> None:  # noqa: ANN401 (botocore's interface of a handler)
    """Stop a prepared request to another machine: a handler of botocore's `before-send` event.

    The clients that the stand-in makes are checked when they are made. botocore makes others by
    itself, for a profile that assumes a role or signs in: their requests pass here too.

    Args:
        event: `event_name`, which is `before-send.<service>.<operation>`, and `request`, the
            AWSPreparedRequest about to be sent.

    Raises:
        NotLoopbackError: the request goes elsewhere.
    """
    require_loopback(event["event_name"].split(".")[1], event["request"].url)
