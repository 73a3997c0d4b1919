"""Whether the real `pulumi-resource-aws` can be had here.

The engine wants the plugin in exactly the version of the `pulumi_aws` package. Where it is not
installed and can't be downloaded, that is an answer, not a failure.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from tools.cache import cache_folder, shown
from tools.connection import OFFICIAL_SITE, Address, why_unreachable
from tools.progress import Command, CommandTimeLimitError, run_showing_life

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.engine import Engine

STAND_IN_MARK = "STAND-IN.txt"
"""A file beside the executable: what is installed there is not the real plugin."""

_EXECUTABLE = "pulumi-resource-aws"
_LIMIT_SECONDS = 900.0


@dataclass(frozen=True)
class AwsPlugin:
    """An installed aws plugin.

    Attributes:
        version: Its version without a `v`, such as `7.51.1`.
        home: The PULUMI_HOME under which the engine finds it.
        executable: The plugin itself; with its folder on PATH, any PULUMI_HOME does.
    """

    version: str
    home: Path
    executable: Path


@dataclass(frozen=True)
class AwsPluginAnswer:
    """Whether the real plugin is there.

    Attributes:
        plugin: It, or None.
        reason: Where it is, or why it can't be had, in one sentence without a full stop.
    """

    plugin: AwsPlugin | None
    reason: str


def find_or_install_aws_plugin(
    engine: Engine,
    report: Callable[[str], None],
    *,
    pulumi_home: Path | None = None,
    site: Address | None = OFFICIAL_SITE,
) -> AwsPluginAnswer:
    """Find the aws plugin of the installed `pulumi_aws`, or download it once and keep it.

    Args:
        engine: Whose `pulumi plugin install` downloads it.
        report: Takes one line of progress at a time; silent when the plugin is there already.
        pulumi_home: A PULUMI_HOME to look in first.
        site: What must answer for the download to be tried; None doesn't try.

    Returns:
        The plugin with where it is, or None with why not; it never raises for a missing plugin.
    """
    try:
        wanted = version("pulumi_aws")
    except PackageNotFoundError:
        return AwsPluginAnswer(None, "the Python package pulumi_aws is not installed")
    own = cache_folder() / "pulumi-home"
    users = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    for home in (pulumi_home, users, Path.home() / ".pulumi", own):
        plugin = _installed(home, wanted) if home else None
        if plugin:
            return AwsPluginAnswer(plugin, f"{wanted} is installed in {shown(plugin.home)}")
    failure = _why_not_downloaded(engine, wanted, own, report, site)
    if failure:
        return AwsPluginAnswer(None, failure)
    plugin = _installed(own, wanted)
    if plugin is None:
        return AwsPluginAnswer(
            None, f"`pulumi plugin install` ended well, but put no {_EXECUTABLE} into {shown(own)}"
        )
    return AwsPluginAnswer(plugin, f"{wanted} was downloaded to {shown(own)}")


def plugin_executable(home: Path, wanted: str) -> Path:
    """Where the engine looks for the aws plugin of that version."""
    return home / "plugins" / f"resource-aws-v{wanted}" / _EXECUTABLE


def _installed(home: Path, wanted: str) -> AwsPlugin | None:
    executable = plugin_executable(home, wanted)
    folder = executable.parent
    # The engine marks an installation that has not ended by a file beside the folder.
    unfinished = folder.with_name(f"{folder.name}.partial").exists()
    if unfinished or (folder / STAND_IN_MARK).exists() or not os.access(executable, os.X_OK):
        return None
    return AwsPlugin(wanted, home, executable)


def _why_not_downloaded(
    engine: Engine,
    wanted: str,
    home: Path,
    report: Callable[[str], None],
    site: Address | None,
) -> str | None:
    if site is None:
        return "it is not installed, and downloads are switched off"
    unreachable = why_unreachable(site)
    if unreachable:
        return f"it can't be downloaded here: {unreachable}"
    report(f"downloading the aws plugin {wanted}, this one time: some minutes")
    environment = {
        **os.environ,
        "PATH": os.pathsep.join((str(engine.bin), os.environ.get("PATH", os.defpath))),
        "PULUMI_HOME": str(home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    try:
        home.mkdir(parents=True, exist_ok=True)
        install = run_showing_life(
            Command(
                [str(engine.bin / "pulumi"), "plugin", "install", "resource", "aws", wanted],
                doing="downloading",
                env=environment,
            ),
            report,
            limit_seconds=_LIMIT_SECONDS,
        )
    except (CommandTimeLimitError, OSError) as error:
        return f"its download failed: {error}"
    if install.code != 0:
        said = install.last_lines.splitlines()
        why = said[-1] if said else f"exit code {install.code}"
        return f"`pulumi plugin install resource aws {wanted}` failed: {why}"
    return None
