"""`PriorSettings` as the engine speaks to it: the accounts that a run releases, all on destroy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime import rpc

from guardduty_eks_audit_logs.resources.designation import DesignationProvider
from guardduty_eks_audit_logs.resources.member_features import MemberFeaturesProvider
from guardduty_eks_audit_logs.resources.prior_settings import PriorSettingsProvider
from tests.support.aws_double import Aws
from tests.support.contract_properties import (
    SETTINGS_BEFORE,
    members_inputs,
    of_another_account,
    prior_inputs,
    prior_outputs,
    whose,
)
from tests.support.doors import Door, on_loopback
from tests.support.dynamic_provider_process import DynamicProvider, error_of, running
from tests.support.vocabulary import DETECTOR, NO_MASTER, REGION, account, accounts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

Properties = dict[str, Any]

_UPDATE = f"/detector/{DETECTOR}/member/detector/update"
_GET = f"/detector/{DETECTOR}/member/get"
_ADMIN = f"/detector/{DETECTOR}/admin"
_BEFORE = {account(1): "ENABLED", account(2): "DISABLED", account(3): "ENABLED"}
"""What the three accounts had before the stack; since then it has set the contrary."""
_OFF_2, _ON_1 = {account(2): "ENABLED -> DISABLED"}, {account(1): "DISABLED -> ENABLED"}
"""What a plan says that releases them."""


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with on_loopback(Aws()) as door:
        yield door


@pytest.fixture(scope="module")
def process(door: Door, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamicProvider]:
    """Of a run that asks no check, as a destroy."""
    with _process(door, tmp_path_factory.mktemp("provider")) as provider:
        yield provider


@pytest.fixture
def aws(door: Door) -> Aws:
    members: dict[str, str] = {
        account(1): "DISABLED",
        account(2): "ENABLED",
        account(3): "DISABLED",
    }
    door.aws = Aws(members=members, own_status="ENABLED", auto_enable="ALL")
    return door.aws


@pytest.fixture
def provider(aws: Aws, process: DynamicProvider) -> DynamicProvider:
    del aws
    process.begin_test()
    return process


def _process(
    door: Door, folder: Path, engine: str = "127.0.0.1:1", **settings: object
) -> AbstractContextManager[DynamicProvider]:
    configuration = {
        "aws:accessKey": "AKIASTACK",
        "aws:secretKey": "wJalrXUtnFEMI",
        "aws:endpoints": json.dumps([{"guardduty": door.url, "sts": door.url}]),
        **{f"guardduty-eks-audit-logs:{key}": value for key, value in settings.items()},
    }
    return running(PriorSettingsProvider(), configuration, folder, engine)


def _inputs(release: dict[Any, str] | None = None, **more: Any) -> Properties:  # noqa: ANN401
    """Of a run that goes on with the three accounts' record and releases some."""
    return prior_inputs(
        **{
            "record": _BEFORE,
            "release": release,
            "settingsBefore": SETTINGS_BEFORE,
            "revision": 2,
            **more,
        }
    )


def _state(before: dict[Any, str] | None = None, **more: object) -> Properties:
    return prior_outputs(_BEFORE if before is None else before, **more)


def _written(aws: Aws) -> list[tuple[str, list[str]]]:
    """(status, accounts) of each call that set members."""
    return sorted(
        (write.body["features"][0]["status"], write.body["accountIds"]) for write in aws.writes
    )


def _holds_nothing_new(aws: Aws) -> bool:
    return not aws.writes and not aws.own_writes


# Accounts that a run releases


def test_released_accounts_get_what_the_plan_says_and_leave_the_ledger(
    aws: Aws, provider: DynamicProvider
) -> None:
    news = _inputs({**_OFF_2, **_ON_1})
    updated = provider.update(_state(), news)

    assert aws.members == {**_BEFORE, account(3): "DISABLED"}
    assert updated == _state({account(3): "ENABLED"}, revision=2)
    assert aws.own_writes == []
    assert provider.stderr.splitlines()[-1] == "1 account put back to DISABLED, 1 to ENABLED."
    assert not provider.diff(updated, news).changes


def test_disable_is_told_as_what_is_set(aws: Aws, provider: DynamicProvider) -> None:
    aws.members[account(1)] = "ENABLED"
    off = dict.fromkeys(accounts(2), "ENABLED -> DISABLED")
    news = _inputs({**off, account(3): "LEAVE"}, onRelease="DISABLE")

    updated = provider.update(_state(onRelease="DISABLE"), news)

    assert _written(aws) == [("DISABLED", accounts(2))]
    assert updated == _state({}, onRelease="DISABLE", revision=2)
    assert provider.stderr.splitlines()[-1] == "2 accounts set to DISABLED."


def test_accounts_that_leave_as_they_are_cost_no_call(aws: Aws, provider: DynamicProvider) -> None:
    updated = provider.update(_state(), _inputs(dict.fromkeys(_BEFORE, "LEAVE")))

    assert updated == _state({}, revision=2)
    assert [request.service for request in aws.requests] == ["sts"]
    assert provider.stderr == ""


def test_an_account_of_a_status_that_was_unknown_is_released(
    aws: Aws, provider: DynamicProvider
) -> None:
    updated = provider.update(_state(), _inputs({account(2): "UNKNOWN -> DISABLED"}))

    assert _written(aws) == [("DISABLED", [account(2)])]
    assert updated == _state({account(1): "ENABLED", account(3): "ENABLED"}, revision=2)


def test_only_accounts_that_differ_are_written_fifty_in_a_call(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members = {**dict.fromkeys(accounts(130), "DISABLED"), account(7): "ENABLED"}
    release = dict.fromkeys(accounts(130), "DISABLED -> ENABLED")
    provider.update(_state(), _inputs(release, record=dict.fromkeys(accounts(130), "ENABLED")))

    assert set(aws.members.values()) == {"ENABLED"}
    assert sorted(len(numbers) for _, numbers in _written(aws)) == [29, 50, 50]
    assert account(7) not in {a for _, numbers in _written(aws) for a in numbers}


def test_who_aws_did_not_set_stays_in_the_ledger_with_the_reason(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unprocessed = {account(2): "The test says so."}
    updated = provider.update(_state(), _inputs({**_OFF_2, **_ON_1}))

    left = {account(2): "DISABLED", account(3): "ENABLED"}
    assert updated == _state(left, unreleased={account(2): "The test says so."}, revision=2)
    assert provider.stderr.splitlines()[-1] == (
        "1 account put back to ENABLED; 1 could not be set."
    )

    aws.unprocessed = {}
    aws.requests.clear()
    again = provider.update(updated, _inputs(_OFF_2, record=left, revision=3))

    assert again == _state({account(3): "ENABLED"}, revision=3)
    assert _written(aws) == [("DISABLED", [account(2)])]


def test_a_refresh_asks_for_nothing_of_what_is_left(aws: Aws, provider: DynamicProvider) -> None:
    left = _state(unreleased={account(2): "No."}, revision=2)

    assert not provider.diff(left, _inputs(_OFF_2, maxDisabled=10)).changes
    assert (aws.requests, provider.stderr) == ([], "")


def test_who_is_suspended_meanwhile_stays_in_the_ledger_without_a_failure(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unprocessed = {account(2): "The account is suspended."}
    aws.relationships = {account(2): "Disabled"}
    updated = provider.update(_state(), _inputs({**_OFF_2, **_ON_1}))

    assert updated == _state({account(2): "DISABLED", account(3): "ENABLED"}, revision=2)
    assert provider.stderr.splitlines()[-1] == (
        "1 account put back to ENABLED; 1 is inactive (relationship status Disabled, suspended "
        "in GuardDuty): 300000000002."
    )


@pytest.mark.parametrize("relationship", ["Removed", None])
def test_who_went_meanwhile_leaves_the_ledger_without_a_failure(
    aws: Aws, provider: DynamicProvider, relationship: str | None
) -> None:
    aws.unprocessed = {account(2): "No such member."}
    if relationship:
        aws.relationships = {account(2): relationship}
    else:
        del aws.members[account(2)]
    updated = provider.update(_state(), _inputs(_OFF_2))

    assert updated == _state({account(1): "ENABLED", account(3): "ENABLED"}, revision=2)
    assert "1 is no member any more (300000000002)" in provider.stderr


def test_a_run_that_broke_off_before_the_state_was_saved_is_done_again(
    aws: Aws, provider: DynamicProvider
) -> None:
    olds, news = _state(), _inputs({**_OFF_2, **_ON_1})
    first = provider.update(olds, news)
    aws.requests.clear()

    # The state is as before, AWS is ahead of it.
    assert provider.update(olds, news) == first
    assert _holds_nothing_new(aws)


def test_nothing_is_released_if_newcomers_could_not_be_recorded(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.refusals[f"/detector/{DETECTOR}/member/detector/get"] = (403, "AccessDenied", "No.")
    with error_of():
        provider.update(_state(), _inputs(_OFF_2, record={**_BEFORE, account(9): "UNKNOWN"}))

    assert _holds_nothing_new(aws)


# A region that leaves the program


def _leaving(**more: object) -> Properties:
    release = {**_OFF_2, **_ON_1, account(3): "LEAVE"}
    return _inputs(release, settings=[], releaseAll=True, **more)


def test_a_region_that_leaves_with_restore_has_its_settings_put_back_too(
    aws: Aws, provider: DynamicProvider
) -> None:
    updated = provider.update(_state(), _leaving())

    assert aws.members == {**_BEFORE, account(3): "DISABLED"}
    assert (aws.own_status, aws.auto_enable, aws.auto_enable_members) == ("DISABLED", "NONE", "NEW")
    assert updated == _state({}, settingsBefore={}, revision=2)
    # What came first turns nothing on again.
    writes = [r.path for r in aws.requests if r.method == "POST" and r.body.get("features")]
    assert writes == [_ADMIN, f"/detector/{DETECTOR}", _UPDATE, _UPDATE]


@pytest.mark.parametrize("word", ["LEAVE", "DISABLE"])
def test_a_region_that_leaves_otherwise_keeps_its_settings(
    aws: Aws, provider: DynamicProvider, word: str
) -> None:
    updated = provider.update(_state(), _leaving(onRelease=word))

    assert (aws.own_status, aws.auto_enable, aws.own_writes) == ("ENABLED", "ALL", [])
    assert updated == _state({}, settingsBefore={}, onRelease=word, revision=2)


def test_a_region_that_leaves_keeps_the_record_of_who_could_not_be_set(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unprocessed = {account(2): "The test says so."}
    updated = provider.update(_state(), _leaving())

    assert updated == _state(
        {account(2): "DISABLED"},
        settingsBefore={},
        unreleased={account(2): "The test says so."},
        revision=2,
    )


def test_a_region_whose_detector_is_gone_leaves_with_nothing_put_back(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.detector = None
    gone = dict.fromkeys(_BEFORE, "LEAVE")
    updated = provider.update(_state(), _inputs(gone, settings=[], releaseAll=True))

    assert updated == _state({}, settingsBefore={}, revision=2)
    assert _holds_nothing_new(aws)
    assert provider.stderr.splitlines() == [
        f"Detector {DETECTOR} in us-east-1 no longer exists: there is nothing to put back."
    ]


def test_settings_that_could_not_be_put_back_keep_all_of_the_record(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.refusals[_ADMIN] = (403, "AccessDeniedException", "No.")

    with error_of() as told:
        provider.update(_state(), _leaving())

    assert told[0].startswith("GuardDuty: DescribeOrganizationConfiguration failed: AccessDenied")
    assert _holds_nothing_new(aws)


# A run of the program keeps the record: whatever the engine deletes, nothing is released


def test_a_delete_after_a_check_of_the_same_record_asks_nobody(
    aws: Aws, door: Door, tmp_path: Path
) -> None:
    with _process(door, tmp_path) as run:
        run.check(_inputs())
        run.delete(_state())

    assert aws.requests == []
    assert run.stderr == ""


@pytest.mark.parametrize(
    "other", [{"region": "eu-west-1"}, {"administratorAccountId": account(9)}], ids=str
)
def test_a_delete_after_a_check_of_another_record_releases(
    aws: Aws, door: Door, tmp_path: Path, other: Properties
) -> None:
    with _process(door, tmp_path) as run:
        run.check({**_inputs(), **other})
        run.delete(_state())

    assert aws.members == _BEFORE


def test_a_check_of_members_keeps_no_record(aws: Aws, door: Door, tmp_path: Path) -> None:
    with _process(door, tmp_path) as run:
        run.beside(MemberFeaturesProvider()).check(members_inputs(_BEFORE))
        run.delete(_state())

    assert aws.members == _BEFORE


def test_a_check_of_a_designation_keeps_no_record(aws: Aws, door: Door, tmp_path: Path) -> None:
    designation = {**whose(), "managementAccountId": account(8)}
    with _process(door, tmp_path) as run:
        run.beside(DesignationProvider()).check(designation)
        run.delete(_state())

    assert aws.members == _BEFORE


def test_what_is_unknown_yet_keeps_the_record_too(aws: Aws, door: Door, tmp_path: Path) -> None:
    with _process(door, tmp_path) as run:
        run.check({**_inputs(), "detectorId": rpc.UNKNOWN})
        run.delete(_state())

    assert aws.requests == []


def test_all_processes_of_a_run_keep_the_record_and_no_later_ones_do(
    aws: Aws, door: Door, tmp_path: Path
) -> None:
    # A replaced default provider, or one of a stack's former name, has a process of its own.
    with _process(door, tmp_path) as one, _process(door, tmp_path) as another:
        one.check(_inputs())
        another.delete(_state())
        assert aws.requests == []

    with _process(door, tmp_path) as destroy:
        destroy.delete(_state())
        assert aws.members == _BEFORE


def test_another_run_at_the_same_time_does_not_keep_the_record(
    aws: Aws, door: Door, tmp_path: Path
) -> None:
    with (
        _process(door, tmp_path, "127.0.0.1:1") as up,
        _process(door, tmp_path, "127.0.0.1:2") as destroy,
    ):
        up.check(_inputs())
        destroy.delete(_state())

    assert aws.members == _BEFORE


# Destroy


def test_destroy_puts_back_organization_detector_and_accounts(
    aws: Aws, provider: DynamicProvider
) -> None:
    del aws.members[account(3)]
    provider.delete(_state())

    assert aws.members == {account(1): "ENABLED", account(2): "DISABLED"}
    assert (aws.own_status, aws.auto_enable, aws.auto_enable_members) == ("DISABLED", "NONE", "NEW")
    writes = [r.path for r in aws.requests if r.method == "POST" and r.body.get("features")]
    assert writes == [_ADMIN, f"/detector/{DETECTOR}", _UPDATE, _UPDATE]
    assert aws.own_writes[0] == {
        "autoEnableOrganizationMembers": "NEW",
        "features": [{"name": "EKS_AUDIT_LOGS", "autoEnable": "NONE"}],
    }
    assert provider.stderr.splitlines() == [
        "Organization: autoEnable put back, ALL -> NONE.",
        "Own detector: put back, on -> off.",
        "EKS audit logs: setting 2 members",
        (
            "1 account put back to DISABLED, 1 to ENABLED; 1 is no member any more "
            "(300000000003). Turned off: 300000000002."
        ),
    ]


def test_disable_turns_all_off_whatever_they_had(aws: Aws, provider: DynamicProvider) -> None:
    aws.members = dict.fromkeys(accounts(4), "ENABLED")
    provider.delete(_state(onRelease="DISABLE"))

    # The fourth is none of the stack's.
    assert _written(aws) == [("DISABLED", accounts(3))]
    assert provider.stderr.splitlines()[-1] == (
        "3 accounts set to DISABLED. Turned off: 300000000001, 300000000002, 300000000003."
    )


@pytest.mark.parametrize("word", ["LEAVE", "DISABLE"])
def test_organization_and_own_detector_are_put_back_by_restore_alone(
    aws: Aws, provider: DynamicProvider, word: str
) -> None:
    provider.delete(_state(onRelease=word))

    assert (aws.own_status, aws.auto_enable) == ("ENABLED", "ALL")
    assert aws.own_writes == []
    assert bool(aws.requests) is (word == "DISABLE")


def test_guardduty_itself_is_put_back_only_where_the_stack_wrote_it(
    aws: Aws, provider: DynamicProvider
) -> None:
    provider.delete(_state({}, settingsBefore={"autoEnable": "ALL"}))
    assert aws.own_writes == []

    recorded = {"autoEnable": "ALL", "autoEnableMembers": "NONE"}
    provider.delete(_state({}, settingsBefore=recorded))
    assert aws.own_writes[-1] == {"autoEnableOrganizationMembers": "NONE"}
    assert (aws.auto_enable_members, aws.auto_enable) == ("NONE", "ALL")


def test_the_organization_is_not_asked_where_the_stack_did_not_write_it(
    aws: Aws, provider: DynamicProvider
) -> None:
    provider.delete(_state(settingsBefore={"status": "DISABLED"}))

    assert [r.path for r in aws.requests if r.path == _ADMIN] == []
    assert aws.own_status == "DISABLED"


def test_accounts_that_cannot_be_set_are_named_and_no_failure(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members = dict.fromkeys(accounts(5), "ENABLED")
    del aws.members[account(2)]
    aws.relationships = {account(3): "Disabled", account(4): "Removed"}
    aws.managed = frozenset([account(5)])

    provider.delete(_state(dict.fromkeys(accounts(5), "DISABLED")))

    assert _written(aws) == [("DISABLED", [account(1)])]
    assert provider.stderr.splitlines()[-1] == (
        "1 account put back to DISABLED; "
        "1 is inactive (relationship status Disabled, suspended in GuardDuty): 300000000003; "
        "2 are no members any more (300000000002, 300000000004); "
        "1 is decided by policy (GUARDDUTY_POLICY: 300000000005). Turned off: 300000000001."
    )


def test_a_second_destroy_writes_only_what_is_left(aws: Aws, provider: DynamicProvider) -> None:
    aws.unprocessed = {account(2): "The test says so."}

    with error_of() as told:
        provider.delete(_state())
    assert told[0].splitlines() == [
        "GuardDuty: 1 member in us-east-1 could not be released as onRelease says.",
        "  The test says so:",
        "    300000000002",
        (
            "`pulumi destroy` again tries only these. To leave them as they are, set onRelease: "
            "LEAVE, run `pulumi up`, and destroy."
        ),
    ]

    aws.unprocessed = {}
    aws.requests.clear()
    provider.delete(_state())
    assert _written(aws) == [("DISABLED", [account(2)])]
    assert aws.own_writes == []

    aws.requests.clear()
    provider.delete(_state())
    assert aws.writes == []
    assert provider.stderr.splitlines()[-1] == "No account was set; 3 were as they are."


@pytest.mark.parametrize("limit", [1, "50%"])
def test_a_destroy_that_turns_too_many_off_is_refused_with_the_way_out(
    aws: Aws, provider: DynamicProvider, limit: int | str
) -> None:
    aws.members = dict.fromkeys(accounts(3), "ENABLED")

    with error_of() as told:
        provider.delete(_state(dict.fromkeys(accounts(3), "DISABLED"), maxDisabled=limit))

    share = " (maxDisabled: 50%)" if limit == "50%" else ""
    assert told[0].splitlines() == [
        (
            "GuardDuty: maxDisabled: this destroy would turn 3 members off, but at most 1 may be "
            f"in one run{share}. If that is meant, set maxDisabled: 3, or onRelease: LEAVE for "
            "them to stay as they are; run `pulumi up`, and destroy again. Turned off:"
        ),
        "  release (onRelease RESTORE) (3):",
        f"    {', '.join(accounts(3))}",
    ]
    assert _holds_nothing_new(aws)


@pytest.mark.parametrize(("configured", "kept"), [("3", 0), ("100%", 0)])
def test_the_configurations_maxdisabled_of_now_allows_a_destroy(
    aws: Aws, door: Door, tmp_path: Path, configured: str, kept: int
) -> None:
    aws.members = dict.fromkeys(accounts(3), "ENABLED")

    with _process(door, tmp_path, maxDisabled=configured) as destroy:
        destroy.delete(_state(dict.fromkeys(accounts(3), "DISABLED"), maxDisabled=kept))

    assert set(aws.members.values()) == {"DISABLED"}


@pytest.mark.parametrize("limits", [("2", 10, 2), ("0", "100%", 0), ("", 1, 1), (None, "34%", 1)])
def test_the_configurations_maxdisabled_comes_before_that_in_the_state(
    aws: Aws, door: Door, tmp_path: Path, limits: tuple[str | None, int | str, int]
) -> None:
    aws.members = dict.fromkeys(accounts(3), "ENABLED")
    configured, kept, most = limits
    given = {} if configured is None else {"maxDisabled": configured}

    with _process(door, tmp_path, **given) as destroy, error_of() as told:
        destroy.delete(_state(dict.fromkeys(accounts(3), "DISABLED"), maxDisabled=kept))

    assert f"would turn 3 members off, but at most {most} may be in one run" in told[0]
    assert _holds_nothing_new(aws)


def test_an_account_of_unknown_status_counts_as_one_that_is_turned_off(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unreadable = {account(1): "Internal error"}

    with error_of() as told:
        provider.delete(_state({account(1): "DISABLED"}, maxDisabled=0))

    assert "maxDisabled: this destroy would turn 1 member off" in told[0]


def test_a_destroy_without_a_detector_has_nothing_to_do(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.detector = None
    provider.delete(_state())

    assert _holds_nothing_new(aws)
    assert provider.stderr.splitlines() == [
        f"Detector {DETECTOR} in us-east-1 no longer exists: there is nothing to put back."
    ]


def test_a_destroy_with_a_new_detector_restores_what_is_recorded(
    aws: Aws, provider: DynamicProvider
) -> None:
    provider.delete(_state(detectorId="an-earlier-one"))

    assert aws.members == _BEFORE


def test_a_destroy_by_a_former_administrator_restores_its_own_settings(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.refusals[_ADMIN] = (400, "BadRequestException", NO_MASTER)
    aws.members.clear()
    provider.delete(_state())

    assert aws.own_status == "DISABLED"
    assert "Organization: left as it is, since it is not this account's any more" in provider.stderr


def test_a_destroy_that_may_not_set_the_organization_writes_nothing_else(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.refusals[_ADMIN] = (403, "AccessDeniedException", "No.")

    with error_of() as told:
        provider.delete(_state())

    assert told[0].startswith("GuardDuty: DescribeOrganizationConfiguration failed: AccessDenied")
    assert aws.writes == []


def test_another_accounts_credentials_release_nothing(door: Door, aws: Aws, tmp_path: Path) -> None:
    aws.account = account(9)
    olds, news = _state(), _inputs(_OFF_2)

    with _process(door, tmp_path) as run:
        for ask, of_the_state in (
            (lambda: run.update(olds, news), False),
            (lambda: run.delete(olds), True),
            (lambda: run.create(news), False),
        ):
            with error_of() as told:
                ask()
            refused = of_another_account(REGION, account(9), of_the_state=of_the_state)
            assert told[0].splitlines() == [refused]
    assert {request.service for request in aws.requests} == {"sts"}


def test_accounts_that_cannot_be_looked_up_are_not_released(
    door: Door, aws: Aws, tmp_path: Path
) -> None:
    aws.refusals[_GET] = (403, "AccessDeniedException", "No.")

    with _process(door, tmp_path) as destroy, error_of() as told:
        destroy.delete(_state())

    assert "Give the caller the permission for GetMembers." in told[0]
    assert _holds_nothing_new(aws)


def test_a_record_that_a_later_one_replaced_releases_nothing_on_destroy(
    door: Door, aws: Aws, tmp_path: Path
) -> None:
    aws.members = {account(1): "ENABLED"}
    older = prior_outputs({account(1): "DISABLED"}, generation=1)
    later = prior_outputs({account(1): "DISABLED"}, generation=2, onRelease="LEAVE")

    with _process(door, tmp_path) as run:
        run.read(later)
        run.delete(older)
        run.delete(later)

    assert aws.members == {account(1): "ENABLED"}
    assert aws.writes == []


def test_of_two_records_without_generation_the_refreshed_one_counts(
    door: Door, aws: Aws, tmp_path: Path
) -> None:
    aws.members = {account(1): "ENABLED"}
    left = prior_outputs({account(1): "DISABLED"}, generation=0)
    live = prior_outputs({account(1): "DISABLED"}, generation=0, onRelease="LEAVE")

    with _process(door, tmp_path) as run:
        run.read(live)
        run.delete(left)
        run.delete(live)

    assert aws.members == {account(1): "ENABLED"}
    assert aws.writes == []


def test_a_record_whose_successor_was_not_made_is_kept(
    door: Door, aws: Aws, tmp_path: Path
) -> None:
    aws.members = {account(1): "ENABLED"}

    with _process(door, tmp_path) as run:
        run.check({}, prior_inputs({account(1): "DISABLED"}))
        with error_of():
            run.create({**prior_inputs({account(1): "DISABLED"}), "detectorId": 7, "record": "x"})
        with error_of() as told:
            run.delete(prior_outputs({account(1): "DISABLED"}))

    assert "stays where it is" in told[0]
    assert aws.writes == []


def test_an_update_that_would_lose_a_record_is_refused(aws: Aws, provider: DynamicProvider) -> None:
    with error_of() as told:
        provider.update(prior_outputs({account(1): "DISABLED"}), prior_inputs())

    assert "does not pass on what is recorded of 1 account" in told[0]
    assert aws.writes == []
