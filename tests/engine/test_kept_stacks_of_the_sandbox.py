"""A stack that is kept while its local AWS organization is stopped and started."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from demo.environment import PulumiParts
from demo.kept_stacks import kept_stacks
from tests.support.engine.organization import OFF, ON, Organization, account
from tests.support.engine.stack import Stack
from tests.support.running_sandbox import environment_with

if TYPE_CHECKING:
    from pathlib import Path

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

pytestmark = pytest.mark.slow

ACCOUNTS = "accounts: [{id: '300000000001', name: shop}, {id: '300000000002', name: cards}]"


class _Machine:
    """One project and one state folder for every organization that is started."""

    def __init__(self, serve: ServeSandbox, pulumi: PulumiParts, folder: Path) -> None:
        home = folder / "home" if pulumi.stand_in_bin else pulumi.home
        self._parts = PulumiParts(pulumi.engine_bin, home, pulumi.stand_in_bin)
        self._serve = serve
        self._folder = folder
        self.state = folder / "state"
        self.project = folder / "project0"
        self.environment: dict[str, str] = {}

    def start(self, number: int, description: str) -> Organization:
        served: RunningSandbox = self._serve(organization=description)
        backend = {"PULUMI_BACKEND_URL": f"file://{self.state}?metadata=skip"}
        self.environment = environment_with(served, self._parts) | backend
        self.state.mkdir(exist_ok=True)
        return Organization(served, self.environment, self._folder / f"project{number}")

    def stack(self) -> Stack:
        return Stack(self.project, self.environment, "test")

    def made_with_an_older_plugin(self) -> None:
        file, number = self.stack().state_file(), version("pulumi_aws")
        text = file.read_text().replace(number, "7.0.0")
        file.write_text(text.replace(f"default_{number.replace('.', '_')}", "default_7_0_0"))

    def told(self, aws: Organization) -> list[str]:
        (kept,) = kept_stacks(self.state)
        return kept.told({aws.detector_id()})


def test_a_kept_stack_goes_on_or_begins_anew(
    serve_sandbox: ServeSandbox, pulumi: PulumiParts, tmp_path: Path
) -> None:
    machine = _Machine(serve_sandbox, pulumi, tmp_path)
    wanted = [{"status": ON, "all": True}]
    first = machine.start(0, ACCOUNTS)
    assert first.stack(members=wanted).up("--skip-preview").code == 0
    first.sandbox.stop()

    # The same organization, pulumi_aws upgraded: only what AWS has forgotten is to be set again.
    second = machine.start(1, ACCOUNTS)
    if pulumi.stand_in_bin:
        machine.made_with_an_older_plugin()
    assert "has its detectors here" in machine.told(second)[0]
    assert set(second.statuses().values()) == {OFF}
    run = machine.stack().up("--skip-preview")
    assert run.code == 0, run.text
    assert "3 updated" in run.text
    assert not {"created", "deleted", "replaced"} & set(run.text.split())
    assert second.statuses() == {account(1): ON, account(2): ON}
    second.sandbox.stop()

    # Another organization: the way out that is told leaves the stack's file where it is.
    third = machine.start(2, f"seed: 1\n{ACCOUNTS}")
    told, command = machine.told(third)
    assert "does not fit" in told
    subprocess.run(
        ["sh", "-c", command], cwd=machine.project, env=machine.environment, check=True, timeout=60
    )
    assert kept_stacks(machine.state) == []
    stack = machine.stack()
    stack.init()
    run = stack.up("--skip-preview")
    assert run.code == 0, run.text
    assert third.statuses() == {account(1): ON, account(2): ON}
