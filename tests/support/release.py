"""The release as a user has it: built, served by a package index, installed in an environment.

Nothing is downloaded: what the package needs is linked from the running environment. Nothing is
written into the project: the build works on a copy.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "guardduty-eks-audit-logs"
_ROOT = Path(__file__).resolve().parents[2]
_SOURCES = ("LICENSE", "README.md", "pyproject.toml")
_OWN = ("guardduty_eks_audit_logs", "aws_sandbox", "aws_plugin_stand_in", "__editable__")
_LIMIT_SECONDS = 240


@dataclass(frozen=True)
class Release:
    """The files that `make release` makes.

    Args:
        wheel: the wheel.
        sdist: the source distribution.
    """

    wheel: Path
    sdist: Path


def build_release(folder: Path) -> Release:
    """Build the release as `make release` does, from a copy of the sources.

    Args:
        folder: an empty folder for the copy and the files.
    """
    copy, made = folder / "sources", folder / "dist"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(_ROOT / "components", copy / "components", ignore=ignored)
    for name in _SOURCES:
        shutil.copy(_ROOT / name, copy)
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(made), str(copy))
    (wheel,), (sdist,) = made.glob("*.whl"), made.glob("*.tar.gz")
    return Release(wheel, sdist)


@contextmanager
def serve_index(release: Release, folder: Path) -> Iterator[str]:
    """Serve a simple package index (PEP 503) that has the release and nothing else.

    Args:
        release: what it has.
        folder: an empty folder for its pages.

    Yields:
        Its URL.
    """
    page = folder / "simple" / NAME / "index.html"
    page.parent.mkdir(parents=True)
    links = []
    for file in (release.wheel, release.sdist):
        shutil.copy(file, page.parent)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        links.append(f'<a href="{file.name}#sha256={digest}">{file.name}</a>')
    page.write_text(f"<!DOCTYPE html><html><body>{' '.join(links)}</body></html>")
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/simple"
        finally:
            server.shutdown()
            thread.join()


def make_environment_with(requirement: str, index: str, folder: Path) -> Path:
    """Make a virtual environment and install a requirement into it from an index.

    Args:
        requirement: what to install, such as `NAME`.
        index: the URL of the only index that is asked.
        folder: where the environment is made.

    Returns:
        Its Python.
    """
    make_environment_with_dependencies(folder)
    python = folder / "bin" / "python"
    _run(str(python), "-m", "pip", "install", "--quiet", "--pre", "--index-url", index, requirement)
    return python


def make_environment_with_dependencies(folder: Path) -> None:
    """Make a virtual environment with the running one's packages, without this repository's own.

    Args:
        folder: where the environment is made; its packages are links.
    """
    _run(sys.executable, "-m", "venv", str(folder))
    dependencies = folder / "dependencies"
    dependencies.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(_OWN) and entry.suffix != ".pth":
            (dependencies / entry.name).symlink_to(entry)
    (own,) = folder.glob("lib/python*/site-packages")
    (own / "dependencies.pth").write_text(f"{dependencies}\n")


def environment_of_pip() -> dict[str, str]:
    """The variables for a pip that asks nothing but this machine."""
    # The user's settings may name other places to look for packages, and a proxy.
    without = {name: text for name, text in os.environ.items() if not name.startswith("PIP_")}
    local = {"PIP_CONFIG_FILE": os.devnull, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    return {**without, **local, "PYTHONPATH": ""}


def _run(*command: str) -> None:
    ended = subprocess.run(
        command,
        env=environment_of_pip(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_LIMIT_SECONDS,
    )
    assert ended.returncode == 0, ended.stdout


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Answers without a line on stderr."""
