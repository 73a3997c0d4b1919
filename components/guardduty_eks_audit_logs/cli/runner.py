"""The commands `preview` and `up`: `pulumi` on many stacks, and one report at the end."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.engines import Command, Engines
from guardduty_eks_audit_logs.cli.options import Stacks
from guardduty_eks_audit_logs.cli.report import report_on
from guardduty_eks_audit_logs.cli.result_folders import own_result_folders
from guardduty_eks_audit_logs.cli.rows import Rows
from guardduty_eks_audit_logs.cli.stderr import end_for, on_terminal
from guardduty_eks_audit_logs.cli.stdout import INTERRUPTED
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.foreign_words import harmless, printable
from guardduty_eks_audit_logs.reports.document import Kind
from guardduty_eks_audit_logs.settings.chosen_stacks import stacks_to_run
from guardduty_eks_audit_logs.settings.stack_files import find_project

_DECLINED = 1

Jobs = Annotated[int, typer.Option(min=1, help=messages.help_of_jobs())]
Results = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help=messages.help_of_results(), show_default=False),
]
NoChanges = Annotated[
    bool, typer.Option("--expect-no-changes", help=messages.help_of_expect_no_changes())
]
Yes = Annotated[bool, typer.Option("--yes", help=messages.help_of_yes())]


def preview(
    *,
    stacks: Stacks = None,
    jobs: Jobs = 4,
    results: Results = None,
    expect_no_changes: NoChanges = False,
) -> None:
    """Runs `pulumi preview` for many stacks."""
    options = ("--json", *(("--expect-no-changes",) if expect_no_changes else ()))
    kind = Kind.DRIFT if expect_no_changes else Kind.PREVIEW
    _run(_command(("preview", *options), stacks or [], results), jobs, kind)


def up(*, stacks: Stacks = None, jobs: Jobs = 4, results: Results = None, yes: Yes = False) -> None:
    """Runs `pulumi up` for many stacks."""
    command = _command(("up", "--yes"), stacks or [], results)
    if not yes:
        _ask(command)
    _run(command, jobs, Kind.RUN)


def _command(words: tuple[str, ...], patterns: list[str], results: Path | None) -> Command:
    """Finds out what is to be run, before anything is."""
    try:
        project = find_project(Path())
        stacks, left_out = stacks_to_run(project, patterns)
    except SettingsError as error:
        end_for(error.faults)
    if left_out:
        typer.echo(printable(messages.delegation_left_out(left_out)), err=True)
    folder = (results or project.file.parent / ".results").absolute()
    new = {*stacks} - _stacks_of_the_backend()
    return Command(project, words, [folder / stack for stack in stacks], new)


def _stacks_of_the_backend() -> set[str]:
    words = ["pulumi", "stack", "ls", "--json", "--non-interactive"]
    try:
        asked = subprocess.run(words, capture_output=True, check=False)
    except OSError as error:
        end_for([messages.pulumi_missing(error.strerror or str(error))])
    try:
        listed = json.loads(asked.stdout if asked.returncode == 0 else "")
        return {one["name"].rpartition("/")[2] for one in listed}  # organization/name
    except (ValueError, TypeError, LookupError, AttributeError):
        reason = asked.stderr.decode(errors="replace").removeprefix("error: ")
        end_for([messages.stacks_unknown(harmless(reason))])


def _ask(command: Command) -> None:
    if not on_terminal(sys.stdin, sys.stderr):
        raise typer.BadParameter(messages.needs_yes(), param_hint="--yes")
    stacks = [folder.name for folder in command.folders]
    typer.echo(messages.question(stacks, command.new), err=True, nl=False)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        typer.echo(messages.declined(), err=True)
        raise typer.Exit(_DECLINED)


def _run(command: Command, jobs: int, kind: Kind) -> NoReturn:
    with own_result_folders(command.folders):
        rows = Rows(command.folders, kind)
        engines = Engines(command, rows)
        with rows.live():
            asyncio.run(engines.run(jobs))
        if engines.interrupted:
            rows.says_what_is_left(command.words[0])
            raise typer.Exit(INTERRUPTED)
        report_on(kind, [*map(str, command.folders)])
