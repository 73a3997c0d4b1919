"""The engine interrupts a program whose run is over; Python's own answer is a traceback."""

from __future__ import annotations

import signal
import subprocess
import sys

_PROGRAM = """\
import os, signal, time
from guardduty_eks_audit_logs.program import end

signal.signal(signal.SIGINT, signal.default_int_handler)
end._be_interrupted_without_a_traceback()
try:
    {happens}
finally:
    print("cleaned up")
"""


def _program(happens: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _PROGRAM.format(happens=happens)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_an_interrupt_ends_a_program_without_a_traceback() -> None:
    done = _program("os.kill(os.getpid(), signal.SIGINT); time.sleep(30)")

    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "cleaned up\n", "")


def test_any_other_exception_keeps_its_traceback() -> None:
    done = _program("1 / 0")

    assert (done.returncode, done.stdout) == (1, "cleaned up\n")
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError" in done.stderr
