"""What previews and runs of stacks leave, made up."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from guardduty_eks_audit_logs.reports.stack_result import ResultFiles
from tests.support.vocabulary import ADMINISTRATOR, NOW, account

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PROJECT = "guardduty-eks-audit-logs"


def change(number: int, to: str = "ENABLED", **more: object) -> dict[str, object]:
    """One account of a run report that changes to a status."""
    before = {"ENABLED": "DISABLED", "DISABLED": "ENABLED"}[to]
    return {"account": account(number), "from": before, "to": to, "rule": "rule 1: all", **more}


def region(code: str = "us-east-1", *accounts: dict[str, object], **more: object) -> dict[str, Any]:
    """One region of a run report."""
    return {
        "region": code,
        "administratorAccountId": ADMINISTRATOR,
        "mode": "organization",
        "accounts": accounts,
        **more,
    }


def run_report(stack: str, *regions: dict[str, Any], **more: object) -> str:
    """A run report; of a preview that came to its end, unless it is said otherwise."""
    report = {"project": PROJECT, "stack": stack, "started": NOW.isoformat(), "preview": True}
    return json.dumps({**report, "outcome": "previewed", "regions": regions, **more})


def engine_preview(stack: str, *steps: tuple[str, str], errors: Iterable[str] = ()) -> str:
    """An output of `pulumi preview --json`; a step is an operation and a type with a name."""
    return json.dumps(
        {
            "steps": [
                {"op": op, "urn": f"urn:pulumi:{stack}::{PROJECT}::{resource}"}
                for op, resource in steps
            ],
            "diagnostics": [{"severity": "error", "message": f"error: {e}"} for e in errors],
            "changeSummary": dict.fromkeys((op for op, _ in steps), 1) or {"same": 1},
        }
    )


def previewed(stack: str, *regions: dict[str, Any], code: int = 0, **files: Any) -> ResultFiles:  # noqa: ANN401 - any field
    """The files of a preview that came to its end."""
    report = run_report(stack, *(regions or (region(),)))
    found = ResultFiles(stack, report, engine_preview(stack), exit_code=f"{code}\n")
    return replace(found, **files)


def ran(
    stack: str, *regions: dict[str, Any], outcome: str = "succeeded", **more: object
) -> ResultFiles:
    """The files of a run."""
    report = run_report(stack, *regions, preview=False, outcome=outcome, **more)
    return ResultFiles(stack, report, exit_code="0" if outcome == "succeeded" else "1")


def written(folder: Path, files: ResultFiles) -> Path:
    """Writes the files of a stack into its folder, as a workflow does."""
    path = folder / files.stack
    path.mkdir(parents=True)
    texts = {
        "report.json": files.report,
        "engine.json": files.engine,
        "log.txt": files.log,
        "exit-code": files.exit_code,
        "new-stack": "" if files.new_stack else None,
    }
    for name, text in texts.items():
        if text is not None:
            (path / name).write_text(text, "utf-8")
    return path
