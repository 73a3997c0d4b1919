"""The command `eks-audit-logs`."""

from __future__ import annotations

import typer

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.coverage import coverage
from guardduty_eks_audit_logs.cli.doctor import doctor
from guardduty_eks_audit_logs.cli.init import init
from guardduty_eks_audit_logs.cli.report import report
from guardduty_eks_audit_logs.cli.runner import preview, up

app = typer.Typer(
    name="eks-audit-logs",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 80},
)
app.command(help=messages.help_of_init())(init)
app.command(help=messages.help_of_runner("preview"))(preview)
app.command(help=messages.help_of_runner("up"))(up)
app.command(help=messages.help_of_coverage())(coverage)
app.command(help=messages.help_of_doctor())(doctor)
app.add_typer(report, name="report")


@app.callback()
def about() -> None:
    """GuardDuty EKS audit log monitoring: many stacks' files, previews, runs, and who is on."""


def main() -> None:
    """Runs the command."""
    app()
