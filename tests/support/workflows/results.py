"""What a run of a workflow has left: its jobs, their steps, and the artifacts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.workflows.artifacts import Artifacts

Outcome = Literal["success", "failure", "cancelled", "skipped"]


@dataclass
class StepResult:
    """How a step ended.

    Attributes:
        title: what names it.
        outcome: before `continue-on-error`.
        conclusion: after it.
        code: its exit code; None for an action, and where it has none.
        log: all that it printed.
        summary: what it wrote into GITHUB_STEP_SUMMARY.
    """

    title: str
    outcome: Outcome = "skipped"
    conclusion: Outcome = "skipped"
    code: int | None = None
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class JobResult:
    """How a job, or an entry of its matrix, ended.

    Attributes:
        id: its key in the file.
        name: as GitHub shows it.
        group: its concurrency group.
        result: skipped if it did not begin.
    """

    id: str
    name: str
    matrix: Mapping[str, object] = field(default_factory=dict)
    group: str | None = None
    result: Outcome = "skipped"
    steps: list[StepResult] = field(default_factory=list)
    outputs: dict[str, object] = field(default_factory=dict)

    def step(self, title: str) -> StepResult:
        """The step that this names."""
        (found,) = [step for step in self.steps if step.title == title]
        return found

    @property
    def summary(self) -> str:
        """The summaries of its steps."""
        return "".join(step.summary for step in self.steps)

    @property
    def log(self) -> str:
        """The logs of its steps."""
        return "".join(f"## {s.title}: {s.outcome}\n{s.log}\n" for s in self.steps)


@dataclass
class RunResult:
    """How a run ended."""

    artifacts: Artifacts
    jobs: list[JobResult] = field(default_factory=list)

    def job(self, name: str) -> JobResult:
        """The job with this name, as GitHub shows it."""
        (found,) = [job for job in self.jobs if job.name == name]
        return found

    def of(self, job_id: str) -> list[JobResult]:
        """All entries of a job's matrix."""
        return [job for job in self.jobs if job.id == job_id]

    def results(self) -> dict[str, Outcome]:
        """The result of each job by its name."""
        return {job.name: job.result for job in self.jobs}

    @property
    def log(self) -> str:
        """The logs of all jobs, for the message of a failed assertion."""
        return "\n".join(f"# {job.name}: {job.result}\n{job.log}" for job in self.jobs)
