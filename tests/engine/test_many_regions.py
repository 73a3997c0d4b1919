"""Many half-configured regions reach a clean `up` by the commands of docs/many-regions.md alone.

Nobody is there to answer, and one region fails on purpose at each step.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from aws_sandbox.fault_effects import AccessDenied, BadRequest, Fixed
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from tests.campaign.processes import descendants
from tests.support.engine.organization import account
from tests.support.pages import Change, Command, Shell, steps_of
from tests.support.template import Repository, used_clone
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

_PAGE = [*steps_of((PROJECT_FOLDER / "docs" / "many-regions.md").read_text("utf-8"))]
_PLAIN, _ALL, _WITHOUT_DETECTOR, _KILLED = "us-east-1", "us-west-2", "eu-central-1", "eu-west-1"
_USABLE = (_PLAIN, _ALL, _WITHOUT_DETECTOR, _KILLED)
_WITHOUT_FEATURE, _NOT_OPTED_IN = "eu-west-2", "ap-east-1"
_MORE = (
    *("us-east-2", "us-west-1", "ca-central-1", "sa-east-1", "eu-west-3", "eu-north-1"),
    *("ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
    *("ap-southeast-1", "ap-southeast-2", "eu-south-1"),
)
_PROJECT = "guardduty-eks-audit-logs"  # the keys of the page have its name
_SUSPENDED, _OPTED_OUT = (account(7), account(8)), (account(9), account(10))


def _described(accounts: int, usable: Sequence[str]) -> str:
    """A third of the accounts is on; some are suspended, or have opted out of a region."""
    units = ("Root/Prod", "Root/Test", "Root/Sandbox")
    described = []
    for number in range(1, accounts + 1):
        one: dict[str, object] = {"id": account(number), "name": f"a{number}"}
        one |= {"ou": units[number % 3], "eksAuditLogs": "ENABLED" if number % 3 else "DISABLED"}
        if account(number) in _SUSPENDED:
            one["relationshipStatus"] = "Disabled"
        if account(number) in _OPTED_OUT:
            one["regionsNotEnabled"] = [_KILLED]
        described.append(one)
    return yaml.safe_dump(
        {
            "regions": [*usable, _WITHOUT_FEATURE, _NOT_OPTED_IN],
            "regionsWithoutEksAuditLogs": [_WITHOUT_FEATURE],
            "regionsWithoutAdministratorDetector": [_WITHOUT_DETECTOR],
            "accounts": described,
        }
    )


class _Walk:
    """The page's commands in an organization: each is one that the page has."""

    def __init__(self, aws: Organization, project: Path, environment: Mapping[str, str]) -> None:
        self.aws = aws
        self.project = project
        self.environment = environment
        self._shell = Shell(project, environment)
        self._commands = {one.words for one in _PAGE if isinstance(one, Command)}

    def run(self, words: str, expected: int = 0) -> str:
        assert words in self._commands, f"no command of the page: {words}"
        code, printed = self._shell.run(words)
        text = "\n".join(printed)
        assert code == expected, text
        return text

    def init(self) -> str:
        """The page's `init`, with all regions in place of those that it names."""
        (first, *_) = (words for words in self._commands if words.startswith("eks-audit-logs init"))
        regions = ",".join(self.aws.control.organization().regions)
        code, printed = self._shell.run(re.sub(r"--regions \S+", f"--regions {regions}", first))
        assert code == 0, printed
        return "\n".join(printed)

    def change(self, containing: str, file: str = "") -> None:
        """A change of the page; to another region's file, if one is given."""
        (found, *_) = (one for one in _PAGE if isinstance(one, Change) and containing in one.after)
        replace(found, file=file or found.file).apply(self.project)

    def ends(self, text: str) -> dict[str, str]:
        """{region: the word for its stack's end}."""
        lines = re.findall(r"^prod-(?:delegation-)?(\S+) +(\w+) after", text, re.MULTILINE)
        return dict(lines)


def _kill_the_engine(pid: int, region: str) -> None:
    """Kills a stack's engine in the middle of its writes."""
    for one in descendants(pid):
        with suppress(OSError):
            words = Path(f"/proc/{one}/cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"pulumi") and f"prod-{region}".encode() in words:
                os.kill(one, signal.SIGKILL)


def _up_with_a_killed_engine(walk: _Walk, words: str) -> tuple[int, str]:
    """Runs `up`; the engine of one region is killed as soon as it writes."""
    aws = walk.aws
    started = subprocess.Popen(
        shlex.split(words),
        cwd=walk.project,
        env=walk.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def writes() -> bool:
        calls = aws.control.calls("UpdateMemberDetectors")
        return any(call.region == _KILLED for call in calls)

    def kill() -> None:
        while started.poll() is None and not writes():
            time.sleep(0.2)
        _kill_the_engine(started.pid, _KILLED)

    killer = threading.Thread(target=kill)
    killer.start()
    text, _ = started.communicate(timeout=1200)
    killer.join()
    return started.returncode, text


def _write_the_files(walk: _Walk, usable: Sequence[str]) -> None:
    """`init` though one region can't be read, and what the page says to change in the files."""
    walk.aws.control.fails("ListDetectors", with_=AccessDenied(), regions=[_PLAIN])
    text = walk.init()
    assert f"{_WITHOUT_FEATURE}: GuardDuty does not offer EKS audit logs there" in text
    assert f"{_NOT_OPTED_IN}: account {ADMINISTRATOR} has not opted in" in text
    assert f"{2 * len(usable)} files written" in text
    walk.aws.control.clear_faults()
    assert "every stack has its file already" in walk.init()
    walk.change("      - status: ENABLED")
    walk.change('    default: "100%"')
    walk.change("detector: create", f"stacks/Pulumi.prod-{_WITHOUT_DETECTOR}.yaml")
    walk.change("autoEnable: NEW", f"stacks/Pulumi.prod-{_ALL}.yaml")


def _designate_and_preview(walk: _Walk, done: dict[str, str]) -> None:
    """Each with a region that can't be read at first."""
    control, up = walk.aws.control, "eks-audit-logs up --yes --stacks 'prod-delegation-*'"
    control.fails("ListOrganizationAdminAccounts", with_=AccessDenied(), regions=[_ALL])
    ends = walk.ends(walk.run(up, expected=1))
    assert ends == {**done, _ALL: ends[_ALL]}
    assert ends[_ALL] in {"failed", "refused"}
    control.clear_faults()
    assert walk.ends(walk.run(up)) == done

    control.fails("ListMembers", with_=AccessDenied(), regions=[_ALL])
    ends = walk.ends(walk.run("eks-audit-logs preview", expected=1))
    assert ends == {**done, _ALL: "refused"}
    control.clear_faults()
    control.clear_calls()
    assert walk.ends(walk.run("eks-audit-logs preview")) == done
    assert walk.aws.writes() == []


def _deploy(walk: _Walk, done: dict[str, str]) -> None:
    """Writes that fail in one region, and an engine that is killed in another."""
    control, up = walk.aws.control, "eks-audit-logs up --yes"
    control.fails("UpdateMemberDetectors", with_=BadRequest(), regions=[_PLAIN])
    control.slows("UpdateMemberDetectors", by=Fixed(seconds=3), regions=[_KILLED])
    code, text = _up_with_a_killed_engine(walk, up)
    assert code == 1, text
    assert walk.ends(text) == {**done, _PLAIN: "failed", _KILLED: "failed"}, text
    control.clear_faults()
    assert walk.ends(walk.run(up, expected=1)) == {**done, _KILLED: "failed"}
    walk.run(f"pulumi cancel --yes --stack prod-{_KILLED}")
    assert walk.ends(walk.run(up)) == done


@pytest.fixture
def usable(request: pytest.FixtureRequest) -> Sequence[str]:
    """The regions that are to be kept."""
    return (*_USABLE, *_MORE) if request.config.getoption("--many-regions") else _USABLE


@pytest.fixture
def half_configured(
    organization: Callable[..., Organization], usable: Sequence[str]
) -> Organization:
    """An organization that has EKS audit logs here and there."""
    aws = organization(description=_described(120 if usable == _USABLE else 300, usable))
    aws.control.disable_region(ADMINISTRATOR, _NOT_OPTED_IN)
    aws.control.set_auto_enable("ALL", region=_ALL)
    return aws


@pytest.mark.timeout(3600)
def test_half_configured_regions_reach_a_clean_up_though_one_fails(
    half_configured: Organization, usable: Sequence[str]
) -> None:
    aws = half_configured
    _reach_a_clean_up(_Walk(aws, aws.project, aws.environment), usable)


@pytest.mark.timeout(3600)
def test_a_repository_of_the_template_does_so_too(
    half_configured: Organization, usable: Sequence[str], tmp_path: Path
) -> None:
    aws = half_configured
    made = Repository(used_clone(tmp_path), tmp_path / "repository", _PROJECT, aws.environment)
    made.install(tmp_path)
    _reach_a_clean_up(_Walk(aws, made.folder, made.environment), usable)


def _reach_a_clean_up(walk: _Walk, usable: Sequence[str]) -> None:
    control = walk.aws.control
    done = dict.fromkeys(usable, "done")

    _write_the_files(walk, usable)
    _designate_and_preview(walk, done)
    _deploy(walk, done)

    # What GuardDuty does by itself; then nothing is left to do.
    control.advance_clock(hours=25)
    assert walk.ends(walk.run("eks-audit-logs up --yes")) == done
    preview = "eks-audit-logs preview --expect-no-changes"
    control.fails("ListMembers", with_=AccessDenied(), regions=[_ALL])
    assert walk.ends(walk.run(preview, expected=1)) == {**done, _ALL: "refused"}
    control.clear_faults()
    assert f"**{len(usable)} regions: nothing differs**" in walk.run(preview)

    # Only what the page explains is missing.
    text = walk.run("eks-audit-logs coverage --stacks 'prod-*'", expected=1)
    assert {*re.findall(r"\b\d{12}\b", text)} == {MANAGEMENT, *_SUSPENDED}, text
    assert f"{len(_OPTED_OUT)} unknown" in " ".join(text.split())
