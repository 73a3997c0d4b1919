"""The table of accounts: who has EKS audit logs in a region, and who decided it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardduty_eks_audit_logs.model import Detector, MemberStatuses
from guardduty_eks_audit_logs.planning.plan import make_plan
from guardduty_eks_audit_logs.reports.coverage.region import NO_MEMBER, CoverageRow, coverage
from guardduty_eks_audit_logs.settings.configuration import Settings
from tests.support.vocabulary import (
    ADMINISTRATOR,
    DETECTOR,
    OFF,
    ON,
    OWNER,
    account,
    member,
    region_with,
    rule,
    settings,
)


def test_every_account_has_a_row_with_what_aws_holds_and_who_decided_it() -> None:
    snapshot = replace(
        region_with({}),
        members=(member(1), member(2), member(3), member(4, "Disabled"), member(5)),
        statuses=MemberStatuses({account(1): ON, account(2): OFF, account(3): OFF}, {}),
    )
    chosen = settings(
        members=[
            rule("UNMANAGED", account(2)),
            rule("ENABLED", account(1), account(4), account(5)),
        ]
    )

    assert coverage(make_plan(chosen, snapshot, OWNER)) == (
        CoverageRow(ADMINISTRATOR, NO_MEMBER, ON, "status (administrator)"),
        CoverageRow(account(1), "Enabled", ON, "rule 2: accounts"),
        CoverageRow(account(2), "Enabled", OFF, "left alone (rule 1: accounts)"),
        CoverageRow(account(3), "Enabled", OFF, "left alone"),
        CoverageRow(account(4), "Disabled", None, "inactive"),
        CoverageRow(account(5), "Enabled", None, "rule 2: accounts"),
    )


@pytest.mark.parametrize(
    ("auto_enable", "decided_by"),
    [("ALL", "autoEnable ALL"), ("NEW", "left alone"), ("NONE", "left alone")],
)
def test_all_decides_the_accounts_that_no_rule_does(auto_enable: str, decided_by: str) -> None:
    plan = make_plan(settings(autoEnable=auto_enable), region_with({account(1): ON}), OWNER)
    assert [row.decided_by for row in coverage(plan)] == ["status (administrator)", decided_by]


def test_all_reaches_an_account_that_a_rule_leaves_alone() -> None:
    chosen = settings(
        autoEnable="ALL", members=[rule("UNMANAGED", account(1)), rule("ENABLED", account(2))]
    )
    plan = make_plan(chosen, region_with({account(1): OFF, account(2): ON}), OWNER)

    assert [row.decided_by for row in coverage(plan)] == [
        "status (administrator)",
        "autoEnable ALL (rule 1: accounts)",
        "rule 2: accounts",
    ]


@pytest.mark.parametrize("detector", [None, Detector(DETECTOR, monitoring=True, status=None)])
def test_the_administrators_status_is_unknown_where_there_is_none(
    detector: Detector | None,
) -> None:
    plan = make_plan(Settings(), replace(region_with({}), detector=detector), OWNER)
    assert coverage(plan)[0].status is None
