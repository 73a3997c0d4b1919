"""What runs a workflow: the repository, GitHub, AWS, what happened, and what goes wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from aws_sandbox.testing.plugin import RunningSandbox
    from tests.support.workflows.github import GitHub
    from tests.support.workflows.results import RunResult

MAIN = "refs/heads/main"


class WorkflowError(Exception):
    """The workflow is not one that the runner can run: an error of the test."""


class ActionError(Exception):
    """An action fails, with its words."""


@dataclass(frozen=True)
class Event:
    """What starts a run.

    Attributes:
        name: its name, as `on:` has it.
        sha: the commit.
        ref: the branch, or the merge of a pull request.
        payload: what `github.event` has.
        from_fork: the run gets no secrets, no token that writes, and no web identity.
    """

    name: str
    sha: str
    ref: str = MAIN
    payload: Mapping[str, Any] = field(default_factory=dict)
    from_fork: bool = False
    actor: str = "somebody"


def pull_request(
    number: int, sha: str, head: str, *, fork: bool = False, actor: str = "somebody"
) -> Event:
    """A pull request to main is opened or changed.

    Args:
        number: its number.
        sha: the commit that would merge it, which a run checks out.
        head: its newest commit.
        fork: it is from a fork, or by a bot as `dependabot[bot]`, which GitHub treats the same.
        actor: who opened it.
    """
    repository = "stranger/security" if fork and not actor.endswith("[bot]") else "acme/security"
    content = {
        "number": number,
        "title": "A change",
        "draft": False,
        "user": {"login": actor},
        "head": {"sha": head, "ref": "change", "repo": {"full_name": repository}},
        "base": {"ref": "main", "repo": {"full_name": "acme/security"}},
    }
    payload = {"action": "opened", "number": number, "pull_request": content}
    return Event("pull_request", sha, f"refs/pull/{number}/merge", payload, fork, actor)


@dataclass(frozen=True)
class Interruption:
    """Something that ends a job before its time.

    Attributes:
        job: the name of the job, as it is shown.
        step: the step before or in which it happens.
        how: `run`: somebody cancels the run; `job`: GitHub cancels the job, as after a time limit;
            `crash`: the job's machine is gone.
        when: None: before the step begins; else while it runs, once this is true of the folder of
            the job's workspace.
    """

    job: str
    step: str
    how: Literal["run", "job", "crash"]
    when: Callable[[Path], bool] | None = None


@dataclass(frozen=True)
class Machine:
    """Where workflows run.

    Attributes:
        folder: for what runs leave.
        repository: the git repository under test.
        github: its GitHub.
        environment: the variables of every job; those of `NOT_OF_A_RUNNER` are left out.
        engine_bin: what pulumi/actions puts on PATH.
        sandbox: the AWS that configure-aws-credentials asks.
        variables: `vars`; one that is not set in a repository is empty here.
        secrets: `secrets`, likewise.
        in_place_of: what is done in place of the steps of a name, with the workspace's folder.
        approve: asked before the first job of an environment begins, with the environment's name
            and what the run has left until then.
        subject_owner: how the `sub` of a web identity names the repository; None: by its name.
        patience: seconds from SIGINT to SIGTERM, and from there to SIGKILL, when a step is
            cancelled; GitHub's are 7.5 and 2.5.
    """

    folder: Path
    repository: Path
    github: GitHub
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    engine_bin: Path | None = None
    sandbox: RunningSandbox | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    in_place_of: Mapping[str, Callable[[Path], None]] = field(default_factory=dict)
    approve: Callable[[str, RunResult], bool] = lambda _name, _so_far: True
    subject_owner: str | None = None
    patience: tuple[float, float] = (0.5, 0.5)


def repository_of(source: Path, folder: Path) -> Path:
    """Makes a git repository of the tracked files of another, as they stand, on the branch main."""
    listed = _git(source, "ls-files", "-z").split("\0")
    for name in filter(None, listed):
        if not (source / name).exists():  # deleted, and not yet committed
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / name, folder / name, follow_symlinks=False)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    commit(folder, "Everything")
    return folder


def commit(repository: Path, subject: str) -> str:
    """Commits all changes; gives the commit."""
    _git(repository, "add", "--all")
    author = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    _git(repository, *author, "commit", "--quiet", "--allow-empty", "--message", subject)
    return _git(repository, "rev-parse", "HEAD").strip()


def checked_out(repository: Path, ref: str, folder: Path, depth: int) -> None:
    """Fetches a commit or a branch into a folder: so many commits, or all for 0.

    Raises:
        ActionError: the repository does not have it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _git(folder, "init", "--quiet")
    limit = [f"--depth={depth}"] if depth else []
    try:
        _git(folder, "fetch", "--quiet", *limit, f"file://{repository}", ref)
        _git(folder, "checkout", "--quiet", "--detach", "FETCH_HEAD")
    except subprocess.CalledProcessError as failed:
        raise ActionError(failed.stderr) from failed


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


NOT_OF_A_RUNNER = (
    "AWS_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "PULUMI_BACKEND_URL",
    "PULUMI_CONFIG_PASSPHRASE",
    "PYTHONPATH",
    "VIRTUAL_ENV",
)
"""What a job must have from its workflow, and not from the machine that runs the tests."""
