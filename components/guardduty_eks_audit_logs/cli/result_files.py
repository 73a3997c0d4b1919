"""Reads what the preview or the run of each stack has left: a folder, or a file by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.reports.stack_result import ResultFiles, file_by_itself

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LARGEST_MEBIBYTES = 64
_REPORT, _ENGINE, _LOG, _EXIT_CODE = "report.json", "engine.json", "log.txt", "exit-code"
_NEW_STACK = "new-stack"


class _UnreadableError(Exception):
    """A file can't be read; the message says why."""


def read_results(paths: Iterable[Path]) -> list[ResultFiles]:
    """Reads the results of all stacks that are expected.

    Args:
        paths: folders named like their stacks, run reports, or outputs of `pulumi preview --json`.
            One that does not exist is a stack without a result.
    """
    return [_read(path) for path in paths]


def _read(path: Path) -> ResultFiles:
    try:
        if path.is_dir():
            return _folder(path)
        if path.exists() or path.is_symlink():
            return file_by_itself(path.stem, _text(path))
        fault = messages.result_missing()
    except _UnreadableError as error:
        fault = str(error)
    except OSError as error:
        fault = messages.result_unreadable(path.name, error.strerror or str(error))
    name = path.stem if path.suffix == ".json" else path.resolve().name
    return ResultFiles(name, fault=fault)


def _folder(folder: Path) -> ResultFiles:
    found = {
        name: _text(folder / name)
        for name in (_REPORT, _ENGINE, _LOG, _EXIT_CODE)
        if (folder / name).exists()
    }
    return ResultFiles(
        folder.resolve().name,
        report=found.get(_REPORT),
        engine=found.get(_ENGINE),
        log=found.get(_LOG, ""),
        exit_code=found.get(_EXIT_CODE),
        new_stack=(folder / _NEW_STACK).exists(),
        fault="" if found else messages.result_empty(),
    )


def _text(file: Path) -> str:
    if not file.is_file():
        raise _UnreadableError(messages.result_no_file(file.name))
    with file.open("rb") as opened:
        content = opened.read(LARGEST_MEBIBYTES * 1024 * 1024 + 1)
    if len(content) > LARGEST_MEBIBYTES * 1024 * 1024:
        raise _UnreadableError(messages.result_too_large(file.name, LARGEST_MEBIBYTES))
    try:
        return content.decode()
    except UnicodeDecodeError:
        if file.name == _LOG:  # whatever a program has printed
            return content.decode(errors="replace")
        raise _UnreadableError(messages.result_no_text(file.name)) from None
