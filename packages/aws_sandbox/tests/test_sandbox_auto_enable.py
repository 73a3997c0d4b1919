"""NEW, ALL and NONE over virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

NEWCOMER = "300000000050"
ON = [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}]
OFF = [{"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED"}]


def auto_enable(sandbox: RunningSandbox, eks: str, members: str = "NEW") -> None:
    sandbox.boto3("guardduty").update_organization_configuration(
        DetectorId=sandbox.detector(),
        AutoEnableOrganizationMembers=members,
        Features=[{"Name": "EKS_AUDIT_LOGS", "AutoEnable": eks}],
    )


def eks(sandbox: RunningSandbox, account: str) -> str | None:
    return sandbox.client.actual_state()["us-east-1"][account].eks_audit_logs


def members_on(sandbox: RunningSandbox) -> set[str]:
    actual = sandbox.client.actual_state()["us-east-1"]
    return {
        key
        for key, found in actual.items()
        if found.relationship and eks(sandbox, key) == "ENABLED"
    }


def test_a_third_of_the_default_members_has_it_on(
    sandbox: RunningSandbox,
) -> None:
    assert len(members_on(sandbox)) == 4
    assert eks(sandbox, ADMINISTRATOR) == "DISABLED"


def test_new_reaches_accounts_when_they_join_and_no_others(sandbox: RunningSandbox) -> None:
    before = members_on(sandbox)
    auto_enable(sandbox, "NEW")
    sandbox.client.advance_clock(hours=48)
    assert members_on(sandbox) == before
    sandbox.client.join(NEWCOMER)
    assert members_on(sandbox) == before | {NEWCOMER}


def test_none_leaves_a_joining_account_off_and_turns_nothing_off(sandbox: RunningSandbox) -> None:
    auto_enable(sandbox, "ALL")
    sandbox.client.advance_clock(hours=24)
    assert len(members_on(sandbox)) == 12
    auto_enable(sandbox, "NONE")
    sandbox.client.advance_clock(hours=48)
    sandbox.client.join(NEWCOMER)
    assert len(members_on(sandbox)) == 12
    assert eks(sandbox, NEWCOMER) == "DISABLED"


def test_all_reaches_the_accounts_one_by_one_within_a_day(sandbox: RunningSandbox) -> None:
    auto_enable(sandbox, "ALL")
    counts = [len(members_on(sandbox))]
    for _ in range(4):
        sandbox.client.advance_clock(hours=6)
        counts.append(len(members_on(sandbox)))
    assert counts == sorted(counts)
    assert counts[0] == 4
    assert counts[0] < counts[2] < 12
    assert counts[-1] == 12
    assert eks(sandbox, ADMINISTRATOR) == "ENABLED"


def test_what_all_has_not_reached_when_it_ends_stays_off(sandbox: RunningSandbox) -> None:
    auto_enable(sandbox, "ALL")
    sandbox.client.advance_clock(hours=12)
    reached = members_on(sandbox)
    auto_enable(sandbox, "NONE")
    sandbox.client.advance_clock(hours=48)
    assert members_on(sandbox) == reached


def test_a_member_turned_off_after_all_reached_it_stays_off(sandbox: RunningSandbox) -> None:
    auto_enable(sandbox, "ALL")
    sandbox.client.advance_clock(hours=24)
    sandbox.boto3("guardduty").update_member_detectors(
        DetectorId=sandbox.detector(), AccountIds=["300000000001"], Features=OFF
    )
    sandbox.client.advance_clock(hours=48)
    assert eks(sandbox, "300000000001") == "DISABLED"


def test_all_for_members_takes_up_suspended_and_removed_accounts(sandbox: RunningSandbox) -> None:
    sandbox.client.suspend("300000000001")
    sandbox.client.set_relationship("300000000002", "Removed")
    auto_enable(sandbox, "NONE", members="NONE")
    sandbox.client.join(NEWCOMER)
    assert sandbox.client.actual_state()["us-east-1"][NEWCOMER].relationship is None
    auto_enable(sandbox, "NONE", members="ALL")
    sandbox.client.advance_clock(hours=24)
    actual = sandbox.client.actual_state()["us-east-1"]
    for account in ("300000000001", "300000000002", NEWCOMER):
        assert (actual[account].relationship, actual[account].detector) == ("Enabled", "ENABLED")


def test_all_leaves_the_management_account_alone_until_it_has_a_detector(
    sandbox: RunningSandbox,
) -> None:
    auto_enable(sandbox, "ALL", members="ALL")
    sandbox.client.advance_clock(hours=24)
    assert sandbox.client.actual_state()["us-east-1"][MANAGEMENT].relationship is None
    auto_enable(sandbox, "NONE", members="NONE")
    sandbox.boto3("guardduty", MANAGEMENT).create_detector(Enable=True)
    auto_enable(sandbox, "ALL", members="ALL")
    sandbox.client.advance_clock(hours=24)
    assert sandbox.client.actual_state()["us-east-1"][MANAGEMENT].relationship == "Enabled"


def test_an_account_that_has_just_joined_is_listed_before_it_can_be_set(
    serve_sandbox: ServeSandbox,
) -> None:
    sandbox = serve_sandbox(organization="associationMinutes: 5\nregions: [us-east-1]\n")
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    sandbox.client.join(NEWCOMER)
    listed = {m["AccountId"] for m in guardduty.list_members(DetectorId=detector)["Members"]}
    assert NEWCOMER in listed

    def update() -> list[dict[str, str]]:
        return list(
            guardduty.update_member_detectors(
                DetectorId=detector, AccountIds=[NEWCOMER], Features=ON
            )["UnprocessedAccounts"]
        )

    assert "is not an associated member" in update()[0]["Result"]
    sandbox.client.advance_clock(hours=1)
    assert update() == []


def test_an_account_that_leaves_is_no_member_any_more(sandbox: RunningSandbox) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    sandbox.client.leave("300000000001")
    listed = {m["AccountId"] for m in guardduty.list_members(DetectorId=detector)["Members"]}
    assert len(listed) == 11
    answer = guardduty.get_member_detectors(DetectorId=detector, AccountIds=["300000000001"])
    assert answer["UnprocessedAccounts"][0]["AccountId"] == "300000000001"
    assert sandbox.client.actual_state()["us-east-1"]["300000000001"].detector == "ENABLED"
