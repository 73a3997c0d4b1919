"""Rules by organizational units and tags: whom they select, and what AWS Organizations is asked."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier, Lock
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from guardduty_eks_audit_logs.aws.batches import CALLS_AT_ONCE
from guardduty_eks_audit_logs.errors import ConnectionFailedError, ServiceError
from guardduty_eks_audit_logs.model import OrganizationLookup
from guardduty_eks_audit_logs.planning.decisions import rule_label
from guardduty_eks_audit_logs.planning.plan import make_plan
from guardduty_eks_audit_logs.planning.refusals import organizations_refusals
from guardduty_eks_audit_logs.planning.selection import deciding_rule, selecting_unit
from guardduty_eks_audit_logs.reading.organization_lookup import read_organization_lookup
from guardduty_eks_audit_logs.reports.region_report import region_report
from guardduty_eks_audit_logs.reports.summary import summary
from tests.support.organizations_client import (
    NO_PERMISSION,
    ROOT,
    FakeOrganizations,
    access_denied,
    service_failed,
    unit_id,
)
from tests.support.vocabulary import (
    ADMINISTRATOR,
    OFF,
    ON,
    OWNER,
    account,
    accounts,
    region_with,
    rule,
    settings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.settings.configuration import Rule

_PROD, _EU, _SHOPS, _TEST, _ODD = (unit_id(number) for number in range(1, 6))

_UNITS = {
    _PROD: ("Prod", ROOT),
    _EU: ("EU", _PROD),
    _SHOPS: ("Shops", _EU),
    _TEST: ("Test", ROOT),
    _ODD: ("Research/Lab", _TEST),
}


def _organization(**more: Any) -> FakeOrganizations:  # noqa: ANN401 - any field of the fake
    """Accounts 1 to 6: in the root, Prod, Prod/EU, Prod/EU/Shops, Test, Test/"Research/Lab"."""
    parents = (ROOT, _PROD, _EU, _SHOPS, _TEST, _ODD)
    return FakeOrganizations(_UNITS, dict(zip(accounts(6), parents, strict=True)), **more)


def _rules(*rules: Mapping[str, object]) -> tuple[Rule, ...]:
    return settings(members=list(rules)).members


def _in(*units: str, status: str = "ENABLED") -> dict[str, object]:
    return {"status": status, "organizationalUnits": list(units)}


def _tagged(status: str = "ENABLED", **tags: str) -> dict[str, object]:
    return {"status": status, "tags": tags}


def _read(organization: FakeOrganizations, *rules: Mapping[str, object]) -> OrganizationLookup:
    return read_organization_lookup(_rules(*rules), accounts(6), organization.api)


def _decided(
    organization: FakeOrganizations, *rules: Mapping[str, object]
) -> dict[int, int | None]:
    """By the number of each account, the rule that decides it."""
    lookup = _read(organization, *rules)
    return {n: deciding_rule(_rules(*rules), account(n), lookup) for n in range(1, 7)}


def _selected(organization: FakeOrganizations, *rules: Mapping[str, object]) -> list[int]:
    return [n for n, index in _decided(organization, *rules).items() if index == 0]


def _asked(organization: FakeOrganizations) -> set[str]:
    return {question.operation for question in organization.questions}


# Units


@pytest.mark.parametrize(
    ("unit", "selected"),
    [
        (_PROD, [2, 3, 4]),
        (_SHOPS, [4]),
        (ROOT, [1, 2, 3, 4, 5, 6]),
        ("Root", [1, 2, 3, 4, 5, 6]),
        ("Root/Prod", [2, 3, 4]),
        ("Root/Prod/EU", [3, 4]),
        ("Root/Prod/EU/Shops", [4]),
    ],
)
@pytest.mark.parametrize("empty", [False, True], ids=["pages", "empty pages"])
def test_a_unit_is_its_whole_subtree(
    unit: str,
    selected: list[int],
    empty: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert _selected(_organization(first_pages_are_empty=empty), _in(unit)) == selected


def test_any_of_a_rules_units_selects() -> None:
    assert _selected(_organization(), _in("Root/Prod/EU", _TEST)) == [3, 4, 5, 6]


def test_a_unit_with_a_slash_in_its_name_is_found() -> None:
    assert _selected(_organization(), _in(_ODD)) == [6]
    assert _selected(_organization(), _in("Root/Test/Research/Lab")) == [6]


def _ambiguous() -> FakeOrganizations:
    """Units "CI/CD", "CI" with "CD" below, and "CI" with "CD/EU"; an account in each."""
    units = {
        unit_id(1): ("CI/CD", ROOT),
        unit_id(2): ("CI", ROOT),
        unit_id(3): ("CD", unit_id(2)),
        unit_id(4): ("EU", unit_id(1)),
        unit_id(5): ("CD/EU", unit_id(2)),
        unit_id(6): ("US", unit_id(3)),
    }
    return FakeOrganizations(units, {account(n): unit_id(n) for n in range(1, 7)})


def test_a_path_that_two_units_have_is_refused_with_both_ids() -> None:
    chosen = settings(members=[rule("ENABLED", account(2)), _in("Root/CI/CD"), rule("DISABLED")])
    lookup = read_organization_lookup(chosen.members, accounts(6), _ambiguous().api)

    assert lookup.ambiguous_units == {"Root/CI/CD": (unit_id(1), unit_id(3))}
    assert lookup.unknown_units == frozenset()
    snapshot = replace(region_with(dict.fromkeys(accounts(6), ON)), lookup=lookup)
    assert make_plan(chosen, snapshot, OWNER).refusals == (
        (
            "rule 2 (members[1].organizationalUnits): Root/CI/CD is the path of 2 organizational "
            f"units, {unit_id(1)} and {unit_id(3)}, since names of units have a / in them. Write "
            "the id of the one that is meant."
        ),
    )


def test_who_may_be_in_an_ambiguous_unit_falls_to_no_later_rule() -> None:
    decided = _decided(_ambiguous(), _in("Root/CI/CD"), rule("DISABLED"))
    assert decided == dict.fromkeys(range(1, 7))


@pytest.mark.parametrize(
    ("unit", "selected"),
    [(unit_id(1), [1, 4]), (unit_id(3), [3, 6]), ("Root/CI/CD/US", [6]), ("Root/CI", [2, 3, 5, 6])],
)
def test_the_id_of_the_one_that_is_meant_is_not_ambiguous(unit: str, selected: list[int]) -> None:
    assert _selected(_ambiguous(), _in(unit)) == selected


def test_every_way_to_read_a_path_is_looked_at_and_each_unit_once() -> None:
    organization = _ambiguous()
    lookup = _read(organization, _in("Root/CI/CD/EU"))

    assert lookup.ambiguous_units == {"Root/CI/CD/EU": (unit_id(4), unit_id(5))}
    asked = organization.asked("ListOrganizationalUnitsForParent")
    assert asked == dict.fromkeys([ROOT, *map(unit_id, range(1, 6))], 1)
    assert organization.asked("ListAccountsForParent") == {}


# What is told beside


def test_names_of_the_accounts_in_a_unit_come_with_it() -> None:
    organization = _organization(
        names={account(1): "root", account(3): "shop"}, states={account(4): "SUSPENDED"}
    )
    lookup = _read(organization, _in("Root/Prod"), _in("Root/Prod/EU"))

    assert lookup.names == {account(3): "shop"}
    assert lookup.inactive == {account(4)}


@pytest.mark.parametrize(
    ("member", "unit"), [(2, "Root/Prod"), (3, "Root/Prod/EU"), (4, "Root/Prod/EU"), (1, None)]
)
def test_the_unit_that_selects_an_account_is_the_first_that_has_it(
    member: int, unit: str | None
) -> None:
    organization = _organization()
    rules = _in(_TEST, "Root/Prod/EU", "Root/Prod"), rule("ENABLED")
    lookup = _read(organization, *rules)

    assert selecting_unit(_rules(*rules)[0], account(member), lookup) == unit


def test_a_decision_is_told_with_the_unit_that_matched() -> None:
    chosen = settings(members=[_in("Root/Test", "Root/Prod"), rule("ENABLED")])
    lookup = read_organization_lookup(chosen.members, accounts(6), _organization().api)
    snapshot = replace(region_with(dict.fromkeys(accounts(6), OFF)), lookup=lookup)
    plan = make_plan(chosen, snapshot, OWNER)

    labels = ["rule 2: all", *["rule 1: OU Root/Prod"] * 3, *["rule 1: OU Root/Test"] * 2]
    assert [rule_label(d.rule, chosen.members, d.unit) for d in plan.decisions] == labels
    rows = {f"  on   {a}  {label}" for a, label in zip(accounts(6), labels, strict=True)}
    assert rows <= set(summary(region_report(plan)).splitlines())


def test_a_units_name_is_matched_as_it_is_shown() -> None:
    renamed = {unit_id(1): ("a\x1b[2J \nb", ROOT)}
    organization = FakeOrganizations(units=renamed, accounts={account(1): unit_id(1)})

    assert _selected(organization, _in("Root/a b")) == [1]
    assert _selected(organization, _in("Root/a\n b")) == [1]


def test_units_of_more_than_one_page_are_read_to_the_end() -> None:
    units = {unit_id(number): (f"Unit {number}", ROOT) for number in range(50)}
    organization = FakeOrganizations(units, {account(n + 1): unit_id(n) for n in range(50)})
    rules = _rules(_in("Root/Unit 49"), _in("Root"))

    lookup = read_organization_lookup(rules, accounts(50), organization.api)

    assert lookup.units == {
        "Root/Unit 49": frozenset({account(50)}),
        "Root": frozenset(accounts(50)),
    }


@pytest.mark.parametrize(
    "unit",
    [
        unit_id(99),
        "r-zz99",
        "Root/Prod/US",
        "Root/Prod/EU/Shops/Two",
        "Prod/EU",
        "Root/prod",
        "root",
        "Roots",
    ],
)
def test_a_unit_that_leads_nowhere_is_unknown(unit: str) -> None:
    lookup = _read(_organization(), _in("Root/Prod", unit, _TEST))

    assert lookup.unknown_units == {unit}
    assert set(lookup.units) == {"Root/Prod", _TEST}


def test_who_may_be_in_a_misspelt_unit_falls_to_no_later_rule() -> None:
    rules = _in("Root/Prod", "Root/Tset"), rule("DISABLED")
    assert _decided(_organization(), *rules) == {1: None, 2: 0, 3: 0, 4: 0, 5: None, 6: None}


# Tags


def test_an_account_must_have_all_of_a_rules_tags() -> None:
    tags = {
        account(1): {"env": "prod", "team": "shop"},
        account(2): {"env": "prod"},
        account(3): {"env": "test", "team": "shop"},
        account(4): {"env": "prod", "team": "shop", "more": ""},
        account(5): {"Env": "prod", "team": "shop"},
    }
    assert _selected(_organization(tags=tags), _tagged(env="prod", team="shop")) == [1, 4]


def test_an_account_outside_of_the_organization_has_no_tags_and_no_unit() -> None:
    organization = _organization(tags={account(1): {"env": "prod"}})
    rules = _rules(_in("Root"), _tagged(env="prod"), rule("UNMANAGED"))

    lookup = read_organization_lookup(rules, [account(1), account(7)], organization.api)

    assert deciding_rule(rules, account(1), lookup) == 0
    assert deciding_rule(rules, account(7), lookup) == 2


# What is asked


def test_rules_by_accounts_and_for_all_ask_for_the_policy_type_only() -> None:
    organization = _organization()
    assert _decided(organization, rule("ENABLED", account(2)), rule("DISABLED"))[2] == 0
    assert len(organization.questions) == 1
    assert _asked(organization) == {"ListRoots"}


def test_rules_that_others_precede_for_every_account_are_not_looked_up() -> None:
    organization = _organization()
    lookup = _read(organization, rule("ENABLED"), _in("Root/Tset"), _tagged(env="prod"))

    assert _asked(organization) == {"ListRoots"}
    assert lookup.unknown_units == frozenset()


def test_before_members_are_known_units_are_read_up_to_a_rule_for_all() -> None:
    organization = _organization()
    everybody = {"status": "ENABLED", "all": True}
    rules = _rules(
        {"status": "ENABLED", "accounts": [account(1)]},
        _in("Root/Nowhere"),
        _tagged(env="prod"),
        _in("Root/Tset"),
        everybody,
        _in("Root/Never"),
    )

    lookup = read_organization_lookup(rules, None, organization.api)

    assert lookup.unknown_units == {"Root/Nowhere", "Root/Tset"}
    assert "ListTagsForResource" not in _asked(organization)


def test_tags_are_asked_once_for_each_account_that_is_undecided() -> None:
    organization = _organization(tags={account(5): {"env": "test"}})
    _read(
        organization,
        rule("ENABLED", account(1)),
        _in("Root/Prod"),
        _tagged(env="test"),
        _tagged(env="dev"),
    )
    assert organization.asked("ListTagsForResource") == {account(5): 1, account(6): 1}


def test_every_unit_is_asked_for_once_in_a_run() -> None:
    organization = _organization()
    rules = [_in("Root/Prod/EU"), _in(_SHOPS, "Root/Test"), _in("Root/Prod"), _in("Root", ROOT)]
    _read(organization, *rules)

    once = dict.fromkeys([ROOT, *_UNITS], 1)
    assert organization.asked("ListRoots") == {"": 1}
    assert organization.asked("ListOrganizationalUnitsForParent") == once
    assert organization.asked("ListAccountsForParent") == once


def test_units_beside_the_path_are_not_asked_for() -> None:
    organization = _organization()
    _read(organization, _in("Root/Prod/EU"))

    assert set(organization.asked("ListAccountsForParent")) == {_EU, _SHOPS}
    units = set(organization.asked("ListOrganizationalUnitsForParent"))
    assert units == {ROOT, _PROD, _EU, _SHOPS}


_MANY = 3 * CALLS_AT_ONCE


class _AFewAtOnce(FakeOrganizations):
    """Answers about tags only when as many are asked for at once as may be."""

    def __init__(self) -> None:
        super().__init__(_UNITS, dict.fromkeys(accounts(_MANY), ROOT))
        self.barrier = Barrier(CALLS_AT_ONCE)
        self.lock = Lock()
        self.in_flight: set[str] = set()
        self.most = 0

    def list_tags_for_resource(self, ResourceId: str, **page: str) -> dict[str, Any]:  # noqa: N803
        with self.lock:
            self.in_flight.add(ResourceId)
            self.most = max(self.most, len(self.in_flight))
        self.barrier.wait(timeout=30)
        with self.lock:
            self.in_flight.remove(ResourceId)
        return super().list_tags_for_resource(ResourceId, **page)


def test_a_few_calls_go_out_at_once_and_no_more() -> None:
    organization = _AFewAtOnce()
    read_organization_lookup(_rules(_tagged(env="prod")), accounts(_MANY), organization.api)

    assert len(organization.asked("ListTagsForResource")) == _MANY
    assert organization.most == CALLS_AT_ONCE


# Refusals


def test_a_caller_who_may_not_read_units_gets_the_permissions_by_name() -> None:
    organization = _organization()
    organization.failures["ListAccountsForParent"] = access_denied("ListAccountsForParent")
    lookup = _read(organization, rule("ENABLED", account(1)), _in("Root/Prod"))

    assert organizations_refusals(lookup, ADMINISTRATOR) == (
        (
            "rule 2 (members[1]) selects by organizationalUnits, but account 222222222222 may not "
            "read AWS Organizations (You don't have permissions to access this resource). Give the "
            "caller the permissions organizations:ListRoots, "
            "organizations:ListOrganizationalUnitsForParent, organizations:ListAccountsForParent."
        ),
    )


def test_a_caller_who_may_not_read_tags_gets_the_permission_by_name() -> None:
    organization = _organization()
    organization.failures["ListTagsForResource"] = access_denied("ListTagsForResource")

    assert organizations_refusals(_read(organization, _tagged(env="prod")), ADMINISTRATOR) == (
        (
            "rule 1 (members[0]) selects by tags, but account 222222222222 may not read AWS "
            "Organizations (You don't have permissions to access this resource). Give the caller "
            "the permission organizations:ListTagsForResource."
        ),
    )


def test_permissions_that_are_missing_are_told_for_all_rules_at_once() -> None:
    organization = _organization()
    for operation in ("ListRoots", "ListOrganizationalUnitsForParent", "ListTagsForResource"):
        organization.failures[operation] = access_denied(operation)
    lookup = _read(organization, _in("Root/Prod"), _tagged(env="prod"), _in(_TEST), rule("ENABLED"))

    refused = [(refused.index, refused.selector) for refused in lookup.refused]
    assert refused == [(0, "organizationalUnits"), (1, "tags"), (2, "organizationalUnits")]
    assert all(refused.reason == NO_PERMISSION for refused in lookup.refused)
    assert len(organizations_refusals(lookup, ADMINISTRATOR)) == 3


@pytest.mark.parametrize("first", [_in("Root/Prod"), _in("Root/Tset")], ids=["refused", "unknown"])
def test_once_the_run_is_refused_tags_are_asked_for_one_account_only(
    first: dict[str, object],
) -> None:
    organization = _organization()
    organization.failures["ListAccountsForParent"] = access_denied("ListAccountsForParent")
    _read(organization, first, _tagged(env="prod"))
    assert organization.asked("ListTagsForResource") == {account(1): 1}


def test_who_may_be_in_a_unit_that_cannot_be_read_falls_to_no_later_rule() -> None:
    organization = _organization()
    organization.failures["ListAccountsForParent"] = access_denied("ListAccountsForParent")
    decided = _decided(
        organization, rule("ENABLED", account(1)), _in("Root/Prod"), rule("DISABLED")
    )
    assert decided == {1: 0, 2: None, 3: None, 4: None, 5: None, 6: None}


def test_a_service_that_fails_is_not_told_as_a_missing_permission() -> None:
    organization = _organization()
    organization.failures["ListTagsForResource"] = service_failed("ListTagsForResource")
    with pytest.raises(ServiceError, match="ListTagsForResource failed: ServiceException: Try"):
        _read(organization, _tagged(env="prod"))


# The policy type


@pytest.mark.parametrize(
    ("types", "enabled"),
    [
        ({"GUARDDUTY_POLICY": "ENABLED", "TAG_POLICY": "ENABLED"}, True),
        ({"GUARDDUTY_POLICY": "PENDING_DISABLE"}, False),
        ({"TAG_POLICY": "ENABLED"}, False),
        ({}, False),
    ],
)
def test_the_root_tells_whether_policies_decide(
    types: dict[str, str],
    enabled: bool,  # noqa: FBT001 - a column of the table
) -> None:
    lookup = _read(_organization(policy_types=types))
    assert lookup == OrganizationLookup(policy_type_enabled=enabled)


def test_a_caller_who_may_not_read_the_root_is_told_why_it_is_unknown() -> None:
    organization = _organization()
    organization.failures["ListRoots"] = access_denied("ListRoots")
    lookup = _read(organization, rule("ENABLED"))

    assert lookup == OrganizationLookup(policy_type_refused=NO_PERMISSION)
    assert organizations_refusals(lookup, ADMINISTRATOR) == ()


def test_units_by_id_need_no_permission_for_the_root() -> None:
    organization = _organization()
    organization.failures["ListRoots"] = access_denied("ListRoots")

    assert _selected(organization, _in(_PROD)) == [2, 3, 4]


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (service_failed("ListRoots"), "Try again later."),
        (ConnectTimeoutError(endpoint_url="https://x"), "no answer from AWS (ListRoots: "),
    ],
    ids=["fails", "no answer"],
)
def test_no_run_fails_for_the_policy_type_alone(failure: Exception, told: str) -> None:
    organization = _organization()
    organization.failures["ListRoots"] = failure
    lookup = _read(organization, rule("ENABLED"))

    assert lookup.policy_type_enabled is None
    assert str(lookup.policy_type_refused).startswith(told)


def test_a_path_that_gets_no_answer_ends_the_run() -> None:
    organization = _organization()
    organization.failures["ListRoots"] = ConnectTimeoutError(endpoint_url="https://x")
    with pytest.raises(ConnectionFailedError):
        _read(organization, _in("Root/Prod"))
