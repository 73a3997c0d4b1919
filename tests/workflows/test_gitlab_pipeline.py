"""docs/gitlab-ci.yml: its scripts as they stand, on the real engine, with a stand-in for GitLab."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from aws_sandbox.testing import ADMINISTRATOR
from demo.project import ROOT
from tests.support.engine.organization import OFF, ON, account
from tests.support.workflows.gitlab import GitLab, served_gitlab
from tests.support.workflows.machine import NOT_OF_A_RUNNER, checked_out, commit
from tests.support.workflows.repository import link_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.support.workflows.repository import Repository

_FILE: Final = ROOT / "docs" / "gitlab-ci.yml"
_MARKER: Final = "<!-- guardduty-eks-audit-logs: preview -->"
_BRANCH: Final = "project_path:acme/security:ref_type:branch:ref:main"
_CHANGE: Final = "project_path:acme/security:ref_type:branch:ref:change"
_ALL_ON: Final = [{"status": "ENABLED", "all": True}]
_FIRST_OFF: Final = [{"status": "DISABLED", "accounts": [account(1)]}, *_ALL_ON]


def _jobs() -> dict[str, dict[str, Any]]:
    """The jobs, with what `extends` and `default` add."""
    content = yaml.safe_load(_FILE.read_text())
    default, _ = content.pop("default"), content.pop("stages")
    hidden = {name: content.pop(name) for name in list(content) if name.startswith(".")}
    jobs = {}
    for name, job in content.items():
        jobs[name] = {**default, **hidden[job["extends"]], **job}
        del jobs[name]["extends"]
    return jobs


def _before_script(lines: list[str]) -> list[str]:
    """Without what downloads: the tests have these programs, and link the Python environment."""
    kept = [line for line in lines if not re.search("apt-get|get.pulumi.com|pip install", line)]
    assert len(kept) == len(lines) - 3
    return kept


@dataclass(frozen=True)
class Ended:
    """How a job ended: its exit code, what it printed, and the folder in which it ran."""

    code: int
    log: str
    folder: Path


@dataclass
class Pipeline:
    """A GitLab that runs the jobs of the file.

    Attributes:
        here: the repository and its AWS.
        variables: those of the project.
    """

    here: Repository
    gitlab: GitLab
    folder: Path
    variables: Mapping[str, str]
    number: int = 0

    def run(self, name: str, subject: str, before: Path | None = None) -> Ended:
        """Runs a job on the newest state of the repository.

        Args:
            name: its name.
            subject: the `sub` of its web identity.
            before: where the job that it needs ran: its artifacts are fetched.
        """
        job = _jobs()[name]
        self.number += 1
        folder = self.folder / f"job {self.number}" / "security"
        checked_out(self.here.folder, commit(self.here.folder, "A change"), folder, 1)
        link_environment(folder)
        if before:
            for path in _jobs()["plan"]["artifacts"]["paths"]:
                shutil.copytree(before / path, folder / path)
        token = self.here.aws.control.web_identity_token(subject)
        own = {k: v for k, v in self.here.aws.environment.items() if k not in NOT_OF_A_RUNNER}
        given = {**self.variables, **self.gitlab.variables, "CI_PROJECT_DIR": str(folder)}
        for key, value in job["variables"].items():
            given[key] = re.sub(r"\$(\w+)", lambda match: given[match.group(1)], value)
        script = "\n".join([*_before_script(job["before_script"]), *job["script"]])
        ended = subprocess.run(
            ["bash", "-c", f"set -eo pipefail\n{script}"],
            cwd=folder,
            env={
                **own,
                **given,
                "AWS_TOKEN": token,
                "CI_JOB_URL": "https://gitlab.example/acme/security/-/jobs/1",
                "PATH": f"{self.here.machine.environment['PATH']}:{self.here.machine.engine_bin}",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, folder)


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    with served_gitlab() as served:
        yield served


@pytest.fixture
def pipeline(
    repository: Callable[..., Repository], gitlab: GitLab, tmp_path: Path
) -> Callable[..., Pipeline]:
    """Makes a project on GitLab: `pipeline(regions=["us-east-1"])`."""

    def make(**kind: object) -> Pipeline:
        here = repository(**kind)
        roles = here.aws.control
        variables = {
            "AWS_PREVIEW_ROLE": roles.make_ci_role(
                ADMINISTRATOR, "look", subject="project_path:acme/*"
            ),
            "AWS_DEPLOY_ROLE": roles.make_ci_role(ADMINISTRATOR, "deploy", subject=_BRANCH),
            "PULUMI_BACKEND_URL": here.aws.environment["PULUMI_BACKEND_URL"],
            "PULUMI_CONFIG_PASSPHRASE": here.aws.environment["PULUMI_CONFIG_PASSPHRASE"],
        }
        return Pipeline(here, gitlab, tmp_path / "gitlab", variables)

    return make


def test_the_file_says_what_gitlab_takes() -> None:
    content = yaml.safe_load(_FILE.read_text())
    assert set(content) == {
        *("stages", "default", ".aws", "preview", "plan", "deploy", "drift"),
        "coverage",
    }
    for name, job in _jobs().items():
        assert set(job) <= {
            *("image", "before_script", "id_tokens", "stage", "rules", "variables", "script"),
            *("artifacts", "needs", "environment", "resource_group", "allow_failure"),
        }, name
        assert job["stage"] in content["stages"]
        assert set(job.get("needs", [])) <= set(content)
        assert job["id_tokens"] == {"AWS_TOKEN": {"aud": "sts.amazonaws.com"}}
        # What YAML would read as something else than a line of a script, such as `a: b`.
        assert {type(line) for line in [*job["before_script"], *job["script"]]} == {str}
        assert all("\n" not in line for line in [*job["before_script"], *job["script"]])
        assert job["artifacts"]["when"] == "always"
        assert set(job["rules"][0]) <= {"if", "when"}
    sources = {name: job["rules"][0]["if"] for name, job in _jobs().items()}
    assert sources["plan"] == sources["deploy"]
    assert sources["drift"] == sources["coverage"]
    assert len(set(sources.values())) == 3


@pytest.mark.slow
def test_a_merge_request_has_one_note_and_main_is_deployed_by_plan(
    pipeline: Callable[..., Pipeline], gitlab: GitLab
) -> None:
    project = pipeline(regions=("us-east-1", "eu-west-1"))
    here = project.here
    here.stack("prod-a", members=_ALL_ON)
    second = here.stack("prod-b", **{"aws:region": "eu-west-1", "maxDisabled": "a few"})
    for n in range(100):
        gitlab.add_note(f"Note {n}")
    theirs = gitlab.add_note(f"{_MARKER}\nNot by the pipeline")
    here.aws.control.clear_calls()

    ended = project.run("preview", _CHANGE)

    assert ended.code == 1, ended.log
    ((number, text),) = gitlab.notes_of().items()
    assert text.startswith(_MARKER)
    assert "1 refused" in text
    assert account(2) in text
    assert "https://gitlab.example/acme/security/-/jobs/1/artifacts/browse" not in text[:100]
    assert account(2) in (ended.folder / "report" / "report.html").read_text()

    second.configure({"aws:region": "eu-west-1", "members": _FIRST_OFF})

    ended = project.run("preview", _CHANGE)

    assert ended.code == 0, ended.log
    assert list(gitlab.notes_of()) == [number]
    assert gitlab.notes_of()[number] != text
    assert gitlab.notes_of(1)[theirs] == f"{_MARKER}\nNot by the pipeline"
    assert here.aws.writes() == []

    plan = project.run("plan", _BRANCH)

    assert plan.code == 0, plan.log
    assert account(2) in plan.log
    deployed = project.run("deploy", _BRANCH, plan.folder)

    assert deployed.code == 0, deployed.log
    held = {region: here.aws.held(region) for region in ("us-east-1", "eu-west-1")}
    assert {held["us-east-1"][account(n)] for n in range(1, 12)} == {ON}
    assert held["eu-west-1"][account(1)] == OFF
    assert held["eu-west-1"][account(2)] == ON

    assert project.run("drift", _BRANCH).code == 0
    here.aws.set_status(account(3), OFF)
    drift = project.run("drift", _BRANCH)
    assert drift.code == 7, drift.log
    assert account(3) in drift.log
    coverage = project.run("coverage", _BRANCH)
    assert coverage.code in _jobs()["coverage"]["allow_failure"]["exit_codes"], coverage.log
    assert account(3) in coverage.log
    for name in _jobs()["coverage"]["artifacts"]["paths"]:
        assert {file.name for file in (coverage.folder / name).iterdir()} == {
            *("coverage.html", "coverage.json", "coverage.csv", "junit.xml"),
        }
    drift = project.run("drift", "project_path:stranger/security:ref_type:branch:ref:main")
    assert drift.code == 1, drift.log
    assert "AccessDenied" in drift.log
