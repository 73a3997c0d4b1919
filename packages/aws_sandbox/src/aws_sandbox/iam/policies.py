"""Identity-based policies: what their statements allow and deny.

Effect, Action, NotAction, Resource, NotResource and the conditions of `conditions` are evaluated as
IAM does it: what no statement allows is denied, and a Deny wins (IAM user guide,
reference_policies_evaluation-logic). Policy variables are not modelled.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from aws_sandbox.iam.conditions import holds, like, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Verdict(StrEnum):
    """What policies say to a call, in the words of SimulatePrincipalPolicy."""

    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicitDeny"
    EXPLICIT_DENY = "explicitDeny"


@dataclass(frozen=True)
class Asked:
    """One permission that a call needs.

    Args:
        action: such as `guardduty:ListMembers`.
        resource: the ARN that it acts on; `*` for an action without resource types.
        context: the condition keys that the request has, in lower case.
    """

    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)


def verdict(documents: Iterable[str], asked: Asked) -> Verdict:
    """What the policies of one identity say together.

    Args:
        documents: the policies, as JSON.
        asked: what is asked.
    """
    statements = [each for document in documents for each in statements_of(document)]
    if any(_concerns(each, asked, "Deny", unknown=True) for each in statements):
        return Verdict.EXPLICIT_DENY
    if any(_concerns(each, asked, "Allow", unknown=False) for each in statements):
        return Verdict.ALLOWED
    return Verdict.IMPLICIT_DENY


def missing_keys(documents: Iterable[str], asked: Asked) -> set[str]:
    """The condition keys that decide over what is asked, and that the request lacks."""
    return {
        key
        for document in documents
        for statement in statements_of(document)
        if _is_about(statement, asked)
        for keys in statement.get("Condition", {}).values()
        for key in keys
        if key.lower() not in asked.context
    }


@lru_cache(maxsize=1024)
def statements_of(document: str) -> tuple[dict[str, Any], ...]:
    """The statements of a policy.

    Raises:
        ValueError: it is no policy.
    """
    content = json.loads(document)
    if not isinstance(content, dict) or "Statement" not in content:
        raise ValueError("a policy is a JSON object with statements")
    statements = listed(content["Statement"])
    if not all(isinstance(each, dict) for each in statements):
        raise ValueError("a statement of a policy is a JSON object")
    return tuple(statements)


def _concerns(statement: Mapping[str, Any], asked: Asked, effect: str, *, unknown: bool) -> bool:
    return (
        statement.get("Effect") == effect
        and _is_about(statement, asked)
        and holds(statement.get("Condition", {}), asked.context, unknown=unknown)
    )


def _is_about(statement: Mapping[str, Any], asked: Asked) -> bool:
    return _names(statement, "Action", asked.action.lower(), str.lower) and _names(
        statement, "Resource", asked.resource, str
    )


def _names(
    statement: Mapping[str, Any], element: str, value: str, fold: Callable[[str], str]
) -> bool:
    """Whether a statement's `Action` or `Resource`, or its opposite, is about a value."""
    negated = f"Not{element}" in statement
    patterns = listed(statement.get(f"Not{element}" if negated else element))
    return any(like(fold(str(each)), value) for each in patterns) is not negated
