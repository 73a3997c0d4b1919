"""`--target` and `--exclude` set no account of which nobody has recorded what it had before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.organization import ON, REGION, account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.organization import Organization

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
    assert aws.writes() == []
    assert aws.statuses() == {**before, recorded: ON}

    full = stack.up()
    assert full.code == 0, full.text
    assert set(aws.statuses().values()) == {ON}
    assert stack.record().accounts == before
    assert stack.destroy().code == 0
    assert aws.statuses() == before


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
