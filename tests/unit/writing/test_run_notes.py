"""Which records a run keeps: a file of the engine's address, locked for as long as the run lasts.

That all processes of a run know it is in `test_dynamic_provider_release.py`.
"""

from __future__ import annotations

import fcntl
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.writing import run_notes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The folder of the notes, of a process that an engine has started."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["provider", "127.0.0.1:4321"])
    monkeypatch.setattr(run_notes, "NOTED", set())
    held: dict[Path, object] = {}
    monkeypatch.setattr(run_notes, "_HELD", held)
    yield run_notes._folder()
    for file in held.values():
        file.close()  # type: ignore[attr-defined]


def test_what_is_noted_is_kept_and_nothing_else() -> None:
    run_notes.note("prior-222222222222-us-east-1")

    assert run_notes.is_noted("prior-222222222222-us-east-1")
    assert not run_notes.is_noted("prior-222222222222-us-east-2")


def test_a_note_is_a_file_that_nobody_else_may_read(folder: Path) -> None:
    run_notes.note("prior")

    (file,) = folder.iterdir()
    assert file.name == "127-0-0-1-4321-prior"
    assert folder.stat().st_mode & 0o077 == 0


def test_a_note_that_another_process_holds_counts(folder: Path) -> None:
    file = folder / "127-0-0-1-4321-prior"
    with file.open("a") as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert run_notes.is_noted("prior")
        run_notes.note("another")
        assert file.exists()


def test_a_note_of_a_run_that_is_over_is_removed(folder: Path) -> None:
    ended, long_ended = folder / "127-0-0-1-4321-prior", folder / "127-0-0-1-1-prior"
    for file in (ended, long_ended):
        file.touch()

    assert not run_notes.is_noted("prior")
    assert not ended.exists()
    run_notes.note("another")
    assert not long_ended.exists()


def test_without_an_engine_a_process_knows_its_own_notes(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["provider"])
    run_notes.note("prior")

    assert run_notes.is_noted("prior")
    assert list(folder.iterdir()) == []


def test_a_folder_that_others_may_write_to_is_refused(folder: Path) -> None:
    folder.chmod(0o777)

    for ask in (run_notes.note, run_notes.is_noted):
        with pytest.raises(UserError, match="open to other users"):
            ask("prior")


def test_a_link_in_place_of_the_folder_is_refused(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder.rmdir()
    folder.symlink_to(elsewhere)

    with pytest.raises(UserError, match="open to other users"):
        run_notes.note("prior")
    assert list(elsewhere.iterdir()) == []
