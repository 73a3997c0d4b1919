"""`python -m sandbox serve`: starts the local AWS organization."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from sandbox.organization import (
    DEFAULT_ACCOUNTS,
    DEFAULT_REGIONS,
    OrganizationDescription,
    OrganizationFileError,
    default_organization,
    read_organization,
)
from sandbox.server import LOOPBACK, PortTakenError, Sandbox, make

if TYPE_CHECKING:
    from types import FrameType

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

_WRONG_USE = 2


@app.callback()
def main() -> None:
    """A local AWS organization with GuardDuty: a model for trying things out, not AWS."""


@app.command()
def serve(
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
) -> None:
    """Serve the organization on 127.0.0.1 until SIGINT or SIGTERM."""
    description = _describe(accounts, regions, organization)
    sandbox = Sandbox(description, latency_ms / 1000)
    try:
        server = make(sandbox, port)
    except PortTakenError as error:
        _refuse(f"{error}; choose another with --port, or --port 0 for any free one")
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    print(f"READY http://{LOOPBACK}:{server.port}", flush=True)  # noqa: T201 -- the contract
    stopping.wait()
    server.shutdown()
    server.server_close()


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


def _refuse(message: str) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)  # noqa: T201 -- the command line's own words
    raise typer.Exit(_WRONG_USE)


if __name__ == "__main__":
    app()
