"""AWS Organizations' listings as a boto3 client has them, over dictionaries, with a record."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from guardduty_eks_audit_logs.aws.organizations import OrganizationsApi
from guardduty_eks_audit_logs.model import AccountId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

ROOT = "r-ab12"
NO_PERMISSION = "You don't have permissions to access this resource."

_PAGE = 20


def unit_id(number: int) -> str:
    return f"ou-ab12-{number:08}"


def access_denied(operation: str) -> ClientError:
    return _error(operation, "AccessDeniedException", NO_PERMISSION)


def service_failed(operation: str) -> ClientError:
    return _error(operation, "ServiceException", "Try again later.")


@dataclass(frozen=True)
class Question:
    """One call: AWS's name of the operation, of what, and the page."""

    operation: str
    of: str
    page: str = ""


@dataclass(frozen=True)
class _Pages:
    """A paginator of boto3 over one of the methods."""

    ask: Callable[..., dict[str, Any]]

    def paginate(self, **request: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = self.ask(**request, **token)
            yield page
            if "NextToken" not in page:
                return
            token = {"NextToken": page["NextToken"]}


@dataclass
class FakeOrganizations:
    """An organization.

    Attributes:
        units: {id of a unit: (its name, id of its parent)}.
        accounts: {account: id of its parent}.
        names: {account: what people call it}; AWS tells none of others.
        states: {account: how it stands}; others are ACTIVE.
        tags: {account: its tags}; none for others that are in the organization.
        policy_types: of the root: {type: status}.
        failures: {operation: what every call of it raises}.
        first_pages_are_empty: each listing begins with a page without anything.
        questions: what was asked, in the order of arrival.
    """

    units: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    accounts: Mapping[AccountId, str] = field(default_factory=dict)
    names: Mapping[AccountId, str] = field(default_factory=dict)
    states: Mapping[AccountId, str] = field(default_factory=dict)
    tags: Mapping[AccountId, Mapping[str, str]] = field(default_factory=dict)
    policy_types: Mapping[str, str] = field(default_factory=dict)
    failures: dict[str, Exception] = field(default_factory=dict)
    first_pages_are_empty: bool = False
    questions: list[Question] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def api(self) -> OrganizationsApi:
        # The product gets only as much of a client as it uses.
        return OrganizationsApi(cast("Any", self))

    def asked(self, operation: str) -> Counter[str]:
        """Of what an operation was asked, and how often, not counting further pages."""
        return Counter(q.of for q in self.questions if q.operation == operation and not q.page)

    def get_paginator(self, name: str) -> _Pages:
        return _Pages(getattr(self, name))

    def list_roots(self, **page: str) -> dict[str, Any]:
        types = [{"Type": kind, "Status": status} for kind, status in self.policy_types.items()]
        root = {"Id": ROOT, "Name": "Root", "PolicyTypes": types}
        return self._page("ListRoots", "", "Roots", [root], page)

    def list_organizational_units_for_parent(
        self,
        ParentId: str,  # noqa: N803 - boto3's name
        **page: str,
    ) -> dict[str, Any]:
        found = (
            {"Id": unit, "Name": name}
            for unit, (name, parent) in self.units.items()
            if parent == ParentId
        )
        operation = "ListOrganizationalUnitsForParent"
        return self._page(operation, ParentId, "OrganizationalUnits", found, page)

    def list_accounts_for_parent(
        self,
        ParentId: str,  # noqa: N803 - boto3's name
        **page: str,
    ) -> dict[str, Any]:
        found = (self._account(a) for a, parent in self.accounts.items() if parent == ParentId)
        return self._page("ListAccountsForParent", ParentId, "Accounts", found, page)

    def list_tags_for_resource(
        self,
        ResourceId: str,  # noqa: N803 - boto3's name
        **page: str,
    ) -> dict[str, Any]:
        tags = self.tags.get(AccountId(ResourceId), {})
        found = ({"Key": key, "Value": value} for key, value in tags.items())
        return self._page("ListTagsForResource", ResourceId, "Tags", found, page)

    def _account(self, account: AccountId) -> dict[str, Any]:
        name = {"Name": self.names[account]} if account in self.names else {}
        return {"Id": account, "State": self.states.get(account, "ACTIVE"), **name}

    def _page(
        self,
        operation: str,
        of: str,
        key: str,
        found: Iterable[dict[str, Any]],
        page: Mapping[str, str],
    ) -> dict[str, Any]:
        token = page.get("NextToken", "")
        with self._lock:
            self.questions.append(Question(operation, of, token))
        if operation in self.failures:
            raise self.failures[operation]
        if of not in {"", ROOT, *self.units, *self.accounts}:
            code = "Target" if operation == "ListTagsForResource" else "Parent"
            raise _error(operation, f"{code}NotFoundException", "There is none.")
        if self.first_pages_are_empty and not token:
            return {key: [], "NextToken": "0"}
        begin = int(token or 0)
        items = list(found)
        following = {"NextToken": str(begin + _PAGE)} if begin + _PAGE < len(items) else {}
        return {key: items[begin : begin + _PAGE], **following}


def _error(operation: str, code: str, reason: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": reason}}, operation)
