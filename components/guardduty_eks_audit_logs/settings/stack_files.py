"""What a project's file and a stack's file say, read and merged as the Pulumi CLI does it.

The program itself gets its values from the engine; it only looks here for keys that are not read. A
command that works without the engine reads all values here. `pulumi config --json` gives the same.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.settings.file_values import (
    Undecided,
    has_second_document,
    read_mapping,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from guardduty_eks_audit_logs.messages.catalogue import Refusal

_EXTENSIONS = (".json", ".yaml", ".yml")
"""Of a project's file, in the order in which the CLI looks; a stack's file has the same one."""


@dataclass(frozen=True)
class Project:
    """A Pulumi project, as its file describes it.

    Attributes:
        file: `Pulumi.yaml`, `Pulumi.yml` or `Pulumi.json`.
        name: the namespace of its keys.
        stacks: the folder of its stacks' files.
        config: its keys, unchecked.
        top_level: the names of all that the file has.
    """

    file: Path
    name: str
    stacks: Path
    config: Mapping[str, Any] = field(default_factory=dict)
    top_level: frozenset[str] = frozenset()

    def stack_file(self, stack: str) -> Path:
        """Where the CLI reads the configuration of a stack."""
        return self.stacks / f"Pulumi.{stack.replace('/', '-')}{self.file.suffix}"

    def shown(self, file: Path) -> str:
        """Names a file as a user would, from the project's folder."""
        folder = self.file.parent
        return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)


def read_configuration(
    folder: Path, stack: str, ask: Callable[[Path, str], Mapping[str, str]] | None = None
) -> dict[str, str]:
    """Reads the configuration of a stack from the files, with the project's defaults.

    Args:
        folder: the project's, or one below it.
        stack: the stack's name without organization and project.
        ask: gives the values that the files leave open, for instance `ask_pulumi`. Without it
            such keys are refused if they are the project's own or `aws:*`, and left out otherwise.

    Returns:
        {full key: value}, as `pulumi config --json` has it: lists and maps as JSON.

    Raises:
        SettingsError: the files can't be read, or they leave a value open and `ask` is not given.
    """
    project = find_project(folder)
    values = values_in_files(project, stack)
    undecided = {key: value for key, value in values.items() if isinstance(value, Undecided)}
    decided = {key: value for key, value in values.items() if isinstance(value, str)}
    if not undecided:
        return decided
    if ask is not None:
        return decided | dict(ask(folder, stack))
    own = {project.name, "aws", "environment"}
    faults = [
        messages.value_undecided(key, value.why)
        for key, value in undecided.items()
        if key.partition(":")[0] in own
    ]
    if faults:
        raise SettingsError(tuple(faults))
    return decided


def defaults_in(folder: Path, project: str) -> dict[str, str | Undecided]:
    """Reads what a project's file says for all stacks, by key without the project's namespace.

    Args:
        folder: the project's; without a project in it, there are no defaults.
        project: its name.
    """
    try:
        found = _project_in(folder)
        defaults = defaults_of(found) if found else {}
    except SettingsError:
        return {}  # the CLI does not read it either: the configuration comes from elsewhere
    prefix = f"{project}:"
    return {k.removeprefix(prefix): value for k, value in defaults.items() if k.startswith(prefix)}


def ask_pulumi(folder: Path, stack: str) -> dict[str, str]:
    """Asks the CLI for the configuration of a stack, secrets and environments included.

    Returns:
        {full key: value}.

    Raises:
        SettingsError: the CLI gives no values; its message is quoted.
    """
    return {key: value for key, (value, _) in ask_pulumi_what_is_secret(folder, stack).items()}


def ask_pulumi_what_is_secret(folder: Path, stack: str) -> dict[str, tuple[str, bool]]:
    """Asks the CLI as `ask_pulumi` does.

    Returns:
        {full key: (value, whether it is a secret)}.

    Raises:
        SettingsError: the CLI gives no values; its message is quoted.
    """
    command = ["pulumi", "config", "--json", "--show-secrets", "--stack", stack]
    try:
        asked = subprocess.run(
            [*command, "--non-interactive", "--cwd", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise SettingsError((messages.pulumi_config_failed(stack, str(error)),)) from None
    if asked.returncode:
        raise SettingsError((messages.pulumi_config_failed(stack, asked.stderr.strip()),))
    answer = json.loads(asked.stdout)
    return {key: (entry["value"], bool(entry.get("secret"))) for key, entry in answer.items()}


def find_project(folder: Path) -> Project:
    """Finds the project that a folder belongs to, from there upwards.

    Raises:
        SettingsError: there is none, or its file is malformed.
    """
    for parent in (folder.absolute(), *folder.absolute().parents):
        project = _project_in(parent)
        if project:
            return project
    raise SettingsError((messages.no_project(str(folder.absolute())),))


def faults_of_stack_file(
    folder: Path, stack: str, configuration: Mapping[str, Any], keys: Collection[str]
) -> tuple[Refusal, ...]:
    """Finds what is written in files and never read.

    A stack without any file is no fault: its configuration may come from elsewhere.

    Args:
        folder: the project's.
        stack: the stack's name.
        configuration: all of the stack's configuration, as the engine gives it.
        keys: the product's own, without a namespace.
    """
    try:
        project = _project_in(folder)
        if project is None:
            return ()
        file = project.stack_file(stack)
        content = read_mapping(file) if file.exists() else {}
    except SettingsError:
        return ()  # the CLI does not read it either: the configuration comes from elsewhere
    stray = [key for key in content if ":" in key or key in keys]
    stray += _stray_inside(project, content, configuration)
    name_of_file = project.shown(file)
    has_config = "config" in content
    faults = [messages.outside_of_config(name_of_file, key, has_config=has_config) for key in stray]
    faults += [messages.config_in_capitals(name_of_file, key) for key in _not_quite_config(content)]
    faults += [
        messages.outside_of_projects_config(project.file.name, key, name if name in keys else "")
        for key in sorted(project.top_level)
        if ":" in key or key in keys
        for name in (key.removeprefix(f"{project.name}:"),)
    ]
    faults += [
        messages.key_twice_in_config(project.shown(file), key) for key in _twice(project, content)
    ]
    if file.exists() and has_second_document(file):
        faults.append(messages.second_document(project.shown(file)))
    faults += ignored_file(project, stack, configuration)
    return tuple(faults)


def _not_quite_config(content: Mapping[str, Any]) -> list[str]:
    return [key for key in content if key.casefold() == "config" != key and content[key]]


def _twice(project: Project, content: Mapping[str, Any]) -> list[str]:
    """Finds keys that `config:` has with their namespace and without it."""
    config = content.get("config")
    try:
        written = [_full_key(project, key, project.file) for key in config or ()]
    except SettingsError:
        return []  # the CLI does not read it either
    return sorted({key for key in written if written.count(key) > 1})


def _stray_inside(
    project: Project, content: Mapping[str, Any], configuration: Mapping[str, Any]
) -> list[str]:
    """Finds keys deeper in what is no configuration, with another value than is in force.

    An anchor may stand there that `config:` refers to: then the value is the one in force.
    """
    read = {"config", "environment", *_not_quite_config(content)}
    inside = [(key, value) for key, value in content.items() if key not in read]
    found = []
    while inside:
        place, value = inside.pop()
        if isinstance(value, list):
            inside += [(place, one) for one in value]
        elif isinstance(value, dict):
            for key, one in value.items():
                inside.append((f"{place}.{key}", one))
                text = text_of(one) if key.partition(":")[0] in {project.name, "aws"} else None
                if ":" in key and isinstance(text, str) and configuration.get(key) != text:
                    found.append(f"{place}.{key}")
    return found


def ignored_file(project: Project, stack: str, configuration: Mapping[str, Any]) -> list[Refusal]:
    """Finds a file that is named almost as the stack's, with values that are not in force.

    It may also be in another folder of the project, such as one that stackConfigDir named.

    Args:
        project: the stack's.
        stack: its name.
        configuration: what is in force, by full key.
    """
    file = project.stack_file(stack)
    names = {f"{file.stem}{extension}".casefold() for extension in _EXTENSIONS}
    for folder in dict.fromkeys((project.stacks, *_folders(project.file.parent))):
        for other in sorted(folder.glob("*")):
            if other == file or other.name.casefold() not in names or not other.is_file():
                continue
            try:
                values = _of_stack(project, read_mapping(other))
            except SettingsError:
                values = {"": ""}  # malformed: in force it can't be
            written = {key: value for key, value in values.items() if isinstance(value, str)}
            if written.items() - configuration.items():
                files = project.shown(other), project.shown(file)
                return [messages.stack_file_ignored(stack, *files, there=file.exists())]
    return []


def _folders(project: Path) -> Iterator[Path]:
    yield project
    for below in sorted(project.glob("*")):
        # Another project has stacks of its own.
        if below.is_dir() and not any((below / f"Pulumi{end}").exists() for end in _EXTENSIONS):
            yield below


def _project_in(folder: Path) -> Project | None:
    files = (folder / f"Pulumi{extension}" for extension in _EXTENSIONS)
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        return None
    content = read_mapping(file)
    name, config = content.get("name"), content.get("config") or {}
    stacks = content.get("stackConfigDir") or ""
    if isinstance(config, str):  # as projects wrote it before there was stackConfigDir
        stacks, config = config, {}
    if not isinstance(name, str) or not isinstance(config, dict) or not isinstance(stacks, str):
        raise SettingsError((messages.file_malformed(str(file), "it describes no project"),))
    return Project(file, name, file.parent / stacks, config, frozenset(content))


def values_in_files(project: Project, stack: str) -> dict[str, str | Undecided]:
    """Reads what a stack's file and the project's defaults say, by full key.

    Raises:
        SettingsError: the files can't be read.
    """
    file = project.stack_file(stack)
    content = read_mapping(file) if file.exists() else {}
    values = defaults_of(project) | _of_stack(project, content)
    if content.get("environment"):
        values["environment"] = Undecided("it may set any key; ask `pulumi config`")
    return values


def defaults_of(project: Project) -> dict[str, str | Undecided]:
    """Reads what the project's file says for all stacks, by full key.

    Raises:
        SettingsError: one of them is no key.
    """
    values: dict[str, str | Undecided] = {}
    for key, described in project.config.items():
        full = _full_key(project, key, project.file)
        default = _default(described)
        if default is not None:
            # The CLI takes such a name for a path.
            odd = re.search(r'[."\[]', full.partition(":")[2])
            values[full] = Undecided("ask `pulumi config`") if odd else text_of(default)
    return values


def _of_stack(project: Project, content: Mapping[str, Any]) -> dict[str, str | Undecided]:
    file = project.file.with_name("the stack's file")
    config = content.get("config") or {}
    if not isinstance(config, dict):
        raise SettingsError((messages.file_malformed(file.name, "config has no keys"),))
    values: dict[str, str | Undecided] = {}
    for key, value in config.items():
        full = _full_key(project, key, file)
        twice = Undecided("it is written twice; keep one of them")
        values[full] = twice if full in values else text_of(value)
    return values


def _full_key(project: Project, key: str, file: Path) -> str:
    match key.split(":"):
        case [name]:
            return f"{project.name}:{name}"
        case [_, _]:
            return key
        case [namespace, "config", name]:  # as keys were written once
            return f"{namespace}:{name}"
    raise SettingsError((messages.file_malformed(file.name, f"{key} is no key"),))


def _default(described: Any) -> Any:  # noqa: ANN401 - whatever a user wrote
    """The project's value of a key that a stack does not set; None if it has none."""
    if not isinstance(described, dict):
        return described
    given = described.get("default")
    return described.get("value") if given is None else given
