"""`python -m aws_sandbox serve`: starts the local AWS organization."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from aws_sandbox.organization import DEFAULT_ACCOUNTS, DEFAULT_REGIONS, OrganizationFileError
from aws_sandbox.profiles import NoProfilesError, add_profile
from aws_sandbox.serving import WrongUseError, describe, serve_until_stopped

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port")]
Accounts = Annotated[
    int | None, typer.Option(min=0, help=f"how many members; {DEFAULT_ACCOUNTS} by default")
]
Regions = Annotated[
    str | None, typer.Option(help=f"by commas; {','.join(DEFAULT_REGIONS)} by default")
]
OrganizationFile = Annotated[
    Path | None, typer.Option(help="a YAML file that describes another organization")
]
Latency = Annotated[float, typer.Option(min=0, help="how long every AWS call takes at least")]

_WRONG_USE = 2
_DIGITS = 12


@app.callback()
def main() -> None:
    """A local AWS organization with GuardDuty: a model for trying things out, not AWS."""


@app.command()
def serve(
    port: Port = 5000,
    accounts: Accounts = None,
    regions: Regions = None,
    organization: OrganizationFile = None,
    latency_ms: Latency = 0.0,
) -> None:
    """Serve the organization on 127.0.0.1 until SIGINT or SIGTERM."""
    try:
        serve_until_stopped(describe(accounts, regions, organization), port, latency_ms)
    except (OrganizationFileError, WrongUseError) as error:
        print(f"error: {error}", file=sys.stderr, flush=True)  # noqa: T201 -- the command line
        raise typer.Exit(_WRONG_USE) from None


@app.command()
def profile(
    account: Annotated[str, typer.Argument(help="the account's id")],
    folder: Annotated[Path, typer.Option(help="where the sandbox's AWS profiles are")],
) -> None:
    """Give a member an AWS profile: only the first ones of an organization have one."""
    try:
        if not (account.isascii() and account.isdecimal() and len(account) == _DIGITS):
            raise NoProfilesError(f"{account!r} is no account id; it has {_DIGITS} digits")  # noqa: TRY301 -- told with the others
        print(add_profile(folder, account))  # noqa: T201 -- how a command answers
    except NoProfilesError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)  # noqa: T201 -- the command line
        raise typer.Exit(_WRONG_USE) from None


if __name__ == "__main__":
    app()
