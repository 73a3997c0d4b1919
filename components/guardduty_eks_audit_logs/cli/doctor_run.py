"""Looks for what stacks lack in AWS, and writes it as a user asks for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.doctor import Format
from guardduty_eks_audit_logs.cli.stacks import target_of_stack, targets_of_regions
from guardduty_eks_audit_logs.cli.stderr import progress, tell
from guardduty_eks_audit_logs.cli.stdout import WRONG_USE, terminal, writing_to_stdout
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.reading.prerequisites import read_prerequisites
from guardduty_eks_audit_logs.reports.doctor import Finding, Prerequisite, State, as_json, text
from guardduty_eks_audit_logs.settings.chosen_stacks import chosen_stacks
from guardduty_eks_audit_logs.settings.stack_files import find_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.reading.coverage import Target

_MISSING = 1
_UNKNOWN = 2
_STYLES = {State.MISSING: "bold red", State.UNKNOWN: "bold yellow", State.OK: "green"}


def run(
    stacks: Sequence[str], regions: str | None, profile: str | None, format_of_stdout: Format
) -> int:
    """Does what is asked for, and gives the exit code.

    Args:
        stacks: names or globs; empty for all.
        regions: those to look at without stacks, with commas between them.
        profile: the AWS profile that looks without stacks.
        format_of_stdout: what stdout gets.
    """
    try:
        targets, faulty = _targets(stacks, regions, profile)
    except SettingsError as error:
        for fault in error.faults:
            tell(fault)
        return WRONG_USE
    with progress() as report:
        findings = (*faulty, *read_prerequisites(targets, report))
    with writing_to_stdout():
        _write(findings, format_of_stdout)
    states = {finding.state for finding in findings}
    if State.UNKNOWN in states:
        return _UNKNOWN
    return _MISSING if State.MISSING in states else 0


def _targets(
    stacks: Sequence[str], regions: str | None, profile: str | None
) -> tuple[Sequence[Target], Sequence[Finding]]:
    """Says where to look, and which stacks have no settings to look by.

    Raises:
        SettingsError: the options are at odds, or name no stack.
    """
    if regions is not None:
        if stacks:
            raise SettingsError((messages.regions_or_stacks(),))
        return targets_of_regions(regions, profile), ()
    if profile is not None:
        raise SettingsError((messages.profile_without_regions(),))
    project = find_project(Path.cwd())
    targets: list[Target] = []
    faulty: list[Finding] = []
    for name in chosen_stacks(project, stacks):
        try:
            targets.append(target_of_stack(project, name))
        except SettingsError as error:
            faulty += _without_settings(name, error)
    return targets, faulty


def _without_settings(stack: str, error: SettingsError) -> list[Finding]:
    """Each fault is a finding: one stack that can't be read hides no other."""
    return [
        Finding(
            stack,
            "",
            Prerequisite.SETTINGS.value,
            State.MISSING,
            printable(fault.sentence).removeprefix(f"{stack}: "),
            printable(fault.way_out),
        )
        for fault in error.faults
    ]


def _write(findings: Sequence[Finding], format_of_stdout: Format) -> None:
    if format_of_stdout is Format.JSON:
        sys.stdout.buffer.write(as_json(findings).encode())
        return
    console = terminal()
    for state, line in text(findings):
        written = Text(line)
        if state:
            written.stylize(_STYLES.get(state, ""), 0, len(state))
        console.print(written, soft_wrap=True, highlight=False)
