"""The commands `report preview`, `report run` and `report drift`."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.markdown import Markdown

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.files import write_file
from guardduty_eks_audit_logs.cli.result_files import read_results
from guardduty_eks_audit_logs.cli.stdout import terminal, writing_to_stdout
from guardduty_eks_audit_logs.reports.all_stacks import all_stacks
from guardduty_eks_audit_logs.reports.document import Kind, is_note
from guardduty_eks_audit_logs.reports.html import html
from guardduty_eks_audit_logs.reports.markdown import COMMENT, SMALLEST, SUMMARY, Limit, markdown
from guardduty_eks_audit_logs.reports.stack_result import NO_CHANGES_EXPECTED, Ending, stack_results

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardduty_eks_audit_logs.reports.document import Document
    from guardduty_eks_audit_logs.reports.stack_result import StackResult

_NOT_ALL_DONE = 1

report = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILES...",
        help="Folders results/STACK with report.json, engine.json, log.txt and exit-code, or single"
        " files: run reports and outputs of `pulumi preview --json`. Name every stack that you"
        " expect: one without files has no result.",
        show_default=False,
    ),
]
Comment = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Markdown for a GitHub comment: at most 65,536 characters."),
]
Summary = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Markdown for a GitHub step summary: at most 1 MiB, appended to FILE."
    ),
]
WholeMarkdown = Annotated[
    Path | None, typer.Option("--markdown", metavar="FILE", help="All of it as Markdown.")
]
WholeHtml = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="All of it as one page of HTML.")
]
Whole = Annotated[
    str,
    typer.Option(
        metavar="TEXT",
        help='Where a reader finds all of it, shown where it is cut: "the artifact report".',
    ),
]

Note = Annotated[
    str,
    typer.Option(
        metavar="TEXT",
        help="A line below the first one: words, `code`, commits and [links](https://...).",
    ),
]


@dataclass(frozen=True)
class _Outputs:
    """Where a report goes, to stdout if there is no file; and what its maker adds to it."""

    comment: Path | None = None
    summary: Path | None = None
    markdown: Path | None = None
    html: Path | None = None
    whole: str = ""
    note: str = ""


@report.callback()
def about() -> None:
    """One report over all stacks, from what their previews or runs left."""


def _command(kind: Kind) -> Callable[..., None]:
    def command(
        files: Files,
        comment: Comment = None,
        summary: Summary = None,
        markdown_file: WholeMarkdown = None,
        html_file: WholeHtml = None,
        whole: Whole = "",
        note: Note = "",
    ) -> None:
        report_on(kind, files, _Outputs(comment, summary, markdown_file, html_file, whole, note))

    return command


for _kind in Kind:
    report.command(_kind, help=messages.help_of_report(_kind))(_command(_kind))


def report_on(kind: Kind, files: Sequence[str], outputs: _Outputs = _Outputs()) -> NoReturn:
    """Makes a report, and ends the command.

    Args:
        kind: what the files are results of.
        files: folders of results, or single files.
        outputs: where the report goes.

    Raises:
        typer.Exit: with the report's exit code.
    """
    if not all(files):
        raise typer.BadParameter(messages.empty_path(), param_hint="FILES")
    if not is_note(outputs.note):
        raise typer.BadParameter(messages.no_note(outputs.note), param_hint="--note")
    results = stack_results(map(read_results, map(Path, files)), kind)
    document = replace(all_stacks(results, kind), note=outputs.note)
    _write(document, outputs)
    raise typer.Exit(_exit_code(results, kind))


def _exit_code(results: tuple[StackResult, ...], kind: Kind) -> int:
    if any(result.ending is not Ending.DONE for result in results):
        return _NOT_ALL_DONE
    if kind is Kind.DRIFT and any(result.changes for result in results):
        return NO_CHANGES_EXPECTED
    return 0


def _write(document: Document, outputs: _Outputs) -> None:
    if outputs.comment:
        text = markdown(document, COMMENT, outputs.whole, marked=True)
        write_file("--comment", outputs.comment, text)
    if outputs.summary:
        text = markdown(document, _rest_of_summary(outputs.summary), outputs.whole)
        write_file("--summary", outputs.summary, text, append=True)
    if outputs.markdown:
        write_file("--markdown", outputs.markdown, markdown(document))
    if outputs.html:
        write_file("--html", outputs.html, html(document))
    if not any((outputs.comment, outputs.summary, outputs.markdown, outputs.html)):
        _print(markdown(document))


def _rest_of_summary(path: Path) -> Limit:
    """What a step summary takes beside what it has already."""
    written = path.stat().st_size if path.is_file() else 0
    return replace(SUMMARY, most=max(SUMMARY.most - written, SMALLEST))


def _print(text: str) -> None:
    """Prints Markdown as it is, or rendered on a terminal."""
    with writing_to_stdout():
        if sys.stdout.isatty():
            terminal().print(Markdown(text))
        else:
            sys.stdout.buffer.write(text.encode())
