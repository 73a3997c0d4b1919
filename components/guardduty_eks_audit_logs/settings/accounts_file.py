"""`accountsFile`: the accounts of a rule, in a file beside the configuration."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import AccountId
from guardduty_eks_audit_logs.settings.account_id import account_id
from guardduty_eks_audit_logs.settings.faults import LISTED, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
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
            `{"path": …, "column": …}` for a CSV file whose first line names its columns, separated
            by commas, semicolons or tabs.
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
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(messages.accounts_file_unreadable(path, reason)) from None
    if not text.strip():
        raise ValueError(messages.accounts_file_empty(path))
    entries = list(_of_column(text, path, column) if column else _of_lines(text))
    accounts, wrong = set(), []
    for line, entry in entries:
        try:
            accounts.add(AccountId(account_id(entry)))
        except ValueError:
            wrong.append((line, entry))
    if wrong:
        lines = [f"line {line} ({shown(entry)})" for line, entry in wrong[:LISTED]]
        way_out = messages.digits_of_an_id() if column else _way_out(path, entries, wrong)
        raise ValueError(messages.account_id_lines(path, lines, len(wrong), column, way_out))
    if not accounts:
        raise ValueError(messages.accounts_file_empty(path))
    return AccountsFile(path, frozenset(accounts))


def _way_out(
    path: str, entries: Sequence[tuple[int, str]], wrong: Iterable[tuple[int, str]]
) -> str:
    """Says how a file of lines comes right: by one id a line, or by the name of its column."""
    lines = [entry for _, entry in wrong]
    with_ids = [line for line in lines if _has_an_id(_MARKS.split(line))]
    if any(map(_is_a_list, lines)) and all(map(_is_a_list, with_ids)):
        return messages.one_id_a_line()
    if any(mark in entry for _, entry in entries for mark in _SEPARATORS):
        return messages.name_the_column(path, has_names=not _has_an_id(_cells(entries[0][1])))
    return messages.digits_of_an_id()


_SEPARATORS = ",;\t"
"""Between the columns of a file: the first of them that its first line has."""

_MARKS = re.compile(r"^[{\"'\s]*[A-Za-z]\w*[\"']?:|[\s,;\[\]{}\"'-]+")
"""What names, separates and embraces the entries of a list, in a line, in JSON and in YAML."""


def _is_a_list(line: str) -> bool:
    parts = [part for part in _MARKS.split(line) if part]
    return all(map(_is_an_id, parts))


def _has_an_id(cells: Iterable[str]) -> bool:
    return any(map(_is_an_id, cells))


def _is_an_id(text: str) -> bool:
    try:
        return bool(account_id(text))
    except ValueError:
        return False


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(f"[{_SEPARATORS}]", line)]


def _of_lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        entry = line.partition("#")[0].strip().rstrip(",").strip("\"'")
        if entry:
            yield number, entry


def _of_column(text: str, path: str, column: str) -> Iterator[tuple[int, str]]:
    lines = text.splitlines()
    # Where a comma is a decimal point, spreadsheets write semicolons.
    separator = next((mark for mark in _SEPARATORS if mark in lines[0]), ",")
    rows = csv.reader(lines, delimiter=separator, strict=True)
    began = 1
    try:
        header = [name.strip() for name in next(rows, [])]
        if _has_an_id(header):
            raise ValueError(messages.no_names_of_columns(path, column))
        if header.count(column) != 1:
            raise ValueError(messages.no_such_column(path, column, header))
        place = header.index(column)
        began = rows.line_num + 1
        for row in rows:
            if any(cell.strip() for cell in row):
                yield rows.line_num, row[place].strip() if place < len(row) else ""
            began = rows.line_num + 1
    except csv.Error as error:
        raise ValueError(messages.line_malformed(path, began, str(error))) from None
