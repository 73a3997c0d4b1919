"""The run report: what a preview or a run does, as a file for other programs.

It is written to the path in the environment variable `GUARDDUTY_EKS_AUDIT_LOGS_REPORT`: at the
beginning, as `unfinished`; when the plan is made; and at the end. docs/run-report.md describes it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

from guardduty import messages
from guardduty.errors import UserError
from guardduty.run_report import Outcome, RegionReport, RunReport

if TYPE_CHECKING:
    from collections.abc import Sequence

VARIABLE = "GUARDDUTY_EKS_AUDIT_LOGS_REPORT"
"""Names the file; relative to the folder of Pulumi.yaml. Without it, nothing is written."""


class ReportFile:
    """The report of this process, which runs one program once."""

    def __init__(self) -> None:
        self._regions: dict[str, RegionReport] = {}

    def begin(self) -> None:
        """Says that a preview or a run has begun.

        Raises:
            UserError: the file can't be written.
        """
        self._regions = {}
        self._write(Outcome.UNFINISHED, ())

    def add(self, report: RegionReport) -> None:
        """Says what happens in a region, in place of what was said of it before."""
        self._regions[report.region] = report
        self._write(Outcome.UNFINISHED, ())

    def end(self, outcome: Outcome, refusals: Sequence[str] = ()) -> None:
        """Says how it has ended.

        Args:
            outcome: any but `unfinished`.
            refusals: why nothing was changed, or what was left undone.
        """
        self._write(outcome, tuple(refusals))

    def _write(self, outcome: Outcome, refusals: tuple[str, ...]) -> None:
        path = os.environ.get(VARIABLE)
        if not path:
            return
        report = RunReport(
            project=pulumi.get_project(),
            stack=pulumi.get_stack(),
            preview=pulumi.runtime.is_dry_run(),
            outcome=outcome,
            refusals=refusals,
            regions=tuple(self._regions.values()),
        )
        try:
            Path(path).write_text(report.model_dump_json(by_alias=True, indent=2) + "\n", "utf-8")
        except OSError as error:
            reason = error.strerror or str(error)
            raise UserError(messages.report_not_writable(VARIABLE, path, reason)) from None


REPORT = ReportFile()
"""This process's."""
