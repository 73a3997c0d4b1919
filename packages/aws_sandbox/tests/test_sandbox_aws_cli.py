"""The AWS CLI runs the commands of AWS's guide to EKS audit log monitoring on the sandbox.

One test for each of the guide's procedures. Afterwards the sandbox's actual state, read past the
API, is what the guide describes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_cli import AwsCli, AwsCliError, installed
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from pathlib import Path

    from aws_sandbox.testing.plugin import RunningSandbox

NEWCOMER = "300000000050"
FIRST, SECOND, THIRD = "300000000001", "300000000002", "300000000003"
MEMBERS = [str(300000000001 + number) for number in range(12)]
ON = '[{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}]'
OFF = '[{"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED"}]'
NEW = '[{"Name": "EKS_AUDIT_LOGS", "AutoEnable": "NEW"}]'
ALL = '[{"Name": "EKS_AUDIT_LOGS", "AutoEnable": "ALL"}]'


@pytest.fixture(scope="session")
def aws_cli_python() -> Path:
    return installed()


@pytest.fixture
def aws(aws_cli_python: Path, sandbox: RunningSandbox) -> AwsCli:
    return AwsCli(aws_cli_python, sandbox.environment)


def detector(aws: AwsCli, profile: str = "administrator") -> str:
    (found,) = aws.guardduty("list-detectors", profile=profile)["DetectorIds"]
    return str(found)


def on(sandbox: RunningSandbox, region: str = "us-east-1") -> set[str]:
    """The accounts that have EKS_AUDIT_LOGS on."""
    actual = sandbox.client.actual_state()[region]
    return {key for key, found in actual.items() if found.eks_audit_logs == "ENABLED"}


def update_members(aws: AwsCli, features: str, *accounts: str) -> list[dict[str, str]]:
    answer = aws.guardduty(
        "update-member-detectors",
        *("--detector-id", detector(aws)),
        *("--account-ids", *accounts),
        *("--features", features),
    )
    return list(answer["UnprocessedAccounts"])


def test_a_standalone_account_turns_it_off_and_on(aws: AwsCli, sandbox: RunningSandbox) -> None:
    made = aws.guardduty("create-detector", "--enable", profile="management")["DetectorId"]
    assert detector(aws, "management") == made
    for features, is_on in ((OFF, False), (ON, True)):
        update = ("update-detector", "--detector-id", made, "--features", features)
        assert aws.guardduty(*update, profile="management") is None
        assert (MANAGEMENT in on(sandbox)) is is_on


def test_a_member_can_not_change_it_itself(aws: AwsCli, sandbox: RunningSandbox) -> None:
    before = on(sandbox)
    profile = f"member-{SECOND}"
    update = ("update-detector", "--detector-id", detector(aws, profile), "--features", ON)
    with pytest.raises(AwsCliError, match="member accounts cannot manage specified resources"):
        aws.guardduty(*update, profile=profile)
    assert on(sandbox) == before


def test_the_administrator_turns_it_on_and_off_for_its_own_account(
    aws: AwsCli, sandbox: RunningSandbox
) -> None:
    before = on(sandbox)
    own = detector(aws)
    for features, wanted in ((ON, before | {ADMINISTRATOR}), (OFF, before - {ADMINISTRATOR})):
        aws.guardduty("update-detector", "--detector-id", own, "--features", features)
        assert on(sandbox) == wanted
    read = aws.guardduty("get-detector", "--detector-id", own)["Features"]
    assert [each["Status"] for each in read if each["Name"] == "EKS_AUDIT_LOGS"] == ["DISABLED"]


def test_all_members_existing_and_new_have_it_on_within_24_hours(
    aws: AwsCli, sandbox: RunningSandbox
) -> None:
    aws.guardduty(
        "update-organization-configuration",
        *("--detector-id", detector(aws)),
        *("--auto-enable-organization-members", "ALL"),
        *("--features", ALL),
    )
    sandbox.client.advance_clock(hours=24)
    assert on(sandbox) == {ADMINISTRATOR, *MEMBERS}
    sandbox.client.join(NEWCOMER)
    assert on(sandbox) == {ADMINISTRATOR, NEWCOMER, *MEMBERS}


def test_all_existing_active_members_are_listed_and_turned_on(
    aws: AwsCli, sandbox: RunningSandbox
) -> None:
    sandbox.client.suspend(SECOND)
    listed = aws.guardduty("list-members", "--detector-id", detector(aws))["Members"]
    assert [member["AccountId"] for member in listed] == MEMBERS
    active = [each["AccountId"] for each in listed if each["RelationshipStatus"] == "Enabled"]
    assert update_members(aws, ON, *active) == []
    assert on(sandbox) == set(MEMBERS) - {SECOND}


@pytest.mark.parametrize("features", [NEW, "Name=EKS_AUDIT_LOGS,AutoEnable=NEW"])
def test_new_accounts_have_it_on_when_they_join(
    aws: AwsCli, sandbox: RunningSandbox, features: str
) -> None:
    before = on(sandbox)
    aws.guardduty(
        "update-organization-configuration",
        *("--detector-id", detector(aws)),
        "--auto-enable",
        *("--features", features),
    )
    found = aws.guardduty("describe-organization-configuration", "--detector-id", detector(aws))
    assert (found["AutoEnable"], found["AutoEnableOrganizationMembers"]) == (True, "NEW")
    settings = {each["Name"]: each["AutoEnable"] for each in found["Features"]}
    assert settings["EKS_AUDIT_LOGS"] == "NEW"
    assert set(settings.values()) == {"NEW", "NONE"}
    sandbox.client.advance_clock(hours=24)
    assert on(sandbox) == before
    sandbox.client.join(NEWCOMER)
    assert on(sandbox) == before | {NEWCOMER}


def test_only_the_delegated_administrator_changes_what_new_accounts_get(
    aws: AwsCli, sandbox: RunningSandbox
) -> None:
    profile = f"member-{FIRST}"
    own = detector(aws, profile)
    with pytest.raises(AwsCliError, match="required AWS Organization master permission"):
        aws.guardduty(
            "update-organization-configuration",
            *("--detector-id", own, "--auto-enable", "--features", NEW),
            profile=profile,
        )
    before = on(sandbox)
    sandbox.client.join(NEWCOMER)
    assert on(sandbox) == before


@pytest.mark.parametrize("chosen", [[SECOND], [SECOND, THIRD, "300000000004"]])
def test_chosen_members_are_turned_on_and_off_and_none_is_unprocessed(
    aws: AwsCli, sandbox: RunningSandbox, chosen: list[str]
) -> None:
    before = on(sandbox)
    elsewhere = on(sandbox, "eu-west-1")
    for features, status, wanted in (
        ("Name=EKS_AUDIT_LOGS,Status=ENABLED", "ENABLED", before | set(chosen)),
        (OFF, "DISABLED", before - set(chosen)),
    ):
        assert update_members(aws, features, *chosen) == []
        assert on(sandbox) == wanted
        read = aws.guardduty(
            *("get-member-detectors", "--detector-id", detector(aws)),
            *("--account-ids", *chosen),
        )
        assert {
            each["AccountId"]: [f["Status"] for f in each["Features"] if "EKS_AUDIT" in f["Name"]]
            for each in read["MemberDataSourceConfigurations"]
        } == {account: [status] for account in chosen}
        assert read["UnprocessedAccounts"] == []
    assert on(sandbox, "eu-west-1") == elsewhere


def test_an_account_that_is_no_member_is_unprocessed(aws: AwsCli, sandbox: RunningSandbox) -> None:
    before = on(sandbox)
    (left,) = update_members(aws, ON, SECOND, "999999999999")
    assert left["AccountId"] == "999999999999"
    assert "not an associated member" in left["Result"]
    assert on(sandbox) == before | {SECOND}
