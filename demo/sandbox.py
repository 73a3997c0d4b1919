"""`python -m demo.sandbox`: a local AWS organization, and a terminal made ready to work with it."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aws_sandbox.__main__ import Accounts, Latency, OrganizationFile, Port, Regions
from aws_sandbox.actual_state import detector_ids
from aws_sandbox.organization import OrganizationFileError
from aws_sandbox.profiles import profiles_of, write_profiles
from aws_sandbox.serving import WrongUseError, describe, serve_until_stopped
from demo.environment import PulumiParts, variables, write_shell_file
from demo.kept_stacks import kept_stacks
from demo.next_steps import demo_stack, next_steps
from demo.project import STAND_IN_BIN
from demo.screen import Screen
from tools.aws_plugin import find_or_install_aws_plugin
from tools.cache import CacheNotWritableError
from tools.engine import EngineNotFoundError, find_or_install_engine

if TYPE_CHECKING:
    from collections.abc import Collection

    from aws_sandbox.organization import OrganizationDescription

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_WRONG_USE = 2


@app.command()
def serve(
    env: Annotated[
        Path, typer.Option(help="the shell file to write; source it to work with the organization")
    ],
    port: Port = 5000,
    accounts: Accounts = None,
    regions: Regions = None,
    organization: OrganizationFile = None,
    latency_ms: Latency = 0.0,
) -> None:
    """Serve a local AWS organization until SIGINT or SIGTERM, for a terminal with Pulumi."""
    try:
        if str(env).splitlines() != [str(env)]:
            raise WrongUseError(f"--env {str(env)!r} holds a line break; choose another path")  # noqa: TRY301 -- told with the others
        description = describe(accounts, regions, organization)
        pulumi = _pulumi(_folder(env) / "pulumi-home")
        stack = None if organization else demo_stack(description)
        serve_until_stopped(
            description,
            port,
            latency_ms,
            lambda url: _write_environment(env, url, description, pulumi),
            lambda sandbox: _tell_next(env, stack, detector_ids(sandbox.aws.world)),
        )
    except (OrganizationFileError, WrongUseError) as error:
        _say(f"error: {error}")
        raise typer.Exit(_WRONG_USE) from None
    # It would lead a terminal to a server that is gone; Pulumi's state may still be wanted.
    env.unlink(missing_ok=True)
    _say(f"removed {env}; Pulumi's state stays in {_folder(env) / 'state'}")


def _pulumi(home: Path) -> PulumiParts:
    """Engine and aws plugin, installed if need be; progress goes to stderr.

    Args:
        home: the PULUMI_HOME that the stand-in is put into where the real plugin can't be had.
    """
    try:
        engine = find_or_install_engine(_say)
        answer = find_or_install_aws_plugin(engine, _say, pulumi_home=home)
    except (EngineNotFoundError, CacheNotWritableError) as error:
        raise WrongUseError(str(error)) from None
    if answer.plugin is not None:
        return PulumiParts(engine.bin, answer.plugin.home)
    _say(f"aws plugin: stand-in ({answer.reason})")
    return PulumiParts(engine.bin, home, STAND_IN_BIN)


def _write_environment(
    file: Path, url: str, description: OrganizationDescription, pulumi: PulumiParts
) -> None:
    folder = _folder(file)
    accounts = profiles_of(
        description.management_account_id,
        description.administrator.id,
        [account.id for account in description.accounts],
        [account.id for account in description.standalone_accounts],
    )
    profiles = write_profiles(folder, accounts, description.regions[0])
    path = os.environ.get("PATH", os.defpath)
    found = variables(url, folder, profiles, pulumi, path)
    note = f"source {shlex.quote(str(file))}, then for example: pulumi preview"
    write_shell_file(file, found, path, [note])


def _tell_next(env: Path, stack: str | None, known: Collection[str]) -> None:
    """Say what is kept from earlier starts, and what to type next."""
    screen = Screen(sys.stderr)
    kept = [line for each in kept_stacks(_folder(env) / "state") for line in each.told(known)]
    for line in [*kept, *next_steps(env, stack)]:
        screen.say(line)


def _folder(env: Path) -> Path:
    """Where the profiles and Pulumi's state go: beside the shell file, under its name."""
    file = env.absolute()
    return file.with_name(f"{file.stem}.files")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 -- the command line's own words


if __name__ == "__main__":
    app()
