"""What a served sandbox of a test is, in its own process.

A server of forks has read all modules; each sandbox is a fork of it. Started anew, a sandbox would
spend half a second of computing on imports alone. This module imports no more than the sandbox.
"""

from __future__ import annotations

import multiprocessing
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from aws_sandbox.serving import describe, serve_until_stopped

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path


def start(
    accounts: int | None, regions: str | None, organization: Path | None
) -> tuple[ForkServerProcess, str]:
    """Starts a sandbox on a free port; its process and its URL, once it answers.

    Takes what the command line takes: `--accounts`, `--regions` and `--organization`.

    Raises:
        EOFError: it ended before it answered; its stderr says why.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(accounts, regions, organization, sending))
    process.start()
    sending.close()
    with ExitStack() as if_it_fails:
        if_it_fails.callback(process.join)
        if_it_fails.callback(process.kill)
        with receiving:
            url = str(receiving.recv())
        if_it_fails.pop_all()
    return process, url


def _serve(
    accounts: int | None, regions: str | None, organization: Path | None, ready: Connection
) -> None:
    url = ""

    def listening(found: str) -> None:
        nonlocal url
        url = found

    sys.stdout = sys.stderr  # pytest's, which is for its own lines
    description = describe(accounts, regions, organization)
    serve_until_stopped(description, 0, 0.0, listening, lambda _sandbox: ready.send(url))
