"""`accountsFile`: the accounts of a rule, in a file beside the configuration."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardduty import messages
from guardduty.account_id import account_id
from guardduty.faults import LISTED, shown
from guardduty.model import AccountId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class AccountsFile:
    """A file of account ids, as a rule names it, with what is in it.

    Attributes:
        path: as it is written.
        accounts: the ids.
    """

    path: str
    accounts: frozenset[AccountId]


def read_accounts_file(written: Any, folder: Path) -> AccountsFile:  # noqa: ANN401
    """Reads the file that a rule names.

    Args:
        written: the path of a file with one id a line, where `#` begins a comment; or
            `{"path": …, "column": …}` for a CSV file whose first line names its columns.
        folder: relative paths begin there.

    Raises:
        ValueError: it names no file, or the file has something else; all wrong lines are in the
            sentence, the first ones by their numbers.
    """
    reference = {"path": written} if isinstance(written, str) else written
    if (
        not isinstance(reference, dict)
        or not reference.keys() <= {"path", "column"}
        or not all(value and isinstance(value, str) for value in reference.values())
        or "path" not in reference
    ):
        raise ValueError(messages.accounts_file_malformed(shown(written)))
    path, column = reference["path"], reference.get("column")
    try:
        text = (folder / path).read_text(encoding="utf-8-sig")
        entries = list(_of_column(text, path, column) if column else _of_lines(text))
    except (OSError, UnicodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(messages.accounts_file_unreadable(path, reason)) from None
    accounts, wrong = set(), []
    for line, entry in entries:
        try:
            accounts.add(AccountId(account_id(entry)))
        except ValueError:
            wrong.append(f"line {line} ({shown(entry)})")
    if wrong:
        is_csv = column is None and any(mark in entry for _, entry in entries for mark in ",;")
        raise ValueError(
            messages.account_id_lines(path, wrong[:LISTED], len(wrong), column, is_csv=is_csv)
        )
    if not accounts:
        raise ValueError(messages.accounts_file_empty(path))
    return AccountsFile(path, frozenset(accounts))


def _of_lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        entry = line.partition("#")[0].strip().rstrip(",").strip("\"'")
        if entry:
            yield number, entry


def _of_column(text: str, path: str, column: str) -> Iterator[tuple[int, str]]:
    lines = text.splitlines()
    # Where a comma is a decimal point, spreadsheets write semicolons.
    first = lines[0] if lines else ""
    rows = csv.reader(
        lines, delimiter=";" if ";" in first and "," not in first else ",", strict=True
    )
    header = [name.strip() for name in next(rows, [])]
    if header.count(column) != 1:
        raise ValueError(messages.no_such_column(path, column, header))
    place = header.index(column)
    for row in rows:
        if any(cell.strip() for cell in row):
            yield rows.line_num, row[place].strip() if place < len(row) else ""
