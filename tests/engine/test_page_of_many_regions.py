"""docs/many-regions.md, command by command, as it stands."""

from __future__ import annotations

import re
import sys
from difflib import ndiff
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.testing import ADMINISTRATOR
from tests.support.pages import Change, Shell, fits, steps_of
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

_EXAMPLE = PROJECT_FOLDER / "packages" / "aws_sandbox" / "examples" / "many-regions.yaml"
_AWS = f"""\
#!/bin/sh
PYTHONPATH='{PROJECT_FOLDER}' exec '{sys.executable}' -m tests.support.aws_cli "$@"
"""

_FAILS = re.compile(r" refused after |^Gaps: ")
"""What the page shows of a command that ends with an exit code."""


def _with_the_aws_cli(environment: dict[str, str], folder: Path) -> dict[str, str]:
    folder.mkdir()
    (folder / "aws").write_text(_AWS)
    (folder / "aws").chmod(0o755)
    return {**environment, "PATH": f"{folder}:{environment['PATH']}"}


def test_the_page_of_many_regions_does_what_it_says(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(description=_EXAMPLE.read_text("utf-8"))
    aws.control.disable_region(ADMINISTRATOR, "ap-east-1")
    aws.control.set_auto_enable("ALL", region="eu-central-1")
    page = (PROJECT_FOLDER / "docs" / "many-regions.md").read_text("utf-8")
    shell = Shell(aws.project, _with_the_aws_cli(dict(aws.environment), tmp_path / "bin"))

    for step in steps_of(page):
        if isinstance(step, Change):
            step.apply(aws.project)
        elif later := re.match(r"# up to (\d+) hours? later", step.words):
            aws.control.advance_clock(hours=int(later[1]) + 1)
        else:
            code, printed = shell.run(step.words)
            difference = "\n".join(ndiff(step.printed, printed))
            assert fits(step.printed, printed), f"line {step.line}: {step.words}\n{difference}"
            fails = any(_FAILS.search(line) for line in step.printed)
            assert (code != 0) is fails, f"line {step.line}: {step.words}\n{code}\n{difference}"
