"""Which stacks of a project a command is about, and whether they can be made."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.settings.configuration import Settings
from guardduty_eks_audit_logs.settings.modes import Mode
from guardduty_eks_audit_logs.settings.stack_files import faults_of_stack_file, read_configuration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from guardduty_eks_audit_logs.messages.catalogue import Message
    from guardduty_eks_audit_logs.settings.stack_files import Project

_NOT_OF_USERS = re.compile(r"template|(?:demo|sample)-.*")
"""The names of the stacks that a release brings."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
"""A name that is a folder's, too, and no option: as in .github/scripts/list-stacks.sh."""


def chosen_stacks(project: Project, patterns: Sequence[str] = ()) -> tuple[str, ...]:
    """Chooses the stacks of a project by the names of their files.

    Args:
        project: of the current folder.
        patterns: names, or patterns with `*`, `?` and `[…]`; without any, all stacks but those
            that a release brings. Patterns choose among the same; a name chooses any stack.

    Returns:
        their names, each once, sorted.

    Raises:
        SettingsError: a name or a pattern is none's, or there is no stack at all.
    """
    ending = re.escape(project.file.suffix)
    files = (re.fullmatch(rf"Pulumi\.(.+){ending}", file.name) for file in _files(project))
    there = sorted(found[1] for found in files if found)
    of_users = [stack for stack in there if not _NOT_OF_USERS.fullmatch(stack)]
    if not patterns:
        if not of_users:
            raise SettingsError((messages.no_stack_of_users(project.shown(project.stacks)),))
        return tuple(of_users)
    chosen: set[str] = set()
    faults: list[Message] = []
    for pattern in patterns:
        found = {pattern} & {*there} or {s for s in of_users if fnmatchcase(s, pattern)}
        if not found:
            faults.append(messages.no_such_stack(pattern, of_users))
        chosen |= found
    if faults:
        raise SettingsError(faults)
    return tuple(sorted(chosen))


def _files(project: Project) -> list[Path]:
    return [file for file in project.stacks.glob("Pulumi.*") if file.is_file()]


def stacks_to_run(
    project: Project, patterns: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Chooses the stacks that one command runs together.

    Stacks with `mode: delegation` act as another account than the others. A pattern of `--stacks`
    chooses them only if it matches no other stack.

    Args:
        project: of the current folder.
        patterns: as `chosen_stacks` takes them.

    Returns:
        the chosen stacks, and those that are left out for their mode.

    Raises:
        SettingsError: as `chosen_stacks` does; nothing is left; or a name is none of a stack.
    """
    matched = chosen_stacks(project, patterns)
    delegation = {stack for stack in matched if _is_of_delegation(project, stack)}
    chosen = {*matched} - delegation
    for pattern in patterns:
        found = {*chosen_stacks(project, [pattern])}
        chosen |= found if found <= delegation else set()
    faults = [messages.no_name_of_a_stack(s) for s in sorted(chosen) if not _NAME.fullmatch(s)]
    if not chosen:
        faults = [messages.delegation_only(matched)]
    if faults:
        raise SettingsError(faults)
    return tuple(sorted(chosen)), tuple(sorted(delegation - chosen))


def _is_of_delegation(project: Project, stack: str) -> bool:
    try:
        values = read_configuration(project.file.parent, stack, lambda *_: {})
    except SettingsError:
        return False  # its run says what is wrong
    return values.get(f"{project.name}:mode") == Mode.DELEGATION


def faults_of_new_stack(project: Project, stack: str) -> tuple[Message, ...]:
    """Finds what `pulumi stack init` would drop from a stack's file, or what keeps it from reading.

    Args:
        project: the stack's own.
        stack: its name.
    """
    folder = project.file.parent
    try:
        configuration = read_configuration(folder, stack, lambda *_: {})
    except SettingsError as malformed:
        return malformed.faults
    return faults_of_stack_file(folder, stack, configuration, Settings.keys())
