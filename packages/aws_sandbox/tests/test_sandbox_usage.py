"""Days of trial and usage figures of the local organization, on its virtual clock."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.testing import ADMINISTRATOR

if TYPE_CHECKING:
    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

EKS = "EKS_AUDIT_LOGS"
ON_SINCE_A_MONTH = "300000000001"
NEVER_ON = "300000000002"
STRANGER = "999999999999"
FOUNDATIONAL = {"CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS"}

Json = dict[str, Any]


def set_eks(sandbox: RunningSandbox, account: str, status: str) -> None:
    answer = sandbox.boto3("guardduty").update_member_detectors(
        DetectorId=sandbox.detector(),
        AccountIds=[account],
        Features=[{"Name": EKS, "Status": status}],
    )
    assert answer["UnprocessedAccounts"] == []


def trial(sandbox: RunningSandbox, *accounts: str) -> Json:
    answer = sandbox.boto3("guardduty").get_remaining_free_trial_days(
        DetectorId=sandbox.detector(), AccountIds=list(accounts)
    )
    assert isinstance(answer, dict)
    return answer


def days_left(sandbox: RunningSandbox, account: str) -> dict[str, int]:
    (found,) = trial(sandbox, account)["Accounts"]
    assert found["AccountId"] == account
    return {entry["Name"]: entry["FreeTrialDaysRemaining"] for entry in found["Features"]}


def usage(
    sandbox: RunningSandbox,
    statistic: str,
    caller: str = ADMINISTRATOR,
    **asked: Any,  # noqa: ANN401 -- as boto3's
) -> Json:
    answer = sandbox.boto3("guardduty", caller).get_usage_statistics(
        DetectorId=sandbox.detector(caller),
        UsageStatisticType=statistic,
        UsageCriteria=asked.pop("criteria", {}),
        **asked,
    )
    assert isinstance(answer, dict)
    return answer


def totals(entries: list[Json], key: str) -> dict[str, Decimal]:
    assert {entry["Total"]["Unit"] for entry in entries} <= {"USD"}
    return {entry[key]: Decimal(entry["Total"]["Amount"]) for entry in entries}


def by_account(sandbox: RunningSandbox, **asked: Any) -> dict[str, Decimal]:  # noqa: ANN401 -- as boto3's
    statistics = usage(sandbox, "SUM_BY_ACCOUNT", **asked)["UsageStatistics"]
    return totals(statistics["SumByAccount"], "AccountId")


def by_feature(sandbox: RunningSandbox, **asked: Any) -> dict[str, Decimal]:  # noqa: ANN401 -- as boto3's
    statistics = usage(sandbox, "SUM_BY_FEATURES", **asked)["UsageStatistics"]
    return totals(statistics["SumByFeature"], "Feature")


def test_a_trial_is_used_up_a_month_after_guardduty_was_enabled(
    sandbox: RunningSandbox,
) -> None:
    left = days_left(sandbox, ON_SINCE_A_MONTH)
    assert left == dict.fromkeys((*FOUNDATIONAL, EKS), 0)


def test_the_first_turning_on_begins_a_trial_of_30_days_of_its_own(
    sandbox: RunningSandbox,
) -> None:
    assert EKS not in days_left(sandbox, NEVER_ON)
    set_eks(sandbox, NEVER_ON, "ENABLED")
    assert days_left(sandbox, NEVER_ON)[EKS] == 30
    sandbox.client.advance_clock(24 * 10)
    assert days_left(sandbox, NEVER_ON)[EKS] == 20
    sandbox.client.advance_clock(24 * 40)
    assert days_left(sandbox, NEVER_ON)[EKS] == 0


def test_days_are_kept_while_the_feature_is_off(sandbox: RunningSandbox) -> None:
    set_eks(sandbox, NEVER_ON, "ENABLED")
    sandbox.client.advance_clock(24 * 10)
    set_eks(sandbox, NEVER_ON, "DISABLED")
    sandbox.client.advance_clock(24 * 100)
    assert days_left(sandbox, NEVER_ON)[EKS] == 20
    set_eks(sandbox, NEVER_ON, "ENABLED")
    sandbox.client.advance_clock(24 * 5)
    assert days_left(sandbox, NEVER_ON)[EKS] == 15


def test_days_are_kept_while_the_member_is_suspended(sandbox: RunningSandbox) -> None:
    set_eks(sandbox, NEVER_ON, "ENABLED")
    sandbox.client.suspend(NEVER_ON)
    sandbox.client.advance_clock(24 * 10)
    assert days_left(sandbox, NEVER_ON)[EKS] == 30


def test_every_region_has_a_trial_of_its_own(sandbox: RunningSandbox) -> None:
    set_eks(sandbox, NEVER_ON, "ENABLED")
    (found,) = sandbox.boto3("guardduty", region="eu-west-1").get_remaining_free_trial_days(
        DetectorId=sandbox.detector(region="eu-west-1"), AccountIds=[NEVER_ON]
    )["Accounts"]
    assert EKS not in {entry["Name"] for entry in found["Features"]}


def test_a_new_detector_does_not_begin_a_new_trial(sandbox: RunningSandbox) -> None:
    sandbox.client.leave(ON_SINCE_A_MONTH)
    own = sandbox.boto3("guardduty", ON_SINCE_A_MONTH)
    own.delete_detector(DetectorId=sandbox.detector(ON_SINCE_A_MONTH))
    detector = own.create_detector(Enable=True)["DetectorId"]
    (found,) = own.get_remaining_free_trial_days(
        DetectorId=detector, AccountIds=[ON_SINCE_A_MONTH]
    )["Accounts"]
    left = {entry["Name"]: entry["FreeTrialDaysRemaining"] for entry in found["Features"]}
    assert left[EKS] == 0
    assert left["S3_DATA_EVENTS"] == 30


def test_trial_days_in_the_deprecated_form_are_those_of_the_features(
    sandbox: RunningSandbox,
) -> None:
    set_eks(sandbox, NEVER_ON, "ENABLED")
    sandbox.client.advance_clock(24 * 3)
    (found,) = trial(sandbox, NEVER_ON)["Accounts"]
    assert found["DataSources"] == {
        "CloudTrail": {"FreeTrialDaysRemaining": 0},
        "DnsLogs": {"FreeTrialDaysRemaining": 0},
        "FlowLogs": {"FreeTrialDaysRemaining": 0},
        "Kubernetes": {"AuditLogs": {"FreeTrialDaysRemaining": 27}},
    }


def test_trial_days_of_strangers_are_not_told(sandbox: RunningSandbox) -> None:
    answer = trial(sandbox, ADMINISTRATOR, STRANGER)
    assert [account["AccountId"] for account in answer["Accounts"]] == [ADMINISTRATOR]
    assert [entry["AccountId"] for entry in answer["UnprocessedAccounts"]] == [STRANGER]
    member = sandbox.boto3("guardduty", NEVER_ON)
    own = member.get_remaining_free_trial_days(
        DetectorId=sandbox.detector(NEVER_ON), AccountIds=[NEVER_ON, ON_SINCE_A_MONTH]
    )
    assert [account["AccountId"] for account in own["Accounts"]] == [NEVER_ON]


def test_runtime_monitoring_is_counted_as_its_three_kinds(sandbox: RunningSandbox) -> None:
    sandbox.boto3("guardduty").update_member_detectors(
        DetectorId=sandbox.detector(),
        AccountIds=[NEVER_ON],
        Features=[{"Name": "RUNTIME_MONITORING", "Status": "ENABLED"}],
    )
    kinds = {"EKS_RUNTIME_MONITORING", "EC2_RUNTIME_MONITORING", "FARGATE_RUNTIME_MONITORING"}
    assert set(days_left(sandbox, NEVER_ON)) == FOUNDATIONAL | kinds


def test_use_grows_by_the_same_for_each_day_with_the_feature_on(sandbox: RunningSandbox) -> None:
    only_eks = {"Features": [EKS], "AccountIds": [NEVER_ON]}
    assert by_account(sandbox, criteria=only_eks) == {}
    set_eks(sandbox, NEVER_ON, "ENABLED")
    sandbox.client.advance_clock(24)
    one_day = by_account(sandbox, criteria=only_eks)[NEVER_ON]
    assert one_day > 0
    sandbox.client.advance_clock(24 * 4)
    assert by_account(sandbox, criteria=only_eks)[NEVER_ON] == 5 * one_day
    set_eks(sandbox, NEVER_ON, "DISABLED")
    sandbox.client.advance_clock(24 * 10)
    assert by_account(sandbox, criteria=only_eks)[NEVER_ON] == 5 * one_day


def test_use_older_than_30_days_is_not_told(sandbox: RunningSandbox) -> None:
    only_eks = {"Features": [EKS], "AccountIds": [NEVER_ON]}
    set_eks(sandbox, NEVER_ON, "ENABLED")
    sandbox.client.advance_clock(24 * 10)
    ten_days = by_account(sandbox, criteria=only_eks)[NEVER_ON]
    sandbox.client.advance_clock(24 * 90)
    assert by_account(sandbox, criteria=only_eks)[NEVER_ON] == 3 * ten_days
    set_eks(sandbox, NEVER_ON, "DISABLED")
    sandbox.client.advance_clock(24 * 30)
    assert by_account(sandbox, criteria=only_eks) == {}


def test_the_sums_by_account_by_feature_and_by_data_source_agree(sandbox: RunningSandbox) -> None:
    sandbox.client.advance_clock(24 * 7)
    accounts, features = by_account(sandbox), by_feature(sandbox)
    assert len(accounts) == 13
    assert EKS in features
    assert sum(accounts.values()) == sum(features.values())
    statistics = usage(sandbox, "SUM_BY_DATA_SOURCE")["UsageStatistics"]["SumByDataSource"]
    assert totals(statistics, "DataSource") == {
        "FLOW_LOGS": features["FLOW_LOGS"],
        "CLOUD_TRAIL": features["CLOUD_TRAIL"],
        "DNS_LOGS": features["DNS_LOGS"],
        "S3_LOGS": features["S3_DATA_EVENTS"],
        "KUBERNETES_AUDIT_LOGS": features[EKS],
        "EC2_MALWARE_SCAN": features["EBS_MALWARE_PROTECTION"],
    }
    each = [by_feature(sandbox, criteria={"AccountIds": [account]}) for account in accounts]
    assert [sum(found.values()) for found in each] == list(accounts.values())


def test_the_sums_by_resource_are_those_of_s3_data_events(sandbox: RunningSandbox) -> None:
    sandbox.client.advance_clock(24 * 7)
    resources = usage(sandbox, "SUM_BY_RESOURCE")["UsageStatistics"]["SumByResource"]
    of_each = totals(resources, "Resource")
    assert sum(of_each.values()) == by_feature(sandbox)["S3_DATA_EVENTS"]
    (name,) = of_each
    named = usage(sandbox, "SUM_BY_ACCOUNT", criteria={"Resources": [name]})
    assert totals(named["UsageStatistics"]["SumByAccount"], "AccountId") == {
        ADMINISTRATOR: of_each[name]
    }
    top = usage(sandbox, "TOP_RESOURCES")["UsageStatistics"]["TopResources"]
    assert totals(top, "Resource") == of_each


def test_the_deprecated_criteria_ask_for_the_same_as_the_features(sandbox: RunningSandbox) -> None:
    old = by_account(sandbox, criteria={"DataSources": ["KUBERNETES_AUDIT_LOGS", "DNS_LOGS"]})
    assert old == by_account(sandbox, criteria={"Features": [EKS, "DNS_LOGS"]})
    assert ON_SINCE_A_MONTH in old


def test_the_top_accounts_are_the_50_dearest_of_each_feature(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(accounts=60, regions=["us-east-1"])
    statistics = usage(sandbox, "TOP_ACCOUNTS_BY_FEATURE")["UsageStatistics"]
    listed = {
        entry["Feature"]: totals(entry["Accounts"], "AccountId")
        for entry in statistics["TopAccountsByFeature"]
    }
    cloud_trail = by_account(sandbox, criteria={"Features": ["CLOUD_TRAIL"]})
    cloud_trail |= by_account(
        sandbox,
        criteria={"Features": ["CLOUD_TRAIL"]},
        NextToken=usage(sandbox, "SUM_BY_ACCOUNT")["NextToken"],
    )
    assert len(cloud_trail) == 60
    dearest = sorted(cloud_trail.values(), reverse=True)[:50]
    assert list(listed["CLOUD_TRAIL"].values()) == dearest


def test_usage_comes_in_pages_that_name_each_account_once(sandbox: RunningSandbox) -> None:
    sandbox.client.advance_clock(24)
    whole = by_account(sandbox)
    found: dict[str, Decimal] = {}
    asked: Json = {"MaxResults": 5}
    sizes = []
    while True:
        answer = usage(sandbox, "SUM_BY_ACCOUNT", **asked)
        page = totals(answer["UsageStatistics"]["SumByAccount"], "AccountId")
        assert not set(page) & set(found)
        found |= page
        sizes.append(len(page))
        if "NextToken" not in answer:
            break
        asked["NextToken"] = answer["NextToken"]
    assert sizes == [5, 5, 3]
    assert found == whole
    first = usage(sandbox, "SUM_BY_FEATURES", MaxResults=2)
    rest = usage(sandbox, "SUM_BY_FEATURES", NextToken=first["NextToken"])
    both = first["UsageStatistics"]["SumByFeature"] + rest["UsageStatistics"]["SumByFeature"]
    assert totals(both, "Feature") == by_feature(sandbox)


def test_a_member_sees_its_own_usage_only(sandbox: RunningSandbox) -> None:
    sandbox.client.advance_clock(24)
    own = usage(sandbox, "SUM_BY_ACCOUNT", caller=NEVER_ON)["UsageStatistics"]["SumByAccount"]
    assert set(totals(own, "AccountId")) == {NEVER_ON}


@pytest.mark.parametrize(
    ("statistic", "asked"),
    [
        ("SUM_BY_ACCOUNT", {"Unit": "EUR"}),
        ("SUM_BY_EVERYTHING", {}),
        ("SUM_BY_ACCOUNT", {"criteria": {"Features": ["EKS_AUDIT_LOG"]}}),
        ("SUM_BY_ACCOUNT", {"criteria": {"Features": [EKS], "DataSources": ["DNS_LOGS"]}}),
        ("TOP_ACCOUNTS_BY_FEATURE", {"criteria": {"Features": ["RDS_LOGIN_EVENTS"]}}),
    ],
)
def test_usage_that_there_is_not_is_refused(
    sandbox: RunningSandbox, statistic: str, asked: Json
) -> None:
    with pytest.raises(ClientError) as refused:
        usage(sandbox, statistic, **asked)
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
