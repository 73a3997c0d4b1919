"""Reads the coverage and writes it, as a user asks for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.coverage import Format
from guardduty_eks_audit_logs.cli.files import write_file
from guardduty_eks_audit_logs.cli.stacks import target_of_stack, targets_of_regions
from guardduty_eks_audit_logs.cli.stderr import progress, tell
from guardduty_eks_audit_logs.cli.stdout import WRONG_USE, terminal, writing_to_stdout
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.reading.coverage import read_coverage
from guardduty_eks_audit_logs.reports.coverage.csv import csv
from guardduty_eks_audit_logs.reports.coverage.json import json
from guardduty_eks_audit_logs.reports.coverage.junit import junit
from guardduty_eks_audit_logs.reports.coverage.markdown import markdown
from guardduty_eks_audit_logs.reports.coverage.page import page
from guardduty_eks_audit_logs.reports.coverage.text import Tone, table
from guardduty_eks_audit_logs.settings.chosen_stacks import chosen_stacks
from guardduty_eks_audit_logs.settings.modes import Mode
from guardduty_eks_audit_logs.settings.stack_files import find_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.cli.coverage import Request
    from guardduty_eks_audit_logs.reading.coverage import Target
    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage
    from guardduty_eks_audit_logs.reports.coverage.text import Line
    from guardduty_eks_audit_logs.settings.stack_files import Project

_GAPS = 1
_UNREAD = 2

_WRITERS = {
    Format.CSV: csv,
    Format.JSON: json,
    Format.JUNIT: junit,
    Format.MARKDOWN: markdown,
    Format.HTML: page,
}
_COLORS = {Tone.GAP: typer.colors.RED, Tone.UNREAD: typer.colors.YELLOW}


def run(request: Request) -> int:
    """Does what is asked for, and gives the exit code."""
    try:
        targets = _targets(request)
    except SettingsError as error:
        for fault in error.faults:
            tell(fault)
        return WRONG_USE
    with progress() as report:
        found = read_coverage(targets, request.require, report)
    for path, format_of_file in request.outputs.items():
        write_file("--output", path, _WRITERS[format_of_file](found))
    _print(found, request)
    if request.format is Format.CSV:  # it has rows alone
        for problem in found.problems:
            tell(problem)
    if found.problems or found.unread:
        return _UNREAD
    return _GAPS if found.gaps else 0


def _targets(request: Request) -> tuple[Target, ...]:
    """Says what to read.

    Raises:
        SettingsError: the options are at odds; or with every fault of every stack.
    """
    if request.regions is not None:
        if request.stacks:
            raise SettingsError((messages.regions_or_stacks(),))
        return targets_of_regions(request.regions, request.profile)
    if request.profile is not None:
        raise SettingsError((messages.profile_without_regions(),))
    project = find_project(Path.cwd())
    return _without_delegation(_of_stacks(project, request.stacks), request.stacks)


def _of_stacks(project: Project, patterns: Sequence[str]) -> list[Target]:
    targets: list[Target] = []
    faults: list[str] = []
    for name in chosen_stacks(project, patterns):
        try:
            targets.append(target_of_stack(project, name))
        except SettingsError as error:
            faults += error.faults
    if faults:
        raise SettingsError(faults)
    return targets


def _without_delegation(targets: Sequence[Target], patterns: Sequence[str]) -> tuple[Target, ...]:
    """Leaves out stacks of the management account, which keep no account's monitoring."""
    left = [one for one in targets if one.settings and one.settings.mode is Mode.DELEGATION]
    read = tuple(one for one in targets if one not in left)
    refused = [one for one in left if one.stack in patterns or not read]
    if refused:
        raise SettingsError(messages.stack_of_the_management_account(one.stack) for one in refused)
    return read


def _print(found: Coverage, request: Request) -> None:
    with writing_to_stdout():
        if request.format is not Format.TABLE:
            sys.stdout.buffer.write(_WRITERS[request.format](found).encode())
            return
        lines = table(found, every_row=request.every_row)
        if not sys.stdout.isatty():
            sys.stdout.buffer.writelines(f"{line.text}\n".encode() for line in lines)
            return
        colored = terminal().color_system is not None
        sys.stdout.writelines(f"{_painted(one) if colored else one.text}\n" for one in lines)


def _painted(line: Line) -> str:
    bold = line.tone is Tone.HEADING
    return typer.style(line.text, fg=_COLORS.get(line.tone), bold=bold)
