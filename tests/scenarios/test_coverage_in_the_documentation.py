"""docs/coverage.md shows what the command prints for the organization of `make sandbox`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from demo.project import copy_project
from guardduty_eks_audit_logs.reports.coverage.csv import COLUMNS
from tests.support.coverage.organization import CoveredOrganization
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from aws_sandbox.testing.plugin import RunningSandbox

_DOCUMENT = PROJECT_FOLDER / "docs" / "coverage.md"


def test_the_sample_of_a_coverage_is_what_the_command_prints(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    document = _DOCUMENT.read_text("utf-8")
    written = re.search(r"    \$ eks-audit-logs coverage (.*)\n((?:    .*\n|\n)+)", document)
    assert written

    ended = CoveredOrganization(sandbox, copy_project(tmp_path / "project")).run(
        *written[1].split()
    )

    printed = "".join(f"    {line}".rstrip() + "\n" for line in ended.output.splitlines())
    assert written[2].rstrip("\n") + "\n" == printed, printed
    assert ended.code == 1


def test_every_column_is_explained() -> None:
    rows = re.findall(r"^\| (`.*?) \|", _DOCUMENT.read_text("utf-8"), re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert explained >= set(COLUMNS)
