"""What a preview tells of costs: trials and usage, and what is unknown of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
from guardduty_eks_audit_logs.model import AccountId, Costs, TrialDays, Usage
from guardduty_eks_audit_logs.reading.costs import costs_before_detector, read_costs
from guardduty_eks_audit_logs.reports.costs import cost_lines
from tests.support.vocabulary import ADMINISTRATOR, DETECTOR, NOT_ASSOCIATED, account, accounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TRIAL, _USAGE = "GetRemainingFreeTrialDays", "GetUsageStatistics"
_NEVER_ON = "GuardDuty returned none; an account that never had EKS audit logs on gets 30 days"
_DENIED = "User: x is not authorized to perform this"


@dataclass
class _Guardduty:
    """GuardDuty's two operations about cost as a boto3 client has them, with a record.

    Attributes:
        days: left of the trial of each account that is listed with one.
        strangers: accounts that are not processed.
        amount: the usage; none is listed if it is empty.
        failures: {operation: what its calls raise, one a call, until none is left}.
        asked: the operations called, each with the accounts that it was for.
    """

    days: Mapping[AccountId, int] = field(default_factory=dict)
    strangers: Sequence[AccountId] = ()
    amount: str = "123.45"
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    asked: list[tuple[str, tuple[AccountId, ...]]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def costs(self, turned_on: Sequence[AccountId]) -> Costs:
        # The product gets only as much of a client as it uses.
        return read_costs(GuardDutyApi(cast("Any", self)), DETECTOR, turned_on)

    def asked_for(self) -> list[tuple[AccountId, ...]]:
        return [accounts for operation, accounts in self.asked if operation == _TRIAL]

    def get_remaining_free_trial_days(
        self,
        DetectorId: str,  # noqa: N803 - boto3's names
        AccountIds: Sequence[AccountId],  # noqa: N803
    ) -> Mapping[str, object]:
        assert DetectorId == DETECTOR
        assert 1 <= len(AccountIds) <= 50
        self._record(_TRIAL, tuple(AccountIds))
        return {
            "Accounts": [
                {
                    "AccountId": a,
                    "Features": [{"Name": "EKS_AUDIT_LOGS", "FreeTrialDaysRemaining": self.days[a]}]
                    if a in self.days
                    else [],
                }
                for a in AccountIds
                if a not in self.strangers
            ],
            "UnprocessedAccounts": [
                {"AccountId": a, "Result": NOT_ASSOCIATED}
                for a in AccountIds
                if a in self.strangers
            ],
        }

    def get_usage_statistics(self, **_asked: object) -> Mapping[str, object]:
        self._record(_USAGE, ())
        total = {"Amount": self.amount, "Unit": "USD"}
        listed = [{"Feature": "EKS_AUDIT_LOGS", "Total": total}] if self.amount else []
        return {"UsageStatistics": {"SumByFeature": listed}}

    def _record(self, operation: str, accounts: tuple[AccountId, ...]) -> None:
        with self._lock:
            self.asked.append((operation, accounts))
            if self.failures.get(operation):
                raise self.failures[operation].pop(0)


def _denied(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": _DENIED}}, operation)


def _reason(operation: str) -> str:
    return (
        f"{operation} failed: AccessDeniedException: {_DENIED}. Give the caller the permission for "
        f"{operation}."
    )


# Reading


@pytest.mark.parametrize(("number", "calls"), [(1, 1), (50, 1), (51, 2), (120, 3)])
def test_fifty_trials_are_read_in_a_call_and_usage_once(number: int, calls: int) -> None:
    guardduty = _Guardduty(days=dict.fromkeys(accounts(number), 30))

    costs = guardduty.costs(accounts(number))

    assert costs == Costs(
        tuple(accounts(number)), TrialDays(guardduty.days, {}), Usage(Decimal("123.45"), "USD")
    )
    assert len(guardduty.asked_for()) == calls
    assert sorted(a for batch in guardduty.asked_for() for a in batch) == accounts(number)
    assert len(guardduty.asked) == calls + 1


def test_a_run_that_turns_nobody_on_asks_and_tells_nothing() -> None:
    guardduty = _Guardduty()
    assert cost_lines(guardduty.costs([]), on_now=9) == ()
    assert guardduty.asked == []


def test_an_account_that_is_named_twice_counts_once() -> None:
    guardduty = _Guardduty(days={account(1): 30})
    costs = guardduty.costs([account(1), account(1)])

    assert costs.turned_on == (account(1),)
    assert guardduty.asked_for() == [(account(1),)]


def test_the_administrators_own_trial_is_read_like_a_members() -> None:
    guardduty = _Guardduty(days={ADMINISTRATOR: 12, account(1): 0})
    costs = guardduty.costs([ADMINISTRATOR, account(1)])

    assert costs.trials.remaining == {ADMINISTRATOR: 12, account(1): 0}


@pytest.mark.parametrize(
    "failure", [_denied(_TRIAL), EndpointConnectionError(endpoint_url="http://127.0.0.1:9")]
)
def test_trials_that_can_not_be_read_leave_the_usage(failure: Exception) -> None:
    guardduty = _Guardduty(failures={_TRIAL: [failure] * 3})
    costs = guardduty.costs(accounts(120))

    assert costs.trials.remaining == {}
    assert set(costs.trials.unprocessed) == set(accounts(120))
    assert costs.usage == Usage(Decimal("123.45"), "USD")


def test_usage_that_can_not_be_read_leaves_the_trials() -> None:
    guardduty = _Guardduty(days={account(1): 30}, failures={_USAGE: [_denied(_USAGE)]})

    assert guardduty.costs([account(1)]) == Costs(
        (account(1),), TrialDays({account(1): 30}, {}), usage_failed=_reason(_USAGE)
    )


def test_a_caller_without_the_permission_is_not_refused_a_thousand_times() -> None:
    guardduty = _Guardduty(failures={_TRIAL: [_denied(_TRIAL)] * 1000})
    costs = guardduty.costs(accounts(5000))

    assert costs.trials.unprocessed == dict.fromkeys(accounts(5000), _reason(_TRIAL))
    # Only the calls that are under way at once.
    assert len(guardduty.asked_for()) <= 4


def test_a_defect_stays_a_defect() -> None:
    with pytest.raises(ZeroDivisionError):
        _Guardduty(failures={_USAGE: [ZeroDivisionError()]}).costs([account(1)])


# Telling


def test_trials_are_told_by_number_with_the_fewest_days_left() -> None:
    days = {account(1): 30, account(2): 11, account(3): 12, account(4): 0}
    assert cost_lines(_Guardduty(days).costs(accounts(12)), on_now=9) == (
        (
            "Trial: of 12 accounts to be turned on, 3 have days left (fewest: 11), 1 has used it "
            f"up, 8 are unknown ({_NEVER_ON})."
        ),
        (
            "Usage: EKS_AUDIT_LOGS came to 123.45 USD in the last 30 days in this region, with "
            "9 accounts on now."
        ),
    )


@pytest.mark.parametrize(
    ("days", "line"),
    [
        ({account(1): 1}, "of 1 account to be turned on, 1 has days left (fewest: 1)."),
        ({account(1): 0}, "of 1 account to be turned on, 1 has used it up."),
        (
            {account(1): 0, account(2): 0},
            "of 2 accounts to be turned on, 2 have used it up.",
        ),
    ],
)
def test_only_what_there_is_is_told_of_trials(days: dict[AccountId, int], line: str) -> None:
    first, *rest = cost_lines(_Guardduty(days).costs(list(days)), on_now=1)

    assert first == f"Trial: {line}"
    assert [line for line in rest if line.startswith("Trial")] == []


def test_accounts_not_read_are_kept_apart_from_those_without_trial() -> None:
    guardduty = _Guardduty({account(1): 30}, strangers=[account(3), account(4)])
    assert cost_lines(guardduty.costs(accounts(4)), on_now=9)[:1] == (
        (
            "Trial: of 4 accounts to be turned on, 1 has days left (fewest: 30), 1 is unknown "
            f"({_NEVER_ON}), 2 are unknown ({NOT_ASSOCIATED.rstrip('.')})."
        ),
    )


def test_a_missing_permission_is_told_with_aws_words() -> None:
    guardduty = _Guardduty(failures={_TRIAL: [_denied(_TRIAL)], _USAGE: [_denied(_USAGE)]})
    assert cost_lines(guardduty.costs([account(1)]), on_now=9) == (
        f"Trial: of 1 account to be turned on, 1 is unknown ({_reason(_TRIAL).rstrip('.')}).",
        f"Usage: unknown ({_reason(_USAGE).rstrip('.')}).",
    )


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00 USD"),
        ("0.000001", "less than 0.01 USD"),
        ("0.01", "0.01 USD"),
        ("12.3", "12.30 USD"),
        ("1234567.891", "1234567.89 USD"),
    ],
)
def test_an_amount_has_cents_and_is_not_rounded_to_nothing(amount: str, text: str) -> None:
    line = cost_lines(_Guardduty(amount=amount).costs([account(1)]), on_now=1)[-1]
    assert line == (
        f"Usage: EKS_AUDIT_LOGS came to {text} in the last 30 days in this region, with 1 account "
        "on now."
    )


def test_usage_that_is_not_listed_is_not_told_as_nothing() -> None:
    line = cost_lines(_Guardduty(amount="").costs([account(1)]), on_now=0)[-1]
    assert line == (
        "Usage: GuardDuty lists none of EKS_AUDIT_LOGS for the last 30 days in this region, with "
        "0 accounts on now."
    )


@pytest.mark.parametrize(
    ("days", "text"), [(30, "trial: 30 days"), (1, "trial: 1 day"), (0, "trial used up")]
)
def test_an_accounts_trial_is_told_in_its_row(days: int, text: str) -> None:
    assert messages.trial(days) == text


def test_before_there_is_a_detector_to_ask_about_all_is_unknown() -> None:
    assert cost_lines(costs_before_detector([ADMINISTRATOR]), 0) == (
        f"Trial: of 1 account to be turned on, 1 is unknown ({_NEVER_ON}).",
        "Usage: unknown (the detector is only being made).",
    )
