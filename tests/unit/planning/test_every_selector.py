"""Every selector of a rule, by an example: whom it selects, and where users read of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from guardduty_eks_audit_logs.model import OrganizationLookup
from guardduty_eks_audit_logs.planning.plan import make_plan
from guardduty_eks_audit_logs.settings.configuration import SELECTORS, Settings
from tests.support.vocabulary import OFF, ON, OWNER, PROJECT_FOLDER, account, accounts, region_with

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES: dict[str, tuple[object, list[int]]] = {
    "accounts": ([account(2), account(5)], [2, 5]),
    "accountsFile": ("ids.txt", [1, 6]),
    "organizationalUnits": (["Root/Prod"], [1, 2, 3]),
    "tags": ({"env": "dev"}, [4]),
    "all": (True, [1, 2, 3, 4, 5, 6]),
}
"""By selector, a value, and the numbers of the members that it selects."""


@pytest.mark.parametrize("selector", SELECTORS)
def test_every_selector_selects_the_members_of_its_example(selector: str, tmp_path: Path) -> None:
    value, selected = EXAMPLES[selector]
    (tmp_path / "ids.txt").write_text(f"{account(1)}\n{account(6)}\n")
    rules = [{"status": "ENABLED", selector: value}]
    settings = Settings.from_values({"autoEnable": "NEW", "members": rules}, tmp_path)
    lookup = OrganizationLookup(
        units={"Root/Prod": frozenset(accounts(3))},
        tags={one: {"env": "dev"} if one == account(4) else {} for one in accounts(6)},
    )

    snapshot = replace(region_with(dict.fromkeys(accounts(6), OFF)), lookup=lookup)
    plan = make_plan(settings, snapshot, owner=OWNER)

    assert plan.refusals == ()
    turned_on = [decision.account for decision in plan.decisions if decision.wanted is ON]
    assert turned_on == [account(number) for number in selected]


def test_a_decision_names_the_first_unit_that_has_the_account() -> None:
    rules = [{"status": "ENABLED", "organizationalUnits": ["Root/Prod", "Root/Test"]}]
    units = {"Root/Prod": frozenset({account(1)}), "Root/Test": frozenset(accounts(2))}
    region = region_with(dict.fromkeys(accounts(2), OFF))
    chosen = Settings.from_values({"autoEnable": "NEW", "members": rules}, PROJECT_FOLDER)

    plan = make_plan(chosen, replace(region, lookup=OrganizationLookup(units=units)), owner=OWNER)

    assert [decision.unit for decision in plan.decisions] == ["Root/Prod", "Root/Test"]


def test_every_example_is_of_a_selector() -> None:
    assert set(EXAMPLES) == set(SELECTORS)


@pytest.mark.parametrize("selector", SELECTORS)
def test_pulumi_yaml_describes_every_selector(selector: str) -> None:
    project = yaml.safe_load((PROJECT_FOLDER / "Pulumi.yaml").read_text())

    assert re.search(rf"\b{selector} \(", project["config"]["members"]["description"])


@pytest.mark.parametrize("selector", SELECTORS)
def test_the_readme_names_every_selector(selector: str) -> None:
    _, _, text = (PROJECT_FOLDER / "README.md").read_text().partition("\nA rule is a `status`")
    paragraph, _, _ = text.partition("\n\n")

    assert f"`{selector}`" in paragraph or f"`{selector}: " in paragraph


@pytest.mark.parametrize("selector", SELECTORS)
def test_the_guide_has_a_row_for_every_selector(selector: str) -> None:
    guide = (PROJECT_FOLDER / "docs" / "guide.md").read_text()
    _, _, table = guide.partition("\n| selector | selects |\n")
    rows, _, _ = table.partition("\n\n")

    assert re.search(rf"^\| `{selector}[`:]", rows, re.MULTILINE)
