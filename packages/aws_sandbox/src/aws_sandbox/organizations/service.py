"""What the sandbox answers of AWS Organizations itself; everything else is moto's.

moto knows no invitations, no GuardDuty policies, no effective policy and no delegation policy,
walks all accounts for every page, and lets go of a delegated administrator's account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moto.core.utils import camelcase_to_underscores
from moto.organizations.responses import OrganizationsResponse

from aws_sandbox.organizations import permissions
from aws_sandbox.organizations.delegation import Delegation
from aws_sandbox.organizations.errors import (
    OrganizationsError,
    account_not_found,
    constraint_violation,
    invalid_input,
)
from aws_sandbox.organizations.guardduty_policies import GuardDutyPolicies
from aws_sandbox.organizations.handshakes import Handshakes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_sandbox.accounts import Accounts
    from aws_sandbox.clock import VirtualClock
    from aws_sandbox.organizations.pages import Pages

    Answer = dict[str, Any]

READING: Final = ("Describe", "List")
"""How the names of operations begin that change nothing."""


class Organizations:
    """AWS Organizations, as far as moto does not have it.

    Args:
        accounts: the organization.
        clock: the time.
        pages: how listings are cut.
    """

    def __init__(self, accounts: Accounts, clock: VirtualClock, pages: Pages) -> None:
        self._accounts = accounts
        self._pages = pages
        self.policies = GuardDutyPolicies(accounts, clock, pages)
        self._delegation = Delegation(accounts)
        self._operations: dict[str, Callable[[str, Mapping[str, Any]], Answer | None]] = {
            "ListAccounts": self._list_accounts,
            "ListAccountsForParent": self._list_accounts_for_parent,
            "ListOrganizationalUnitsForParent": self._list_units_for_parent,
            "ListChildren": self._list_children,
            "ListParents": self._list_parents,
            "DescribeAccount": self._describe_account,
            "ListTagsForResource": self._list_tags,
            "RemoveAccountFromOrganization": self._remove_account,
            "LeaveOrganization": self._leave,
            **Handshakes(accounts, clock).operations,
            **self.policies.operations,
            **self._delegation.operations,
        }

    def answer(self, operation: str, caller: str, parameters: Mapping[str, Any]) -> Answer | None:
        """Answer an operation, or None where moto does.

        Args:
            operation: the API's name of it.
            caller: the account that calls.
            parameters: the request's members.

        Raises:
            OrganizationsError: the service's refusal.
        """
        permissions.check(operation, caller, parameters, self._accounts, self._delegation)
        act = self._operations.get(operation)
        return None if act is None else act(caller, parameters)

    def _list_accounts(self, _caller: str, parameters: Mapping[str, Any]) -> Answer:
        return self._pages.page("Accounts", self._accounts.tree().accounts, _account, parameters)

    def _list_accounts_for_parent(self, _caller: str, parameters: Mapping[str, Any]) -> Answer:
        inside = self._accounts.tree().accounts_in(self._parent(parameters))
        return self._pages.page("Accounts", inside, _account, parameters)

    def _list_units_for_parent(self, _caller: str, parameters: Mapping[str, Any]) -> Answer:
        below = self._accounts.tree().units_in(self._parent(parameters))
        return self._pages.page("OrganizationalUnits", below, _unit, parameters)

    def _list_children(self, _caller: str, parameters: Mapping[str, Any]) -> Answer:
        parent = self._parent(parameters)
        kind = str(parameters.get("ChildType"))
        if kind not in {"ACCOUNT", "ORGANIZATIONAL_UNIT"}:
            raise invalid_input("INVALID_ENUM")
        tree = self._accounts.tree()
        listing = tree.accounts_in(parent) if kind == "ACCOUNT" else tree.units_in(parent)

        def child(found: Any) -> Answer:  # noqa: ANN401 -- moto has no types
            return {"Id": found.id, "Type": kind}

        return self._pages.page("Children", listing, child, parameters)

    def _list_parents(self, _caller: str, parameters: Mapping[str, Any]) -> Answer:
        tree = self._accounts.tree()
        child_id = str(parameters.get("ChildId"))
        child = tree.by_id.get(child_id) or tree.units.get(child_id)
        if child is None or child.parent_id is None:
            raise OrganizationsError(
                "ChildNotFoundException", "You specified a child that doesn't exist."
            )
        parent = tree.units[child.parent_id]
        return {"Parents": [{"Id": parent.id, "Type": parent.type}]}

    def _describe_account(self, _caller: str, parameters: Mapping[str, Any]) -> Answer:
        found = self._accounts.tree().by_id.get(str(parameters.get("AccountId")))
        if found is None:
            raise account_not_found()
        return {"Account": _account(found)}

    def _list_tags(self, _caller: str, parameters: Mapping[str, Any]) -> Answer | None:
        found = self._accounts.tree().by_id.get(str(parameters.get("ResourceId")))
        if found is None:
            return None
        return {"Tags": [{"Key": key, "Value": value} for key, value in found.tags.items()]}

    def _remove_account(self, _caller: str, parameters: Mapping[str, Any]) -> Answer:
        account_id = str(parameters.get("AccountId"))
        if self._accounts.joined_at(account_id) is None:
            raise account_not_found()
        self._let_go(account_id)
        return {}

    def _leave(self, caller: str, _parameters: Mapping[str, Any]) -> Answer:
        self._let_go(caller)
        return {}

    def _let_go(self, account_id: str) -> None:
        if account_id == self._accounts.management_account:
            raise OrganizationsError(
                "MasterCannotLeaveOrganizationException",
                "You can't remove the management account from the organization.",
            )
        if self._accounts.is_delegated_administrator(account_id):
            raise constraint_violation(
                "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
                "You can't remove an account that is registered as a delegated administrator for "
                "a service. Deregister it first.",
            )
        self._accounts.remove(account_id)

    def _parent(self, parameters: Mapping[str, Any]) -> str:
        parent_id = str(parameters.get("ParentId"))
        if parent_id not in self._accounts.tree().units:
            raise OrganizationsError(
                "ParentNotFoundException", "You specified parent that doesn't exist."
            )
        return parent_id


def has_operation(operation: str) -> bool:
    """Whether moto has an operation."""
    return hasattr(OrganizationsResponse, camelcase_to_underscores(operation))


def _account(found: Any) -> Answer:  # noqa: ANN401 -- moto has no types
    described: Answer = found.describe()
    return described


def _unit(found: Any) -> Answer:  # noqa: ANN401 -- moto has no types
    return {"Id": found.id, "Arn": found.arn, "Name": found.name}
