"""Members are read and set 50 in a call; only those that differ are written; nothing is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import tenacity
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from guardduty_eks_audit_logs.aws.batches import CALLS_AT_ONCE
from guardduty_eks_audit_logs.aws.patience import Patience
from guardduty_eks_audit_logs.errors import ConnectionFailedError
from guardduty_eks_audit_logs.model import AccountId, FeatureStatus
from guardduty_eks_audit_logs.reading.member_statuses import read_member_statuses
from guardduty_eks_audit_logs.writing.members import Outcome, set_member_statuses, without_a_record
from tests.support.guardduty_client import FakeGuardDuty, refusal
from tests.support.vocabulary import (
    DETECTOR,
    DETECTOR_NOT_OWNED,
    NOT_ASSOCIATED,
    OFF,
    ON,
    account,
    accounts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_AT_ONCE = Patience(seconds=0)
_SETS = "UpdateMemberDetectors"
_FOREVER = 10_000


@dataclass
class _Clock:
    """Time that passes only by sleeping."""

    now: float = 0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def patience(self, seconds: float = 300) -> Patience:
        return Patience(seconds, self.sleep)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    clock = _Clock()
    monkeypatch.setattr(tenacity, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def _no_connection() -> list[Exception]:
    return [EndpointConnectionError(endpoint_url="http://127.0.0.1:9")]


def _set(
    guardduty: FakeGuardDuty,
    wanted: Mapping[AccountId, FeatureStatus],
    patience: Patience = _AT_ONCE,
) -> Outcome:
    return set_member_statuses(guardduty.api, DETECTOR, wanted, patience)


def _members(number: int, status: FeatureStatus = OFF) -> FakeGuardDuty:
    return FakeGuardDuty(dict.fromkeys(accounts(number), status))


# Accounts without a record


def test_members_without_a_record_are_only_read() -> None:
    guardduty = FakeGuardDuty(
        {account(1): ON, account(2): OFF, account(3): OFF},
        unreadable={account(3): "Internal error"},
    )
    wanted = dict.fromkeys(accounts(3), ON)

    outcome = without_a_record(guardduty.api, DETECTOR, wanted, "Not recorded.")

    left = {account(2): "Not recorded.", account(3): "Internal error"}
    assert outcome == Outcome({account(1): ON}, left, written=0, attempts=1)
    assert guardduty.writes == []


def test_a_failed_reading_is_the_reason_of_members_without_a_record() -> None:
    guardduty = _members(2)
    guardduty.failures["GetMemberDetectors"] = [refusal("GetMemberDetectors", "Shop", "Closed.")]

    outcome = without_a_record(guardduty.api, DETECTOR, dict.fromkeys(accounts(2), ON), "No.")

    assert outcome.unprocessed.keys() == set(accounts(2))
    assert all("Closed." in reason for reason in outcome.unprocessed.values())


def test_outcomes_of_different_accounts_are_joined() -> None:
    one = Outcome({account(1): ON}, {account(2): "No."}, written=1, attempts=3)
    other = Outcome({account(3): OFF}, {account(4): "Never."}, written=4, attempts=2)

    assert one.and_(other) == Outcome(
        {account(1): ON, account(3): OFF},
        {account(2): "No.", account(4): "Never."},
        written=5,
        attempts=3,
    )


# Batches


@pytest.mark.parametrize(("number", "calls"), [(0, 0), (1, 1), (50, 1), (51, 2), (120, 3)])
def test_fifty_members_are_read_and_set_in_a_call(number: int, calls: int) -> None:
    guardduty = _members(number)
    outcome = _set(guardduty, dict.fromkeys(accounts(number), ON))

    assert guardduty.count("GetMemberDetectors") == calls
    assert guardduty.count("UpdateMemberDetectors") == calls
    assert guardduty.written == Counter(accounts(number))
    assert guardduty.statuses == dict.fromkeys(accounts(number), ON)
    assert outcome == Outcome(guardduty.statuses, {}, written=number, attempts=min(number, 1))


@pytest.mark.parametrize(("number", "calls"), [(0, 0), (1, 1), (50, 1), (51, 2), (120, 3)])
def test_reading_alone_asks_for_fifty_in_a_call(number: int, calls: int) -> None:
    guardduty = _members(number)
    read = read_member_statuses(guardduty.api, DETECTOR, accounts(number))

    assert read.statuses == guardduty.statuses
    assert len(guardduty.calls) == calls


def test_a_call_has_accounts_of_one_status() -> None:
    guardduty = FakeGuardDuty({a: OFF if n % 2 else ON for n, a in enumerate(accounts(120))})
    wanted = {a: ON if n % 2 else OFF for n, a in enumerate(accounts(120))}

    outcome = _set(guardduty, wanted)

    assert sorted((str(call.status), len(call.accounts)) for call in guardduty.writes) == [
        ("DISABLED", 10),
        ("DISABLED", 50),
        ("ENABLED", 10),
        ("ENABLED", 50),
    ]
    assert guardduty.statuses == outcome.statuses == wanted


def test_only_members_that_differ_are_written() -> None:
    guardduty = _members(120, ON)
    guardduty.statuses |= {account(7): OFF, account(99): OFF}

    outcome = _set(guardduty, dict.fromkeys(accounts(120), ON))

    assert [call.accounts for call in guardduty.writes] == [(account(7), account(99))]
    assert (outcome.written, len(outcome.statuses)) == (2, 120)


def test_members_that_are_as_wanted_cost_no_write() -> None:
    guardduty = _members(120, ON)
    outcome = _set(guardduty, dict.fromkeys(accounts(120), ON))

    assert guardduty.writes == []
    assert (outcome.written, outcome.attempts) == (0, 0)


def test_progress_is_told_before_the_first_write() -> None:
    guardduty, told = _members(3), list[str]()
    guardduty.statuses[account(3)] = ON

    def report(line: str) -> None:
        assert guardduty.writes == []
        told.append(line)

    set_member_statuses(
        guardduty.api,
        DETECTOR,
        dict.fromkeys(accounts(3), ON),
        _AT_ONCE,
        report,
    )

    assert told == ["EKS audit logs: setting 2 members"]


@given(
    st.dictionaries(
        st.sampled_from(accounts(130)), st.tuples(*2 * [st.sampled_from(FeatureStatus)])
    )
)
def test_any_mixture_ends_as_wanted_with_no_call_more_than_needed(
    members: dict[AccountId, tuple[FeatureStatus, FeatureStatus]],
) -> None:
    guardduty = FakeGuardDuty({a: now for a, (now, _) in members.items()})
    wanted = {a: then for a, (_, then) in members.items()}
    differing = Counter(then for now, then in members.values() if now != then)

    outcome = _set(guardduty, wanted)

    assert guardduty.statuses == outcome.statuses == wanted
    assert len(guardduty.writes) == sum(-(-number // 50) for number in differing.values())
    assert outcome.written == differing.total()


# UnprocessedAccounts


def test_an_unprocessed_account_has_aws_reason_and_others_are_set() -> None:
    guardduty = _members(120)
    guardduty.unprocessed = {account(n): ["The account is suspended."] for n in (7, 60, 120)}

    outcome = _set(guardduty, dict.fromkeys(accounts(120), ON))

    reasons = dict.fromkeys([account(7), account(60), account(120)], "The account is suspended.")
    assert outcome.unprocessed == reasons
    assert outcome.statuses == dict.fromkeys(set(accounts(120)) - set(reasons), ON)
    assert (outcome.written, outcome.attempts, len(guardduty.writes)) == (117, 1, 3)


@pytest.mark.parametrize("reason", ["Internal error", "Rate exceeded", "Too Many Requests"])
def test_what_time_may_cure_is_tried_again_for_those_accounts_alone(
    clock: _Clock, reason: str
) -> None:
    guardduty = _members(120)
    guardduty.unprocessed = {account(7): [reason, reason], account(8): [reason]}

    outcome = _set(guardduty, dict.fromkeys(accounts(120), ON), clock.patience())

    assert (outcome.unprocessed, outcome.attempts, len(clock.slept)) == ({}, 3, 2)
    assert outcome.written == 120
    assert [call.accounts for call in guardduty.writes[3:]] == [
        (account(7), account(8)),
        (account(7),),
    ]


def test_each_round_tells_how_many_are_left_and_for_how_long_it_waits(clock: _Clock) -> None:
    guardduty, told = _members(120), list[str]()
    guardduty.unprocessed = {account(7): ["Internal error"] * 2, account(8): ["Internal error"]}
    wanted = dict.fromkeys(accounts(120), ON)

    set_member_statuses(guardduty.api, DETECTOR, wanted, clock.patience(), told.append)

    first, second = clock.slept
    assert told == [
        "EKS audit logs: setting 120 members",
        f"EKS audit logs: 2 members left, trying again in {first:.0f} s",
        f"EKS audit logs: 1 member left, trying again in {second:.0f} s",
    ]


def test_what_time_does_not_cure_is_given_up_at_the_limit(clock: _Clock) -> None:
    guardduty = _members(3)
    guardduty.unprocessed = {account(2): ["Internal error"] * _FOREVER}

    outcome = _set(guardduty, dict.fromkeys(accounts(3), ON), clock.patience(seconds=300))

    assert outcome.unprocessed == {account(2): "Internal error"}
    assert outcome.statuses == {account(1): ON, account(3): ON}
    assert clock.now < 300
    assert outcome.attempts == len(clock.slept) + 1
    assert 0 < max(clock.slept) <= 60


def test_a_cancelled_run_ends_at_its_next_pause_and_keeps_what_is_done(clock: _Clock) -> None:
    guardduty = _members(3)
    guardduty.unprocessed = {account(2): ["Internal error"] * _FOREVER}
    patience = Patience(300, clock.sleep, cancelled=lambda: bool(clock.slept))

    outcome = _set(guardduty, dict.fromkeys(accounts(3), ON), patience)

    assert len(clock.slept) == 1
    assert outcome.statuses == {account(1): ON, account(3): ON}
    assert outcome.unprocessed == {
        account(2): "Internal error; the run was cancelled before another attempt."
    }


def test_a_cancelled_run_makes_no_new_call(clock: _Clock) -> None:
    guardduty = _members(500)

    def cancelled() -> bool:
        return guardduty.count(_SETS) > 0

    patience = Patience(300, clock.sleep, cancelled=cancelled)
    outcome = _set(guardduty, dict.fromkeys(accounts(500), ON), patience)

    assert guardduty.count(_SETS) <= CALLS_AT_ONCE
    assert len(outcome.statuses) == guardduty.count(_SETS) * 50
    assert set(outcome.unprocessed.values()) == {"the run was cancelled before an attempt."}
    assert {*outcome.statuses, *outcome.unprocessed} == set(accounts(500))


def test_a_permanent_reason_is_reported_at_once(clock: _Clock) -> None:
    guardduty = _members(3)
    guardduty.unprocessed = {account(2): ["No such thing."] * _FOREVER}

    outcome = _set(guardduty, dict.fromkeys(accounts(3), ON), clock.patience())

    assert (outcome.attempts, clock.slept) == (1, [])


def test_a_permanent_reason_outlives_the_attempts_for_the_others(clock: _Clock) -> None:
    guardduty = _members(3)
    guardduty.unprocessed = {account(1): ["No such thing."], account(2): ["Internal error"]}

    outcome = _set(guardduty, dict.fromkeys(accounts(3), ON), clock.patience())

    assert outcome.unprocessed == {account(1): "No such thing."}
    assert guardduty.written == Counter({account(1): 1, account(2): 2, account(3): 1})


def _joined(ago: timedelta) -> str:
    return (datetime.now(UTC) - ago).isoformat()


@pytest.mark.parametrize("reason", [NOT_ASSOCIATED, NOT_ASSOCIATED.upper()])
def test_an_account_that_has_just_joined_is_waited_for(clock: _Clock, reason: str) -> None:
    guardduty = _members(3)
    guardduty.unprocessed = {account(2): [reason]}
    guardduty.updated = {account(2): _joined(timedelta(minutes=2))}

    outcome = _set(guardduty, dict.fromkeys(accounts(3), ON), clock.patience())

    assert (outcome.unprocessed, outcome.attempts) == ({}, 2)
    assert guardduty.statuses[account(2)] is ON


@pytest.mark.parametrize(
    ("updated", "relationship_status"),
    [
        ({}, "Enabled"),
        ({account(2): _joined(timedelta(days=2))}, "Enabled"),
        ({account(2): _joined(timedelta(minutes=2))}, "Removed"),
        ({account(2): ""}, "Enabled"),
    ],
    ids=["no member", "long a member", "a former member", "nobody knows since when"],
)
def test_an_account_that_is_no_member_is_not_waited_for(
    clock: _Clock, updated: dict[AccountId, str], relationship_status: str
) -> None:
    guardduty = _members(3)
    guardduty.unprocessed = {account(2): [NOT_ASSOCIATED] * _FOREVER}
    guardduty.updated, guardduty.relationship_status = updated, relationship_status

    outcome = _set(guardduty, dict.fromkeys(accounts(3), ON), clock.patience())

    assert (outcome.unprocessed, outcome.attempts) == ({account(2): NOT_ASSOCIATED}, 1)


def test_accounts_of_whom_nothing_can_be_known_are_not_waited_for(clock: _Clock) -> None:
    guardduty = _members(1)
    guardduty.unprocessed = {account(1): [NOT_ASSOCIATED] * _FOREVER}
    guardduty.failures = {"GetMembers": _no_connection()}

    outcome = _set(guardduty, {account(1): ON}, clock.patience())

    assert (outcome.unprocessed, outcome.attempts) == ({account(1): NOT_ASSOCIATED}, 1)


def test_only_refused_accounts_are_asked_about_fifty_in_a_call() -> None:
    guardduty = _members(120)
    guardduty.unprocessed = {a: [NOT_ASSOCIATED] for a in accounts(60)}

    _set(guardduty, dict.fromkeys(accounts(120), ON))

    asked = [call.accounts for call in guardduty.calls if call.operation == "GetMembers"]
    assert sorted(map(len, asked)) == [10, 50]
    assert {a for batch in asked for a in batch} == set(accounts(60))


# Whole calls that fail


def test_a_bad_account_is_found_by_splitting_its_batch() -> None:
    guardduty = _members(50)
    guardduty.poison = frozenset([account(33)])

    outcome = _set(guardduty, dict.fromkeys(accounts(50), ON))

    assert outcome.unprocessed == {
        account(33): (
            "UpdateMemberDetectors failed: BadRequestException: The request is rejected because an "
            "account id is invalid."
        )
    }
    assert outcome.statuses == dict.fromkeys(set(accounts(50)) - {account(33)}, ON)
    assert outcome.written == 49
    # One call for the whole, then two for each split: 50, 25, 12 or 13, 6 or 7, 3 or 4, 2, 1.
    assert len(guardduty.writes) <= 1 + 2 * 6


def test_a_service_that_takes_fewer_accounts_gets_fewer() -> None:
    guardduty = _members(100)
    guardduty.longest = 13

    outcome = _set(guardduty, dict.fromkeys(accounts(100), ON))

    assert (outcome.unprocessed, outcome.written) == ({}, 100)
    assert len(guardduty.writes) == 2 * (1 + 2 + 4)


def test_a_systematic_refusal_splits_one_batch_and_probes_the_others() -> None:
    guardduty = _members(1000)
    guardduty.poison = frozenset(accounts(1000))

    outcome = _set(guardduty, dict.fromkeys(accounts(1000), ON))

    assert len(outcome.unprocessed) == 1000
    # 20 batches; 98 calls to split 50 accounts to the end; two accounts of each other batch.
    assert len(guardduty.writes) == 20 + 98 + 2 * 19
    assert Counter(len(call.accounts) for call in guardduty.writes)[1] == 50 + 2 * 19


def test_a_batch_of_bad_accounts_alone_keeps_no_other_from_being_set() -> None:
    guardduty = _members(150)
    guardduty.poison = frozenset([*accounts(50), account(77)])

    outcome = _set(guardduty, dict.fromkeys(accounts(150), ON))

    assert set(outcome.unprocessed) == guardduty.poison
    assert outcome.written == 99


def test_one_more_bad_account_keeps_none_of_its_batch_from_being_set() -> None:
    guardduty = _members(100)
    guardduty.poison = frozenset(accounts(51))

    outcome = _set(guardduty, dict.fromkeys(accounts(100), ON))

    assert outcome.unprocessed.keys() == guardduty.poison
    assert outcome.written == 49
    assert {a for a, status in guardduty.statuses.items() if status == ON} == set(
        accounts(100)[51:]
    )


@pytest.mark.parametrize("number", [52, 53])
def test_the_rest_of_a_batch_is_written_after_its_first_account(number: int) -> None:
    guardduty = _members(number)
    guardduty.poison = frozenset([*accounts(50), account(52)])

    outcome = _set(guardduty, dict.fromkeys(accounts(number), ON))

    assert outcome.unprocessed.keys() == guardduty.poison
    assert outcome.written == number - 51
    assert min(len(call.accounts) for call in guardduty.writes) == 1


def test_a_refused_batch_beside_one_that_was_set_is_split() -> None:
    guardduty = _members(60)
    guardduty.poison = frozenset(accounts(60)[50:])

    outcome = _set(guardduty, dict.fromkeys(accounts(60), ON))

    assert set(outcome.unprocessed) == guardduty.poison
    # Two batches, and the second one of ten accounts split to its end.
    assert len(guardduty.writes) == 2 + 18


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDeniedException", "User: x is not authorized to perform this."),
        ("BadRequestException", DETECTOR_NOT_OWNED),
        (
            "BadRequestException",
            "The request is rejected because member accounts cannot manage specified resources.",
        ),
        ("InternalServerErrorException", "An internal server error has occurred."),
    ],
)
def test_a_caller_who_is_refused_does_not_ask_again_with_fewer(code: str, reason: str) -> None:
    guardduty = _members(50)
    guardduty.failures = {_SETS: [refusal(_SETS, code, reason) for _ in range(100)]}

    outcome = _set(guardduty, dict.fromkeys(accounts(50), ON))

    assert len(guardduty.writes) == 1
    assert set(outcome.unprocessed) == set(accounts(50))
    (told,) = set(outcome.unprocessed.values())
    assert told.startswith(f"UpdateMemberDetectors failed: {code}: {reason}")
    assert (outcome.statuses, outcome.written) == ({}, 0)


@pytest.mark.parametrize(
    ("code", "times"), [("InternalServerErrorException", 1), ("ThrottlingException", 2), ("503", 3)]
)
def test_accounts_of_a_call_that_the_service_failed_are_retried(
    clock: _Clock, code: str, times: int
) -> None:
    guardduty = _members(120)
    guardduty.failures = {_SETS: [refusal(_SETS, code, "Rate exceeded") for _ in range(times)]}

    outcome = _set(guardduty, dict.fromkeys(accounts(120), ON), clock.patience())

    assert (outcome.statuses, outcome.unprocessed) == (dict.fromkeys(accounts(120), ON), {})
    assert (outcome.attempts, len(clock.slept)) == (2, 1)
    assert len(guardduty.writes) == 3 + times
    failed = {a for call in guardduty.writes[:times] for a in call.accounts}
    assert {a for a, often in guardduty.written.items() if often > 1} <= failed


def test_calls_that_go_on_failing_are_given_up_at_the_limit(clock: _Clock) -> None:
    guardduty = _members(3)
    guardduty.failures = {_SETS: [refusal(_SETS, "ThrottlingException", "Slow down")] * _FOREVER}

    outcome = _set(guardduty, dict.fromkeys(accounts(3), ON), clock.patience(60))

    assert set(outcome.unprocessed) == set(accounts(3))
    assert outcome.attempts > 1
    assert clock.now <= 60


def test_bad_neighbours_do_not_keep_others_from_being_set() -> None:
    guardduty = _members(24)
    bad = frozenset([*accounts(2), accounts(24)[-1]])
    guardduty.poison = bad

    outcome = _set(guardduty, dict.fromkeys(accounts(24), ON))

    assert set(outcome.unprocessed) == bad
    assert {a for a, status in guardduty.statuses.items() if status == ON} == set(
        accounts(24)
    ) - bad


def test_an_aws_that_stays_silent_is_not_asked_for_every_batch() -> None:
    guardduty = _members(5000)
    guardduty.failures = {
        "GetMemberDetectors": _no_connection() * _FOREVER,
        _SETS: _no_connection() * _FOREVER,
    }
    seconds = iter(range(0, 100 * _FOREVER, 60))
    patience = Patience(0, now=lambda: next(seconds))

    outcome = _set(guardduty, dict.fromkeys(accounts(5000), ON), patience)

    assert set(outcome.unprocessed) == set(accounts(5000))
    (told,) = set(outcome.unprocessed.values())
    assert told.startswith("no answer from AWS (GetMemberDetectors: ")
    # 300 seconds of silence, and the calls that were under way.
    assert len(guardduty.calls) <= 300 / 60 + CALLS_AT_ONCE


def test_an_aws_that_answers_now_and_then_is_asked_for_every_batch() -> None:
    guardduty = _members(1000)
    guardduty.failures = {_SETS: _no_connection() * 3}
    seconds = iter(range(0, 100 * _FOREVER, 60))
    patience = Patience(0, now=lambda: next(seconds))

    outcome = _set(guardduty, dict.fromkeys(accounts(1000), ON), patience)

    assert len(guardduty.writes) == 20
    assert len(outcome.unprocessed) == 150


def test_credentials_that_are_not_accepted_any_more_end_the_calls() -> None:
    guardduty = _members(2000)
    expired = refusal(_SETS, "ExpiredTokenException", "The security token is expired")
    guardduty.failures = {_SETS: [expired] * 40}

    outcome = _set(guardduty, dict.fromkeys(accounts(2000), ON))

    assert guardduty.count(_SETS) <= CALLS_AT_ONCE
    assert len(outcome.unprocessed) == 2000
    (reason,) = set(outcome.unprocessed.values())
    assert reason.startswith("AWS does not accept the credentials (UpdateMemberDetectors: ")


def test_an_account_that_has_its_status_all_the_same_counts_as_set() -> None:
    guardduty = _members(3)
    guardduty.unreadable = {account(2): "Internal error"}
    guardduty.unprocessed = {account(2): ["The status is so already."]}
    guardduty.statuses[account(2)] = ON
    told = list[str]()

    def report(line: str) -> None:
        told.append(line)
        guardduty.unreadable.clear()

    wanted = dict.fromkeys(accounts(3), ON)
    outcome = set_member_statuses(guardduty.api, DETECTOR, wanted, _AT_ONCE, report)

    assert (outcome.statuses, outcome.unprocessed) == (wanted, {})


def test_a_write_whose_answer_was_lost_counts_as_what_it_did() -> None:
    guardduty = _members(60)
    answer = guardduty.update_member_detectors

    def lost(**request: Any) -> Mapping[str, object]:  # noqa: ANN401 - boto3's parameters
        answer(**request)
        raise _no_connection()[0]

    guardduty.update_member_detectors = lost  # type: ignore[method-assign,assignment]
    outcome = _set(guardduty, dict.fromkeys(accounts(60), ON))

    assert outcome == Outcome(dict.fromkeys(accounts(60), ON), {}, written=60, attempts=1)


def test_a_call_without_an_answer_names_all_its_accounts_and_no_others() -> None:
    guardduty = _members(120)
    guardduty.failures = {_SETS: _no_connection()}

    outcome = _set(guardduty, dict.fromkeys(accounts(120), ON))

    failed = guardduty.writes[0].accounts
    assert set(outcome.unprocessed) == set(failed)
    assert set(outcome.statuses) == set(accounts(120)) - set(failed)
    (told,) = set(outcome.unprocessed.values())
    assert told.startswith("no answer from AWS (UpdateMemberDetectors: ")


def test_members_that_could_not_be_read_are_set_all_the_same() -> None:
    guardduty = _members(60, ON)
    guardduty.failures = {"GetMemberDetectors": _no_connection()}
    guardduty.unreadable = {account(60): "Internal error"}

    outcome = _set(guardduty, dict.fromkeys(accounts(60), ON))

    unread = guardduty.calls[0].accounts
    assert set(guardduty.written) == {*unread, account(60)}
    assert outcome.unprocessed == {}
    assert set(outcome.statuses) == set(accounts(60))


def test_reading_alone_fails_where_a_whole_call_fails() -> None:
    guardduty = _members(60)
    guardduty.failures = {"GetMemberDetectors": _no_connection()}

    with pytest.raises(ConnectionFailedError):
        read_member_statuses(guardduty.api, DETECTOR, accounts(60))


def test_reading_alone_keeps_what_aws_does_not_tell_apart() -> None:
    guardduty = _members(60)
    guardduty.unreadable = {account(7): "Internal error"}
    del guardduty.statuses[account(55)]

    read = read_member_statuses(guardduty.api, DETECTOR, accounts(60))

    assert read.unprocessed == {
        account(7): "Internal error",
        account(55): "GuardDuty does not return the status of EKS_AUDIT_LOGS for this account.",
    }
    assert set(read.statuses) == set(accounts(60)) - set(read.unprocessed)


@given(data=st.data())
def test_every_account_is_either_as_wanted_or_unprocessed(data: st.DataObject) -> None:
    people = accounts(70)
    some = st.lists(st.sampled_from(people), max_size=8)
    guardduty = _members(70)
    guardduty.poison = frozenset(data.draw(some))
    guardduty.unprocessed = {a: ["No."] for a in data.draw(some)}
    guardduty.unreadable = dict.fromkeys(data.draw(some), "Internal error")
    wanted = {a: data.draw(st.sampled_from(FeatureStatus)) for a in people}

    outcome = _set(guardduty, wanted)

    assert set(outcome.statuses) | set(outcome.unprocessed) == set(people)
    assert set(outcome.statuses) & set(outcome.unprocessed) == set()
    assert all(guardduty.statuses[a] == wanted[a] for a in outcome.statuses)
    assert all(outcome.statuses[a] == wanted[a] for a in outcome.statuses)
