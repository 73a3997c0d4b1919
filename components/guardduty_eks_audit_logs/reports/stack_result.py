"""What is known of one stack: made of the files that its preview or run left. Nothing is read here.

What can't be trusted is no result. It is never taken for one without changes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import ValidationError

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.reports.document import STACK_NAME, Kind
from guardduty_eks_audit_logs.reports.engine_errors import engine_errors
from guardduty_eks_audit_logs.reports.engine_preview import (
    ChangedResource,
    EnginePreview,
    read_engine_preview,
)
from guardduty_eks_audit_logs.reports.run_report import Outcome, Progress, RunReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardduty_eks_audit_logs.reports.run_report import RegionReport

NO_CHANGES_EXPECTED = 7
"""The engine's exit code where `--expect-no-changes` met changes."""

_REGION = re.compile(r"[a-z]{2,8}(?:-[a-z]{2,12}){1,3}-\d{1,2}")
_ACCOUNT = re.compile(r"\d{12}")
_EXIT_CODE = re.compile(r"\d{1,3}")
_OWN_RESOURCES = re.compile(
    r"pulumi:pulumi:Stack|pulumi:providers:.*|.*:EksAuditLogs|.*:DelegatedAdministrator|"
    r"pulumi-python:dynamic/.*:(?:MemberFeatures|PriorSettings|Designation)"
)
_SETTING_OF = {
    "aws:guardduty/detectorFeature:DetectorFeature": "status",
    "aws:guardduty/organizationConfigurationFeature:OrganizationConfigurationFeature": "autoEnable",
    "aws:guardduty/organizationConfiguration:OrganizationConfiguration": "autoEnableMembers",
}
"""The setting that the run report has in place of a resource."""


class Ending(StrEnum):
    """What became of a stack's preview or run.

    `done`: it came to its end. `refused`: nothing was changed, by the program's own decision.
    `failed`: it left something, or the engine failed. `no result`: it is not known.
    """

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    NO_RESULT = "no result"


@dataclass(frozen=True)
class ResultFiles:
    """The files that were found of one stack, as text.

    Attributes:
        stack: the name of the folder, or of the file without its suffix.
        report: the run report.
        engine: the output of `pulumi preview --json`.
        log: what the command wrote beside it.
        exit_code: the command's.
        new_stack: whether the backend does not have the stack yet.
        folder: whether it is a folder, which says by the exit code that it is complete.
        fault: why there is nothing to read; empty if there is.
    """

    stack: str
    report: str | None = None
    engine: str | None = None
    log: str = ""
    exit_code: str | None = None
    new_stack: bool = False
    folder: bool = True
    fault: str = ""


@dataclass(frozen=True)
class Problem:
    """Why a stack has no result, or failed, or was refused.

    Attributes:
        sentence: of one or more lines.
        way_out: empty if there is none, or if the sentence says it.
    """

    sentence: str
    way_out: str = ""


@dataclass(frozen=True)
class StackResult:
    """What is known of one stack.

    Attributes:
        stack: its name. Where it is none, that is the problem, and the name is foreign.
        ending: what became of its preview or run.
        problems: why it is not done; empty if it is.
        regions: what the run report says of each region.
        others: the resources that change and that the run report does not speak of; None if that is
            not known.
        new_stack: whether the backend does not have the stack yet.
    """

    stack: str
    ending: Ending
    problems: tuple[Problem, ...] = ()
    regions: tuple[RegionReport, ...] = ()
    others: tuple[ChangedResource, ...] | None = ()
    new_stack: bool = False

    @property
    def named(self) -> bool:
        """Whether its name is one that a stack may have."""
        return STACK_NAME.fullmatch(self.stack) is not None

    @property
    def changes(self) -> bool:
        """Whether anything changes, or has changed."""
        return bool(self.others) or any(
            region.settings or any(a.progress is not Progress.INACTIVE for a in region.accounts)
            for region in self.regions
        )


class _NoResultError(Exception):
    """The files are no result: a sentence, and the engine's errors if it matters."""

    def __init__(self, sentence: str, *, errors: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.errors = errors


def file_by_itself(name: str, text: str) -> ResultFiles:
    """Gives a run report or an engine preview that is in no folder.

    Args:
        name: the file's, without its suffix: the stack, if the text does not say it.
        text: what is in it.
    """
    try:
        read_engine_preview(text)
    except ValueError:
        return ResultFiles(name, report=text, folder=False)
    return ResultFiles(name, engine=text, folder=False)


def stack_results(found: Iterable[ResultFiles], kind: Kind) -> tuple[StackResult, ...]:
    """Says what is known of each stack.

    Args:
        found: the files of the stacks. A run report and an engine preview of one stack, each given
            by itself, belong together; anything else that is given of a stack twice is no result.
        kind: what they are to be: previews (also for drift) or runs.

    Returns:
        each stack once, in the order of `found`.
    """
    by_stack: dict[str, list[ResultFiles]] = {}
    for files in map(_named_by_content, found):
        by_stack.setdefault(files.stack, []).append(files)
    return tuple(_of_stack(stack, files, kind) for stack, files in by_stack.items())


def _of_stack(stack: str, found: Sequence[ResultFiles], kind: Kind) -> StackResult:
    files = _joined(found)
    if files is None:
        problem = Problem(messages.result_given_twice(len(found)))
        return StackResult(stack, Ending.NO_RESULT, (problem,), others=None)
    try:
        return _result(files, kind)
    except _NoResultError as reason:
        errors = engine_errors(stack, _engine_if_readable(files), files.log)
        sentence = reason.sentence
        if reason.errors and errors.lines:
            sentence = "\n".join([sentence, *errors.lines])
        problem = Problem(sentence, errors.way_out if reason.errors else "")
        return StackResult(
            stack, Ending.NO_RESULT, (problem,), others=None, new_stack=files.new_stack
        )


def _joined(found: Sequence[ResultFiles]) -> ResultFiles | None:
    """One set of files of one or two; None if they do not belong together."""
    if len(found) == 1:
        return found[0]
    halves = [files for files in found if not files.folder and not files.fault]
    reports = [files for files in halves if files.report is not None]
    engines = [files for files in halves if files.engine is not None]
    if len(found) == len(reports) + len(engines) and len(reports) == len(engines) == 1:
        return replace(reports[0], engine=engines[0].engine)
    return None


def _named_by_content(files: ResultFiles) -> ResultFiles:
    """A file by itself has the stack that it says."""
    if files.folder:
        return files
    stack = None
    if files.report is not None:
        report = _report_if_readable(files)
        stack = report.stack if report else None
    elif files.engine is not None:
        engine = _engine_if_readable(files)
        stack = engine.stack if engine else None
    return replace(files, stack=stack or files.stack)


def _result(files: ResultFiles, kind: Kind) -> StackResult:
    if files.fault:
        raise _NoResultError(files.fault)
    if not STACK_NAME.fullmatch(files.stack):
        raise _NoResultError(messages.stack_name_malformed())
    code = _exit_code(files)
    report = _report(files, kind)
    if report is None and files.folder:
        if code in {0, NO_CHANGES_EXPECTED, None}:
            raise _NoResultError(messages.report_missing(code or 0))
        return _failed(files, messages.command_failed(code or 0))
    if report is None and kind is Kind.RUN:
        raise _NoResultError(messages.report_of_the_other_kind(preview=True))
    ending = _ending(report, code, kind) if report else Ending.DONE
    if ending is Ending.FAILED and report and (not report.refusals):
        return _failed(files, messages.run_ended_in_its_preview(code or 1))
    result = StackResult(
        files.stack,
        ending,
        tuple(Problem(r.sentence, r.way_out) for r in report.refusals) if report else (),
        report.regions if report else (),
        None,
        files.new_stack,
    )
    if ending is not Ending.DONE or kind is Kind.RUN:
        return result
    return _with_engine(result, files, code, kind)


def _failed(files: ResultFiles, sentence: str) -> StackResult:
    errors = engine_errors(files.stack, _engine_if_readable(files), files.log)
    text = "\n".join(errors.lines) if errors.locked else "\n".join([sentence, *errors.lines])
    problem = Problem(text, errors.way_out)
    return StackResult(
        files.stack, Ending.FAILED, (problem,), others=None, new_stack=files.new_stack
    )


def _exit_code(files: ResultFiles) -> int | None:
    if not files.folder:
        return None
    if files.exit_code is None:
        raise _NoResultError(messages.result_broke_off(), errors=True)
    if not _EXIT_CODE.fullmatch(files.exit_code.strip()):
        raise _NoResultError(messages.exit_code_malformed(files.exit_code.strip()))
    return int(files.exit_code)


def _report(files: ResultFiles, kind: Kind) -> RunReport | None:
    """The run report, if there is one.

    Raises:
        _NoResultError: it is none, of another stack, of the other kind, or says what none can say.
    """
    if files.report is None:
        return None
    report = _report_if_readable(files)
    if report is None:
        raise _NoResultError(messages.report_malformed(), errors=True)
    if report.stack != files.stack:
        raise _NoResultError(messages.report_of_another_stack(report.stack))
    if not report.preview and kind is not Kind.RUN:
        raise _NoResultError(messages.report_of_the_other_kind(preview=False))
    return report


def _report_if_readable(files: ResultFiles) -> RunReport | None:
    try:
        report = RunReport.model_validate_json(files.report or "")
    except ValidationError:
        return None
    regions = report.regions
    good = all(_REGION.fullmatch(region.region) for region in regions) and all(
        _ACCOUNT.fullmatch(account.account) for region in regions for account in region.accounts
    )
    return report if good else None


def _engine_if_readable(files: ResultFiles) -> EnginePreview | None:
    try:
        return read_engine_preview(files.engine or "")
    except ValueError:
        return None


def _ending(report: RunReport, code: int | None, kind: Kind) -> Ending:
    """What became of it, if report and exit code agree.

    Raises:
        _NoResultError: they do not, or the report has no end.
    """
    ended_well = code in {0, NO_CHANGES_EXPECTED} if kind is not Kind.RUN else code == 0
    if kind is Kind.RUN and report.preview and report.outcome is not Outcome.REFUSED:
        # `up` previews first. Its own program begins a new report.
        if code in {None, 0}:
            raise _NoResultError(messages.report_of_the_other_kind(preview=True))
        return Ending.FAILED
    if report.outcome is Outcome.UNFINISHED:
        raise _NoResultError(messages.report_unfinished(), errors=True)
    ending = {
        Outcome.REFUSED: Ending.REFUSED,
        Outcome.FAILED: Ending.FAILED,
    }.get(report.outcome, Ending.DONE)
    if code is not None and ended_well != (ending is Ending.DONE):
        raise _NoResultError(messages.report_contradicts(report.outcome, code), errors=True)
    return ending


def _with_engine(
    result: StackResult, files: ResultFiles, code: int | None, kind: Kind
) -> StackResult:
    """Adds what the engine alone knows.

    Raises:
        _NoResultError: a folder lacks it, or drift can't be excluded without it; or it can't be
            read or trusted.
    """
    if files.engine is None:
        if files.folder or (kind is Kind.DRIFT and not result.changes):
            raise _NoResultError(messages.engine_missing())
        return result
    engine = _engine_if_readable(files)
    if engine is None:
        raise _NoResultError(messages.engine_malformed(), errors=True)
    if engine.stack not in {None, result.stack}:
        raise _NoResultError(messages.report_of_another_stack(engine.stack or ""))
    if engine.change_summary is None or engine.errors:
        raise _NoResultError(messages.engine_unfinished(), errors=True)
    others = _others(result, engine)
    known = replace(result, others=others)
    if code == NO_CHANGES_EXPECTED and not known.changes:
        raise _NoResultError(messages.engine_counts_changes())
    return known


def _others(result: StackResult, engine: EnginePreview) -> tuple[ChangedResource, ...]:
    """The resources that the run report does not speak of.

    Its own resources are among them if nothing else says why the stack changes, or if there is no
    run report.
    """
    changed = engine.changed()
    settings = {one.setting for region in result.regions for one in region.settings}
    others = tuple(
        resource
        for resource in changed
        if not _OWN_RESOURCES.fullmatch(resource.type)
        and _SETTING_OF.get(resource.type) not in settings
    )
    if result.regions and (others or result.changes):
        return others
    return changed
