"""A provider's process: one time limit for all that it tries again, and an end with its engine.

The engine reads what its plugins tell; a pipe that nobody reads any more has lost its engine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.resources import process as provider_process
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    import pytest

_WAITS = """
import time
from guardduty_eks_audit_logs.resources.process import end_with_the_engine
end_with_the_engine()
print("there", flush=True)
time.sleep(60)
"""


def test_a_process_ends_once_nobody_reads_what_it_tells() -> None:
    engine, told = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", _WAITS],
        cwd=PROJECT_FOLDER,
        stdout=subprocess.PIPE,
        stderr=told,
        text=True,
    ) as process:
        os.close(told)
        assert process.stdout
        assert process.stdout.readline() == "there\n"
        assert process.poll() is None
        os.close(engine)
        assert process.wait(timeout=10) == 1


def test_all_resources_of_a_run_share_the_time_to_try_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provider_process, "PAUSES", provider_process.Pauses())
    cancelled = SimpleNamespace(wait=lambda _seconds: None, is_set=lambda: False)
    monkeypatch.setattr(provider_process, "CANCELLED", cancelled)

    first = provider_process.patience(2)
    assert first.seconds == 120
    first.sleep(50)
    second = provider_process.patience(2)
    assert second.seconds == 70
    second.sleep(100)
    assert provider_process.patience(5).seconds == 150
    assert provider_process.patience(2).seconds == 0
