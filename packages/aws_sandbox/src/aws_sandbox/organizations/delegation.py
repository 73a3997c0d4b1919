"""The delegation policy: which members may do what with the organization's policies.

One resource policy belongs to the organization; the management account writes it. It allows what
is on AWS's list of supported actions, nothing else (Organizations user guide, creating a
resource-based delegation policy).
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import botocore.session

from aws_sandbox.organizations.errors import OrganizationsError, invalid_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aws_sandbox.accounts import Accounts

    Answer = dict[str, Any]

SUPPORTED_ACTIONS: Final = frozenset(
    {
        *("AttachPolicy", "CreatePolicy", "DeletePolicy", "DetachPolicy", "UpdatePolicy"),
        *("EnablePolicyType", "DisablePolicyType", "TagResource", "UntagResource"),
        *("DescribeAccount", "DescribeCreateAccountStatus", "DescribeEffectivePolicy"),
        *("DescribeHandshake", "DescribeOrganization", "DescribeOrganizationalUnit"),
        *("DescribePolicy", "DescribeResourcePolicy", "ListAccounts", "ListAccountsForParent"),
        *("ListAWSServiceAccessForOrganization", "ListChildren", "ListCreateAccountStatus"),
        *("ListDelegatedAdministrators", "ListDelegatedServicesForAccount"),
        *("ListHandshakesForAccount", "ListHandshakesForOrganization"),
        *("ListOrganizationalUnitsForParent", "ListParents", "ListPolicies"),
        *("ListPoliciesForTarget", "ListRoots", "ListTagsForResource", "ListTargetsForPolicy"),
    }
)
"""What can be delegated; ListAccountsWithInvalidEffectivePolicy is not among it."""

_LONGEST: Final = 40_000
_TYPE_KEY: Final = "organizations:policytype"
_TYPES_OF_PARAMETERS: Final = ("PolicyType", "Type", "Filter")
_IDS_IN_PARAMETERS: Final = (
    *("PolicyId", "TargetId", "RootId", "AccountId", "OrganizationalUnitId"),
    *("ParentId", "ChildId", "ResourceId"),
)
_PRINCIPAL: Final = re.compile(
    r"\*|(?P<id>\d{12})|arn:[\w-]+:iam::(?P<arn>\d{12}):(?:root|(?:user|role)/.+)"
)
_ORGANIZATIONS_ARN: Final = re.compile(r"\*|arn:[^:]+:organizations:[^:]*:[^:]+:.+")


class Delegation:
    """The organization's delegation policy.

    Args:
        accounts: the organization.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._content: str | None = None
        self.operations: dict[str, Callable[[str, Mapping[str, Any]], Answer | None]] = {
            "PutResourcePolicy": self._put,
            "DescribeResourcePolicy": self._describe,
            "DeleteResourcePolicy": self._delete,
        }

    def allows(self, caller: str, operation: str, parameters: Mapping[str, Any]) -> bool:
        """Whether a member may do something.

        It has to be allowed for every resource that is concerned, and denied for none. Conditions
        are those on `organizations:PolicyType`; of any other, none is fulfilled.

        Args:
            caller: the account; the IAM policies of its users and roles have no effect.
            operation: the API's name of it.
            parameters: the call's.
        """
        if self._content is None or operation not in SUPPORTED_ACTIONS:
            return False
        action, policy_type = f"organizations:{operation}", self._policy_type(parameters)
        concerned = [
            statement
            for statement in json.loads(self._content)["Statement"]
            if _names(statement, caller)
            and any(_fits(action, one, re.IGNORECASE) for one in _actions(statement))
            and _fulfilled(statement, policy_type)
        ]
        resources = self._resources(parameters)

        def one(effect: str, resource: str) -> bool:
            return any(
                statement["Effect"] == effect
                and any(_fits(resource, pattern) for pattern in _listed(statement["Resource"]))
                for statement in concerned
            )

        allowed = all(one("Allow", resource) for resource in resources)
        return allowed and not any(one("Deny", resource) for resource in resources)

    def _put(self, _caller: str, parameters: Mapping[str, Any]) -> Answer:
        content = str(parameters.get("Content", ""))
        if len(content) > _LONGEST:
            raise invalid_input("MAX_LENGTH_EXCEEDED")
        self._check(content)
        self._content = content
        return self._described(content)

    def _describe(self, _caller: str, _parameters: Mapping[str, Any]) -> Answer:
        if self._content is None:
            raise _not_found()
        return self._described(self._content)

    def _delete(self, _caller: str, _parameters: Mapping[str, Any]) -> Answer:
        if self._content is None:
            raise _not_found()
        self._content = None
        return {}

    def _described(self, content: str) -> Answer:
        organization = self._accounts.backend.org
        policy_id = f"rp-{organization.id.removeprefix('o-')}"
        arn = organization.arn.replace(":organization/", ":resourcepolicy/")
        summary = {"Id": policy_id, "Arn": f"{arn}/{policy_id}"}
        return {"ResourcePolicy": {"ResourcePolicySummary": summary, "Content": content}}

    def _check(self, content: str) -> None:
        """Refuse a policy that could not be meant.

        `NotAction` and `NotResource` are refused since 2026-06-30. It is assumed that NotPrincipal
        is, that a principal has to be in the organization, and with which reason each is refused.
        """
        try:
            statements = json.loads(content)["Statement"]
            for statement in statements:
                if statement["Effect"] not in {"Allow", "Deny"}:
                    raise invalid_input("INVALID_RESOURCE_POLICY_JSON")
                if {"NotAction", "NotResource", "NotPrincipal"} & statement.keys():
                    raise invalid_input("INVALID_RESOURCE_POLICY_JSON")
                self._check_statement(statement)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise invalid_input("INVALID_RESOURCE_POLICY_JSON") from None

    def _check_statement(self, statement: Mapping[str, Any]) -> None:
        for principal in _principals(statement):
            found = _PRINCIPAL.fullmatch(principal)
            account_id = found and (found["id"] or found["arn"])
            if not found or (account_id and self._accounts.joined_at(account_id) is None):
                raise invalid_input("INVALID_PRINCIPAL")
        for pattern in _actions(statement):
            names = (f"organizations:{action}" for action in SUPPORTED_ACTIONS)
            if not any(_fits(name, pattern, re.IGNORECASE) for name in names):
                raise invalid_input("UNSUPPORTED_ACTION_IN_RESOURCE_POLICY")
        for pattern in _listed(statement["Resource"]):
            if _ORGANIZATIONS_ARN.fullmatch(pattern) is None:
                raise invalid_input("UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY")
        for _, key, values in _conditions(statement):
            types = policy_types() if key == _TYPE_KEY else ()
            if types and not all(any(_fits(one, value) for one in types) for value in values):
                raise invalid_input("UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY")

    def _policy_type(self, parameters: Mapping[str, Any]) -> str | None:
        """The value of `organizations:PolicyType` in a call."""
        for name in _TYPES_OF_PARAMETERS:
            if name in parameters:
                return str(parameters[name])
        for policy in self._accounts.backend.policies:
            if policy.id == parameters.get("PolicyId"):
                return str(policy.type)
        return None

    def _resources(self, parameters: Mapping[str, Any]) -> list[str]:
        """The ARNs that a call is about; for one that names none, as IAM has it, `*`."""
        backend, tree = self._accounts.backend, self._accounts.tree()
        known = tree.units | tree.by_id | {policy.id: policy for policy in backend.policies}
        named = [str(parameters[name]) for name in _IDS_IN_PARAMETERS if name in parameters]
        found = [known[one].arn if one in known else one for one in named]
        if "Type" in parameters:
            above = backend.org.arn.replace(":organization/", ":policy/")
            found.append(f"{above}/{str(parameters['Type']).lower()}/p-new")
        return found or ["*"]


@cache
def policy_types() -> frozenset[str]:
    """All types of policies that AWS Organizations has."""
    model = botocore.session.Session().get_service_model("organizations")
    return frozenset(model.shape_for("PolicyType").metadata["enum"])


def _not_found() -> OrganizationsError:
    return OrganizationsError(
        "ResourcePolicyNotFoundException",
        "We can't find a resource policy request with the parameter that you specified.",
    )


def _names(statement: Mapping[str, Any], account_id: str) -> bool:
    for principal in _principals(statement):
        found = _PRINCIPAL.fullmatch(principal)
        if principal == "*" or (found and account_id in {found["id"], found["arn"]}):
            return True
    return False


def _principals(statement: Mapping[str, Any]) -> list[str]:
    principal = statement["Principal"]
    return _listed(principal if isinstance(principal, str) else principal["AWS"])


def _actions(statement: Mapping[str, Any]) -> list[str]:
    return _listed(statement["Action"])


def _conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    for operator, by_key in statement.get("Condition", {}).items():
        for key, values in by_key.items():
            yield operator, key.lower(), _listed(values)


def _fulfilled(statement: Mapping[str, Any], policy_type: str | None) -> bool:
    for operator, key, values in _conditions(statement):
        plain = operator.removesuffix("IfExists")
        if key != _TYPE_KEY or plain not in {"StringEquals", "StringLike"}:
            return False
        if policy_type is None:
            if plain == operator:
                return False
        elif not any(
            _fits(policy_type, one) if plain == "StringLike" else policy_type == one
            for one in values
        ):
            return False
    return True


def _fits(name: str, pattern: str, flags: re.RegexFlag = re.NOFLAG) -> bool:
    """Whether a name fits a pattern with `*` and `?`."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, name, flags) is not None


def _listed(value: object) -> list[str]:
    """One or several strings, as IAM's grammar has them.

    Raises:
        TypeError: it is neither.
    """
    listed: list[Any] = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(one, str) for one in listed):
        raise TypeError(value)
    return listed
