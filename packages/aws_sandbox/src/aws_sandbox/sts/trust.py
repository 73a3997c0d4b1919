"""Trust policies: who may act as a role, and under which conditions.

Principals, actions and the condition operators for strings, ARNs, Bool and Null are evaluated as
IAM does it (IAM user guide, policy evaluation logic). NotPrincipal, NotAction and other operators
are not modelled: a statement with one of them allows nothing, and a Deny with one denies.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ASSUME_ROLE: Final = "sts:AssumeRole"
WITH_WEB_IDENTITY: Final = "sts:AssumeRoleWithWebIdentity"


@dataclass(frozen=True)
class Asker:
    """Who asks to act as a role.

    Args:
        action: `sts:AssumeRole` or `sts:AssumeRoleWithWebIdentity`.
        principals: the values of `Principal` that mean the asker, by kind: `AWS`, `Federated`.
        context: the condition keys that the request has, in lower case.
    """

    action: str
    principals: Mapping[str, frozenset[str]]
    context: Mapping[str, str]


def allows(policy: str, asker: Asker) -> bool:
    """Whether a trust policy allows it: some statement does, and none denies it."""
    try:
        statements = _listed(json.loads(policy)["Statement"])
    except (ValueError, KeyError, TypeError):
        return False
    if not all(isinstance(each, dict) for each in statements):
        return False
    allowing, denying = (
        [each for each in statements if each.get("Effect") == effect]
        for effect in ("Allow", "Deny")
    )
    return any(_concerns(each, asker, unknown=False) for each in allowing) and not any(
        _concerns(each, asker, unknown=True) for each in denying
    )


def trust_of_accounts(arns: tuple[str, ...], external_id: str | None = None) -> dict[str, Any]:
    """A trust policy for accounts, users or roles, by their ARNs or account ids."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": list(arns)},
        "Action": ASSUME_ROLE,
    }
    if external_id is not None:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def trust_of_web_identity(provider_arn: str, audience: str, subject: str) -> dict[str, Any]:
    """A trust policy for tokens of a provider; `subject` may hold wildcards."""
    provider = provider_arn.partition("/")[2]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider_arn},
                "Action": WITH_WEB_IDENTITY,
                "Condition": {
                    "StringEquals": {f"{provider}:aud": audience},
                    "StringLike": {f"{provider}:sub": subject},
                },
            }
        ],
    }


def _concerns(statement: Mapping[str, Any], asker: Asker, *, unknown: bool) -> bool:
    """Whether a statement is about the asker; `unknown` is the answer to what is not modelled."""
    if "NotAction" in statement or "NotPrincipal" in statement:
        return unknown
    actions = _listed(statement.get("Action"))
    return (
        any(_like(str(action).lower(), asker.action.lower()) for action in actions)
        and _means(statement.get("Principal"), asker)
        and _holds(statement.get("Condition", {}), asker, unknown=unknown)
    )


def _means(principal: object, asker: Asker) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, dict):
        return False
    return any(
        value in asker.principals[kind] or value == "*"
        for kind in asker.principals
        for value in _listed(principal.get(kind))
    )


def _holds(conditions: object, asker: Asker, *, unknown: bool) -> bool:
    if not isinstance(conditions, dict) or not all(map(_is_mapping, conditions.values())):
        return unknown
    return all(
        _is_met(operator, _listed(expected), asker.context.get(str(key).lower()), unknown=unknown)
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


def _like(pattern: str, value: str) -> bool:
    """Whether a value has the form of a pattern with `*` and `?`."""
    parts = {"*": ".*", "?": "."}
    expression = "".join(parts.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _equal(expected: str, found: str) -> bool:
    return expected == found


def _equal_in_any_case(expected: str, found: str) -> bool:
    return expected.lower() == found.lower()


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 -- JSON
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


_OPERATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_in_any_case,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": _equal_in_any_case,
}
