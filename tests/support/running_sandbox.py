"""A local AWS organization for tests, served by a process of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import boto3
import pytest
from botocore.config import Config

from aws_sandbox.client import SandboxClient
from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.profiles import write_profiles
from demo.environment import PulumiParts, applied, variables
from tests.support.served_process import start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.context import ForkServerProcess

MANAGEMENT = "111111111111"
ADMINISTRATOR = "222222222222"
PROJECT = Path(__file__).resolve().parents[2]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--as-ci`: the tests on the real engine act as a job of a CI does, without a profile."""
    parser.addoption("--as-ci", action="store_true", help="run stacks as a job of a CI does")


@dataclass(frozen=True)
class RunningSandbox:
    """A served sandbox.

    `environment` is a whole environment for subprocesses, with the project's Python in front; use
    `environment_with` to put an engine and a plugin into it.
    """

    url: str
    client: SandboxClient
    environment: dict[str, str]
    folder: Path
    profiles: tuple[Path, Path]
    process: ForkServerProcess

    def boto3(self, service: str, account: str = ADMINISTRATOR, region: str = "us-east-1") -> Any:  # noqa: ANN401 -- the type of a client depends on the service
        """A boto3 client with the credentials of an account; calls fail at once, never again."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=access_key_id(account),
            aws_secret_access_key=secret_access_key(account),
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    def detector(self, account: str = ADMINISTRATOR, region: str = "us-east-1") -> str:
        """The detector id of an account."""
        (found,) = self.boto3("guardduty", account, region).list_detectors()["DetectorIds"]
        return str(found)

    def environment_with(self, pulumi: PulumiParts) -> dict[str, str]:
        """The environment with an engine and, where it is needed, the stand-in on PATH."""
        path = os.environ["PATH"]
        return applied(os.environ, variables(self.url, self.folder, self.profiles, pulumi, path))

    def stop(self) -> int:
        """Stop it as SIGTERM does, and return its exit code."""
        self.process.terminate()
        self.process.join(timeout=30)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        return int(self.process.exitcode or 0)


class ServeSandbox(Protocol):
    """Starts a sandbox that lives as long as the test."""

    def __call__(
        self,
        accounts: int = 12,
        regions: Sequence[str] = ("us-east-1", "eu-west-1"),
        organization: str | None = None,
    ) -> RunningSandbox:
        """Start one; `organization` is the YAML text of a description, in place of the others."""


@pytest.fixture
def serve_sandbox(tmp_path: Path) -> Iterator[ServeSandbox]:
    running: list[RunningSandbox] = []

    def serve(
        accounts: int = 12,
        regions: Sequence[str] = ("us-east-1", "eu-west-1"),
        organization: str | None = None,
    ) -> RunningSandbox:
        folder = tmp_path / f"sandbox-{len(running)}"
        folder.mkdir()
        file = None
        if organization is not None:
            file = folder / "organization.yaml"
            file.write_text(organization)
        names = None if file else ",".join(regions)
        process, url = start(None if file else accounts, names, file)
        try:
            client = SandboxClient(url)
            found = client.organization()
            administrator = found.administrators[found.regions[0]]
            assert administrator is not None
            others = {found.management_account, administrator}
            profiles = write_profiles(
                folder,
                found.management_account,
                administrator,
                [entry.account_id for entry in found.accounts if entry.account_id not in others],
                found.regions[0],
                standalone_ids=found.standalone_accounts,
            )
            parts = PulumiParts(engine_bin=None, home=folder / "pulumi-home")
            environment = applied(
                os.environ, variables(url, folder, profiles, parts, os.environ["PATH"])
            )
            started = RunningSandbox(url, client, environment, folder, profiles, process)
        except BaseException:
            process.kill()
            process.join()
            raise
        running.append(started)
        return started

    yield serve
    for sandbox in running:
        sandbox.stop()


@pytest.fixture
def sandbox(serve_sandbox: ServeSandbox) -> RunningSandbox:
    """The default organization: 12 members, us-east-1 and eu-west-1."""
    return serve_sandbox()
