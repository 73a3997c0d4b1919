"""AWS Organizations as a delegated administrator reads it: the tree, its pages, the accounts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

FIRST = "300000000001"
MANY = [f"3{number:011}" for number in range(1, 44)]


def many(empty: float = 0.0, seed: int = 0) -> str:
    """43 accounts in one unit, on pages of which some are empty."""
    described = "".join(
        f'  - {{id: "{account}", name: a{account[-2:]}, ou: Root/Prod}}\n' for account in MANY
    )
    return f"regions: [us-east-1]\nseed: {seed}\nemptyPages: {empty}\naccounts:\n{described}"


def accounts_by_page(sandbox: RunningSandbox) -> list[list[str]]:
    pages = sandbox.boto3("organizations").get_paginator("list_accounts").paginate()
    return [[account["Id"] for account in page["Accounts"]] for page in pages]


def test_the_delegated_administrator_reads_as_the_management_account(
    sandbox: RunningSandbox,
) -> None:
    (root,) = sandbox.boto3("organizations", MANAGEMENT).list_roots()["Roots"]
    units = sandbox.boto3("organizations").list_organizational_units_for_parent(
        ParentId=root["Id"]
    )["OrganizationalUnits"]
    calls: dict[str, dict[str, Any]] = {
        "describe_organization": {},
        "list_roots": {},
        "list_accounts": {},
        "list_accounts_for_parent": {"ParentId": units[0]["Id"]},
        "list_children": {"ParentId": root["Id"], "ChildType": "ORGANIZATIONAL_UNIT"},
        "list_parents": {"ChildId": FIRST},
        "describe_account": {"AccountId": FIRST},
        "describe_organizational_unit": {"OrganizationalUnitId": units[0]["Id"]},
        "list_tags_for_resource": {"ResourceId": FIRST},
        "list_delegated_administrators": {},
        "list_delegated_services_for_account": {"AccountId": ADMINISTRATOR},
        "list_aws_service_access_for_organization": {},
    }
    for operation, parameters in calls.items():
        answers = [
            getattr(sandbox.boto3("organizations", account), operation)(**parameters)
            for account in (MANAGEMENT, ADMINISTRATOR)
        ]
        for answer in answers:
            del answer["ResponseMetadata"]
        assert answers[0] == answers[1], operation


def test_accounts_of_a_unit_and_children_come_in_pages_of_20_too(
    serve_sandbox: ServeSandbox,
) -> None:
    sandbox = serve_sandbox(organization=many())
    organizations = sandbox.boto3("organizations")
    (root,) = organizations.list_roots()["Roots"]
    (unit,) = organizations.list_organizational_units_for_parent(ParentId=root["Id"])[
        "OrganizationalUnits"
    ]
    paginator = organizations.get_paginator("list_accounts_for_parent")
    inside = list(paginator.paginate(ParentId=unit["Id"]))
    assert [len(page["Accounts"]) for page in inside] == [20, 20, 3]
    assert [account["Id"] for page in inside for account in page["Accounts"]] == MANY
    children = organizations.get_paginator("list_children").paginate(
        ParentId=unit["Id"], ChildType="ACCOUNT"
    )
    assert [child["Id"] for page in children for child in page["Children"]] == MANY


def test_empty_pages_carry_a_token_where_the_seed_has_it(serve_sandbox: ServeSandbox) -> None:
    plain = accounts_by_page(serve_sandbox(organization=many()))
    first, second, other = (
        accounts_by_page(serve_sandbox(organization=many(0.6, seed))) for seed in (1, 1, 4)
    )
    assert [] in first
    assert first == second
    assert first != other
    for pages in (first, other):
        assert [page for page in pages if page] == plain


def test_an_account_that_goes_between_two_pages_shifts_no_other(
    serve_sandbox: ServeSandbox,
) -> None:
    sandbox = serve_sandbox(organization=many())
    organizations = sandbox.boto3("organizations")
    page = organizations.list_accounts()
    sandbox.client.leave(page["Accounts"][-1]["Id"])
    found = [account["Id"] for account in page["Accounts"]]
    while "NextToken" in page:
        page = organizations.list_accounts(NextToken=page["NextToken"])
        found += [account["Id"] for account in page["Accounts"]]
    assert len(found) == 45
    assert set(MANY) < set(found)


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("list_accounts", {"NextToken": "none"}, "InvalidInputException"),
        ("list_accounts", {"MaxResults": 21}, "InvalidInputException"),
        (
            "list_children",
            {"ParentId": "r-none", "ChildType": "ACCOUNT"},
            "ParentNotFoundException",
        ),
        ("list_accounts_for_parent", {"ParentId": "ou-none-12345678"}, "ParentNotFoundException"),
        ("list_parents", {"ChildId": "999999999999"}, "ChildNotFoundException"),
        ("describe_account", {"AccountId": "999999999999"}, "AccountNotFoundException"),
    ],
)
def test_what_is_not_there_is_refused_by_name(
    sandbox: RunningSandbox, operation: str, parameters: dict[str, Any], code: str
) -> None:
    call = partial(getattr(sandbox.boto3("organizations"), operation), **parameters)
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"]["Code"] == code


def test_tags_that_are_changed_are_seen(sandbox: RunningSandbox) -> None:
    management = sandbox.boto3("organizations", MANAGEMENT)
    management.tag_resource(ResourceId=FIRST, Tags=[{"Key": "env", "Value": "old"}])
    tags = sandbox.boto3("organizations").list_tags_for_resource(ResourceId=FIRST)["Tags"]
    assert tags == [{"Key": "env", "Value": "old"}]


def test_an_operation_that_organizations_lacks_here_fails(sandbox: RunningSandbox) -> None:
    management = sandbox.boto3("organizations", MANAGEMENT)
    with pytest.raises(ClientError) as refused:
        management.list_inbound_responsibility_transfers(Type="BILLING")
    assert refused.value.response["Error"]["Code"] == "UnknownOperationException"
