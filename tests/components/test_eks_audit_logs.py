"""Which resources the component registers for a plan, with which inputs, and in which order."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pulumi.runtime.rpc import UNKNOWN

from components import DelegatedAdministrator, EksAuditLogs
from guardduty.delegation import Delegation, plan_delegation
from guardduty.model import AccountId, Designation, Detector, MemberStatuses, Snapshot
from guardduty.plan import Plan, make_plan
from guardduty.refusals import OWNER_TAG
from guardduty.settings import Settings
from tests.components.registrations import Engine
from tests.vocabulary import (
    ADMINISTRATOR,
    DETECTOR,
    NOW,
    OFF,
    ON,
    OWNER,
    REGION,
    account,
    member,
    region_with,
    rule,
    settings,
)

if TYPE_CHECKING:
    from tests.components.registrations import Registered

_RULES = [
    rule("UNMANAGED", account(3)),
    rule("DISABLED", account(1)),
    rule("ENABLED"),
]
_MEMBERS = region_with({account(1): ON, account(2): ON, account(3): ON})
_NO_DETECTOR = Snapshot(REGION, ADMINISTRATOR, NOW, delegated=True)

_SEEN = {
    "own": "aws:guardduty/detectorFeature:DetectorFeature",
    "organization": "aws:guardduty/organizationConfiguration:OrganizationConfiguration",
    "auto-enable": (
        "aws:guardduty/organizationConfigurationFeature:OrganizationConfigurationFeature"
    ),
    "detector": "aws:guardduty/detector:Detector",
    "prior": "pulumi-python:dynamic/guardduty:PriorSettings",
    "members": "pulumi-python:dynamic/guardduty:MemberFeatures",
}


def _plan(chosen: Settings, snapshot: Snapshot) -> Plan:
    plan = make_plan(chosen, snapshot, OWNER)
    assert plan.refusals == ()
    return plan


def _registered(plan: Plan, *, preview: bool = False) -> dict[str, Registered]:
    """Registers the component `eks`; its children, by the rest of their names."""
    engine = Engine(preview=preview, outputs={"-members": {"unprocessed": {}}})
    engine.run(lambda: EksAuditLogs("eks", plan).unprocessed)
    component = engine.registered.pop("eks")
    assert component.type == "guardduty-eks-audit-logs:index:EksAuditLogs"
    children = {name.removeprefix("eks-"): child for name, child in engine.registered.items()}
    assert {name: child.type for name, child in children.items()} == {
        name: _SEEN[name] for name in children
    }
    assert {child.parent for child in children.values()} == {"eks"}
    return children


def test_rules_for_members_of_an_existing_detector() -> None:
    children = _registered(_plan(settings(members=_RULES), _MEMBERS))

    assert {name: child.asked for name, child in children.items()} == {
        "prior": {
            "region": REGION,
            "account": ADMINISTRATOR,
            "detectorId": DETECTOR,
            "accounts": {account(1): "LEAVE", account(2): "LEAVE"},
            "unmanaged": [account(3)],
            "onRelease": "LEAVE",
            "maxDisabled": 10,
            "turningOff": 1,
            "scope": ["detector", "organization"],
            "retryMinutes": 5,
            "seenAt": "2026-05-04T12:30:00+00:00",
        },
        "own": {
            "region": REGION,
            "detectorId": DETECTOR,
            "name": "EKS_AUDIT_LOGS",
            "status": "ENABLED",
        },
        "auto-enable": {
            "region": REGION,
            "detectorId": DETECTOR,
            "name": "EKS_AUDIT_LOGS",
            "autoEnable": "NEW",
        },
        "members": {
            "region": REGION,
            "account": ADMINISTRATOR,
            "detectorId": DETECTOR,
            "statuses": {account(1): "DISABLED", account(2): "ENABLED"},
            "changes": {},
            "seenAt": "2026-05-04T12:30:00+00:00",
            "retryMinutes": 5,
        },
    }


def test_members_of_which_nothing_is_recorded_are_not_to_be_set_yet() -> None:
    engine = Engine(
        outputs={
            "-prior": {"statuses": {account(1): "UNKNOWN", account(2): "DISABLED"}},
            "-members": {"unprocessed": {}},
        }
    )
    plan = _plan(settings(members=_RULES), _MEMBERS)
    engine.run(lambda: EksAuditLogs("eks", plan).unprocessed)

    assert engine.registered["eks-members"].asked["unrecorded"] == [account(1)]


def test_what_was_there_before_is_recorded_before_every_write_and_members_come_last() -> None:
    chosen = settings(members=_RULES, autoEnableMembers="NEW")
    children = _registered(_plan(chosen, _MEMBERS))

    assert {name: child.dependencies for name, child in children.items()} == {
        "prior": set(),
        "own": {"eks-prior"},
        "organization": {"eks-prior"},
        "auto-enable": {"eks-prior", "eks-organization"},
        "members": {"eks-own", "eks-organization", "eks-auto-enable"},
    }


def test_a_preview_names_each_account_that_changes() -> None:
    children = _registered(_plan(settings(members=_RULES), _MEMBERS), preview=True)

    assert children["members"].asked["changes"] == {account(1): "ENABLED -> DISABLED"}
    assert children["members"].asked["seenAt"] == "2026-05-04T12:30:00+00:00"


@pytest.mark.parametrize("preview", [True, False])
def test_members_that_are_as_wanted_are_no_reason_for_an_update(
    preview: bool,  # noqa: FBT001 - a column of the table
) -> None:
    plan = _plan(settings(members=[rule("ENABLED")]), _MEMBERS)
    members = _registered(plan, preview=preview)["members"]

    assert members.asked["changes"] == {}
    assert "seenAt" not in members.asked


def test_without_rules_no_member_is_touched() -> None:
    children = _registered(_plan(Settings(), _MEMBERS))

    assert set(children) == {"prior", "own", "auto-enable"}
    assert children["prior"].asked["accounts"] == {}


def test_rules_that_decide_nobody_keep_the_resource() -> None:
    plan = _plan(settings(members=[rule("UNMANAGED")]), _MEMBERS)
    members = _registered(plan)["members"]

    assert members.asked["statuses"] == {}


def test_members_that_cannot_be_set_now_keep_what_was_recorded_of_them_and_are_not_set() -> None:
    snapshot = replace(
        _MEMBERS,
        members=(
            *_MEMBERS.members,
            member(5, "AccountSuspended"),
            member(4, "Disabled"),
            member(6, "Removed"),
        ),
    )
    children = _registered(_plan(settings(members=_RULES), snapshot))

    assert children["prior"].asked["accounts"] == dict.fromkeys(
        [account(1), account(2), account(4), account(5)], "LEAVE"
    )
    assert children["prior"].asked["waiting"] == [account(4), account(5)]
    assert children["members"].asked["statuses"] == {account(1): "DISABLED", account(2): "ENABLED"}


@pytest.mark.parametrize("value", ["ALL", "NEW", "NONE"])
def test_guardduty_itself_for_the_organization_only_if_the_stack_says_so(value: str) -> None:
    children = _registered(_plan(settings(autoEnableMembers=value), _MEMBERS))

    assert children["organization"].asked == {
        "region": REGION,
        "detectorId": DETECTOR,
        "autoEnableOrganizationMembers": value,
    }


@pytest.mark.parametrize("value", ["ALL", "NEW", "NONE"])
def test_auto_enable_is_written_as_the_stack_says(value: str) -> None:
    children = _registered(_plan(settings(autoEnable=value), _MEMBERS))

    assert children["auto-enable"].asked["autoEnable"] == value
    assert "organization" not in children


@pytest.mark.parametrize("value", ["ENABLED", "DISABLED"])
def test_the_administrators_own_feature_is_written_as_the_stack_says(value: str) -> None:
    assert _registered(_plan(settings(status=value), _MEMBERS))["own"].asked["status"] == value


# A detector of the stack's own making


@pytest.mark.parametrize(("status", "enable"), [("ENABLED", True), ("DISABLED", False)])
def test_a_detector_is_made_with_eks_audit_logs_stated_and_kept_on_destroy(
    status: str,
    enable: bool,  # noqa: FBT001
) -> None:
    children = _registered(_plan(settings(detector="create", status=status), _NO_DETECTOR))
    detector = children["detector"]

    assert detector.asked == {
        "region": REGION,
        "enable": True,
        "datasources": {"kubernetes": {"auditLogs": {"enable": enable}}},
        "tags": {OWNER_TAG: OWNER},
    }
    assert detector.retain_on_delete
    assert detector.ignore_changes == ("datasources", "tags")
    assert detector.import_id == ""


def test_everything_else_waits_for_the_detector_that_is_made() -> None:
    chosen = settings(detector="create", members=[rule("ENABLED")])
    children = _registered(_plan(chosen, _NO_DETECTOR))

    detector = children.pop("detector")
    assert detector.dependencies == set()
    assert {child.asked["detectorId"] for child in children.values()} == {"id-of-eks-detector"}
    assert all("eks-detector" in child.dependencies for child in children.values())
    assert children["members"].asked["statuses"] == {}
    assert children["prior"].asked["undecided"] is True


def test_the_next_run_keeps_the_detector_that_the_stack_made() -> None:
    snapshot = replace(
        _MEMBERS, detector=Detector(DETECTOR, monitoring=True, status=ON, tags={OWNER_TAG: OWNER})
    )
    children = _registered(_plan(settings(detector="create", members=_RULES), snapshot))

    assert children["detector"].asked["tags"] == {OWNER_TAG: OWNER}
    assert children["detector"].import_id == DETECTOR, "the state may know it no more"
    assert "undecided" not in children["prior"].asked
    assert {child.asked["detectorId"] for n, child in children.items() if n != "detector"} == {
        DETECTOR
    }
    assert children["members"].asked["statuses"] == {account(1): "DISABLED", account(2): "ENABLED"}


@pytest.mark.parametrize("tags", [{}, {OWNER_TAG: OWNER}])
def test_an_existing_detector_is_not_the_stacks_to_keep(tags: dict[str, str]) -> None:
    snapshot = replace(_MEMBERS, detector=Detector(DETECTOR, monitoring=True, status=ON, tags=tags))
    children = _registered(_plan(settings(members=_RULES), snapshot))

    assert "detector" not in children
    assert {child.import_id for child in children.values()} == {""}


def test_a_preview_knows_no_id_of_the_detector_that_is_to_be_made() -> None:
    children = _registered(_plan(settings(detector="create"), _NO_DETECTOR), preview=True)
    assert children["own"].asked["detectorId"] == UNKNOWN


# Providers


@pytest.mark.parametrize("name", ["prior", "members"])
def test_a_provider_is_kept_in_the_state_as_a_reference_without_code_and_in_clear(
    name: str,
) -> None:
    provider = _registered(_plan(settings(members=_RULES), _MEMBERS))[name].inputs["__provider"]

    assert isinstance(provider, str), "secrets are wrapped in an object"
    kept = base64.b64decode(provider)
    module = {"prior": b"components.prior_settings", "members": b"components.member_features"}
    assert module[name] in kept
    assert len(kept) < 100


# Outputs


def _outputs(plan: Plan, members: dict[str, object]) -> dict[str, object]:
    engine = Engine(outputs={"-members": members})
    engine.run(lambda: EksAuditLogs("eks", plan).accounts)
    return engine.told


def test_accounts_are_counted_as_they_are_after_the_run() -> None:
    told = _outputs(
        _plan(settings(members=_RULES), _MEMBERS),
        {"statuses": {account(1): "DISABLED", account(2): "ENABLED"}, "unprocessed": {}},
    )

    assert told == {
        "detectorId": DETECTOR,
        "accounts": {"DISABLED": 1, "ENABLED": 2},
        "unprocessed": {},
    }


def test_an_account_that_could_not_be_set_counts_as_what_it_was() -> None:
    snapshot = replace(
        _MEMBERS, statuses=MemberStatuses({account(1): ON, account(2): OFF}, {account(3): "x"})
    )
    told = _outputs(
        _plan(settings(members=[rule("DISABLED")]), snapshot),
        {
            "statuses": {account(2): "DISABLED"},
            "unprocessed": {account(1): "Internal error", account(3): "Internal error"},
        },
    )

    assert told["accounts"] == {"DISABLED": 1, "ENABLED": 1, "UNKNOWN": 1}
    assert told["unprocessed"] == {account(1): "Internal error", account(3): "Internal error"}


def test_without_rules_accounts_are_counted_as_they_are() -> None:
    assert _outputs(_plan(Settings(), _MEMBERS), {})["accounts"] == {"ENABLED": 3}


# Other modes


def _without_organization(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, organization=None)


def test_a_standalone_account_has_its_own_feature_only() -> None:
    alone = replace(_without_organization(region_with({})), members=())
    children = _registered(_plan(settings(mode="standalone", status="DISABLED"), alone))

    assert sorted(children) == ["own", "prior"]
    assert children["own"].asked["status"] == "DISABLED"
    assert children["prior"].asked["scope"] == ["detector"]
    assert children["prior"].asked["accounts"] == {}


def test_members_by_invitation_are_set_without_the_organization() -> None:
    chosen = settings(mode="invitation", members=[rule("ENABLED")])
    children = _registered(_plan(chosen, _without_organization(_MEMBERS)))

    assert sorted(children) == ["members", "own", "prior"]
    assert children["prior"].asked["scope"] == ["detector"]
    assert children["members"].dependencies == {"eks-own"}


@pytest.mark.parametrize("designated", [True, False])
def test_the_designation_of_an_administrator_takes_over_one_that_is_there(
    designated: bool,  # noqa: FBT001 - a column of the table
) -> None:
    there = Designation(ADMINISTRATOR, ending=False) if designated else None
    delegation = Delegation(REGION, AccountId("111111111111"), ADMINISTRATOR, there)
    engine = Engine()
    engine.run(lambda: DelegatedAdministrator("admin", plan_delegation(delegation)).account)

    component, child = engine.registered["admin"], engine.registered["admin-designation"]
    assert component.type == "guardduty-eks-audit-logs:index:DelegatedAdministrator"
    assert child.type == "aws:guardduty/organizationAdminAccount:OrganizationAdminAccount"
    assert child.parent == "admin"
    assert child.asked == {"adminAccountId": ADMINISTRATOR, "region": REGION}
    assert child.import_id == (ADMINISTRATOR if designated else "")


@pytest.mark.parametrize(("run", "off"), [("2026-05-04T12:30:00+00:00", 1), ("2026-05-01", 0)])
def test_accounts_that_this_run_let_go_are_counted_as_they_are_now(run: str, off: int) -> None:
    let_go = {"released": {"at": run, "statuses": {account(3): "DISABLED"}}}
    engine = Engine(outputs={"-prior": let_go, "-members": {"unprocessed": {}}})
    plan = _plan(settings(members=[rule("ENABLED", account(1))]), _MEMBERS)
    engine.run(lambda: EksAuditLogs("eks", plan).accounts)

    told = {"DISABLED": off, "ENABLED": 3 - off}
    assert engine.told["accounts"] == {key: n for key, n in told.items() if n}
