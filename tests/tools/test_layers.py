"""The import contracts of pyproject.toml hold, and find what breaks them."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import guardduty_eks_audit_logs as product
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

_SOURCES = Path(str(product.__file__)).parent
_LINT = Path(sys.executable).with_name("lint-imports")


def _broken(components: Path) -> list[str]:
    """The names of the contracts that the product in a folder breaks."""
    done = subprocess.run(
        [_LINT, "--no-cache", "--no-logo"],
        cwd=PROJECT_FOLDER,
        env={**os.environ, "PYTHONPATH": str(components), "COLUMNS": "200"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert " kept, " in done.stdout, done.stdout + done.stderr
    return [line.partition(" BROKEN")[0] for line in done.stdout.splitlines() if " BROKEN" in line]


def test_the_layers_hold() -> None:
    assert _broken(_SOURCES.parent) == []


@pytest.mark.parametrize("package", ["aws_sandbox", "aws_plugin_stand_in"])
def test_tests_of_a_package_import_nothing_of_the_project(package: str) -> None:
    project = {"benchmarks", "demo", "packages", "tests", "tools", product.__name__}
    found = [
        f"{file.name}: {module}"
        for file in (PROJECT_FOLDER / "packages" / package / "tests").rglob("*.py")
        for module in _imported(ast.parse(file.read_text(encoding="utf-8")))
        if module.partition(".")[0] in project
    ]
    assert found == []


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("planning/plan.py", "import pulumi", "Pulumi only in program and resources"),
        ("reading/snapshot.py", "import botocore.session", "boto3 only in aws"),
        ("settings/modes.py", "import aws_sandbox.sts", "The product stands alone"),
        (
            "cli/report.py",
            "import pulumi",
            "The command loads boto3 and reads AWS only where it has to",
        ),
        (
            "planning/plan.py",
            f"from {product.__name__}.reading.snapshot import read_snapshot",
            "A layer imports only layers below it",
        ),
        (
            "planning/selection.py",
            f"if TYPE_CHECKING:\n    from {product.__name__}.planning.plan import Plan",
            "No circle of modules",
        ),
        ("another_layer.py", "", "A layer imports only layers below it"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, module: str, line: str, contract: str) -> None:
    copy = tmp_path / product.__name__
    shutil.copytree(_SOURCES, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / module).open("a") as file:
        file.write(f"\n{line}\n")

    assert contract in _broken(tmp_path)
