"""A machine of one's own: folders under a temporary one, and a PATH of fake programs."""

from __future__ import annotations

import os
import socket
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.cache import EngineCache, cache_folder
from tools.connection import Address
from tools.engine import ENGINE_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest

_HOST = "pulumi-language-python"
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Machine:
    root: Path

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": str(self.bin),
            "HOME": str(self.root / "home"),
            "XDG_CACHE_HOME": str(self.root / "cache"),
        }

    @property
    def cache(self) -> EngineCache:
        return EngineCache(cache_folder(self.environment), ENGINE_VERSION)

    @property
    def go_calls(self) -> list[str]:
        log = self.root / "go.log"
        return log.read_text().splitlines() if log.exists() else []

    @property
    def builds(self) -> int:
        return sum(line.startswith("build ") for line in self.go_calls)

    def program(self, name: str, body: str, folder: Path | None = None) -> Path:
        file = (folder or self.bin) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n")
        file.chmod(0o755)
        return file

    def install_pulumi(self, version: str, *, host: bool = True) -> Path:
        if host:
            self.program(_HOST, "exit 0")
        return self.program("pulumi", f"echo {version}")

    def install_go(
        self, version: str = "go1.26.8", before_build: str = "", built: str = ENGINE_VERSION
    ) -> None:
        """Install a Go whose builds are programs that answer with the version `built`."""
        sdk = self.root / "sdk"
        self.program("pulumi-language-python-exec", "exit 0", sdk / "python" / "cmd")
        self.program("pulumi-resource-pulumi-python", "exit 0", sdk / "python" / "dist")
        for script in sdk.glob("python/*/*"):
            script.chmod(0o444)  # as in Go's module cache
        self.program(
            "go",
            f"""\
echo "$@" >>{self.root}/go.log
case "$1" in
env) echo {version} ;;
list) echo {sdk} ;;
build)
    echo "CGO_ENABLED=$CGO_ENABLED GOFLAGS=$GOFLAGS GOPROXY=$GOPROXY" >>{self.root}/go-env.log
    {before_build or ":"}
    while [ $# -gt 1 ]; do [ "$1" = -o ] && out=$2; shift; done
    printf '#!/bin/sh\\necho {built}\\n' >"$out${{1##*/}}" &&
        chmod +x "$out${{1##*/}}" ;;
esac""",
        )

    def installer(self, version: str = ENGINE_VERSION) -> Path:
        """A fake of `python -m tools.download`: takes a version and a folder."""
        return self.program(
            "installer",
            f"""\
mkdir -p "$2/bin"
for name in pulumi {_HOST}; do
    printf '#!/bin/sh\\necho {version}\\n' >"$2/bin/$name" && chmod +x "$2/bin/$name"
done""",
            self.root / "installer",
        )


def machine_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Make a machine without any program, and have this process run on it."""
    machine = Machine(folder)
    for made in (machine.bin, folder / "home"):
        made.mkdir()
    for name in (*os.environ,):
        if name.lower() in {"https_proxy", "http_proxy", "all_proxy", "no_proxy", "pulumi_home"}:
            monkeypatch.delenv(name)
    for name, value in machine.environment.items():
        monkeypatch.setenv(name, value)
    return machine


@contextmanager
def site_that_answers() -> Iterator[Address]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield Address(*server.getsockname()[:2])


def site_that_refuses() -> Address:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return Address(*server.getsockname()[:2])


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for another process, and fail loudly if it never comes that far."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("it never happened")
        time.sleep(0.02)
