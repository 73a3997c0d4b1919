"""`--target` and `--exclude` set no account of which nobody has recorded what it had before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.settings.configuration import PROJECT
from tests.support.engine.organization import ON, REGION, account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("option", "kind"), [("--target", ":MemberFeatures"), ("--exclude", ":PriorSettings")]
)
def test_accounts_without_a_record_are_not_set_but_named(
    organization: Callable[..., Organization], option: str, kind: str
) -> None:
    aws = organization(accounts=4)
    before = aws.statuses()
    recorded, new = account(1), [account(n) for n in (2, 3, 4)]
    stack = aws.stack(members=[{"status": "ENABLED", "accounts": [recorded]}], onRelease="RESTORE")
    assert stack.up().code == 0
    everybody = [{"status": "ENABLED", "all": True}]
    stack.configure({"aws:region": REGION, "members": everybody, "onRelease": "RESTORE"})
    aws.control.clear_calls()

    run = stack.up(option, stack.urn(kind))

    assert run.code != 0
    assert "Traceback" not in run.text
    for name in new:
        assert name in run.text
    assert "since this run left PriorSettings out" in run.text
    assert aws.writes() == []
    assert aws.statuses() == {**before, recorded: ON}

    full = stack.up()
    assert full.code == 0, full.text
    assert set(aws.statuses().values()) == {ON}
    assert stack.record().accounts == before
    assert stack.destroy().code == 0
    assert aws.statuses() == before


@pytest.mark.parametrize("option", ["--exclude=**MemberFeatures**", "--target={stack}"])
def test_members_that_a_first_run_leaves_out_are_not_said_to_be_set(
    organization: Callable[..., Organization], option: str
) -> None:
    aws = organization(accounts=4)
    aws.set_own_status(ON)
    aws.set_auto_enable("NEW")
    before = aws.statuses()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    urn = f"urn:pulumi:{stack.name}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{stack.name}"

    run = stack.up("--skip-preview", option.format(stack=urn))

    assert run.code != 0
    assert "left out of this run" in run.text
    assert "turned" not in run.text
    assert aws.statuses() == before
    assert stack.up().code == 0
    assert set(aws.statuses().values()) == {ON}


def test_a_first_run_without_the_record_writes_nothing(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=4)
    before = aws.held()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}], onRelease="RESTORE")

    run = stack.up("--exclude", "**:PriorSettings::**")

    assert run.code != 0
    assert "PriorSettings" in " ".join(run.errors)
    assert "is left out of this run" in " ".join(run.errors)
    assert "Traceback" not in run.text
    assert (aws.writes(), aws.held()) == ([], before)

    full = stack.up()
    assert full.code == 0, full.text
    assert set(aws.statuses().values()) == {ON}
    assert stack.destroy().code == 0
    assert aws.held() == before
