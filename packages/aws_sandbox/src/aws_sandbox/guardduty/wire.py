"""The wire form of GuardDuty (REST with JSON), driven by botocore's own service model.

Requests become dictionaries with the model's member names, as boto3 shows them; answers are made
of such dictionaries. What the model bounds (enums, list lengths, patterns of length) is checked
here, since boto3 sends enum values and too long lists without a word.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from aws_sandbox.guardduty.errors import INVALID_VALUE, ServiceError, invalid_input, too_many

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.datastructures import MultiDict


@dataclass(frozen=True)
class Route:
    """One operation with the pattern of its path."""

    operation: OperationModel
    method: str
    pattern: re.Pattern[str]


class Shared(dict[str, Any]):
    """A part of an answer that many answers have: it is brought into the wire form once.

    Nobody changes it.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        super().__init__(content)
        self._written: dict[str, Any] = {}

    def written(self, shape: StructureShape) -> Any:  # noqa: ANN401 -- JSON has any type
        """Its wire form by a shape of the service model."""
        if shape.name not in self._written:
            self._written[shape.name] = _write_structure(shape, self)
        return self._written[shape.name]


@dataclass(frozen=True)
class Call:
    """A request that the model knows: operation name and parameters by member name."""

    operation: str
    parameters: dict[str, Any]


@lru_cache(maxsize=1)
def service_model() -> ServiceModel:
    """The service model of GuardDuty as botocore ships it."""
    description = Loader().load_service_model("guardduty", "service-2")
    return ServiceModel(description, "guardduty")


@lru_cache(maxsize=1)
def _routes() -> tuple[Route, ...]:
    model = service_model()
    routes = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        uri = operation.http["requestUri"]
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(uri))
        routes.append(Route(operation, operation.http["method"], re.compile(pattern + "/?")))
    # Fixed words win over parameters: /detector/{id}/member/get is no member called "get".
    return tuple(sorted(routes, key=lambda route: route.pattern.groups))


def match(method: str, path: str) -> tuple[OperationModel, dict[str, str]]:
    """Find the operation for a method and a raw (still quoted) path.

    Returns:
        The operation and its path parameters by name in the path.

    Raises:
        ServiceError: no operation has this path (API Gateway's words, assumed for GuardDuty).
    """
    for route in _routes():
        found = route.pattern.fullmatch(path) if route.method == method else None
        if found is not None:
            return route.operation, {key: unquote(text) for key, text in found.groupdict().items()}
    raise ServiceError(
        HTTPStatus.FORBIDDEN,
        "MissingAuthenticationTokenException",
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )


def parse(
    operation: OperationModel,
    path_parameters: Mapping[str, str],
    query: MultiDict[str, str],
    body: bytes,
) -> dict[str, Any]:
    """Read and check the parameters of a request.

    Raises:
        ServiceError: the body is no JSON object, or a value is missing or out of the model's
            bounds.
    """
    shape = operation.input_shape
    if not isinstance(shape, StructureShape):
        return {}
    content = _json_object(body)
    parameters: dict[str, Any] = {}
    for name, member in shape.members.items():
        wire_name = member.serialization.get("name", name)
        location = member.serialization.get("location")
        if location == "uri":
            raw: Any = path_parameters[wire_name]
        elif location == "querystring":
            raw = _from_query(member, query.getlist(wire_name))
        else:
            raw = content.get(wire_name)
        if raw is not None:
            parameters[name] = _read(member, raw, wire_name)
        elif name in shape.required_members:
            raise invalid_input(INVALID_VALUE)
    return parameters


def serialize(operation: OperationModel, answer: Mapping[str, Any]) -> bytes:
    """Write an answer in the wire form: the model's location names, times as epoch seconds."""
    shape = operation.output_shape
    if shape is None:
        return b"{}"
    return json.dumps(_write(shape, answer), separators=(",", ":")).encode()


def serialize_error(error: ServiceError) -> bytes:
    """Write a refusal's body: the finer type and the message.

    The model of the exceptions has the type as `type`; what users quote shows it as `__type`.
    """
    body = {"__type": error.kind, "type": error.kind, "message": error.message}
    return json.dumps(body).encode()


def _json_object(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ServiceError(
            HTTPStatus.BAD_REQUEST,
            "BadRequestException",
            "SerializationException",
            "The request body is not a JSON object.",
        )
    return content


def _from_query(shape: Shape, texts: list[str]) -> Any:  # noqa: ANN401 -- JSON has any type
    """A parameter of the query, which a list repeats for each of its members."""
    if not texts:
        return None
    if isinstance(shape, ListShape):
        return texts
    if shape.type_name == "integer":
        try:
            return int(texts[0])
        except ValueError:
            raise invalid_input(INVALID_VALUE) from None
    return texts[0]


_SCALARS: dict[str, type] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "double": float,
}


def _read(shape: Shape, raw: Any, name: str) -> Any:  # noqa: ANN401 -- JSON has any type
    if isinstance(shape, StructureShape):
        return _read_structure(shape, raw)
    if isinstance(shape, ListShape):
        return _read_list(shape, raw, name)
    if isinstance(shape, MapShape):
        return _read_map(shape, raw)
    return _read_scalar(shape, raw)


def _read_structure(shape: StructureShape, raw: Any) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(raw, dict):
        raise invalid_input(INVALID_VALUE)
    found = {}
    for name, member in shape.members.items():
        wire_name = member.serialization.get("name", name)
        value = raw.get(wire_name)
        if value is not None:
            found[name] = _read(member, value, wire_name)
        elif name in shape.required_members:
            raise invalid_input(INVALID_VALUE)
    return found


def _read_list(shape: ListShape, raw: Any, name: str) -> list[Any]:  # noqa: ANN401
    if not isinstance(raw, list) or len(raw) < shape.metadata.get("min", 0):
        raise invalid_input(INVALID_VALUE)
    allowed = shape.metadata.get("max")
    if allowed is not None and len(raw) > allowed:
        raise too_many(name, len(raw), allowed)
    return [_read(shape.member, value, name) for value in raw]


def _read_map(shape: MapShape, raw: Any) -> dict[str, Any]:  # noqa: ANN401
    bounds = shape.metadata
    if not isinstance(raw, dict) or not (
        bounds.get("min", 0) <= len(raw) <= bounds.get("max", len(raw))
    ):
        raise invalid_input(INVALID_VALUE)
    return {
        _read(shape.key, key, "key"): _read(shape.value, value, key) for key, value in raw.items()
    }


def _read_scalar(shape: Shape, raw: Any) -> Any:  # noqa: ANN401
    wanted = _SCALARS.get(shape.type_name, object)
    if not isinstance(raw, wanted) or (wanted is not bool and isinstance(raw, bool)):
        raise invalid_input(INVALID_VALUE)
    # botocore leaves the enum out of `metadata` for no shape: an absent one allows everything.
    allowed = shape.metadata.get("enum")
    if allowed and raw not in allowed:
        raise invalid_input(INVALID_VALUE)
    size = len(raw) if isinstance(raw, str) else raw
    bounded = isinstance(raw, str | int) and not isinstance(raw, bool)
    if bounded and not shape.metadata.get("min", size) <= size <= shape.metadata.get("max", size):
        raise invalid_input(INVALID_VALUE)
    pattern = shape.metadata.get("pattern")
    if pattern and isinstance(raw, str) and not re.fullmatch(pattern, raw):
        raise invalid_input(INVALID_VALUE)
    return raw


@cache
def _fields(shape: StructureShape) -> dict[str, tuple[str, Shape | None]]:
    """By member: its name on the wire, and its shape unless its value is written as it is."""
    return {
        name: (
            member.serialization.get("name", name),
            None if member.type_name in _SCALARS else member,
        )
        for name, member in shape.members.items()
    }


def _write(shape: Shape, value: Any) -> Any:  # noqa: ANN401 -- JSON has any type
    if isinstance(shape, StructureShape):
        return value.written(shape) if type(value) is Shared else _write_structure(shape, value)
    if isinstance(shape, ListShape):
        return [_write(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: _write(shape.value, item) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.timestamp()
    return value


def _write_structure(shape: StructureShape, value: Mapping[str, Any]) -> dict[str, Any]:
    fields = _fields(shape)
    unknown = value.keys() - fields.keys()
    if unknown:
        raise KeyError(f"{shape.name} has no member {sorted(unknown)}")
    written = {}
    for name, item in value.items():
        if item is not None:
            wire_name, member = fields[name]
            written[wire_name] = item if member is None else _write(member, item)
    return written
