"""A resource type's properties: which inputs are taken, what is a difference, what replaces.

Names, nesting and which inputs are required are those of `pulumi_aws`'s classes, against which a
test holds them. What can't be seen from the classes (defaults, allowed values, computed and
replacing properties) is the upstream schema's.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_plugin_stand_in.wire import UNKNOWN, Properties, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_plugin_stand_in.tags import ProviderTags


_ALL_TAGS = "tagsAll"
"""An output of every type that has tags; an input too, which not the program gives, but Check."""


class Kind(enum.Enum):
    """What a value looks like."""

    TEXT = "a string"
    TRUTH = "true or false"
    TAGS = "a map of strings"
    BLOCK = "an object"
    BLOCKS = "a list of objects"


@dataclass(frozen=True)
class Property:
    """One input property of a resource type, or one field of a nested block."""

    kind: Kind
    required: bool = False
    computed: bool = False
    """AWS has a value of its own where the program gives none: absent is then no difference."""
    replaces: bool = False
    default: Value = None
    values: tuple[str, ...] = ()
    """The allowed values, where the service has an enumeration."""
    fields: Mapping[str, Property] = field(default_factory=dict)
    unordered: bool = False
    """The order of a list of blocks means nothing."""
    deprecated: bool = False


@dataclass(frozen=True)
class Fault:
    """What is wrong with one input: the property's path and one sentence."""

    path: str
    reason: str


class Change(enum.Enum):
    """How a property differs between the state and the program."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class Difference:
    """One property that differs, and whether that takes another resource in this one's place."""

    name: str
    change: Change
    replaces: bool


@dataclass(frozen=True)
class Schema:
    """A resource type: its token, its inputs by name, and the outputs beyond them."""

    token: str
    inputs: Mapping[str, Property]
    outputs: frozenset[str] = frozenset()
    importable: bool = True
    """Whether upstream has an importer for the type."""

    def faults(self, given: Properties) -> list[Fault]:
        """All that is wrong with inputs: unknown, missing, of another type, not a value."""
        return list(_faults(given, self.inputs, "", self.token))

    def with_defaults(self, given: Properties) -> Properties:
        """The inputs with the defaults of those that the program leaves out."""
        defaults = {
            name: one.default for name, one in self.inputs.items() if one.default is not None
        }
        return {**defaults, **given}

    def with_tags(self, inputs: Properties, of_provider: ProviderTags) -> Properties:
        """The inputs with `tagsAll`: the resource's own tags and the provider's.

        Not known as long as one of them is not. No tags at all add nothing.
        """
        own = inputs.get("tags") or {}
        if _ALL_TAGS not in self.outputs:
            return inputs
        if not isinstance(own, dict) or UNKNOWN in own.values():
            return {**inputs, _ALL_TAGS: UNKNOWN}
        tags = {name: value for name, value in own.items() if isinstance(value, str)}
        every: dict[str, Value] = {**of_provider.merged(tags)}
        return {**inputs, _ALL_TAGS: every} if every else inputs

    def planned(self, inputs: Properties, state: Properties) -> Properties:
        """What a preview answers: the inputs, and the computed values of the state or unknown."""
        kept = {
            name: state.get(name, UNKNOWN) for name in {*self._computed_inputs(), *self.outputs}
        }
        if _ALL_TAGS in kept:
            kept[_ALL_TAGS] = {}
        return {**kept, **inputs}

    def differences(self, state: Properties, inputs: Properties) -> list[Difference]:
        """The properties in which a program's inputs differ from the state that was last read."""
        compared = dict(self.inputs)
        if _ALL_TAGS in self.outputs:
            compared[_ALL_TAGS] = Property(Kind.TAGS)
        return [
            difference
            for name, one in compared.items()
            if (difference := _difference(name, one, state.get(name), inputs.get(name)))
        ]

    def inputs_of(self, outputs: Properties, known: Properties) -> Properties:
        """The inputs that a state amounts to, for the engine to compare the program with.

        Args:
            outputs: the state that was read.
            known: the inputs so far; empty at an import, where all that a program may set is
                returned.
        """
        names = known or [name for name, one in self.inputs.items() if not one.deprecated]
        return {name: outputs[name] for name in names if outputs.get(name) is not None}

    def _computed_inputs(self) -> Iterator[str]:
        return (name for name, one in self.inputs.items() if one.computed)


def _faults(
    given: Mapping[str, Value], known: Mapping[str, Property], prefix: str, token: str
) -> Iterator[Fault]:
    for name in given:
        if name not in known:
            yield Fault(
                prefix + name,
                f"the aws stand-in doesn't know {prefix + name!r} of {token}, "
                f"only {', '.join(sorted(known))}",
            )
    for name, one in known.items():
        value = given.get(name)
        if value is None:
            if one.required:
                yield Fault(prefix + name, f"Missing required property '{prefix + name}'")
        elif not isinstance(value, Unknown):
            yield from _faults_of_value(value, one, prefix + name, token)


def _faults_of_value(value: Value, one: Property, path: str, token: str) -> Iterator[Fault]:
    match one.kind, value:
        case (Kind.TEXT, str()) | (Kind.TRUTH, bool()):
            if one.values and value not in one.values:
                yield Fault(
                    path, f"expected {path} to be one of {', '.join(one.values)}, got {value}"
                )
        case Kind.TAGS, dict() if all(isinstance(tag, str | Unknown) for tag in value.values()):
            pass
        case Kind.BLOCK, dict():
            yield from _faults(value, one.fields, f"{path}.", token)
        case Kind.BLOCKS, list():
            element = Property(Kind.BLOCK, fields=one.fields)
            for index, item in enumerate(value):
                if not isinstance(item, Unknown):
                    yield from _faults_of_value(item, element, f"{path}[{index}]", token)
        case _:
            yield Fault(path, f"{path} must be {one.kind.value}")


def _difference(name: str, one: Property, old: Value, new: Value) -> Difference | None:
    # Nothing, an empty map and an empty list are one and the same for AWS.
    old, new = old or None, new if new not in ({}, []) else None
    if one.kind is Kind.TRUTH:
        old = bool(old)
    if new is None and (one.computed or old is None):
        return None
    if one.unordered:
        old, new = _sorted(old), _sorted(new)
    if one.computed and isinstance(old, dict) and isinstance(new, dict):
        # A block may be given in part: what the program leaves out is AWS's.
        old = _shared(old, new)
    if old == new:
        return None
    change = Change.UPDATE
    if old is None:
        change = Change.ADD
    elif new is None:
        change = Change.DELETE
    return Difference(name, change, one.replaces)


def _sorted(value: Value) -> Value:
    if not isinstance(value, list):
        return value
    return sorted(value, key=repr)


def _shared(old: Mapping[str, Value], new: Mapping[str, Value]) -> Value:
    shared: Properties = {}
    for name, value in new.items():
        other = old.get(name)
        both = isinstance(other, dict) and isinstance(value, dict)
        shared[name] = _shared(other, value) if both else other  # type: ignore[arg-type] # both are maps
    return shared
