"""`PriorSettings` as the engine speaks to it: what it records before the stack writes anything.

What it does when accounts are released is in `test_dynamic_provider_release.py`.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime import rpc

from guardduty_eks_audit_logs.resources.prior_settings import PriorSettingsProvider
from tests.support.aws_double import Aws
from tests.support.contract_properties import (
    SETTINGS_BEFORE,
    of_another_account,
    prior_inputs,
    prior_outputs,
)
from tests.support.doors import Door, on_loopback
from tests.support.dynamic_provider_process import Checked, DynamicProvider, error_of, running
from tests.support.earlier_states import EARLIER_STATES, earlier
from tests.support.vocabulary import DETECTOR, NO_MASTER, REGION, account, accounts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

Properties = dict[str, Any]


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with on_loopback(Aws()) as door:
        yield door


@pytest.fixture(scope="module")
def process(door: Door, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamicProvider]:
    with _running(door, tmp_path_factory.mktemp("provider")) as provider:
        yield provider


@pytest.fixture
def destroy(aws: Aws, door: Door, tmp_path: Path) -> Iterator[DynamicProvider]:
    """A process of its own, in which nothing else has been made."""
    del aws
    with _running(door, tmp_path) as provider:
        yield provider


def _running(door: Door, folder: Path) -> AbstractContextManager[DynamicProvider]:
    configuration = {
        "aws:accessKey": "AKIASTACK",
        "aws:secretKey": "wJalrXUtnFEMI",
        "aws:endpoints": json.dumps([{"guardduty": door.url, "sts": door.url}]),
    }
    return running(PriorSettingsProvider(), configuration, folder)


@pytest.fixture
def aws(door: Door) -> Aws:
    door.aws = Aws(members={account(1): "ENABLED", account(2): "DISABLED", account(3): "ENABLED"})
    return door.aws


@pytest.fixture
def provider(aws: Aws, process: DynamicProvider) -> DynamicProvider:
    del aws
    process.begin_test()
    return process


def _asked_about(aws: Aws) -> list[list[str]]:
    return [r.body["accountIds"] for r in aws.requests if r.path.endswith("/detector/get")]


def _asked_for_settings(aws: Aws) -> set[str]:
    paths = {f"/detector/{DETECTOR}": "detector", f"/detector/{DETECTOR}/admin": "organization"}
    return {paths[r.path] for r in aws.requests if r.path in paths}


def test_the_provider_is_kept_as_a_short_reference_without_code(provider: DynamicProvider) -> None:
    kept = base64.b64decode(provider.reference)

    assert len(kept) < 100
    assert b"guardduty_eks_audit_logs.resources.prior_settings" in kept


# The ledger


def test_the_ledger_is_what_the_plan_says_in_one_text(aws: Aws, provider: DynamicProvider) -> None:
    created = provider.create(prior_inputs({account(1): "ENABLED", account(2): "DISABLED"}))

    assert created.id == f"{REGION}/{DETECTOR}"
    assert created.outputs == prior_outputs({account(1): "ENABLED", account(2): "DISABLED"})
    assert created.outputs["before"] == (
        'DISABLED:\n- "300000000002"\nENABLED:\n- "300000000001"\n'
    )
    assert (_asked_about(aws), aws.writes, aws.own_writes) == ([], [], [])


def test_a_ledger_without_accounts_has_the_settings(aws: Aws, provider: DynamicProvider) -> None:
    assert provider.create(prior_inputs()).outputs == prior_outputs()
    assert _asked_for_settings(aws) == {"detector", "organization"}


def test_accounts_keep_what_was_before_whatever_aws_holds_by_now(
    aws: Aws, provider: DynamicProvider
) -> None:
    # It is the stack that set the contrary.
    before = {account(1): "DISABLED", account(2): "ENABLED"}
    record = {**before, account(3): "ENABLED"}

    updated = provider.update(prior_outputs(before), prior_inputs(record, revision=2))

    assert updated == prior_outputs(record, revision=2)
    assert (_asked_about(aws), aws.writes) == ([], [])


def test_another_resource_in_its_place_goes_on_with_the_ledger(
    aws: Aws, provider: DynamicProvider
) -> None:
    # A replacement gets no old outputs: the ledger travels as an input.
    record, settings = {account(2): "ENABLED"}, {"status": "ENABLED", "autoEnable": "ALL"}
    created = provider.create(prior_inputs(record, settingsBefore=settings, revision=7))

    assert created.outputs == prior_outputs(record, settingsBefore=settings, revision=7)
    assert [request.service for request in aws.requests] == ["sts"]


def test_a_detector_that_is_made_anew_goes_on_with_the_ledger(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.detector, aws.own_status, aws.auto_enable = "another", "ENABLED", "NEW"
    record = {account(1): "DISABLED", account(2): "ENABLED"}
    news = prior_inputs(record, detectorId="another", settingsBefore=SETTINGS_BEFORE)

    updated = provider.update(prior_outputs(record), news)

    assert updated == prior_outputs(record, detectorId="another")
    assert (aws.writes, aws.own_writes) == ([], [])


def test_how_a_destroy_is_to_act_is_kept_for_it(provider: DynamicProvider) -> None:
    more: Properties = {"retryMinutes": 3, "onRelease": "DISABLE", "maxDisabled": "25%"}
    news = prior_inputs(settingsBefore=SETTINGS_BEFORE, **more)

    assert provider.update(prior_outputs(), news) == prior_outputs(**more)


def test_what_only_a_preview_shows_is_no_output(provider: DynamicProvider) -> None:
    shown: Properties = {
        "seen": "status: DISABLED -> ENABLED",
        "onDestroy": "ENABLED -> DISABLED:\n- status\n",
        "onDestroyRefused": "a destroy would be refused",
    }
    assert provider.create(prior_inputs(**shown)).outputs == prior_outputs()


# What AWS did not tell the program


def test_an_account_that_the_program_was_not_told_of_is_read_again(
    aws: Aws, provider: DynamicProvider
) -> None:
    record = {account(1): "DISABLED", account(2): "UNKNOWN"}
    updated = provider.update(prior_outputs({account(1): "DISABLED"}), prior_inputs(record))

    # The first account has by now what the stack gave it.
    assert updated == prior_outputs({account(1): "DISABLED", account(2): "DISABLED"})
    assert _asked_about(aws) == [[account(2)]]


def test_an_account_that_aws_does_not_tell_of_has_no_record(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unreadable = {account(2): "Internal error"}
    created = provider.create(prior_inputs({account(1): "ENABLED", account(2): "UNKNOWN"}))

    assert created.outputs == prior_outputs({account(1): "ENABLED"})
    assert aws.writes == []


def test_an_account_is_asked_about_again_before_it_is_left_out(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unreadable = {account(2): "Internal error"}
    record = dict.fromkeys(accounts(2), "UNKNOWN")
    created = provider.create(prior_inputs(record, retryMinutes=0.05)).outputs

    assert created == prior_outputs({account(1): "ENABLED"}, retryMinutes=0.05)
    assert _asked_about(aws)[0] == accounts(2)
    assert len(_asked_about(aws)) > 1
    assert set(map(tuple, _asked_about(aws)[1:])) == {(account(2),)}


def test_nothing_is_recorded_of_what_could_not_be_read(aws: Aws, provider: DynamicProvider) -> None:
    aws.refusals[f"/detector/{DETECTOR}/admin"] = (400, "BadRequestException", NO_MASTER)

    with error_of() as told:
        provider.create(prior_inputs({account(1): "ENABLED"}))

    assert told[0].splitlines() == [
        (
            "GuardDuty: DescribeOrganizationConfiguration failed: BadRequestException: The request "
            "failed because you do not have required AWS Organization master permission."
        )
    ]


# The settings beside members


def test_the_organization_is_not_asked_where_the_stack_does_not_write_it(
    aws: Aws, provider: DynamicProvider
) -> None:
    created = provider.create(prior_inputs(settings=["status"])).outputs

    assert created["settingsBefore"] == {"status": "DISABLED"}
    assert _asked_for_settings(aws) == {"detector"}


def test_guardduty_itself_is_recorded_once_the_stack_is_about_to_write_it(
    aws: Aws, provider: DynamicProvider
) -> None:
    # By now AWS has what the stack wrote.
    aws.own_status, aws.auto_enable, aws.auto_enable_members = "ENABLED", "ALL", "NONE"
    settings = ["status", "autoEnable", "autoEnableMembers"]
    news = prior_inputs(settings=settings, settingsBefore=SETTINGS_BEFORE)

    updated = provider.update(prior_outputs(), news)

    assert updated["settingsBefore"] == {**SETTINGS_BEFORE, "autoEnableMembers": "NONE"}
    assert _asked_for_settings(aws) == {"organization"}


def test_what_the_stack_once_wrote_stays_recorded(aws: Aws, provider: DynamicProvider) -> None:
    recorded = {**SETTINGS_BEFORE, "autoEnableMembers": "ALL"}
    news = prior_inputs(settings=["status"], settingsBefore=recorded)

    updated = provider.update(prior_outputs(settingsBefore=recorded), news)

    assert updated["settingsBefore"] == recorded
    assert _asked_for_settings(aws) == set()


# Check and diff


def test_check_asks_nobody_and_gives_back_what_it_was_given(
    aws: Aws, provider: DynamicProvider
) -> None:
    news = prior_inputs({account(1): "ENABLED"}, region="eu-west-3", detectorId=rpc.UNKNOWN)

    assert provider.check(news) == Checked(news, [])
    assert aws.requests == []


@pytest.mark.parametrize(
    ("news", "changes", "replaces"),
    [
        ({}, False, []),
        ({"revision": 2}, True, []),
        ({"region": "eu-west-1"}, True, ["region"]),
        ({"administratorAccountId": account(9)}, True, ["administratorAccountId"]),
        ({"detectorId": "another"}, True, []),
        ({"detectorId": rpc.UNKNOWN}, True, []),
        ({"onRelease": "LEAVE"}, True, []),
        ({"maxDisabled": "25%"}, True, []),
        ({"identity": {"profile": "security"}}, True, []),
        ({"retryMinutes": 1}, True, []),
        ({"record": 'ENABLED:\n- "300000000009"\n'}, False, []),
        ({"release": 'LEAVE:\n- "300000000001"\n'}, False, []),
        ({"settings": ["status"]}, False, []),
        ({"settingsBefore": SETTINGS_BEFORE}, False, []),
        ({"seen": "status: DISABLED -> ENABLED"}, False, []),
        ({"onDestroy": "nothing", "onDestroyRefused": "no"}, False, []),
    ],
    ids=lambda value: "+".join(value) or "nothing" if isinstance(value, dict) else "",
)
def test_what_asks_for_an_update_and_what_for_another_resource(
    aws: Aws,
    provider: DynamicProvider,
    news: Properties,
    changes: bool,  # noqa: FBT001 - a column of the table
    replaces: list[str],
) -> None:
    olds = prior_outputs({account(1): "ENABLED", account(2): "DISABLED"})
    diff = provider.diff(olds, {**prior_inputs(), **news})

    assert (diff.changes, diff.replaces) == (changes, replaces)
    assert (aws.requests, aws.writes, provider.stderr) == ([], [], "")


# Refresh


def test_a_refresh_changes_nothing_of_what_was_before(aws: Aws, provider: DynamicProvider) -> None:
    aws.members[account(1)] = "DISABLED"
    inputs = prior_inputs({account(1): "ENABLED"})
    outputs = provider.create(inputs).outputs

    read = provider.read(outputs)

    assert (read.id, read.outputs) == ("id", outputs)
    assert read.inputs in (None, inputs)
    assert not provider.diff(read.outputs, inputs).changes


@pytest.mark.parametrize("detector", ["another", None, DETECTOR])
def test_a_refresh_by_another_account_is_refused_in_one_sentence(
    aws: Aws, provider: DynamicProvider, detector: str | None
) -> None:
    aws.account, aws.detector = account(9), detector

    with error_of() as told:
        provider.read(prior_outputs({account(1): "ENABLED"}))

    assert told[0].splitlines() == [of_another_account(REGION, account(9), of_the_state=True)]


@pytest.mark.parametrize("detector", ["another", None])
def test_without_its_detector_the_record_stays(
    aws: Aws, provider: DynamicProvider, detector: str | None
) -> None:
    aws.detector = detector
    outputs = prior_outputs({account(1): "ENABLED"})

    # The members have what the stack gave them: that must not be taken for the time before it.
    assert provider.read(outputs).outputs == outputs


# The states of earlier releases


_EACH_STATE = pytest.mark.parametrize("file", EARLIER_STATES, ids=lambda file: file.stem)


@_EACH_STATE
def test_a_refresh_hands_an_earlier_state_back_and_shows_no_change(
    aws: Aws, provider: DynamicProvider, file: Path
) -> None:
    state = earlier(file, "PriorSettings")

    read = provider.read(state["outputs"])

    assert (read.outputs, read.inputs) == (state["outputs"], None)
    assert not provider.diff(read.outputs, state["inputs"]).changes
    assert (aws.writes, aws.own_writes) == ([], [])


@_EACH_STATE
def test_the_first_update_rewrites_an_earlier_state_and_writes_nothing(
    aws: Aws, provider: DynamicProvider, file: Path
) -> None:
    olds = earlier(file, "PriorSettings")["outputs"]
    before, more = olds["statuses"], {"detectorId": olds["detectorId"]}
    settings = {"status": "DISABLED", "autoEnable": "NONE"}
    news = prior_inputs(before, settingsBefore=settings, **more)

    diff = provider.diff(olds, news)
    updated = provider.update(olds, news)

    assert (diff.changes, diff.replaces) == (True, [])
    assert updated == prior_outputs(before, settingsBefore=settings, generation=0, **more)
    assert (aws.writes, aws.own_writes) == ([], [])
    assert not provider.diff(updated, news).changes


def test_destroying_the_first_releases_state_leaves_all_as_it_is(
    aws: Aws, destroy: DynamicProvider
) -> None:
    destroy.delete(earlier(EARLIER_STATES[0], "PriorSettings")["outputs"])
    assert aws.requests == []


def test_destroying_an_earlier_state_releases_who_was_held_back_too(
    aws: Aws, destroy: DynamicProvider
) -> None:
    (file,) = (file for file in EARLIER_STATES if "held-back" in file.stem)
    outputs = earlier(file, "PriorSettings")["outputs"]
    before = outputs["statuses"]
    aws.detector = outputs["detectorId"]
    aws.members = {a: "ENABLED" if s == "DISABLED" else "DISABLED" for a, s in before.items()}
    aws.own_status, aws.auto_enable, aws.auto_enable_members = "ENABLED", "NEW", "ALL"

    destroy.delete(outputs)

    assert list(outputs["heldBack"]) == [account(4)]
    assert aws.members == before
    # That of GuardDuty itself was never this stack's.
    settings = (aws.own_status, aws.auto_enable, aws.auto_enable_members)
    assert settings == ("DISABLED", "NONE", "ALL")


def test_destroying_an_earlier_state_goes_by_its_maxdisabled(
    aws: Aws, destroy: DynamicProvider
) -> None:
    (file,) = (file for file in EARLIER_STATES if "held-back" in file.stem)
    outputs = {**earlier(file, "PriorSettings")["outputs"], "maxDisabled": 2}
    aws.detector = outputs["detectorId"]
    aws.members = dict.fromkeys(outputs["statuses"], "ENABLED")

    with error_of() as told:
        destroy.delete(outputs)

    assert "would turn 4 members off, but at most 2 may be in one run" in told[0]
    assert (aws.writes, aws.own_writes) == ([], [])
