"""An organization that is served for a measurement, in a process that is measured apart."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from aws_sandbox.client import SandboxClient
from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.fault_effects import Fixed
from aws_sandbox.testing import ADMINISTRATOR
from benchmarks.process_tree import cpu_seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_guardduty import GuardDutyClient

    from aws_sandbox.client import Call

PROJECT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
CALLS_AT_ONCE = 8
_SERVICES = ("guardduty", "organizations", "sts")


@dataclass(frozen=True)
class ServedOrganization:
    """The default organization of the sandbox, which a third of the members have it on in.

    Attributes:
        url: where it listens.
        client: steers it.
        members: how many it has.
        pid: of the process that serves it.
    """

    url: str
    client: SandboxClient
    members: int
    pid: int

    @property
    def cpu_seconds(self) -> float:
        """What its process has used by now; no measurement has it."""
        return cpu_seconds_of(self.pid)

    def slow(self, seconds: float) -> None:
        """Let every call take so much longer from now on."""
        for service in _SERVICES:
            self.client.slows(by=Fixed(seconds=seconds), service=service)

    def calls(self) -> list[Call]:
        """The calls since the last time, with those that were throttled."""
        found = self.client.calls()
        self.client.clear_calls()
        return found

    def detector_id(self) -> str:
        """The administrator's detector."""
        with closing(guardduty(self.url)) as client:
            (found,) = client.list_detectors()["DetectorIds"]
        return found


def guardduty(url: str) -> GuardDutyClient:
    """A client of the administrator that keeps a connection for each of its threads."""
    return boto3.Session().client(
        "guardduty",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=access_key_id(ADMINISTRATOR),
        aws_secret_access_key=secret_access_key(ADMINISTRATOR),
        config=Config(proxies={}, max_pool_connections=CALLS_AT_ONCE + 1),
    )


@contextmanager
def served(members: int, regions: Sequence[str] = (REGION,)) -> Iterator[ServedOrganization]:
    """Serve an organization until the block ends.

    Args:
        members: how many there are.
        regions: the regions that exist.
    """
    command = [sys.executable, "-m", "aws_sandbox", "serve", "--port", "0"]
    options = ["--accounts", str(members), "--regions", ",".join(regions)]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    try:
        ready = process.stdout.readline().split() if process.stdout else []
        if ready[:1] != ["READY"]:
            raise SystemExit(f"the sandbox ended with {process.wait()} before it was ready")
        yield ServedOrganization(ready[1], SandboxClient(ready[1]), members, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()
