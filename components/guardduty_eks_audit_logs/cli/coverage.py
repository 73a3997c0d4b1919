"""The command `coverage`: its options. `coverage_run` does the work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.files import check_writable
from guardduty_eks_audit_logs.cli.options import Profile, Regions, Stacks
from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.reports.coverage.rows import Require


class Format(StrEnum):
    """The form in which the coverage is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    JUNIT = "junit"


_ENDINGS = {
    ".csv": Format.CSV,
    ".json": Format.JSON,
    ".md": Format.MARKDOWN,
    ".html": Format.HTML,
    ".xml": Format.JUNIT,
}

Required = Annotated[
    Require,
    typer.Option(
        "--require",
        help="What counts as a gap: what the rules promise and AWS does not have, or each account"
        " that is not on.",
    ),
]
FormatOfStdout = Annotated[Format, typer.Option("--format", help="What stdout gets.")]
Outputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        metavar="FILE",
        help=f"A file, in the format of its ending: {', '.join(_ENDINGS)} (JUnit). May be"
        " repeated: all have the same reading.",
        show_default=False,
    ),
]
EveryRow = Annotated[bool, typer.Option("--all", help="The table ends with every row.")]


@dataclass(frozen=True)
class Request:
    """What a user asks for.

    Attributes:
        stacks: names or globs; empty for all.
        regions: those to read without stacks, with commas between them.
        profile: the AWS profile that reads without stacks.
        require: what counts as a gap.
        format: of stdout.
        outputs: files, each with its format.
        every_row: whether the table has every row.
    """

    stacks: tuple[str, ...]
    regions: str | None
    profile: str | None
    require: Require
    format: Format
    outputs: dict[Path, Format]
    every_row: bool


def coverage(
    *,
    stack: Stacks = None,
    regions: Regions = None,
    profile: Profile = None,
    require: Required = Require.RULES,
    format_of_stdout: FormatOfStdout = Format.TABLE,
    output: Outputs = None,
    every_row: EveryRow = False,
) -> None:
    """Runs the command."""
    request = Request(
        tuple(stack or ()),
        regions,
        profile,
        require,
        format_of_stdout,
        _formats(output or []),
        every_row,
    )
    for path in request.outputs:
        check_writable("--output", path)
    # Reading AWS takes boto3, which no other command has to wait for.
    work = import_module("guardduty_eks_audit_logs.cli.coverage_run")
    raise typer.Exit(work.run(request))


def _formats(paths: list[Path]) -> dict[Path, Format]:
    formats: dict[Path, Format] = {}
    for path in paths:
        shown = printable(str(path))
        if path.suffix.lower() not in _ENDINGS:
            said = messages.no_format(shown, [*_ENDINGS])
            raise typer.BadParameter(said, param_hint="--output")
        if path in formats:
            raise typer.BadParameter(messages.written_twice(shown), param_hint="--output")
        formats[path] = _ENDINGS[path.suffix.lower()]
    return formats
