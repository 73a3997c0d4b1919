"""The engine and other programs, built from their public Go modules.

Writes to the folder it is given and to Go's own caches. The user's Go settings (GOPROXY, GOFLAGS
and the like) stay in force.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.progress import Command, run_showing_life

if TYPE_CHECKING:
    from collections.abc import Callable

MINIMUM_GO = (1, 26, 6)

_MODULES = Path(__file__).resolve().parent
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_ANSWER_SECONDS = 60.0


class BuildError(Exception):
    """A program could not be built here; the message says why."""


@dataclass(frozen=True)
class GoProgram:
    """A program to build.

    Attributes:
        words: What people call it.
        module: The folder whose go.mod pins it.
        package: The Go package of its main function.
        tags: Go build tags.
        link: Options of the linker, beside those that make it small.
    """

    words: str
    module: Path
    package: str
    tags: tuple[str, ...] = ()
    link: str = ""


def _programs(version: str) -> tuple[GoProgram, ...]:
    return (
        # osusergo: users are looked up without C. grpcnotrace: without it the linker can't leave
        # out unused methods, and the program is much bigger. Pulumi's own releases set both.
        GoProgram(
            "the Pulumi CLI",
            _MODULES / "pulumi",
            "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            ("osusergo", "grpcnotrace"),
            _calling_itself(version),
        ),
        # The last version whose language host is part of the sdk module. Later hosts are a module
        # of their own that the Go module proxies don't serve.
        GoProgram(
            "its Python language host",
            _MODULES / "language-python",
            f"{_SDK}/python/cmd/pulumi-language-python",
            link=_calling_itself("v3.79.0"),
        ),
    )


def _calling_itself(version: str) -> str:
    return f"-X {_SDK}/go/common/version.Version={version}"


def build_engine(version: str, folder: Path, report: Callable[[str], None]) -> None:
    """Build the CLI and its Python language host into `folder/bin`.

    Args:
        version: The engine's version, such as `v3.276.0`; go.mod pins the same.
        folder: An empty folder.
        report: Takes one line of progress at a time.

    Raises:
        BuildError: Go is missing or too old, or the build fails.
    """
    go = find_go()
    report(
        f"building the Pulumi engine {version} from Go modules, this one time: "
        "about 6 minutes on 2 cores"
    )
    bin_folder = folder / "bin"
    try:
        bin_folder.mkdir(parents=True)
        for program in _programs(version):
            build_program(go, program, bin_folder, report)
        _copy_python_parts(go, bin_folder)
    except OSError as error:
        raise BuildError(f"the build failed: {error}") from error


def find_go() -> str:
    """The `go` on PATH.

    Raises:
        BuildError: There is none, or it is too old.
    """
    go = shutil.which("go")
    if go is None:
        raise BuildError("no `go` on PATH")
    try:
        # Asked outside any module: inside one, Go may answer for a toolchain it would download.
        said = subprocess.run(
            [go, "env", "GOVERSION"],
            cwd=Path(go).resolve().parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=_ANSWER_SECONDS,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        raise BuildError(f"{go} does not answer `go env GOVERSION`") from error
    number = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", said)
    if number is None or tuple(int(each or 0) for each in number.groups()) < MINIMUM_GO:
        raise BuildError(f"the Go on PATH ({go}) is {said.removeprefix('go') or 'unknown'}")
    return go


def build_program(go: str, program: GoProgram, folder: Path, report: Callable[[str], None]) -> None:
    """Build a program into a folder.

    Args:
        go: What `find_go` found.
        program: What to build.
        folder: The folder for the executable; it exists.
        report: Takes one line of progress at a time.

    Raises:
        BuildError: The build fails.
        OSError: `go` could not be started.
    """
    # -mod=readonly: whatever GOFLAGS says, what go.sum doesn't pin isn't built.
    tags = ("-tags", ",".join(program.tags)) if program.tags else ()
    command = Command(
        [
            *(go, "build", "-mod=readonly", "-trimpath", *tags),
            *("-ldflags", f"-w -s {program.link}".rstrip()),
            *("-o", f"{folder}{os.sep}", program.package),
        ],
        doing=f"downloading and compiling {program.words}",
        cwd=program.module,
        env=_environment(),
    )
    build = run_showing_life(command, report)
    if build.code != 0:
        raise BuildError(
            f"`go build` of {program.words} ended with code {build.code}:\n{build.last_lines}"
        )


def _copy_python_parts(go: str, bin_folder: Path) -> None:
    """Put the two scripts by which the language host starts Python beside it."""
    listed = subprocess.run(
        [go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", _SDK],
        cwd=_MODULES / "pulumi",
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=_ANSWER_SECONDS,
    )
    sdk = listed.stdout.strip()
    if listed.returncode != 0 or not sdk:
        raise BuildError(f"`go list -m {_SDK}` failed: {listed.stderr.strip()}")
    for script in (
        "python/cmd/pulumi-language-python-exec",
        "python/dist/pulumi-resource-pulumi-python",
    ):
        copied = bin_folder / Path(script).name
        shutil.copyfile(Path(sdk) / script, copied)
        copied.chmod(0o755)


def _environment() -> dict[str, str]:
    # Without C the programs need no compiler here. A go.work above this checkout, of whoever
    # keeps it there, doesn't list these modules and would make Go refuse them.
    return {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
