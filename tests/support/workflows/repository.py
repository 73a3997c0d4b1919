"""A repository of the project on GitHub, whose workflows keep the stacks of an organization."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aws_sandbox.testing import ADMINISTRATOR
from demo.project import ROOT
from tests.support.engine.organization import REGION
from tests.support.engine.stack import Stack
from tests.support.workflows.github import BOT
from tests.support.workflows.machine import (
    Event,
    Interruption,
    Machine,
    commit,
    pull_request,
    repository_of,
)
from tests.support.workflows.runner import run_workflow

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.engine.organization import Organization
    from tests.support.workflows.github import GitHub
    from tests.support.workflows.results import RunResult

OF_A_PULL_REQUEST: Final = "repo:acme/security:pull_request"
OF_MAIN: Final = "repo:acme/security:ref:refs/heads/main"


class Repository:
    """A copy of the project as a repository, set up as docs/pull-requests.md says.

    Args:
        folder: for the copy, and for what runs leave.
        aws: whose stacks the workflows keep.
        github: where the repository is.
        engine_bin: the folder with the `pulumi` command.
        subject: the `sub` that the role for previews trusts.
    """

    def __init__(
        self, folder: Path, aws: Organization, github: GitHub, engine_bin: Path, subject: str
    ) -> None:
        self.aws = aws
        self.github = github
        self.folder = folder / "repository"
        self.folder.mkdir()
        repository_of(ROOT, self.folder)
        link_environment(self.folder)  # for stacks that a test deploys; git ignores it
        environment = aws.environment
        self.machine = Machine(
            folder / "runs",
            self.folder,
            github,
            environment={**environment, "PATH": os.environ["PATH"]},
            engine_bin=engine_bin,
            sandbox=aws.sandbox,
            variables={
                "AWS_PREVIEW_ROLE": aws.control.make_ci_role(
                    ADMINISTRATOR, "previews", subject=subject
                ),
                "AWS_REGION": REGION,
                "PULUMI_BACKEND_URL": environment["PULUMI_BACKEND_URL"],
            },
            secrets={
                "PULUMI_ACCESS_TOKEN": "",
                "PULUMI_CONFIG_PASSPHRASE": environment["PULUMI_CONFIG_PASSPHRASE"],
            },
            in_place_of={"Install": link_environment},
        )

    def stack(self, name: str, /, **configuration: object) -> Stack:
        """Writes the file of a stack that the backend does not have yet."""
        stack = Stack(self.folder, self.aws.environment, name)
        stack.configure({"aws:region": REGION, **configuration})
        return stack

    def deployed(self, name: str, /, **configuration: object) -> Stack:
        """Writes the file of a stack, and deploys it."""
        stack = self.stack(name, **configuration)
        stack.init()
        run = stack.up("--skip-preview")
        assert run.code == 0, run.text
        return stack

    def set_variable(self, name: str, value: str) -> None:
        """Sets a variable of the repository."""
        variables = {**self.machine.variables, name: value}
        self.machine = replace(self.machine, variables=variables)

    def push(self, number: int, *, fork: bool = False, actor: str = "somebody") -> Event:
        """Commits all changes to the branch of a pull request."""
        sha = commit(self.folder, "A change")
        self.github.issues[number]["head"] = {"sha": sha}
        return pull_request(number, sha, sha, fork=fork, actor=actor)

    def run(self, workflow: str, event: Event, *interruptions: Interruption) -> RunResult:
        """Runs a workflow of the repository, such as `preview`."""
        file = self.folder / ".github" / "workflows" / f"{workflow}.yml"
        return run_workflow(file, event, self.machine, interruptions)

    def look_for_drift(self) -> RunResult:
        """Runs the workflow of every day on the newest commit."""
        return self.run("drift", Event("schedule", commit(self.folder, "Whatever")))

    def backend(self) -> dict[str, bytes]:
        """All files of the backend."""
        folder = self.aws.sandbox.folder / "state"
        files = (file for file in folder.rglob("*") if file.is_file())
        return {str(file.relative_to(folder)): file.read_bytes() for file in files}

    def comments(self, marker: str) -> dict[int, str]:
        """By id, the comments that begin with a marker and are by a workflow."""
        return {
            number: comment["body"]
            for number, comment in self.github.comments.items()
            if comment["user"]["login"] == BOT and comment["body"].startswith(marker)
        }


def link_environment(workspace: Path) -> None:
    """What the step "Install" leaves, without pip: the running environment."""
    (workspace / ".venv").symlink_to(ROOT / ".venv")
