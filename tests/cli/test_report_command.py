"""The command `eks-audit-logs report`: what it reads and writes, and its exit codes."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from guardduty_eks_audit_logs.cli import app
from guardduty_eks_audit_logs.cli.result_files import LARGEST, MEBIBYTE
from tests.support.results import (
    change,
    engine_preview,
    previewed,
    ran,
    region,
    run_report,
    written,
)
from tests.support.vocabulary import PROJECT_FOLDER, account

if TYPE_CHECKING:
    from typer.testing import Result

    from guardduty_eks_audit_logs.reports.stack_result import ResultFiles

_COMMENT = 65_536
_SUMMARY = 1024 * 1024
_REGIONS = 17
_CHANGES = 5_000
_COMMAND = [sys.executable, "-m", "guardduty_eks_audit_logs", "report"]
_NARROW = {"COLUMNS": "80", "TERMINAL_WIDTH": "80"}


def _run(*arguments: str | Path) -> Result:
    return CliRunner(env=_NARROW).invoke(app, ["report", *map(str, arguments)])


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PROJECT_FOLDER / "components"), **more}


@pytest.mark.parametrize("command", ["preview", "run", "drift"])
def test_help_has_an_example_and_the_exit_codes_in_80_columns(command: str) -> None:
    shown = _run(command, "--help")

    assert shown.exit_code == 0
    assert f"eks-audit-logs report {command} results/*" in shown.output
    assert re.findall(r"^ +(\d)  ", shown.output, re.MULTILINE) == [
        *"012",
        *("7" if command == "drift" else ""),
    ]
    assert max(map(len, shown.output.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "FILES"),
        (["x", "--coment", "y"], "--coment"),
        (["x", "--comment", "/dev/null/c.md"], "--comment /dev/null/c.md can't be written"),
        (["x", "--note", "<img>"], "'<img>' is no note"),
    ],
)
def test_wrong_use_names_the_option_and_the_way_out(arguments: list[str], said: str) -> None:
    wrong = _run("preview", *arguments)

    assert wrong.exit_code == 2
    assert said in wrong.output
    assert "Traceback" not in wrong.output


def test_nothing_to_say_of_a_stack_is_exit_code_1(tmp_path: Path) -> None:
    good = written(tmp_path, previewed("good"))

    assert _run("preview", good).exit_code == 0
    missing = _run("preview", good, tmp_path / "missing")
    assert missing.exit_code == 1
    assert "There is no result of this stack" in missing.output
    assert "| `missing` | unknown |" in missing.output


@pytest.mark.parametrize(
    ("stacks", "code"),
    [
        ([previewed("a"), previewed("b", region("eu-west-1"))], 0),
        ([previewed("a"), previewed("b", region("eu-west-1", change(1)), code=7)], 7),
        ([previewed("a", region("us-east-1", change(1)), code=7), previewed("b", code=1)], 1),
        ([previewed("a", engine=engine_preview("a", ("create", "aws:x:Y::z")), code=7)], 7),
    ],
    ids=["nothing", "an account", "one without a result", "another resource"],
)
def test_drift_is_exit_code_7_and_what_is_not_known_1(
    tmp_path: Path, stacks: list[ResultFiles], code: int
) -> None:
    folders = [written(tmp_path, files) for files in stacks]

    assert _run("drift", *folders).exit_code == code


def test_a_refused_stack_is_shown_beside_one_that_is_previewed(tmp_path: Path) -> None:
    refusal = {"id": "x", "key": "members", "sentence": "Too many.", "wayOut": "Raise it."}
    report = run_report("b", region("eu-west-1"), outcome="refused", refusals=[refusal])

    shown = _run(
        "preview",
        written(tmp_path, previewed("a", region("us-east-1", change(1)))),
        written(tmp_path, previewed("b", report=report, code=1)),
    )

    assert shown.exit_code == 1
    assert "**2 regions: 1 on, 0 off, 1 refused**" in shown.output
    assert "`Too many.`" in shown.output


def test_a_run_is_reported(tmp_path: Path) -> None:
    folder = written(tmp_path, ran("a", region("us-east-1", change(1, progress="set"))))

    assert "**1 region: 1 turned on, 0 turned off**" in _run("run", folder).output


def test_what_can_not_be_read_is_no_result_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "binary.json").write_bytes(bytes(range(256)))
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "exit-code").mkdir()
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(LARGEST * MEBIBYTE + 1)
    (tmp_path / "all" / "stack").mkdir(parents=True)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "piped").mkdir()
    for name in ("log.txt", "exit-code"):
        os.mkfifo(tmp_path / "piped" / name)

    names = ("empty", "binary.json", "secret", "large.json", "all", "loop", "pipe.json", "piped")
    paths = [tmp_path / name for name in names]
    shown = _run("preview", *paths)

    assert shown.exit_code == 1
    assert isinstance(shown.exception, SystemExit)
    assert "no result" in shown.output
    for said in (
        "There is no result of this stack",
        "binary.json is no text in UTF-8.",
        "exit-code is no regular file.",
        "pipe.json is no regular file.",
        "large.json has more than 64 MiB",
        "Pass the folders of the stacks",
    ):
        assert said in shown.output


def test_files_are_written_and_a_summary_is_appended(tmp_path: Path) -> None:
    folder = written(tmp_path, previewed("a", region("us-east-1", change(1))))
    outputs = {n: tmp_path / n for n in ("comment", "summary", "new/markdown", "new/html")}
    outputs = {name.removeprefix("new/"): path for name, path in outputs.items()}
    outputs["summary"].write_text("before\n")
    options = [part for name, path in outputs.items() for part in (f"--{name}", str(path))]

    shown = _run("preview", folder, *options, "--note", "Commit 3d3c42e5, [run](https://x.y/1).")

    assert (shown.exit_code, shown.output) == (0, "")
    texts = {name: path.read_text() for name, path in outputs.items()}
    assert texts["comment"].startswith("<!-- guardduty-eks-audit-logs: preview -->\n")
    assert texts["summary"].startswith("before\n## ")
    assert all(account(1) in text for text in texts.values())
    assert "Commit 3d3c42e5, [run](https://x.y/1)." in texts["markdown"]
    assert '<a href="https://x.y/1">run</a>' in texts["html"]


def test_17_regions_with_5000_different_changes_keep_the_limits(tmp_path: Path) -> None:
    folders = []
    for number in range(_REGIONS):
        first = number * 37
        changes = [
            change(n, "DISABLED" if n % 3 else "ENABLED", name=f"account-{n}", unit="Root/Prod")
            for n in range(first, first + _CHANGES)
        ]
        folders.append(
            written(tmp_path, previewed(f"s{number}", region(f"us-east-{number}", *changes)))
        )
    outputs = {n: tmp_path / n for n in ("comment", "summary", "new/markdown", "new/html")}
    outputs = {name.removeprefix("new/"): path for name, path in outputs.items()}
    outputs["summary"].write_text("x" * 1000)
    options = [part for name, path in outputs.items() for part in (f"--{name}", str(path))]

    shown = _run("preview", *folders, *options, "--whole", "the artifact `report` of this run")

    assert shown.exit_code == 0
    comment = outputs["comment"].read_text()
    assert len(comment.encode("utf-16-le")) // 2 <= _COMMENT
    assert outputs["summary"].stat().st_size <= _SUMMARY
    assert "**17 regions: 28,3" in comment
    assert "the whole is in the artifact `report` of this run" in comment
    assert re.search(r"… and [\d,]+ more accounts", comment)
    for name in ("markdown", "html"):
        assert len(re.findall(r"^3\d{11}  ", outputs[name].read_text(), re.MULTILINE)) > 84_000


def test_hostile_names_stay_text_from_file_to_page(tmp_path: Path) -> None:
    hostile = "</code></pre><script>alert(1)</script> @team #1 ``` \x1b[31m\u202e"
    folder = written(
        tmp_path,
        previewed("a", region("us-east-1", change(1, name=hostile), notices=[hostile])),
    )
    page, text = tmp_path / "page.html", tmp_path / "text.md"

    assert _run("preview", folder, "--html", page, "--markdown", text).exit_code == 0
    assert "<script>" not in page.read_text()
    assert "\x1b" not in text.read_text()
    assert "\u202e" not in text.read_text()
    assert "alert(1)" in page.read_text()


def test_output_that_is_cut_short_is_no_traceback(tmp_path: Path) -> None:
    changes = [change(n) for n in range(_CHANGES)]
    folder = written(tmp_path, previewed("a", region("us-east-1", *changes)))
    read_end, write_end = os.pipe()
    os.close(read_end)

    done = subprocess.run(
        [*_COMMAND, "preview", folder],
        env=_environment(),
        stdout=write_end,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write_end)

    assert done.stderr == b""
    assert done.returncode == 0


@pytest.mark.parametrize(("no_color", "colored"), [("", True), ("1", False)])
def test_a_terminal_has_it_rendered(tmp_path: Path, no_color: str, *, colored: bool) -> None:
    folder = written(tmp_path, previewed("a", region("us-east-1", change(1))))
    leader, follower = pty.openpty()
    environment = _environment(TERM="xterm", COLUMNS="80", NO_COLOR=no_color)
    subprocess.run([*_COMMAND, "preview", folder], env=environment, stdout=follower, check=True)
    os.close(follower)
    shown = os.read(leader, 100_000).decode()
    os.close(leader)

    assert account(1) in shown
    assert "**" not in shown
    assert ("\x1b[3" in shown) is colored


def test_the_console_script_is_the_command() -> None:
    script = Path(sys.executable).with_name("eks-audit-logs")
    shown = subprocess.run([script, "report", "--help"], capture_output=True, check=True)

    assert b"preview" in shown.stdout


def test_the_command_imports_neither_pulumi_nor_boto3() -> None:
    code = "import sys, guardduty_eks_audit_logs.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], env=_environment(), capture_output=True, check=True
    )

    assert not {"pulumi", "boto3", "botocore"} & set(loaded.stdout.decode().split())
