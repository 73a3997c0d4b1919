"""A stack's life, call by call, against the local AWS organization.

What AWS holds afterwards is asked of the sandbox, never of the product.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.fault_effects import AnswerLost
from guardduty_eks_audit_logs.resources.member_features import MemberFeaturesProvider
from guardduty_eks_audit_logs.resources.prior_settings import PriorSettingsProvider
from guardduty_eks_audit_logs.texts import read_grouped
from tests.support.contract_properties import (
    members_inputs,
    members_outputs,
    of_another_account,
    prior_inputs,
)
from tests.support.dynamic_provider_process import error_of, running
from tests.support.vocabulary import ADMINISTRATOR, account, accounts

if TYPE_CHECKING:
    from pulumi.dynamic import ResourceProvider

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

_REGION = "eu-west-1"


def _provider(
    sandbox: RunningSandbox, provider: ResourceProvider, caller: str = ADMINISTRATOR
) -> Any:  # noqa: ANN401 - a context manager of the process
    configuration = {
        "aws:accessKey": access_key_id(caller),
        "aws:secretKey": secret_access_key(caller),
        "aws:endpoints": json.dumps([{"guardduty": sandbox.url, "sts": sandbox.url}]),
    }
    return running(provider, configuration, sandbox.folder)


def _inputs(sandbox: RunningSandbox, wanted: dict[Any, str]) -> dict[str, Any]:
    return members_inputs(wanted, region=_REGION, detectorId=sandbox.detector(region=_REGION))


def _held(sandbox: RunningSandbox) -> dict[str, str | None]:
    """What each member really has."""
    actual = sandbox.client.actual_state()[_REGION]
    return {a: held.eks_audit_logs for a, held in actual.items() if a.startswith("3")}


def _writes(sandbox: RunningSandbox) -> list[tuple[str, ...]]:
    return [tuple(c.account_ids) for c in sandbox.client.calls("UpdateMemberDetectors")]


def test_members_are_set_kept_and_let_go(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(accounts=120)
    wanted = {**dict.fromkeys(accounts(120), "ENABLED"), account(120): "DISABLED"}
    inputs = _inputs(sandbox, wanted)
    sandbox.client.leave_unprocessed("UpdateMemberDetectors", [account(7)], "No.", times=1)
    before = _held(sandbox)

    with _provider(sandbox, MemberFeaturesProvider()) as members:
        created = members.create(inputs)
        assert _held(sandbox) == {**wanted, account(7): before[account(7)]}
        assert created.outputs["unprocessed"] == {account(7): "No."}
        differing = [a for a in accounts(120) if before[a] != wanted[a]]
        assert len(_writes(sandbox)) == -(-len(differing) // 50)
        assert {a for batch in _writes(sandbox) for a in batch} == set(differing)

        sandbox.client.clear_calls()
        updated = members.update(created.outputs, inputs)
        assert _held(sandbox) == wanted
        assert _writes(sandbox) == [(account(7),)]
        assert (updated["wanted"], "unprocessed" in updated) == (inputs["wanted"], False)
        assert not members.diff(updated, inputs).changes

        sandbox.client.set_feature(account(9), "DISABLED", region=_REGION)
        read = members.read(updated)
        assert read.inputs == {**inputs, "unrecorded": []}
        assert read.outputs["drifted"] == f"{account(9)}: ENABLED -> DISABLED\n"
        assert members.diff(read.outputs, inputs).changes

        sandbox.client.clear_calls()
        members.delete(updated)
        assert sandbox.client.calls() == []


def test_a_member_that_left_is_reported_not_dropped(sandbox: RunningSandbox) -> None:
    inputs = _inputs(sandbox, dict.fromkeys(accounts(12), "ENABLED"))

    with _provider(sandbox, MemberFeaturesProvider()) as members:
        created = members.create(inputs)
        sandbox.client.leave(account(4))
        read = members.read(created.outputs)

    assert read.outputs["wanted"] == inputs["wanted"]
    assert set(read.outputs["unprocessed"]) == {account(4)}


def test_what_was_there_before_is_recorded_without_a_write(sandbox: RunningSandbox) -> None:
    before = _held(sandbox)
    inputs = _kept(sandbox, dict.fromkeys(accounts(12), "UNKNOWN"))
    sandbox.client.clear_calls()

    with _provider(sandbox, PriorSettingsProvider()) as prior:
        created = prior.create(inputs)

    assert read_grouped(created.outputs["before"]) == {a: before[a] for a in accounts(12)}
    assert _changes(sandbox) == []


# Letting go


def _kept(
    sandbox: RunningSandbox,
    record: dict[Any, str],
    **more: Any,  # noqa: ANN401 - as JSON has it
) -> dict[str, Any]:
    """Inputs of `PriorSettings`; the resource reads what is UNKNOWN."""
    return prior_inputs(
        record,
        **{
            "region": _REGION,
            "detectorId": sandbox.detector(region=_REGION),
            "maxDisabled": 120,
            "settings": ["status", "autoEnable", "autoEnableMembers"],
            **more,
        },
    )


def _own(sandbox: RunningSandbox) -> str | None:
    return sandbox.client.actual_state()[_REGION][ADMINISTRATOR].eks_audit_logs


def _changes(sandbox: RunningSandbox) -> list[str]:
    return [c.operation for c in sandbox.client.calls() if c.operation.startswith("Update")]


def test_a_destroy_puts_back_whatever_the_stack_changed_and_nothing_else(
    serve_sandbox: ServeSandbox,
) -> None:
    sandbox = serve_sandbox(accounts=120)
    before, settings, own = _held(sandbox), sandbox.client.settings(), _own(sandbox)
    inputs = _kept(sandbox, dict.fromkeys(accounts(110), "UNKNOWN"))

    with (
        _provider(sandbox, PriorSettingsProvider()) as prior,
        _provider(sandbox, MemberFeaturesProvider()) as members,
    ):
        recorded = prior.create(inputs).outputs
        wanted = {**dict.fromkeys(accounts(110), "ENABLED"), account(1): "DISABLED"}
        members.create(_inputs(sandbox, wanted))
        sandbox.client.set_auto_enable("ALL", members="ALL", region=_REGION)
        sandbox.client.set_feature(ADMINISTRATOR, "ENABLED", region=_REGION)
        # Not decided by the stack.
        sandbox.client.set_feature(account(115), "ENABLED", region=_REGION)
        before[account(115)] = "ENABLED"
        prior.delete(recorded)
        assert _held(sandbox) == before
        assert sandbox.client.settings() == settings
        assert _own(sandbox) == own

        sandbox.client.clear_calls()
        prior.delete(recorded)
        assert _changes(sandbox) == []


def test_a_destroy_names_who_left_and_puts_the_others_back(sandbox: RunningSandbox) -> None:
    inputs = _kept(sandbox, dict.fromkeys(accounts(12), "UNKNOWN"))
    before = _held(sandbox)

    with _provider(sandbox, PriorSettingsProvider()) as prior:
        recorded = prior.create(inputs).outputs
        for number in range(1, 13):
            sandbox.client.set_feature(account(number), "ENABLED", region=_REGION)
        sandbox.client.leave(account(4))
        sandbox.client.suspend(account(2), region=_REGION)
        sandbox.client.suspend(account(3), region=_REGION)
        prior.delete(recorded)
        told = prior.stderr

    held = _held(sandbox)
    stayed = {account(2): "ENABLED", account(3): "ENABLED", account(4): held[account(4)]}
    assert held == before | stayed
    assert (
        "inactive (relationship status Disabled, suspended in GuardDuty): 300000000002, "
        "300000000003; 1 is no member any more (300000000004)."
    ) in told


def test_what_aws_did_not_process_is_put_back_by_a_second_destroy(
    sandbox: RunningSandbox,
) -> None:
    inputs = _kept(sandbox, dict.fromkeys(accounts(12), "UNKNOWN"))
    before = _held(sandbox)

    with _provider(sandbox, PriorSettingsProvider()) as prior:
        recorded = prior.create(inputs).outputs
        for number in range(1, 13):
            sandbox.client.set_feature(account(number), "ENABLED", region=_REGION)
        differing = [a for a in accounts(12) if before[a] == "DISABLED"]
        stubborn = differing[0]
        sandbox.client.leave_unprocessed("UpdateMemberDetectors", [stubborn], "No.", times=1)
        with error_of() as told:
            prior.delete(recorded)
        assert told[0].splitlines()[1:3] == ["  No:", f"    {stubborn}"]
        assert _held(sandbox) == {**before, stubborn: "ENABLED"}

        sandbox.client.clear_calls()
        prior.delete(recorded)
        assert _held(sandbox) == before
        assert _writes(sandbox) == [(stubborn,)]


def test_a_share_of_all_members_is_the_most_that_a_destroy_turns_off(
    sandbox: RunningSandbox,
) -> None:
    record = dict.fromkeys(accounts(12), "UNKNOWN")
    inputs = _kept(sandbox, record, maxDisabled="25%", onRelease="DISABLE")

    with _provider(sandbox, PriorSettingsProvider()) as prior:
        recorded = prior.create(inputs).outputs
        on = [a for a, status in _held(sandbox).items() if status == "ENABLED"]
        assert len(on) == 4
        sandbox.client.clear_calls()
        with error_of() as told:
            prior.delete(recorded)
        assert "would turn 4 members off, but at most 3 may be in one run" in told[0]
        assert _changes(sandbox) == []

        # A quarter of 11 members that are monitored is 2; one less is on, too.
        sandbox.client.suspend(on[0], region=_REGION)
        with error_of() as told:
            prior.delete(recorded)
        assert "would turn 3 members off, but at most 2 may be in one run" in told[0]

        prior.delete({**recorded, "maxDisabled": "50%"})
    assert [a for a, status in _held(sandbox).items() if status == "ENABLED"] == [on[0]]


def test_who_leaves_the_organization_before_its_release_is_no_failure(
    sandbox: RunningSandbox,
) -> None:
    inputs = _kept(sandbox, dict.fromkeys(accounts(12), "UNKNOWN"))

    with _provider(sandbox, PriorSettingsProvider()) as prior:
        recorded = prior.create(inputs).outputs
        before = read_grouped(recorded["before"])
        sandbox.client.leave(account(4))
        release = {account(4): "ENABLED -> DISABLED"}
        news = _kept(sandbox, before, release=release, revision=2)
        assert prior.diff(recorded, news).changes
        updated = prior.update(recorded, news)

    assert "unreleased" not in updated
    assert read_grouped(updated["before"]) == {a: before[a] for a in before if a != account(4)}
    assert "1 is no member any more (300000000004)" in prior.stderr


def test_a_destroy_after_the_detector_was_deleted_ends_well(sandbox: RunningSandbox) -> None:
    inputs = _kept(sandbox, dict.fromkeys(accounts(12), "UNKNOWN"))

    with _provider(sandbox, PriorSettingsProvider()) as prior:
        recorded = prior.create(inputs).outputs
        sandbox.client.delete_detector(ADMINISTRATOR, region=_REGION)
        sandbox.client.clear_calls()
        assert prior.read(recorded).outputs == recorded
        prior.delete(recorded)

    assert _changes(sandbox) == []


def test_a_destroy_whose_answers_are_lost_goes_on_where_it_ended(
    sandbox: RunningSandbox,
) -> None:
    inputs = _kept(sandbox, dict.fromkeys(accounts(12), "UNKNOWN"))
    before = _held(sandbox)

    with _provider(sandbox, PriorSettingsProvider()) as prior:
        recorded = prior.create(inputs).outputs
        for number in range(1, 13):
            sandbox.client.set_feature(account(number), "ENABLED", region=_REGION)
        sandbox.client.fails("UpdateMemberDetectors", with_=AnswerLost(), times=1)
        prior.delete(recorded)

    assert _held(sandbox) == before


def test_a_member_accounts_credentials_do_not_pass_for_the_administrators(
    sandbox: RunningSandbox,
) -> None:
    outputs = members_outputs(dict.fromkeys(accounts(12), "ENABLED"), region=_REGION)

    with _provider(sandbox, MemberFeaturesProvider(), account(1)) as members, error_of() as told:
        members.read(outputs)

    assert told[0].splitlines() == [of_another_account(_REGION, account(1), of_the_state=True)]
