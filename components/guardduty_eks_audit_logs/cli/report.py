"""The commands `report preview`, `report run` and `report drift`."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markdown import Markdown

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.result_files import read_results
from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.reports.all_stacks import all_stacks
from guardduty_eks_audit_logs.reports.document import Kind, is_note
from guardduty_eks_audit_logs.reports.html import html
from guardduty_eks_audit_logs.reports.markdown import COMMENT, SMALLEST, SUMMARY, Limit, markdown
from guardduty_eks_audit_logs.reports.stack_result import NO_CHANGES_EXPECTED, Ending, stack_results

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardduty_eks_audit_logs.reports.document import Document
    from guardduty_eks_audit_logs.reports.stack_result import StackResult

_NOT_ALL_DONE = 1
_WRONG_USE = 2

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

    comment: Path | None
    summary: Path | None
    markdown: Path | None
    html: Path | None
    whole: str
    note: str


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
        _report(kind, files, _Outputs(comment, summary, markdown_file, html_file, whole, note))

    return command


for _kind in Kind:
    report.command(_kind, help=messages.help_of_report(_kind))(_command(_kind))


def _report(kind: Kind, files: list[str], outputs: _Outputs) -> None:
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
        _write_file("--comment", outputs.comment, text)
    if outputs.summary:
        text = markdown(document, _rest_of_summary(outputs.summary), outputs.whole)
        _write_file("--summary", outputs.summary, text, append=True)
    if outputs.markdown:
        _write_file("--markdown", outputs.markdown, markdown(document))
    if outputs.html:
        _write_file("--html", outputs.html, html(document))
    if not any((outputs.comment, outputs.summary, outputs.markdown, outputs.html)):
        _print(markdown(document))


def _rest_of_summary(path: Path) -> Limit:
    """What a step summary takes beside what it has already."""
    written = path.stat().st_size if path.is_file() else 0
    return replace(SUMMARY, most=max(SUMMARY.most - written, SMALLEST))


def _write_file(option: str, path: Path, text: str, *, append: bool = False) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if append else "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        reason = error.strerror or str(error)
        typer.echo(messages.output_not_writable(option, printable(str(path)), reason), err=True)
        raise typer.Exit(_WRONG_USE) from None


def _print(text: str) -> None:
    """Prints Markdown as it is, or rendered on a terminal."""
    if sys.stdout is None:  # it is closed
        _no_output(os.strerror(errno.EBADF))
    try:
        if sys.stdout.isatty():
            if isinstance(sys.stdout, TextIOWrapper):  # a terminal that is not UTF-8
                sys.stdout.reconfigure(errors="replace")
            color = None if os.environ.get("NO_COLOR") else "auto"
            Console(color_system=color).print(Markdown(text))  # type: ignore[arg-type]
        else:
            sys.stdout.buffer.write(text.encode())
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_stdout()  # the reader has enough
    except OSError as error:
        _let_go_of_stdout()
        _no_output(error.strerror or str(error))


def _let_go_of_stdout() -> None:
    """Python must not fail again when it closes stdout."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _no_output(reason: str) -> NoReturn:
    typer.echo(messages.stdout_not_writable(reason), err=True)
    raise typer.Exit(_WRONG_USE)
