"""What a user's program imports: the names of the package, all in one place."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import guardduty_eks_audit_logs as product
from tests.support.vocabulary import PROJECT_FOLDER

_PROGRAMS = ("__main__.py", "examples/every-region/__main__.py", "docs/library.md")


def _imported(source: str) -> dict[str, set[str]]:
    """The names that a source imports from the product, by module."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(product.__name__):
            names = {alias.name for alias in node.names}
            found.setdefault(str(node.module), set()).update(names)
    return found


def test_the_public_names_are_these() -> None:
    assert product.__all__ == (
        "AssumeRole",
        "DelegatedAdministrator",
        "EksAuditLogs",
        "Identity",
        "Plan",
        "Settings",
        "SettingsError",
        "UserError",
        "aws_provider",
        "connect",
        "deploy_delegation",
        "deploy_monitoring",
        "fail_if_incomplete",
        "log_summary",
        "make_plan",
        "plan_delegations",
        "plan_region",
        "plan_regions",
        "read_configuration",
        "read_own_state",
        "read_settings",
        "read_settings_file",
        "read_snapshot",
        "stack_name",
        "user_errors",
    )


@pytest.mark.parametrize("name", product.__all__)
def test_a_public_name_is_there(name: str) -> None:
    assert name in dir(product)
    assert getattr(product, name).__name__ == name


def test_the_type_checker_knows_each_public_name() -> None:
    typed = _imported(Path(str(product.__file__)).read_text())

    assert set().union(*typed.values()) == set(product.__all__)


def test_another_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'make_it_so'"):
        product.make_it_so  # noqa: B018


@pytest.mark.parametrize("program", _PROGRAMS)
def test_a_program_imports_public_names_only(program: str) -> None:
    text = (PROJECT_FOLDER / program).read_text()
    sources = text.split("```python\n")[1:] if program.endswith(".md") else [f"{text}```"]
    for source in sources:
        imported = _imported(source.partition("```")[0])
        assert imported.keys() <= {product.__name__}
        assert imported.get(product.__name__, set()) <= set(product.__all__)


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("planning.plan", {"pulumi", "boto3", "botocore"}),
        ("reports.run_report", {"pulumi", "boto3", "botocore"}),
        ("reading.snapshot", {"pulumi"}),
    ],
)
def test_a_layer_is_imported_without_what_it_must_not_use(module: str, absent: set[str]) -> None:
    code = f"import sys, {product.__name__}.{module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert not absent & set(loaded.stdout.decode().split())
