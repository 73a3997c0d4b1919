"""The portal of IAM Identity Center (SSO): keys for who is signed in.

Signing in is a matter of the browser; here the control interface does it. Which permission sets
there are is not known: everybody who is signed in gets any role in any account of the organization.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from werkzeug.wrappers import Response

from aws_sandbox.refusals import NO_ACCESS, NOT_SIGNED_IN
from aws_sandbox.sts.service import role_session

if TYPE_CHECKING:
    from datetime import datetime

    from werkzeug.wrappers import Request

    from aws_sandbox.accounts import Accounts
    from aws_sandbox.clock import VirtualClock
    from aws_sandbox.sts.keys import KeyBook

PATH: Final = "/federation/credentials"
TOKEN_HEADER: Final = "x-amz-sso_bearer_token"  # noqa: S105 -- a name
OPERATION: Final = "GetRoleCredentials"
_HOUR: Final = timedelta(hours=1)


class Portal:
    """`sso:GetRoleCredentials`.

    Args:
        accounts: the organization.
        keys: the temporary keys.
        clock: the time.
    """

    def __init__(self, accounts: Accounts, keys: KeyBook, clock: VirtualClock) -> None:
        self._accounts = accounts
        self._keys = keys
        self._clock = clock
        self._signed_in: dict[str, datetime] = {}

    def sign_in(self, lasts: timedelta) -> str:
        """An access token, which is good for so long."""
        token = f"aoa{secrets.token_urlsafe(60)}"
        self._signed_in[token] = self._clock.now() + lasts
        return token

    def sign_out(self) -> None:
        """Nobody is signed in any more."""
        self._signed_in.clear()

    def answer(self, request: Request) -> tuple[Response, str]:
        """Answer a request, and tell the error's code or `ok`."""
        token = request.environ.get("HTTP_X_AMZ_SSO_BEARER_TOKEN", "")
        ends = self._signed_in.get(token)
        if ends is None or self._clock.now() >= ends:
            return _error(HTTPStatus.UNAUTHORIZED, "UnauthorizedException", NOT_SIGNED_IN)
        account_id, name = request.args.get("account_id", ""), request.args.get("role_name", "")
        if self._accounts.joined_at(account_id) is None or not name:
            return _error(HTTPStatus.FORBIDDEN, "ForbiddenException", NO_ACCESS)
        digest = hashlib.sha256(f"{account_id}/{name}".encode()).hexdigest()
        arn = (
            f"arn:{self._accounts.partition}:iam::{account_id}:role/aws-reserved/sso.amazonaws.com/"
            f"AWSReservedSSO_{name}_{digest[:16]}"
        )
        principal = role_session(arn, f"AROA{digest[:17].upper()}", "somebody@example.com")
        key = self._keys.issue(principal, _HOUR)
        body: dict[str, Any] = {
            "roleCredentials": {
                "accessKeyId": key.access_key_id,
                "secretAccessKey": key.secret_access_key,
                "sessionToken": key.session_token,
                "expiration": int(key.expiration.timestamp()) * 1000,
            }
        }
        return Response(json.dumps(body), content_type="application/json"), "ok"


def _error(status: HTTPStatus, code: str, message: str) -> tuple[Response, str]:
    body = json.dumps({"__type": f"com.amazonaws.switchboard.portal#{code}", "message": message})
    headers = {"X-Amzn-ErrorType": code}
    return Response(body, status, headers, content_type="application/json"), code
