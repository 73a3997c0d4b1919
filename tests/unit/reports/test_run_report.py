"""The run report: its JSON schema, and what it says of a plan."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.model import Detector, MemberStatuses
from guardduty_eks_audit_logs.planning.plan import make_plan
from guardduty_eks_audit_logs.reports.region_report import region_report
from guardduty_eks_audit_logs.reports.run_report import Outcome, RunReport
from tests.support.vocabulary import (
    DETECTOR,
    NOW,
    OFF,
    ON,
    OWNER,
    PROJECT_FOLDER,
    account,
    accounts,
    member,
    region_with,
    rule,
    settings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.model import AccountId, FeatureStatus
    from guardduty_eks_audit_logs.reports.run_report import RegionReport
    from guardduty_eks_audit_logs.settings.configuration import Settings

_SCHEMA = PROJECT_FOLDER / "docs" / "run-report.schema.json"


def _report(chosen: Settings, statuses: Mapping[AccountId, FeatureStatus]) -> RegionReport:
    return region_report(make_plan(chosen, region_with(statuses), OWNER))


def test_the_committed_schema_is_that_of_the_model() -> None:
    schema = RunReport.model_json_schema(by_alias=True, mode="serialization")

    # On a difference, write this text to the file.
    assert _SCHEMA.read_text(encoding="utf-8") == json.dumps(schema, indent=2) + "\n"


def test_every_change_is_in_it_off_first_and_by_rule() -> None:
    chosen = settings(
        maxDisabled="100%", members=[rule("DISABLED", *accounts(30)), rule("ENABLED")]
    )
    now = dict.fromkeys(accounts(30), ON) | {account(n): OFF for n in range(31, 90)}

    report = _report(chosen, now)

    told = [(a.account, a.from_, a.to, a.rule) for a in report.accounts]
    assert told == [
        *((a, ON, OFF, "rule 1: accounts") for a in accounts(30)),
        *((account(n), OFF, ON, "rule 2: all") for n in range(31, 90)),
    ]
    assert report.summary is not None
    assert (report.summary.turns_on, report.summary.turns_off) == (59, 30)


def test_a_refused_plan_has_the_accounts_that_it_would_change() -> None:
    plan = make_plan(
        settings(maxDisabled=0, members=[rule("DISABLED")]), region_with({account(1): ON}), OWNER
    )

    assert plan.refusals
    assert [a.account for a in region_report(plan).accounts] == [account(1)]


def test_a_detector_is_made_only_if_the_stack_makes_it() -> None:
    region = replace(region_with({}), detector=None)

    existing = make_plan(settings(detector="existing"), region, OWNER)
    create = make_plan(settings(detector="create"), region, OWNER)

    assert existing.refusals
    assert not [one for one in region_report(existing).notices if "made" in one]
    assert [one for one in region_report(create).notices if "made with EKS audit logs on" in one]


def test_unknown_is_not_off_and_an_inactive_member_is_no_change() -> None:
    snapshot = replace(
        region_with({account(1): ON}),
        members=(member(1), member(2, "Disabled")),
        statuses=MemberStatuses({}, {account(1): "Internal error"}),
    )

    report = region_report(make_plan(settings(members=[rule("ENABLED")]), snapshot, OWNER))

    (unknown, inactive) = report.accounts
    assert (unknown.from_, unknown.progress) == ("UNKNOWN", "planned")
    assert (inactive.account, inactive.progress, inactive.reason) == (
        account(2),
        "inactive",
        "relationship status Disabled, suspended in GuardDuty",
    )
    assert report.changing(ON) == (unknown,)


def test_settings_that_change_are_in_it() -> None:
    snapshot = replace(region_with({}), detector=Detector(DETECTOR, monitoring=True, status=OFF))

    report = region_report(make_plan(settings(autoEnable="ALL"), snapshot, OWNER))

    assert [(s.setting, s.from_, s.to) for s in report.settings] == [
        ("status", "DISABLED", "ENABLED"),
        ("autoEnable", "NEW", "ALL"),
    ]


def test_a_file_can_be_read_back() -> None:
    region = _report(settings(members=[rule("ENABLED")]), {account(1): OFF})
    report = RunReport(
        project="p",
        stack="s",
        started=NOW,
        preview=True,
        outcome=Outcome.PREVIEWED,
        regions=(region,),
    )

    assert RunReport.model_validate_json(report.model_dump_json(by_alias=True)) == report
