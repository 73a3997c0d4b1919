"""`make demo`: from nothing to `pulumi up` over a sample organization, and the table it leaves.

It runs the pulumi CLI as a user does, on a copy of the project and against a sandbox of its own,
and stops and removes all that it started. The Python environment, step 1, is `tools.venv`'s.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from guardduty.coverage import CoverageRow, coverage
from guardduty.errors import UserError
from guardduty.messages import on_off
from guardduty.plan import make_plan
from guardduty.session import open_session
from guardduty.settings import PROJECT, Settings
from guardduty.snapshot import read_snapshot
from sandbox.client import SandboxClient
from sandbox.environment import has_stand_in
from sandbox.project import ROOT, copy_project
from tools.cache import CacheNotWritableError
from tools.engine import EngineNotFoundError, find_or_install_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

REGIONS = ("us-east-1", "eu-west-1")
STEPS = 7
_COLUMN = 32


class DemoError(Exception):
    """A step failed; the message is what its command printed."""


@dataclass(frozen=True)
class Demo:
    """What the steps share: a copy of the project, and the way to the sandbox."""

    project: Path
    environment: Mapping[str, str]

    def pulumi(self, region: str, *command: str) -> str:
        """Runs the CLI on a region's stack.

        Returns:
            What it printed to stdout.

        Raises:
            DemoError: it ended with an exit code other than 0.
        """
        ended = subprocess.run(
            ["pulumi", *command, "--stack", f"demo-{region}", "--non-interactive", "--color=never"],
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            raise DemoError(f"pulumi {' '.join(command)}:\n{ended.stdout}{ended.stderr}")
        return ended.stdout

    def everywhere(self, *command: str) -> list[str]:
        """Runs the CLI on both stacks at once; what each printed, in the order of the regions."""
        with ThreadPoolExecutor(max_workers=len(REGIONS)) as pool:
            return list(pool.map(lambda region: self.pulumi(region, *command), REGIONS))

    def told(self, region: str, *options: str) -> list[str]:
        """The lines that the program tells in a preview of the region's stack."""
        return _told(self.pulumi(region, "preview", "--json", *options))

    def stack_file(self, region: str) -> Path:
        """The configuration of the region's stack."""
        return self.project / "stacks" / f"Pulumi.demo-{region}.yaml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the demo and gives its exit code: 0, 1 after a failed step, 130 when interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.demo",
        description=(
            "Show the whole path on a local AWS organization: preview, up, the resulting table of "
            "accounts, and the preview of a changed rule. Nothing is kept."
        ),
        epilog="exit codes: 0 all steps done, 1 a step failed, 130 interrupted",
    )
    parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _step(2, "Pulumi engine", find_or_install_engine(_say).words)
        with tempfile.TemporaryDirectory(prefix="guardduty-demo-") as folder:
            _run(Path(folder))
    except (DemoError, EngineNotFoundError, CacheNotWritableError, UserError) as error:
        _say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        _say("stopped; nothing that the demo started is left")
        return 130
    return 0


def _run(folder: Path) -> None:
    with _sandbox(folder) as (client, environment):
        demo = Demo(copy_project(folder / "project"), environment)
        members = len(client.organization().accounts) - 2
        _step(3, "Local AWS organization", f"{members} members, {' and '.join(REGIONS)}")
        _detail(f"at {client.url}, on this machine only")
        _detail(f"aws plugin: {_aws_plugin(environment)}")
        _preview(demo)
        _up(demo)
        _result(demo, client)
        _changed_rule(demo)


def _preview(demo: Demo) -> None:
    _step(4, "pulumi preview", "in both regions")
    demo.everywhere("stack", "init")
    for told in demo.everywhere("preview", "--json"):
        for line in _told(told):
            _say(f"      {line}")


def _up(demo: Demo) -> None:
    _step(5, "pulumi up", "in both regions")

    def up(region: str) -> float:
        started = time.monotonic()
        demo.pulumi(region, "up", "--yes", "--skip-preview")
        return time.monotonic() - started

    with ThreadPoolExecutor(max_workers=len(REGIONS)) as pool:
        for region, seconds in zip(REGIONS, pool.map(up, REGIONS), strict=True):
            _detail(f"{region} done in {seconds:.0f} s")
    demo.everywhere("preview", "--expect-no-changes")
    _detail("pulumi preview --expect-no-changes: nothing is left to change")


def _result(demo: Demo, client: SandboxClient) -> None:
    _step(6, "Result", "EKS audit logs by account and region")
    os.environ.update(demo.environment)
    rows = {region: _coverage(demo, region) for region in REGIONS}
    table: list[tuple[str, ...]] = [("account", "name", "OU", *REGIONS, "decided by")]
    for account in client.organization().accounts:
        here = [
            rows[region][account.account_id]
            for region in REGIONS
            if account.account_id in rows[region]
        ]
        if not here:
            continue  # the management account, which is no member here
        decided = " · ".join(dict.fromkeys(row.decided_by for row in here))
        statuses = [f"{row.membership}, {on_off(row.status)}" for row in here]
        table.append((account.account_id, account.name, account.ou, *statuses, decided))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    _say("")
    for cells in table:
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        _say(line.rstrip())
    _say("")


def _changed_rule(demo: Demo) -> None:
    region = REGIONS[0]
    file = demo.stack_file(region)
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["config"][f"{PROJECT}:members"][0]["status"] = "ENABLED"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    _step(7, "A changed rule", f"rule 1 of {region} says ENABLED instead of DISABLED")
    for line in demo.told(region):
        _say(f"      {line}")
    _say("")
    _say("Next: `make sandbox` keeps such an organization running. In another terminal,")
    _say("`. .sandbox/env.sh` sets up everything for `pulumi preview` and `pulumi up`.")


def _coverage(demo: Demo, region: str) -> dict[str, CoverageRow]:
    """Reads AWS again after the run and tells who decided each account."""
    config = yaml.safe_load(demo.stack_file(region).read_text(encoding="utf-8"))["config"]
    text = {k: v if isinstance(v, str) else json.dumps(v) for k, v in config.items()}
    settings = Settings.from_configuration(text)
    snapshot = read_snapshot(open_session(text.get), settings)
    plan = make_plan(settings, snapshot, owner=f"demo-{region}")
    return {row.account: row for row in coverage(plan)}


@contextmanager
def _sandbox(folder: Path) -> Iterator[tuple[SandboxClient, Mapping[str, str]]]:
    """Starts a sandbox on a free port, and stops it."""
    env_file, log = folder / "env.sh", folder / "sandbox.log"
    with log.open("w") as stderr:
        server = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve", "--port=0", f"--env={env_file}"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        ready = server.stdout.readline() if server.stdout else ""
        if not ready.startswith("READY "):
            raise DemoError(f"the local AWS organization did not start:\n{log.read_text()}")
        yield SandboxClient(ready.removeprefix("READY ").strip()), _sourced(env_file)
    finally:
        server.terminate()
        server.wait()


def _sourced(env_file: Path) -> Mapping[str, str]:
    """The environment that a terminal has after it sourced the file."""
    printed = subprocess.run(
        ["sh", "-c", '. "$0" && env -0', str(env_file)], capture_output=True, text=True, check=True
    ).stdout
    return dict(entry.split("=", 1) for entry in printed.split("\0") if entry)


def _aws_plugin(environment: Mapping[str, str]) -> str:
    if has_stand_in(Path(environment["PULUMI_HOME"])):
        return "stand-in (the real one can't be downloaded here)"
    return f"real, {shutil.which('pulumi-resource-aws', path=environment['PATH']) or 'installed'}"


def _told(preview: str) -> list[str]:
    digest: dict[str, Any] = json.loads(preview)
    told = [d["message"] for d in digest.get("diagnostics", ()) if d["severity"] == "info"]
    return [line for message in told for line in message.strip().splitlines()]


def _step(number: int, name: str, told: str) -> None:
    _say(f"[{number}/{STEPS}] {name}".ljust(_COLUMN) + told)


def _detail(told: str) -> None:
    _say(" " * _COLUMN + told)


def _say(line: str) -> None:
    print(line, flush=True)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
