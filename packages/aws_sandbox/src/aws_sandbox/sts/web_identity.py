"""Web identity tokens, as a CI hands them to its jobs: read without verifying, and made up.

Signatures are not verified: the sandbox has no way to the issuer's keys, and guards nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

from aws_sandbox.sts.errors import invalid_identity_token

GITHUB_ISSUER: Final = "https://token.actions.githubusercontent.com"
STS_AUDIENCE: Final = "sts.amazonaws.com"

_NO_JWT: Final = (
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
)
_PARTS: Final = 3


@dataclass(frozen=True)
class WebIdentity:
    """What a token claims."""

    issuer: str
    subject: str
    audiences: tuple[str, ...]
    expires_at: float
    claims: Mapping[str, str]

    @property
    def provider(self) -> str:
        """The issuer as IAM names its provider: without the scheme."""
        return self.issuer.partition("://")[2]


def read(token: str) -> WebIdentity:
    """Read a token.

    Raises:
        StsError: it is none, or lacks a claim that AWS needs.
    """
    claims = _claims(token)
    for name in ("iss", "aud", "sub", "exp"):
        if name not in claims:
            raise invalid_identity_token(f"Missing a required claim: {name}")
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    try:
        expires_at = float(claims["exp"])
    except (TypeError, ValueError):
        raise invalid_identity_token(_NO_JWT) from None
    return WebIdentity(
        str(claims["iss"]),
        str(claims["sub"]),
        tuple(str(audience) for audience in audiences),
        expires_at,
        {name: value for name, value in claims.items() if isinstance(value, str)},
    )


def make(issuer: str, subject: str, audience: str, now: datetime, seconds: float) -> str:
    """Make a token that looks signed, and is not."""
    issued_at = int(now.timestamp())
    claims = {
        "iss": issuer,
        "sub": subject,
        "aud": audience,
        "iat": issued_at,
        "nbf": issued_at,
        "exp": issued_at + int(seconds),
    }
    parts = (json.dumps({"alg": "RS256", "typ": "JWT"}), json.dumps(claims), "not signed")
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


def _claims(token: str) -> dict[str, Any]:
    parts = token.strip().split(".")
    if len(parts) != _PARTS:
        raise invalid_identity_token(_NO_JWT)
    try:
        header, claims = (json.loads(_decoded(part)) for part in parts[:2])
    except (ValueError, binascii.Error, RecursionError):
        raise invalid_identity_token(_NO_JWT) from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise invalid_identity_token(_NO_JWT)
    return claims


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
