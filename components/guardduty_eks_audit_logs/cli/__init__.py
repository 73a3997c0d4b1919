"""The command `eks-audit-logs`."""

from __future__ import annotations

import os
import sys

import typer

from guardduty_eks_audit_logs.cli import report

app = typer.Typer(
    name="eks-audit-logs",
    help="Reports on GuardDuty EKS audit log monitoring, over all stacks of a repository.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 80},
)
app.add_typer(report.app, name="report")


@app.callback()
def _root() -> None:
    """Keeps `report` a command of its own while it is the only one."""


def main() -> None:
    """Runs the command line, and ends the process with its exit code."""
    try:
        app(prog_name="eks-audit-logs")
    except BrokenPipeError:
        # The reader has gone, for instance `| head`. Else Python complains once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
