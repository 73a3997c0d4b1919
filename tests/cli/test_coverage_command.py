"""The command `eks-audit-logs coverage`: what it reads, what it writes, and its exit codes."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from aws_sandbox.fault_effects import AccessDenied, Fixed
from guardduty_eks_audit_logs.cli import app
from guardduty_eks_audit_logs.reports.coverage.csv import text_of_cell
from guardduty_eks_audit_logs.reports.coverage.json import CoverageFile
from tests.support.vocabulary import ADMINISTRATOR, PROJECT_FOLDER, account

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from aws_sandbox.testing.plugin import RunningSandbox

_PROJECT = """name: guardduty-eks-audit-logs
runtime: python
stackConfigDir: stacks
"""
_ALL_ON = """config:
  aws:region: {region}
  guardduty-eks-audit-logs:members:
    - status: ENABLED
      all: true
"""
_NOTHING_PROMISED = """config:
  aws:region: {region}
  guardduty-eks-audit-logs:status: DISABLED
  guardduty-eks-audit-logs:members:
    - status: UNMANAGED
      all: true
"""
_DELEGATION = """config:
  aws:region: us-east-1
  guardduty-eks-audit-logs:mode: delegation
  guardduty-eks-audit-logs:administratorAccountId: "222222222222"
"""
_COMMAND = [sys.executable, "-m", "guardduty_eks_audit_logs", "coverage"]
_READS = re.compile(r"(Get|List|Describe)[A-Z]")
_SECONDS = 60


@dataclass(frozen=True)
class Desk:
    """A project in the current folder, and an organization.

    Attributes:
        sandbox: the organization.
        folder: the project's.
    """

    sandbox: RunningSandbox
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        components = str(PROJECT_FOLDER / "components")
        more = {"AWS_PROFILE": "administrator", "PYTHONPATH": components, "COLUMNS": "80"}
        return {**self.sandbox.environment, **more}

    def stack(self, name: str, content: str = _ALL_ON, region: str = "us-east-1") -> None:
        file = self.folder / "stacks" / f"Pulumi.{name}.yaml"
        file.write_text(content.format(region=region))

    def run(self, *arguments: str | Path) -> Result:
        # Where TERMINAL_WIDTH is 80, so are the texts of --help.
        environment = {**self.environment, "TERMINAL_WIDTH": "80"}
        return CliRunner(env=environment).invoke(app, ["coverage", *map(str, arguments)])

    def rows(self, *arguments: str | Path) -> list[dict[str, Any]]:
        rows = json.loads(self.run("--format", "json", *arguments).stdout)["rows"]
        assert isinstance(rows, list)
        return rows

    def operations(self) -> list[str]:
        return [call.operation for call in self.sandbox.client.calls()]


@pytest.fixture
def desk(sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "project"
    (folder / "stacks").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text(_PROJECT)
    monkeypatch.chdir(folder)
    return Desk(sandbox, folder)


def _help() -> Result:
    return CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"}).invoke(
        app, ["coverage", "--help"]
    )


def test_help_has_examples_and_the_exit_codes_in_80_columns() -> None:
    shown = _help()

    assert shown.exit_code == 0
    assert "\n  eks-audit-logs coverage --stacks 'prod-*' --output coverage.html\n" in shown.output
    assert re.findall(r"^ +(\d)  ", shown.output, re.MULTILINE) == [*"012"]
    assert max(map(len, shown.output.splitlines())) <= 80


def test_without_options_every_stack_of_the_project_is_read(desk: Desk) -> None:
    desk.stack("prod-us-east-1")
    desk.stack("prod-eu-west-1", region="eu-west-1")
    desk.stack("management", _DELEGATION)
    for left_out in ("template", "demo-us-east-1", "sample-all"):
        desk.stack(left_out, "config: {{}}\n")

    shown = desk.run()

    assert shown.exit_code == 1
    assert shown.stderr == ""
    assert shown.stdout.startswith("EKS audit logs in 2 regions, 14 accounts: ")
    assert re.search(rf"{account(2)}  shop-test +Root/Test +all 2 regions\n", shown.stdout)
    assert {row["stack"] for row in desk.rows()} == {"prod-us-east-1", "prod-eu-west-1"}


@pytest.mark.parametrize(
    ("chosen", "read"),
    [
        (["prod-*"], {"prod-a", "prod-b"}),
        (["*-a", "prod-b"], {"prod-a", "prod-b"}),
        (["demo-a"], {"demo-a"}),
        (["*"], {"prod-a", "prod-b"}),
    ],
)
def test_stacks_are_chosen_by_name_and_by_pattern(
    desk: Desk, chosen: list[str], read: set[str]
) -> None:
    desk.stack("prod-a")
    desk.stack("prod-b", region="eu-west-1")
    desk.stack("demo-a")

    options = [part for pattern in chosen for part in ("--stacks", pattern)]
    assert {row["stack"] for row in desk.rows(*options)} == read


def test_no_gap_and_all_read_is_exit_code_0(desk: Desk) -> None:
    desk.stack("prod", _NOTHING_PROMISED)

    shown = desk.run()

    assert shown.exit_code == 0
    assert ": 0 gaps, 4 on, 1 off as the rules want, 8 off" in " ".join(shown.stdout.split())


def test_each_account_that_is_not_on_may_be_a_gap(desk: Desk) -> None:
    desk.stack("prod", _NOTHING_PROMISED)

    shown = desk.run("--require", "ALL")

    assert shown.exit_code == 1
    assert " 10 gaps, 4 on." in shown.stdout


def test_what_could_not_be_read_is_exit_code_2_and_never_off(desk: Desk) -> None:
    desk.stack("prod")
    desk.sandbox.client.fails("GetMemberDetectors", with_=AccessDenied())

    table, rows = desk.run(), desk.run("--format", "csv")

    assert (table.exit_code, rows.exit_code) == (2, 2)
    assert "Could not be read: 12\n" in table.stdout
    assert table.stderr == ""
    # CSV has no place for the problems.
    assert "error: us-east-1" in rows.stderr
    found = {text_of_cell(row["account"]): row for row in csv.DictReader(rows.stdout.splitlines())}
    assert found[account(1)]["status"] == "UNKNOWN"
    assert found[account(1)]["unread"] == "true"
    assert found[ADMINISTRATOR]["status"] == "DISABLED"


def test_it_writes_nothing_to_aws(desk: Desk) -> None:
    desk.stack("prod")

    desk.run()

    others = [one for one in desk.operations() if not _READS.match(one)]
    assert not others
    assert "ListMembers" in desk.operations()


def test_regions_are_read_without_any_project(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ("--regions", "us-east-1, eu-west-1", "--profile", "administrator")

    rows = desk.rows(*options)

    assert {row["region"] for row in rows} == {"us-east-1", "eu-west-1"}
    assert {row["stack"] for row in rows} == {""}
    assert {row["wanted"] for row in rows} == {None}


def test_a_profile_that_is_not_there_is_told_by_the_name_of_the_option(desk: Desk) -> None:
    shown = desk.run("--regions", "us-east-1", "--profile", "nobody")

    assert shown.exit_code == 2
    assert "profile nobody, which --profile names" in " ".join(shown.stdout.split())


def test_files_of_every_format_come_from_one_reading(desk: Desk) -> None:
    desk.stack("prod")
    names = ("a.csv", "a.JSON", "new/a.md", "new/a.html", "a.xml")
    options = [part for name in names for part in ("--output", name)]

    shown = desk.run(*options)

    assert shown.exit_code == 1
    assert desk.operations().count("ListMembers") == 1
    texts = {name: (desk.folder / name).read_bytes().decode() for name in names}
    assert CoverageFile.model_validate_json(texts["a.JSON"])
    assert texts["a.csv"].count("\r\n") == 15
    assert texts["new/a.md"].startswith("## EKS audit log coverage\n")
    assert texts["new/a.html"].startswith("<!DOCTYPE html>")
    root = ET.fromstring(texts["a.xml"])  # noqa: S314 - the product wrote it
    assert root.attrib["tests"] == "14"


def test_all_faults_of_all_stacks_are_told_before_any_call(desk: Desk) -> None:
    desk.stack("prod-a", "config:\n  guardduty-eks-audit-logs:status: MAYBE\n")
    desk.stack("prod-b", "config:\n  guardduty-eks-audit-logs:autoEnabel: ALL\n")

    shown = desk.run()

    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "error: prod-a: status" in shown.stderr
    assert "error: prod-b: " in shown.stderr
    assert "autoEnabel" in shown.stderr
    assert not desk.operations()


def test_a_secret_that_a_preview_would_show_is_refused_and_not_shown(desk: Desk) -> None:
    folder = desk.folder / "bin"
    folder.mkdir()
    answer = {"guardduty-eks-audit-logs:members": {"value": '[{"hidden": 1}]', "secret": True}}
    (folder / "pulumi").write_text(f"#!/bin/sh\ncat <<'.'\n{json.dumps(answer)}\n.\n")
    (folder / "pulumi").chmod(0o755)
    desk.stack("prod", "config:\n  guardduty-eks-audit-logs:members:\n    secure: v1:x\n")
    path = f"{folder}:{desk.environment['PATH']}"

    shown = CliRunner(env={**desk.environment, "PATH": path}).invoke(app, ["coverage"])

    assert shown.exit_code == 2
    assert "error: prod: guardduty-eks-audit-logs:members is a secret" in shown.stderr
    assert "hidden" not in shown.output
    assert not desk.operations()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "stacks has no stack of yours"),
        (["--stacks", "prod"], "--stacks prod is no stack"),
        (["--stacks", "management"], "Name the administrator's stacks"),
        (["--stacks", "prod", "--regions", "us-east-1"], "Leave out --stacks"),
        (["--profile", "audit"], "--profile is for --regions"),
        (["--regions", "us-east-1,"], "has an empty code"),
        (["--format", "pdf"], "'table', 'csv', 'json', 'markdown', 'html', 'junit'"),
        (["--output", "a.pdf"], "'a.pdf' does not say its format"),
        (["--output", "a.csv", "--output", "a.csv"], "'a.csv' is named twice"),
        (["--output", "stacks/x/y/a.csv", "--output", "Pulumi.yaml/a.csv"], "Not a directory"),
        (["--output", "folder.csv"], "Is a directory"),
        (["--require", "some"], "'rules', 'ALL'"),
        (["--outptu", "a.csv"], "--outptu"),
    ],
)
def test_wrong_use_is_told_before_any_call(desk: Desk, arguments: list[str], said: str) -> None:
    if "management" in arguments:
        desk.stack("management", _DELEGATION)
    (desk.folder / "folder.csv").mkdir()

    wrong = desk.run(*arguments)

    assert wrong.exit_code == 2
    assert said in " ".join(wrong.stderr.split())
    assert "Traceback" not in wrong.output
    assert not desk.operations()


def test_only_stacks_of_the_management_account_are_no_coverage(desk: Desk) -> None:
    desk.stack("management", _DELEGATION)

    shown = desk.run()

    assert shown.exit_code == 2
    assert "--stacks management: with mode: delegation" in shown.stderr


def test_a_file_that_can_be_written_is_not_touched_before_the_reading(desk: Desk) -> None:
    (desk.folder / "kept.csv").write_text("before")

    desk.run("--output", "kept.csv", "--output", "other.csv")  # there is no stack

    assert (desk.folder / "kept.csv").read_text() == "before"
    assert not (desk.folder / "other.csv").exists()


@pytest.mark.parametrize(
    ("no_color", "colored"),
    [pytest.param("", True, id="colours"), pytest.param("1", False, marks=pytest.mark.slow)],
)
def test_a_terminal_has_colours_and_progress(desk: Desk, no_color: str, *, colored: bool) -> None:
    desk.stack("prod")
    leader, follower = pty.openpty()

    done = subprocess.run(
        _COMMAND,
        env={**desk.environment, "TERM": "xterm", "NO_COLOR": no_color},
        cwd=desk.folder,
        stdout=follower,
        stderr=follower,
        check=False,
    )
    os.close(follower)
    shown = os.read(leader, 100_000).decode()
    os.close(leader)

    assert done.returncode == 1
    progress, _, table = shown.rpartition("\x1b[?25h")  # the cursor is shown again
    assert "us-east-1" in progress
    assert ("\x1b[3" in table) is colored
    assert "By region" in table


def test_an_interrupt_ends_it_at_once_and_leaves_no_file(desk: Desk) -> None:
    desk.stack("prod")
    desk.sandbox.client.slows("ListMembers", by=Fixed(seconds=_SECONDS))
    running = subprocess.Popen(
        [*_COMMAND, "--output", "a.csv"],
        env=desk.environment,
        cwd=desk.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    began = time.monotonic()
    while not desk.sandbox.client.calls():
        assert time.monotonic() < began + _SECONDS
        time.sleep(0.05)

    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=_SECONDS / 2)

    assert (running.returncode, output, errors) == (130, b"", b"")
    assert not (desk.folder / "a.csv").exists()


@pytest.mark.parametrize("shell", [">/dev/full", pytest.param(">&-", marks=pytest.mark.slow)])
def test_a_stdout_that_takes_nothing_is_one_sentence(desk: Desk, shell: str) -> None:
    desk.stack("prod")
    command = ["/bin/sh", "-c", f'exec "$@" {shell}', "sh", *_COMMAND]

    done = subprocess.run(
        command, env=desk.environment, cwd=desk.folder, stderr=subprocess.PIPE, check=False
    )

    assert done.returncode == 2
    assert done.stderr.startswith(b"error: stdout can't be written (")
    assert done.stderr.count(b"\n") == 1
