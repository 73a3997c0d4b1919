"""Trust policies, statement by statement."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aws_sandbox.sts.trust import ASSUME_ROLE, Asker, allows

ROLE = "arn:aws:iam::111111111111:role/ci"
ASKER = Asker(
    ASSUME_ROLE,
    {"AWS": frozenset({ROLE, "111111111111", "arn:aws:iam::111111111111:root"})},
    {"sts:externalid": "Acme-1", "aws:principalarn": ROLE},
)


def allowed(**changes: Any) -> bool:  # noqa: ANN401 -- JSON
    statement = {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "sts:AssumeRole"}
    policy = {"Statement": {**statement, **changes}}
    return allows(json.dumps(policy), ASKER)


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": ["222222222222", "111111111111"]}, True),
        ({"AWS": "arn:aws:iam::111111111111:root"}, True),
        ({"AWS": "arn:aws:iam::111111111111:role/other"}, False),
        ({"Service": "ec2.amazonaws.com"}, False),
        ({"Federated": "*"}, False),
        (None, False),
    ],
)
def test_a_principal_is_an_account_a_role_or_everybody(principal: object, expected: bool) -> None:  # noqa: FBT001 -- a table
    assert allowed(Principal=principal) is expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("sts:*", True),
        ("STS:assumerole", True),
        (["sts:TagSession", "sts:AssumeRole"], True),
        ("sts:AssumeRoleWithWebIdentity", False),
        ("*", True),
    ],
)
def test_an_action_may_hold_wildcards(action: object, expected: bool) -> None:  # noqa: FBT001 -- a table
    assert allowed(Action=action) is expected


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("StringEquals", "sts:ExternalId", "Acme-1", True),
        ("StringEquals", "sts:ExternalId", ["x", "Acme-1"], True),
        ("StringEquals", "sts:ExternalId", "acme-1", False),
        ("StringEqualsIgnoreCase", "sts:ExternalId", "acme-1", True),
        ("StringEquals", "sts:ExternalId", "Acme-*", False),
        ("StringLike", "sts:ExternalId", "Acme-?", True),
        ("StringLike", "sts:ExternalId", "[A]cme-1", False),
        ("StringNotLike", "sts:ExternalId", "Acme-*", False),
        ("StringNotEquals", "sts:ExternalId", "x", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/ci", True),
        ("ForAnyValue:StringEquals", "sts:ExternalId", "Acme-1", True),
        ("StringEquals", "aws:Missing", "x", False),
        ("StringEqualsIfExists", "aws:Missing", "x", True),
        ("StringNotEquals", "aws:Missing", "x", True),
        ("Bool", "aws:MultiFactorAuthPresent", True, False),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", True, True),
        ("Null", "aws:MultiFactorAuthPresent", True, True),
        ("Null", "sts:ExternalId", "false", True),
        ("IpAddress", "sts:ExternalId", "Acme-1", False),
    ],
)
def test_conditions_are_met_as_iam_documents(
    operator: str,
    key: str,
    value: object,
    expected: bool,  # noqa: FBT001 -- a table
) -> None:
    assert allowed(Condition={operator: {key: value}}) is expected


def test_every_condition_has_to_be_met() -> None:
    condition = {"StringEquals": {"sts:ExternalId": "Acme-1", "aws:PrincipalArn": "x"}}
    assert not allowed(Condition=condition)


@pytest.mark.parametrize(
    "more",
    [
        {"Condition": {"IpAddress": {"sts:ExternalId": "x"}}},
        {"NotPrincipal": {"AWS": "*"}},
        {"Condition": ["x"]},
    ],
    ids=["operator", "NotPrincipal", "no condition"],
)
def test_a_deny_that_is_not_modelled_denies(more: dict[str, object]) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    assert allows(json.dumps({"Statement": statement}), ASKER)
    denial = {**statement, "Effect": "Deny", **more}
    assert not allows(json.dumps({"Statement": [statement, denial]}), ASKER)


@pytest.mark.parametrize("policy", ["", "{", "[]", "{}", '{"Statement": []}', '{"Statement": "x"}'])
def test_what_is_no_policy_allows_nothing(policy: str) -> None:
    assert not allows(policy, ASKER)
