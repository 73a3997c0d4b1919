"""The scripts of the workflows, by themselves, with a stand-in for `pulumi`."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.project import ROOT
from tests.support.workflows.github import BOT
from tests.support.workflows.gitlab import served_gitlab
from tests.support.workflows.runner import install_gh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.workflows.github import GitHub
    from tests.support.workflows.gitlab import GitLab

_PULUMI = """\
#!/usr/bin/env bash
here=$(dirname "$0")
printf '%q ' "$@" >>"$here/calls"
echo >>"$here/calls"
answer=$1
if [[ $1 == stack ]]; then answer=$1-$2; fi
source "$here/$answer"
"""
_MARKER = "<!-- guardduty-eks-audit-logs: preview -->"
_ODD = f"""{_MARKER}
"quotes" 'single' `ticks` $HOME $(false) \\n \\ & = + % @file @team ünï → 🐟 <b>
; {{"json": [1]}} --jq .
last line without an end"""


@dataclass
class Project:
    """A project with scripts and stacks, and a stand-in for `pulumi`, in folders with spaces."""

    folder: Path
    programs: Path

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.programs}:{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(self.folder), "LANG": "C.UTF-8"}

    def has(self, *stacks: str, content: str = "config: {}\n") -> None:
        for stack in stacks:
            (self.folder / "stacks" / f"Pulumi.{stack}.yaml").write_text(content)

    def pulumi(self, **answers: str) -> None:
        """Says in bash what commands do, such as `preview` or `stack_ls`."""
        for command, text in answers.items():
            (self.programs / command.replace("_", "-")).write_text(text)

    @property
    def calls(self) -> list[list[str]]:
        """The commands that `pulumi` was given."""
        file = self.programs / "calls"
        return (
            [shlex.split(line) for line in file.read_text().splitlines()] if file.exists() else []
        )

    def started(self, script: str, *words: object, **variables: str) -> subprocess.Popen[str]:
        """Starts a script from another folder."""
        return subprocess.Popen(
            # A shell that runs the tests in its background has made them ignore SIGINT.
            [
                "env",
                "--default-signal=INT",
                self.folder / ".github/scripts" / script,
                *map(str, words),
            ],
            cwd=self.programs.parent,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, script: str, *words: object, **variables: str) -> tuple[int, str, str]:
        """Runs a script from another folder; gives its exit code and what it prints."""
        started = self.started(script, *words, **variables)
        output, errors = started.communicate(timeout=30)
        return started.returncode, output, errors


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder, programs = tmp_path / "the project", tmp_path / "the programs"
    shutil.copytree(ROOT / ".github" / "scripts", folder / ".github" / "scripts")
    (folder / "stacks").mkdir()
    programs.mkdir()
    (programs / "pulumi").write_text(_PULUMI)
    (programs / "pulumi").chmod(0o755)
    made = Project(folder, programs)
    made.pulumi(stack_export="echo '{}'", stack_ls="echo '[]'", stack_init="echo Created")
    return made


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    with served_gitlab() as served:
        yield served


def _content(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


# list-stacks.sh


def test_no_stack_is_an_empty_list(project: Project) -> None:
    assert project.run("list-stacks.sh") == (0, "[]\n", "")


def test_stacks_are_listed_but_those_for_the_sandbox_and_by_hand(project: Project) -> None:
    project.has("prod-eu-west-1", "a", "A.b_c-1", "x" * 100, "1", "_")
    project.has("template", "demo-us-east-1", "sample-all", "with-demo-1")
    for name, line in {
        "hand": "  guardduty-eks-audit-logs:mode: delegation",
        "by-hand": "    'guardduty-eks-audit-logs:mode':   \"delegation\"",
        "own": "  mode: delegation",
        "renamed": "  Acme.Security_1:mode: delegation",
    }.items():
        project.has(name, content=f"config:\n{line}\n")
    project.has("kept", content="config:\n  p:mode: standalone\n  # p:mode: delegation\n")

    code, output, errors = project.run("list-stacks.sh")

    names = ["prod-eu-west-1", "a", "A.b_c-1", "x" * 100, "1", "_", "with-demo-1", "kept"]
    assert code == 0
    assert sorted(json.loads(output)) == sorted(names)
    assert output.count("\n") == 1
    assert [line.split()[0] for line in errors.splitlines()] == [
        "by-hand",
        "hand",
        "own",
        "renamed",
    ]


@pytest.mark.parametrize(
    "name",
    ["a b", "a;touch x", "$(touch x)", "-x", "--help", ".", "..", "a\nb", "é", "x" * 101, "'", ""],
)
def test_a_name_that_no_stack_has_is_refused_before_anything_runs(
    project: Project, name: str
) -> None:
    project.has("first", name)

    code, output, errors = project.run("each-stack.sh", "touch", "STACK")

    assert (code, output) == (1, "")
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert "is no name of a stack" in errors
    assert [f.name for f in project.programs.parent.iterdir()] != []
    assert not (project.programs.parent / "first").exists()
    assert not (project.programs.parent / "x").exists()


# each-stack.sh


def test_each_stack_has_its_turn_though_another_one_fails(project: Project) -> None:
    project.has(*"abcdefgh")
    command = 'echo "$1 $2"; exit 255'

    code, output, _ = project.run(
        "each-stack.sh", "bash", "-c", command, "-", "STACK", "in/STACK x"
    )

    assert code != 0
    assert sorted(output.splitlines()) == [f"{name} in/{name} x" for name in "abcdefgh"]


def test_each_stack_is_content_with_no_stack_and_with_success(project: Project) -> None:
    assert project.run("each-stack.sh", "false") == (0, "", "")
    project.has("a", "b")
    assert project.run("each-stack.sh", "true") == (0, "", "")


# state-of-stack.sh


def test_the_state_of_a_stack_is_a_hash_that_changes_with_it(project: Project) -> None:
    project.pulumi(stack_export="echo '{}'")
    code, first, _ = project.run("state-of-stack.sh", "prod")
    project.pulumi(stack_export="echo '{\"version\": 3}'")

    assert code == 0
    assert len(first) == 65
    assert project.run("state-of-stack.sh", "prod")[1] != first
    timed = '{"deployment": {"manifest": {"time": "%s"}}}'
    hashes = []
    for day in ("today", "yesterday"):
        project.pulumi(stack_export=f"echo {shlex.quote(timed % day)}")
        hashes.append(project.run("state-of-stack.sh", "prod")[1])
    assert hashes[0] == hashes[1]
    assert project.calls[0] == ["stack", "export", "--stack", "prod", "--non-interactive"]


@pytest.mark.parametrize("name", ["prod", "acme/prod", "organization/project/prod"])
def test_a_stack_whose_state_cannot_be_read_is_not_new(project: Project, name: str) -> None:
    listed = json.dumps([{"name": "other"}, {"name": name}])
    project.pulumi(
        stack_export="echo part; echo 'error: no access' >&2; exit 255",
        stack_ls=f"echo {shlex.quote(listed)}",
    )

    assert project.run("state-of-stack.sh", "prod") == (1, "", "error: no access\n")


@pytest.mark.parametrize(
    "answer", ["echo 'error: no backend' >&2; exit 255", "exit 1", "echo '<html>'", "echo '[{}]'"]
)
def test_a_backend_that_cannot_be_read_is_an_error(project: Project, answer: str) -> None:
    project.pulumi(stack_export="exit 255", stack_ls=answer)

    code, output, _ = project.run("state-of-stack.sh", "prod")

    assert code != 0
    assert output == ""


@pytest.mark.parametrize("name", ["prod-2", "my-prod", "acme/my-prod"])
def test_a_stack_that_is_not_listed_is_new(project: Project, name: str) -> None:
    listed = json.dumps([{"name": name}])
    project.pulumi(stack_export="exit 255", stack_ls=f"echo {shlex.quote(listed)}")

    assert project.run("state-of-stack.sh", "prod") == (0, "new\n", "")


# preview-stack.sh


def test_a_preview_keeps_all_that_a_report_needs(project: Project) -> None:
    folder = project.folder / "of a stack" / "prod"
    folder.mkdir(parents=True)
    for old in ("report.json", "engine.json", "log.txt", "exit-code", "base", "new-stack"):
        (folder / old).write_text("old")
    project.pulumi(
        preview='echo "$GUARDDUTY_EKS_AUDIT_LOGS_REPORT"; echo "error: first" >&2\n'
        'ls "$(dirname "$GUARDDUTY_EKS_AUDIT_LOGS_REPORT")" >&2; sleep 0.3\n'
        "printf 'last' >&2; exit 7\n"
    )

    code, output, errors = project.run(
        "preview-stack.sh", "prod", folder, "--expect-no-changes", "--save-plan=a b"
    )

    found = _content(folder)
    assert (code, output) == (7, "")
    assert found.keys() == {"base", "engine.json", "log.txt", "exit-code"}
    assert found["engine.json"] == f"{folder / 'report.json'}\n"
    assert found["log.txt"] == errors == "error: first\nbase\nengine.json\nlog.txt\nlast"
    assert found["exit-code"] == "7\n"
    assert len(found["base"]) == 65
    assert project.calls[-1] == [
        *("preview", "--stack", "prod", "--non-interactive", "--color", "never", "--json"),
        *("--expect-no-changes", "--save-plan=a b"),
    ]


def test_a_folder_is_named_from_where_the_script_is_started(project: Project) -> None:
    project.pulumi(preview="pwd")

    assert project.run("preview-stack.sh", "prod", "a b/prod")[0] == 0

    found = _content(project.programs.parent / "a b" / "prod")
    assert found["engine.json"] == f"{project.folder}\n"
    assert found["exit-code"] == "0\n"


def test_a_new_stack_is_previewed_in_a_backend_that_is_thrown_away(project: Project) -> None:
    project.pulumi(stack_export="exit 255", preview='echo "$PULUMI_BACKEND_URL"; env >&2')

    code, _, _ = project.run("preview-stack.sh", "prod", "result", PULUMI_BACKEND_URL="s3://real")

    found = _content(project.programs.parent / "result")
    backend = found["engine.json"].strip()
    assert code == 0
    assert found["base"] == "new\n"
    assert "new-stack" in found
    assert backend.startswith("file:///")
    assert not Path(backend.removeprefix("file://")).exists()
    assert "PULUMI_CONFIG_PASSPHRASE=\n" in found["log.txt"]
    assert [call[:2] for call in project.calls][2:] == [["stack", "init"], ["preview", "--stack"]]


@pytest.mark.parametrize(
    ("export", "init"),
    [("echo 'error: no backend' >&2; exit 255", "true"), ("exit 255", "echo 'error: no'; exit 3")],
)
def test_a_preview_that_cannot_begin_says_so_in_its_log(
    project: Project, export: str, init: str
) -> None:
    listed = "exit 255" if "backend" in export else "echo '[]'"
    project.pulumi(stack_export=export, stack_ls=f"echo error: none >&2; {listed}", stack_init=init)

    code, _, errors = project.run("preview-stack.sh", "prod", "result")

    found = _content(project.programs.parent / "result")
    assert (code, found["exit-code"]) == (1, "1\n")
    assert "error: no" in found["log.txt"]
    assert "error: no" in errors
    assert "engine.json" not in found


# deploy-stack.sh


def _planned(project: Project, **answers: str) -> None:
    """A stack that was previewed, with its plan."""
    project.pulumi(preview="true", **answers)
    assert project.run("preview-stack.sh", "prod", "plan")[0] == 0
    (project.programs.parent / "plan" / "plan.json").write_text("{}")
    (project.programs / "calls").unlink()


def _deploy(project: Project, **variables: str) -> tuple[int, dict[str, str]]:
    code, output, errors = project.run("deploy-stack.sh", "prod", "plan", "a b/prod", **variables)
    found = _content(project.programs.parent / "a b" / "prod")
    assert errors == ""
    assert found["log.txt"] == output
    assert found["exit-code"] == f"{code}\n"
    return code, found


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_a_deployment_keeps_its_whole_log_and_its_exit_code(project: Project, code: int) -> None:
    _planned(project, up=f'for n in {{1..20000}}; do echo "line $n"; done; exit {code}')

    ended, found = _deploy(project)

    assert ended == code
    assert found["log.txt"].splitlines() == [f"line {n}" for n in range(1, 20001)]
    plan = project.programs.parent / "plan" / "plan.json"
    assert project.calls[-1][-2:] == ["--plan", str(plan)]
    assert "--yes" in project.calls[-1]


def test_only_a_stack_as_it_was_planned_is_deployed(project: Project) -> None:
    plan = project.programs.parent / "plan"
    for what in ("nothing", "no plan.json", "a failed preview", "another state", "no backend"):
        shutil.rmtree(plan, ignore_errors=True)
        project.pulumi(stack_export="echo '{}'")
        _planned(project)
        if what == "nothing":
            shutil.rmtree(plan)
        elif what == "no plan.json":
            (plan / "plan.json").unlink()
        elif what == "a failed preview":
            (plan / "exit-code").write_text("255\n")
        elif what == "another state":
            project.pulumi(stack_export="echo '{\"version\": 3}'")
        else:
            project.pulumi(stack_export="exit 255", stack_ls="echo 'error: gone' >&2; exit 255")

        code, found = _deploy(project)

        assert code == 1, what
        assert found["log.txt"].startswith("error: "), what
        assert ["up", "init"] not in project.calls
        assert not [call for call in project.calls if call[0] == "up" or call[1] == "init"], what


def test_a_new_stack_is_made_with_its_secrets_provider(project: Project) -> None:
    _planned(project, stack_export="exit 255", up="echo done")

    assert _deploy(project, PULUMI_SECRETS_PROVIDER="awskms://alias/x?region=r")[0] == 0
    assert project.calls[-2][-2:] == ["--secrets-provider", "awskms://alias/x?region=r"]
    assert _deploy(project, PULUMI_SECRETS_PROVIDER="")[0] == 0
    assert project.calls[-2][-2:] == ["--secrets-provider", "default"]
    project.pulumi(stack_init="echo 'error: exists' >&2; exit 255")
    assert _deploy(project)[1]["log.txt"] == "error: exists\n"
    assert project.calls[-1][:2] == ["stack", "init"]


_ENGINE = """\
trap 'echo interrupted; interrupted=$((interrupted + 1))' INT
trap 'echo terminated; exit 9' TERM
echo begun
for n in {1..8}; do sleep 0.1; done
echo "ended after $interrupted"
exit 3
"""


@pytest.mark.parametrize(
    "sent", [[signal.SIGINT, signal.SIGTERM], [signal.SIGTERM], [signal.SIGINT, signal.SIGINT]]
)
@pytest.mark.parametrize("to_the_group", [False, True])
def test_a_cancelled_deployment_gives_the_engine_one_interrupt(
    project: Project, sent: list[signal.Signals], *, to_the_group: bool
) -> None:
    _planned(project, up=_ENGINE)
    started = project.started("deploy-stack.sh", "prod", "plan", "result")
    folder = project.programs.parent / "result"
    assert started.stdout is not None
    assert started.stdout.readline() == "begun\n"
    time.sleep(0.1)
    for each in sent:
        (os.killpg if to_the_group else os.kill)(started.pid, each)
        time.sleep(0.1)
    output, _ = started.communicate(timeout=30)

    assert started.returncode == 3
    assert output.splitlines() == ["interrupted", "ended after 1"]
    found = _content(folder)
    assert found["log.txt"] == f"begun\n{output}"
    assert found["exit-code"] == "3\n"


# write-comment.sh, write-issue.sh, write-note.sh


def _writer(project: Project, github: GitHub, permission: str) -> dict[str, str]:
    install_gh(project.programs)
    token = github.token({permission: "write"})
    return {
        "GH_TOKEN": token,
        "GITHUB_REPOSITORY": github.repository,
        "GITHUB_API_URL": github.url,
    }


def test_a_comment_is_written_word_for_word_and_then_edited(
    project: Project, github: GitHub, tmp_path: Path
) -> None:
    variables = _writer(project, github, "pull-requests")
    number = github.add_pull_request("a" * 40)
    (tmp_path / "the comment").write_text(_ODD)
    words = (number, "a" * 40, "the comment")

    assert project.run("write-comment.sh", *words, **variables)[0] == 0
    (text,) = github.comments_of(BOT)
    assert text.rstrip("\n") == _ODD

    (tmp_path / "the comment").write_text(f"{_MARKER}\nnext\n")
    assert project.run("write-comment.sh", *words, **variables)[0] == 0
    assert [text.rstrip("\n") for text in github.comments_of(BOT)] == [f"{_MARKER}\nnext"]

    code, output, _ = project.run("write-comment.sh", number, "b" * 40, "none", **variables)
    assert code == 0
    assert "newer commit" in output
    assert len(github.comments) == 1


def test_an_issue_is_opened_changed_closed_and_opened_anew(
    project: Project, github: GitHub, tmp_path: Path
) -> None:
    variables = _writer(project, github, "issues")
    others = [github.add_issue("Mine", f"{_MARKER}\nmine"), github.add_pull_request("a" * 40)]
    (tmp_path / "issue").write_text(_ODD)

    def states(code: int) -> list[str]:
        assert project.run("write-issue.sh", code, "issue", **variables)[0] == 0
        return [i["state"] for n, i in github.issues.items() if n not in others]

    assert states(0) == []
    assert states(7) == ["open"]
    assert github.issues[3]["body"].rstrip("\n") == _ODD
    (tmp_path / "issue").write_text(f"{_MARKER}\nnext\n")
    assert states(1) == ["open"]
    assert github.issues[3]["body"].rstrip("\n") == f"{_MARKER}\nnext"
    assert states(0) == ["closed"]
    assert states(0) == ["closed"]
    assert states(7) == ["closed", "open"]
    assert [github.issues[n]["state"] for n in others] == ["open", "open"]


def test_a_note_is_written_word_for_word_and_then_edited(
    project: Project, gitlab: GitLab, tmp_path: Path
) -> None:
    for n in range(100):
        gitlab.add_note(f"Note {n}")
    gitlab.add_note(f"{_MARKER}\nNot by the pipeline")
    gitlab.add_note("By another pipeline", author=7)
    (tmp_path / "the note").write_text(_ODD)

    code, output, errors = project.run("write-note.sh", "the note", **gitlab.variables)

    assert (code, errors) == (0, "")
    number = int(output)
    assert gitlab.notes_of()[number] == _ODD

    for n in range(100):
        gitlab.add_note(f"Later note {n}")
    (tmp_path / "the note").write_text(f"{_MARKER}\nnext\n")

    code, output, errors = project.run("write-note.sh", "the note", **gitlab.variables)

    assert (code, int(output), errors) == (0, number, "")
    assert gitlab.notes_of()[number] == f"{_MARKER}\nnext\n"
    assert len(gitlab.notes) == 203
    assert len(gitlab.notes_of()) == 2


def test_a_note_that_cannot_be_written_fails_the_job(
    project: Project, gitlab: GitLab, tmp_path: Path
) -> None:
    (tmp_path / "note").write_text(_ODD)
    gitlab.fails = True
    code, _, errors = project.run("write-note.sh", "note", **gitlab.variables)
    assert code != 0
    assert "502" in errors

    gitlab.fails = False
    wrong = {**gitlab.variables, "GITLAB_TOKEN": "wrong"}
    assert project.run("write-note.sh", "note", **wrong)[0] != 0
    assert gitlab.notes == []
