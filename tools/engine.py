"""The Pulumi engine: found, downloaded or built, once.

`python -m tools.engine` does it and prints the folder to put on PATH. The ways, in their order:
the CLI on PATH, the cache, the official download, a build from Go modules.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tools.build import MINIMUM_GO, BuildError, build_engine
from tools.cache import CacheNotWritableError, EngineCache, Origin, cache_folder, shown
from tools.connection import OFFICIAL_SITE, Address
from tools.download import DownloadError, download_engine
from tools.installed import (
    MINIMUM_VERSION,
    NotInstalledError,
    find_installed_engine,
    version_of,
)
from tools.progress import stop_on_signal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENGINE_VERSION = "v3.276.0"
"""What is downloaded or built; tools/pulumi/go.mod pins the same."""

_GO = ".".join(map(str, MINIMUM_GO))
_HELP = f"""\
Get the Pulumi engine (the CLI and its Python language host) and print its folder on stdout.

It is looked for in this order:
  1. `pulumi` {MINIMUM_VERSION} or newer on PATH: used as it is, never replaced
  2. {ENGINE_VERSION} in the cache, ${{XDG_CACHE_HOME:-~/.cache}}/guardduty-eks-audit-logs
  3. the official download of {ENGINE_VERSION}, if {OFFICIAL_SITE} answers
  4. a build of {ENGINE_VERSION} from Go modules, with Go {_GO} or newer \
on PATH (about 6 minutes)
What 3 and 4 give goes into the cache. Progress is told on stderr.
"""
_EXAMPLE = """\
example: export PATH="$(.venv/bin/python -m tools.engine):$PATH"
exit codes: 0 the engine is there, 1 it could not be had
"""


class EngineNotFoundError(Exception):
    """No engine here, and none could be had; the message names every way to get one."""


@dataclass(frozen=True)
class Engine:
    """A Pulumi engine that is ready to use: put `bin` first on PATH.

    Attributes:
        version: Its version, such as `v3.276.0`.
        bin: The folder of `pulumi` and, unless that is elsewhere on PATH, its language host.
        origin: How this run came by it.
        kept_as: For an engine from the cache, whether it was DOWNLOADED or BUILT once.
    """

    version: str
    bin: Path
    origin: Origin
    kept_as: Origin | None = None

    @property
    def words(self) -> str:
        """One line for people, such as `v3.276.0, built from Go modules, kept in ~/.cache/…`."""
        came = (self.kept_as or self.origin).words
        where = "in" if self.origin is Origin.PATH else "kept in"
        return f"{self.version}, {came}, {where} {shown(self.bin)}"


def find_or_install_engine(
    report: Callable[[str], None],
    *,
    cache: EngineCache | None = None,
    site: Address | None = OFFICIAL_SITE,
) -> Engine:
    """Find the engine, or get it once and keep it.

    Args:
        report: Takes one line of progress at a time; silent when the engine is there already.
        cache: Where to keep it; the user's cache by default.
        site: What must answer for the official download to be tried; None doesn't try.

    Raises:
        EngineNotFoundError: None of the ways led to one.
        CacheNotWritableError: There is no place to keep it.
    """
    cache = cache or EngineCache(cache_folder(), ENGINE_VERSION)
    try:
        installed = find_installed_engine()
    except NotInstalledError as error:
        not_installed = error
    else:
        # A terminal set up for the sandbox has the cache itself on PATH.
        if not installed.bin.is_relative_to(cache.root):
            return Engine(installed.version, installed.bin, Origin.PATH)
        not_installed = NotInstalledError(f"only this project's own, {installed.bin}, is on PATH")
    kept = cache.finished()
    if kept is None:
        with cache.locked(report):
            # Whoever held the lock until now may just have finished it.
            kept = cache.finished()
            if kept is None:
                return _install(cache, report, site, not_installed)
    return Engine(cache.version, kept.bin, Origin.CACHE, kept.made)


def _install(
    cache: EngineCache,
    report: Callable[[str], None],
    site: Address | None,
    not_installed: NotInstalledError,
) -> Engine:
    download = partial(download_engine, site=site)
    failures: list[Exception] = [not_installed]
    with cache.workshop() as workshop:
        for origin, get in ((Origin.DOWNLOADED, download), (Origin.BUILT, build_engine)):
            folder = workshop / origin.value
            try:
                get(cache.version, folder, report)
                _prove(folder / "bin", cache.version)
            except (DownloadError, BuildError, NotInstalledError) as error:
                failures.append(error)
                continue
            kept = cache.keep(folder, origin)
            return Engine(cache.version, kept.bin, origin)
    raise EngineNotFoundError(_all_ways(cache.version, failures))


def _prove(bin_folder: Path, version: str) -> None:
    """Let the new engine say its version before anything is kept.

    Raises:
        NotInstalledError: It doesn't run, is another version, or has no Python language host.
    """
    said = version_of(bin_folder / "pulumi")
    if said != version:
        raise NotInstalledError(f"what came is {said}, not {version}")
    if not shutil.which("pulumi-language-python", path=str(bin_folder)):
        raise NotInstalledError("what came has no pulumi-language-python")


def _all_ways(version: str, failures: list[Exception]) -> str:
    no_cli, no_download, no_build = (str(each).replace("\n", "\n     ") for each in failures)
    return f"""\
there is no Pulumi engine here, and none could be had. Any one of three ways helps:
  1. Install Pulumi {MINIMUM_VERSION} or newer (https://www.pulumi.com/docs/install) and have it \
on PATH.
     Here: {no_cli}
  2. Have internet access: the official {version} is then downloaded.
     Here: {no_download}
  3. Install Go {_GO} or newer (https://go.dev/dl): {version} is then built from its Go modules.
     Here: {no_build}"""


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run `python -m tools.engine`."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.engine",
        description=_HELP,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--offline", action="store_true", help="leave way 3 out")
    offline: bool = parser.parse_args(arguments).offline
    stop_on_signal()
    try:
        engine = find_or_install_engine(_say, site=None if offline else OFFICIAL_SITE)
    except (EngineNotFoundError, CacheNotWritableError) as error:
        _say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        _say("stopped; nothing unfinished was kept")
        return 128 + signal.SIGINT
    _say(f"Pulumi engine: {engine.words}")
    print(engine.bin)
    return 0


if __name__ == "__main__":
    sys.exit(main())
