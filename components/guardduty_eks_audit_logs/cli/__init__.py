"""The command `eks-audit-logs`."""

from __future__ import annotations

import typer

from guardduty_eks_audit_logs.cli.report import report

app = typer.Typer(
    name="eks-audit-logs",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 80},
)
app.add_typer(report, name="report")


@app.callback()
def about() -> None:
    """Reports of GuardDuty EKS audit log monitoring, over all stacks."""


def main() -> None:
    """Runs the command."""
    app()
