"""Rules by organizational units and tags, resolved in the preview; cost told with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.engine.diff import listed_under
from tests.support.engine.organization import OFF, ON, REGION, account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization
    from tests.support.engine.stack import Run

pytestmark = pytest.mark.slow

UNITS = """
regions: [us-east-1]
settings: {autoEnableOrganizationMembers: NEW, eksAuditLogs: NONE}
accounts:
  - {id: "300000000001", name: shop, ou: Root/Prod, tags: {env: prod}}
  - {id: "300000000002", name: shop-eu, ou: Root/Prod/EU, tags: {env: prod, team: a}}
  - {id: "300000000003", name: shop-de, ou: Root/Prod/EU/DE, tags: {env: prod, team: b}}
  - {id: "300000000004", name: p, ou: Root/Sandbox, tags: {env: dev}, eksAuditLogs: ENABLED}
  - {id: "300000000005", name: t, ou: Root/Test, tags: {env: dev, team: a}, eksAuditLogs: ENABLED}
  - {id: "300000000006", name: other, ou: Root}
"""
RULES: list[dict[str, object]] = [
    {"status": "UNMANAGED", "tags": {"env": "dev", "team": "a"}},
    {"status": "DISABLED", "organizationalUnits": ["Root/Sandbox", "Root/Test"]},
    {"status": "ENABLED", "organizationalUnits": ["Root/Prod/EU"]},
    {"status": "ENABLED", "tags": {"env": "prod"}},
]


def test_a_preview_shows_the_accounts_of_units_and_tags_by_rule(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=UNITS)
    stack = aws.stack(members=RULES, autoEnable="NONE")

    preview = stack.preview("--diff")

    assert "6 members: 2 on, 4 off. This run turns 3 on, 1 off; 2 stay." in preview.text
    for line in (
        f"on   {account(1)}  rule 4: tag env=prod",
        f"on   {account(2)}  rule 3: OU Root/Prod/EU",
        f"on   {account(3)}  rule 3: OU Root/Prod/EU",
        f"off  {account(4)}  rule 2: OU Root/Sandbox",
    ):
        assert line in preview.text
    assert listed_under("ENABLED -> DISABLED", preview.text) == [account(4)]

    assert stack.up().code == 0
    assert aws.statuses() == {
        account(1): ON,
        account(2): ON,
        account(3): ON,
        account(4): OFF,
        account(5): ON,
        account(6): OFF,
    }
    again = stack.preview("--expect-no-changes")
    assert again.code == 0, again.text


def test_accounts_that_come_to_match_are_picked_up_by_the_next_run(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=UNITS)
    stack = aws.stack(members=RULES, autoEnable="NONE")
    assert stack.up().code == 0

    aws.control.move(account(6), "Root/Prod/EU/DE")
    aws.control.join("300000000099", name="new", ou="Root/Prod", tags={"env": "prod"})
    aws.control.advance_clock(hours=1)
    preview = stack.preview("--diff")
    assert listed_under("DISABLED -> ENABLED", preview.text) == [account(6), "300000000099"]

    assert stack.up().code == 0
    assert aws.statuses()[account(6)] == aws.statuses()["300000000099"] == ON


def test_organizations_is_asked_only_what_the_rules_need(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=UNITS)

    def asked(rules: list[dict[str, object]]) -> list[str]:
        aws.control.clear_calls()
        stack = aws.stack(f"asks-{len(rules)}", members=rules, autoEnable="NONE")
        assert stack.preview().code == 0
        calls = [call for call in aws.control.calls() if call.service == "organizations"]
        return [call.operation for call in calls]

    everyone: dict[str, object] = {"status": "ENABLED", "all": True}
    named: dict[str, object] = {"status": "ENABLED", "accounts": [account(n) for n in range(1, 6)]}
    tags: dict[str, object] = {"status": "DISABLED", "tags": {"env": "dev"}}
    assert asked([everyone]) == ["ListRoots"]
    assert asked([everyone, tags]) == ["ListRoots"]
    assert asked([named, tags, everyone]) == ["ListRoots", "ListTagsForResource"]


def _refused(run: Run, aws: Organization, *sentences: str) -> None:
    assert run.code != 0
    assert run.errors == list(sentences)
    assert "Traceback" not in run.text
    assert aws.writes() == []


def test_a_unit_that_does_not_exist_is_refused(organization: Callable[..., Organization]) -> None:
    aws = organization(description=UNITS)
    stack = aws.stack(
        members=[
            {"status": "ENABLED", "organizationalUnits": ["Root/Prod", "Root/Prdo"]},
            {"status": "ENABLED", "organizationalUnits": ["ou-abcd-12345678"]},
        ]
    )

    _refused(
        stack.up("--skip-preview"),
        aws,
        *(
            f"rule {index + 1} (members[{index}].organizationalUnits): {unit} is no organizational "
            "unit of this organization. Correct it (a path begins with the root's name, as in "
            "Root/Prod/EU), or remove it from the rule."
            for index, unit in ((0, "Root/Prdo"), (1, "ou-abcd-12345678"))
        ),
    )


def test_a_path_of_two_units_is_refused_and_the_id_of_one_is_not(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=UNITS)
    management = aws.sandbox.boto3("organizations", "111111111111")

    def unit(name: str, parent: str) -> str:
        made = management.create_organizational_unit(ParentId=parent, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    (root,) = management.list_roots()["Roots"]
    slash = unit("CI/CD", root["Id"])
    below = unit("CD", unit("CI", root["Id"]))
    management.move_account(
        AccountId=account(6), SourceParentId=root["Id"], DestinationParentId=slash
    )
    stack = aws.stack(members=[{"status": "ENABLED", "organizationalUnits": ["Root/CI/CD"]}])

    run = stack.up("--skip-preview")

    (error,) = run.errors
    assert "Root/CI/CD is the path of 2 organizational units, " in error
    assert {slash, below} == set(re.findall(r"ou-[a-z0-9]+-[a-z0-9]+", error))
    assert aws.writes() == []
    stack.configure(
        {
            "aws:region": REGION,
            "members": [{"status": "ENABLED", "organizationalUnits": [slash]}],
        }
    )
    assert stack.up().code == 0
    assert aws.statuses()[account(6)] == ON


def test_a_unit_or_tag_that_selects_nobody_is_told(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=UNITS)

    run = aws.stack(members=[{"status": "ENABLED", "tags": {"env": "stage"}}]).preview()

    assert run.code == 0, run.text
    assert "rule 1: tag env=stage is unused: it selects no account" in run.text


def test_missing_permissions_of_organizations_are_named(
    organization: Callable[..., Organization],
) -> None:
    from aws_sandbox.fault_effects import AccessDenied  # noqa: PLC0415

    aws = organization(description=UNITS)
    aws.control.fails(with_=AccessDenied(), service="organizations")

    run = aws.stack(members=RULES).preview()

    assert run.code != 0
    assert "Traceback" not in run.text
    told = " ".join(run.errors)
    for action in (
        "organizations:ListRoots",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListAccountsForParent",
        "organizations:ListTagsForResource",
    ):
        assert action in told
    assert aws.writes() == []


def test_without_those_permissions_rules_that_need_none_work(
    organization: Callable[..., Organization],
) -> None:
    from aws_sandbox.fault_effects import AccessDenied  # noqa: PLC0415

    aws = organization(description=UNITS)
    aws.control.fails(with_=AccessDenied(), service="organizations")
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])

    preview = stack.preview()
    assert "unknown whether the policy type GUARDDUTY_POLICY" in preview.text
    assert stack.up().code == 0
    assert set(aws.statuses().values()) == {ON}


def test_organizations_rate_limits_are_respected(organization: Callable[..., Organization]) -> None:
    aws = organization(accounts=60)
    aws.control.limits("ListTagsForResource", per_second=10, burst=10, service="organizations")

    run = aws.stack(members=[{"status": "ENABLED", "tags": {"env": "prod"}}]).preview()

    assert run.code == 0, run.text
    throttled = [c for c in aws.control.calls("ListTagsForResource") if c.outcome != "ok"]
    assert throttled


# What switching on costs


def test_trial_and_usage_are_told_before_switching_on(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=UNITS)
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])

    told = stack.preview().text

    assert f"on   {account(1)}  rule 1: all" in told
    assert "Trial: of 5 accounts to be turned on, 5 are unknown (GuardDuty returned none" in told
    assert "trial unknown" not in told
    assert "Usage: " in told
    assert aws.control.calls("GetRemainingFreeTrialDays")
    aws.control.clear_calls()
    stack.configure(
        {"aws:region": REGION, "members": [{"status": "ENABLED", "all": True}], "showCosts": False}
    )
    told = stack.preview().text
    assert "Trial" not in told
    assert "Usage" not in told
    assert not aws.control.calls("GetRemainingFreeTrialDays")
    assert not aws.control.calls("GetUsageStatistics")
