"""Answers of STS in the query protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from aws_sandbox.request_ids import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMESPACE: Final = "https://sts.amazonaws.com/doc/2011-06-15/"


def answered(operation: str, answer: Mapping[str, Any]) -> Response:
    """The answer of an operation."""
    body = (
        f'<{operation}Response xmlns="{_NAMESPACE}">'
        f"<{operation}Result>{_xml(answer)}</{operation}Result>"
        f"<ResponseMetadata><RequestId>{PLACEHOLDER}</RequestId></ResponseMetadata>"
        f"</{operation}Response>"
    )
    return Response(body, content_type="text/xml")


def _xml(value: Mapping[str, Any] | str) -> str:
    if isinstance(value, str):
        return escape(value)
    return "".join(f"<{name}>{_xml(inner)}</{name}>" for name, inner in value.items())
