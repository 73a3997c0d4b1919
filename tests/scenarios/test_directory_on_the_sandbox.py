"""Units, tags and policies of the local AWS organization, read as a run reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.fault_effects import AccessDenied, InternalServerError
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.errors import ServiceError
from guardduty_eks_audit_logs.planning.refusals import organizations_refusals
from guardduty_eks_audit_logs.planning.selection import deciding_rule
from guardduty_eks_audit_logs.reading.organization_lookup import read_organization_lookup
from tests.support.doors import bare_environment
from tests.support.vocabulary import ADMINISTRATOR, REGION, account, accounts, rule, settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox
    from guardduty_eks_audit_logs.aws.organizations import OrganizationsApi
    from guardduty_eks_audit_logs.model import OrganizationLookup

_MANAGEMENT = "111111111111"
_NO_PERMISSION = "You don't have permissions to access this resource."


@pytest.fixture(autouse=True)
def _no_profiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)


def _organizations(sandbox: RunningSandbox, caller: str = ADMINISTRATOR) -> OrganizationsApi:
    """AWS Organizations with the retries that a run has."""
    keys = {
        "aws:region": REGION,
        "aws:accessKey": access_key_id(caller),
        "aws:secretKey": secret_access_key(caller),
        "aws:endpoints": f'[{{"sts": "{sandbox.url}", "organizations": "{sandbox.url}"}}]',
    }
    return open_session(keys.get).organizations


def _read(
    sandbox: RunningSandbox,
    *rules: Mapping[str, object],
    members: int = 12,
    caller: str = ADMINISTRATOR,
) -> OrganizationLookup:
    api = _organizations(sandbox, caller)
    sandbox.client.clear_calls()
    return read_organization_lookup(settings(members=list(rules)).members, accounts(members), api)


def _asked(sandbox: RunningSandbox) -> dict[str, int]:
    asked: dict[str, int] = {}
    for call in sandbox.client.calls():
        asked[call.operation] = asked.get(call.operation, 0) + 1
    return asked


def _units(*units: str) -> dict[str, object]:
    return {"status": "ENABLED", "organizationalUnits": list(units)}


def _tags(**tags: str) -> dict[str, object]:
    return {"status": "ENABLED", "tags": tags}


_NESTED = """
managementAccountId: "111111111111"
administrator: {id: "222222222222", name: security, ou: Root}
regions: [us-east-1]
emptyPages: 0.5
accounts:
"""


def _nested(numbers: Mapping[int, str]) -> str:
    return _NESTED + "".join(
        f'  - {{id: "{account(number)}", name: member-{number}, ou: {unit}}}\n'
        for number, unit in numbers.items()
    )


def test_units_are_read_by_path_and_by_id_past_empty_pages(serve_sandbox: ServeSandbox) -> None:
    places = {n: ("Root/Prod/EU" if n % 2 else "Root/Prod/EU/Shops") for n in range(1, 51)}
    places |= dict.fromkeys(range(51, 61), "Root/Test")
    sandbox = serve_sandbox(organization=_nested(places))
    organizations = sandbox.boto3("organizations")
    (root,) = organizations.list_roots()["Roots"]

    lookup = _read(sandbox, _units("Root/Prod", "Root/Prod/EU/Shops", root["Id"]), members=60)

    assert lookup.units["Root/Prod"] == frozenset(accounts(50))
    assert lookup.units["Root/Prod/EU/Shops"] == {account(n) for n in range(2, 51, 2)}
    assert lookup.units[root["Id"]] == {_MANAGEMENT, ADMINISTRATOR, *accounts(60)}
    assert lookup.names[account(7)] == "member-7"
    assert lookup.inactive == frozenset()


def test_units_that_are_not_there_are_unknown(sandbox: RunningSandbox) -> None:
    names = "Root/Tset", "ou-zzzz-zzzzzzzz", "r-zzzz"
    assert _read(sandbox, _units("Root/Prod", *names)).unknown_units == set(names)


def test_accounts_that_move_or_are_tagged_are_found_anew(sandbox: RunningSandbox) -> None:
    rules = settings(members=[_tags(env="audit"), _units("Root/Prod")]).members
    api = _organizations(sandbox)

    def decided() -> list[int | None]:
        lookup = read_organization_lookup(rules, accounts(3), api)
        return [deciding_rule(rules, member, lookup) for member in accounts(3)]

    assert decided() == [1, None, None]
    sandbox.client.move(account(1), "Root/Test")
    sandbox.client.set_tags(account(2), {"env": "audit", "team": "x"})
    sandbox.client.move(account(3), "Root/Prod")
    assert decided() == [None, 0, 1]


def test_a_member_that_has_left_the_organization_has_no_tags(sandbox: RunningSandbox) -> None:
    sandbox.client.leave(account(3))
    assert _read(sandbox, _tags(env="prod")).tags[account(3)] == {}


def test_rules_without_units_and_tags_cost_one_call(sandbox: RunningSandbox) -> None:
    _read(sandbox, rule("ENABLED", account(1)), rule("DISABLED"))
    assert _asked(sandbox) == {"ListRoots": 1}


# Limits


def test_tags_of_60_accounts_are_read_under_a_limit_of_5_a_second(
    serve_sandbox: ServeSandbox,
) -> None:
    sandbox = serve_sandbox(accounts=60)
    sandbox.client.limits("ListTagsForResource", per_second=5, burst=10, service="organizations")

    lookup = _read(sandbox, _tags(env="prod"), members=60)

    assert set(lookup.tags) == set(accounts(60))
    assert all(tags["env"] in {"prod", "test", "sandbox"} for tags in lookup.tags.values())
    (limit,) = sandbox.client.faults()
    assert limit.struck > 0, "the limit was never reached"


def test_a_service_that_fails_for_a_while_is_asked_again(sandbox: RunningSandbox) -> None:
    sandbox.client.fails(
        "ListAccountsForParent", with_=InternalServerError(), service="organizations", times=2
    )
    assert _read(sandbox, _units("Root/Prod")).units["Root/Prod"]


# Permissions


def test_a_member_account_gets_all_missing_permissions_by_name(sandbox: RunningSandbox) -> None:
    lookup = _read(sandbox, _units("Root/Prod"), _tags(env="prod"), caller=account(1))

    assert lookup.policy_type_refused == _NO_PERMISSION
    assert organizations_refusals(lookup, account(1)) == (
        (
            "rule 1 (members[0]) selects by organizationalUnits, but account 300000000001 may not "
            "read AWS Organizations (You don't have permissions to access this resource). Give the "
            "caller the permissions organizations:ListRoots, "
            "organizations:ListOrganizationalUnitsForParent, organizations:ListAccountsForParent."
        ),
        (
            "rule 2 (members[1]) selects by tags, but account 300000000001 may not read AWS "
            "Organizations (You don't have permissions to access this resource). Give the caller "
            "the permission organizations:ListTagsForResource."
        ),
    )


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        ("ListRoots", "rule 1 (members[0]) selects by organizationalUnits, "),
        (
            "ListOrganizationalUnitsForParent",
            "rule 1 (members[0]) selects by organizationalUnits, ",
        ),
        ("ListAccountsForParent", "rule 1 (members[0]) selects by organizationalUnits, "),
        ("ListTagsForResource", "rule 2 (members[1]) selects by tags, "),
    ],
)
def test_an_administrator_without_one_permission_is_told_of_it(
    sandbox: RunningSandbox, operation: str, told: str
) -> None:
    sandbox.client.fails(operation, with_=AccessDenied(), service="organizations")

    lookup = _read(sandbox, _units("Root/Prod"), _tags(env="prod"))

    (refusal,) = organizations_refusals(lookup, ADMINISTRATOR)
    assert refusal.startswith(told)
    assert f"organizations:{operation}" in refusal


# Policies


def test_the_root_tells_that_guardduty_policies_are_enabled(sandbox: RunningSandbox) -> None:
    assert _read(sandbox).policy_type_enabled is False
    sandbox.client.assign_policy([account(1)])
    assert _read(sandbox).policy_type_enabled is True
    sandbox.client.clear_policies()
    assert _read(sandbox).policy_type_enabled is False


# Accounts of an administrator


def test_the_management_account_reads_administrator_and_accounts(
    sandbox: RunningSandbox,
) -> None:
    organizations = _organizations(sandbox, _MANAGEMENT)

    assert organizations.guardduty_administrators() == {ADMINISTRATOR}
    assert organizations.account_status(account(1)) == "ACTIVE"
    assert organizations.account_status(account(99)) is None


def test_a_member_account_may_not_ask_for_administrators(sandbox: RunningSandbox) -> None:
    with pytest.raises(ServiceError, match="ListDelegatedAdministrators failed: AccessDenied"):
        _organizations(sandbox, account(1)).guardduty_administrators()
