"""The official engine, downloaded by Pulumi's own installer through the Automation API.

`PulumiCommand.install` has no time limit and prints nothing while it works, so it runs as a
process of its own: `python -m tools.download <version> <folder>`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pulumi.automation import PulumiCommand
from semver import VersionInfo

from tools.connection import Address, why_unreachable
from tools.progress import Command, CommandTimeLimitError, run_showing_life

if TYPE_CHECKING:
    from collections.abc import Callable

_PROJECT = Path(__file__).resolve().parent.parent
_INSTALLER = (sys.executable, "-m", "tools.download")
_LIMIT_SECONDS = 900.0


class DownloadError(Exception):
    """The official engine can't be downloaded here; the message says why."""


def download_engine(
    version: str, folder: Path, report: Callable[[str], None], site: Address | None
) -> None:
    """Download the CLI with its language hosts into `folder/bin`.

    Args:
        version: The engine's version, such as `v3.276.0`.
        folder: An empty or missing folder.
        report: Takes one line of progress at a time.
        site: What must answer for the download to be tried at all; None doesn't try.

    Raises:
        DownloadError: It was not to be tried, the site doesn't answer, or the download fails.
    """
    if site is None:
        raise DownloadError("--offline was given")
    report(f"trying the official download of Pulumi {version}: is {site} there?")
    unreachable = why_unreachable(site)
    if unreachable:
        report(f"  no: {unreachable}")
        raise DownloadError(unreachable)
    report(f"downloading Pulumi {version} from {site.host}: about a minute")
    try:
        installed = run_showing_life(
            Command([*_INSTALLER, version, str(folder)], doing="downloading", cwd=_PROJECT),
            report,
            limit_seconds=_LIMIT_SECONDS,
        )
    except (CommandTimeLimitError, OSError) as error:
        raise DownloadError(f"the download failed: {error}") from error
    if installed.code != 0:
        report("  the download failed")
        raise DownloadError(f"the download failed:\n{installed.last_lines}")


def main(arguments: list[str]) -> int:
    """Install one version into one folder; what goes wrong is said on stderr."""
    version, folder = arguments
    try:
        PulumiCommand.install(root=folder, version=VersionInfo.parse(version.removeprefix("v")))
    except subprocess.CalledProcessError as error:
        print((error.output or b"").decode(errors="replace"), file=sys.stderr)
        return 1
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
