"""docs/migration.md: a stack takes over what one resource an account has set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.engine.organization import OFF, ON, account
from tests.support.engine.stack import Stack
from tests.support.pages import Command, Shell, fits, steps_of
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

_PROJECT = "name: former\nruntime: {name: python, options: {virtualenv: .venv}}\n"
_PROGRAM = """\
import pulumi_aws as aws

detector = aws.guardduty.get_detector()
for number in range(1, 13):
    account = str(300_000_000_000 + number)
    aws.guardduty.MemberDetectorFeature(
        account,
        account_id=account,
        detector_id=detector.id,
        name="EKS_AUDIT_LOGS",
        status="ENABLED",
    )
"""


def _former_program(aws: Organization) -> Stack:
    folder = aws.project.parent / "former"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(_PROJECT)
    (folder / "__main__.py").write_text(_PROGRAM)
    (folder / ".venv").symlink_to(PROJECT_FOLDER / ".venv")
    stack = Stack(folder, aws.environment, "former")
    stack.configure({"aws:region": "us-east-1", "aws:profile": "administrator"})
    stack.init()
    return stack


def test_a_stack_takes_over_from_one_resource_an_account(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    former = _former_program(aws)
    done = former.up()
    assert done.code == 0, done.text
    assert set(aws.statuses().values()) == {ON}
    rules: list[dict[str, object]] = [{"status": "ENABLED", "all": True}]
    stack = aws.stack("prod-us-east-1", members=rules)
    aws.control.clear_calls()

    page = (PROJECT_FOLDER / "docs" / "migration.md").read_text("utf-8")
    shell = Shell(aws.project, aws.environment)
    for step in steps_of(page):
        assert isinstance(step, Command)
        code, printed = shell.run(step.words)
        assert code == 0, printed
        assert fits(step.printed, printed), "\n".join([step.words, *printed])

    assert aws.control.calls("UpdateMemberDetectors") == []
    assert former.kinds() == []

    # Had the former program stayed, it would have set back what a rule has changed.
    done = former.up()
    assert done.code == 0, done.text
    rules.insert(0, {"status": "DISABLED", "accounts": [account(1)]})
    stack.configure({"aws:region": "us-east-1", "members": rules})
    done = stack.up()
    assert done.code == 0, done.text
    assert aws.statuses()[account(1)] == OFF
    done = former.up("--refresh")
    assert done.code == 0, done.text
    assert aws.statuses()[account(1)] == ON
    assert stack.preview("--expect-no-changes").code != 0
