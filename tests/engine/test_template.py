"""A repository that `pulumi new` makes of `template/`, with the wheel from an index."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from demo.project import ROOT
from tests.support.engine.organization import OFF, ON, account
from tests.support.template import Repository, used_clone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

_REGIONS = ("us-east-1", "eu-west-1")
_ODD_NAME = f"Acme.Security_1-{84 * 'x'}"
_RULES = """\
    default:
      - {status: DISABLED, accounts: ["300000000001"]}
      - {status: ENABLED, all: true}
"""


def test_a_repository_of_the_template_keeps_its_regions(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(accounts=4, regions=_REGIONS)
    for member in aws.members():
        aws.control.set_feature(member, OFF)
    repository = Repository(
        used_clone(tmp_path), tmp_path / "repository", _ODD_NAME, aws.environment
    )

    made = {file.relative_to(repository.folder) for file in repository.folder.rglob("*")}
    template = ROOT / "template"
    assert made == {file.relative_to(template) for file in template.rglob("*")}

    repository.install(tmp_path)
    regions = ("init", "--regions", ",".join(_REGIONS), "--administrator", ADMINISTRATOR)
    management = ("--management-account", MANAGEMENT, "--management-profile", "management")
    told = repository.done(*regions, "--profile", "administrator", *management)
    assert "4 files written" in told
    project = repository.folder / "Pulumi.yaml"
    before, _, behind = project.read_text().partition('    default: ""\n  onRelease:')
    project.write_text(f"{before}{_RULES}  onRelease:{behind}")

    told = repository.done("up", "--yes", "--stacks", "prod-delegation-*")
    assert "2 stacks" in told or "2 regions" in told
    repository.done("preview")
    assert set(aws.statuses().values()) == {OFF}
    repository.done("up", "--yes")
    for region in _REGIONS:
        held = aws.held(region)
        assert {held[account(number)] for number in (2, 3, 4)} == {ON}
        assert held[account(1)] == OFF
    aws.control.clear_calls()
    repository.done("preview", "--expect-no-changes")
    covered = repository.run("coverage")
    assert covered.returncode == 1, covered.stderr
    assert "2 gaps, 8 on, 2 off as the rules want" in covered.stdout  # one account is no member
    repository.done("doctor")
    assert aws.writes() == []
    results = sorted(map(str, repository.folder.glob(".results/prod-[!d]*")))
    assert "2 regions" in repository.done("report", "drift", *results)


@pytest.mark.parametrize("name", ["a", "UPPER", "1.5", "-_.", "null", "a" * 100])
def test_any_name_of_a_project_is_taken(
    organization: Callable[..., Organization], tmp_path: Path, name: str
) -> None:
    aws = organization(accounts=1)
    repository = Repository(used_clone(tmp_path), tmp_path / "repository", name, aws.environment)

    file = repository.folder / "stacks" / "Pulumi.one.yaml"
    file.write_text("config: {aws:region: us-east-1, onRelease: RESTORE}\n")
    for words in (("stack", "init", "one"), ("config", "--json", "--stack", "one")):
        ended = subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            cwd=repository.folder,
            env=aws.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    assert f'"{name}:onRelease": {{\n    "value": "RESTORE"' in ended.stdout
