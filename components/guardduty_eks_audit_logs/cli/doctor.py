"""The command `doctor`: its options. `doctor_run` does the work."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import Annotated

import typer

from guardduty_eks_audit_logs.cli.options import Profile, Regions, Stacks


class Format(StrEnum):
    """How the findings are written."""

    TABLE = "table"
    JSON = "json"


FormatOfStdout = Annotated[Format, typer.Option("--format", help="What stdout gets.")]


def doctor(
    *,
    stack: Stacks = None,
    regions: Regions = None,
    profile: Profile = None,
    format_of_stdout: FormatOfStdout = Format.TABLE,
) -> None:
    """Runs the command."""
    # Reading AWS takes boto3, which no other command has to wait for.
    work = import_module("guardduty_eks_audit_logs.cli.doctor_run")
    raise typer.Exit(work.run(stack or [], regions, profile, format_of_stdout))
