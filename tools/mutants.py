"""Mutation testing: changes the code that decides and writes, and sees whether a test fails.

`python -m tools.mutants` runs mutmut on a copy of the project in a temporary folder. It fails if
fewer than 90 in 100 changes are found in a module, or if tests/survivors.yaml does not explain one
that is not. mutmut knows source roots by the name `src` only; in the copy, `components/` has it.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import yaml

_PROJECT = Path(__file__).resolve().parent.parent
_PACKAGE = "guardduty_eks_audit_logs"
_SURVIVORS = _PROJECT / "tests" / "survivors.yaml"
_LEAST_PERCENT = 90

MODULES = {
    "planning/selection": ("planning", "reading"),
    "planning/decisions": ("planning", "reports"),
    "planning/plan": ("planning", "reports", "writing"),
    "planning/release": ("planning", "writing"),
    "state/ledger": ("state", "planning"),
    "writing/members": ("writing",),
}
"""The modules that are changed, with the folders of tests/unit that have to notice."""

_SURVIVED = 0
_NOT_TESTED = (5, 33)
_NOT_JUDGED = (None, 2, 34)
"""mutmut's codes of a change that no test was run for: not yet, interrupted, or skipped."""


@dataclass(frozen=True)
class Survivor:
    """A change that no test notices.

    Attributes:
        module: where, such as `planning/plan`.
        change: the lines that differ, as in a diff: `-` before, `+` after.
    """

    module: str
    change: str


def main(arguments: list[str] | None = None) -> int:
    """Runs `python -m tools.mutants`."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.mutants",
        description="Changes the code that decides and writes, and sees whether a test fails.",
    )
    parser.add_argument("modules", nargs="*", help=f"some of: {', '.join(MODULES)}")
    chosen: list[str] = parser.parse_args(arguments).modules or list(MODULES)
    unknown = [name for name in chosen if name not in MODULES]
    if unknown:
        parser.error(f"{unknown[0]} is not one of {', '.join(MODULES)}")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        _copy_project(copy, chosen)
        subprocess.run([_mutmut(), "run"], cwd=copy, check=True, stdout=sys.stderr)
        return _judge(copy, chosen)


def explained() -> dict[Survivor, str]:
    """Reads tests/survivors.yaml: each change that no test can notice, and why."""
    entries = yaml.safe_load(_SURVIVORS.read_text(encoding="utf-8")) or []
    return {Survivor(each["module"], each["change"].strip()): each["why"] for each in entries}


def _copy_project(copy: Path, modules: list[str]) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=_PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in listed:
        source = _PROJECT / name
        if source.is_file():
            target = copy / re.sub(r"^components/", "src/", name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    others = sorted({name.split("/")[0] for name in listed} - {"components"})
    tests = sorted({f"tests/unit/{each}" for module in modules for each in MODULES[module]})
    settings = {
        "source_paths": ["src/"],
        "only_mutate": [f"src/{_PACKAGE}/{module}.py" for module in modules],
        "also_copy": others,
        "pytest_add_cli_args_test_selection": tests,
        "timeout_multiplier": 6.0,
        "pytest_add_cli_args": ["-m", "not slow", "-p", "no:xdist"],
    }
    file = copy / "pyproject.toml"
    text = file.read_text(encoding="utf-8").replace('"components"', '"src"')
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    file.write_text("\n".join([text, "[tool.mutmut]", *lines, ""]), encoding="utf-8")


def _judge(copy: Path, modules: list[str]) -> int:
    known, failed = explained(), False
    seen: set[Survivor] = set()
    print(f"{'module':32}{'changes':>9}{'found':>9}{'survived':>10}{'explained':>11}")
    unexplained: dict[str, list[str]] = defaultdict(list)
    for module in modules:
        meta = copy / "mutants" / "src" / _PACKAGE / f"{module}.py.meta"
        results: dict[str, int | None] = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
        counted = (_SURVIVED, *_NOT_TESTED, *_NOT_JUDGED)
        left = [name for name, code in results.items() if code in counted]
        survivors = [Survivor(module, _change(copy, name)) for name in left]
        seen |= set(survivors)
        unexplained[module] = [one.change for one in survivors if one not in known]
        percent = 100 * (len(results) - len(left)) / len(results)
        failed |= percent < _LEAST_PERCENT or bool(unexplained[module])
        told = len(left) - len(unexplained[module])
        print(f"{module:32}{len(results):>9}{percent:>8.1f}%{len(left):>10}{told:>11}")
    for module, changes in unexplained.items():
        for change in changes:
            print(f"\n{module}: no test fails, and tests/survivors.yaml does not explain it:")
            print("\n".join(f"    {line}" for line in change.splitlines()))
    for one in known.keys() - seen:
        if one.module in modules:
            failed = True
            print(f"\n{one.module}: explained in tests/survivors.yaml, but found:\n{one.change}")
    return int(failed)


def _change(copy: Path, name: str) -> str:
    shown = subprocess.run(
        [_mutmut(), "show", name], cwd=copy, capture_output=True, text=True, check=True
    ).stdout
    lines = [line for line in shown.splitlines() if re.match(r"[-+](?![-+]{2})", line)]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines)


def _mutmut() -> str:
    return str(Path(sys.executable).with_name("mutmut"))


if __name__ == "__main__":
    sys.exit(main())
