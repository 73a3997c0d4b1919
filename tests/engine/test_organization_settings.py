"""The organization's auto-enable settings, and the detector."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.engine.organization import FEATURE, OFF, ON, REGION, account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

OF_THE_STACK = {"guardduty-eks-audit-logs:stack": "guardduty-eks-audit-logs/test"}
WITH_A_MEMBER = """
accounts: [{id: "300000000001", name: shop}]
"""
WITHOUT_DETECTOR = """
regions: [us-east-1]
regionsWithoutAdministratorDetector: [us-east-1]
"""


@pytest.mark.parametrize("auto_enable", ["ALL", "NONE"])
def test_auto_enable_is_set_and_the_setting_for_guardduty_itself_stays(
    organization: Callable[..., Organization], auto_enable: str
) -> None:
    aws = organization()
    members, features = aws.auto_enable()

    assert aws.stack(autoEnable=auto_enable).up().code == 0

    assert aws.auto_enable() == (members, {**features, FEATURE: auto_enable})


def test_auto_enable_members_sets_guardduty_itself(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    _, features = aws.auto_enable()
    stack = aws.stack(autoEnable="NEW", autoEnableMembers="ALL")

    assert stack.up().code == 0

    assert aws.auto_enable() == ("ALL", {**features, FEATURE: "NEW"})
    assert stack.preview("--expect-no-changes").code == 0


def test_all_reaches_the_members_within_a_day(organization: Callable[..., Organization]) -> None:
    aws = organization()
    before = aws.statuses()
    stack = aws.stack(autoEnable="ALL")

    run = stack.up()
    assert "autoEnable NONE -> ALL" in run.text
    assert "8 of 12 members do not have EKS audit logs on yet" in run.text
    assert aws.statuses() == before

    aws.control.advance_clock(hours=24)
    assert set(aws.statuses().values()) == {ON}
    assert (
        "every member that can be set has EKS audit logs on"
        in stack.preview("--expect-no-changes").text
    )


WITH_OUTSIDERS = """
regions: [us-east-1]
settings: {autoEnableOrganizationMembers: NONE, eksAuditLogs: NONE}
accounts:
  - {id: "300000000001", name: shop, ou: Root/Prod}
  - {id: "300000000002", name: old-shop, ou: Root/Prod, relationshipStatus: Removed}
standaloneAccounts:
  - {id: "800000000001", name: partner, invitedBy: "222222222222"}
"""


def test_whom_a_rule_and_all_do_not_reach_is_named(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=WITH_OUTSIDERS)
    aws.control.join("300000000003", name="new-shop", ou="Root/Prod")
    invited = "800000000001"
    rules = [{"status": "ENABLED", "organizationalUnits": ["Root/Prod"]}]
    stack = aws.stack(members=rules)

    run = stack.up()
    assert run.code == 0, run.text
    assert "autoEnable NONE -> NEW; new accounts get no GuardDuty by themselves" in run.text
    assert (
        "rule 1: OU Root/Prod selects 2 accounts that are no GuardDuty members: 300000000002 "
        "(Removed), 300000000003 (not added). Add them as members first."
    ) in run.text

    stack.configure({"aws:region": REGION, "autoEnable": "ALL", "members": []})
    told = stack.up().text
    assert "all members get EKS audit logs by themselves, other accounts, new ones too" in told
    assert (
        "ALL does not reach 1 account that is no GuardDuty member: 300000000002 (Removed)" in told
    )
    assert f"ALL does not reach them; 1 that no rule sets is off: {invited}" in told
    _, _, run_itself = told.partition("Updating (test)")
    assert "every member that can be set has EKS audit logs on" in run_itself
    assert "within 24 hours" not in told

    # The way out: they are added as members, and the rule sets the one by invitation.
    guardduty = aws.sandbox.boto3("guardduty")
    details = [{"AccountId": f"30000000000{n}", "Email": f"x{n}@example.com"} for n in (2, 3)]
    guardduty.create_members(DetectorId=aws.detector_id(), AccountDetails=details)
    aws.control.advance_clock(hours=1)
    rules.append({"status": "ENABLED", "accounts": [invited]})
    stack.configure({"aws:region": REGION, "autoEnable": "ALL", "members": rules})
    run = stack.up()
    assert run.code == 0, run.text
    assert "does not reach" not in run.text
    assert "selects" not in run.text
    assert set(aws.statuses().values()) == {ON}


def test_the_own_detector_can_be_off(organization: Callable[..., Organization]) -> None:
    aws = organization()
    aws.set_own_status(ON)

    assert aws.stack(status="DISABLED").up().code == 0

    assert aws.own_features()[FEATURE] == OFF


def test_a_detector_is_made_as_configured_and_kept_on_destroy(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=WITHOUT_DETECTOR)
    stack = aws.stack(detector="create", status="DISABLED")

    run = stack.up()

    assert run.code == 0, run.text
    made = aws.detector_id()
    assert aws.own_features()[FEATURE] == OFF
    first, *others = aws.writes()
    assert first == "CreateDetector"
    assert sorted(others) == ["UpdateDetector", "UpdateOrganizationConfiguration"]
    again = stack.up("--expect-no-changes")
    assert again.code == 0, again.text

    other = aws.stack("other", detector="create").preview()
    (error,) = other.errors
    assert error == _there_already(made, "other")

    assert stack.destroy().code == 0
    assert aws.detector_id() == made

    back = stack.up()
    assert back.code == 0, back.text
    assert aws.detector_id() == made
    assert stack.resource(":Detector")["id"] == made
    again = stack.up("--expect-no-changes")
    assert again.code == 0, again.text


def test_a_detector_that_0_2_0_made_is_kept_by_the_tag_that_it_has(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=WITHOUT_DETECTOR)
    stack = aws.stack(detector="create")
    assert stack.up().code == 0
    made = stack.resource(":Detector")["outputs"]
    former = {"guardduty-eks-audit-logs:stack": "test"}
    aws.sandbox.boto3("guardduty").tag_resource(ResourceArn=made["arn"], Tags=former)

    kept = stack.up("--expect-no-changes")
    assert kept.code == 0, kept.text

    assert stack.destroy().code == 0
    back = stack.up()
    assert back.code == 0, back.text
    again = stack.up("--expect-no-changes")
    assert again.code == 0, again.text
    assert made["arn"].endswith(f"/{aws.detector_id()}")


def _there_already(detector: str, stack: str) -> str:
    return (
        f"detector: create, but account 222222222222 has detector {detector} in us-east-1 already, "
        "which this stack did not make. Set detector: existing; or, for this stack to import it, "
        "run `aws guardduty tag-resource --resource-arn arn:aws:guardduty:us-east-1:222222222222:"
        f"detector/{detector} --tags guardduty-eks-audit-logs:stack=guardduty-eks-audit-logs/"
        f"{stack}` and `pulumi up`."
    )


def test_an_existing_detector_is_imported_by_the_refusals_command(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(detector="create")
    there = aws.detector_id()

    (error,) = stack.preview().errors
    assert error == _there_already(there, "test")
    assert aws.writes() == []
    _, _, arn, _, tag, value = re.findall(r"`([^`]+)`", error)[0].replace("=", " ").split(" ")[-6:]
    aws.sandbox.boto3("guardduty").tag_resource(ResourceArn=arn, Tags={tag: value})
    run = stack.up()

    assert run.code == 0, run.text
    assert "CreateDetector" not in aws.writes()
    assert stack.resource(":Detector")["id"] == there
    again = stack.up("--expect-no-changes")
    assert again.code == 0, again.text


def test_a_detector_that_somebody_deleted_is_made_again(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=WITHOUT_DETECTOR)
    stack = aws.stack(detector="create")
    assert stack.up().code == 0
    first = aws.detector_id()
    aws.delete_detector()

    run = stack.up()

    assert run.code == 0, run.text
    assert aws.detector_id() != first
    assert aws.own_features()[FEATURE] == ON
    again = stack.up("--expect-no-changes")
    assert again.code == 0, again.text


def test_a_deleted_detector_is_made_again_and_nothing_is_released(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    aws.sandbox.boto3("guardduty").tag_resource(ResourceArn=_arn(aws), Tags=OF_THE_STACK)
    before, own = aws.statuses(), aws.own_features()[FEATURE]
    everybody = [{"status": "ENABLED", "all": True}]
    stack = aws.stack(detector="create", onRelease="RESTORE", members=everybody)
    assert stack.up().code == 0
    assert set(aws.statuses().values()) == {ON}
    recorded = stack.record()
    aws.control.delete_detector("222222222222")
    aws.control.clear_calls()

    assert " -> DISABLED" not in stack.preview("--diff").text
    run = stack.up()

    assert run.code == 0, run.text
    assert aws.writes()[0] == "CreateDetector"
    assert "UpdateMemberDetectors" not in aws.writes()
    assert "released (onRelease" not in run.text
    assert stack.record() == recorded
    assert recorded.accounts == before

    aws.set_status(account(2), OFF)
    following = stack.up()
    assert following.code == 0, following.text
    assert set(aws.statuses().values()) == {ON}
    again = stack.preview("--expect-no-changes")
    assert again.code == 0, again.text
    destroy = stack.destroy()
    assert destroy.code == 0, destroy.text
    assert (aws.statuses(), aws.own_features()[FEATURE]) == (before, own)


def test_tags_that_somebody_else_gives_the_detector_stay(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=WITHOUT_DETECTOR)
    stack = aws.stack(detector="create")
    assert stack.up().code == 0
    guardduty = aws.sandbox.boto3("guardduty")
    guardduty.tag_resource(ResourceArn=_arn(aws), Tags={"cost-centre": "security"})
    aws.control.clear_calls()

    run = stack.up("--expect-no-changes")

    assert run.code == 0, run.text
    assert guardduty.list_tags_for_resource(ResourceArn=_arn(aws))["Tags"] == {
        **OF_THE_STACK,
        "cost-centre": "security",
    }
    assert aws.writes() == []


def _arn(aws: Organization) -> str:
    return f"arn:aws:guardduty:{REGION}:222222222222:detector/{aws.detector_id()}"


@pytest.mark.parametrize("profile", ["management", "member-300000000001"])
def test_a_detector_is_made_for_the_delegated_administrator_only(
    organization: Callable[..., Organization], profile: str
) -> None:
    aws = organization(description=WITHOUT_DETECTOR + WITH_A_MEMBER)
    stack = aws.stack(detector="create")

    run = stack.up("--skip-preview", AWS_PROFILE=profile)

    assert run.code != 0
    assert "Traceback" not in run.text
    assert aws.writes() == []


def test_destroy_leaves_aws_as_it_is(organization: Callable[..., Organization]) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    assert stack.up().code == 0
    before = (aws.member_features(), aws.own_features(), aws.auto_enable())
    aws.control.clear_calls()

    run = stack.destroy()

    assert run.code == 0, run.text
    assert aws.writes() == []
    assert (aws.member_features(), aws.own_features(), aws.auto_enable()) == before
    assert stack.kinds() == []
