"""Whose policies hold for a caller: those of its user, with the user's groups, or of its role."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

from aws_sandbox.iam.policies import statements_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class UnknownIdentityError(Exception):
    """There is no such user or role."""


def documents_of(arn: str) -> tuple[str, ...]:
    """The policies of a user or a role, inline and attached, as JSON.

    Args:
        arn: of the user or the role.

    Raises:
        UnknownIdentityError: there is none.
    """
    _, partition, _, _, account_id, path = arn.split(":", 5)
    iam: Any = iam_backends[account_id][partition]
    # Copies, each in one step: moto has no locks, and a policy may be put meanwhile.
    known = [*iam.roles.values(), *iam.users.values()]
    identity = next((each for each in known if each.arn == arn), None)
    if identity is None:
        raise UnknownIdentityError(arn)
    groups = []
    if path.startswith("user/"):
        groups = [group for group in [*iam.groups.values()] if identity in group.users]
    return tuple(document for each in (identity, *groups) for document in _documents(each))


def put_policies(role_arn: str, documents: Iterable[Mapping[str, Any]]) -> None:
    """Give a role these inline policies in place of those that it has.

    Raises:
        ValueError: one is no policy.
    """
    texts = [json.dumps(document) for document in documents]
    for text in texts:
        statements_of(text)
    _, partition, _, _, account_id, _ = role_arn.split(":", 5)
    iam: Any = iam_backends[account_id][partition]
    role = next(each for each in [*iam.roles.values()] if each.arn == role_arn)
    role.policies = {f"policy-{number}": text for number, text in enumerate(texts, 1)}


def _documents(holder: Any) -> Iterable[str]:  # noqa: ANN401 -- moto has no types
    yield from [*holder.policies.values()]
    for policy in [*holder.managed_policies.values()]:
        yield from (each.document for each in policy.versions if each.is_default)
