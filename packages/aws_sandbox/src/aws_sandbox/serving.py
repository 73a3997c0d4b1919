"""Serves a sandbox until its process is told to stop."""

from __future__ import annotations

import math
import signal
import threading
from typing import TYPE_CHECKING

from aws_sandbox.organization import (
    DEFAULT_ACCOUNTS,
    DEFAULT_REGIONS,
    OrganizationDescription,
    default_organization,
    read_organization,
)
from aws_sandbox.server import LOOPBACK, PortTakenError, Sandbox, make

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

_LOOKS_EVERY_SECONDS = 0.05  # whether it is to stop


class WrongUseError(Exception):
    """The command line asks for what can't be served; the message says what to change."""


def describe(
    accounts: int | None, regions: str | None, organization: Path | None
) -> OrganizationDescription:
    """Reads which organization the command line asks for.

    Args:
        accounts: how many members.
        regions: their names, by commas.
        organization: a YAML file that describes the organization.

    Raises:
        WrongUseError: two of them don't go together.
        OrganizationFileError: the file is no description.
    """
    names = None if regions is None else [name.strip() for name in regions.split(",")]
    if organization is None:
        number = DEFAULT_ACCOUNTS if accounts is None else accounts
        return default_organization(number, names or DEFAULT_REGIONS)
    if accounts is not None:
        raise WrongUseError(
            "--accounts and --organization don't go together: the file names the accounts"
        )
    return read_organization(organization, names)


def serve_until_stopped(
    description: OrganizationDescription,
    port: int,
    latency_ms: float,
    when_listening: Callable[[str], None] = lambda _url: None,
    when_ready: Callable[[Sandbox], None] = lambda _sandbox: None,
) -> None:
    """Serves an organization on 127.0.0.1 until SIGINT or SIGTERM; says READY on stdout.

    Args:
        description: the organization.
        port: 0 takes any free one.
        latency_ms: how long every AWS call takes at least.
        when_listening: called with the URL before READY is said.
        when_ready: called with the sandbox after it.

    Raises:
        WrongUseError: the port is taken, or the latency is no number.
    """
    if not math.isfinite(latency_ms):
        raise WrongUseError(
            f"--latency-ms {latency_ms} is no number of milliseconds; give one from 0 on"
        )
    sandbox = Sandbox(description, latency_ms / 1000)
    try:
        server = make(sandbox, port)
    except PortTakenError as error:
        raise WrongUseError(
            f"{error}; choose another with --port, or --port 0 for any free one"
        ) from None
    url = f"http://{LOOPBACK}:{server.port}"
    when_listening(url)
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
    when_ready(sandbox)
    stopping.wait()
    server.shutdown()
    server.server_close()
