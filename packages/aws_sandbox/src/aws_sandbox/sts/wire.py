"""Answers in the query protocol, of STS and IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from aws_sandbox.request_ids import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping

STS: Final = "https://sts.amazonaws.com/doc/2011-06-15/"
IAM: Final = "https://iam.amazonaws.com/doc/2010-05-08/"


def answered(operation: str, answer: Mapping[str, Any], namespace: str = STS) -> Response:
    """The answer of an operation.

    Args:
        operation: its name.
        answer: its members; values are texts, and lists and objects of them.
        namespace: the service's.
    """
    body = (
        f'<{operation}Response xmlns="{namespace}">'
        f"<{operation}Result>{_xml(answer)}</{operation}Result>"
        f"<ResponseMetadata><RequestId>{PLACEHOLDER}</RequestId></ResponseMetadata>"
        f"</{operation}Response>"
    )
    return Response(body, content_type="text/xml")


def _xml(value: Mapping[str, Any] | list[Any] | str) -> str:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, list):
        return "".join(f"<member>{_xml(inner)}</member>" for inner in value)
    return "".join(f"<{name}>{_xml(inner)}</{name}>" for name, inner in value.items())
