"""What counts as this machine."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from aws_plugin_stand_in.failures import NotLoopbackError

# A scheme, a host, perhaps a port, then the end or a path. No user name, backslash or control
# character: two programs could take two hosts for the one of such an address.
_ADDRESS = re.compile(
    r"https?://(?P<host>[a-z0-9.-]+|\[[a-f0-9:.]+\])(:\d{1,5})?(/[!-\[\]-~]*)?",
    re.ASCII | re.IGNORECASE,
)


def require_loopback(service: str, address: str) -> None:
    """Refuse an address that is not of 127.0.0.0/8, `::1` or `localhost`.

    Args:
        service: AWS's name of the service, for the message.
        address: a URL.

    Raises:
        NotLoopbackError: the address is elsewhere, or not plain enough to tell.
    """
    if not is_loopback(address):
        raise NotLoopbackError(service, address)


def is_loopback(address: str) -> bool:
    """Whether a URL's host is of this machine, by its text alone: no name is looked up."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return False
    host = match["host"].lower().strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def guard_request(**event: Any) -> None:  # noqa: ANN401 (botocore's interface of a handler)
    """Stop a prepared request to another machine: a handler of botocore's `before-send` event.

    Args:
        event: `event_name`, which is `before-send.<service>.<operation>`, and `request`, the
            AWSPreparedRequest about to be sent.

    Raises:
        NotLoopbackError: the request goes elsewhere.
    """
    require_loopback(event["event_name"].split(".")[1], event["request"].url)
