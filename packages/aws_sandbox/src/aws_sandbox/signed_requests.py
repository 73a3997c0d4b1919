"""What a request to AWS says: its caller, its operation, its body."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from aws_sandbox.sts import portal
from aws_sandbox.sts.service import UNSIGNED

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

_SCOPE = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/"
)


@dataclass(frozen=True)
class Caller:
    """What a request's signature says: the key, the region and the service.

    Key and region are empty for a request that needs no signature.
    """

    key_id: str
    region: str
    service: str


def caller_of(request: Request) -> Caller | None:
    """The caller that a request is signed for; None if it has to be signed and is not."""
    found = _SCOPE.match(request.headers.get("Authorization", ""))
    if found is None and request.path == portal.PATH:
        return Caller("", "", "sso")
    if found is None and operation_of(request) in UNSIGNED:
        return Caller("", "", "sts")
    if found is None:
        return None
    return Caller(found["key"], found["region"], found["service"].lower())


def raw_path(request: Request) -> str:
    """The path as it was sent: an id may hold a quoted slash."""
    return str(request.environ.get("RAW_URI", request.path)).partition("?")[0]


def body_of(request: Request) -> bytes:
    """The body, which can be read again."""
    body = request.get_data()
    # Put back what was read: moto reads the same body from the same place.
    request.environ["wsgi.input"] = io.BytesIO(body)
    return body


def operation_of(request: Request) -> str:
    """The operation's name in the JSON protocol's header or the query protocol's form."""
    if request.path == portal.PATH:
        return portal.OPERATION
    target = request.headers.get("X-Amz-Target")
    if target is not None:
        return target.rpartition(".")[2]
    return parse_qs(body_of(request).decode("utf-8", "replace")).get("Action", [""])[0]


def json_of(request: Request) -> dict[str, Any]:
    """The body as a JSON object; empty if it is none."""
    body = request.get_data()
    # Put back what was read: moto reads the same body from the same place.
    request.environ["wsgi.input"] = io.BytesIO(body)
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
