"""The command `eks-audit-logs init`: what it asks, what AWS says to it, and its exit codes."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from aws_sandbox.testing import ADMINISTRATOR
from guardduty_eks_audit_logs.aws.account import AccountApi
from guardduty_eks_audit_logs.cli import app
from guardduty_eks_audit_logs.errors import ServiceError
from tests.support.pages import Command, steps_of
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

_MANAGEMENT = "111111111111"
_HONG_KONG, _MILAN = "ap-east-1", "eu-south-1"
_ORGANIZATION = f"""
regions: [us-east-1, eu-west-1, eu-west-2, {_HONG_KONG}, {_MILAN}]
regionsWithoutEksAuditLogs: [eu-west-2]
regionsWithoutAdministratorDetector: [eu-west-1]
accounts:
  - {{id: "300000000001", name: shop}}
"""
_ALONE = ("--administrator", ADMINISTRATOR, "--no-delegation")
_BOTH = ("--administrator", ADMINISTRATOR, "--management-account", _MANAGEMENT)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    described = "name: acme\nruntime: python\nstackConfigDir: stacks\n"
    (project / "Pulumi.yaml").write_text(described)
    monkeypatch.chdir(project)
    return project


@pytest.fixture
def aws(serve_sandbox: ServeSandbox, monkeypatch: pytest.MonkeyPatch) -> RunningSandbox:
    """An organization; the administrator has not opted in to Hong Kong."""
    sandbox = serve_sandbox(organization=_ORGANIZATION)
    sandbox.client.disable_region(ADMINISTRATOR, _HONG_KONG)
    sandbox.client.clear_calls()
    _act_there(sandbox, monkeypatch)
    return sandbox


def _act_there(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in set(os.environ) - set(sandbox.environment):
        monkeypatch.delenv(name)
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)


def _run(*arguments: str) -> Result:
    narrow = {"COLUMNS": "80", "TERMINAL_WIDTH": "80"}
    return CliRunner(env=narrow).invoke(app, ["init", *arguments])


def _stacks(folder: Path) -> list[str]:
    files = (folder / "stacks").glob("Pulumi.*.yaml")
    return sorted(file.stem.removeprefix("Pulumi.") for file in files)


def test_the_help_of_init_has_an_example_and_the_exit_codes() -> None:
    shown = _run("--help")

    assert "eks-audit-logs init --regions eu-central-1,us-east-1" in shown.output
    assert "Exit codes:\n    0  every stack has its file\n    2  wrong use" in shown.output
    assert max(map(len, shown.output.splitlines())) <= 80


def test_one_set_of_answers_makes_a_file_for_each_region_and_kind(folder: Path) -> None:
    regions = ("--regions", " EU-West-1, us-east-1", "--regions", "us-east-1 eu-west-2")

    done = _run("--offline", *regions, *_BOTH, "--env", "live")

    assert (done.exit_code, done.output) == (
        0,
        """\
6 stacks in 3 regions: 6 files written.
  new  stacks/Pulumi.live-eu-west-1.yaml
  new  stacks/Pulumi.live-us-east-1.yaml
  new  stacks/Pulumi.live-eu-west-2.yaml
  new  stacks/Pulumi.live-delegation-eu-west-1.yaml
  new  stacks/Pulumi.live-delegation-us-east-1.yaml
  new  stacks/Pulumi.live-delegation-eu-west-2.yaml
Next:
  write the rules for all regions in Pulumi.yaml, as `default:` of `members:`
  eks-audit-logs up --stacks 'live-delegation-*'    # as the management account
  eks-audit-logs preview
  eks-audit-logs up
""",
    )
    assert len(_stacks(folder)) == 6

    again = _run("--offline", *regions, *_BOTH, "--env", "live")

    assert (again.exit_code, again.output) == (
        0,
        "6 stacks in 3 regions: every stack has its file already. Nothing was written.\n",
    )


def test_without_a_terminal_what_is_missing_is_an_error(folder: Path) -> None:
    refused = _run()

    assert refused.exit_code == 2
    assert [line.split(":")[1] for line in refused.output.splitlines()] == [
        " --regions is missing",
        " --administrator is missing",
        " --management-account is missing",
    ]
    assert not (folder / "stacks").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--regions", "europe"), "--regions: europe is no region."),
        (("--regions", "eu-west-1,cn-north-1"), "eu-west-1 and cn-north-1 are of different part"),
        (("--regions", "eu-west-1", "--enabled"), "--regions and --enabled contradict"),
        (("--enabled", "--offline"), "--enabled asks AWS for the regions"),
        (("--env", "demo-2"), "--env: stacks whose names begin with demo- are those"),
        (("--env", "a b"), "--env: a b can't begin the name of a stack."),
        (("--env", "p" * 99), "--env: pppp"),
        (("--administrator", "22"), "--administrator: 22 is no account id. It has 12 digits"),
        (("--administrator", "٢" * 12), "is no account id."),
        (("--role-arn", "eks"), "--role-arn: eks is no ARN of a role."),
        (("--role-arn", "arn:aws:iam::333333333333:role/x"), "the role is of account 3333333333"),
        (
            ("--role-arn", f"arn:aws-cn:iam::{ADMINISTRATOR}:role/x", "--regions", "eu-west-1"),
            "the role is of partition aws-cn, and eu-west-1 is not",
        ),
        (("--profile", "a\x1b[2Jb"), "--profile: 'a\\x1b[2Jb' is no name of a profile."),
        (("--management-profile", "x"), "--management-profile and --no-delegation contradict"),
        (("--management-account", "x"), "--management-account: x is no account id."),
    ],
)
def test_wrong_answers_are_told_by_their_option(
    folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    refused = _run(*_ALONE, *arguments)

    assert refused.exit_code == 2
    assert said in refused.output
    assert "Traceback" not in refused.output
    assert "\x1b" not in refused.output
    assert not (folder / "stacks").exists()


def test_outside_of_a_project_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    refused = _run("--offline", "--regions", "eu-west-1", *_ALONE)

    assert refused.exit_code == 2
    assert refused.output.startswith("error: there is no Pulumi.yaml in ")


def test_the_page_about_many_regions_shows_what_it_says(folder: Path, aws: RunningSandbox) -> None:
    """Regions that can't be used are left out, with the reason."""
    page = (PROJECT_FOLDER / "docs" / "many-regions.md").read_text()
    command = next(one for one in steps_of(page) if isinstance(one, Command))

    done = _run(*shlex.split(command.words.replace("\\\n", " "))[2:])

    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == command.printed
    assert max(map(len, done.output.splitlines())) <= 80
    assert _stacks(folder) == [
        "prod-delegation-eu-west-1",
        "prod-delegation-us-east-1",
        "prod-eu-west-1",
        "prod-us-east-1",
    ]
    written = (folder / "stacks" / "Pulumi.prod-us-east-1.yaml").read_text()
    assert f"```yaml\n{written}```" in page
    assert not {call.operation for call in aws.client.calls()} - {
        "GetCallerIdentity",
        "GetDetector",
        "ListDetectors",
        "ListRegions",
    }


def test_enabled_takes_all_regions_that_the_account_has_opted_in_to(
    folder: Path, aws: RunningSandbox
) -> None:
    done = _run("--enabled", *_ALONE, "--profile", "administrator")

    assert done.exit_code == 0, done.output
    assert _stacks(folder) == ["prod-eu-south-1", "prod-eu-west-1", "prod-us-east-1"]

    aws.client.enable_region(ADMINISTRATOR, _HONG_KONG)
    more = _run("--enabled", *_ALONE, "--profile", "administrator")

    assert "4 stacks in 4 regions: 1 file written, 3 are there already." in more.output
    assert "  new  stacks/Pulumi.prod-ap-east-1.yaml\n" in more.output


@pytest.mark.parametrize(
    "regions", [["cn-north-1", "cn-northwest-1"], ["us-gov-east-1", "us-gov-west-1"]]
)
def test_another_partition_is_found_by_the_environments_region(
    folder: Path,
    serve_sandbox: ServeSandbox,
    monkeypatch: pytest.MonkeyPatch,
    regions: list[str],
) -> None:
    _act_there(serve_sandbox(regions=regions), monkeypatch)
    monkeypatch.setenv("AWS_REGION", regions[0])

    done = _run("--enabled", *_ALONE, "--profile", "administrator")

    assert done.exit_code == 0, done.output
    assert _stacks(folder) == [f"prod-{region}" for region in regions]


@pytest.mark.usefixtures("aws")
def test_a_region_that_aws_does_not_list_is_refused(folder: Path) -> None:
    refused = _run("--regions", "us-east-1,eu-wst-1", *_ALONE, "--profile", "administrator")

    assert (refused.exit_code, refused.output) == (
        2,
        (
            "error: --regions: AWS lists no region eu-wst-1 for this account. Do you mean "
            "eu-west-1?\n"
        ),
    )
    assert not (folder / "stacks").exists()


@pytest.mark.usefixtures("aws")
def test_aws_is_asked_as_the_projects_file_says_too(folder: Path) -> None:
    with (folder / "Pulumi.yaml").open("a") as file:
        file.write("config: {aws:profile: {value: management}}\n")

    refused = _run("--regions", "us-east-1", *_ALONE)

    assert refused.exit_code == 2
    assert _MANAGEMENT in refused.output
    assert _run("--regions", "us-east-1", *_ALONE, "--profile", "administrator").exit_code == 0


@pytest.mark.usefixtures("aws")
def test_if_no_region_is_left_nothing_is_written(folder: Path) -> None:
    refused = _run("--regions", _HONG_KONG, *_ALONE, "--profile", "administrator")

    assert refused.exit_code == 2
    assert "No region is left. Nothing is written." in refused.output
    assert not (folder / "stacks").exists()


def test_other_accounts_credentials_are_refused_and_offline_asks_nothing(
    folder: Path, aws: RunningSandbox
) -> None:
    wrong = ("--regions", "us-east-1", *_ALONE, "--profile", "management")

    refused = _run(*wrong)

    assert (refused.exit_code, refused.output) == (
        2,
        (
            f"error: the credentials are of account {_MANAGEMENT}, but --administrator is "
            f"{ADMINISTRATOR}. Use credentials of that account. --offline writes the files "
            "without asking AWS.\n"
        ),
    )
    assert not (folder / "stacks").exists()
    aws.client.clear_calls()
    assert _run("--offline", *wrong).exit_code == 0
    assert aws.client.calls() == []


@pytest.mark.usefixtures("aws")
def test_where_aws_does_not_tell_the_regions_they_are_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: AccountApi) -> dict[str, str]:
        raise ServiceError("ListRegions", "AccessDeniedException", "Denied.")

    monkeypatch.setattr(AccountApi, "opt_in_statuses", denied)

    done = _run("--regions", "us-east-1", *_ALONE, "--profile", "administrator")
    refused = _run("--enabled", *_ALONE, "--profile", "administrator")

    assert done.exit_code == 0, done.output
    assert "us-east-1: unknown whether the account has opted in: ListRegions" in done.output
    assert refused.exit_code == 2
    assert "ListRegions" in refused.output
    assert _stacks(folder) == ["prod-us-east-1"]


def _on_a_terminal(folder: Path, answers: list[str], *arguments: str) -> tuple[int, str]:
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "guardduty_eks_audit_logs", "init", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_FOLDER / "components")}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=terminal, stdout=terminal, stderr=terminal
    ) as process:
        os.close(terminal)
        os.write(controller, "".join(f"{answer}\n" for answer in answers).encode())
        shown = b""
        try:
            while part := os.read(controller, 4096):
                shown += part
        except OSError:  # so a terminal ends on Linux
            pass
    os.close(controller)
    return process.returncode, shown.decode().replace("\r\n", "\n")


def test_a_terminal_is_asked_for_what_is_missing(folder: Path) -> None:
    role = f"arn:aws:iam::{_MANAGEMENT}:role/designate"
    answers = ["europe", "eu-west-1", "live", "22", ADMINISTRATOR, "security", _MANAGEMENT, role]

    code, shown = _on_a_terminal(folder, answers, "--offline")

    assert code == 0, shown
    assert "enabled" not in shown  # no answer to offer: it asks AWS
    assert "error: --regions: europe is no region." in shown
    assert "error: --administrator: 22 is no account id." in shown
    assert _stacks(folder) == ["live-delegation-eu-west-1", "live-eu-west-1"]
    written = (folder / "stacks" / "Pulumi.live-eu-west-1.yaml").read_text()
    assert 'aws:profile: "security"' in written
    of_management = (folder / "stacks" / "Pulumi.live-delegation-eu-west-1.yaml").read_text()
    assert f'aws:assumeRoles: [{{"roleArn": "{role}"}}]' in of_management


@pytest.mark.usefixtures("aws")
def test_an_unknown_profile_is_named_by_its_option() -> None:
    refused = _run("--regions", "us-east-1", *_ALONE, "--profile", "nobody")

    assert refused.exit_code == 2
    assert "profile nobody, which --profile names," in refused.output
    assert "Correct --profile," in refused.output


def test_the_questions_name_the_account_and_may_be_left(folder: Path) -> None:
    ctrl_d = "\x04"

    code, shown = _on_a_terminal(folder, ["eu-west-1", "", ADMINISTRATOR, ctrl_d], "--offline")

    assert code == 130, shown
    assert f"How to act as {ADMINISTRATOR}: " in shown
    assert shown.endswith("\nNothing is written.\n")
    assert "Aborted" not in shown
    assert not (folder / "stacks").exists()


def test_a_terminal_is_not_asked_beside_a_wrong_option(folder: Path) -> None:
    code, shown = _on_a_terminal(folder, [], "--offline", "--regions", "europe")

    assert code == 2
    assert shown.startswith("error: --administrator is missing: ")
    assert "error: --regions: europe is no region." in shown


def test_a_terminal_is_not_asked_for_what_is_given(folder: Path) -> None:
    code, shown = _on_a_terminal(folder, [], "--offline", "--regions", "eu-west-1", *_ALONE)

    assert code == 0, shown
    assert "[" not in shown
    assert _stacks(folder) == ["prod-eu-west-1"]


@pytest.mark.parametrize(("closed", "code"), [("<&-", 0), (">&-", 2)])
def test_what_is_closed_is_not_asked(folder: Path, closed: str, code: int) -> None:
    words = [sys.executable, "-m", "guardduty_eks_audit_logs", "init", "--offline", *_ALONE]
    shell = ["bash", "-c", f'exec "$@" {closed}', "bash", *words, "--regions", "eu-west-1"]

    done = subprocess.run(shell, check=False, capture_output=True, text=True)

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert (folder / "stacks").exists() is (code == 0)


def test_a_terminal_may_say_none_and_the_environment(folder: Path) -> None:
    code, shown = _on_a_terminal(
        folder, ["", "none"], "--offline", "--regions", "eu-west-1", "--administrator", "2" * 12
    )

    assert code == 0, shown
    assert _stacks(folder) == ["prod-eu-west-1"]
    assert "aws:profile" not in (folder / "stacks" / "Pulumi.prod-eu-west-1.yaml").read_text()
