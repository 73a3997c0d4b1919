"""The runner of workflow files does what GitHub does."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from tests.support.workflows.expressions import ExpressionError
from tests.support.workflows.machine import (
    Interruption,
    Machine,
    WorkflowError,
    commit,
    pull_request,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.workflows.github import GitHub
    from tests.support.workflows.results import RunResult

    Run = Callable[..., RunResult]

_UPLOAD = f"actions/upload-artifact@{'a' * 40}"
_HEAD = "e" * 40


def test_outputs_pass_from_steps_to_jobs_and_into_a_matrix(run: Run) -> None:
    result = run(
        """
        report:
          needs: [list, work]
          if: always()
          runs-on: x
          steps:
            - env:
                RESULT: ${{ needs.work.result }} ${{ toJSON(needs.work.outputs) == '{}' }}
              run: echo "$RESULT"
        list:
          runs-on: x
          outputs:
            names: ${{ steps.names.outputs.names }}
          steps:
            - id: names
              run: |
                echo 'names=["a", "b", "c"]' >> "$GITHUB_OUTPUT"
                printf 'more<<END\\none\\ntwo=2\\nEND\\n' >> "$GITHUB_OUTPUT"
            - env:
                MORE: ${{ steps.names.outputs.more }}
              run: echo "$MORE"
        work:
          name: Work on ${{ matrix.name }}
          needs: list
          runs-on: x
          concurrency:
            group: work-${{ matrix.name }}
          strategy:
            fail-fast: false
            matrix:
              name: ${{ fromJSON(needs.list.outputs.names) }}
          steps:
            - name: Try
              run: test "$NAME" != b
              env:
                NAME: ${{ matrix.name }}
        """
    )

    assert result.results() == {
        "list": "success",
        "Work on a": "success",
        "Work on b": "failure",
        "Work on c": "success",
        "report": "success",
    }
    assert result.job("list").steps[1].log == "one\ntwo=2\n"
    assert result.job("Work on b").step("Try").code == 1
    assert result.job("Work on b").group == "work-b"
    assert result.job("report").steps[0].log == "failure true\n"


def test_a_job_after_a_failed_or_skipped_one_is_skipped(run: Run) -> None:
    result = run(
        """
        fails: {runs-on: x, steps: [{run: "false"}, {run: echo no}, {if: failure(), run: echo yes}]}
        after: {runs-on: x, needs: fails, steps: [{run: echo no}]}
        last: {runs-on: x, needs: after, steps: [{run: echo no}]}
        told: {runs-on: x, needs: last, if: failure(), steps: [{run: echo yes}]}
        never: {runs-on: x, if: github.event_name != 'push', steps: [{run: echo no}]}
        """
    )

    results = {"fails": "failure", "told": "success"}
    assert result.results() == dict.fromkeys(("after", "last", "never"), "skipped") | results
    assert [s.outcome for s in result.job("fails").steps] == ["failure", "skipped", "success"]


def test_variables_and_folders_come_from_where_they_are_set(run: Run, machine: Machine) -> None:
    environment = {**os.environ, "GH_TOKEN": "of the terminal"}
    result = run(
        """
        one:
          runs-on: x
          env: {B: job, C: job, D: job}
          defaults: {run: {working-directory: there}}
          steps:
            - run: mkdir there
              working-directory: .
            - run: |
                echo "C=file" >> "$GITHUB_ENV"
                mkdir bin && printf '#!/bin/sh\\necho found' > bin/tool && chmod +x bin/tool
                echo "$PWD/bin" >> "$GITHUB_PATH"
            - name: Look
              env: {D: "${{ env.C }}"}
              run: echo $A $B $C $D $N; tool; basename $PWD; echo "$GITHUB_REPOSITORY${GH_TOKEN-}"
        two: {runs-on: x, steps: [{run: 'ls -A; test $HOME != ~root'}]}
        """,
        on=replace(machine, environment=environment),
        top="env: {A: workflow, B: workflow, N: 3}",
    )

    told = "workflow job file file 3\nfound\nthere\nacme/security\n"
    assert result.job("one").step("Look").log == told
    assert result.job("two").steps[0].log == ""


def test_two_jobs_run_at_once(run: Run, tmp_path: Path) -> None:
    result = run(
        f"""
        one:
          runs-on: x
          strategy: {{fail-fast: false, matrix: {{n: [1, 2]}}}}
          env: {{MINE: "${{{{ matrix.n }}}}"}}
          steps:
            - run: cd {tmp_path}; touch at-$MINE; until [ -e at-$((3 - MINE)) ]; do sleep 0.05; done
        """
    )

    assert result.results() == {"one (1)": "success", "one (2)": "success"}


def test_a_second_run_keeps_what_github_has(run: Run, machine: Machine, github: GitHub) -> None:
    sha = commit(machine.repository, "A change")
    number = github.add_pull_request(_HEAD)
    event, on = pull_request(number, sha, _HEAD), replace(machine, secrets={"KEY": ""})

    results = [run(_COMMENT, event=event, on=on).job("comment").result for _ in range(2)]

    assert results == ["success", "success"]
    assert github.comments_of() == ["x", "x"]


def test_a_pipe_that_breaks_fails_only_in_the_shell_bash(run: Run) -> None:
    result = run(
        """
        pipe:
          runs-on: x
          steps:
            - {name: without, run: false | true}
            - {name: with, run: false | true, shell: bash, continue-on-error: true, id: it}
            - {name: then, run: "echo ${{ steps.it.outcome }} ${{ steps.it.conclusion }}"}
            - {name: last, run: "false\\necho no"}
        """
    )

    steps = result.job("pipe").steps
    assert [s.outcome for s in steps] == ["success", "failure", "success", "failure"]
    assert result.job("pipe").step("then").log == "failure success\n"
    assert "no" not in result.job("pipe").step("last").log.splitlines()


def test_a_summary_of_more_than_1_mib_is_lost(run: Run) -> None:
    result = run(
        """
        long:
          runs-on: x
          steps:
            - run: head -c 1048576 /dev/zero | tr '\\0' x >> $GITHUB_STEP_SUMMARY
            - run: head -c 1048577 /dev/zero | tr '\\0' x >> $GITHUB_STEP_SUMMARY
        """
    )

    within, over = result.job("long").steps
    assert len(within.summary) == 1024 * 1024
    assert (over.summary, over.outcome) == ("", "success")
    assert "upload aborted" in over.log


_COMMENT = """
        comment:
          runs-on: x
          permissions: {pull-requests: write, id-token: write}
          steps:
            - env:
                GH_TOKEN: ${{ github.token }}
                KEY: ${{ secrets.KEY }}
                PATH_: repos/${{ github.repository }}/issues/${{ github.event.number }}/comments
              run: gh api $PATH_ -f body=x$KEY
        """


@pytest.mark.parametrize("fork", [False, True])
def test_a_run_from_a_fork_has_no_rights_and_no_secrets(
    run: Run, machine: Machine, github: GitHub, *, fork: bool
) -> None:
    sha = commit(machine.repository, "A change")
    number = github.add_pull_request(_HEAD)
    on = replace(machine, secrets={"KEY": "secret"})

    result = run(_COMMENT, event=pull_request(number, sha, _HEAD, fork=fork), on=on)

    assert result.job("comment").result == ("failure" if fork else "success")
    assert github.comments_of() == ([] if fork else ["xsecret"])


_LONG = """
        long:
          runs-on: x
          outputs: {o: "${{ steps.work.outputs.o }}"}
          steps:
            - id: work
              name: Work
              run: |
                echo o=1 >> "$GITHUB_OUTPUT"
                sh -c 'echo $$ > started; exec sleep 600'
                echo no
            - {name: Next, run: echo no}
            - {name: Cleanup, if: always(), run: echo yes}
            - {name: Told, if: cancelled(), run: echo yes}
        after:
          needs: long
          if: "!cancelled()"
          runs-on: x
          steps: [{run: "echo ${{ needs.long.result }}"}]
        at-last:
          needs: long
          if: always()
          runs-on: x
          steps: [{run: "echo '${{ needs.long.outputs.o }}'"}]
        """


def _has_started(workspace: Path) -> bool:
    return (workspace / "started").exists()


@pytest.mark.parametrize(
    ("how", "steps", "results"),
    [
        (
            "run",
            ["cancelled", "skipped", "success", "success"],
            ["cancelled", "skipped", "success"],
        ),
        (
            "job",
            ["cancelled", "skipped", "success", "success"],
            ["cancelled", "success", "success"],
        ),
        ("crash", ["failure"], ["failure", "success", "success"]),
    ],
)
def test_a_job_ends_while_a_step_runs(
    run: Run, machine: Machine, how: str, steps: list[str], results: list[str]
) -> None:
    planned = Interruption("long", "Work", how, _has_started)  # type: ignore[arg-type]

    result = run(_LONG, planned)

    assert [s.outcome for s in result.job("long").steps] == steps
    assert list(result.results().values()) == results
    assert result.job("at-last").steps[0].log == ("\n" if how == "crash" else "1\n")
    (started,) = machine.folder.rglob("started")
    command = Path("/proc", started.read_text().strip(), "cmdline")
    assert not command.exists() or command.read_text() == ""  # not yet waited for


def test_a_job_ends_before_a_step(run: Run) -> None:
    crashed = run(_LONG, Interruption("long", "Work", "crash"))
    cancelled = run(_LONG, Interruption("long", "Work", "job"))

    assert [s.outcome for s in crashed.job("long").steps] == ["skipped"]
    outcomes = [s.outcome for s in cancelled.job("long").steps]
    assert outcomes == ["skipped", "skipped", "success", "success"]


def test_a_step_is_done_in_another_way_if_the_test_says_so(run: Run, machine: Machine) -> None:
    on = replace(machine, in_place_of={"Install": lambda folder: (folder / "made").touch()})

    result = run(
        "one: {runs-on: x, steps: [{name: Install, run: exit 1}, {name: Look, run: ls}]}", on=on
    )

    assert result.job("one").step("Look").log == "made\n"


def test_a_job_waits_for_the_approval_of_its_environment(run: Run, machine: Machine) -> None:
    asked: list[tuple[str, list[str]]] = []

    def approve(environment: str, so_far: RunResult) -> bool:
        asked.append((environment, [job.summary for job in so_far.of("plan")]))
        return False

    jobs = """
        plan: {runs-on: x, steps: [{run: echo plan >> $GITHUB_STEP_SUMMARY}]}
        deploy:
          needs: plan
          runs-on: x
          environment: production
          strategy: {fail-fast: false, matrix: {n: [1, 2]}}
          steps: [{run: echo no}]
        """

    result = run(jobs, on=replace(machine, approve=approve))

    assert asked == [("production", ["plan\n"])]
    assert [(job.result, job.steps) for job in result.of("deploy")] == [("failure", [])] * 2


@pytest.mark.parametrize(
    ("job", "error"),
    [
        ("{runs-on: x, steps: [{run: x, wiht: {}}]}", ValidationError),
        ("{runs-on: x, strategy: {matrix: {n: [1]}}, steps: [{run: x}]}", ValidationError),
        ("{runs-on: x, steps: [{run: 'echo ${{ env.NONE }}'}]}", ExpressionError),
        ("{runs-on: x, steps: [{run: x, if: stepps.x == 1}]}", ExpressionError),
        ("{runs-on: x, if: success() && vars.NONE, steps: [{run: x}]}", ExpressionError),
        ("{runs-on: x, steps: [{run: x, shell: fish}]}", WorkflowError),
        (f"{{runs-on: x, steps: [{{uses: actions/cache@{'a' * 40}}}]}}", WorkflowError),
        ("{runs-on: x, steps: [{uses: actions/checkout@v7}]}", WorkflowError),
        (
            f"{{runs-on: x, steps: [{{uses: {_UPLOAD}, with: {{path: x, nmae: y}}}}]}}",
            WorkflowError,
        ),
        ("{runs-on: x, needs: another, steps: [{run: x}]}", WorkflowError),
        ("{runs-on: x, needs: one, steps: [{run: x}]}", WorkflowError),
    ],
)
def test_a_slip_in_a_workflow_is_an_error(run: Run, job: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        run(f"one: {job}")


def test_an_interruption_that_does_not_happen_is_an_error(run: Run) -> None:
    with pytest.raises(WorkflowError, match="did not happen"):
        run("one: {runs-on: x, steps: [{run: ls}]}", Interruption("one", "Lsi", "crash"))
