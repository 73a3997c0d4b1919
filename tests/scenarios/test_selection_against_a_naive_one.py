"""Random organizations and rule lists: who decides whom is what a naive reading of the rules says.

The naive one goes account by account up to the root, and shares nothing with the product. It also
says what Organizations may be asked: no unit, no account and no page without a rule that needs it.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import example, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from aws_sandbox.credentials import access_key_id, secret_access_key
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.planning.decisions import decide, deciding_rules
from guardduty_eks_audit_logs.planning.plan import make_plan
from guardduty_eks_audit_logs.reading.organization_lookup import read_organization_lookup
from guardduty_eks_audit_logs.reading.snapshot import read_snapshot
from tests.support.doors import bare_environment
from tests.support.organizations_client import ROOT, FakeOrganizations, unit_id
from tests.support.vocabulary import (
    ADMINISTRATOR,
    OFF,
    OWNER,
    REGION,
    account,
    accounts,
    region_with,
    settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pytest

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox
    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.model import AccountId

MOST_ACCOUNTS = 300
MOST_UNITS = 12
MOST_RULES = 8
ORGANIZATIONS = 1_000

_Rule = dict[str, Any]
_Item = TypeVar("_Item")


# The naive one


@dataclass(frozen=True)
class Organization:
    """Where everything is: units by id, the root among them without a parent, and accounts.

    An account that is in no unit is a member by invitation.
    """

    names: dict[str, str]
    parents: dict[str, str | None]
    places: dict[AccountId, str]
    tags: dict[AccountId, dict[str, str]]

    def up(self, unit: str | None) -> list[str]:
        """A unit and all above it."""
        return [] if unit is None else [unit, *self.up(self.parents[unit])]

    @cached_property
    def paths(self) -> dict[str, str]:
        """By id, the path of each unit."""
        return {
            u: "/".join(self.names[above] for above in reversed(self.up(u))) for u in self.names
        }

    def called(self, written: str) -> set[str]:
        """All units that a rule may mean: two of them may have one path."""
        return {unit for unit, path in self.paths.items() if written in {unit, path}}

    def has(self, written: str) -> bool:
        """Whether it is certain which unit is meant."""
        return len(self.called(written)) == 1

    def below(self, written: str) -> set[str]:
        """All units in the subtree of the one that is meant."""
        if not self.has(written):
            return set()
        return {unit for unit in self.names if self.called(written) & set(self.up(unit))}

    def on_the_way_to(self, written: str) -> set[str]:
        on_the_way = {u for u, path in self.paths.items() if written.startswith(f"{path}/")}
        return on_the_way | self.called(written)


def naively_selects(rule: _Rule, member: AccountId, organization: Organization) -> bool:
    if "organizationalUnits" in rule:
        above = set(organization.up(organization.places.get(member)))
        return any(
            organization.has(written) and organization.called(written) & above
            for written in rule["organizationalUnits"]
        )
    if "tags" in rule:
        tags = organization.tags.get(member, {}) if member in organization.places else {}
        return all(tags.get(key) == value for key, value in rule["tags"].items())
    return member in rule.get("accounts", [member])


def naively_decides(
    rules: list[_Rule], member: AccountId, organization: Organization
) -> int | None:
    """The first rule that selects, unless an earlier one has a unit that nobody can make out."""
    for index, rule in enumerate(rules):
        if naively_selects(rule, member, organization):
            return index
        if not all(organization.has(unit) for unit in rule.get("organizationalUnits", ())):
            return None
    return None


def naively_consulted(
    rules: list[_Rule], members: list[AccountId], organization: Organization
) -> Iterator[tuple[_Rule, list[AccountId]]]:
    """The rules that have members left, each with those that no earlier rule selects."""
    for index, rule in enumerate(rules):
        left = [
            member
            for member in members
            if not any(naively_selects(earlier, member, organization) for earlier in rules[:index])
        ]
        if left:
            yield rule, left


# Random organizations and rules


_NAMES = ("Prod", "Test", "EU", "Root", "Research/Lab", "Research", "Lab", "prod")
_TAGS = {"env": ("prod", "test", ""), "team": ("shop", "bank")}


def _organization(units: int, number: int, chance: Random) -> Organization:
    ids = [ROOT]
    names: dict[str, str] = {ROOT: "Root"}
    parents: dict[str, str | None] = {ROOT: None}
    for unit in map(unit_id, range(units)):
        parent, name = chance.choice(ids), chance.choice(_NAMES)
        siblings = {names[sibling] for sibling, its in parents.items() if its == parent}
        names[unit] = name if name not in siblings else f"{name} {len(ids)}"
        parents[unit] = parent
        ids.append(unit)
    members = accounts(number)
    tags = {
        member: {key: chance.choice(values) for key, values in _some(_TAGS.items(), chance)}
        for member in members
    }
    places = {member: chance.choice(ids) for member in members if chance.random() < 0.97}
    return Organization(names, parents, places, tags)


def _some(items: Iterable[_Item], chance: Random) -> list[_Item]:
    return [item for item in items if chance.random() < 0.7]


def _rule(organization: Organization, chance: Random) -> _Rule:
    status = chance.choice(["ENABLED", "DISABLED", "UNMANAGED"])
    kinds = ("organizationalUnits", "tags", "accounts", "all")
    (kind,) = chance.choices(kinds, weights=(10, 10, 10, 1))
    if kind == "organizationalUnits":
        units = [_written(organization, chance) for _ in range(chance.randint(1, 3))]
        return {"status": status, kind: units}
    if kind == "tags":
        tags = {key: chance.choice(values) for key, values in _some(_TAGS.items(), chance)}
        return {"status": status, kind: tags or {"env": "none"}}
    if kind == "accounts":
        numbers = chance.sample(range(1, MOST_ACCOUNTS + 1), chance.randint(1, 60))
        return {"status": status, kind: [account(number) for number in numbers]}
    return {"status": status, kind: True}


def _written(organization: Organization, chance: Random) -> str:
    """A unit as a rule writes it: by id or path, rarely one that is not there."""
    unit = chance.choice(list(organization.names))
    path = organization.paths[unit]
    nowhere = ("Root/Nowhere", f"{path}/Nowhere/EU", "Nowhere", unit_id(99), "r-zz99")
    if chance.random() < 0.04:
        return chance.choice(nowhere)
    return path if chance.random() < 0.5 else unit


def _served(organization: Organization, *, empty_pages: bool) -> FakeOrganizations:
    return FakeOrganizations(
        units={
            unit: (organization.names[unit], parent)
            for unit, parent in organization.parents.items()
            if parent is not None
        },
        accounts=organization.places,
        tags=organization.tags,
        first_pages_are_empty=empty_pages,
    )


@with_settings(max_examples=ORGANIZATIONS)
@example(seed=725691, size=1.0, empty_pages=False)  # tags that nobody asks for after a refusal
@given(
    seed=st.integers(0, 2**64),
    size=st.sampled_from([0.05, *[1.0] * 5]),  # a failure is shown as a small one
    empty_pages=st.booleans(),
)
def test_rules_decide_as_a_naive_reading_does_and_ask_no_more(
    seed: int,
    size: float,
    empty_pages: bool,  # noqa: FBT001 - drawn by name
) -> None:
    chance = Random(seed)  # noqa: S311 - no secret
    number = round(size * chance.randint(0, MOST_ACCOUNTS))
    organization = _organization(chance.randint(0, MOST_UNITS), number, chance)
    rules = [_rule(organization, chance) for _ in range(chance.randint(0, MOST_RULES))]
    _compare(organization, rules, empty_pages=empty_pages)


def _compare(organization: Organization, rules: list[_Rule], *, empty_pages: bool) -> None:
    members = sorted(organization.tags)
    served = _served(organization, empty_pages=empty_pages)
    read = settings(members=rules).members

    lookup = read_organization_lookup(read, members, served.api)

    snapshot = replace(region_with(dict.fromkeys(members, OFF)), lookup=lookup)
    deciding = deciding_rules(read, snapshot)
    decided = {decision.account: decision.rule for decision in decide(read, snapshot, deciding)}
    naive = {member: naively_decides(rules, member, organization) for member in members}
    assert decided == {member: index for member, index in naive.items() if index is not None}
    _check_what_was_asked(rules, members, organization, served)


def _check_what_was_asked(
    rules: list[_Rule],
    members: list[AccountId],
    organization: Organization,
    served: FakeOrganizations,
) -> None:
    consulted = list(naively_consulted(rules, members, organization))
    units, accounts_of = _naively_asked((rule for rule, _ in consulted), organization)
    tags = {member for rule, left in consulted if "tags" in rule for member in left}
    refused = not all(
        organization.has(written)
        for rule, _ in consulted
        for written in rule.get("organizationalUnits", ())
    )
    asked_units = set(served.asked("ListOrganizationalUnitsForParent"))
    asked_accounts_of = set(served.asked("ListAccountsForParent"))
    asked_tags = set(served.asked("ListTagsForResource"))

    assert set(Counter(served.questions).values()) == {1}, "a page was asked for twice"
    assert set(served.asked("ListRoots")) == {""}
    if not refused:
        assert (asked_units, asked_accounts_of, asked_tags) == (units, accounts_of, tags)
        return
    # Once a unit is unknown or ambiguous, the run is refused, and tags are of no use. So accounts
    # stay that a rule by tags would have decided, and the rules behind it are consulted, too.
    most_units, most_accounts_of = _naively_asked(rules, organization)
    assert asked_tags <= tags
    assert units <= asked_units <= most_units
    assert accounts_of <= asked_accounts_of <= most_accounts_of


def _naively_asked(rules: Iterable[_Rule], organization: Organization) -> tuple[set[str], set[str]]:
    """The units whose units, and those whose accounts, Organizations is asked for."""
    units, accounts_of = set[str](), set[str]()
    for written in (unit for rule in rules for unit in rule.get("organizationalUnits", ())):
        accounts_of |= organization.below(written)
        units |= organization.below(written) | organization.on_the_way_to(written)
        if not organization.has(written) and written.startswith(("ou-", "r-")):
            units.add(written)
    return units, accounts_of


# Over HTTP


_TWELVE = (
    "Root/Prod",
    "Root/Prod/EU",
    "Root/Prod/EU/Shops",
    "Root/Prod/EU/Banks",
    "Root/Prod/US",
    "Root/Prod/US/Shops",
    "Root/Test",
    "Root/Test/EU",
    "Root/Test/EU/Shops",
    "Root/Test/US",
    "Root/Sandbox",
    "Root/Sandbox/Shops",
)


def _of_300_accounts() -> Organization:
    """Takes paths for ids, and puts the accounts one after the other into all units."""
    units = ("Root", *_TWELVE)
    members = list(enumerate(accounts(MOST_ACCOUNTS)))
    return Organization(
        names={unit: unit.rpartition("/")[2] for unit in units},
        parents={unit: unit.rpartition("/")[0] or None for unit in units},
        places={member: units[n % len(units)] for n, member in members},
        tags={
            member: {"env": ("prod", "test")[n % 2], "team": ("shop", "bank")[n // 2 % 2]}
            for n, member in members
        },
    )


def _described(organization: Organization) -> str:
    """The organization as the sandbox's file has it; JSON is YAML."""
    return json.dumps(
        {
            "managementAccountId": "111111111111",
            "administrator": {"id": ADMINISTRATOR, "name": "security", "ou": "Root"},
            "regions": [REGION],
            "emptyPages": 0.3,
            "accounts": [
                {
                    "id": member,
                    "name": f"member-{member}",
                    "ou": unit,
                    "tags": organization.tags[member],
                }
                for member, unit in organization.places.items()
            ],
        }
    )


def _mixed(deep: str) -> list[_Rule]:
    """Rules of all kinds that overlap; the third one has a unit by its id."""
    return [
        {"status": "UNMANAGED", "accounts": [account(7), account(150), account(300)]},
        {"status": "DISABLED", "tags": {"env": "test", "team": "bank"}},
        {"status": "ENABLED", "organizationalUnits": ["Root/Prod/EU", deep]},
        {"status": "UNMANAGED", "organizationalUnits": ["Root/Test"]},
        {"status": "ENABLED", "tags": {"env": "prod"}},
        {"status": "DISABLED", "organizationalUnits": ["Root/Prod"]},
        {"status": "ENABLED", "all": True},
    ]


def _session(sandbox: RunningSandbox) -> Session:
    services = dict.fromkeys(("sts", "guardduty", "organizations"), sandbox.url)
    keys = {
        "aws:region": REGION,
        "aws:accessKey": access_key_id(ADMINISTRATOR),
        "aws:secretKey": secret_access_key(ADMINISTRATOR),
        "aws:endpoints": json.dumps([services]),
    }
    return open_session(keys.get)


def _id_of(path: str, sandbox: RunningSandbox) -> str:
    organizations = sandbox.boto3("organizations")
    pages = organizations.get_paginator("list_organizational_units_for_parent")
    found: str = organizations.list_roots()["Roots"][0]["Id"]
    for name in path.split("/")[1:]:
        below = pages.paginate(ParentId=found).search("OrganizationalUnits[]")
        (found,) = (unit["Id"] for unit in below if unit["Name"] == name)
    return found


def test_300_accounts_in_12_units_are_decided_as_a_naive_reading_says(
    serve_sandbox: ServeSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bare_environment(monkeypatch, tmp_path)
    organization = _of_300_accounts()
    sandbox = serve_sandbox(organization=_described(organization))
    path = "Root/Test/EU"
    asked = settings(members=_mixed(_id_of(path, sandbox)))

    plan = make_plan(asked, read_snapshot(_session(sandbox), asked), OWNER)

    decided = {decision.account: decision.rule for decision in plan.decisions}
    naive = {a: naively_decides(_mixed(path), a, organization) for a in organization.places}
    assert plan.refusals == ()
    assert decided == naive
    assert set(decided.values()) == set(range(7)), "some rule decides nobody"
