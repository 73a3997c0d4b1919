"""What a stack's last state says, of this release and of each earlier one."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from guardduty_eks_audit_logs.errors import MalformedStateError
from guardduty_eks_audit_logs.model import Setting
from guardduty_eks_audit_logs.state.ledger import Designated, LastState, Record, read_last_state
from tests.support.contract_properties import members_outputs, prior_outputs
from tests.support.earlier_states import EARLIER_STATES, earlier, resources_in
from tests.support.vocabulary import (
    ADMINISTRATOR,
    DETECTOR,
    NOT_ASSOCIATED,
    OFF,
    ON,
    REGION,
    account,
    accounts,
)

if TYPE_CHECKING:
    from pathlib import Path

_PRIOR = "pulumi-python:dynamic/guardduty:PriorSettings"
_MEMBERS = "pulumi-python:dynamic/guardduty:MemberFeatures"
_SETTINGS = {Setting.STATUS: "DISABLED", Setting.AUTO_ENABLE: "NONE"}


def _read(*resources: tuple[str, dict[str, Any]]) -> LastState:
    state = {f"urn:{n}": {"type": kind, "outputs": o} for n, (kind, o) in enumerate(resources)}
    return read_last_state(state)


def _read_record(*resources: tuple[str, dict[str, Any]]) -> Record:
    (record,) = _read(*resources).records
    return record


def test_a_stack_without_a_state_has_recorded_nothing() -> None:
    last = read_last_state({})

    assert last == LastState()
    record = last.record(ADMINISTRATOR, REGION)
    assert (record.empty, record.revision, record.members_revision) == (True, 0, 0)
    assert (record.region, record.administrator) == (REGION, ADMINISTRATOR)
    assert not record.earlier


def test_both_resources_of_a_region_are_one_record() -> None:
    prior = prior_outputs({account(1): "ENABLED", account(2): "DISABLED"}, revision=4.0)
    members = members_outputs({account(1): "DISABLED"}, revision=7.0)

    assert _read_record((_PRIOR, prior), (_MEMBERS, members)) == Record(
        REGION,
        ADMINISTRATOR,
        DETECTOR,
        {account(1): ON, account(2): OFF},
        _SETTINGS,
        revision=4,
        members_revision=7,
        generation=1,
        wanted={account(1): OFF},
    )


def test_what_else_a_stack_has_is_no_record() -> None:
    last = _read(
        ("pulumi:pulumi:Stack", {"accounts": {"ENABLED": 1}}),
        ("pulumi:providers:aws", {}),
        ("guardduty-eks-audit-logs:index:EksAuditLogs", {"detectorId": DETECTOR}),
        ("aws:guardduty/detectorFeature:DetectorFeature", {"detectorId": DETECTOR}),
        (_PRIOR, {}),
        (_MEMBERS, {}),
    )
    assert last == LastState()


def test_two_records_of_one_region_are_joined() -> None:
    # For instance after a run that was killed while it replaced one, or of two names.
    one = prior_outputs({account(1): "ENABLED"}, revision=2, settingsBefore={"status": "DISABLED"})
    other = prior_outputs(
        {account(2): "DISABLED"}, revision=5, settingsBefore={"autoEnable": "NONE"}
    )

    for pair in ((one, other), (other, one)):
        record = _read_record(*((_PRIOR, outputs) for outputs in pair))
        assert record.before == {account(1): ON, account(2): OFF}
        assert (record.settings, record.revision) == (_SETTINGS, 5)


@pytest.mark.parametrize("generations", [(1, 2), (2, 1)])
def test_of_two_records_the_one_of_the_higher_generation_counts(
    generations: tuple[int, int],
) -> None:
    status = {1: "ENABLED", 2: "DISABLED"}
    record = _read_record(
        *((_PRIOR, prior_outputs({account(1): status[g]}, generation=g)) for g in generations)
    )
    assert (record.before, record.generation) == ({account(1): OFF}, 2)


def test_the_reasons_of_both_resources_are_in_the_record() -> None:
    prior = prior_outputs(unreleased={account(1): "Internal error"})
    members = members_outputs({}, unprocessed={account(2): NOT_ASSOCIATED})

    record = _read_record((_PRIOR, prior), (_MEMBERS, members))
    assert record.left == {account(1): "Internal error", account(2): NOT_ASSOCIATED}


def test_members_without_prior_settings_are_a_lost_record() -> None:
    members = members_outputs({account(1): "ENABLED"})

    assert _read_record((_MEMBERS, members)).lost
    assert not _read_record((_PRIOR, prior_outputs()), (_MEMBERS, members)).lost
    assert not _read_record((_MEMBERS, members), (_PRIOR, prior_outputs())).lost
    assert _read_record((_MEMBERS, members), (_MEMBERS, members)).lost


def test_administrators_and_regions_have_a_record_each() -> None:
    last = _read(
        (_PRIOR, prior_outputs({account(1): "ENABLED"})),
        (_PRIOR, prior_outputs({account(1): "DISABLED"}, region="eu-west-1")),
        (_PRIOR, prior_outputs({account(2): "DISABLED"}, administratorAccountId=account(9))),
        (_MEMBERS, members_outputs({account(1): "ENABLED"}, region="eu-west-1", revision=6)),
    )

    assert last.record(ADMINISTRATOR, REGION).before == {account(1): ON}
    other_region = last.record(ADMINISTRATOR, "eu-west-1")
    assert (other_region.before, other_region.members_revision) == ({account(1): OFF}, 6)
    assert last.record(account(9), REGION).before == {account(2): OFF}
    assert last.record(account(9), "eu-west-1").empty


def test_the_records_of_others_are_those_that_are_not_empty() -> None:
    last = _read(
        (_PRIOR, prior_outputs({account(1): "ENABLED"})),
        (_PRIOR, prior_outputs({account(1): "DISABLED"}, region="eu-west-1")),
        (_PRIOR, prior_outputs(region="eu-west-2", settingsBefore={"status": "DISABLED"})),
        (_PRIOR, prior_outputs(region="eu-west-3", settingsBefore={})),
        (_MEMBERS, members_outputs({account(1): "ENABLED"}, region="eu-north-1")),
    )

    others = last.others([(ADMINISTRATOR, REGION)])
    assert [record.region for record in others] == ["eu-west-1", "eu-west-2"]
    assert len(last.others(())) == 3


def test_detectors_and_designations_of_the_stack_are_told() -> None:
    arn = f"arn:aws:guardduty:us-east-1:{ADMINISTRATOR}:detector/{DETECTOR}"
    designation = "aws:guardduty/organizationAdminAccount:OrganizationAdminAccount"
    last = _read(
        ("aws:guardduty/detector:Detector", {"arn": arn}),
        (designation, {"adminAccountId": ADMINISTRATOR, "region": "eu-west-1"}),
    )

    assert last.detectors == {arn}
    assert last.designations == (Designated("eu-west-1", ADMINISTRATOR),)
    assert set(last.ids.values()) == {f"{DETECTOR}@us-east-1", f"{ADMINISTRATOR}@eu-west-1"}


@pytest.mark.parametrize(
    ("kind", "outputs", "fault"),
    [
        (_PRIOR, {"region": REGION}, "administratorAccountId is missing"),
        (_PRIOR, prior_outputs(administratorAccountId="shop"), "administratorAccountId: shop"),
        (_PRIOR, {**prior_outputs(), "before": "shop"}, "before: shop is not a line"),
        (_PRIOR, prior_outputs({account(1): "ON"}), f"before.{account(1)}: ON is not a value"),
        (_PRIOR, {**prior_outputs(), "before": {account(1): "ON"}}, f"before.{account(1)}"),
        (_MEMBERS, {**members_outputs({}), "wanted": ["x"]}, "wanted"),
    ],
    ids=["missing", "whose", "line", "word", "map", "list"],
)
def test_what_no_release_has_written_is_refused(
    kind: str, outputs: dict[str, Any], fault: str
) -> None:
    with pytest.raises(MalformedStateError) as caught:
        _read((kind, outputs))

    assert f"the state of {kind.rpartition(':')[2]} was not written by this program" in str(
        caught.value
    )
    assert fault in str(caught.value)


# Earlier releases


_BEFORE_OF_RELEASES = {a: OFF for a in accounts(12) if a != account(1)} | dict.fromkeys(
    [account(6), account(8), account(10)], ON
)


@pytest.mark.parametrize(
    "file", [f for f in EARLIER_STATES if "held-back" not in f.stem], ids=lambda file: file.stem
)
def test_the_state_of_an_earlier_release_is_read(file: Path) -> None:
    (record,) = read_last_state(resources_in(file)).records

    assert (record.region, record.administrator) == (REGION, ADMINISTRATOR)
    assert record.detector_id == earlier(file, "PriorSettings")["outputs"]["detectorId"]
    assert (record.before, record.settings) == (_BEFORE_OF_RELEASES, _SETTINGS)
    assert (record.earlier, record.revision, record.members_revision) == (True, 0, 0)


def test_who_an_earlier_release_held_back_is_in_the_record() -> None:
    (file,) = (file for file in EARLIER_STATES if "held-back" in file.stem)
    (record,) = read_last_state(resources_in(file)).records

    assert record.before == dict.fromkeys([account(n) for n in (2, 3, 4, 5)], OFF) | dict.fromkeys(
        [account(1), account(6)], ON
    )


def test_a_record_is_an_earlier_one_until_both_resources_are_rewritten() -> None:
    members = earlier(EARLIER_STATES[0], "MemberFeatures")["outputs"]

    assert _read_record((_PRIOR, prior_outputs()), (_MEMBERS, members)).earlier
    assert not _read_record((_PRIOR, prior_outputs()), (_MEMBERS, members_outputs({}))).earlier


def test_what_another_module_has_written_is_of_an_earlier_release() -> None:
    moved = {"__provider": b64encode(b"components.another_module").decode()}

    assert _read_record((_PRIOR, {**prior_outputs(), **moved})).earlier
    assert _read_record((_MEMBERS, {**members_outputs({}), **moved})).earlier


def test_prior_settings_alone_make_a_record_an_earlier_one() -> None:
    assert _read_record((_PRIOR, _earlier_prior()), (_MEMBERS, members_outputs({}))).earlier


def _earlier_prior(**more: object) -> dict[str, Any]:
    return {**earlier(EARLIER_STATES[1], "PriorSettings")["outputs"], **more}


def test_a_status_that_an_earlier_release_did_not_know_is_no_record() -> None:
    statuses = {account(1): "UNKNOWN", account(2): "DISABLED"}
    assert _read_record((_PRIOR, _earlier_prior(statuses=statuses))).before == {account(2): OFF}


def test_a_setting_that_an_earlier_release_only_read_is_no_record() -> None:
    both = {"autoEnable": "NONE", "autoEnableMembers": "NEW"}

    record = _read_record((_PRIOR, _earlier_prior(organization=both)))
    assert record.settings == _SETTINGS

    scope = ["detector", "organization", "autoEnableMembers"]
    record = _read_record((_PRIOR, _earlier_prior(organization=both, scope=scope)))
    assert record.settings == {**_SETTINGS, Setting.AUTO_ENABLE_MEMBERS: "NEW"}

    record = _read_record((_PRIOR, _earlier_prior(organization=both, scope=["detector"])))
    assert record.settings == {Setting.STATUS: "DISABLED"}


def test_an_account_of_another_resource_is_no_designation() -> None:
    other = "aws:securityhub/organizationAdminAccount:OrganizationAdminAccount"

    assert _read((other, {"adminAccountId": account(9), "region": REGION})).designations == ()
