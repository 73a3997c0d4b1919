"""Errors that a fault makes a service answer with, in the service's own protocol and words.

GuardDuty's are JSON with a header that names the error. Organizations has the JSON protocol, with
status 400 for all that the caller can't blame on the service; STS and IAM have the query protocol,
in XML (the pages "Common errors" of their API references).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from moto.utilities.utils import get_partition
from werkzeug.wrappers import Response

from aws_sandbox.fault_effects import (
    AccessDenied,
    BadRequest,
    ExpiredToken,
    InternalServerError,
    Refusal,
    Throttling,
)
from aws_sandbox.guardduty.errors import INVALID_VALUE
from aws_sandbox.request_ids import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_sandbox.request_info import RequestInfo

QUERY_PROTOCOL = frozenset({"sts", "iam"})

RATE_EXCEEDED = "Rate exceeded"
TOO_MANY_REQUESTS = (
    "You have sent too many requests in too short a period of time. The quota helps protect "
    "against denial-of-service attacks. Try again later."
)
NO_PERMISSION = "You don't have permissions to access this resource."
INTERNAL = "Internal server error"
NO_ACCESS = "No access"
NOT_SIGNED_IN = "Session token not found or invalid"
EXPIRED = "The security token included in the request is expired"


@dataclass(frozen=True)
class _Words:
    status: HTTPStatus
    code: str
    message: str


_GUARDDUTY: Mapping[type[Refusal], _Words] = {
    BadRequest: _Words(HTTPStatus.BAD_REQUEST, "BadRequestException", INVALID_VALUE),
    # Which code a throttled call has is not documented for GuardDuty: the fault names it.
    Throttling: _Words(HTTPStatus.TOO_MANY_REQUESTS, "", RATE_EXCEEDED),
    AccessDenied: _Words(HTTPStatus.FORBIDDEN, "AccessDeniedException", ""),
    ExpiredToken: _Words(HTTPStatus.FORBIDDEN, "ExpiredTokenException", EXPIRED),
    InternalServerError: _Words(
        HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerErrorException", INTERNAL
    ),
}
_ORGANIZATIONS: Mapping[type[Refusal], _Words] = {
    BadRequest: _Words(
        HTTPStatus.BAD_REQUEST,
        "InvalidInputException",
        "You provided invalid values for one or more of the request parameters.",
    ),
    Throttling: _Words(HTTPStatus.BAD_REQUEST, "TooManyRequestsException", TOO_MANY_REQUESTS),
    AccessDenied: _Words(HTTPStatus.BAD_REQUEST, "AccessDeniedException", NO_PERMISSION),
    ExpiredToken: _Words(HTTPStatus.BAD_REQUEST, "ExpiredTokenException", EXPIRED),
    InternalServerError: _Words(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "ServiceException",
        "Organizations can't complete your request because of an internal service error. "
        "Try again later.",
    ),
}
_SSO: Mapping[type[Refusal], _Words] = {
    BadRequest: _Words(HTTPStatus.BAD_REQUEST, "InvalidRequestException", "Invalid request"),
    Throttling: _Words(HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequestsException", RATE_EXCEEDED),
    AccessDenied: _Words(HTTPStatus.FORBIDDEN, "ForbiddenException", NO_ACCESS),
    ExpiredToken: _Words(HTTPStatus.UNAUTHORIZED, "UnauthorizedException", NOT_SIGNED_IN),
    InternalServerError: _Words(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalFailure", INTERNAL),
}
_QUERY: Mapping[type[Refusal], _Words] = {
    BadRequest: _Words(HTTPStatus.BAD_REQUEST, "ValidationError", "The input is not valid."),
    Throttling: _Words(HTTPStatus.BAD_REQUEST, "Throttling", RATE_EXCEEDED),
    AccessDenied: _Words(HTTPStatus.FORBIDDEN, "AccessDenied", ""),
    ExpiredToken: _Words(HTTPStatus.FORBIDDEN, "ExpiredToken", EXPIRED),
    InternalServerError: _Words(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalFailure", INTERNAL),
}


def refuse(info: RequestInfo, effect: Refusal) -> tuple[Response, str]:
    """Answer a call with the error that a fault asks for.

    Returns:
        The answer, and the error's code for the record of calls.
    """
    words = _words(info.service)[type(effect)]
    code, message = words.code, words.message
    headers = {}
    if isinstance(effect, Throttling):
        code = code or effect.code
        if effect.retry_after is not None:
            headers["Retry-After"] = str(effect.retry_after)
    elif not isinstance(effect, ExpiredToken):
        message = effect.message or message or _not_authorized(info)
    if info.service in QUERY_PROTOCOL:
        return _query_answer(words.status, code, message, headers), code
    # GuardDuty's header and body differ: the header has the modelled error, the body a finer type.
    kind = "InvalidInputException" if code == "BadRequestException" else code
    body = json.dumps({"__type": kind, "message": message})
    headers["X-Amzn-ErrorType"] = code
    response = Response(body, words.status, headers, content_type="application/json")
    return response, code


def _words(service: str) -> Mapping[type[Refusal], _Words]:
    if service in QUERY_PROTOCOL:
        return _QUERY
    return {"organizations": _ORGANIZATIONS, "sso": _SSO}.get(service, _GUARDDUTY)


def _not_authorized(info: RequestInfo) -> str:
    """What IAM says of a caller without the permission ("Access denied error messages").

    The name of the session is an address, as with IAM Identity Center: what tells AWS's words, or
    keeps them, has to leave it out.
    """
    action = f"{info.service}:{info.operation}"
    if not info.caller:
        # A request without a signature: AssumeRoleWithWebIdentity.
        return f"Not authorized to perform {action}"
    partition = get_partition(info.region)
    session = f"arn:{partition}:sts::{info.caller}:assumed-role/sandbox/somebody@example.com"
    return (
        f"User: {session} is not authorized to perform: {action} "
        f"because no identity-based policy allows the {action} action"
    )


def _query_answer(
    status: HTTPStatus, code: str, message: str, headers: Mapping[str, str]
) -> Response:
    blame = "Receiver" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "Sender"
    body = (
        f"<ErrorResponse><Error><Type>{blame}</Type>"
        f"<Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        f"<RequestId>{PLACEHOLDER}</RequestId></ErrorResponse>"
    )
    return Response(body, status, headers, content_type="text/xml")
