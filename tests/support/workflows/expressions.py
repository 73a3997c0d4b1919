"""Expressions of workflow files, as GitHub evaluates them; but an unknown name is an error.

GitHub gives an empty text for a name that nothing has, so a slip of the pen passes unseen.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_Node = Callable[["Scope"], object]

_WHOLE: Final = re.compile(r"\$\{\{((?:'(?:[^']|'')*'|[^'])*?)\}\}", re.DOTALL)
_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<number>-?\d+(?:\.\d+)?)
    | '(?P<text>(?:[^']|'')*)'
    | (?P<name>[A-Za-z_][A-Za-z0-9_-]*)
    | (?P<sign>==|!=|&&|\|\||[!()\[\].,*])
    )""",
    re.VERBOSE,
)
_LITERALS: Final = {"true": True, "false": False, "null": None}
STATUS_FUNCTIONS: Final = ("always", "success", "failure", "cancelled")


class ExpressionError(Exception):
    """An expression that GitHub refuses, or that has a name that nothing has."""


class Unset(dict[str, object]):
    """The outputs of what did not run to its end: what is not in it is empty, and no error."""


class _Each(list[object]):
    """What `.*` gives: a name after it is looked up in each."""


@dataclass(frozen=True)
class Scope:
    """What an expression may use.

    Args:
        contexts: what each context has, by its name.
        functions: the status functions; only an `if` has them.
    """

    contexts: Mapping[str, object]
    functions: Mapping[str, Callable[[], bool]] = field(default_factory=dict)

    def with_contexts(self, **more: object) -> Scope:
        """The same with more contexts, or with others."""
        return Scope({**self.contexts, **more}, self.functions)


def evaluated(text: str, scope: Scope) -> object:
    """The value of one expression, with or without `${{ }}` around it.

    Raises:
        ExpressionError: it is no expression, or it uses what is not there.
    """
    whole = _WHOLE.fullmatch(text.strip())
    if whole is None and "${{" in text:
        raise ExpressionError(f"{text!r} is a text with an expression in it, and always true")
    return _Parser(whole.group(1) if whole else text).parsed()(scope)


def filled(text: str, scope: Scope) -> str:
    """A text with the values of its `${{ }}`."""
    return _WHOLE.sub(lambda match: as_text(_Parser(match.group(1)).parsed()(scope)), text)


def holds(condition: str | None, scope: Scope) -> bool:
    """Whether what has this `if` runs: without a status function, only after success."""
    text = "success()" if condition is None else condition
    result = is_true(evaluated(text, scope))
    names = "|".join(STATUS_FUNCTIONS)
    without_texts = re.sub(r"'(?:[^']|'')*'", "", text)
    if re.search(rf"\b({names})\s*\(", without_texts, re.IGNORECASE):
        return result
    return result and scope.functions["success"]()


def is_true(value: object) -> bool:
    """Whether a condition of this value holds."""
    return not (value is None or value in (False, 0, "") or value != value)  # noqa: PLR0124 -- NaN


def as_text(value: object) -> str:
    """A value as it stands in a text.

    Raises:
        ExpressionError: it is a list or an object, of which GitHub writes only the type.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    raise ExpressionError(f"a text can't have {value!r} in it: use toJSON or join")


class _Parser:
    """One expression; `parsed` gives a function that evaluates it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._wrong()
            kind = str(match.lastgroup)
            self._tokens.append((kind, match.group(kind)))
            position = match.end()

    def parsed(self) -> _Node:
        node = self._or()
        if self._tokens:
            raise self._wrong()
        return node

    def _wrong(self) -> ExpressionError:
        return ExpressionError(f"no expression: {self._text.strip()!r}")

    def _takes(self, *signs: str) -> str | None:
        if self._tokens and self._tokens[0][0] == "sign" and self._tokens[0][1] in signs:
            return self._tokens.pop(0)[1]
        return None

    def _needs(self, sign: str) -> None:
        if self._takes(sign) is None:
            raise self._wrong()

    def _or(self) -> _Node:
        node = self._and()
        while self._takes("||"):
            node = _either(node, self._and())
        return node

    def _and(self) -> _Node:
        node = self._equal()
        while self._takes("&&"):
            node = _both(node, self._equal())
        return node

    def _equal(self) -> _Node:
        node = self._not()
        while sign := self._takes("==", "!="):
            node = _compared(node, self._not(), equal=sign == "==")
        return node

    def _not(self) -> _Node:
        if self._takes("!"):
            node = self._not()
            return lambda scope: not is_true(node(scope))
        return self._path()

    def _path(self) -> _Node:
        node = self._first()
        while sign := self._takes(".", "["):
            if sign == "[":
                key = self._or()
                self._needs("]")
            elif self._takes("*"):
                node = _each(node)
                continue
            else:
                key = _always(self._next("name"))
            node = _looked_up(node, key)
        return node

    def _next(self, *kinds: str) -> str:
        if not self._tokens or self._tokens[0][0] not in kinds:
            raise self._wrong()
        return self._tokens.pop(0)[1]

    def _first(self) -> _Node:
        if self._takes("("):
            node = self._or()
            self._needs(")")
            return node
        kind = self._tokens[0][0] if self._tokens else ""
        token = self._next("number", "text", "name")
        if kind == "text":
            return _always(token.replace("''", "'"))
        if kind == "number":
            return _always(float(token))
        if token in _LITERALS:
            return _always(_LITERALS[token])
        if self._takes("("):
            return _called(token, self._arguments())
        return lambda scope: _member(scope.contexts, token)

    def _arguments(self) -> list[_Node]:
        found: list[_Node] = []
        while not self._takes(")"):
            if found:
                self._needs(",")
            found.append(self._or())
        return found


def _always(value: object) -> _Node:
    return lambda _: value


def _either(left: _Node, right: _Node) -> _Node:
    def node(scope: Scope) -> object:
        value = left(scope)
        return value if is_true(value) else right(scope)

    return node


def _both(left: _Node, right: _Node) -> _Node:
    def node(scope: Scope) -> object:
        value = left(scope)
        return right(scope) if is_true(value) else value

    return node


def _compared(left: _Node, right: _Node, *, equal: bool) -> _Node:
    return lambda scope: _are_equal(left(scope), right(scope)) is equal


def _looked_up(node: _Node, key: _Node) -> _Node:
    return lambda scope: _member(node(scope), key(scope))


def _each(node: _Node) -> _Node:
    def found(scope: Scope) -> object:
        value = node(scope)
        if isinstance(value, Mapping):
            return _Each(value.values())
        if isinstance(value, list):
            return _Each(value)
        raise ExpressionError(f".* needs a list or an object, not {value!r}")

    return found


def _member(value: object, key: object) -> object:
    """What a value has by a name or a number; of nothing, GitHub gives nothing."""
    if value is None:
        return None
    if isinstance(value, _Each):
        return _Each([_member(each, key) for each in value])
    if isinstance(value, Mapping):
        by_name = {str(name).lower(): found for name, found in value.items()}
        name = as_text(key).lower()
        if name in by_name:
            return by_name[name]
        if isinstance(value, Unset):
            return ""
    elif isinstance(value, list) and isinstance(key, float) and 0 <= key < len(value):
        return value[int(key)]
    known = ", ".join(map(str, value)) if isinstance(value, Mapping) else repr(value)
    raise ExpressionError(f"nothing is named {key!r} among: {known}")


def _number(value: object) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool | int | float):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value.strip() or 0)
        except ValueError:
            return math.nan
    return math.nan


def _are_equal(left: object, right: object) -> bool:
    """Texts without regard to case; values of two types as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if isinstance(left, list | Mapping):
        return left is right
    return _number(left) == _number(right)


def _called(name: str, arguments: Sequence[_Node]) -> _Node:
    def node(scope: Scope) -> object:
        if name.lower() in scope.functions and not arguments:
            return scope.functions[name.lower()]()
        if name.lower() not in _FUNCTIONS:
            raise ExpressionError(f"no function {name}() with {len(arguments)} arguments here")
        return _FUNCTIONS[name.lower()](*(argument(scope) for argument in arguments))

    return node


def _contains(where: object, what: object) -> bool:
    if isinstance(where, list):
        return any(_are_equal(each, what) for each in where)
    return as_text(what).lower() in as_text(where).lower()


def _format(text: object, *values: object) -> str:
    def replaced(match: re.Match[str]) -> str:
        number = match.group(1)
        return match.group()[0] if number is None else as_text(values[int(number)])

    return re.sub(r"\{\{|\}\}|\{(\d+)\}", replaced, as_text(text))


def _join(values: object, separator: object = ",") -> str:
    each = values if isinstance(values, list) else [values]
    return as_text(separator).join(map(as_text, each))


_FUNCTIONS: Final[Mapping[str, Callable[..., object]]] = {
    "contains": _contains,
    "startswith": lambda text, start: as_text(text).lower().startswith(as_text(start).lower()),
    "endswith": lambda text, end: as_text(text).lower().endswith(as_text(end).lower()),
    "format": _format,
    "join": _join,
    "tojson": lambda value: json.dumps(value, indent=2),
    "fromjson": lambda text: json.loads(as_text(text)),
}
