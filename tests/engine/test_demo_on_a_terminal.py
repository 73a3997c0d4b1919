"""`make demo` on a terminal of 80 columns."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from demo.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def _on_a_terminal(columns: int, *command: str, **environment: str) -> tuple[int, str]:
    """Runs a command on a terminal of its own; gives its exit code, and what is to be seen."""
    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    inherited = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS"}}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**inherited, "TERM": "xterm", **environment},
        stdin=subprocess.DEVNULL,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    seen = b""
    with suppress(OSError):  # how Linux tells that nobody writes any more
        while part := os.read(ours, 65536):
            seen += part
    os.close(ours)
    return process.wait(timeout=60), seen.decode()


def test_the_demo_ends_well_on_80_columns_and_in_colour(tmp_path: Path) -> None:
    page = tmp_path / "new" / "coverage.html"
    command = [sys.executable, "-m", "demo", f"--page={page}"]
    code, seen = _on_a_terminal(80, *command, AWS_ACCESS_KEY_ID="AKIAELSEWHERE")

    plain = re.sub(r"\x1b\[[\d;]*m", "", seen).replace("\r\n", "\n")
    assert code == 0, plain
    assert "\x1b[32mon\x1b[0m" in seen
    assert "\x1b" not in plain
    assert max(map(len, plain.replace(str(page), "page").splitlines())) <= 80
    assert "300000000012" in page.read_text()
    for line in (
        "        rule 2: ENABLED  all: true\n",
        "300000000001  shop         Root/Prod     on         on         rule 2: all\n",
        "300000000003  playground   Root/Sandbox  off        off        rule 1: accounts\n",
        "300000000006  training     Root/Sandbox  on -> off  on -> off  rule 1: accounts\n",
        "  4  off, rule 1 wants it on (decided by rule 1: accounts)\n",
        f"{page}\n",
    ):
        assert line in plain
