"""Trust policies: who may act as a role, and under which conditions.

Principals, actions and the condition operators for strings, ARNs, Bool and Null are evaluated as
IAM does it (IAM user guide, policy evaluation logic). NotPrincipal, NotAction and other operators
are not modelled: a statement with one of them allows nothing, and a Deny with one denies.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aws_sandbox.iam.conditions import holds, like, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        statements = listed(json.loads(policy)["Statement"])
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
    actions = listed(statement.get("Action"))
    return (
        any(like(str(action).lower(), asker.action.lower()) for action in actions)
        and _means(statement.get("Principal"), asker)
        and holds(statement.get("Condition", {}), asker.context, unknown=unknown)
    )


def _means(principal: object, asker: Asker) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, dict):
        return False
    return any(
        value in asker.principals[kind] or value == "*"
        for kind in asker.principals
        for value in listed(principal.get(kind))
    )
