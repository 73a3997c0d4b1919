"""The form of a GuardDuty policy: what CreatePolicy and UpdatePolicy refuse."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import botocore.session

from aws_sandbox.guardduty.policy import EVERY_REGION
from aws_sandbox.organizations.effective import PLANS, STATUSES, effective_alone
from aws_sandbox.organizations.errors import (
    OrganizationsError,
    constraint_violation,
    invalid_input,
)
from aws_sandbox.organizations.inheritance import ALLOWED_FOR_CHILDREN, ASSIGN, allowed_operators

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_CONTENT: Final = 10_000
"""Characters; the quota of declarative policies. AWS names none for this type."""
_LONGEST_NAME: Final = 128
_LONGEST_DESCRIPTION: Final = 512


def check_policy(parameters: Mapping[str, Any]) -> None:
    """Refuse a policy that is too long, or not of the documented form.

    Raises:
        OrganizationsError: name, description or content are too long; the content is no JSON of
            that form, names an unknown region, plan, status or operator, or enables a plan without
            `foundational` in the same block.
    """
    named = (("Name", _LONGEST_NAME), ("Description", _LONGEST_DESCRIPTION))
    if any(len(str(parameters.get(key, ""))) > longest for key, longest in named):
        raise invalid_input("MAX_LENGTH_EXCEEDED")
    content = str(parameters.get("Content"))
    if len(content) > LONGEST_CONTENT:
        raise constraint_violation(
            "POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the maximum policy size."
        )
    try:
        document = json.loads(content)
        _check_operators(document)
        blocks = dict(_own(document["guardduty"]["enablement"]))
        for key, plan in (item for block in blocks.values() for item in _own(block)):
            says = plan.get("status", plan).keys() & {ASSIGN, ALLOWED_FOR_CHILDREN}
            if key not in PLANS or not says:
                raise _malformed()
        alone = effective_alone(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _malformed() from None
    known = blocks.keys() <= _regions() | {EVERY_REGION}
    if alone is None or alone.errors or not known:
        raise _malformed()


def _own(part: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The keys of a part of a policy that are no operators."""
    return ((key, value) for key, value in part.items() if not key.startswith("@@"))


def _check_operators(part: object, key: str = "") -> None:
    """Look through a policy for operators that it can't have.

    All its settings have a single value: they are assigned, nothing is appended or removed.

    Raises:
        KeyError: an operator that is unknown, or not for such a setting, or an unknown status.
    """
    if not isinstance(part, dict):
        return
    for name, value in part.items():
        if name == ALLOWED_FOR_CHILDREN:
            allowed_operators(value)
        elif name == ASSIGN and key == "status":
            STATUSES[value]
        elif name.startswith("@@"):
            raise KeyError(name)
        else:
            _check_operators(value, name)


def _malformed() -> OrganizationsError:
    return OrganizationsError(
        "MalformedPolicyDocumentException",
        "The provided policy document does not meet the requirements of the specified policy type.",
    )


@cache
def _regions() -> frozenset[str]:
    """The regions of AWS, as botocore knows them."""
    session = botocore.session.Session()
    partitions = session.get_available_partitions()
    return frozenset(
        region for name in partitions for region in session.get_available_regions("ec2", name)
    )
