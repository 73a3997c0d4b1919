"""Errors as services write them: in the JSON protocol, of Organizations, in the query protocol."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from aws_sandbox.request_ids import PLACEHOLDER

if TYPE_CHECKING:
    from aws_sandbox.organizations.errors import OrganizationsError


def json_error(status: HTTPStatus, code: str, message: str) -> Response:
    """An error of a service with the JSON protocol."""
    body = json.dumps({"__type": code, "message": message})
    headers = {"X-Amzn-ErrorType": code}
    return Response(body, status, headers, content_type="application/json")


def organizations_error(error: OrganizationsError) -> Response:
    """An error of Organizations, with its reason if it has one."""
    body = {"__type": error.code, "Message": error.message}
    if error.reason is not None:
        body["Reason"] = error.reason
    headers = {"X-Amzn-ErrorType": error.code}
    return Response(
        json.dumps(body), HTTPStatus.BAD_REQUEST, headers, content_type="application/x-amz-json-1.1"
    )


def query_error(status: HTTPStatus, code: str, message: str) -> Response:
    """An error of a service with the query protocol, in XML."""
    body = (
        "<ErrorResponse><Error><Type>Sender</Type>"
        f"<Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        f"<RequestId>{PLACEHOLDER}</RequestId></ErrorResponse>"
    )
    return Response(body, status, content_type="text/xml")
