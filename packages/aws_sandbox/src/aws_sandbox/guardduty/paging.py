"""Page tokens: opaque to the caller, and checked when they come back."""

from __future__ import annotations

import base64
import binascii

from aws_sandbox.guardduty.errors import INVALID_VALUE, invalid_input

PAGE = 50
"""The size of a page that asks for none (`MaxResults` of the service model: at most 50)."""


def sealed(place: str) -> str:
    """The token for a place in a list."""
    return base64.urlsafe_b64encode(place.encode()).decode()


def opened(token: str) -> str:
    """The place that a token stands for; empty for no token.

    Raises:
        ServiceError: nobody was given such a token.
    """
    try:
        place = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise invalid_input(INVALID_VALUE) from None
    if place and not (place.isascii() and place.isdecimal()):
        raise invalid_input(INVALID_VALUE)
    return place
