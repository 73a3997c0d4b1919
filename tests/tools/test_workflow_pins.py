"""What holds for each workflow: known actions, least rights, no script with foreign text in it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tools.actionlint import find_or_build_actionlint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ROOT = Path(__file__).resolve().parents[2]
_ACTIONS = yaml.safe_load((Path(__file__).parent / "data" / "actions.yaml").read_text())
_FILES = [
    file
    for folder in (".github", "template/.github")
    for file in sorted((_ROOT / folder / "workflows").iterdir())
]
_WITH_ACTIONS = [  # examples in the documentation, too
    file
    for folder in (".github", "docs", "template")
    for file in sorted((_ROOT / folder).rglob("*"))
    if file.suffix in {".md", ".yaml", ".yml"}
]
_PROGRAMS = Path(sys.executable).parent

_each_file = pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)


def _workflow(file: Path) -> dict[str | bool, Any]:
    read: dict[str | bool, Any] = yaml.safe_load(file.read_text())
    return read


def _jobs(file: Path) -> dict[str, dict[str, Any]]:
    jobs: dict[str, dict[str, Any]] = _workflow(file)["jobs"]
    assert jobs
    return jobs


def _steps(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each step, with a name for it."""
    for name, job in _jobs(file).items():
        for number, step in enumerate(job["steps"], 1):
            yield f"{name}, step {number}", step


def _uses(text: str) -> list[str]:
    """What follows `uses:` in a text, with the comment."""
    return re.findall(r"^[ -]*uses: *(.*?) *$", text, flags=re.MULTILINE)


def test_there_are_workflows_to_look_at() -> None:
    assert {"ci.yml", "deploy.yml", "drift.yml", "preview.yml"} <= {file.name for file in _FILES}


def test_each_action_is_a_known_one_by_its_commit() -> None:
    known = {f"{name}@{at['commit']} # {at['tag']}" for name, at in _ACTIONS.items()}

    used = [(file.name, uses) for file in _WITH_ACTIONS for uses in _uses(file.read_text())]

    assert [(name, uses) for name, uses in used if uses not in known] == []
    assert {uses for _, uses in used} == known


@_each_file
def test_every_action_of_the_workflow_is_seen(file: Path) -> None:
    steps = [step["uses"] for _, step in _steps(file) if "uses" in step]

    assert [uses.partition(" ")[0] for uses in _uses(file.read_text())] == steps
    assert [name for name, job in _jobs(file).items() if "uses" in job] == []


@_each_file
def test_a_job_may_only_what_it_asks_for(file: Path) -> None:
    assert _workflow(file)["permissions"] == {}
    for name, job in _jobs(file).items():
        assert isinstance(job.get("permissions"), dict), name


@_each_file
def test_no_job_with_aws_credentials_may_write_to_github(file: Path) -> None:
    for name, job in _jobs(file).items():
        writes = {right for right, may in job["permissions"].items() if may != "read"}

        assert "id-token" not in writes or writes == {"id-token"}, name


@_each_file
def test_no_expression_is_put_into_a_script(file: Path) -> None:
    scripts = {name: step["run"] for name, step in _steps(file) if "run" in step}

    assert [name for name, script in scripts.items() if "${{" in script] == []


@_each_file
def test_no_workflow_runs_foreign_code_with_our_rights(file: Path) -> None:
    assert "pull_request_target" not in _workflow(file)[True]  # YAML 1.1 reads `on` as true


def test_deployments_of_a_stack_wait_and_none_is_cancelled() -> None:
    deploy = _jobs(_ROOT / ".github" / "workflows" / "deploy.yml")["deploy"]

    assert deploy["concurrency"] == {
        "group": "deploy-${{ matrix.stack }}",
        "queue": "max",  # by default a third one cancels the second
        "cancel-in-progress": False,
    }


def test_no_stack_is_named_like_another_artifact() -> None:
    for file in _FILES:
        uploads = [s["with"] for _, s in _steps(file) if "upload-artifact" in s.get("uses", "")]
        names = {upload["name"] for upload in uploads}
        of_stacks = {name.removesuffix("${{ matrix.stack }}") for name in names if "${{" in name}
        others = {name for name in names if "${{" not in name}

        assert not [name for name in others if name.startswith(tuple(of_stacks))], file.name


@_each_file
def test_each_job_has_a_time_limit(file: Path) -> None:
    assert [name for name, job in _jobs(file).items() if not job.get("timeout-minutes")] == []


@_each_file
def test_a_checkout_leaves_no_credentials_behind(file: Path) -> None:
    checkouts = [step for _, step in _steps(file) if "actions/checkout" in step.get("uses", "")]

    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.fixture
def planted(tmp_path: Path) -> tuple[Path, Path]:
    """A workflow as it is, and one whose first script has the title of the pull request in it."""
    file = _ROOT / ".github" / "workflows" / "preview.yml"
    clean, bad = tmp_path / "clean.yml", tmp_path / "planted.yml"
    shutil.copy(file, clean)
    text, count = re.subn(
        r"(?m)^( +)run: \|\n",
        r"\g<0>\1  echo ${{ github.event.pull_request.title }}\n",
        file.read_text(),
        count=1,
    )
    assert count == 1
    bad.write_text(text)
    return clean, bad


def _run(*command: str | Path) -> tuple[int, str]:
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    return done.returncode, done.stdout + done.stderr


def _check_it_finds(linter: Sequence[str | Path], planted: tuple[Path, Path], found: str) -> None:
    clean, bad = (_run(*linter, file) for file in planted)

    assert clean[0] == 0, clean[1]
    assert bad[0] != 0
    assert found in bad[1]


def test_zizmor_finds_a_title_in_a_script(planted: tuple[Path, Path]) -> None:
    zizmor = (_PROGRAMS / "zizmor", "--offline", "--no-progress", "--pedantic")

    _check_it_finds(zizmor, planted, "error[template-injection]")


@pytest.mark.slow  # the first time it is built
def test_actionlint_finds_a_title_in_a_script(planted: tuple[Path, Path]) -> None:
    program = find_or_build_actionlint(print)
    shellcheck = _PROGRAMS / "shellcheck"

    linter = (program, "-shellcheck", shellcheck, "-pyflakes=")
    _check_it_finds(linter, planted, '"github.event.pull_request.title" is potentially untrusted')


@pytest.mark.slow
def test_actionlint_has_shellcheck_read_the_scripts(tmp_path: Path) -> None:
    file = tmp_path / "script.yml"
    file.write_text(
        "on: push\njobs: {one: {runs-on: ubuntu-24.04, steps: [{run: 'rm $HOME/$1 && cd x'}]}}\n"
    )

    program = find_or_build_actionlint(print)
    code, said = _run(program, "-shellcheck", _PROGRAMS / "shellcheck", "-pyflakes=", file)

    assert (code, "SC2086" in said) == (1, True), said
