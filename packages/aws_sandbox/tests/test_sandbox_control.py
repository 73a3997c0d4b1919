"""The control interface: the record of calls, faults, changes from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.client import SandboxClient, SandboxError
from aws_sandbox.testing import ADMINISTRATOR

if TYPE_CHECKING:
    from aws_sandbox.testing.plugin import RunningSandbox

IDS = ["300000000002", "300000000003", "300000000004"]
ON = [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}]


def update(sandbox: RunningSandbox, region: str = "us-east-1") -> list[dict[str, str]]:
    answer = sandbox.boto3("guardduty", region=region).update_member_detectors(
        DetectorId=sandbox.detector(region=region), AccountIds=IDS, Features=ON
    )
    return list(answer["UnprocessedAccounts"])


def test_calls_are_recorded_with_caller_region_and_accounts(sandbox: RunningSandbox) -> None:
    update(sandbox, "eu-west-1")
    (call,) = sandbox.client.calls("UpdateMemberDetectors")
    assert (call.account, call.region, call.outcome) == (ADMINISTRATOR, "eu-west-1", "ok")
    assert list(call.account_ids) == IDS
    assert call.service == "guardduty"
    sandbox.client.clear_calls()
    assert sandbox.client.calls() == []
    update(sandbox)
    assert all(later.number > call.number for later in sandbox.client.calls())


def test_a_refused_call_is_recorded_with_its_code(sandbox: RunningSandbox) -> None:
    guardduty = sandbox.boto3("guardduty")
    with pytest.raises(guardduty.exceptions.BadRequestException):
        guardduty.get_detector(DetectorId="unknown")
    assert [call.outcome for call in sandbox.client.calls("GetDetector")] == ["BadRequestException"]


def test_chosen_accounts_fail_a_number_of_times_and_the_others_are_set(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.leave_unprocessed("UpdateMemberDetectors", IDS[:1], "Internal error", times=2)
    failed = [{"AccountId": IDS[0], "Result": "Internal error"}]
    assert update(sandbox) == failed
    actual = sandbox.client.actual_state()["us-east-1"]
    assert [actual[key].eks_audit_logs for key in IDS] == ["DISABLED", "ENABLED", "ENABLED"]
    assert update(sandbox) == failed
    assert update(sandbox) == []
    unprocessed = [call.unprocessed for call in sandbox.client.calls("UpdateMemberDetectors")]
    assert unprocessed == [(IDS[0],), (IDS[0],), ()]


def test_a_fault_without_a_number_stays_until_it_is_cleared(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.leave_unprocessed(
        "UpdateMemberDetectors", IDS, "Internal error", regions=["us-east-1"]
    )
    assert update(sandbox, "eu-west-1") == []
    assert [len(update(sandbox)) for _ in range(3)] == [3, 3, 3]
    sandbox.client.clear_faults()
    assert update(sandbox) == []


def test_a_feature_changes_behind_everybodys_back(sandbox: RunningSandbox) -> None:
    sandbox.client.set_feature(IDS[0], "ENABLED", region="eu-west-1")
    actual = sandbox.client.actual_state()
    assert actual["eu-west-1"][IDS[0]].eks_audit_logs == "ENABLED"
    assert actual["us-east-1"][IDS[0]].eks_audit_logs == "DISABLED"


def test_the_clock_moves_forward_only(sandbox: RunningSandbox) -> None:
    before = sandbox.client.now()
    after = sandbox.client.advance_clock(hours=24)
    assert (after - before).total_seconds() >= 24 * 3600
    with pytest.raises(SandboxError):
        sandbox.client.advance_clock(hours=-1)


@pytest.mark.parametrize("account", ["300000000001", "111111111111"])
def test_an_account_joins_once(sandbox: RunningSandbox, account: str) -> None:
    with pytest.raises(SandboxError, match=f"{account} is in the organization already"):
        sandbox.client.join(account)


def test_the_organization_is_told_with_names_units_and_tags(sandbox: RunningSandbox) -> None:
    found = sandbox.client.organization()
    assert found.regions == ("us-east-1", "eu-west-1")
    accounts = {account.account_id: account for account in found.accounts}
    assert len(accounts) == 14
    assert accounts["300000000003"].ou == "Root/Sandbox"
    assert accounts["300000000003"].tags == {"env": "sandbox"}


def test_the_client_talks_to_this_machine_only() -> None:
    with pytest.raises(ValueError, match="is no sandbox"):
        SandboxClient("http://192.0.2.1:5000")


def test_a_call_that_another_service_refuses_is_recorded_with_its_code(
    sandbox: RunningSandbox,
) -> None:
    with pytest.raises(ClientError):
        sandbox.boto3("iam").get_user(UserName="nobody")
    assert [call.outcome for call in sandbox.client.calls("GetUser")] == ["NoSuchEntity"]
    with pytest.raises(ClientError):
        sandbox.boto3("organizations").describe_account(AccountId="999999999999")
    outcomes = [call.outcome for call in sandbox.client.calls("DescribeAccount")]
    assert outcomes == ["AccountNotFoundException"]
