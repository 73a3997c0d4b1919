"""The engine's property values, from and to protobuf.

Values travel as a protobuf `Struct`. Two things in it are not plain JSON: a value that is not known
yet (in a preview) is a reserved string, and a secret is an object with a reserved key around the
value. The stand-in tells the engine that it doesn't take secrets, so the engine strips them and
marks the outputs itself; the provider's own configuration, which arrives before that is told, may
still contain them.

Upstream, every object of a resource's inputs has `__defaults` too: which of its inputs the plugin
filled in (pulumi/pulumi-terraform-bridge). They are in the state, and are no properties.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, TypeAlias

from google.protobuf import json_format, struct_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Unknown(enum.Enum):
    """A value that is known only after something else has been created."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN

Value: TypeAlias = "str | bool | float | Unknown | list[Value] | dict[str, Value] | None"
Properties: TypeAlias = dict[str, Value]

# Of the engine's protocol (pulumi/pulumi, sdk/go/common/resource: `UnknownStringValue`, `SigKey`,
# `SecretSig`).
_UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (a public constant, no password)


DEFAULTS: Final = "__defaults"


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """The properties of a message, without those that are null, and without `__defaults`."""
    plain: dict[str, Value] = json_format.MessageToDict(struct)
    return {
        name: _received(value)
        for name, value in plain.items()
        if value is not None and name != DEFAULTS
    }


def to_struct(properties: Mapping[str, Value]) -> struct_pb2.Struct:
    """The message for properties; a null property stays out of it."""
    struct = struct_pb2.Struct()
    struct.update({name: _sent(one) for name, one in properties.items() if one is not None})
    return struct


def defaults_of(inputs: struct_pb2.Struct) -> list[str]:
    """The names of the inputs that the plugin filled in, as a resource's inputs have them."""
    names: list[str] = json_format.MessageToDict(inputs).get(DEFAULTS, [])
    return names


def inputs_to_struct(inputs: Mapping[str, Value], filled_in: Iterable[str]) -> struct_pb2.Struct:
    """The message for a resource's inputs, each object of it with `__defaults`.

    Args:
        inputs: the inputs.
        filled_in: the names of those that the program does not give.
    """
    marked: Properties = {name: _marked(value) for name, value in inputs.items()}
    marked[DEFAULTS] = [*sorted(filled_in)]
    return to_struct(marked)


def _marked(value: Value) -> Value:
    if isinstance(value, list):
        return [_marked(item) for item in value]
    if isinstance(value, dict):
        return {**{name: _marked(item) for name, item in value.items()}, DEFAULTS: []}
    return value


def _received(value: Value) -> Value:
    if isinstance(value, list):
        return [_received(item) for item in value]
    if isinstance(value, dict):
        if value.get(_SIGNATURE_KEY) == _SECRET_SIGNATURE:
            return _received(value.get("value"))
        return {name: _received(item) for name, item in value.items() if name != DEFAULTS}
    return UNKNOWN if value == _UNKNOWN_TEXT else value


def _sent(value: Value) -> Value:
    if isinstance(value, list):
        return [_sent(item) for item in value]
    if isinstance(value, dict):
        return {name: _sent(item) for name, item in value.items()}
    return _UNKNOWN_TEXT if isinstance(value, Unknown) else value
