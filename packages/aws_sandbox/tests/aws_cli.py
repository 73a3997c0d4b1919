"""The AWS CLI from PyPI, in an environment of its own in the user's cache, made once."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUIREMENTS = Path(__file__).with_name("requirements-awscli.txt")
_LIMIT_SECONDS = 280


class AwsCliNotInstalledError(Exception):
    """The environment can't be made here; the message is pip's."""


class AwsCliError(Exception):
    """The AWS CLI ended with an exit code other than 0; the message is its stderr."""


@dataclass(frozen=True)
class AwsCli:
    """The AWS CLI as a user has it in a terminal.

    Args:
        python: the Python of its environment.
        environ: the terminal's environment.
    """

    python: Path
    environ: Mapping[str, str]

    def guardduty(self, *arguments: str, profile: str = "administrator") -> Any:  # noqa: ANN401 -- JSON
        """Run `aws guardduty …`; what it prints, read as JSON, or None if it prints nothing.

        Raises:
            AwsCliError: it failed.
        """
        done = subprocess.run(
            [self.python, "-I", "-m", "awscli", "guardduty", *arguments],
            env={**self.environ, "AWS_PROFILE": profile},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode != 0:
            raise AwsCliError(done.stderr.strip())
        return json.loads(done.stdout) if done.stdout.strip() else None


def installed(cache: Path | None = None) -> Path:
    """The Python of the AWS CLI's environment; the first call on a machine makes it.

    It is made in a temporary folder and renamed when it is complete, under a lock that the kernel
    frees with the process: neither an interruption nor a second test run leaves half of one.

    Args:
        cache: the folder that keeps it; `aws-sandbox` in the user's cache by default.

    Raises:
        AwsCliNotInstalledError: the package registry can't be reached, or has no such version.
    """
    cache = cache or _cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    (version,) = re.findall(r"^awscli>=([0-9.]+)", wanted, re.MULTILINE)
    folder = cache / f"awscli-{version}"
    python = folder / "bin" / "python"
    # A virtual environment's scripts hold its first path, so `python -m awscli` is what is run.
    with (cache / "awscli.lock").open("a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _finished(folder, wanted) and _runs(python):
            return python
        for leftover in (folder, *cache.glob(".unfinished-awscli-*")):
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=".unfinished-awscli-", dir=cache) as made_in:
            made = Path(made_in) / "environment"
            _run(sys.executable, "-m", "venv", str(made))
            pip = (str(made / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input")
            _run(*pip, "--disable-pip-version-check", "-r", str(REQUIREMENTS))
            (made / REQUIREMENTS.name).write_text(wanted, encoding="utf-8")
            made.rename(folder)
    return python


def _cache_folder() -> Path:
    """`$XDG_CACHE_HOME/aws-sandbox`, or the same under `~/.cache`."""
    configured = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (configured if configured.is_absolute() else Path.home() / ".cache") / "aws-sandbox"


def _finished(folder: Path, wanted: str) -> bool:
    record = folder / REQUIREMENTS.name
    return record.is_file() and record.read_text(encoding="utf-8") == wanted


def _runs(python: Path) -> bool:
    """Whether it still starts: the Python that it was made with may be gone."""
    try:
        ask = [str(python), "-I", "-m", "awscli", "--version"]
        return subprocess.run(ask, capture_output=True, check=False, timeout=60).returncode == 0
    except OSError:
        return False


def _run(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=_LIMIT_SECONDS
    )
    if done.returncode != 0:
        raise AwsCliNotInstalledError(f"{command[1:4]}: {(done.stdout + done.stderr)[-2000:]}")
