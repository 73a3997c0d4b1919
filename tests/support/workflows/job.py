"""Runs one job, or one entry of its matrix: its steps, in a folder of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from tests.support.workflows.actions import Use, use_action
from tests.support.workflows.expressions import (
    Scope,
    Unset,
    as_text,
    evaluated,
    filled,
    holds,
    is_true,
)
from tests.support.workflows.machine import NOT_OF_A_RUNNER, ActionError
from tests.support.workflows.results import StepResult
from tests.support.workflows.scripts import Script, StepFiles, kill_tracked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from threading import Event as Flag

    from tests.support.workflows.artifacts import Artifacts
    from tests.support.workflows.machine import Event, Interruption, Machine
    from tests.support.workflows.results import JobResult, Outcome
    from tests.support.workflows.workflow_file import Job, Step, Texts, Workflow


@dataclass(frozen=True)
class JobSetting:
    """What a job is given by its run.

    Attributes:
        scope: what its expressions may use, without steps and variables.
        result: what it fills.
        permissions: those of its token.
        cancelled: set when somebody cancels the run.
        interruptions: those of this job.
    """

    workflow: Workflow
    job: Job
    machine: Machine
    event: Event
    scope: Scope
    result: JobResult
    folder: Path
    artifacts: Artifacts
    permissions: Mapping[str, str]
    cancelled: Flag
    interruptions: Sequence[Interruption]


@dataclass
class JobRun:
    """A job that runs; `run` fills its result."""

    setting: JobSetting
    status: Outcome = "success"
    crashed: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    steps: dict[str, object] = field(default_factory=dict)
    happened: set[Interruption] = field(default_factory=set)
    _began_cancelled: bool = False
    _tracking_id: str = field(default_factory=lambda: f"github_{uuid4()}")

    def run(self) -> None:
        """Runs the steps, as far as their conditions hold."""
        given = self.setting
        for folder in (self._workspace, self._temporary, given.folder / "home"):
            folder.mkdir(parents=True)
        # A cancelled run ends a job that runs, not one that begins afterwards.
        self._began_cancelled = given.cancelled.is_set()
        env = self._filled({**given.workflow.env, **given.job.env}, given.scope)
        try:
            for number, step in enumerate(given.job.steps):
                self._run_step(number, step, env)
                if self.crashed:
                    given.result.result = "failure"
                    given.result.outputs = Unset()
                    return
        finally:
            kill_tracked(f"RUNNER_TRACKING_ID={self._tracking_id}")
        given.result.result = self.status
        scope = given.scope.with_contexts(steps=self.steps)
        outputs = self._filled(given.job.outputs, scope)
        given.result.outputs = dict(outputs) if self.status == "success" else Unset(outputs)

    @property
    def _workspace(self) -> Path:
        return self.setting.folder / "workspace"

    @property
    def _temporary(self) -> Path:
        return self.setting.folder / "temp"

    def _run_step(self, number: int, step: Step, job_env: Texts) -> None:
        done = StepResult(step.title)
        self.setting.result.steps.append(done)
        self._interrupt(step, None)
        if self.crashed:
            return
        env = {**job_env, **self.variables}
        scope = self._scope(env)
        env |= self._filled(step.env, scope)
        scope = self._scope(env)
        if holds(step.if_, scope):
            self._carry_out(number, step, env, scope, done)
        if done.outcome == "failure" and is_true(_flag(step.continue_on_error, scope)):
            done.conclusion = "success"
        else:
            done.conclusion = done.outcome
        if done.conclusion in {"failure", "cancelled"} and self.status == "success":
            self.status = done.conclusion
        if step.id:
            outputs: dict[str, object] = dict(done.outputs)
            self.steps[step.id] = {
                "outcome": done.outcome,
                "conclusion": done.conclusion,
                "outputs": outputs if done.outcome == "success" else Unset(outputs),
            }

    def _carry_out(
        self, number: int, step: Step, env: Texts, scope: Scope, done: StepResult
    ) -> None:
        done.outcome = "success"
        stand_in = self.setting.machine.in_place_of.get(step.title)
        try:
            if stand_in is not None:
                stand_in(self._workspace)
            elif step.uses is not None:
                self._use(step, scope, done)
            else:
                self._run_script(number, step, env, scope, done)
        except ActionError as failed:
            done.outcome = "failure"
            done.log += f"##[error]{failed}\n"

    def _use(self, step: Step, scope: Scope, done: StepResult) -> None:
        given = self.setting
        use = Use(
            inputs=self._filled(step.with_, scope),
            workspace=self._workspace,
            temporary=self._temporary,
            machine=given.machine,
            event=given.event,
            permissions=given.permissions,
            environment=given.job.environment.name if given.job.environment else None,
            artifacts=given.artifacts,
        )
        try:
            use_action(step.uses or "", use)
        finally:
            done.log = "".join(f"{line}\n" for line in use.log)
        self.variables |= use.variables
        self.path = [*use.path, *self.path]
        done.outputs = use.outputs

    def _run_script(
        self, number: int, step: Step, env: Texts, scope: Scope, done: StepResult
    ) -> None:
        given = self.setting
        files = StepFiles(given.folder / f"step-{number}")
        named = files.made()
        defaults = (given.job.defaults.run, given.workflow.defaults.run)
        shell = step.shell or defaults[0].shell or defaults[1].shell
        folder = step.working_directory
        for default in defaults:
            folder = folder or default.working_directory
        log = files.folder / "log"
        variables = {**self._machine_variables(scope), **env, **named}
        variables["PATH"] = ":".join([*self.path, variables["PATH"]])
        where = self._workspace / filled(folder or ".", scope)
        script = Script(filled(step.run or "", scope), shell, where, variables, log)
        before = self.status

        def ends_now() -> str | None:
            self._interrupt(step, script)
            if self.crashed:
                return "crash"
            return "cancel" if self.status == "cancelled" != before else None

        done.code = script.wait(ends_now, given.machine.patience)
        done.log = log.read_text(encoding="utf-8", errors="replace")
        if done.code is None:
            done.outcome = "failure" if self.crashed else "cancelled"
        elif done.code:
            done.outcome = "failure"
            done.log += f"##[error]Process completed with exit code {done.code}.\n"
        if self.crashed:
            return
        done.summary, lost = files.summary()
        done.log += lost
        done.outputs = files.pairs("GITHUB_OUTPUT")
        self.variables |= files.pairs("GITHUB_ENV")
        self.path = [*files.path(), *self.path]

    def _interrupt(self, step: Step, script: Script | None) -> None:
        """Lets happen what is planned before a step, or while its script runs."""
        for planned in self.setting.interruptions:
            if planned.step != step.title or (planned.when is None) is not (script is None):
                continue
            if planned.when is not None and not planned.when(self._workspace):
                continue
            self.happened.add(planned)
            if planned.how == "crash":
                self.crashed = True
            elif planned.how == "run":
                self.setting.cancelled.set()
            else:
                self.status = "cancelled"
        if self.setting.cancelled.is_set() and not self._began_cancelled:
            self.status = "cancelled"

    def _scope(self, env: Texts) -> Scope:
        contexts = {**self.setting.scope.contexts, "env": env, "steps": self.steps}
        contexts["runner"] = {"temp": str(self._temporary), "os": "Linux"}
        functions = {
            "always": lambda: True,
            "success": lambda: self.status == "success",
            "failure": lambda: self.status == "failure",
            "cancelled": lambda: self.status == "cancelled",
        }
        return Scope(contexts, functions)

    def _machine_variables(self, scope: Scope) -> dict[str, str]:
        """The variables that every script has."""
        given = self.setting
        machine = given.machine.environment.items()
        variables = {k: v for k, v in machine if k not in NOT_OF_A_RUNNER}
        github = scope.contexts["github"]
        assert isinstance(github, dict)
        scalars = {k: as_text(v) for k, v in github.items() if k not in {"event", "token"}}
        variables |= {f"GITHUB_{name.upper()}": value for name, value in scalars.items()}
        variables |= {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self._workspace),
            "HOME": str(given.folder / "home"),
            "RUNNER_TEMP": str(self._temporary),
            "RUNNER_TRACKING_ID": self._tracking_id,
        }
        return variables

    @staticmethod
    def _filled(texts: Mapping[str, str], scope: Scope) -> dict[str, str]:
        return {name: filled(text, scope) for name, text in texts.items()}


def _flag(text: str, scope: Scope) -> object:
    return evaluated(text, scope) if "${{" in text else text == "true"
