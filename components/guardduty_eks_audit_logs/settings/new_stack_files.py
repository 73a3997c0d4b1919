"""The files of new stacks, one of each kind a region, made of one set of answers.

A file has what is of its region alone: who acts, and where. What is for all regions stands once in
the project's file. Files are added and never changed.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import SettingsError, UserError
from guardduty_eks_audit_logs.settings.faults import shown
from guardduty_eks_audit_logs.settings.modes import Mode
from guardduty_eks_audit_logs.settings.stack_files import defaults_of, ignored_file, values_in_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from guardduty_eks_audit_logs.model import AccountId
    from guardduty_eks_audit_logs.settings.stack_files import Project

DELEGATION = "delegation"
"""Stands between the env and the region in the name of a delegation stack."""

_PLAIN = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")
"""Text that every reader of YAML takes for text."""


@dataclass(frozen=True)
class Actor:
    """Which account a stack acts as, and by which credentials.

    Attributes:
        account: its id.
        profile: of the AWS config and credentials files; empty for the environment's credentials.
        role: the ARN of a role to assume by them; empty if there is none.
    """

    account: AccountId
    profile: str = ""
    role: str = ""

    def values(self) -> dict[str, Any]:
        """The configuration that makes a stack act so, by full key."""
        values: dict[str, Any] = {}
        if self.profile:
            values["aws:profile"] = self.profile
        if self.role:
            values["aws:assumeRoles"] = [{"roleArn": self.role}]
        return {**values, "aws:allowedAccountIds": [self.account]}

    def configuration(self) -> dict[str, str]:
        """The same with lists as JSON, as the engine has it."""
        return {key: _text(value) for key, value in self.values().items()}


@dataclass(frozen=True)
class Answers:
    """What is asked of a user, once for all regions.

    Attributes:
        env: the first part of the stacks' names, for instance `prod`.
        administrator: the delegated GuardDuty administrator.
        management: the management account; None makes no delegation stacks.
    """

    env: str
    administrator: Actor
    management: Actor | None


@dataclass(frozen=True)
class NewStack:
    """A stack that has no file yet, or one of the same content.

    Attributes:
        name: of the stack.
        file: where its configuration stands.
        actor: who it acts as.
        about: what it keeps, as a comment.
        values: by full key.
    """

    name: str
    file: Path
    actor: Actor
    about: str
    values: Mapping[str, Any]

    def text(self) -> str:
        """The file's content, as YAML or, for a project with a file of JSON, as JSON."""
        if self.file.suffix == ".json":
            return json.dumps({"config": self.values}, indent=4, ensure_ascii=False) + "\n"
        comment = [f"# {line}" for line in self.about.splitlines()]
        values = [f"  {key}: {_written(value)}" for key, value in self.values.items()]
        return "\n".join([*comment, "config:", *values, ""])


def new_stacks(project: Project, answers: Answers, regions: Sequence[str]) -> list[NewStack]:
    """Gives the stacks of all regions, whether they have a file or not.

    Args:
        project: where they belong.
        answers: the same for all of them.
        regions: where, for instance `eu-central-1`.
    """
    stacks = []
    for region in regions:
        about = messages.about_new_stack(region, project.file.name)
        name = f"{answers.env}-{region}"
        stacks.append(_stack(project, name, about, region, answers.administrator))
    if answers.management:
        delegation = {
            f"{project.name}:mode": Mode.DELEGATION.value,
            f"{project.name}:administratorAccountId": answers.administrator.account,
        }
        for region in regions:
            about = messages.about_new_delegation_stack(region)
            name = f"{answers.env}-{DELEGATION}-{region}"
            stack = _stack(project, name, about, region, answers.management)
            stacks.append(replace(stack, values={**stack.values, **delegation}))
    return stacks


def _stack(project: Project, name: str, about: str, region: str, actor: Actor) -> NewStack:
    values = {"aws:region": region, **actor.values()}
    return NewStack(name, project.stack_file(name), actor, about, values)


def add_files(project: Project, stacks: Sequence[NewStack]) -> list[NewStack]:
    """Writes the files that are missing: all of them, or none.

    Returns:
        the stacks whose files were written.

    Raises:
        SettingsError: files that are there have other answers, or one that is there would be taken
            for a new one; nothing is written.
        UserError: a file can't be written; none is.
    """
    faults = dict.fromkeys(fault for stack in stacks for fault in _faults(project, stack))
    if faults:
        raise SettingsError(faults)
    missing = [stack for stack in stacks if not stack.file.exists()]
    _write_all(project, missing)
    return missing


def _written(value: Any) -> str:  # noqa: ANN401 - text, or a list
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)  # JSON is YAML


def _faults(project: Project, stack: NewStack) -> Iterator[str]:
    """Finds what keeps a stack from its file."""
    if stack.file.is_file():
        try:
            for key, there, wanted in _differences(project, stack):
                file = project.shown(stack.file)
                yield messages.other_answer(file, key, shown(there), shown(wanted))
        except SettingsError as malformed:
            yield from malformed.faults
    elif stack.file.exists() or stack.file.is_symlink():
        yield messages.no_file_there(project.shown(stack.file))
    else:
        values = {key: _text(value) for key, value in stack.values.items()}
        yield from ignored_file(project, stack.name, values)


def _differences(project: Project, stack: NewStack) -> Iterator[tuple[str, str, str]]:
    """Compares who acts and where. Everything else in a file is its owner's."""
    there = values_in_files(project, stack.name)
    wanted = defaults_of(project) | {k: _text(value) for k, value in stack.values.items()}
    role = stack.actor.role
    # The owner may have added to these: an external id, a second account.
    parts = {
        "aws:assumeRoles": role and json.dumps(role),
        "aws:allowedAccountIds": stack.actor.account,
    }
    own = (f"{project.name}:mode", f"{project.name}:administratorAccountId")
    for key in ("aws:region", "aws:profile", *parts, *own):
        found, written, part = there.get(key, ""), wanted.get(key, ""), parts.get(key)
        if not (isinstance(found, str) and isinstance(written, str)):
            continue  # only the CLI can read it, a secret for instance
        if found != written and not (part and part in found):
            yield key, found, written


def _text(value: Any) -> str:  # noqa: ANN401 - text, or a list
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _write_all(project: Project, stacks: Sequence[NewStack]) -> None:
    """Writes all files beside their places, and then moves them there."""
    beside = {stack.file: stack.file.with_name(f".{stack.file.name}.new") for stack in stacks}
    moved: list[Path] = []
    done = False
    file = project.stacks
    try:
        project.stacks.mkdir(parents=True, exist_ok=True)
        for stack in stacks:
            file = stack.file
            beside[file].write_text(stack.text(), encoding="utf-8", newline="\n")
        for file, new in beside.items():
            new.rename(file)
            moved.append(file)
        done = True
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(messages.stack_file_not_written(project.shown(file), reason)) from None
    finally:
        for left in (*beside.values(), *(() if done else moved)):
            with suppress(OSError):
                left.unlink(missing_ok=True)
