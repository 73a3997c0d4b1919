"""What becomes of a call, and of one whose key is not known or has expired."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_sandbox.error_responses import json_error, query_error
from aws_sandbox.fault_effects import ExpiredToken
from aws_sandbox.other_services import ec2_error, xml_error
from aws_sandbox.refusals import QUERY_PROTOCOL, refuse
from aws_sandbox.request_info import Batch, RequestInfo
from aws_sandbox.signed_requests import Caller, operation_of

if TYPE_CHECKING:
    from werkzeug.wrappers import Request, Response

NOT_VALIDATED = "AWS was not able to validate the provided access credentials"
NO_SUCH_KEY = "The AWS Access Key Id you provided does not exist in our records."
INVALID_TOKEN = "The security token included in the request is invalid."  # noqa: S105 -- a message


@dataclass(frozen=True)
class Outcome:
    """An answer, with what the record of calls keeps of it."""

    response: Response
    operation: str
    account_ids: tuple[str, ...] = ()
    unprocessed: tuple[str, ...] = ()
    code: str = "ok"
    fault: str | None = None


def unknown_key(request: Request, service: str) -> Outcome:
    """Refuse a key that is not known, in the words of the service."""
    operation = operation_of(request)
    json_protocol = "X-Amz-Target" in request.headers
    if service == "ec2":
        code = "AuthFailure"
        response = ec2_error(HTTPStatus.UNAUTHORIZED, code, NOT_VALIDATED)
        return Outcome(response, operation, code=code)
    if service == "s3":
        code = "InvalidAccessKeyId"
        return Outcome(xml_error(service, code, NO_SUCH_KEY), operation, code=code)
    if operation and not json_protocol:
        code = "InvalidClientTokenId"
        return Outcome(query_error(HTTPStatus.FORBIDDEN, code, INVALID_TOKEN), operation, code=code)
    code = "UnrecognizedClientException"
    status = HTTPStatus.BAD_REQUEST if json_protocol else HTTPStatus.FORBIDDEN
    return Outcome(json_error(status, code, INVALID_TOKEN), operation, code=code)


def expired_key(request: Request, caller: Caller, account_id: str) -> Outcome:
    """Refuse temporary keys that have expired, in the words of the service."""
    operation = operation_of(request)
    if caller.service == "ec2":
        code = "RequestExpired"
        response = ec2_error(HTTPStatus.BAD_REQUEST, code, "Request has expired.")
        return Outcome(response, operation, code=code)
    if caller.service == "s3":
        code, message = "ExpiredToken", "The provided token has expired."
        response = xml_error("s3", code, message, HTTPStatus.BAD_REQUEST)
        return Outcome(response, operation, code=code)
    service = caller.service
    if "X-Amz-Target" in request.headers:
        service = "organizations"
    elif operation and service not in QUERY_PROTOCOL:
        service = "sts"
    info = RequestInfo(service, operation, account_id, caller.region, Batch())
    response, code = refuse(info, ExpiredToken())
    return Outcome(response, operation, code=code)
