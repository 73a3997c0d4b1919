"""Which stacks and regions a command is about; their settings come from files, not from a state."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.reading.coverage import Target
from guardduty_eks_audit_logs.settings.configuration import Settings
from guardduty_eks_audit_logs.settings.identity import Identity
from guardduty_eks_audit_logs.settings.secret_keys import secrets_to_show
from guardduty_eks_audit_logs.settings.stack_files import (
    ask_pulumi_what_is_secret,
    faults_of_stack_file,
    read_configuration,
)
from guardduty_eks_audit_logs.settings.stack_identity import aws_faults

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from guardduty_eks_audit_logs.messages.catalogue import Message
    from guardduty_eks_audit_logs.settings.stack_files import Project

_NOT_OF_USERS = re.compile(r"template|(?:demo|sample)-.*")
"""The names of the stacks that a release brings."""


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


def target_of_stack(project: Project, stack: str) -> Target:
    """Reads a stack's settings from its file, as a run checks them.

    Raises:
        SettingsError: with a sentence for every fault; each names the stack.
    """
    secret: set[str] = set()

    def ask(folder: Path, stack: str) -> dict[str, str]:
        answer = ask_pulumi_what_is_secret(folder, stack)
        secret.update(key for key, (_, is_secret) in answer.items() if is_secret)
        return {key: value for key, (value, _) in answer.items()}

    try:
        configuration = read_configuration(project.file.parent, stack, ask)
        settings = _settings(project, stack, configuration, secret)
    except SettingsError as error:
        raise SettingsError(fault.after(f"{stack}: ") for fault in error.faults) from None
    return Target(stack, None, settings, configuration.get)


def _settings(
    project: Project, stack: str, configuration: Mapping[str, str], secret: Collection[str]
) -> Settings:
    if shown := secrets_to_show(configuration, project.name, secret.__contains__):
        raise SettingsError(shown)  # Nothing is said of their values.
    folder = project.file.parent
    faults: tuple[Message, ...] = (
        *faults_of_stack_file(folder, stack, configuration, Settings.keys()),
        *aws_faults(configuration.get),
    )
    try:
        settings = Settings.from_configuration(configuration, project.name, folder)
    except SettingsError as error:
        raise SettingsError((*faults, *error.faults)) from None
    if faults:
        raise SettingsError(faults)
    return settings


class _IdentityOfOptions(Identity):
    """What a command's options say of who acts: sentences about it name the option."""

    prefix: ClassVar[str] = "--"


def targets_of_regions(regions: str, profile: str | None) -> tuple[Target, ...]:
    """Makes the targets of regions without stacks.

    Args:
        regions: their codes, `us-east-1,eu-west-1`.
        profile: of the AWS config file; None takes the environment's credentials.

    Raises:
        SettingsError: a region's code is empty.
    """
    codes = [code.strip() for code in regions.split(",")]
    if not all(codes):
        raise SettingsError((messages.regions_with_an_empty_code(regions),))
    identity = _IdentityOfOptions(profile=profile)
    return tuple(Target("", code, None, identity) for code in dict.fromkeys(codes))
