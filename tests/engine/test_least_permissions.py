"""A run of somebody who may only preview changes nothing, and says what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.engine.organization import OFF, account
from tests.support.engine.roles import Roles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

_NOT_AUTHORIZED = "is not authorized to perform: guardduty:{0} on resource: {1}"
_NO_POLICY = "because no identity-based policy allows the guardduty:{0} action"


def _written(aws: Organization) -> set[tuple[str, str]]:
    """The writes that AWS was asked for, each with what came of it."""
    asked = set(aws.writes())
    return {(c.operation, c.outcome) for c in aws.control.calls() if c.operation in asked}


def test_who_may_only_preview_runs_into_the_first_write(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization()
    roles = Roles(aws, tmp_path)
    roles.allow("preview")
    stack = aws.stack(autoEnable="NEW", members=[{"status": "ENABLED", "all": True}])
    before = aws.held()

    run = stack.up("--skip-preview", **roles.environment)

    assert run.code != 0
    assert _NO_POLICY.format("UpdateDetector") in run.text
    assert aws.held() == before
    assert _written(aws) == {("UpdateDetector", "AccessDeniedException")}


def test_a_run_that_may_not_set_members_says_which_permission_it_lacks(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization()
    roles = Roles(aws, tmp_path)
    roles.allow("deploy")
    everybody = {"status": "ENABLED", "all": True}
    stack = aws.stack(members=[everybody])
    up = stack.up("--skip-preview", **roles.environment)
    assert up.code == 0, up.text
    roles.allow("preview")
    before = aws.held()
    rules = [{"status": OFF, "accounts": [account(1)]}, everybody]
    stack.configure({"aws:region": "us-east-1", "members": rules})

    run = stack.up("--skip-preview", **roles.environment)

    assert run.code != 0
    told = run.text[run.text.rindex("Diagnostics:") :]
    assert "1 of 12 members in us-east-1 could not be set" in told
    assert _NOT_AUTHORIZED.format("UpdateMemberDetectors", "*") in told
    assert "Give the caller the permission for UpdateMemberDetectors:" in told
    assert "somebody@example.com" not in told
    assert aws.held() == before
