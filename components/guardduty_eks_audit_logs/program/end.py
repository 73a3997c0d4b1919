"""How a program ends: with what was refused, or with what is left to do."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import pulumi

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import SettingsError, UserError
from guardduty_eks_audit_logs.program.configuration import read_configuration
from guardduty_eks_audit_logs.program.report_file import REPORT
from guardduty_eks_audit_logs.program.session import sentence_with_region
from guardduty_eks_audit_logs.reports.region_report import region_report
from guardduty_eks_audit_logs.reports.run_report import Outcome
from guardduty_eks_audit_logs.reports.summary import all_so_far, summary_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from guardduty_eks_audit_logs.resources.eks_audit_logs import EksAuditLogs

_ERRORS_ARE_LOGGED = 32
"""By this exit code Pulumi's Python host knows that the program has logged what is wrong,
and adds no line of its own."""


@contextmanager
def user_errors() -> Iterator[None]:
    """Ends the program with the sentences of a user's error, and without a traceback.

    The run report begins here, too (`report_file`). From here on, SIGINT ends the process without
    a traceback.
    """
    _be_interrupted_without_a_traceback()
    try:
        REPORT.begin()
        yield
    except SettingsError as error:
        refuse(error.faults)
    except UserError as error:
        refuse((sentence_with_region(error, read_configuration().get("aws:region")),))


def _be_interrupted_without_a_traceback() -> None:
    """Lets SIGINT end this process in silence.

    The engine sends it when a run is cancelled, and when a run fails while the program waits: it
    says by itself what has happened.
    """
    if not isinstance(sys.excepthook, _SilentIfInterrupted):
        sys.excepthook = _SilentIfInterrupted(sys.excepthook)


@dataclass(frozen=True)
class _SilentIfInterrupted:
    """Shows an exception that ends the process as before, but none for SIGINT."""

    before: Callable[[type[BaseException], BaseException, TracebackType | None], object]

    def __call__(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if kind is not KeyboardInterrupt:
            self.before(kind, error, trace)


def refuse_if(sentences: tuple[str, ...]) -> None:
    """Ends the program if there is anything to refuse.

    Raises:
        SystemExit: there is.
    """
    if sentences:
        refuse(sentences)


def refuse(sentences: Sequence[str], outcome: Outcome = Outcome.REFUSED) -> NoReturn:
    """Ends the program; each sentence is logged as an error.

    Args:
        sentences: what is wrong.
        outcome: the run report's value for it.

    Raises:
        SystemExit: always.
    """
    refusals = tuple(dict.fromkeys(sentences))
    for sentence in refusals:
        pulumi.log.error(sentence)
    with suppress(UserError):  # what is wrong with the file is logged already
        REPORT.write(outcome, refusals)
    sys.exit(_ERRORS_ARE_LOGGED)


async def fail_if_incomplete(*regions: EksAuditLogs) -> None:
    """Ends the program once all that could be done is done; fails if accounts are left.

    Args:
        regions: all that the program registered.

    Raises:
        SystemExit: accounts are left; a table of them is logged.
    """
    failures: list[str] = []
    preview = pulumi.runtime.is_dry_run()
    for monitoring in regions:
        region, plan = monitoring.plan.snapshot.region, monitoring.plan
        unprocessed = await monitoring.unprocessed.future() or {}
        unreleased = await monitoring.unreleased.future() or {}
        reached = await monitoring.reached_by_all.future()
        left_out = await monitoring.left_out()
        if preview:
            for sentence in left_out:
                pulumi.log.warn(sentence)
            REPORT.note(region, left_out)
            continue
        failures += left_out
        to_come = [all_so_far(reached)] if plan.reaches_all and reached else []
        report = (REPORT.region(region) or region_report(plan)).after(
            await monitoring.done(),
            {**unprocessed, **unreleased},
            await monitoring.settings_left(),
            to_come,
        )
        REPORT.add(report)
        for line in (summary_after(report), *to_come):
            if line:
                pulumi.log.info(line)
        if unprocessed:
            failures.append(
                messages.unprocessed(region, unprocessed, len(plan.wanted), report.off_by_rule)
            )
        if unreleased:
            failures.append(messages.unreleased(region, unreleased, report.off_by_rule))
    finish(failures)


def finish(failures: list[str]) -> None:
    """Writes the end of the run report, and ends the program if there are failures."""
    outcome = Outcome.PREVIEWED if pulumi.runtime.is_dry_run() else Outcome.SUCCEEDED
    if not failures:
        try:
            REPORT.write(outcome)
        except UserError as error:
            failures = [*error.refusals]
    if failures:
        refuse(failures, Outcome.FAILED)
