"""SimulatePrincipalPolicy: what policies would say to a call that nobody makes."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_sandbox.error_responses import query_error
from aws_sandbox.iam.identities import UnknownIdentityError, documents_of
from aws_sandbox.iam.policies import Asked, Verdict, missing_keys, verdict
from aws_sandbox.sts import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response

OPERATION = "SimulatePrincipalPolicy"
_IDENTITY = re.compile(r"arn:[\w-]+:iam::([0-9]{12}):(role|user)/[\w+=,.@/-]+")


def simulate(form: Mapping[str, str], account_id: str) -> tuple[Response, str]:
    """Answer the operation.

    Args:
        form: its parameters; of `ContextEntries`, the first value counts.
        account_id: who calls: the identity has to be the account's.

    Returns:
        The answer, and the error's code for the record of calls.
    """
    arn = form.get("PolicySourceArn", "")
    found = _IDENTITY.fullmatch(arn)
    if found is None or found[1] != account_id:
        code, message = (
            "InvalidInput",
            f"Invalid Entity Arn: {arn} does not clearly define entity type and name.",
        )
        return query_error(HTTPStatus.BAD_REQUEST, code, message), code
    try:
        identity = documents_of(arn)
    except UnknownIdentityError:
        kind, name = found[2], arn.rpartition("/")[2]
        code, message = "NoSuchEntity", f"The {kind} with name {name} cannot be found."
        return query_error(HTTPStatus.NOT_FOUND, code, message), code
    documents = (*identity, *_members(form, "PolicyInputList"))
    context = {
        form[f"{entry}.ContextKeyName"].lower(): form.get(f"{entry}.ContextKeyValues.member.1", "")
        for entry in _entries(form, "ContextEntries")
    }
    results = [
        _result(documents, Asked(action, resource, context))
        for action in _members(form, "ActionNames")
        for resource in _members(form, "ResourceArns") or ["*"]
    ]
    answer = {"EvaluationResults": results, "IsTruncated": "false"}
    return wire.answered(OPERATION, answer, wire.IAM), "ok"


def _result(documents: tuple[str, ...], asked: Asked) -> dict[str, Any]:
    # Without any policy the sandbox lets an identity do everything.
    decision = verdict(documents, asked) if documents else Verdict.ALLOWED
    return {
        "EvalActionName": asked.action,
        "EvalResourceName": asked.resource,
        "EvalDecision": decision.value,
        "MatchedStatements": [],
        "MissingContextValues": sorted(missing_keys(documents, asked)),
    }


def _members(form: Mapping[str, str], name: str) -> list[str]:
    return [form[entry] for entry in _entries(form, name)]


def _entries(form: Mapping[str, str], name: str) -> list[str]:
    """The keys of a list's members, `<name>.member.<n>`, in order."""
    pattern = re.compile(rf"({re.escape(name)}\.member\.([0-9]+))(\..*)?")
    numbers = {int(found[2]): found[1] for key in form if (found := pattern.fullmatch(key))}
    return [numbers[number] for number in sorted(numbers)]
