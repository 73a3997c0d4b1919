"""The command `doctor`: its options. `doctor_run` does the work."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import Annotated

import typer


class Format(StrEnum):
    """How the findings are written."""

    TABLE = "table"
    JSON = "json"


Stacks = Annotated[
    list[str] | None,
    typer.Option(
        "--stacks",
        metavar="NAME|GLOB",
        help="A stack, or stacks by a pattern; may be repeated. Without it: all stacks of the"
        " project but template, demo-... and sample-...",
        show_default=False,
    ),
]
Regions = Annotated[
    str | None,
    typer.Option(metavar="A,B", help="Regions to look at without stacks.", show_default=False),
]
Profile = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The AWS profile for --regions; the environment's credentials by default.",
        show_default=False,
    ),
]
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
