"""Every call of the product to AWS Organizations, with the model's types; all of them read.

A page has at most 20 things; it may have none and yet not be the last (API reference, the List
operations).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ConnectTimeoutError

from guardduty_eks_audit_logs.aws.answers import aws_errors
from guardduty_eks_audit_logs.aws.failures import is_about_the_service
from guardduty_eks_audit_logs.aws.paging import read_pages
from guardduty_eks_audit_logs.errors import ConnectionFailedError, ServiceError
from guardduty_eks_audit_logs.foreign_words import harmless, printable
from guardduty_eks_audit_logs.model import POLICY_TYPE, AccountId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_organizations import OrganizationsClient
    from mypy_boto3_organizations.type_defs import AccountTypeDef, RootTypeDef


@dataclass(frozen=True)
class OrganizationalUnit:
    """One unit: its id, `ou-…`, and its name, which no other unit of the same parent has."""

    id: str
    name: str


@dataclass(frozen=True)
class OrganizationAccount:
    """One account. Its e-mail address is not kept.

    Attributes:
        id: its id.
        name: its name; empty if AWS did not return it.
        active: False once it is closed, or suspended by AWS.
    """

    id: AccountId
    name: str = ""
    active: bool = True


@dataclass(frozen=True)
class Organization:
    """The organization itself.

    Attributes:
        management_account: its id.
        all_features: False if it has consolidated billing only.
    """

    management_account: AccountId
    all_features: bool


@dataclass(frozen=True)
class Root:
    """The root of all units.

    Attributes:
        id: `r-…`.
        name: `Root`, unless it was renamed.
        policy_types: the types of organization policies that are enabled.
    """

    id: str
    name: str
    policy_types: frozenset[str]


@dataclass(frozen=True)
class PolicyName:
    """One policy: its id, `p-…`, and its name, which no other policy has."""

    id: str
    name: str


_NO_PARENT = (
    "InvalidInputException",  # an id in a form that none has
    "OrganizationalUnitNotFoundException",
    "ParentNotFoundException",
)


class OrganizationsApi:
    """The caller's organization. Safe to use from several threads.

    The management account and delegated administrators may ask all of this, other accounts none of
    it (Organizations user guide, delegated administrators).
    """

    def __init__(
        self, client: OrganizationsClient, brief: OrganizationsClient | None = None
    ) -> None:
        """Takes clients of the service.

        Args:
            client: for every call.
            brief: for the first look at the root, if that is another one: a client that gives up
                soon. A network may have no route to AWS Organizations at all, and most runs need
                nothing else of it.
        """
        self._client = client
        self._brief = brief or client

    def is_delegated_administrator(self, account: AccountId) -> bool:
        """Whether the account is a delegated administrator of GuardDuty."""
        return account in self.guardduty_administrators()

    def guardduty_administrators(self) -> frozenset[AccountId]:
        """Finds the delegated administrators of GuardDuty (ListDelegatedAdministrators)."""
        operation = "ListDelegatedAdministrators"
        with aws_errors(operation):
            listed = self._client.get_paginator("list_delegated_administrators").paginate(
                ServicePrincipal="guardduty.amazonaws.com"
            )
            return frozenset(
                AccountId(printable(administrator["Id"]))
                for page in read_pages(operation, listed)
                for administrator in page["DelegatedAdministrators"]
            )

    def account_status(self, account: AccountId) -> str | None:
        """Reads how an account stands (DescribeAccount), for instance `ACTIVE` or `SUSPENDED`.

        Returns:
            AWS's value (`State`, which took the place of `Status` in 2026); None if the account
            does not exist in the organization.
        """
        operation = "DescribeAccount"
        with _unless("AccountNotFoundException"), aws_errors(operation):
            answer = self._client.describe_account(AccountId=account)["Account"]
            status: str = answer["State"] if "State" in answer else answer["Status"]
            return printable(status)
        return None

    def account_count(self) -> int:
        """Counts the accounts of the organization (ListAccounts)."""
        operation = "ListAccounts"
        with aws_errors(operation):
            listed = self._client.get_paginator("list_accounts").paginate()
            return sum(len(page["Accounts"]) for page in read_pages(operation, listed))

    def roots(self) -> tuple[Root, ...]:
        """Reads the organization's only root, with its policy types (ListRoots).

        Raises:
            ConnectionFailedError: no answer; at once if no connection is made.
            ServiceError: AWS refused.
        """
        try:
            return _roots(self._brief)
        except ConnectionFailedError as error:
            if isinstance(error.__cause__, ConnectTimeoutError):
                raise
        except ServiceError as error:
            if not is_about_the_service(error):
                raise
        return _roots(self._client)

    def units_in(self, parent: str) -> tuple[OrganizationalUnit, ...] | None:
        """Lists the units directly in a unit or the root (ListOrganizationalUnitsForParent).

        Returns:
            None if there is no such parent.
        """
        operation = "ListOrganizationalUnitsForParent"
        with _unless(*_NO_PARENT), aws_errors(operation):
            listed = self._client.get_paginator("list_organizational_units_for_parent").paginate(
                ParentId=parent
            )
            return tuple(
                OrganizationalUnit(unit["Id"], printable(unit["Name"]))
                for page in read_pages(operation, listed)
                for unit in page["OrganizationalUnits"]
            )
        return None

    def accounts_in(self, parent: str) -> tuple[OrganizationAccount, ...] | None:
        """Lists the accounts directly in a unit or the root (ListAccountsForParent).

        Returns:
            None if there is no such parent.
        """
        operation = "ListAccountsForParent"
        with _unless(*_NO_PARENT), aws_errors(operation):
            listed = self._client.get_paginator("list_accounts_for_parent").paginate(
                ParentId=parent
            )
            return tuple(
                _account(account)
                for page in read_pages(operation, listed)
                for account in page["Accounts"]
            )
        return None

    def tags(self, account: AccountId) -> dict[str, str] | None:
        """Reads the tags that an account has in AWS Organizations (ListTagsForResource).

        They are as AWS has them, to be compared and not to be shown.

        Returns:
            None if it is not in the organization, as a member by invitation may be.
        """
        operation = "ListTagsForResource"
        with _unless("TargetNotFoundException"), aws_errors(operation):
            listed = self._client.get_paginator("list_tags_for_resource").paginate(
                ResourceId=account
            )
            return {
                tag["Key"]: tag["Value"]
                for page in read_pages(operation, listed)
                for tag in page["Tags"]
            }
        return None

    def trusted_services(self) -> frozenset[str]:
        """Finds the services with trusted access (ListAWSServiceAccessForOrganization).

        Returns:
            their principals, such as `guardduty.amazonaws.com`.
        """
        operation = "ListAWSServiceAccessForOrganization"
        with aws_errors(operation):
            listed = self._client.get_paginator(
                "list_aws_service_access_for_organization"
            ).paginate()
            return frozenset(
                printable(service["ServicePrincipal"])
                for page in read_pages(operation, listed)
                for service in page["EnabledServicePrincipals"]
            )

    def organization(self) -> Organization:
        """Reads the management account and the feature set (DescribeOrganization).

        Every account of the organization may ask.
        """
        with aws_errors("DescribeOrganization"):
            answer = self._client.describe_organization()["Organization"]
            account = AccountId(printable(answer["MasterAccountId"]))
            return Organization(account, all_features=answer["FeatureSet"] == "ALL")

    def guardduty_policies(self) -> tuple[PolicyName, ...]:
        """Lists the policies of the type GUARDDUTY_POLICY (ListPolicies)."""
        operation = "ListPolicies"
        with aws_errors(operation):
            listed = self._client.get_paginator("list_policies").paginate(Filter=POLICY_TYPE)
            return tuple(
                PolicyName(policy["Id"], printable(policy["Name"]))
                for page in read_pages(operation, listed)
                for policy in page["Policies"]
            )

    def policy_content(self, policy_id: str) -> str:
        """Reads what a policy says (DescribePolicy), as JSON."""
        with aws_errors("DescribePolicy"):
            return self._client.describe_policy(PolicyId=policy_id)["Policy"]["Content"]

    def policy_targets(self, policy_id: str) -> frozenset[str]:
        """Finds the ids of the root, units and accounts a policy is on (ListTargetsForPolicy)."""
        operation = "ListTargetsForPolicy"
        with aws_errors(operation):
            listed = self._client.get_paginator("list_targets_for_policy").paginate(
                PolicyId=policy_id
            )
            return frozenset(
                target["TargetId"]
                for page in read_pages(operation, listed)
                for target in page["Targets"]
            )


def _roots(client: OrganizationsClient) -> tuple[Root, ...]:
    with aws_errors("ListRoots"):
        listed = client.get_paginator("list_roots").paginate()
        return tuple(
            _root(root) for page in read_pages("ListRoots", listed) for root in page["Roots"]
        )


def _root(root: RootTypeDef) -> Root:
    policy_types = root.get("PolicyTypes", ())
    enabled = frozenset(str(t["Type"]) for t in policy_types if t.get("Status") == "ENABLED")
    return Root(root["Id"], printable(root["Name"]), enabled)


def _account(answer: AccountTypeDef) -> OrganizationAccount:
    state = answer.get("State", answer.get("Status", "ACTIVE"))
    name = harmless(answer.get("Name", ""))
    return OrganizationAccount(AccountId(answer["Id"]), name, active=state == "ACTIVE")


@contextmanager
def _unless(*codes: str) -> Iterator[None]:
    """Leaves the block without an error if AWS says that the thing does not exist."""
    try:
        yield
    except ServiceError as error:
        if error.code not in codes:
            raise
