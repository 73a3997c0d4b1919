"""Conditions and wildcards of policies, for trust policies and identity-based ones.

The operators for strings, ARNs, Bool and Null are evaluated as IAM does it (IAM user guide,
reference_policies_elements_condition_operators). Other operators are not modelled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def holds(conditions: object, context: Mapping[str, str], *, unknown: bool) -> bool:
    """Whether a statement's conditions are all met.

    Args:
        conditions: the statement's `Condition`.
        context: the condition keys that the request has, in lower case.
        unknown: the answer to what is not modelled.
    """
    if not isinstance(conditions, dict) or not all(map(_is_mapping, conditions.values())):
        return unknown
    return all(
        _is_met(operator, listed(expected), context.get(str(key).lower()), unknown=unknown)
        for operator, keys in conditions.items()
        for key, expected in keys.items()
    )


def _is_mapping(value: object) -> bool:
    return isinstance(value, dict)


def _is_met(operator: str, expected: list[Any], found: str | None, *, unknown: bool) -> bool:
    """Whether one key of a condition is as expected; a key that the request lacks has None."""
    name = operator.rpartition(":")[2]
    base = name.removesuffix("IfExists")
    wanted = [str(value).lower() if isinstance(value, bool) else str(value) for value in expected]
    if base == "Null":
        return str(found is None).lower() in wanted
    compare = _OPERATORS.get(base.replace("Not", "", 1))
    if compare is None:
        return unknown
    negated = "Not" in base
    if found is None:
        return negated or name.endswith("IfExists") or operator.startswith("ForAllValues:")
    return any(compare(value, found) for value in wanted) is not negated


def like(pattern: str, value: str) -> bool:
    """Whether a value has the form of a pattern with `*` and `?`."""
    parts = {"*": ".*", "?": "."}
    expression = "".join(parts.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _equal(expected: str, found: str) -> bool:
    return expected == found


def _equal_in_any_case(expected: str, found: str) -> bool:
    return expected.lower() == found.lower()


def listed(value: Any) -> list[Any]:  # noqa: ANN401 -- JSON
    """A policy's value as a list: a list of one may be written without brackets."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


_OPERATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_in_any_case,
    "StringLike": like,
    "ArnEquals": like,
    "ArnLike": like,
    "Bool": _equal_in_any_case,
}
