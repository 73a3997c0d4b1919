"""The engine interrupts a program whose run is over; Python's own answer is a traceback."""

from __future__ import annotations

import signal
import subprocess
import sys

_PROGRAM = """\
import os, signal, time
from guardduty_eks_audit_logs import user_errors

signal.signal(signal.SIGINT, signal.default_int_handler)
for _ in range(2):
    with user_errors():
        pass
try:
    {happens}
finally:
    print("cleaned up")
"""


def _program(happens: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _PROGRAM.format(happens=happens)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def test_an_interrupt_ends_a_program_without_a_traceback() -> None:
    done = _program("os.kill(os.getpid(), signal.SIGINT); time.sleep(30)")

    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "cleaned up\n", "")


def test_any_other_exception_keeps_its_traceback() -> None:
    done = _program("1 / 0")

    assert (done.returncode, done.stdout) == (1, "cleaned up\n")
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError" in done.stderr
