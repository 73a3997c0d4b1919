"""`pulumi up` on an organization: what it sets, what it leaves alone, and what it says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from demo.project import ROOT
from tests.support.engine.diff import listed_under, shown
from tests.support.engine.organization import FEATURE, OFF, ON, account
from tests.support.engine.stack import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization

REASON = "The request is rejected because the test says so."


def test_up_gives_each_member_what_the_first_matching_rule_says(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    before, own_before, auto_enable_before = (
        aws.member_features(),
        aws.own_features(),
        aws.auto_enable(),
    )
    stack = aws.stack(
        members=[
            {"status": "UNMANAGED", "accounts": [account(1), account(2)]},
            {"status": "DISABLED", "accounts": [account(2), account(3), account(6)]},
            {"status": "ENABLED", "all": True},
        ]
    )

    run = stack.up()

    assert run.code == 0, run.text
    wanted = dict.fromkeys(before, ON)
    wanted |= {account(3): OFF, account(6): OFF}
    wanted |= {a: before[a][FEATURE] for a in (account(1), account(2))}
    assert aws.statuses() == wanted
    assert aws.own_features() == {**own_before, FEATURE: ON}
    members, features = auto_enable_before
    assert aws.auto_enable() == (members, {**features, FEATURE: "NEW"})
    other = {a: {k: v for k, v in f.items() if k != FEATURE} for a, f in before.items()}
    after = aws.member_features()
    assert {a: {k: v for k, v in f.items() if k != FEATURE} for a, f in after.items()} == other
    on = list(wanted.values()).count(ON)
    assert stack.outputs() == {
        "accounts": {"DISABLED": len(wanted) - on, "ENABLED": on},
        "detectorId": aws.detector_id(),
        "unprocessed": {},
    }


def test_up_records_what_was_there_before_it(organization: Callable[..., Organization]) -> None:
    aws = organization()
    before, own, (_, features) = aws.statuses(), aws.own_features(), aws.auto_enable()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])

    assert stack.up().code == 0

    # What the stack does not write, here GuardDuty itself, is not recorded.
    settings = {"status": own[FEATURE], "autoEnable": features[FEATURE]}
    assert stack.record() == Record(before, settings)


def test_120_members_take_three_calls_and_a_second_run_none(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=120)
    for member, status in aws.statuses().items():
        if status == ON:
            aws.set_status(member, OFF)
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    aws.control.clear_calls()

    assert stack.up().code == 0
    assert set(aws.statuses().values()) == {ON}
    updates = aws.control.calls("UpdateMemberDetectors")
    assert sorted(len(call.account_ids) for call in updates) == [20, 50, 50]

    aws.control.clear_calls()
    again = stack.up("--expect-no-changes")
    assert again.code == 0, again.text
    assert aws.writes() == []


def test_a_preview_names_what_up_then_does_and_writes_nothing(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    before = aws.statuses()
    stack = aws.stack(members=[{"status": "ENABLED", "accounts": [account(2), account(4)]}])
    aws.control.clear_calls()

    preview = stack.preview("--diff")

    assert preview.code == 0, preview.text
    assert aws.writes() == []
    assert account(2) in listed_under("DISABLED -> ENABLED", preview.text)
    assert "This run turns 2 on, 0 off; 10 stay." in preview.text
    assert f"on   {account(4)}  rule 1: accounts" in preview.text
    assert stack.up().code == 0
    assert aws.statuses() == {**before, account(2): ON, account(4): ON}


def test_a_rule_that_aws_is_ahead_of_names_its_accounts_and_writes_nothing(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    every = {"status": "ENABLED", "all": True}
    stack = aws.stack(members=[every])
    assert stack.up().code == 0
    aws.control.set_feature(account(5), OFF)
    stack.configure(
        {
            "aws:region": "us-east-1",
            "members": [{"status": "DISABLED", "accounts": [account(5)]}, every],
        }
    )

    preview = stack.preview("--diff")
    assert listed_under("DISABLED", shown("already", preview.text)) == [account(5)]

    aws.control.clear_calls()
    assert stack.up().code == 0
    assert aws.control.calls("UpdateMemberDetectors") == []
    assert stack.wanted()[account(5)] == OFF
    assert stack.preview("--expect-no-changes").code == 0


def test_a_changed_rule_changes_just_its_accounts(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    assert stack.up().code == 0
    stack.configure(
        {
            "aws:region": "us-east-1",
            "members": [
                {"status": "DISABLED", "accounts": [account(5)]},
                {"status": "ENABLED", "all": True},
            ],
        }
    )
    aws.control.clear_calls()

    preview = stack.preview("--diff")
    assert listed_under("ENABLED -> DISABLED", preview.text) == [account(5)]
    unnamed = set(aws.members()) - {account(5)}
    assert not [name for name in unnamed if name in preview.text], "the others are no news"
    assert "This run turns 0 on, 1 off; 11 stay." in preview.text

    assert stack.up().code == 0
    assert aws.statuses() == {**dict.fromkeys(aws.members(), ON), account(5): OFF}
    (update,) = aws.control.calls("UpdateMemberDetectors")
    assert update.account_ids == (account(5),)


def test_unprocessed_accounts_fail_the_run_and_are_retried_alone(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=120)
    for member, status in aws.statuses().items():
        if status == ON:
            aws.set_status(member, OFF)
    failing = [account(7), account(60), account(113)]
    aws.control.leave_unprocessed("UpdateMemberDetectors", failing, REASON)
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])

    run = stack.up()

    assert run.code != 0
    wanted = dict.fromkeys(aws.members(), ON) | dict.fromkeys(failing, OFF)
    assert aws.statuses() == wanted
    assert "3 of 120 members in us-east-1 could not be set; all others (117) are" in run.text
    assert ", ".join(failing) in run.text
    assert len(run.errors) == 1
    kept = stack.resource(":MemberFeatures")["outputs"]
    assert kept["unprocessed"] == dict.fromkeys(failing, REASON)
    assert stack.wanted() == dict.fromkeys(wanted, ON)
    assert stack.outputs()["unprocessed"] == {REASON: ", ".join(failing)}

    aws.control.clear_faults()
    aws.control.clear_calls()
    assert stack.up().code == 0
    (update,) = aws.control.calls("UpdateMemberDetectors")
    assert sorted(update.account_ids) == failing
    assert set(aws.statuses().values()) == {ON}
    assert stack.outputs()["unprocessed"] == {}
    assert stack.preview("--expect-no-changes").code == 0


def test_new_accounts_that_come_to_match_are_picked_up_by_the_next_run(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(
        autoEnable="NONE",
        members=[{"status": "ENABLED", "all": True}],
    )
    assert stack.up().code == 0
    newcomer = "300000000099"
    aws.control.join(newcomer, hours_ago=24)
    aws.control.clear_calls()

    assert stack.up().code == 0

    assert aws.statuses()[newcomer] == ON
    (update,) = aws.control.calls("UpdateMemberDetectors")
    assert update.account_ids == (newcomer,)
    assert stack.record().accounts[newcomer] == OFF


def test_a_suspended_account_keeps_the_record_of_what_it_had(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    suspended, before = account(2), aws.statuses()
    assert before[suspended] == OFF
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    assert stack.up().code == 0
    aws.control.suspend(suspended)

    run = stack.up()

    assert "inactive (relationship status Disabled, suspended in GuardDuty)" in run.text
    assert stack.record().accounts == before
    aws.control.set_relationship(suspended, "Enabled")
    assert stack.up().code == 0
    assert stack.record().accounts == before


def test_the_state_holds_no_credentials_and_no_addresses(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    run = stack.up()
    secrets = aws.sandbox.profiles[1].read_text().split()
    keys = [word for word in secrets if len(word) >= 20]
    assert keys

    everything = stack.exported() + run.text

    assert [key for key in keys if key in everything] == []
    assert "@" not in stack.exported()


def test_the_policy_of_deployments_allows_all_that_a_run_uses(
    organization: Callable[..., Organization],
) -> None:
    policy = json.loads((ROOT / "docs" / "iam" / "deploy.json").read_text())
    allowed = {
        action.partition(":")[2]
        for statement in policy["Statement"]
        for action in statement["Action"]
        if not action.startswith("sts:")
    }
    aws = organization()
    stack = aws.stack(autoEnableMembers="NEW", members=[{"status": "ENABLED", "all": True}])
    before = len(aws.control.calls())

    assert stack.up().code == 0
    assert stack.refresh_preview().code == 0
    assert stack.destroy().code == 0

    # STS needs no permission: a role's trust policy lets a job in.
    used = {call.operation for call in aws.control.calls()[before:] if call.service != "sts"}
    assert used <= allowed
    assert allowed - used == {"GetMembers"}  # only for accounts that are refused as strangers
