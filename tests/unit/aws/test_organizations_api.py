"""AWS Organizations' answers, as botocore's service model has them, in the words of the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber

from guardduty_eks_audit_logs.aws.organizations import (
    OrganizationAccount,
    OrganizationalUnit,
    OrganizationsApi,
    PolicyName,
    Root,
)
from guardduty_eks_audit_logs.errors import ConnectionFailedError, ServiceError
from tests.support.doors import bare_environment
from tests.support.guardduty_client import refusal
from tests.support.vocabulary import ADMINISTRATOR, account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_ROOT, _UNIT = "r-ab12", "ou-ab12-cdef3456"

_DELEGATED = "list_delegated_administrators"
_FOR_GUARDDUTY = {"ServicePrincipal": "guardduty.amazonaws.com"}


class _Stubbed:
    """AWS Organizations that answers what it was told to, in that order, and nothing else."""

    def __init__(self) -> None:
        client = boto3.Session().client(
            "organizations",
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106 - no secret
        )
        self.stubber = Stubber(client)
        self.client = client
        self.api = OrganizationsApi(client)

    def answers(self, operation: str, answer: dict[str, Any], **asked: object) -> None:
        self.stubber.add_response(operation, answer, asked)

    def lists(
        self, operation: str, key: str, *pages: list[dict[str, Any]], **asked: object
    ) -> None:
        """Answers with these pages, each but the last with a token."""
        token: dict[str, str] = {}
        for number, page in enumerate(pages, start=1):
            following = {"NextToken": f"page {number}"} if number < len(pages) else {}
            self.answers(operation, {key: page, **following}, **asked, **token)
            token = following

    def refuses(self, operation: str, code: str) -> None:
        self.stubber.add_client_error(operation, code, "No.", http_status_code=400)


@pytest.fixture
def organizations(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[_Stubbed]:
    bare_environment(monkeypatch, tmp_path)
    stubbed = _Stubbed()
    with stubbed.stubber:
        yield stubbed
        stubbed.stubber.assert_no_pending_responses()


# Delegated administrators and accounts


@pytest.mark.parametrize(
    ("pages", "delegated"),
    [
        ([[ADMINISTRATOR]], True),
        ([[account(1)], [], [account(2), ADMINISTRATOR]], True),
        ([[account(1)], [account(2)]], False),
        ([[]], False),
    ],
    ids=["first page", "a later page", "others", "nobody"],
)
def test_delegated_administrators_are_read_to_the_end(
    organizations: _Stubbed,
    pages: list[list[str]],
    delegated: bool,  # noqa: FBT001 - a column of the table
) -> None:
    listed = [[{"Id": administrator} for administrator in page] for page in pages]
    organizations.lists(_DELEGATED, "DelegatedAdministrators", *listed, **_FOR_GUARDDUTY)

    assert organizations.api.is_delegated_administrator(ADMINISTRATOR) is delegated


def test_all_delegated_administrators_are_named(organizations: _Stubbed) -> None:
    pages = [{"Id": account(1)}], [{"Id": ADMINISTRATOR}]
    organizations.lists(_DELEGATED, "DelegatedAdministrators", *pages, **_FOR_GUARDDUTY)

    assert organizations.api.guardduty_administrators() == {account(1), ADMINISTRATOR}


def test_who_may_not_ask_organizations_is_told_so(organizations: _Stubbed) -> None:
    organizations.refuses(_DELEGATED, "AWSOrganizationsNotInUseException")

    with pytest.raises(ServiceError) as caught:
        organizations.api.is_delegated_administrator(ADMINISTRATOR)

    assert str(caught.value) == (
        "ListDelegatedAdministrators failed: AWSOrganizationsNotInUseException: No."
    )


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"Status": "SUSPENDED", "State": "PENDING_CLOSURE"}, "PENDING_CLOSURE"),
        ({"State": "ACTIVE"}, "ACTIVE"),
        ({"Status": "SUSPENDED"}, "SUSPENDED"),
    ],
    ids=["both", "state only", "the deprecated status only"],
)
def test_an_account_stands_as_its_state_says(
    organizations: _Stubbed, told: dict[str, str], status: str
) -> None:
    organizations.answers("describe_account", {"Account": told}, AccountId=account(1))
    assert organizations.api.account_status(account(1)) == status


def test_an_account_of_elsewhere_has_no_status(organizations: _Stubbed) -> None:
    organizations.refuses("describe_account", "AccountNotFoundException")
    assert organizations.api.account_status(account(1)) is None


def test_an_account_whose_status_is_not_told_is_an_error(organizations: _Stubbed) -> None:
    organizations.answers("describe_account", {"Account": {}}, AccountId=account(1))
    with pytest.raises(ServiceError, match="DescribeAccount failed: MalformedAnswer"):
        organizations.api.account_status(account(1))


# Root and units


class _Brief:
    """AWS Organizations as a client has it that gives up soon."""

    def __init__(self, why: Exception) -> None:
        self._why = why

    def get_paginator(self, _: str) -> _Brief:
        return self

    def paginate(self) -> NoReturn:
        raise self._why


def _asked_briefly_first(organizations: _Stubbed, why: Exception) -> OrganizationsApi:
    # The product gets only as much of a client as it uses.
    return OrganizationsApi(organizations.client, cast("Any", _Brief(why)))


@pytest.mark.parametrize(
    "why",
    [
        refusal("ListRoots", "TooManyRequestsException", "Slow down."),
        ConnectionClosedError(endpoint_url="https://organizations"),
        ReadTimeoutError(endpoint_url="https://organizations"),
    ],
    ids=["throttled", "closed", "slow"],
)
def test_a_service_out_of_order_is_asked_for_the_root_more_patiently(
    organizations: _Stubbed, why: Exception
) -> None:
    organizations.lists("list_roots", "Roots", [{"Id": "r-1234", "Name": "Root"}])

    roots = _asked_briefly_first(organizations, why).roots()

    assert [root.id for root in roots] == ["r-1234"]


@pytest.mark.parametrize(
    ("why", "error"),
    [
        (refusal("ListRoots", "AccessDeniedException", "No."), ServiceError),
        (ConnectTimeoutError(endpoint_url="https://organizations"), ConnectionFailedError),
    ],
    ids=["refused", "no route"],
)
def test_the_root_is_asked_for_only_briefly_otherwise(
    organizations: _Stubbed, why: Exception, error: type[Exception]
) -> None:
    with pytest.raises(error):
        _asked_briefly_first(organizations, why).roots()


def test_the_root_has_its_enabled_policy_types(organizations: _Stubbed) -> None:
    types = [
        {"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"},
        {"Type": "TAG_POLICY", "Status": "PENDING_DISABLE"},
        {"Type": "A_TYPE_OF_NEXT_YEAR_POLICY", "Status": "ENABLED"},
    ]
    root = {"Id": _ROOT, "Name": "Everything", "PolicyTypes": types}
    organizations.lists("list_roots", "Roots", [], [root])

    assert organizations.api.roots() == (
        Root(
            _ROOT,
            "Everything",
            frozenset({"SERVICE_CONTROL_POLICY", "A_TYPE_OF_NEXT_YEAR_POLICY"}),
        ),
    )


def test_a_root_without_policy_types_has_none(organizations: _Stubbed) -> None:
    organizations.lists("list_roots", "Roots", [{"Id": _ROOT, "Name": "Root"}])
    assert organizations.api.roots() == (Root(_ROOT, "Root", frozenset()),)


def test_units_are_listed_past_empty_pages(organizations: _Stubbed) -> None:
    organizations.lists(
        "list_organizational_units_for_parent",
        "OrganizationalUnits",
        [{"Id": _UNIT, "Name": "Prod"}],
        [],
        [{"Id": "ou-ab12-cdef3457", "Name": "Test"}],
        ParentId=_ROOT,
    )
    assert organizations.api.units_in(_ROOT) == (
        OrganizationalUnit(_UNIT, "Prod"),
        OrganizationalUnit("ou-ab12-cdef3457", "Test"),
    )


def test_accounts_are_listed_past_empty_pages(organizations: _Stubbed) -> None:
    organizations.lists(
        "list_accounts_for_parent",
        "Accounts",
        [],
        [{"Id": account(1), "Name": "shop", "Email": "shop@example.com", "State": "ACTIVE"}],
        [],
        [
            {"Id": account(2), "Name": "old shop", "State": "SUSPENDED"},
            {"Id": account(3), "Name": "jo@example.com", "Status": "PENDING_CLOSURE"},
            {"Id": account(4)},
        ],
        ParentId=_UNIT,
    )
    assert organizations.api.accounts_in(_UNIT) == (
        OrganizationAccount(account(1), "shop"),
        OrganizationAccount(account(2), "old shop", active=False),
        OrganizationAccount(account(3), "…", active=False),
        OrganizationAccount(account(4)),
    )


def test_a_page_token_that_comes_again_is_an_error_and_no_endless_list(
    organizations: _Stubbed,
) -> None:
    page = {"Accounts": [], "NextToken": "2"}
    organizations.answers("list_accounts_for_parent", page, ParentId=_UNIT)
    organizations.answers("list_accounts_for_parent", page, ParentId=_UNIT, NextToken="2")
    with pytest.raises(ServiceError, match="a page leads back to one that was read before"):
        organizations.api.accounts_in(_UNIT)


@pytest.mark.parametrize(
    "code",
    [
        "ParentNotFoundException",
        "OrganizationalUnitNotFoundException",
        "InvalidInputException",
    ],
)
def test_a_parent_that_is_not_there_has_nothing_in_it(organizations: _Stubbed, code: str) -> None:
    organizations.refuses("list_organizational_units_for_parent", code)
    organizations.refuses("list_accounts_for_parent", code)

    assert organizations.api.units_in(_UNIT) is None
    assert organizations.api.accounts_in(_UNIT) is None


# Tags


def test_tags_are_read_to_the_end(organizations: _Stubbed) -> None:
    organizations.lists(
        "list_tags_for_resource",
        "Tags",
        [{"Key": "env", "Value": "prod"}],
        [],
        [{"Key": "team", "Value": ""}],
        ResourceId=account(1),
    )
    assert organizations.api.tags(account(1)) == {"env": "prod", "team": ""}


def test_an_account_of_elsewhere_has_no_tags(organizations: _Stubbed) -> None:
    organizations.refuses("list_tags_for_resource", "TargetNotFoundException")
    assert organizations.api.tags(account(1)) is None


# Refusals


_CALLS: dict[str, Callable[[OrganizationsApi], object]] = {
    _DELEGATED: lambda api: api.guardduty_administrators(),
    "describe_account": lambda api: api.account_status(account(1)),
    "list_roots": lambda api: api.roots(),
    "list_organizational_units_for_parent": lambda api: api.units_in(_UNIT),
    "list_accounts_for_parent": lambda api: api.accounts_in(_UNIT),
    "list_tags_for_resource": lambda api: api.tags(account(1)),
    "list_policies": lambda api: api.guardduty_policies(),
    "describe_policy": lambda api: api.policy_content("p-11111111"),
    "list_targets_for_policy": lambda api: api.policy_targets("p-11111111"),
}


@pytest.mark.parametrize("operation", _CALLS)
def test_a_caller_who_may_not_ask_is_told_for_which_operation(
    organizations: _Stubbed, operation: str
) -> None:
    organizations.refuses(operation, "AccessDeniedException")

    with pytest.raises(ServiceError) as caught:
        _CALLS[operation](organizations.api)

    assert caught.value.code == "AccessDeniedException"
    assert caught.value.operation.casefold() == operation.replace("_", "")


def test_guardduty_policies_are_listed_to_the_end(organizations: _Stubbed) -> None:
    organizations.lists(
        "list_policies",
        "Policies",
        [{"Id": "p-11111111", "Name": "Base\x1b[2Jline"}],
        [{"Id": "p-22222222", "Name": "Prod"}],
        Filter="GUARDDUTY_POLICY",
    )
    assert organizations.api.guardduty_policies() == (
        PolicyName("p-11111111", "Baseline"),
        PolicyName("p-22222222", "Prod"),
    )


def test_a_policy_has_content_and_targets(organizations: _Stubbed) -> None:
    policy = "p-11111111"
    organizations.answers("describe_policy", {"Policy": {"Content": "{}"}}, PolicyId=policy)
    organizations.lists(
        "list_targets_for_policy",
        "Targets",
        [{"TargetId": _ROOT}],
        [{"TargetId": account(1)}],
        PolicyId=policy,
    )
    assert organizations.api.policy_content(policy) == "{}"
    assert organizations.api.policy_targets(policy) == {_ROOT, account(1)}
