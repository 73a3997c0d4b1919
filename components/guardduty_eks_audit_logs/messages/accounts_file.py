"""The files that `accountsFile` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import refusal
from guardduty_eks_audit_logs.messages.wording import MANY, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.messages.catalogue import Sentence


@refusal("accounts-file-lines-malformed", key="members")
def account_id_lines(
    file: str, wrong: Sequence[str], lines: int, column: str | None, way_out: str
) -> Sentence:
    """Says which lines of a file have no account id; `wrong` has the first of them."""
    where = f" in column {column}" if column else ""
    more = f" and {lines - len(wrong)} more" if lines > len(wrong) else ""
    return (
        (
            f"{file} has {counted(lines, 'line')} without an account id{where}: "
            f"{', '.join(wrong)}{more}."
        ),
        f"{way_out}",
    )


def digits_of_an_id() -> str:
    return "An id has 12 digits; a spreadsheet drops zeros in front."


def one_id_a_line() -> str:
    return "Write one id a line, without brackets, dashes and anything else that makes a list."


def name_the_column(file: str, *, has_names: bool) -> str:
    first = "" if has_names else ", and let its first line name the columns"
    return f"For a file with columns write {{path: {file}, column: <its name>}}{first}."


@refusal("accounts-file-without-header", key="members")
def no_names_of_columns(file: str, column: str) -> Sentence:
    return (
        f"the first line of {file} has an account id, but is to name the columns.",
        f"Write a line above it, in which the ids' column is {column}.",
    )


@refusal("accounts-file-quotes-open", key="members")
def line_malformed(file: str, line: int, reason: str) -> Sentence:
    return (
        f"{file} can't be read from line {line} on ({reason.rstrip('.')}).",
        "Close the quotes that begin there, or remove them.",
    )


@refusal("accounts-file-unreadable", key="members")
def accounts_file_unreadable(file: str, reason: str) -> Sentence:
    return (
        f"{file} can't be read ({reason.rstrip('.')}).",
        "Write the path of a text file in UTF-8, as seen from the folder of Pulumi.yaml.",
    )


@refusal("accounts-file-empty", key="members")
def accounts_file_empty(file: str) -> Sentence:
    return (
        f"{file} has no account id, so the rule selects no account.",
        "Fill it or remove the rule.",
    )


@refusal("accounts-file-malformed", key="members")
def accounts_file_malformed(value: str) -> Sentence:
    return (
        f"{value} is malformed.",
        (
            "Write the path of a file with one account id a line, or of a CSV file with its "
            "column, {path: accounts.csv, column: account_id}."
        ),
    )


@refusal("accounts-file-column-unknown", key="members")
def no_such_column(file: str, column: str, columns: Sequence[str]) -> Sentence:
    if column in columns:
        return (
            f"{file} has the column {column} {columns.count(column)} times.",
            "Rename all but one.",
        )
    more = ", …" if len(columns) > MANY else ""
    return (
        f"{file} has no column {column}.",
        f"Name one of {', '.join(columns[:MANY])}{more}.",
    )
