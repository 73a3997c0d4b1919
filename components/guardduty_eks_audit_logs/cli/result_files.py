"""Reads what previews and runs left: a folder per stack, or single files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.reports.stack_result import ResultFiles, file_by_itself

if TYPE_CHECKING:
    from pathlib import Path

MEBIBYTE = 1024 * 1024
LARGEST = 64
"""MiB of a file that is read whole."""
_LOG_END = MEBIBYTE
"""So many bytes of a log's end are read."""


class _UnreadableError(Exception):
    """One sentence says why a file can't be read."""


def read_results(path: Path) -> ResultFiles:
    """Reads the result of one stack.

    Args:
        path: a folder that is named like the stack, or a file. What can't be read, or is not there,
            is a fault of the result.
    """
    try:
        if path.is_dir():
            return _folder(path)
        if not path.exists():
            pattern = "*" in str(path)  # a shell passes one on that matches nothing
            fault = messages.result_no_match() if pattern else messages.result_missing()
            return ResultFiles(_name(path), fault=fault)
        return file_by_itself(_name(path), _text(path))
    except _UnreadableError as error:
        return ResultFiles(_name(path), fault=str(error), folder=path.is_dir())
    except OSError as error:
        fault = messages.result_unreadable(path.name, error.strerror or str(error))
        return ResultFiles(_name(path), fault=fault)


def _folder(path: Path) -> ResultFiles:
    name = _name(path)
    files = {file: _text_if_there(path / file) for file in ("report.json", "engine.json")}
    exit_code, log = _text_if_there(path / "exit-code"), _log(path / "log.txt")
    if exit_code is None and not log and not any(files.values()):
        holds_folders = any(inside.is_dir() for inside in path.iterdir())
        fault = messages.result_empty() if holds_folders else messages.result_missing()
        return ResultFiles(name, fault=fault)
    return ResultFiles(
        name,
        report=files["report.json"],
        # An engine that did not begin writes nothing.
        engine=files["engine.json"] or None,
        log=log,
        exit_code=exit_code,
        new_stack=(path / "new-stack").exists(),
    )


def _name(path: Path) -> str:
    name = path.resolve().name if path.name in {"", ".", ".."} else path.name
    return name.removesuffix(".json")


def _text_if_there(path: Path) -> str | None:
    return _text(path) if path.exists() else None


def _text(path: Path) -> str:
    """Reads a file whole.

    Raises:
        _UnreadableError: it can't be read, is too large, or no text.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise _UnreadableError(messages.result_no_file(path.name))
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST * MEBIBYTE + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise _UnreadableError(messages.result_unreadable(path.name, reason)) from None
    if len(content) > LARGEST * MEBIBYTE:
        raise _UnreadableError(messages.result_too_large(path.name, LARGEST))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _UnreadableError(messages.result_no_text(path.name)) from None


def _log(path: Path) -> str:
    """The end of a log; empty if there is none that can be read."""
    if not path.is_file():
        return ""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - _LOG_END, 0))
            return file.read(_LOG_END).decode("utf-8", "replace")
    except OSError:
        return ""
