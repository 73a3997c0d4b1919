"""`eks-audit-logs preview` and `up` on the real engine: what becomes of each stack."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.fault_effects import Fixed
from tests.campaign.processes import descendants
from tests.support.engine.organization import OFF, ON, account
from tests.support.engine.stack import Stack
from tests.support.machine import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

_REGIONS = ("us-east-1", "eu-west-1", "eu-central-1")
_ALL_ON = [{"status": "ENABLED", "all": True}]
_COMMAND = [sys.executable, "-m", "guardduty_eks_audit_logs"]


def _stacks(aws: Organization, regions: tuple[str, ...] = _REGIONS) -> dict[str, Stack]:
    """Writes the files of stacks that the backend does not have yet."""
    stacks = {}
    for region in regions:
        stack = Stack(aws.project, aws.environment, region)
        stack.configure({"aws:region": region, "members": _ALL_ON})
        stack.file.write_text(f"# {region}, by the platform team\n{stack.file.read_text()}")
        stacks[region] = stack
    return stacks


def _run(aws: Organization, *words: str) -> tuple[int, str, list[str]]:
    """Runs the command; gives its exit code, its report, and the lines of the stacks."""
    ended = subprocess.run(
        [*_COMMAND, *words],
        cwd=aws.project,
        env=aws.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return ended.returncode, ended.stdout, ended.stderr.splitlines()


def _begin(lines: list[str]) -> dict[str, str]:
    """{stack: the first word of its line}."""
    return {line.split()[0]: line.split()[1] for line in lines}


def test_new_stacks_are_previewed_and_deployed_though_one_is_refused(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(regions=_REGIONS)
    stacks = _stacks(aws)
    wrong = stacks["eu-west-1"]
    right = wrong.file.read_text()
    wrong.configure({"aws:region": wrong.name, "members": [{"status": "ON", "all": True}]})
    files = {stack.file: stack.file.read_bytes() for stack in stacks.values()}

    code, report, lines = _run(aws, "preview")

    assert code == 1, lines
    assert _begin(lines) == {"us-east-1": "done", "eu-west-1": "refused", "eu-central-1": "done"}
    assert "**3 regions: 16 on, 0 off, 4 settings, 1 refused**" in report
    assert "new stack" in report
    assert {file: file.read_bytes() for file in files} == files
    assert aws.writes() == []

    code, report, lines = _run(aws, "up", "--yes", "--jobs", "2")

    assert code == 1, lines
    assert _begin(lines) == {"us-east-1": "done", "eu-west-1": "refused", "eu-central-1": "done"}
    assert "# us-east-1, by the platform team" in stacks["us-east-1"].file.read_text()
    assert set(aws.statuses().values()) == {ON}

    salt = [line for line in wrong.file.read_text().splitlines() if "encryptionsalt" in line]
    wrong.file.write_text("\n".join([right.rstrip("\n"), *salt, ""]))
    code, _, lines = _run(aws, "up", "--yes", "--stacks", wrong.name)
    assert code == 0, lines

    aws.set_status(account(1), OFF)
    code, report, lines = _run(aws, "preview", "--expect-no-changes")

    assert code == 7, lines
    assert account(1) in report
    assert "**3 regions: 1 account differs**" in report


def _runs(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_an_interrupt_leaves_nothing_running_and_up_goes_on(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=2400, regions=_REGIONS[:2])
    stacks = _stacks(aws, _REGIONS[:2])
    for stack in stacks.values():
        stack.init()
    aws.control.slows("UpdateMemberDetectors", by=Fixed(seconds=2))
    started = subprocess.Popen(
        [*_COMMAND, "up", "--yes", "--jobs", "1"],
        cwd=aws.project,
        env=aws.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: len(aws.control.calls("UpdateMemberDetectors")) > 1)
    engines = descendants(started.pid)

    started.send_signal(signal.SIGINT)
    _, errors = started.communicate(timeout=120)

    assert started.returncode == 130, errors
    first, second = errors.splitlines()[1:3]
    assert re.match(r"eu-west-1  interrupted after \d+ s: \d+ of 2400 members in eu-west-1", first)
    assert second == "us-east-1  not begun"
    assert "1 interrupted or failed, 1 not begun. `eks-audit-logs up` goes on" in errors
    wait_until(lambda: not any(map(_runs, engines)))  # providers end soon after their engine

    aws.control.clear_faults()
    code, _, lines = _run(aws, "up", "--yes")

    assert code == 0, lines
    assert set(aws.statuses().values()) == {ON}
