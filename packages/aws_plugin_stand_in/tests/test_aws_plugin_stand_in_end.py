"""How the stand-in ends: when the engine is done with it, and while it still waits for AWS."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from stand_in_process import (
    DETECTOR,
    EXECUTABLE,
    RefusedError,
    StandIn,
    clean_environment,
    settings_of,
    urn,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = 40
# The engine gives all plugins of a run five seconds together.
SOON = 2.5


@contextmanager
def started() -> Iterator[tuple[subprocess.Popen[str], StandIn]]:
    """The stand-in in a process group of its own, as the engine starts it."""
    with subprocess.Popen(
        [str(EXECUTABLE), "127.0.0.1:1"],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process, StandIn(int(process.stdout.readline()))
        finally:
            process.kill()


@contextmanager
def waiting(stand_in: StandIn, requests: int) -> Iterator[None]:
    """So many requests of the engine wait for an AWS that never answers."""

    def ask() -> None:
        with suppress(RefusedError):
            stand_in.call("Read", provider_pb2.ReadRequest(id="d", urn=urn(DETECTOR)))

    with ExitStack() as opened:
        silent = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=MANY))
        silent.settimeout(60)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        stand_in.configure(**settings_of(address, skipRequestingAccountId="true"))
        for _ in range(requests):
            threading.Thread(target=ask, daemon=True).start()
        for _ in range(requests):
            opened.enter_context(silent.accept()[0])
        yield


def test_it_ends_at_once_even_while_a_request_waits_for_aws() -> None:
    with started() as (process, stand_in), waiting(stand_in, 1):
        began = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
        assert time.monotonic() - began < SOON
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_cancel_is_answered_while_many_requests_wait_for_aws() -> None:
    with started() as (_, stand_in), waiting(stand_in, MANY):
        began = time.monotonic()
        stand_in.call("Cancel", empty_pb2.Empty())
        assert time.monotonic() - began < SOON
