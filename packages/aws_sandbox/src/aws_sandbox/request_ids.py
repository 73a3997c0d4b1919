"""The id that AWS gives every request, in the answer's header and in the body of XML answers."""

from __future__ import annotations

import base64
import secrets
import uuid
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

PLACEHOLDER: Final = "00000000-0000-0000-0000-000000000000"
"""Stands in the bodies where the id belongs."""

_HEADER: Final = "x-amzn-RequestId"


def give_request_id(response: Response, service: str) -> Response:
    """Put a request's id into its answer.

    S3 has headers of its own. moto has given its answers an id already.
    """
    if service == "s3":
        request_id = secrets.token_hex(8).upper()
        response.headers["x-amz-request-id"] = request_id
        response.headers["x-amz-id-2"] = base64.b64encode(secrets.token_bytes(56)).decode()
    else:
        request_id = response.headers.setdefault(_HEADER, str(uuid.uuid4()))
    if response.mimetype == "text/xml":
        body = response.get_data()
        response.set_data(body.replace(PLACEHOLDER.encode(), request_id.encode()))
    return response
