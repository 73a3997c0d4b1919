"""Which resources the component registers for a plan, with which inputs, and in which order."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pulumi.runtime.rpc import UNKNOWN

from guardduty_eks_audit_logs import DelegatedAdministrator, EksAuditLogs, messages
from guardduty_eks_audit_logs.model import (
    AccountId,
    AutoEnable,
    Delegation,
    Designation,
    Detector,
    FeatureStatus,
    MemberStatuses,
    OrganizationConfiguration,
    Setting,
    Snapshot,
)
from guardduty_eks_audit_logs.planning.delegation import plan_delegation
from guardduty_eks_audit_logs.planning.plan import Plan, make_leaving_plan, make_plan
from guardduty_eks_audit_logs.planning.refusals import OWNER_TAG
from guardduty_eks_audit_logs.settings.configuration import Settings
from guardduty_eks_audit_logs.state.ledger import LastState, Record
from guardduty_eks_audit_logs.state.properties import MemberFeaturesInputs
from guardduty_eks_audit_logs.texts import read_grouped
from tests.support.registrations import Engine
from tests.support.vocabulary import (
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
    from pulumi.runtime.mocks import MockResourceArgs

    from tests.support.registrations import Registered

_RULES = [
    rule("UNMANAGED", account(3)),
    rule("DISABLED", account(1)),
    rule("ENABLED"),
]
_MEMBERS = region_with({account(1): ON, account(2): ON, account(3): ON})
_MANAGEMENT = AccountId("111111111111")
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

_OUT_OF_DIFFS = (
    *("generation", "record", "onDestroy", "onDestroyRefused"),
    *("accounts", "waiting", "statuses"),
)


def _plan(chosen: Settings, snapshot: Snapshot, record: Record | None = None) -> Plan:
    plan = make_plan(chosen, snapshot, OWNER, LastState((record,) if record else ()))
    assert plan.refusals == ()
    return plan


def _recorded(before: dict[AccountId, FeatureStatus]) -> Record:
    """What the stack has recorded in its fourth run."""
    known = {Setting.STATUS: "DISABLED", Setting.AUTO_ENABLE: "NONE"}
    return Record(REGION, ADMINISTRATOR, DETECTOR, before, known, revision=4, members_revision=4)


def _registered(plan: Plan, *, preview: bool = False) -> dict[str, Registered]:
    """Registers the component `eks`; its children, by the rest of their names."""
    engine = Engine(preview=preview)
    engine.run(lambda: EksAuditLogs("eks", plan).unprocessed)
    component = engine.registered.pop("eks")
    assert component.type == "guardduty-eks-audit-logs:index:EksAuditLogs"
    children = {name.removeprefix("eks-"): child for name, child in engine.registered.items()}
    assert {name: child.type for name, child in children.items()} == {
        name: _SEEN[name] for name in children
    }
    assert {child.parent for child in children.values()} == {"eks"}
    return children


def _without_unrecorded(child: Registered) -> dict[str, Any]:
    """The inputs, of which nobody may be one without a record."""
    asked = child.asked
    assert not asked.pop("unrecorded", None)
    return asked


def test_rules_for_members_of_an_existing_detector() -> None:
    children = _registered(_plan(settings(members=_RULES), _MEMBERS))

    assert {name: _without_unrecorded(child) for name, child in children.items()} == {
        "prior": {
            "region": REGION,
            "administratorAccountId": ADMINISTRATOR,
            "detectorId": DETECTOR,
            "generation": 0,
            "revision": 1,
            "record": f"ENABLED:\n- {account(1)} {account(2)}\n",
            "settings": ["status", "autoEnable"],
            "onRelease": "LEAVE",
            "maxDisabled": 10,
            "seen": f"{account(1)}: ENABLED -> DISABLED",
            "onDestroy": "nothing: AWS keeps what it has (onRelease: LEAVE)",
            "retryMinutes": 5,
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
            "administratorAccountId": ADMINISTRATOR,
            "detectorId": DETECTOR,
            "revision": 1,
            "already": f'ENABLED:\n- "{account(2)}"\n',
            "changes": f'ENABLED -> DISABLED:\n- "{account(1)}"\n',
            "retryMinutes": 5,
        },
    }
    assert {name: child.hidden for name, child in children.items() if child.hidden} == {
        "prior": _OUT_OF_DIFFS,
        "members": ("wanted", "statuses"),
    }


def test_members_of_which_nothing_is_recorded_are_not_to_be_set_yet() -> None:
    engine = Engine(outputs={"-prior": {"before": f'DISABLED:\n- "{account(2)}"\n'}})
    plan = _plan(settings(members=_RULES), _MEMBERS)
    engine.run(lambda: EksAuditLogs("eks", plan).unprocessed)

    assert engine.registered["eks-members"].asked["unrecorded"] == [account(1)]


def test_the_record_comes_before_every_write_and_members_come_last() -> None:
    chosen = settings(members=_RULES, autoEnableMembers="NEW")
    children = _registered(_plan(chosen, _MEMBERS))

    assert {name: child.dependencies for name, child in children.items()} == {
        "prior": set(),
        "own": {"eks-prior"},
        "organization": {"eks-prior", "eks-own"},
        "auto-enable": {"eks-prior", "eks-own", "eks-organization"},
        "members": {"eks-prior", "eks-own", "eks-organization", "eks-auto-enable"},
    }


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_and_its_run_name_each_account_that_changes(
    preview: bool,  # noqa: FBT001 - a column of the table
) -> None:
    plan = _plan(settings(members=_RULES), _MEMBERS, _recorded({account(1): ON, account(2): ON}))
    members = _registered(plan, preview=preview)["members"]

    assert read_grouped(members.asked["changes"]) == {account(1): "ENABLED -> DISABLED"}
    assert members.asked["revision"] == 5


@pytest.mark.parametrize("preview", [True, False])
def test_members_that_are_as_wanted_are_no_reason_for_an_update(
    preview: bool,  # noqa: FBT001 - a column of the table
) -> None:
    record = _recorded(dict.fromkeys([account(1), account(2), account(3)], ON))
    plan = _plan(settings(members=[rule("ENABLED")]), _MEMBERS, record)
    children = _registered(plan, preview=preview)

    assert "changes" not in children["members"].asked
    assert "seen" not in children["prior"].asked
    assert children["members"].asked["revision"] == children["prior"].asked["revision"] == 4


def test_a_preview_and_its_run_have_the_same_inputs() -> None:
    snapshot = region_with({account(n): OFF if n % 3 else ON for n in range(1, 61)})
    before = {account(n): OFF for n in range(20, 65)}
    chosen = settings(
        members=[rule("UNMANAGED", *(account(n) for n in range(1, 21))), rule("ENABLED")],
        onRelease="RESTORE",
    )
    record = _recorded(before)
    inputs = [
        {
            name: {k: v for k, v in child.inputs.items() if k != "unrecorded"}
            for name, child in _registered(
                _plan(chosen, replace(snapshot, taken=taken), record), preview=preview
            ).items()
        }
        for preview, taken in ((True, NOW), (False, NOW + timedelta(minutes=7)))
    ]

    assert inputs[0] == inputs[1]
    lines = inputs[0]["prior"]["seen"].splitlines()
    assert len(lines) == 20
    assert lines[0] == f"{account(22)}: DISABLED -> ENABLED"
    assert lines[-1].startswith("7 more: ")


def test_without_rules_no_member_is_touched() -> None:
    children = _registered(_plan(Settings(), _MEMBERS))

    assert set(children) == {"prior", "own", "auto-enable"}
    assert "record" not in children["prior"].asked


def test_rules_that_decide_nobody_keep_the_resource() -> None:
    plan = _plan(settings(members=[rule("UNMANAGED")]), _MEMBERS)
    members = _registered(plan)["members"]

    assert "wanted" not in members.asked


def test_inactive_members_keep_their_record_and_are_not_set() -> None:
    snapshot = replace(
        _MEMBERS,
        members=(
            *_MEMBERS.members,
            member(5, "AccountSuspended"),
            member(4, "Disabled"),
            member(6, "Removed"),
        ),
    )
    record = _recorded({account(4): OFF, account(6): OFF})
    children = _registered(_plan(settings(members=_RULES, onRelease="RESTORE"), snapshot, record))

    assert read_grouped(children["prior"].asked["record"]) == {
        account(1): "ENABLED",
        account(2): "ENABLED",
        account(4): "DISABLED",
        account(6): "DISABLED",
    }
    assert read_grouped(children["prior"].asked["release"]) == {account(6): "LEAVE"}
    assert MemberFeaturesInputs.parse(children["members"].asked).wanted == {
        account(1): OFF,
        account(2): ON,
    }


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
def test_a_detector_is_made_with_its_status_and_kept_on_destroy(
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
    assert "wanted" not in children["members"].asked
    assert "release" not in children["prior"].asked
    assert children["prior"].asked["seen"] == "detector: made"


def test_the_next_run_keeps_the_detector_that_the_stack_made() -> None:
    snapshot = replace(
        _MEMBERS, detector=Detector(DETECTOR, monitoring=True, status=ON, tags={OWNER_TAG: OWNER})
    )
    children = _registered(_plan(settings(detector="create", members=_RULES), snapshot))

    assert children["detector"].asked["tags"] == {OWNER_TAG: OWNER}
    assert children["detector"].import_id == DETECTOR, "the state may know it no more"
    assert {child.asked["detectorId"] for n, child in children.items() if n != "detector"} == {
        DETECTOR
    }
    assert MemberFeaturesInputs.parse(children["members"].asked).wanted == {
        account(1): OFF,
        account(2): ON,
    }


_OWN = Detector(DETECTOR, monitoring=True, status=ON, tags={OWNER_TAG: OWNER})


@pytest.mark.parametrize(
    ("state_ids", "aliases", "asked"),
    [
        ({}, [], f"{DETECTOR}@{REGION}"),
        ({"eks-detector": f"{DETECTOR}@{REGION}"}, [], ""),
        ({"eks-detector": "an earlier one"}, [], f"{DETECTOR}@{REGION}"),
        ({"former-detector": f"{DETECTOR}@{REGION}"}, [], f"{DETECTOR}@{REGION}"),
        ({"former-detector": f"{DETECTOR}@{REGION}"}, [pulumi.Alias(name="former")], ""),
        ({}, [pulumi.Alias(name="former")], f"{DETECTOR}@{REGION}"),
    ],
    ids=["unknown", "known", "another", "another name", "renamed", "renamed and unknown"],
)
def test_another_regions_provider_imports_a_detector_by_its_region(
    state_ids: dict[str, str], aliases: list[pulumi.Alias], asked: str
) -> None:
    engine = Engine(region="eu-west-1")
    snapshot = replace(_MEMBERS, detector=_OWN)
    last = LastState(ids=state_ids)
    plan = make_plan(settings(detector="create"), snapshot, OWNER, last)
    options = pulumi.ResourceOptions(aliases=aliases)

    engine.run(lambda: EksAuditLogs("eks", plan, options).unprocessed)

    assert engine.registered["eks-detector"].import_id == asked


@pytest.mark.parametrize("state_ids", [{}, {"eks-detector": f"{DETECTOR}@{REGION}"}])
def test_the_regions_own_provider_imports_a_detector_by_its_id(state_ids: dict[str, str]) -> None:
    engine = Engine(region=REGION)
    snapshot = replace(_MEMBERS, detector=_OWN)
    plan = make_plan(settings(detector="create"), snapshot, OWNER, LastState(ids=state_ids))

    engine.run(lambda: EksAuditLogs("eks", plan).unprocessed)

    assert engine.registered["eks-detector"].import_id == DETECTOR


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
def test_the_state_keeps_a_provider_as_a_reference_in_clear(
    name: str,
) -> None:
    provider = _registered(_plan(settings(members=_RULES), _MEMBERS))[name].inputs["__provider"]

    assert isinstance(provider, str), "secrets are wrapped in an object"
    kept = base64.b64decode(provider)
    module = {
        "prior": b"guardduty_eks_audit_logs.resources.prior_settings",
        "members": b"guardduty_eks_audit_logs.resources.member_features",
    }
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
        {},
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
        {"unprocessed": {account(1): "Internal error", account(3): "Internal error"}},
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
    assert children["prior"].asked["settings"] == ["status"]
    assert "record" not in children["prior"].asked


def test_members_by_invitation_are_set_without_the_organization() -> None:
    chosen = settings(mode="invitation", members=[rule("ENABLED")])
    children = _registered(_plan(chosen, _without_organization(_MEMBERS)))

    assert sorted(children) == ["members", "own", "prior"]
    assert children["prior"].asked["settings"] == ["status"]
    assert children["members"].dependencies == {"eks-own", "eks-prior"}


# The designation


@pytest.mark.parametrize("designated", [True, False])
def test_the_designation_of_an_administrator_takes_over_one_that_is_there(
    designated: bool,  # noqa: FBT001 - a column of the table
) -> None:
    registered = _designation(designated=designated)

    component, child = registered["admin"], registered["admin-designation"]
    assert component.type == "guardduty-eks-audit-logs:index:DelegatedAdministrator"
    assert child.type == "aws:guardduty/organizationAdminAccount:OrganizationAdminAccount"
    assert child.parent == "admin"
    assert child.asked == {"adminAccountId": ADMINISTRATOR, "region": REGION}
    assert child.import_id == (ADMINISTRATOR if designated else "")


_HERE, _ELSEWHERE = f"{ADMINISTRATOR}@{REGION}", f"{ADMINISTRATOR}@eu-west-2"


@pytest.mark.parametrize(
    ("state_ids", "aliases", "asked"),
    [
        ({}, [], _HERE),
        ({"admin-designation": _HERE}, [], ""),
        ({"former-designation": _HERE}, [pulumi.Alias(name="former")], ""),
        ({"former-designation": _ELSEWHERE}, [pulumi.Alias(name="former")], _HERE),
    ],
    ids=["unknown", "known", "renamed", "renamed in another region"],
)
def test_another_regions_provider_imports_a_designation_by_its_region(
    state_ids: dict[str, str], aliases: list[pulumi.Alias], asked: str
) -> None:
    there = Designation(ADMINISTRATOR, ending=False)
    delegation = Delegation(REGION, _MANAGEMENT, ADMINISTRATOR, there)
    plan = plan_delegation(delegation, LastState(ids=state_ids))
    engine = Engine(region="eu-west-1")

    options = pulumi.ResourceOptions(aliases=aliases)

    engine.run(lambda: DelegatedAdministrator("admin", plan, options).account)

    assert engine.registered["admin-designation"].import_id == asked


def test_only_a_destroy_removes_the_designation() -> None:
    registered = _designation(others=12)

    assert registered["admin-designation"].retain_on_delete
    removal = registered["admin-removal"]
    assert removal.type == "pulumi-python:dynamic/guardduty:Designation"
    assert removal.asked == {
        "region": REGION,
        "administratorAccountId": ADMINISTRATOR,
        "managementAccountId": _MANAGEMENT,
        "onDestroy": (
            f"removes the designation of {ADMINISTRATOR} in {REGION} "
            "(DisableOrganizationAdminAccount), which disassociates all its members, at most 12"
        ),
    }
    assert removal.hidden == ("onDestroy",)
    assert removal.dependencies == {"admin-designation"}, "a destroy removes it first"
    assert removal.parent == "admin"
    assert not removal.retain_on_delete


def _designation(*, designated: bool = True, others: int | None = None) -> dict[str, Registered]:
    there = Designation(ADMINISTRATOR, ending=False) if designated else None
    delegation = Delegation(REGION, _MANAGEMENT, ADMINISTRATOR, there, others=others)
    engine = Engine()
    engine.run(lambda: DelegatedAdministrator("admin", plan_delegation(delegation)).account)
    return engine.registered


# A region that leaves the program


_LAST = LastState((_recorded({account(1): OFF, account(2): ON}),))


def _leaving(on_release: str, snapshot: Snapshot = _MEMBERS) -> Plan:
    plan = make_leaving_plan(settings(onRelease=on_release), snapshot, OWNER, _LAST)
    assert plan.refusals == ()
    return plan


@pytest.mark.parametrize(
    ("on_release", "release"),
    [
        ("RESTORE", {account(1): "ENABLED -> DISABLED", account(2): "LEAVE"}),
        ("DISABLE", {account(1): "ENABLED -> DISABLED", account(2): "ENABLED -> DISABLED"}),
        ("LEAVE", {account(1): "LEAVE", account(2): "LEAVE"}),
    ],
)
def test_a_region_that_leaves_registers_its_record_alone(
    on_release: str, release: dict[str, str]
) -> None:
    children = _registered(_leaving(on_release))

    assert set(children) == {"prior"}
    asked = children["prior"].asked
    assert asked["releaseAll"] is True
    assert read_grouped(asked["release"]) == release
    assert read_grouped(asked["record"]) == {account(1): "DISABLED", account(2): "ENABLED"}
    assert asked["settingsBefore"] == {"status": "DISABLED", "autoEnable": "NONE"}
    assert "settings" not in asked
    assert (asked["detectorId"], asked["revision"]) == (DETECTOR, 5)


def test_a_region_that_leaves_keeps_the_name_of_a_detector_that_is_gone() -> None:
    gone = replace(_MEMBERS, detector=None, members=(), statuses=MemberStatuses({}, {}))
    children = _registered(_leaving("RESTORE", gone))

    assert set(children) == {"prior"}
    assert children["prior"].asked["detectorId"] == DETECTOR
    assert set(read_grouped(children["prior"].asked["release"]).values()) == {"LEAVE"}


def test_a_region_that_leaves_is_counted_as_it_is_after_the_release() -> None:
    engine = Engine()
    engine.run(lambda: EksAuditLogs("eks", _leaving("RESTORE")).accounts)

    assert engine.told["accounts"] == {"DISABLED": 1, "ENABLED": 2}
    assert engine.told["unprocessed"] == {}


# What the engine leaves out of a run


def _left_out(plan: Plan, engine: Engine) -> list[str]:
    told: list[str] = []

    async def listen(eks: EksAuditLogs) -> None:
        await eks.accounts.future()
        told.extend(await eks.left_out())

    engine.run(lambda: listen(EksAuditLogs("eks", plan)))
    return told


_DRIFTED = replace(
    _MEMBERS,
    detector=Detector(DETECTOR, monitoring=True, status=OFF),
    organization=OrganizationConfiguration(AutoEnable.NONE, AutoEnable.NONE),
)
_RESTORING = settings(
    members=[rule("DISABLED", account(1))], onRelease="RESTORE", autoEnableMembers="ALL"
)
_BEFORE = _recorded({account(1): ON, account(2): OFF})


@pytest.mark.parametrize("preview", [True, False])
def test_a_run_that_leaves_nothing_out_says_nothing(
    preview: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert _left_out(_plan(_RESTORING, _DRIFTED, _BEFORE), Engine(preview=preview)) == []


@pytest.mark.parametrize("preview", [True, False])
def test_settings_that_a_run_does_not_write_are_named(
    preview: bool,  # noqa: FBT001 - a column of the table
) -> None:
    engine = Engine(preview=preview, left_out=("-own", "-organization", "-auto-enable"))

    assert _left_out(_plan(_RESTORING, _DRIFTED, _BEFORE), engine) == [
        (
            f"{REGION} needs status DISABLED -> ENABLED, autoEnable NONE -> NEW, autoEnableMembers "
            "NONE -> ALL, but this run leaves that out, as with --refresh=false, --target, "
            "--exclude or --run-program. Run the command again without these."
        )
    ]


def test_a_setting_that_the_engine_knows_nothing_of_is_not_named() -> None:
    engine = Engine(skipped=("-own",))
    drifted = replace(_DRIFTED, organization=_MEMBERS.organization)

    assert _left_out(_plan(settings(members=_RULES), drifted), engine) == []


def test_settings_that_are_as_configured_need_no_write() -> None:
    engine = Engine(left_out=("-own", "-auto-enable"))
    assert _left_out(_plan(settings(members=_RULES), _MEMBERS), engine) == []


@pytest.mark.parametrize("preview", [True, False])
def test_accounts_that_a_run_leaves_out_are_named(
    preview: bool,  # noqa: FBT001 - a column of the table
) -> None:
    # The engine answers with the outputs of the last run.
    last = {"-members": {"revision": 4}, "-prior": {"revision": 4}}
    chosen = settings(members=[rule("DISABLED", account(1))], onRelease="RESTORE")
    engine = _Behind(preview=preview, outputs=last)

    assert _left_out(_plan(chosen, _MEMBERS, _BEFORE), engine) == [
        (
            f"1 member in {REGION} that the rules set was left out of this run, as with "
            f"--target, --exclude or --run-program: {account(1)}. Run the command again without "
            "these."
        ),
        (
            f"1 account in {REGION} that was to be released was left out of this run, as with "
            f"--target, --exclude or --run-program: {account(2)}. Run the command again without "
            "these."
        ),
    ]


@pytest.mark.parametrize("preview", [True, False])
def test_what_is_not_recorded_is_not_written_while_the_record_is_left_out(
    preview: bool,  # noqa: FBT001 - a column of the table
) -> None:
    engine = _Behind(preview=preview, outputs={"-prior": {"revision": 4}})

    _left_out(_plan(_RESTORING, _DRIFTED, _BEFORE), engine)

    assert engine.refused == {"eks-organization": messages.record_left_out(REGION)}


def test_without_a_record_nothing_is_written() -> None:
    engine = Engine(skipped=("-prior",))

    _left_out(_plan(_RESTORING, _DRIFTED), engine)

    assert engine.refused == dict.fromkeys(
        ["eks-own", "eks-organization", "eks-auto-enable", "eks-members"],
        messages.record_left_out(REGION),
    )


def test_with_the_record_every_write_is_let_through() -> None:
    engine = Engine()
    _left_out(_plan(_RESTORING, _DRIFTED), engine)
    assert engine.refused == {}


class _Behind(Engine):
    """Answers with outputs of the last run in a preview, too."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        id_, made = super().new_resource(args)
        last = [more for end, more in self.outputs.items() if args.name.endswith(end)]
        return id_, {**made, **(last[0] if last else {})}


# Accounts that are released


@pytest.mark.parametrize(("revision", "off"), [(5, 1), (4, 0)])
def test_accounts_that_this_run_released_are_counted_as_they_are_now(
    revision: int, off: int
) -> None:
    engine = Engine(outputs={"-prior": {"revision": revision}})
    record = _recorded({account(1): ON, account(3): OFF})
    chosen = settings(members=[rule("ENABLED", account(1))], onRelease="RESTORE")
    plan = _plan(chosen, _MEMBERS, record)
    engine.run(lambda: EksAuditLogs("eks", plan).accounts)

    told = {"DISABLED": off, "ENABLED": 3 - off}
    assert engine.told["accounts"] == {key: n for key, n in told.items() if n}


def test_an_account_that_could_not_be_released_counts_as_what_it_was() -> None:
    engine = Engine(outputs={"-prior": {"unreleased": {account(3): "Internal error"}}})
    record = _recorded({account(1): ON, account(2): OFF, account(3): OFF})
    chosen = settings(members=[rule("ENABLED", account(1))], onRelease="RESTORE")
    engine.run(lambda: EksAuditLogs("eks", _plan(chosen, _MEMBERS, record)).accounts)

    assert engine.told["accounts"] == {"DISABLED": 1, "ENABLED": 2}
