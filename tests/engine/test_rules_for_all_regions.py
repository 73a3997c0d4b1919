"""Files that `eks-audit-logs init` writes, and rules that stand once in the project's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from aws_sandbox.testing import ADMINISTRATOR
from guardduty_eks_audit_logs.cli import app
from tests.support.engine.organization import OFF, ON, account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

_HERE, _THERE = "us-east-1", "eu-west-1"
_INIT = (
    *("init", "--offline", "--regions", f"{_HERE},{_THERE}"),
    *("--administrator", ADMINISTRATOR, "--profile", "administrator"),
    *("--management-account", "111111111111", "--management-profile", "management"),
)


def test_rules_of_the_project_reach_every_region_but_one_that_overrides_them(
    organization: Callable[..., Organization], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = organization(accounts=3, regions=(_HERE, _THERE))
    project = aws.project
    monkeypatch.chdir(project)
    made = CliRunner().invoke(app, _INIT)
    assert made.exit_code == 0, made.output
    file = project / "Pulumi.yaml"
    rules = (
        "    default:\n"
        f'      - {{status: DISABLED, accounts: ["{account(1)}"]}} # for all regions\n'
        "      - {status: ENABLED, all: true}\n"
    )
    before, _, behind = file.read_text().partition('    default: ""\n  onRelease:')
    described = f"{before}{rules}  onRelease:{behind}".replace("default: LEAVE", "default: RESTORE")
    file.write_text(described)

    here, there = (aws.stack_that_comes_along(f"prod-{region}") for region in (_HERE, _THERE))
    written = there.file.read_text()
    own = "  # Here all.\n  guardduty-eks-audit-logs:members: [{status: ENABLED, all: true}]\n"
    there.file.write_text(written.replace("config:\n", f"config:\n{own}"))
    for stack in (here, there):
        run = stack.up()
        assert run.code == 0, run.text
    assert {a: aws.held(_HERE)[a] for a in map(account, (1, 2, 3))} == {
        account(1): OFF,
        account(2): ON,
        account(3): ON,
    }
    assert {aws.held(_THERE)[a] for a in map(account, (1, 2, 3))} == {ON}

    # A delegation stack is in the same project, and these rules are not its business.
    delegation = aws.stack_that_comes_along(f"prod-delegation-{_HERE}")
    run = delegation.preview()
    assert run.code == 0, run.text
    assert f"{ADMINISTRATOR} is designated already, and stays so." in run.text

    # The engine leaves the files as they are, and so does another init.
    assert file.read_text() == described
    assert here.file.read_text().startswith("# EKS audit logs in us-east-1, as the delegated")
    assert "  # Here all.\n" in there.file.read_text()
    contents = {one: one.read_bytes() for one in project.glob("stacks/*")}
    again = CliRunner().invoke(app, _INIT)
    assert "4 stacks in 2 regions: every stack has its file already." in again.output
    assert {one: one.read_bytes() for one in project.glob("stacks/*")} == contents

    # A stack whose file is lost gets it again.
    here.file.unlink()
    again = CliRunner().invoke(app, _INIT)
    assert "1 file written, 3 are there already." in again.output
    run = here.preview("--expect-no-changes")
    assert run.code == 0, run.text
