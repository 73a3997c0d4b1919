"""A pytest plugin: sandboxes that live as long as a test, each in a process of its own.

Load it with `-p aws_sandbox.testing.plugin`. It has two fixtures:

- `sandbox`: the default organization, 12 members in us-east-1 and eu-west-1.
- `serve_sandbox`: a function that starts any other organization.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import boto3
import botocore.session
import pytest
from botocore.config import Config

from aws_sandbox.client import SandboxClient
from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.profiles import applied, aws_variables, profiles_of, write_profiles
from aws_sandbox.testing import ADMINISTRATOR
from aws_sandbox.testing.served_process import start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.context import ForkServerProcess

_READS_NO_FILE = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""botocore's settings of a client that no test's profiles and files concern."""


@dataclass(frozen=True)
class RunningSandbox:
    """A served sandbox.

    Attributes:
        url: where it listens.
        client: steers it.
        folder: a folder of its own.
        profiles: the AWS config file and the credentials file.
        process: serves it.
    """

    url: str
    client: SandboxClient
    folder: Path
    profiles: tuple[Path, Path]
    process: ForkServerProcess

    @property
    def environment(self) -> dict[str, str]:
        """An environment for subprocesses: its profiles, and the running Python on PATH."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return applied(os.environ, {**aws_variables(self.url, self.profiles), "PATH": path})

    def boto3(self, service: str, account: str = ADMINISTRATOR, region: str = "us-east-1") -> Any:  # noqa: ANN401 -- the type of a client depends on the service
        """A boto3 client with the credentials of an account; calls fail at once, never again."""
        return boto3.Session(botocore_session=botocore.session.Session(_READS_NO_FILE)).client(
            service,  # type: ignore[call-overload]
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=access_key_id(account),
            aws_secret_access_key=secret_access_key(account),
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    def detector(self, account: str = ADMINISTRATOR, region: str = "us-east-1") -> str:
        """The detector id of an account."""
        with closing(self.boto3("guardduty", account, region)) as guardduty:
            (found,) = guardduty.list_detectors()["DetectorIds"]
        return str(found)

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
    """A function that starts sandboxes; they stop when the test ends."""
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
        started = start_sandbox(folder, None if file else accounts, names, file)
        running.append(started)
        return started

    yield serve
    for sandbox in running:
        sandbox.stop()


def start_sandbox(
    folder: Path, accounts: int | None, regions: str | None, organization: Path | None = None
) -> RunningSandbox:
    """Start a sandbox that runs until `stop()` is called.

    Args:
        folder: where its AWS profiles go.
        accounts: the option `--accounts` of the command line.
        regions: the option `--regions`.
        organization: the option `--organization`.
    """
    process, url = start(accounts, regions, organization)
    with ExitStack() as if_it_fails:
        if_it_fails.callback(process.join)
        if_it_fails.callback(process.kill)
        client = SandboxClient(url)
        found = client.organization()
        administrator = found.administrators[found.regions[0]]
        assert administrator is not None, "the first region has no delegated administrator"
        others = {found.management_account, administrator}
        members = [each.account_id for each in found.accounts if each.account_id not in others]
        accounts_by_profile = profiles_of(
            found.management_account, administrator, members, found.standalone_accounts
        )
        profiles = write_profiles(folder, accounts_by_profile, found.regions[0])
        if_it_fails.pop_all()
    return RunningSandbox(url, client, folder, profiles, process)


@pytest.fixture
def sandbox(serve_sandbox: ServeSandbox) -> RunningSandbox:
    """The default organization: 12 members, us-east-1 and eu-west-1."""
    return serve_sandbox()
