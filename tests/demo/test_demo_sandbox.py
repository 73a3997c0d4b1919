"""`python -m demo.sandbox` as a user meets it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from demo.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_a_shell_file_whose_name_has_a_line_break_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo.sandbox", "--port", "0", "--env", f"{tmp_path}/a\nb\n.sh"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "holds a line break" in done.stderr
    assert list(tmp_path.iterdir()) == []
