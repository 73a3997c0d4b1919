"""Trials and usage of the local AWS organization, read and told as a preview does."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from aws_sandbox.fault_effects import AccessDenied
from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
from guardduty_eks_audit_logs.model import Costs, DetectorId
from guardduty_eks_audit_logs.reading.costs import read_costs
from guardduty_eks_audit_logs.reports.costs import cost_lines
from tests.support.vocabulary import ADMINISTRATOR, NOT_ASSOCIATED, account, accounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox
    from guardduty_eks_audit_logs.model import AccountId

_UNKNOWN = "GuardDuty returned none; an account that never had EKS audit logs on gets 30 days"
_ON_FOR_A_MONTH, _NEVER_ON = account(1), account(2)


def _costs(sandbox: RunningSandbox, turned_on: Sequence[AccountId]) -> Costs:
    api = GuardDutyApi(sandbox.boto3("guardduty"))
    return read_costs(api, DetectorId(sandbox.detector()), turned_on)


def _on_for(sandbox: RunningSandbox, member: AccountId, days: int) -> None:
    """Has a member on for so long, and off now."""
    sandbox.client.set_feature(member, "ENABLED")
    sandbox.client.advance_clock(hours=24 * days)
    sandbox.client.set_feature(member, "DISABLED")


def _usage_by_account(sandbox: RunningSandbox) -> dict[str, Decimal]:
    answer = sandbox.boto3("guardduty").get_usage_statistics(
        DetectorId=sandbox.detector(),
        UsageStatisticType="SUM_BY_ACCOUNT",
        UsageCriteria={"Features": ["EKS_AUDIT_LOGS"]},
    )
    listed = answer["UsageStatistics"]["SumByAccount"]
    return {entry["AccountId"]: Decimal(entry["Total"]["Amount"]) for entry in listed}


def test_trials_are_left_used_up_or_unknown(sandbox: RunningSandbox) -> None:
    sandbox.client.set_feature(_ON_FOR_A_MONTH, "DISABLED")
    _on_for(sandbox, account(3), days=19)

    costs = _costs(sandbox, [_ON_FOR_A_MONTH, _NEVER_ON, account(3)])

    assert [costs.trials.remaining.get(a) for a in accounts(3)] == [0, None, 11]
    assert cost_lines(costs, on_now=3)[0] == (
        "Trial: of 3 accounts to be turned on, 1 has days left (fewest: 11), 1 has used it up, "
        f"1 is unknown ({_UNKNOWN})."
    )


def test_an_account_without_a_trial_gets_30_days_when_it_is_turned_on(
    sandbox: RunningSandbox,
) -> None:
    assert _costs(sandbox, [_NEVER_ON]).trials.remaining == {}
    sandbox.client.set_feature(_NEVER_ON, "ENABLED")
    assert _costs(sandbox, [_NEVER_ON]).trials.remaining == {_NEVER_ON: 30}


def test_the_administrators_own_trial_is_told(sandbox: RunningSandbox) -> None:
    _on_for(sandbox, ADMINISTRATOR, days=10)
    costs = _costs(sandbox, [ADMINISTRATOR])
    assert costs.trials.remaining == {ADMINISTRATOR: 20}


def test_usage_is_the_sum_of_all_accounts_in_the_region(sandbox: RunningSandbox) -> None:
    by_account = _usage_by_account(sandbox)
    assert len(by_account) == 4

    costs = _costs(sandbox, [_NEVER_ON])

    assert costs.usage is not None
    assert costs.usage.amount == sum(by_account.values()) > 0
    assert cost_lines(costs, on_now=4)[-1] == (
        f"Usage: EKS_AUDIT_LOGS came to {costs.usage.amount:.2f} USD in the last 30 days in this "
        "region, with 4 accounts on now."
    )


def test_an_organization_that_never_had_it_on_has_no_usage(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(
        organization="""
managementAccountId: "111111111111"
administrator: {id: "222222222222", name: security, ou: Root}
regions: [us-east-1]
accounts: [{id: "300000000001", name: shop, ou: Root}]
"""
    )
    assert cost_lines(_costs(sandbox, [account(1)]), on_now=0) == (
        f"Trial: of 1 account to be turned on, 1 is unknown ({_UNKNOWN}).",
        (
            "Usage: GuardDuty lists none of EKS_AUDIT_LOGS for the last 30 days in this region, "
            "with 0 accounts on now."
        ),
    )


def test_a_member_that_left_is_unknown_with_aws_words(sandbox: RunningSandbox) -> None:
    sandbox.client.leave(_NEVER_ON)
    assert _costs(sandbox, accounts(3)).trials.unprocessed == {_NEVER_ON: NOT_ASSOCIATED}


def test_many_accounts_are_read_fifty_in_a_call(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(accounts=120)
    sandbox.client.clear_calls()

    costs = _costs(sandbox, accounts(120))

    asked = [len(call.account_ids) for call in sandbox.client.calls("GetRemainingFreeTrialDays")]
    assert sorted(asked) == [20, 50, 50]
    assert len(sandbox.client.calls("GetUsageStatistics")) == 1
    assert costs.trials.remaining == dict.fromkeys(_usage_by_account(sandbox), 0)


def test_a_caller_without_the_permissions_is_told_so(sandbox: RunningSandbox) -> None:
    for operation in ("GetRemainingFreeTrialDays", "GetUsageStatistics"):
        sandbox.client.fails(operation, with_=AccessDenied())

    trial, usage = cost_lines(_costs(sandbox, accounts(12)), on_now=4)

    failed = "GetRemainingFreeTrialDays failed: AccessDeniedException: "
    assert trial.startswith(f"Trial: of 12 accounts to be turned on, 12 are unknown ({failed}")
    assert usage.startswith("Usage: unknown (GetUsageStatistics failed: AccessDeniedException: ")
