"""Runs a workflow file as GitHub does: jobs in order, each in a folder of its own, two at once.

Of what a file may say, `runs-on`, `timeout-minutes`, `max-parallel` and the filters of `on` have no
effect, and a concurrency group makes nothing wait.
"""

from __future__ import annotations

import shlex
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.workflows.artifacts import Artifacts
from tests.support.workflows.expressions import Scope, Unset, evaluated, filled, holds
from tests.support.workflows.job import JobRun, JobSetting
from tests.support.workflows.machine import Event, Interruption, Machine, WorkflowError
from tests.support.workflows.results import JobResult, RunResult
from tests.support.workflows.workflow_file import Job, Workflow, read_workflow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.support.workflows.results import Outcome

_AT_ONCE: Final = 2


def run_workflow(
    file: Path, event: Event, machine: Machine, interruptions: Sequence[Interruption] = ()
) -> RunResult:
    """Runs a workflow file as it stands.

    Args:
        file: in `.github/workflows`.
        event: what starts it.
        machine: where it runs.
        interruptions: what ends jobs before their time.

    Raises:
        ExpressionError, ValidationError, WorkflowError: the file is not one that the runner can
            run, uses a name that nothing has, or an interruption did not happen.
    """
    workflow = read_workflow(file)
    if event.name not in workflow.events:
        raise WorkflowError(f"{file.name} is not started by {event.name}")
    number = len(list(machine.folder.glob("run-*"))) + 1
    folder = machine.folder / f"run-{number}"
    programs = folder / "bin"
    programs.mkdir(parents=True)
    install_gh(programs)
    path = f"{programs}:{machine.environment['PATH']}"
    machine = replace(machine, environment={**machine.environment, "PATH": path})
    run = _Run(
        workflow, event, machine, interruptions, folder, RunResult(Artifacts(folder / "kept"))
    )
    run.run(number)
    missed = [planned for planned in interruptions if planned not in run.happened]
    if missed:
        raise WorkflowError(f"did not happen: {missed}")
    return run.result


def install_gh(folder: Path) -> None:
    """Puts the stand-in for `gh` into a folder of PATH."""
    program = Path(__file__).with_name("gh.py")
    command = shlex.join([sys.executable, "-I", str(program)])
    (folder / "gh").write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    (folder / "gh").chmod(0o755)


@dataclass
class _Run:
    workflow: Workflow
    event: Event
    machine: Machine
    interruptions: Sequence[Interruption]
    folder: Path
    result: RunResult
    cancelled: threading.Event = field(default_factory=threading.Event)
    happened: set[Interruption] = field(default_factory=set)
    approved: dict[str, bool] = field(default_factory=dict)
    _approving: threading.Lock = field(default_factory=threading.Lock)

    def run(self, number: int) -> None:
        """Runs the jobs, those first that need no others."""
        contexts = self._contexts(number)
        if self.workflow.concurrency:
            filled(self.workflow.concurrency.group, Scope(contexts))
            filled(self.workflow.concurrency.cancel_in_progress, Scope(contexts))
        left = dict(self.workflow.jobs)
        while left:
            ready = [i for i, job in left.items() if not any(need in left for need in job.needs)]
            if not ready:
                raise WorkflowError(f"jobs that need each other: {', '.join(left)}")
            settings = [setting for job_id in ready for setting in self._settings(job_id, contexts)]
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(self._run_job, settings))
            for job_id in ready:
                del left[job_id]

    def _contexts(self, number: int) -> dict[str, object]:
        event, repository = self.event, self.machine.github.repository
        content = event.payload.get("pull_request", {})
        github = {
            "event": dict(event.payload),
            "event_name": event.name,
            "sha": event.sha,
            "ref": event.ref,
            "ref_name": event.ref.removeprefix("refs/heads/").removeprefix("refs/pull/"),
            "head_ref": content.get("head", {}).get("ref", ""),
            "base_ref": content.get("base", {}).get("ref", ""),
            "repository": repository,
            "repository_owner": repository.partition("/")[0],
            "actor": event.actor,
            "triggering_actor": event.actor,
            "workflow": self.workflow.name,
            "run_id": str(number),
            "run_number": str(number),
            "run_attempt": "1",
            "server_url": "https://github.com",
            "api_url": self.machine.github.url,
        }
        return {
            "github": github,
            "vars": dict(self.machine.variables),
            "inputs": event.payload.get("inputs", {}),
        }

    def _settings(self, job_id: str, contexts: Mapping[str, object]) -> Iterator[JobSetting]:
        """The entries of a job's matrix that are to run; a job that is skipped has one result."""
        job = self.workflow.jobs[job_id]
        unknown = set(job.needs) - set(self.workflow.jobs)
        if unknown:
            raise WorkflowError(f"{job_id} needs a job that is not there: {unknown}")
        functions = {
            "always": lambda: True,
            "success": lambda: all(r == "success" for r in self._before(job)),
            "failure": lambda: "failure" in self._before(job),
            "cancelled": self.cancelled.is_set,
        }
        needs = {need: self._need(need) for need in job.needs}
        scope = Scope({**contexts, "needs": needs}, functions)
        if not holds(job.if_, scope):
            self.result.jobs.append(JobResult(job_id, job.name or job_id))
            return
        for matrix in _matrix(job, scope):
            entry = scope.with_contexts(matrix=matrix)
            name = filled(job.name or job_id, entry)
            if matrix and "${{" not in (job.name or ""):
                name += f" ({', '.join(map(str, matrix.values()))})"
            group = filled(job.concurrency.group, entry) if job.concurrency else None
            result = JobResult(job_id, name, matrix, group)
            self.result.jobs.append(result)
            yield self._setting(job, entry, result)

    def _setting(self, job: Job, scope: Scope, result: JobResult) -> JobSetting:
        fork = self.event.from_fork
        wanted = self.workflow.permissions if job.permissions is None else job.permissions
        permissions = {
            name: "read" if fork and level == "write" else level
            for name, level in wanted.items()
            if not (fork and name == "id-token")
        }
        token = self.machine.github.token(permissions)
        secrets = {k: "" if fork else value for k, value in self.machine.secrets.items()}
        github = scope.contexts["github"]
        assert isinstance(github, dict)
        return JobSetting(
            workflow=self.workflow,
            job=job,
            machine=self.machine,
            event=self.event,
            scope=scope.with_contexts(
                github={**github, "token": token, "job": result.id},
                secrets={**secrets, "GITHUB_TOKEN": token},
            ),
            result=result,
            folder=self.folder / f"job-{len(self.result.jobs)}",
            artifacts=self.result.artifacts,
            permissions=permissions,
            cancelled=self.cancelled,
            interruptions=[i for i in self.interruptions if i.job == result.name],
        )

    def _run_job(self, setting: JobSetting) -> None:
        environment = setting.job.environment
        if self.cancelled.is_set() and not holds(setting.job.if_, setting.scope):
            setting.result.result = "cancelled"
        elif environment and not self._is_approved(environment.name):
            setting.result.result = "failure"
        else:
            job = JobRun(setting)
            job.run()
            self.happened |= job.happened

    def _is_approved(self, environment: str) -> bool:
        with self._approving:
            if environment not in self.approved:
                self.approved[environment] = self.machine.approve(environment, self.result)
            return self.approved[environment]

    def _before(self, job: Job) -> set[Outcome]:
        """The results of all jobs that must end before a job begins."""
        results: set[Outcome] = set()
        for need in job.needs:
            results |= {each.result for each in self.result.of(need)}
            results |= self._before(self.workflow.jobs[need])
        return results

    def _need(self, job_id: str) -> dict[str, object]:
        """What `needs` has of a job: of the entries of a matrix, the worst result."""
        entries = self.result.of(job_id)
        results = {entry.result for entry in entries}
        outputs: dict[str, object] = {}
        for entry in entries:
            outputs |= {name: value for name, value in entry.outputs.items() if value}
        for result in ("failure", "cancelled", "skipped"):
            if result in results:
                return {"result": result, "outputs": Unset(outputs)}
        empty = dict.fromkeys(self.workflow.jobs[job_id].outputs, "")
        return {"result": "success", "outputs": {**empty, **outputs}}


def _matrix(job: Job, scope: Scope) -> list[dict[str, object]]:
    """The entries of a job's matrix; of a job without one, an empty one.

    Raises:
        WorkflowError: it has no entry, or is not made of lists.
    """
    if job.strategy is None:
        return [{}]
    matrix = job.strategy.matrix
    whole = evaluated(matrix, scope) if isinstance(matrix, str) else matrix
    if not isinstance(whole, dict) or {"include", "exclude"} & set(whole):
        raise WorkflowError(f"the matrix is not made of lists: {whole!r}")
    lists = [evaluated(v, scope) if isinstance(v, str) else v for v in whole.values()]
    found = []
    for values in lists:
        if not isinstance(values, list) or not values:
            raise WorkflowError(f"a matrix needs values in its lists: {whole!r}")
        found.append(values)
    return [dict(zip(whole, combination, strict=True)) for combination in product(*found)]
