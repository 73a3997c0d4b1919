"""`PriorSettings` as the engine speaks to it: accounts that drop out, and all on destroy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from components.prior_settings import PriorSettingsProvider
from tests.contract.dynamic_provider_process import DynamicProvider, error_of, running
from tests.doubles.aws import Aws
from tests.doubles.doors import Door, on_loopback
from tests.vocabulary import ADMINISTRATOR, DETECTOR, NO_MASTER, REGION, account, accounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Properties = dict[str, Any]

_UPDATE = f"/detector/{DETECTOR}/member/detector/update"
_GET = f"/detector/{DETECTOR}/member/get"
_ADMIN = f"/detector/{DETECTOR}/admin"
_BEFORE = {account(1): "ENABLED", account(2): "DISABLED", account(3): "ENABLED"}
"""What the three accounts had before the stack; since then it has set the contrary."""


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with on_loopback(Aws()) as door:
        yield door


@pytest.fixture(scope="module")
def process(door: Door, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamicProvider]:
    configuration = {
        "aws:accessKey": "AKIASTACK",
        "aws:secretKey": "wJalrXUtnFEMI",
        "aws:endpoints": json.dumps([{"guardduty": door.url, "sts": door.url}]),
    }
    folder = tmp_path_factory.mktemp("provider")
    with running(PriorSettingsProvider(), configuration, folder) as provider:
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


def _inputs(words: Mapping[Any, str], **more: object) -> Properties:
    return {
        "region": REGION,
        "account": ADMINISTRATOR,
        "detectorId": DETECTOR,
        "accounts": dict(words),
        "onRelease": "RESTORE",
        "maxDisabled": 10,
        "turningOff": 0,
        "scope": ["detector", "organization"],
        "retryMinutes": 0,
        **more,
    }


def _state(before: Mapping[Any, str], word: str = "RESTORE", **more: object) -> Properties:
    """The outputs of a stack that has taken accounts which had these statuses before."""
    return {
        **_inputs(dict.fromkeys(before, word), onRelease=word),
        "statuses": dict(before),
        "organization": {"autoEnable": "NONE"},
        "detector": {"status": "DISABLED"},
        "unreleased": {},
        **more,
    }


def _goes_on_with(*left: str, word: str = "RESTORE", **more: object) -> Properties:
    return _inputs(dict.fromkeys(left, word), onRelease=word, **more)


def _written(aws: Aws) -> list[tuple[str, list[str]]]:
    """(status, accounts) of each call that set members."""
    return sorted(
        (write.body["features"][0]["status"], write.body["accountIds"]) for write in aws.writes
    )


def _update(provider: DynamicProvider, olds: Properties, news: Properties) -> Properties:
    """Updates; what this run has let go is a matter of one test."""
    updated = provider.update(olds, news)
    del updated["released"]
    return updated


# Accounts that drop out of the rules


def test_restore_puts_accounts_back_to_what_they_had_and_forgets_them(
    aws: Aws, provider: DynamicProvider
) -> None:
    news = _goes_on_with(account(3))
    updated = _update(provider, _state(_BEFORE), news)

    assert aws.members == {**_BEFORE, account(3): "DISABLED"}
    assert updated == _state({account(3): "ENABLED"})
    assert aws.own_writes == []
    assert provider.stderr.splitlines()[-1] == ("1 account put back to DISABLED, 1 to ENABLED.")
    assert not provider.diff(updated, news).changes


def test_what_accounts_were_given_that_were_let_go_is_told_with_the_run(
    provider: DynamicProvider,
) -> None:
    updated = provider.update(_state(_BEFORE), _goes_on_with(account(3), seenAt="2026-05-04"))

    given = {account(1): "ENABLED", account(2): "DISABLED"}
    assert updated["released"] == {"at": "2026-05-04", "statuses": given}


def test_accounts_that_become_unmanaged_are_left_as_they_are(
    aws: Aws, provider: DynamicProvider
) -> None:
    news = _goes_on_with(account(3), unmanaged=accounts(2))
    updated = _update(provider, _state(_BEFORE), news)

    assert (aws.writes, updated["accounts"]) == ([], {account(3): "RESTORE"})


def test_what_the_stack_once_wrote_stays_in_its_scope(provider: DynamicProvider) -> None:
    state = _state(_BEFORE, scope=["detector", "organization", "autoEnableMembers"])
    state["organization"] = {"autoEnable": "NONE", "autoEnableMembers": "NEW"}

    updated = _update(provider, state, _goes_on_with(account(3), scope=["detector"]))

    assert updated["scope"] == ["detector", "organization", "autoEnableMembers"]
    assert updated["organization"] == state["organization"]
    provider.begin_test()
    assert not provider.diff(updated, _goes_on_with(account(3), scope=["detector"])).changes
    assert provider.stderr.splitlines() == [
        f"Organization: {key} is not configured any more and stays as it is. pulumi destroy puts "
        f"back {prior}, which it was before this stack, if the organization is this account's then."
        for key, prior in state["organization"].items()
    ]


@pytest.mark.parametrize(
    ("word", "seen_at", "told"),
    [
        (
            "RESTORE",
            "later",
            ["pulumi destroy puts back NEW, which it was before this stack."],
        ),
        ("RESTORE", "earlier", []),  # a refresh
        ("LEAVE", "later", []),
        ("DISABLE", "later", []),
    ],
)
def test_a_setting_that_is_not_configured_any_more_is_told_if_a_destroy_puts_it_back(
    provider: DynamicProvider, word: str, seen_at: str, told: list[str]
) -> None:
    state = _state({}, word, scope=["detector", "organization", "autoEnableMembers"])
    state["organization"] = {"autoEnable": "NONE", "autoEnableMembers": "NEW"}
    state["seenAt"] = "earlier"

    provider.diff(state, _goes_on_with(word=word, seenAt=seen_at))

    stays = "Organization: autoEnableMembers is not configured any more and stays as it is."
    assert provider.stderr.splitlines() == [f"{stays} {what}" for what in told]


def test_disable_turns_accounts_off_whatever_they_had(aws: Aws, provider: DynamicProvider) -> None:
    aws.members[account(1)] = "ENABLED"
    updated = _update(provider, _state(_BEFORE, "DISABLE"), _goes_on_with(word="DISABLE"))

    assert set(aws.members.values()) == {"DISABLED"}
    assert _written(aws) == [("DISABLED", accounts(2))]
    assert updated == _state({}, "DISABLE")
    assert provider.stderr.splitlines()[-1] == "2 accounts set to DISABLED; 1 was as it is."


def test_leave_writes_nothing_and_asks_nobody(aws: Aws, provider: DynamicProvider) -> None:
    olds, news = _state(_BEFORE, "LEAVE"), _goes_on_with(word="LEAVE")

    assert provider.diff(olds, news).changes
    assert _update(provider, olds, news) == _state({}, "LEAVE")
    assert aws.requests == []
    assert provider.stderr.splitlines() == [
        "3 accounts drop out of the rules (onRelease LEAVE): 3 stay as they are."
    ]


def test_what_onrelease_says_now_holds_for_accounts_that_drop_out_now(
    aws: Aws, provider: DynamicProvider
) -> None:
    _update(provider, _state(_BEFORE, "RESTORE"), _goes_on_with(word="LEAVE"))
    assert aws.requests == []


def test_only_accounts_that_differ_are_written_fifty_in_a_call(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members = {**dict.fromkeys(accounts(130), "DISABLED"), account(7): "ENABLED"}
    _update(provider, _state(dict.fromkeys(accounts(130), "ENABLED")), _goes_on_with())

    assert set(aws.members.values()) == {"ENABLED"}
    assert sorted(len(numbers) for _, numbers in _written(aws)) == [29, 50, 50]
    assert account(7) not in {a for _, numbers in _written(aws) for a in numbers}


def test_accounts_that_cannot_be_set_are_named_and_no_failure(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members = dict.fromkeys(accounts(7), "ENABLED")
    del aws.members[account(2)]
    aws.relationships = {account(3): "Disabled", account(4): "Removed"}
    aws.managed = frozenset([account(5)])
    before = {**dict.fromkeys(accounts(5), "DISABLED"), account(6): "UNKNOWN"}
    waiting = [account(7)]
    olds = _state(before, waiting=waiting) | {
        "accounts": dict.fromkeys(accounts(7), "RESTORE"),
    }
    aws.members[account(1)] = "ENABLED"

    updated = _update(provider, olds, _goes_on_with())

    assert _written(aws) == [("DISABLED", [account(1)])]
    assert (updated["accounts"], updated["unreleased"]) == ({}, {})
    # Who can be set again one day is let go then.
    assert updated["heldBack"] == dict.fromkeys([account(3), account(5)], "RESTORE")
    assert updated["statuses"] == dict.fromkeys([account(3), account(5)], "DISABLED")
    assert provider.stderr.splitlines()[-1] == (
        "1 account put back to DISABLED; "
        "1 can't be set (relationship status Disabled, suspended in GuardDuty): 300000000003; "
        "2 are no members any more (300000000002, 300000000004); "
        "2 stay as they are, since nothing is recorded of before (300000000006, 300000000007); "
        "1 is decided by policy (GUARDDUTY_POLICY: 300000000005)."
    )


@pytest.fixture
def held_back(aws: Aws, provider: DynamicProvider) -> Properties:
    """The outputs after a suspended account, OFF before the stack, has dropped out."""
    aws.members = {account(1): "ENABLED", account(2): "ENABLED"}
    aws.relationships = {account(1): "Disabled"}
    olds = _state({account(1): "DISABLED", account(2): "DISABLED"})
    updated = provider.update(olds, _goes_on_with(account(2)))
    assert _written(aws) == []
    provider.begin_test()
    return updated


def test_an_account_that_is_held_back_is_no_news_while_nobody_can_set_it(
    provider: DynamicProvider, held_back: Properties
) -> None:
    assert provider.diff(held_back, _goes_on_with(account(2))).changes is False
    assert provider.stderr == ""


def test_an_account_that_is_held_back_is_let_go_by_the_first_run_that_finds_it_active(
    aws: Aws, provider: DynamicProvider, held_back: Properties
) -> None:
    aws.relationships = {}

    assert provider.diff(held_back, _goes_on_with(account(2))).changes is True
    assert f"off  {account(1)}  ENABLED -> DISABLED, let go" in provider.stderr
    updated = provider.update(held_back, _goes_on_with(account(2)))

    assert _written(aws) == [("DISABLED", [account(1)])]
    assert "heldBack" not in updated
    assert updated["statuses"] == {account(2): "DISABLED"}
    assert provider.diff(updated, _goes_on_with(account(2))).changes is False


def test_an_account_that_is_held_back_and_comes_back_keeps_its_record(
    aws: Aws, provider: DynamicProvider, held_back: Properties
) -> None:
    aws.relationships = {}

    updated = provider.update(held_back, _goes_on_with(account(1), account(2)))

    assert _written(aws) == []
    assert "heldBack" not in updated
    assert updated["statuses"] == {account(1): "DISABLED", account(2): "DISABLED"}


def test_a_destroy_lets_go_who_was_held_back_too(
    aws: Aws, provider: DynamicProvider, held_back: Properties
) -> None:
    aws.relationships = {}

    provider.delete(held_back)

    assert _written(aws) == [("DISABLED", [account(1), account(2)])]


def test_who_was_held_back_stays_as_it_is_once_onrelease_says_so(
    aws: Aws, provider: DynamicProvider, held_back: Properties
) -> None:
    updated = provider.update(held_back, _goes_on_with(account(2), word="LEAVE"))

    assert _written(aws) == []
    assert ("heldBack" in updated, updated["statuses"]) == (False, {account(2): "DISABLED"})


def test_an_account_that_could_not_be_set_stays_in_the_state_and_is_tried_again(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unprocessed = {account(2): "The test says so."}
    news = _goes_on_with(account(3))
    updated = _update(provider, _state(_BEFORE), news)

    assert updated == _state(
        {account(2): "DISABLED", account(3): "ENABLED"},
        unreleased={account(2): "The test says so."},
    )
    assert provider.stderr.splitlines()[-1] == (
        "1 account put back to ENABLED; 1 could not be set."
    )
    assert provider.diff(updated, news).changes

    aws.unprocessed = {}
    aws.requests.clear()
    again = _update(provider, updated, news)

    assert again == _state({account(3): "ENABLED"})
    assert _written(aws) == [("DISABLED", [account(2)])]
    assert not provider.diff(again, news).changes


def test_an_account_that_could_not_be_set_and_comes_back_keeps_its_record(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unprocessed = {account(2): "The test says so."}
    left = _update(provider, _state(_BEFORE), _goes_on_with(account(3)))
    aws.requests.clear()

    updated = _update(provider, left, _goes_on_with(account(2), account(3)))

    assert updated == _state({account(2): "DISABLED", account(3): "ENABLED"})
    assert aws.requests == []


def test_an_account_that_could_not_be_set_is_left_when_onrelease_says_so(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unprocessed = {account(2): "The test says so."}
    left = _update(provider, _state(_BEFORE), _goes_on_with(account(3)))
    aws.requests.clear()

    updated = _update(provider, left, _goes_on_with(account(3), word="LEAVE"))

    assert updated == _state({account(3): "ENABLED"}, "LEAVE")
    assert aws.requests == []


def test_a_run_that_broke_off_before_the_state_was_saved_is_done_again(
    aws: Aws, provider: DynamicProvider
) -> None:
    olds, news = _state(_BEFORE), _goes_on_with()
    _update(provider, olds, news)
    aws.requests.clear()

    # The state is as before, AWS is ahead of it.
    assert _update(provider, olds, news) == _state({})
    assert aws.members == _BEFORE
    assert aws.writes == []


def test_accounts_that_broke_off_being_let_go_and_come_back_keep_their_record(
    provider: DynamicProvider,
) -> None:
    olds = _state(_BEFORE)
    _update(provider, olds, _goes_on_with())

    assert _update(provider, olds, _goes_on_with(*_BEFORE))["statuses"] == _BEFORE


def test_accounts_that_broke_off_being_taken_are_recorded_before_the_next_write(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.members[account(4)] = "DISABLED"
    news = _goes_on_with(*_BEFORE, account(4))
    lost = _update(provider, _state(_BEFORE), news)

    assert _update(provider, _state(_BEFORE), news) == lost
    assert lost["statuses"] == {**_BEFORE, account(4): "DISABLED"}
    assert aws.writes == []


def test_an_account_that_was_let_go_and_comes_back_is_recorded_as_it_is_then(
    aws: Aws, provider: DynamicProvider
) -> None:
    left = _update(provider, _state(_BEFORE, "LEAVE"), _goes_on_with(account(3), word="LEAVE"))
    back = _update(provider, left, _goes_on_with(*_BEFORE, word="LEAVE"))

    # It was let go as it was then.
    assert back["statuses"] == {**aws.members, account(3): "ENABLED"}


def test_nothing_is_let_go_if_newcomers_could_not_be_recorded(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.refusals[f"/detector/{DETECTOR}/member/detector/get"] = (403, "AccessDenied", "No.")
    with error_of():
        _update(provider, _state(_BEFORE), _goes_on_with(account(9)))

    assert aws.writes == []


# What a preview says


def test_a_preview_tells_how_many_go_where(aws: Aws, provider: DynamicProvider) -> None:
    aws.members[account(4)] = "ENABLED"
    before = {**_BEFORE, account(4): "ENABLED", account(5): "ENABLED"}
    diff = provider.diff(_state(before), _goes_on_with(account(1)))

    assert (diff.changes, diff.replaces) == (True, [])
    assert provider.stderr.splitlines() == [
        (
            "4 accounts drop out of the rules (onRelease RESTORE): 1 goes to DISABLED, 1 to "
            "ENABLED, 1 stays as it is, 1 is no member any more (300000000005)."
        ),
        f"  off  {account(2)}  ENABLED -> DISABLED, let go",
        f"  on   {account(3)}  DISABLED -> ENABLED, let go",
    ]
    assert aws.writes == []


_LEFT = {**_state(_BEFORE, unreleased={account(2): "No."}), "seenAt": "2026-05-04"}
"""What a run that could not let an account go has left in the state."""


def test_what_is_left_of_the_last_run_is_named_in_the_next_preview(
    aws: Aws, provider: DynamicProvider
) -> None:
    news = _goes_on_with(account(1), account(3), seenAt="2026-05-05")

    assert provider.diff(_LEFT, news).changes
    assert provider.stderr.splitlines() == [
        "1 account drops out of the rules (onRelease RESTORE): 1 goes to DISABLED.",
        f"  off  {account(2)}  ENABLED -> DISABLED, let go",
    ]
    assert aws.writes == []


def test_what_is_left_of_the_last_run_counts_for_maxdisabled_in_the_preview(
    aws: Aws, provider: DynamicProvider
) -> None:
    news = _goes_on_with(account(1), account(3), seenAt="2026-05-05", maxDisabled=1, turningOff=1)

    with error_of() as told:
        provider.diff(_LEFT, news)

    assert "maxDisabled: 2 members would be turned off, but at most 1 may be" in told[0]
    assert f"Turned off: 1 by the rules, and 1 that drop out of them: {account(2)}." in told[0]
    assert aws.writes == []


def test_a_refresh_says_and_refuses_nothing_of_what_is_left(
    aws: Aws, provider: DynamicProvider
) -> None:
    same_run = _goes_on_with(account(1), account(3), seenAt=_LEFT["seenAt"], maxDisabled=0)

    assert provider.diff(_LEFT, same_run).changes
    assert (aws.requests, provider.stderr) == ([], "")


@pytest.mark.parametrize(
    ("limit", "turning_off", "sentence"),
    [
        (2, 0, None),
        (1, 0, "maxDisabled: 2 members would be turned off, but at most 1 may be in one run. If "),
        (3, 2, "maxDisabled: 4 members would be turned off, but at most 3 may be in one run. If "),
        ("50%", 0, None),
        (
            "25%",
            0,
            (
                "maxDisabled: 2 members would be turned off, but at most 1 may be in one run "
                "(maxDisabled: 25%). If "
            ),
        ),
    ],
)
def test_more_than_maxdisabled_is_refused_in_the_preview_and_before_the_first_write(
    aws: Aws,
    provider: DynamicProvider,
    limit: int | str,
    turning_off: int,
    sentence: str | None,
) -> None:
    aws.members = dict.fromkeys(accounts(4), "ENABLED")
    olds = _state(dict.fromkeys(accounts(2), "DISABLED"))
    news = _goes_on_with(maxDisabled=limit, turningOff=turning_off)

    if sentence is None:
        assert provider.diff(olds, news).changes
        _update(provider, olds, news)
        assert list(aws.members.values()).count("DISABLED") == 2
        return
    for ask in (provider.diff, provider.update):
        with error_of() as told:
            ask(olds, news)
        (text,) = told[0].splitlines()
        assert text.startswith(f"GuardDuty: {sentence}")
    assert aws.writes == []


def test_an_account_of_unknown_status_counts_as_one_that_is_turned_off(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.unreadable = {account(1): "Internal error"}
    olds = _state({account(1): "DISABLED"})

    with error_of() as told:
        provider.diff(olds, _goes_on_with(maxDisabled=0))

    assert "maxDisabled: 1 member would be turned off" in told[0]


# Destroy


def test_destroy_puts_back_organization_detector_and_accounts(
    aws: Aws, provider: DynamicProvider
) -> None:
    del aws.members[account(3)]
    provider.delete(_state(_BEFORE))

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
        "EKS audit logs: setting 2 of 2 members",
        ("1 account put back to DISABLED, 1 to ENABLED; 1 is no member any more (300000000003)."),
    ]


def test_each_account_goes_by_its_own_word(aws: Aws, provider: DynamicProvider) -> None:
    aws.members = dict.fromkeys(accounts(3), "ENABLED")
    words = {account(1): "LEAVE", account(2): "RESTORE", account(3): "DISABLE"}
    provider.delete(_state(dict.fromkeys(accounts(3), "DISABLED"), accounts=words))

    assert aws.members[account(1)] == "ENABLED"
    assert _written(aws) == [("DISABLED", [account(2), account(3)])]


@pytest.mark.parametrize("word", ["LEAVE", "DISABLE"])
def test_organization_and_own_detector_are_put_back_by_restore_alone(
    aws: Aws, provider: DynamicProvider, word: str
) -> None:
    provider.delete(_state(_BEFORE, word))

    assert (aws.own_status, aws.auto_enable) == ("ENABLED", "ALL")
    assert aws.own_writes == []
    assert bool(aws.requests) is (word == "DISABLE")


def test_guardduty_itself_is_put_back_only_where_the_stack_writes_it(
    aws: Aws, provider: DynamicProvider
) -> None:
    recorded = {"autoEnable": "ALL", "autoEnableMembers": "NONE"}
    provider.delete(_state({}, organization=recorded))
    assert aws.auto_enable_members == "NEW"

    scope = ["detector", "organization", "autoEnableMembers"]
    provider.delete(_state({}, organization=recorded, scope=scope))
    assert aws.own_writes[-1] == {"autoEnableOrganizationMembers": "NONE"}
    assert (aws.auto_enable_members, aws.auto_enable) == ("NONE", "ALL")


def test_the_organization_is_not_asked_where_the_stack_did_not_write_it(
    aws: Aws, provider: DynamicProvider
) -> None:
    outs = _state(_BEFORE, scope=["detector"])
    del outs["organization"]
    provider.delete(outs)

    assert [r.path for r in aws.requests if r.path == _ADMIN] == []
    assert aws.own_status == "DISABLED"


def test_a_second_destroy_writes_only_what_is_left(aws: Aws, provider: DynamicProvider) -> None:
    aws.unprocessed = {account(2): "The test says so."}

    with error_of() as told:
        provider.delete(_state(_BEFORE))
    assert told[0].splitlines() == [
        "GuardDuty: 1 member in us-east-1 could not be let go as onRelease says.",
        "  300000000002  The test says so.",
        (
            "`pulumi destroy` again tries only these. To leave them as they are, set onRelease: "
            "LEAVE, run `pulumi up`, and destroy."
        ),
    ]

    aws.unprocessed = {}
    aws.requests.clear()
    provider.delete(_state(_BEFORE))
    assert _written(aws) == [("DISABLED", [account(2)])]
    assert aws.own_writes == []

    aws.requests.clear()
    provider.delete(_state(_BEFORE))
    assert aws.writes == []
    assert provider.stderr.splitlines()[-1] == "No account was to be set; 3 were as they are."


@pytest.mark.parametrize("limit", [1, "50%"])
def test_a_destroy_that_turns_too_many_off_is_refused_with_the_way_out(
    aws: Aws, provider: DynamicProvider, limit: int | str
) -> None:
    aws.members = dict.fromkeys(accounts(3), "ENABLED")
    outs = _state(dict.fromkeys(accounts(3), "DISABLED"), maxDisabled=limit)

    with error_of() as told:
        provider.delete(outs)

    share = " (maxDisabled: 50%)" if limit == "50%" else ""
    assert told[0].splitlines() == [
        (
            "GuardDuty: maxDisabled: letting go all accounts would turn 3 members off, but at most "
            f"1 may be in one run{share}. If that is meant, set maxDisabled: 3, or onRelease: "
            "LEAVE for them to stay as they are; run `pulumi up`, and destroy again. Turned off: "
            f"{', '.join(accounts(3))}."
        )
    ]
    assert (aws.writes, aws.own_writes) == ([], [])


def test_a_destroy_without_a_detector_has_nothing_to_do(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.detector = None
    provider.delete(_state(_BEFORE))

    assert (aws.writes, aws.own_writes) == ([], [])
    assert provider.stderr.splitlines() == [
        f"Detector {DETECTOR} in us-east-1 is gone: there is nothing to put back."
    ]


def test_a_destroy_with_a_detector_that_was_made_anew_puts_back_what_is_recorded(
    aws: Aws, provider: DynamicProvider
) -> None:
    provider.delete({**_state(_BEFORE), "detectorId": "an-earlier-one"})

    assert aws.members == _BEFORE


def test_a_destroy_by_an_administrator_that_is_none_any_more_puts_back_what_is_its_own(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.refusals[_ADMIN] = (400, "BadRequestException", NO_MASTER)
    aws.members.clear()
    provider.delete(_state(_BEFORE))

    assert aws.own_status == "DISABLED"
    assert "Organization: left as it is, since it is not this account's any more" in provider.stderr


def test_a_destroy_that_may_not_set_the_organization_writes_nothing_else(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.refusals[_ADMIN] = (403, "AccessDeniedException", "No.")

    with error_of() as told:
        provider.delete(_state(_BEFORE))

    assert told[0].startswith("GuardDuty: DescribeOrganizationConfiguration failed: AccessDenied")
    assert aws.writes == []


def test_another_accounts_credentials_let_nothing_go(aws: Aws, provider: DynamicProvider) -> None:
    aws.account = account(9)
    olds, news = _state(_BEFORE), _goes_on_with()

    for ask in (
        lambda: provider.diff(olds, news),
        lambda: _update(provider, olds, news),
        lambda: provider.delete(olds),
        lambda: provider.create(news),
    ):
        with error_of() as told:
            ask()
        assert told[0].splitlines() == [
            (
                "GuardDuty: this stack in us-east-1 is account 222222222222's, but the credentials "
                "are of account 300000000009. Use credentials of 222222222222."
            )
        ]
    assert {request.service for request in aws.requests} == {"sts"}


def test_accounts_that_cannot_be_looked_up_are_not_let_go(
    aws: Aws, provider: DynamicProvider
) -> None:
    aws.refusals[_GET] = (403, "AccessDeniedException", "No.")

    with error_of() as told:
        _update(provider, _state(_BEFORE), _goes_on_with())

    assert "Give the caller the permission for GetMembers." in told[0]
    assert aws.writes == []
