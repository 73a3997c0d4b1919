"""Writes the files of new stacks, as a user asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.stderr import progress, tell
from guardduty_eks_audit_logs.cli.stdout import writing_to_stdout
from guardduty_eks_audit_logs.errors import SettingsError, UserError
from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.reading.usable_regions import FoundRegion, read_usable_regions
from guardduty_eks_audit_logs.settings.new_stack_answers import check_options
from guardduty_eks_audit_logs.settings.new_stack_files import add_files, new_stacks
from guardduty_eks_audit_logs.settings.stack_files import defaults_of, find_project

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.settings.new_stack_answers import Options
    from guardduty_eks_audit_logs.settings.new_stack_files import Answers
    from guardduty_eks_audit_logs.settings.stack_files import Project

_NOTHING_WRITTEN = 2


def run(options: Options) -> int:
    """Does what is asked for, and gives the exit code."""
    try:
        with writing_to_stdout():
            _add_stacks(find_project(Path.cwd()), options)
    except UserError as error:
        for refusal in error.refusals:
            tell(refusal)
        return _NOTHING_WRITTEN
    return 0


def _add_stacks(project: Project, options: Options) -> None:
    answers, wanted = check_options(options)
    found = (
        tuple(FoundRegion(region) for region in wanted)
        if options.offline
        else _found(project, answers, wanted)
    )
    _say_regions(found)
    regions = [region.name for region in found if not region.left_out]
    if not regions:
        raise UserError(messages.no_region_left())
    stacks = new_stacks(project, answers, regions)
    added = add_files(project, stacks)
    typer.echo(messages.files_added(len(added), len(stacks), len(regions)))
    for stack in added:
        typer.echo(messages.file_added(printable(project.shown(stack.file))))
    if added:
        delegation = answers.management is not None
        for line in messages.next_steps(answers.env, project.file.name, delegation=delegation):
            typer.echo(line)


def _found(project: Project, answers: Answers, wanted: tuple[str, ...]) -> tuple[FoundRegion, ...]:
    # A stack also has what the project's file says for all stacks, for instance a profile.
    defaults = {key: text for key, text in defaults_of(project).items() if isinstance(text, str)}
    who = defaults | answers.administrator.configuration()
    try:
        with progress() as report:
            return read_usable_regions(who.get, wanted, report)
    except SettingsError:
        raise
    except UserError as error:
        raise UserError(messages.aws_not_asked(str(error))) from None


def _say_regions(found: tuple[FoundRegion, ...]) -> None:
    for title, said in (
        (messages.regions_left_out(), {one.name: one.left_out for one in found}),
        (messages.regions_uncertain(), {one.name: one.unknown for one in found}),
    ):
        lines = [messages.region_said(name, printable(what)) for name, what in said.items() if what]
        for line in (title, *lines) if lines else ():
            typer.echo(line)
