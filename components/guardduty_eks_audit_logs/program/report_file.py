"""The run report: what a preview or a run does, as a file for other programs.

It is written to the path in the environment variable `GUARDDUTY_EKS_AUDIT_LOGS_REPORT`: at the
beginning, as `unfinished`; when the plan is made; and at the end. docs/run-report.md describes it.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime.config import get_config_env, get_config_secret_keys_env

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.reports.run_report import (
    Outcome,
    RegionReport,
    RunReport,
    reported_refusals,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHORTEST_SECRET = 3

VARIABLE = "GUARDDUTY_EKS_AUDIT_LOGS_REPORT"
"""Names the file; relative to the folder of Pulumi.yaml. Without it, nothing is written."""


class ReportFile:
    """The report of this process, which runs one program once."""

    def __init__(self) -> None:
        self._regions: dict[str, RegionReport] = {}
        self._started = datetime.now(UTC)

    def begin(self) -> None:
        """Says that a preview or a run has begun.

        Raises:
            UserError: the file can't be written.
        """
        self._regions = {}
        self._started = datetime.now(UTC)
        self.write(Outcome.UNFINISHED)

    def add(self, report: RegionReport) -> None:
        """Keeps the report of a region, and drops an earlier one."""
        self._regions[report.region] = report

    def region(self, region: str) -> RegionReport | None:
        """What was added last of a region; None if nothing was."""
        return self._regions.get(region)

    def note(self, region: str, notices: Sequence[str]) -> None:
        """Keeps what else there is to know of a region."""
        known = self._regions.get(region)
        if known:
            self.add(known.model_copy(update={"notices": (*known.notices, *notices)}))

    def write(self, outcome: Outcome, refusals: Sequence[str] = ()) -> None:
        """Writes the file.

        Args:
            outcome: how it has ended; `unfinished` before that.
            refusals: why nothing was changed, or what was left undone.

        Raises:
            UserError: the file can't be written.
        """
        path = os.environ.get(VARIABLE)
        if not path:
            return
        report = RunReport(
            project=pulumi.get_project(),
            stack=pulumi.get_stack(),
            started=self._started,
            preview=pulumi.runtime.is_dry_run(),
            outcome=outcome,
            refusals=reported_refusals(refusals),
            regions=tuple(self._regions.values()),
        )
        masked = _masked(report.model_dump(mode="json", by_alias=True), _secrets())
        text = json.dumps(masked, indent=2, ensure_ascii=False) + "\n"
        try:
            Path(path).write_text(text, "utf-8")
        except OSError as error:
            reason = error.strerror or str(error)
            raise UserError(messages.report_not_writable(VARIABLE, path, reason)) from None


def _secrets() -> list[str]:
    """The texts of the configuration's secrets, long ones first: the terminal masks them too."""
    configuration = get_config_env()
    found: set[str] = set()
    for key in get_config_secret_keys_env():
        found |= set(_texts_in(configuration.get(key, "")))
    return sorted((text for text in found if len(text) >= _SHORTEST_SECRET), key=len, reverse=True)


def _texts_in(value: str) -> Iterator[str]:
    yield value
    with suppress(ValueError, RecursionError):
        inside = [json.loads(value)]
        while inside:
            one = inside.pop()
            if isinstance(one, dict | list):
                inside += one.values() if isinstance(one, dict) else one
            elif not isinstance(one, bool | None):
                yield str(one)


def _masked(value: Any, secrets: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {key: _masked(one, secrets) for key, one in value.items()}
    if isinstance(value, list):
        return [_masked(one, secrets) for one in value]
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "[secret]")
    return value


REPORT = ReportFile()
"""This process's."""
