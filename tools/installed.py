"""The engine that the user has on PATH. Reads only: it is used as it is, and never replaced."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from semver import VersionInfo

MINIMUM_VERSION = VersionInfo(3, 200, 0)

_ANSWER_SECONDS = 60.0


class NotInstalledError(Exception):
    """There is no engine on PATH that the project can use; the message says why."""


@dataclass(frozen=True)
class InstalledEngine:
    """A usable engine on PATH.

    Attributes:
        version: What `pulumi version` says, such as `v3.276.0`.
        bin: The folder on PATH in which `pulumi` was found.
    """

    version: str
    bin: Path


def find_installed_engine(path: str | None = None) -> InstalledEngine:
    """Look for `pulumi` and its Python language host.

    Args:
        path: Folders as in the environment variable PATH, which is the default.

    Raises:
        NotInstalledError: No `pulumi` there, one that is too old or doesn't run, or one without
            its Python language host.
    """
    found = shutil.which("pulumi", path=path)
    if found is None:
        raise NotInstalledError("no `pulumi` on PATH")
    cli = Path(found)
    version = version_of(cli)
    if VersionInfo.parse(version.removeprefix("v")) < MINIMUM_VERSION:
        raise NotInstalledError(f"the `pulumi` on PATH ({cli}) is {version}")
    # The engine looks for language hosts on PATH, then beside its own executable, following links.
    host = "pulumi-language-python"
    beside = os.pathsep.join(map(str, (cli.parent, cli.resolve().parent)))
    if not shutil.which(host, path=path) and not shutil.which(host, path=beside):
        raise NotInstalledError(f"the `pulumi` on PATH ({cli}) has no {host} beside it or on PATH")
    return InstalledEngine(version, cli.parent)


def version_of(cli: Path) -> str:
    """Ask a CLI for its version.

    Raises:
        NotInstalledError: It doesn't run, or doesn't answer with a version.
    """
    try:
        said = subprocess.run(
            [str(cli), "version"],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=_ANSWER_SECONDS,
        ).stdout.strip()
        VersionInfo.parse(said.removeprefix("v"))
    except (OSError, subprocess.SubprocessError) as error:
        raise NotInstalledError(f"{cli} does not answer `pulumi version`") from error
    except ValueError as error:
        raise NotInstalledError(f"{cli} answers `pulumi version` with {said[:80]!r}") from error
    return said
