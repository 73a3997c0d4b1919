"""`eks-audit-logs report`: one report over the previews or the runs of many stacks."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.cli.result_files import read_results
from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.reports.all_stacks import all_stacks
from guardduty_eks_audit_logs.reports.document import Kind
from guardduty_eks_audit_logs.reports.html import html
from guardduty_eks_audit_logs.reports.markdown import COMMENT, SMALLEST, SUMMARY, Limit, markdown
from guardduty_eks_audit_logs.reports.stack_result import (
    NO_CHANGES_EXPECTED,
    Ending,
    stack_results,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardduty_eks_audit_logs.reports.document import Document
    from guardduty_eks_audit_logs.reports.stack_result import StackResult

app = typer.Typer(
    help="One report over the results of many stacks, as Markdown or HTML.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_NOT_ALL_DONE = 1
_WRONG_USE = 2
_LONGEST_WORDS = 500


def _one_line(text: str) -> str:
    if len(text) > _LONGEST_WORDS or printable(text) != text:
        raise typer.BadParameter(messages.words_not_on_a_line(_LONGEST_WORDS))
    return text


_Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="RESULT...",
        show_default=False,
        help="A folder for each stack, named like it, with what its preview or run has left; or a "
        "run report. Name every stack that you expect: one that is missing has no result.",
    ),
]
_Comment = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write Markdown that fits into a comment or an issue (65,536 characters).",
    ),
]
_Summary = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Append Markdown that fits into a step summary (1 MiB)."),
]
_Whole = Annotated[
    Path | None, typer.Option("--markdown", metavar="FILE", help="Write all of it as Markdown.")
]
_Page = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Write all of it as one page of HTML."),
]
_Note = Annotated[
    str,
    typer.Option(
        metavar="TEXT",
        callback=_one_line,
        show_default=False,
        help="A line of your own below the first one, as Markdown.",
    ),
]
_WhereWhole = Annotated[
    str,
    typer.Option(
        "--whole",
        metavar="TEXT",
        callback=_one_line,
        show_default=False,
        help="Where a reader finds the whole, as Markdown, for when not all of it fits.",
    ),
]


def _command(kind: Kind) -> Callable[..., None]:
    def command(  # noqa: PLR0913, PLR0917 - typer reads the options from it
        results: _Files,
        comment: _Comment = None,
        summary: _Summary = None,
        whole: _Whole = None,
        page: _Page = None,
        note: _Note = "",
        where: _WhereWhole = "",
    ) -> None:
        found = stack_results(read_results(results), kind)
        document = all_stacks(found, kind)
        if comment:
            _write(comment, markdown(document, COMMENT, where, note=note, marked=True))
        if summary:
            _append(summary, markdown(document, _room_in(summary), where, note=note))
        if whole:
            _write(whole, markdown(document, note=note))
        if page:
            _write(page, html(document, note=note))
        if not (comment or summary or whole or page):
            _print(document, note)
        raise typer.Exit(_exit_code(kind, found))

    return command


for _kind in Kind:
    app.command(
        _kind.value,
        short_help=messages.help_of_report(_kind),
        help=f"{messages.help_of_report(_kind)}\n\n\b\n{messages.help_of_exit_codes(_kind)}",
    )(_command(_kind))


def _exit_code(kind: Kind, results: Sequence[StackResult]) -> int:
    if any(result.ending is not Ending.DONE for result in results):
        return _NOT_ALL_DONE
    if kind is Kind.DRIFT and any(result.changes for result in results):
        return NO_CHANGES_EXPECTED
    return 0


def _room_in(summary: Path) -> Limit:
    """What a step summary still takes: GitHub drops one that is too long as a whole."""
    there = summary.stat().st_size if summary.is_file() else 0
    return replace(SUMMARY, most=max(SUMMARY.most - there, SMALLEST))


def _print(document: Document, note: str) -> None:
    text = markdown(document, note=note)
    if sys.stdout.isatty():
        Console().print(Markdown(text, hyperlinks=False))
    else:
        sys.stdout.write(text)
        sys.stdout.flush()


def _write(file: Path, text: str) -> None:
    _put(file, text, "w")


def _append(file: Path, text: str) -> None:
    _put(file, text, "a")


def _put(file: Path, text: str, mode: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open(mode, encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        sentence = messages.output_not_writable(str(file), error.strerror or str(error))
        print(f"error: {sentence}", file=sys.stderr)  # noqa: T201 - the command line
        raise typer.Exit(_WRONG_USE) from None
