"""`python -m sandbox serve`: starts the local AWS organization."""

from __future__ import annotations

import math
import os
import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from sandbox.environment import PulumiParts, variables, write_profiles, write_shell_file
from sandbox.kept_stacks import kept_stacks
from sandbox.next_steps import demo_stack, next_steps
from sandbox.organization import (
    DEFAULT_ACCOUNTS,
    DEFAULT_REGIONS,
    OrganizationDescription,
    OrganizationFileError,
    default_organization,
    read_organization,
)
from sandbox.screen import Screen
from sandbox.server import LOOPBACK, PortTakenError, Sandbox, make
from sandbox.truth import detector_ids
from tools.aws_plugin import find_or_install_aws_plugin
from tools.cache import CacheNotWritableError
from tools.engine import EngineNotFoundError, find_or_install_engine

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import FrameType

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

_WRONG_USE = 2
_LOOKS_EVERY_SECONDS = 0.05  # whether it is to stop


@app.callback()
def main() -> None:
    """A local AWS organization with GuardDuty: a model for trying things out, not AWS."""


@app.command()
def serve(  # noqa: PLR0913, PLR0917 -- one for each option of the command line
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port")] = 5000,
    accounts: Annotated[
        int | None, typer.Option(min=0, help=f"how many members; {DEFAULT_ACCOUNTS} by default")
    ] = None,
    regions: Annotated[
        str | None, typer.Option(help=f"by commas; {','.join(DEFAULT_REGIONS)} by default")
    ] = None,
    organization: Annotated[
        Path | None, typer.Option(help="a YAML file that describes another organization")
    ] = None,
    latency_ms: Annotated[
        float, typer.Option(min=0, help="how long every AWS call takes at least")
    ] = 0.0,
    env: Annotated[
        Path | None, typer.Option(help="a shell file to write; source it to work with the sandbox")
    ] = None,
) -> None:
    """Serve the organization on 127.0.0.1 until SIGINT or SIGTERM."""
    if not math.isfinite(latency_ms):
        _refuse(f"--latency-ms {latency_ms} is no number of milliseconds; give one from 0 on")
    if env is not None and str(env).splitlines() != [str(env)]:
        _refuse(f"--env {str(env)!r} holds a line break; choose another path")
    description = _describe(accounts, regions, organization)
    pulumi = None if env is None else _pulumi(_folder(env) / "pulumi-home")
    sandbox = Sandbox(description, latency_ms / 1000)
    try:
        server = make(sandbox, port)
    except PortTakenError as error:
        _refuse(f"{error}; choose another with --port, or --port 0 for any free one")
    url = f"http://{LOOPBACK}:{server.port}"
    if env is not None and pulumi is not None:
        _write_environment(env, url, description, pulumi)
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": _LOOKS_EVERY_SECONDS}, daemon=True
    )
    thread.start()
    print(f"READY {url}", flush=True)  # noqa: T201 -- the contract
    if env is not None:
        stack = None if organization else demo_stack(description)
        _tell_next(env, stack, detector_ids(sandbox.aws.world))
    stopping.wait()
    server.shutdown()
    server.server_close()
    if env is not None:
        # It would lead a terminal to a server that is gone; Pulumi's state may still be wanted.
        env.unlink(missing_ok=True)
        _say(f"removed {env}; Pulumi's state stays in {_folder(env) / 'state'}")


def _describe(
    accounts: int | None, regions: str | None, organization: Path | None
) -> OrganizationDescription:
    names = None if regions is None else [name.strip() for name in regions.split(",")]
    try:
        if organization is None:
            number = DEFAULT_ACCOUNTS if accounts is None else accounts
            return default_organization(number, names or DEFAULT_REGIONS)
        if accounts is not None:
            _refuse("--accounts and --organization don't go together: the file names the accounts")
        return read_organization(organization, names)
    except OrganizationFileError as error:
        _refuse(str(error))


def _pulumi(home: Path) -> PulumiParts:
    """Engine and aws plugin, installed if need be; progress goes to stderr.

    Args:
        home: the PULUMI_HOME that the stand-in is put into where the real plugin can't be had.
    """
    try:
        engine = find_or_install_engine(_say)
        answer = find_or_install_aws_plugin(engine, _say, pulumi_home=home)
    except (EngineNotFoundError, CacheNotWritableError) as error:
        _refuse(str(error))
    if answer.plugin is not None:
        return PulumiParts(engine.bin, answer.plugin.home)
    _say(f"aws plugin: stand-in ({answer.reason})")
    stand_in = Path(__file__).parent / "aws_plugin" / "bin"
    return PulumiParts(engine.bin, home, stand_in)


def _write_environment(
    file: Path, url: str, description: OrganizationDescription, pulumi: PulumiParts
) -> None:
    folder = _folder(file)
    profiles = write_profiles(
        folder,
        description.management_account_id,
        description.administrator.id,
        [account.id for account in description.accounts],
        description.regions[0],
        standalone_ids=[account.id for account in description.standalone_accounts],
    )
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


def _refuse(message: str) -> NoReturn:
    _say(f"error: {message}")
    raise typer.Exit(_WRONG_USE)


if __name__ == "__main__":
    app()
