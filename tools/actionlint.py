"""actionlint: found or built, once, and run.

`python -m tools.actionlint …` runs it with these arguments. The ways, in their order: the one on
PATH, the cache, a build from its Go modules. Only one version will do, so that every machine finds
the same.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tools.build import MINIMUM_GO, BuildError, GoProgram, build_program, find_go
from tools.cache import cache_folder
from tools.progress import stop_on_signal

if TYPE_CHECKING:
    from collections.abc import Callable

ACTIONLINT_VERSION = "v1.7.12"

_NAME = "actionlint"
_ANSWER_SECONDS = 60.0
_PROGRAM = GoProgram(
    _NAME,
    Path(__file__).resolve().parent / "actionlint-module",
    "github.com/rhysd/actionlint/cmd/actionlint",
)


class ActionlintNotFoundError(Exception):
    """There is no actionlint here, and none could be built; the message says why."""


def find_or_build_actionlint(report: Callable[[str], None]) -> Path:
    """Find actionlint, or build it once and keep it in the user's cache.

    Args:
        report: Takes one line of progress at a time; silent when it is there already.

    Returns:
        The program.

    Raises:
        ActionlintNotFoundError: It is not there, and can't be built or kept.
    """
    installed = shutil.which(_NAME)
    if installed and _is_right(Path(installed)):
        return Path(installed)
    kept = cache_folder() / f"{_NAME}-{ACTIONLINT_VERSION}"
    if _is_right(kept):
        return kept
    try:
        _build(kept, report)
    except (BuildError, OSError) as error:
        raise ActionlintNotFoundError(_way_out(error)) from error
    return kept


def _build(kept: Path, report: Callable[[str], None]) -> None:
    """Build it in a folder beside its place, and move it there when it is whole and right."""
    go = find_go()
    report(f"building {_NAME} {ACTIONLINT_VERSION} from Go modules, this one time: seconds")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{_NAME}-", dir=kept.parent) as workshop:
        build_program(go, _PROGRAM, Path(workshop), report)
        made = Path(workshop, _NAME)
        if not _is_right(made):
            raise BuildError(f"what was built is not {_NAME} {ACTIONLINT_VERSION}")
        made.replace(kept)


def _is_right(program: Path) -> bool:
    """Whether a program runs and is of the right version; releases leave out the `v`."""
    try:
        said = subprocess.run(
            [program, "-version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=_ANSWER_SECONDS,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    return said.partition("\n")[0].removeprefix("v") == ACTIONLINT_VERSION.removeprefix("v")


def _way_out(error: Exception) -> str:
    go = ".".join(map(str, MINIMUM_GO))
    return (
        f"there is no {_NAME} {ACTIONLINT_VERSION} on PATH: install it "
        "(https://github.com/rhysd/actionlint), or Go "
        f"{go} or newer (https://go.dev/dl), by which it is built; here that failed: {error}"
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run `python -m tools.actionlint`."""
    stop_on_signal()
    try:
        program = find_or_build_actionlint(_say)
    except ActionlintNotFoundError as error:
        _say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        _say("stopped; nothing unfinished was kept")
        return 128 + signal.SIGINT
    given = sys.argv[1:] if arguments is None else arguments
    return subprocess.run([program, *given], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
