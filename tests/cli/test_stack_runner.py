"""The commands `preview` and `up`: what they start and leave, with a stand-in for `pulumi`."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pulumi.runtime.sync_await import _ensure_event_loop
from typer.testing import CliRunner

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli import app
from tests.support.machine import wait_until
from tests.support.results import change, previewed, ran, region, run_report
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer.testing import Result

    from guardduty_eks_audit_logs.reports.stack_result import ResultFiles

_PULUMI = """\
#!/usr/bin/env bash
here=$(dirname "$0")
call=$(printf '%q ' "$@")
echo "$call" >>"$here/calls"
previous=
for word in "$@"; do
    if [[ $previous == --stack ]]; then stack=$word; fi
    previous=$word
done
if [[ $1 == stack ]]; then source "$here/stack-$2"; exit; fi
if [[ -e $here/$stack.sh ]]; then source "$here/$stack.sh"; fi
cp "$here/$stack.report" "$GUARDDUTY_EKS_AUDIT_LOGS_REPORT" 2>/dev/null
cat "$here/$stack.engine" 2>/dev/null
echo "log of $stack" >&2
exit "$(cat "$here/$stack.code" 2>/dev/null)"
"""
_COMMAND = [sys.executable, "-m", "guardduty_eks_audit_logs"]
_DELEGATION = "config:\n  p:mode: delegation\n"


@dataclass
class Project:
    """A project, and a stand-in for `pulumi`, in folders with spaces."""

    folder: Path
    programs: Path

    def has(self, *stacks: ResultFiles | str, content: str = "config:\n  p:x: 1 # why\n") -> None:
        """Makes stacks; a result is what a command on the stack leaves."""
        for stack in stacks:
            name = stack if isinstance(stack, str) else stack.stack
            (self.folder / "stacks" / f"Pulumi.{name}.yaml").write_text(content)
            if not isinstance(stack, str):
                for ending in ("report", "engine"):
                    text = getattr(stack, ending)
                    if text is not None:
                        (self.programs / f"{name}.{ending}").write_text(text)
                (self.programs / f"{name}.code").write_text(str(stack.exit_code))

    def does(self, stack: str, script: str) -> None:
        """Says in bash what a command on the stack does before it leaves its result."""
        (self.programs / f"{stack}.sh").write_text(script)

    def backend_has(self, *stacks: str) -> None:
        listed = json.dumps([{"name": name, "current": False} for name in stacks])
        (self.programs / "stack-ls").write_text(f"echo {shlex.quote(listed)}")

    def calls(self) -> list[list[str]]:
        file = self.programs / "calls"
        return [shlex.split(line) for line in file.read_text().splitlines() if file.exists()]

    def runs(self) -> list[str]:
        """The stacks on which `preview` or `up` was started."""
        return [call[call.index("--stack") + 1] for call in self.calls() if call[0] != "stack"]

    def result(self, stack: str) -> dict[str, str]:
        folder = self.folder / ".results" / stack
        return {file.name: file.read_text() for file in folder.iterdir()}


@pytest.fixture(autouse=True)
def _event_loop_of_this_thread() -> Iterator[None]:
    """`asyncio.run` leaves the thread without the one that other tests' Pulumi wants."""
    before = _ensure_event_loop()  # type: ignore[no-untyped-call] # as Pulumi has it
    yield
    asyncio.set_event_loop(before)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path / "the project", tmp_path / "the programs")
    (made.folder / "stacks").mkdir(parents=True)
    (made.folder / "Pulumi.yaml").write_text("name: p\nruntime: python\nstackConfigDir: stacks\n")
    made.programs.mkdir()
    (made.programs / "pulumi").write_text(_PULUMI)
    (made.programs / "pulumi").chmod(0o755)
    (made.programs / "stack-init").write_text("echo made")
    monkeypatch.setenv("PATH", f"{made.programs}:{os.environ['PATH']}")
    monkeypatch.chdir(made.folder)
    made.backend_has(*"abcdefgh")
    return made


def _run(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"}).invoke(app, words)


def _lines(shown: Result) -> list[str]:
    """What is on stderr, without the seconds."""
    return [re.sub(r" after \d+ s:", ":", line) for line in shown.stderr.splitlines()]


def test_each_stack_is_previewed_and_one_report_is_printed(project: Project) -> None:
    project.has(previewed("a", region("us-east-1", change(1), change(2, "DISABLED"))))
    project.has(previewed("b", region("eu-west-1")))
    (project.folder / ".results" / "a").mkdir(parents=True)
    (project.folder / ".results" / "a" / "new-stack").touch()  # of a former preview

    shown = _run("preview")

    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("## EKS audit logs: what this change does\n")
    assert "**2 regions: 1 on, 1 off**" in shown.stdout
    assert sorted(_lines(shown)) == ["a  done: 1 on, 1 off", "b  done: no change"]
    assert project.result("a").keys() == {"report.json", "engine.json", "log.txt", "exit-code"}
    assert project.result("a")["log.txt"] == "log of a\n"
    assert project.result("a")["exit-code"] == "0\n"
    options = ["--non-interactive", "--color", "never"]
    assert ["preview", "--json", "--stack", "a", *options] in project.calls()


@pytest.mark.parametrize(("stacks", "code"), [("ab", 7), ("a", 0)])
def test_expected_no_changes_are_exit_code_7_if_something_differs(
    project: Project, stacks: str, code: int
) -> None:
    project.has(previewed("a", region("us-east-1")))
    project.has(previewed("b", region("eu-west-1", change(1)), code=7))

    shown = _run("preview", "--expect-no-changes", "--stacks", f"[{stacks}]")

    assert shown.exit_code == code
    assert "what differs from the stacks" in shown.stdout
    assert all("--expect-no-changes" in call for call in project.calls()[1:])


def test_stacks_are_deployed_and_their_results_are_where_they_are_told(project: Project) -> None:
    project.has(ran("a", region("us-east-1", change(1, progress="set"))))

    shown = _run("up", "--yes", "--results", "my results")

    assert shown.exit_code == 0
    assert "**1 region: 1 turned on, 0 turned off**" in shown.stdout
    options = ["--non-interactive", "--color", "never"]
    assert ["up", "--yes", "--stack", "a", *options] in project.calls()
    assert (project.folder / "my results" / "a" / "log.txt").read_text() == "log of a\n"


def test_a_stack_that_fails_leaves_the_others_alone(project: Project) -> None:
    refusals = [
        {"id": "x", "key": "members", "sentence": f"Too {word}.", "wayOut": "Raise it."}
        for word in ("many", "\x1b[31mfew\n\u202e")
    ]
    refused = run_report("b", region("eu-west-1"), outcome="refused", refusals=refusals)
    project.has(previewed("a", report=None, engine=None, code=255))
    project.has(previewed("b", report=refused, code=1), previewed("c", region("us-east-2")))
    project.does("a", "echo 'error: no connection' >&2")

    shown = _run("preview", "--jobs", "1")

    assert shown.exit_code == 1
    assert _lines(shown) == [
        "a  failed: The command ended with exit code 255: no connection",
        "b  refused: Too many. (and 1 more)",
        "c  done: no change",
    ]
    assert "1 refused, 1 failed" in shown.stdout


def test_an_engine_that_was_killed_is_not_done_whatever_it_has_reported(project: Project) -> None:
    project.has(ran("a", region("us-east-1")))
    project.does("a", 'cp "$here/a.report" "$GUARDDUTY_EKS_AUDIT_LOGS_REPORT"; kill -KILL $$')

    shown = _run("up", "--yes")

    assert shown.exit_code == 1
    assert project.result("a")["exit-code"] == "137\n"
    assert "a  failed:" in _lines(shown)[0]


def test_no_more_stacks_are_under_way_than_jobs(project: Project) -> None:
    names = "abcdefg"
    project.has(*(previewed(name, region(f"us-east-{n}")) for n, name in enumerate(names)))
    for name in names:
        project.does(
            name,
            f'touch "$here/on.{name}"; sleep 0.2; ls "$here"/on.* | wc -l'
            f' >"$here/seen.{name}"; rm "$here/on.{name}"',
        )

    assert _run("preview", "--jobs", "3").exit_code == 0

    seen = [int(file.read_text()) for file in project.programs.glob("seen.*")]
    assert len(seen) == len(names)
    assert max(seen) == 3


# which stacks


def test_stacks_are_chosen_by_patterns_and_delegation_only_by_its_own(project: Project) -> None:
    stacks = ("prod-us-east-1", "prod-eu-west-1", "test", "demo-a", "sample-a", "template")
    project.has(*stacks)
    project.has("prod-delegation-us-east-1", content=_DELEGATION)
    prod, delegation = {*stacks[:2]}, {"prod-delegation-us-east-1"}

    for patterns, chosen in {
        (): {*prod, "test"},
        ("prod-*",): prod,
        ("*-delegation-*",): delegation,
        ("prod-delegation-us-east-1", "te?t"): {*delegation, "test"},
        ("demo-a", "test"): {"demo-a", "test"},
    }.items():
        (project.programs / "calls").unlink(missing_ok=True)
        shown = _run("preview", *(word for one in patterns for word in ("--stacks", one)))

        assert {*project.runs()} == chosen, patterns
        left_out = "prod-delegation-us-east-1 is left out: with mode: delegation it acts as the"
        assert (left_out in shown.stderr) is (patterns in {(), ("prod-*",)})


def test_a_name_that_is_no_stacks_reaches_no_terminal_as_it_is(project: Project) -> None:
    project.has(previewed("a", region("us-east-1")))
    project.has("\x1b[2Jx", content=_DELEGATION)
    terminal = Terminal("preview", TERM="dumb")

    assert terminal.ends() == 0
    assert terminal.text.startswith("x is left out")
    assert "\x1b[2J" not in terminal.text


def test_a_choice_that_is_none_names_the_stacks_there_are(project: Project) -> None:
    for content, patterns, said in (
        (None, (), "stacks has no stack of yours"),
        (_DELEGATION, (), "there are only stacks with mode: delegation (a)"),
        ("config: {}\n", ("x*", "y*"), "--stacks y* is no stack. There are a."),
    ):
        if content:
            project.has("a", content=content)
        wrong = _run("up", "--yes", *(word for one in patterns for word in ("--stacks", one)))
        assert (wrong.exit_code, wrong.stdout) == (2, "")
        assert said in wrong.stderr
        assert "Traceback" not in wrong.output
    assert not (project.programs / "calls").exists()


@pytest.mark.parametrize("name", ["a b", "-x", "..", "é", "x" * 101, "$(touch x)"])
def test_a_name_that_no_stack_has_is_refused_before_anything_runs(
    project: Project, name: str
) -> None:
    project.has("a", name)

    wrong = _run("preview")

    assert wrong.exit_code == 2
    assert "is no name of a stack" in wrong.stderr
    assert len(wrong.stderr.splitlines()) == 1
    assert not (project.programs / "calls").exists()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("echo 'error: no backend' >&2; exit 255", "does not say which stacks there are (no back"),
        ("echo '<html>'", "does not say which stacks there are (without a word)"),
        ("echo '[1]'", "does not say which stacks there are (without a word)"),
    ],
)
def test_a_backend_that_can_not_be_asked_ends_it_before_anything_runs(
    project: Project, answer: str, said: str
) -> None:
    project.has("a")
    (project.programs / "stack-ls").write_text(answer)

    wrong = _run("up", "--yes")

    assert (wrong.exit_code, project.runs()) == (2, [])
    assert wrong.stderr.startswith("error: `pulumi stack ls` does not say")
    assert said in wrong.stderr


def test_outside_of_a_project_the_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    wrong = _run("preview")

    assert (wrong.exit_code, wrong.stderr) == (
        2,
        (
            f"error: there is no Pulumi.yaml in {tmp_path} or above it. Go to the folder of a "
            "Pulumi project, or one below it.\n"
        ),
    )


def test_without_pulumi_the_way_out_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.has("a")
    monkeypatch.setenv("PATH", "/nowhere")

    wrong = _run("preview")

    assert wrong.exit_code == 2
    assert wrong.stderr.startswith("error: `pulumi` can't be started (No such file")


# stacks that the backend does not have


def test_a_new_stack_is_previewed_in_a_backend_that_is_thrown_away(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.has(previewed("new", region("us-east-1", change(1)), engine=None))
    project.backend_has("acme/renew", "b")
    file = project.folder / "stacks" / "Pulumi.new.yaml"
    before = file.read_bytes()
    # The folder after `--cwd`, and the file after `--config-file`, come before three other words.
    (project.programs / "stack-init").write_text('cd "${@: -4:1}"; echo salt: x >>Pulumi.new.yaml')
    project.does("new", 'cat "${@: -4:1}" >&2; env | grep ^PULUMI >&2')
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://real")
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)

    _run("preview")

    log = project.result("new")["log.txt"]
    assert "config:\n  p:x: 1 # why\nsalt: x\n" in log
    assert "PULUMI_CONFIG_PASSPHRASE=\n" in log
    assert "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER=true\n" in log
    (backend,) = re.findall(r"^PULUMI_BACKEND_URL=file://(.*)$", log, re.MULTILINE)
    assert not Path(backend).exists()
    assert "new-stack" in project.result("new")
    assert file.read_bytes() == before


def test_the_file_of_a_passphrase_is_found_from_another_folder(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.has("new")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "secret")
    (project.programs / "stack-init").write_text("env | grep ^PULUMI_CONFIG; exit 1")

    _run("preview")

    file = project.folder / "secret"
    assert f"PULUMI_CONFIG_PASSPHRASE_FILE={file}\n" in project.result("new")["log.txt"]


def test_a_new_stack_is_made_before_it_is_deployed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.has(ran("new", region("us-east-1")))
    monkeypatch.setenv("PULUMI_SECRETS_PROVIDER", "awskms://alias/x?region=r")

    assert _run("up", "--yes").exit_code == 0

    _, init, up = project.calls()
    assert init[:5] == ["stack", "init", "--stack", "new", "--no-select"]
    assert init[5:7] == ["--secrets-provider", "awskms://alias/x?region=r"]
    assert up[0] == "up"
    assert project.result("new")["log.txt"] == "made\nlog of new\n"


def test_a_stack_that_can_not_be_made_is_not_deployed(project: Project) -> None:
    project.has("new")
    (project.programs / "stack-init").write_text("echo 'error: no rights' >&2; exit 255")

    failed = _run("up", "--yes")

    assert failed.exit_code == 1
    assert _lines(failed) == ["new  failed: The command ended with exit code 255: no rights"]
    assert project.runs() == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("config: {}\nmembers: []\n", "stacks/Pulumi.new.yaml: members is outside of `config:`"),
        ("config: [\n", "Pulumi.new.yaml can't be read"),
    ],
)
def test_a_file_that_would_lose_something_is_left_as_it_is(
    project: Project, content: str, said: str
) -> None:
    project.has("new", content=content)

    refused = _run("up", "--yes")

    assert refused.exit_code == 1
    assert said in refused.stderr
    assert [call[:2] for call in project.calls()] == [["stack", "ls"]]


# without a terminal, and on one


def test_without_a_terminal_up_needs_yes(project: Project) -> None:
    project.has("a")

    wrong = _run("up")

    assert wrong.exit_code == 2
    assert "there is no terminal to ask on" in wrong.stderr
    assert project.runs() == []


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
def test_what_is_closed_is_no_terminal(project: Project, closed: str) -> None:
    project.has(ran("a", region("us-east-1")))
    shell = ["bash", "-c", f'exec "$@" {closed}', "bash", *_COMMAND, "up"]

    assert subprocess.run(shell, check=False, capture_output=True).returncode == 2
    assert project.runs() == []
    done = subprocess.run([*shell, "--yes"], check=False, capture_output=True)
    assert (done.returncode, project.runs()) == (0, ["a"])
    assert b"Traceback" not in done.stdout + done.stderr


class Terminal:
    """The command on a terminal."""

    def __init__(self, *words: str, **variables: str) -> None:
        self._leader, follower = pty.openpty()
        self.text = ""
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", **variables}
        self._command = subprocess.Popen(
            ["setsid", "--ctty", *_COMMAND, *words],
            env=environment,
            stdin=follower,
            stdout=follower,
            stderr=follower,
        )
        os.close(follower)

    def types(self, text: str) -> None:
        os.write(self._leader, text.encode())

    def shows(self, text: str) -> None:
        """Waits until a text is shown, or the command has ended."""
        while text not in self.text and self._read():
            pass
        assert text in self.text

    def closes(self) -> None:
        os.close(self._leader)

    def ends(self) -> int:
        while self._read():
            pass
        return self._command.wait(timeout=30)

    def _read(self) -> bool:
        with suppress(OSError):  # the other side is closed
            read = os.read(self._leader, 4096).decode()
            self.text += read.replace("\r\n", "\n")
            return bool(read)
        return False


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1), ("\x03", 130)])
def test_up_asks_once_with_the_list_of_stacks(project: Project, answer: str, code: int) -> None:
    project.has(ran("a", region("us-east-1")), ran("new", region("eu-west-1")))
    terminal = Terminal("up", NO_COLOR="1")
    terminal.shows("Go on? [y/N] ")
    assert "`pulumi up` on 2 stacks:\n  a\n  new  (new stack)\nGo on?" in terminal.text
    assert project.runs() == []

    terminal.types(answer)

    assert terminal.ends() == code
    assert sorted(project.runs()) == (["a", "new"] if code == 0 else [])
    assert "Traceback" not in terminal.text


def test_a_terminal_shows_what_is_under_way(project: Project) -> None:
    project.has(previewed("a", region("us-east-1")), previewed("b", region("eu-west-1")))
    project.does("a", "while [[ ! -e $here/go ]]; do sleep 0.1; done")
    terminal = Terminal("preview", "--jobs", "1")

    terminal.shows("running 1 s")
    terminal.shows("1 waiting")
    (project.programs / "go").touch()

    assert terminal.ends() == 0
    assert "a  \x1b[32mdone\x1b[0m after" in terminal.text
    assert "2 regions: no change" in terminal.text


@pytest.mark.parametrize("closed", ["stderr", "both"])
def test_runs_go_on_when_nobody_reads_any_more(project: Project, closed: str) -> None:
    project.has(ran("a", region("us-east-1")), ran("b", region("eu-west-1")))
    read_end, write_end = os.pipe()
    os.close(read_end)
    stdout = write_end if closed == "both" else subprocess.PIPE

    done = subprocess.run(
        [*_COMMAND, "up", "--yes", "--jobs", "1"], stdout=stdout, stderr=write_end, check=False
    )
    os.close(write_end)

    assert done.returncode == 0
    assert project.runs() == ["a", "b"]


def test_a_result_that_can_not_be_written_is_no_result(project: Project) -> None:
    project.has(ran("a", region("us-east-1")), ran("b", region("eu-west-1")))
    project.does("a", f"rm -r {shlex.quote(str(project.folder / '.results' / 'a'))}")

    shown = _run("up", "--yes", "--jobs", "1")

    assert shown.exit_code == 1
    assert _lines(shown)[0] == "a  failed: No such file or directory"
    assert project.runs() == ["a", "b"]
    (project.folder / "file").touch()
    wrong = _run("up", "--yes", "--results", "file")
    assert wrong.exit_code == 2
    assert "can't be written (Not a directory)" in wrong.stderr


# interrupts

_ENGINE = """\
trap 'interrupts=$((interrupts + 1)); [[ $interrupts == 2 ]] && exit 9' INT
trap 'echo terminated >&2' TERM
touch "$here/begun.$stack"
for n in {1..10}; do sleep 0.1; done
echo "ended after $interrupts" >&2
if [[ $interrupts ]]; then exit 3; fi
"""


def _started(project: Project, *words: str) -> subprocess.Popen[str]:
    """Starts `up` on a and b, one after the other, and waits until a is under way."""
    project.has(*(ran(name, region(f"us-east-{n}")) for n, name in enumerate("abc")))
    project.does("a", _ENGINE)
    started = subprocess.Popen(
        ["env", "--default-signal=INT", *_COMMAND, "up", "--yes", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until((project.programs / "begun.a").exists)
    return started


def test_nothing_of_a_former_command_is_taken_for_a_result(project: Project) -> None:
    project.has(*(ran(name, region(f"us-east-{n}")) for n, name in enumerate("abc")))
    for stack in "ac":
        folder = project.folder / ".results" / stack
        folder.mkdir(parents=True)
        for name in ("report.json", "engine.json", "log.txt", "exit-code", "new-stack"):
            (folder / name).write_text((project.programs / "a.report").read_text())
    (project.programs / "a.report").unlink()  # its run leaves none
    project.does("b", "kill -INT $PPID; sleep 0.5")

    started = subprocess.run(
        ["env", "--default-signal=INT", *_COMMAND, "up", "--yes", "--jobs", "1"],
        capture_output=True,
        check=False,
    )

    assert started.returncode == 130
    assert project.runs() == ["a", "b"]
    assert project.result("a") == {"log.txt": "log of a\n", "exit-code": "0\n"}
    assert project.result("c") == {}


@pytest.mark.parametrize(
    "sent", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGHUP], [signal.SIGINT, signal.SIGTERM]]
)
def test_an_interrupt_reaches_an_engine_once_and_nothing_more_begins(
    project: Project, sent: list[signal.Signals]
) -> None:
    started = _started(project, "--jobs", "1")
    for each in sent:
        os.killpg(started.pid, each)
        time.sleep(0.1)
    output, errors = started.communicate(timeout=30)

    assert (started.returncode, output) == (130, "")
    lines = [re.sub(r" after \d+ s:", ":", line) for line in errors.splitlines()]
    assert lines == [
        messages.interrupt_passed_on(1, again=False),
        "a  interrupted: The command ended with exit code 3: ended after 1",
        "b  not begun",
        "c  not begun",
        messages.where_each_stands("up", done=0, interrupted=1, not_begun=2),
    ]
    assert project.result("a")["log.txt"] == "ended after 1\n"
    assert project.result("a")["exit-code"] == "3\n"
    assert project.runs() == ["a"]


def test_an_interrupt_while_a_stack_is_made_keeps_it_from_being_deployed(project: Project) -> None:
    project.has(ran("new", region("us-east-1")))
    project.does("new", "exit 9")
    made = "trap '' INT; kill -INT $PPID; sleep 0.5; echo made"
    (project.programs / "stack-init").write_text(made)

    words = ["env", "--default-signal=INT", *_COMMAND, "up", "--yes"]
    done = subprocess.run(words, check=False, capture_output=True)

    assert (done.returncode, project.runs()) == (130, [])
    assert project.result("new") == {"log.txt": "made\n", "exit-code": "130\n"}


def test_with_nohup_a_closed_terminal_is_no_interrupt(project: Project) -> None:
    project.has(ran("a", region("us-east-1")))
    project.does("a", "kill -HUP $PPID; sleep 0.5")

    words = ["env", "--ignore-signal=HUP", *_COMMAND, "up", "--yes"]
    done = subprocess.run(words, check=False, capture_output=True)

    assert done.returncode == 0
    assert project.result("a")["log.txt"] == "log of a\n"


def test_a_second_interrupt_reaches_an_engine_too(project: Project) -> None:
    started = _started(project, "--jobs", "1")
    for _ in range(2):
        started.send_signal(signal.SIGINT)
        time.sleep(0.2)
    _, errors = started.communicate(timeout=30)

    assert started.returncode == 130
    assert errors.splitlines()[:2] == [
        messages.interrupt_passed_on(1, again=again) for again in (False, True)
    ]
    assert project.result("a")["exit-code"] == "9\n"


def test_ctrl_c_on_a_terminal_reaches_an_engine_once(project: Project) -> None:
    project.has(ran("a", region("us-east-1")))
    project.does("a", _ENGINE)
    terminal = Terminal("up", "--yes")
    wait_until((project.programs / "begun.a").exists)

    terminal.types("\x03")

    assert terminal.ends() == 130
    assert project.result("a")["log.txt"] == "ended after 1\n"


def test_a_terminal_that_is_closed_is_an_interrupt(project: Project) -> None:
    project.has(ran("a", region("us-east-1")))
    project.does("a", _ENGINE)
    terminal = Terminal("up", "--yes")
    wait_until((project.programs / "begun.a").exists)

    terminal.closes()

    assert terminal.ends() == 130
    assert project.result("a")["log.txt"] == "ended after 1\n"


def test_a_second_command_leaves_the_results_of_a_running_one_alone(project: Project) -> None:
    started = _started(project, "--stacks", "a")

    for folder in (".results", "other"):
        second = _run("up", "--yes", "--stacks", "b", "--results", folder)
        assert second.exit_code == (2 if folder == ".results" else 0)
        refused = "another `eks-audit-logs preview` or `up` writes its results to" in second.stderr
        assert refused is (folder == ".results")
    assert not (project.folder / ".results" / "b").exists()
    started.communicate(timeout=30)

    assert started.returncode == 0
    assert project.result("a").keys() == {"report.json", "log.txt", "exit-code"}
    assert _run("up", "--yes", "--stacks", "b").exit_code == 0


@pytest.mark.parametrize("command", ["preview", "up"])
def test_help_has_an_example_and_the_exit_codes_in_80_columns(command: str) -> None:
    shown = _run(command, "--help")

    assert shown.exit_code == 0
    assert f"eks-audit-logs {command} --stacks 'prod-*'" in shown.output
    assert "130  interrupted" in shown.output
    assert max(map(len, shown.output.splitlines())) <= 80
    page = (PROJECT_FOLDER / "docs" / "many-regions.md").read_text()
    assert {*re.findall(r"^  (--[a-z-]+)", shown.output, re.MULTILINE)} - {"--help"} <= {
        *re.findall(r"^\| `(--[a-z-]+)` \|", page, re.MULTILINE)
    }
