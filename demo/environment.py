"""The environment for working with a sandbox: AWS profiles, and Pulumi without the internet."""

from __future__ import annotations

import os
import re
import shlex
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aws_sandbox.profiles import UNSET, aws_variables, write_private
from tools.aws_plugin import STAND_IN_MARK, plugin_executable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PASSPHRASE: Final = "sandbox"  # noqa: S105 -- it guards nothing
"""Encrypts the secrets of a sandbox stack, of which there are none."""


@dataclass(frozen=True)
class PulumiParts:
    """Where Pulumi comes from.

    Args:
        engine_bin: the folder with the `pulumi` command; None leaves PATH to find it.
        home: PULUMI_HOME, where plugins are kept.
        stand_in_bin: the folder with the stand-in for the aws plugin, given only where the real
            plugin can't be had. It becomes the plugin of `home`, which then is the sandbox's alone.
    """

    engine_bin: Path | None
    home: Path
    stand_in_bin: Path | None = None


def variables(
    url: str,
    folder: Path,
    profiles: tuple[Path, Path],
    pulumi: PulumiParts,
    path: str,
) -> dict[str, str]:
    """Everything that a terminal or a subprocess needs to work with a sandbox.

    What is in `UNSET` must be taken away besides; `applied` does both. The stand-in, if there is
    one, is installed.

    Args:
        url: where the sandbox listens.
        folder: where Pulumi's state goes, in a folder `state` that is made.
        profiles: the config and the credentials file that `write_profiles` wrote.
        pulumi: engine and plugin.
        path: the PATH to put the project's Python and the engine in front of.
    """
    state = folder / "state"
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    in_front = [python_bin(), pulumi.engine_bin]
    found = {
        **aws_variables(url, profiles),
        "PATH": ":".join([*(str(entry) for entry in in_front if entry is not None), path]),
        # Else an engine that is killed may leave an empty file beside the state's, and not read it.
        "PULUMI_BACKEND_URL": f"file://{state}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_HOME": str(pulumi.home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    if pulumi.stand_in_bin is not None:
        _install(pulumi.stand_in_bin, pulumi.home)
        # Else the engine asks for the real plugin, though the stand-in is there.
        found["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
        found["PULUMI_DISABLE_REGISTRY_RESOLVE"] = "true"
        # A kept state names the version that it was made with; a newer plugin does as well.
        found["PULUMI_ENABLE_LEGACY_PLUGIN_SEARCH"] = "true"
    return found


def write_shell_file(file: Path, found: Mapping[str, str], path: str, notes: Sequence[str]) -> None:
    """Write the variables as a file for `source` in sh, bash and zsh.

    Args:
        file: where to; readable by its owner only.
        found: the variables.
        path: the PATH that they were made with: the file uses the terminal's own in its place.
        notes: comments at the top of the file.
    """
    lines = [f"# {note}" for note in notes]
    lines.append(f"unset {' '.join(UNSET)}")
    lines += [_assignment(key, value) for key, value in found.items() if key != "PATH"]
    in_front = found["PATH"].removesuffix(path)
    lines.append(f'export PATH={shlex.quote(in_front)}"$PATH"')
    file.parent.mkdir(parents=True, exist_ok=True)
    write_private(file, "\n".join(lines) + "\n")


def python_bin() -> Path:
    """The folder of the running Python, which the old language host finds on PATH only."""
    # Not resolved: the folder of a virtual environment is what counts, not where it leads.
    return Path(sys.executable).parent


def has_stand_in(home: Path) -> bool:
    """Whether the aws plugin of a PULUMI_HOME is the stand-in."""
    return (plugin_executable(home, version("pulumi_aws")).parent / STAND_IN_MARK).exists()


def _install(stand_in_bin: Path, home: Path) -> None:
    """Make the stand-in the aws plugin of a PULUMI_HOME, unless the real one is there.

    On PATH the engine would find it too, and warn of it in every run.
    """
    executable = plugin_executable(home, version("pulumi_aws"))
    if os.access(executable, os.X_OK) and not has_stand_in(home):
        return
    executable.parent.mkdir(parents=True, exist_ok=True)
    (executable.parent / STAND_IN_MARK).write_text(
        "Not pulumi-aws: see packages/aws_plugin_stand_in/README.md.\n", encoding="utf-8"
    )
    executable.unlink(missing_ok=True)
    executable.symlink_to(stand_in_bin / executable.name)


def _assignment(key: str, value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
        raise ValueError(f"{key} is no name for a variable")
    return f"export {key}={shlex.quote(value)}"
