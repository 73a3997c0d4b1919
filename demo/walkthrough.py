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

from aws_sandbox.client import SandboxClient
from demo.coverage_table import coverage_table
from demo.environment import has_stand_in
from demo.project import ROOT, copy_project
from demo.screen import Screen
from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.reading.coverage import Target, read_coverage
from guardduty_eks_audit_logs.reports.coverage.rows import NOT_A_MEMBER, CoverageRow, Require
from guardduty_eks_audit_logs.settings.configuration import PROJECT, Settings
from tools.cache import CacheNotWritableError
from tools.engine import EngineNotFoundError, find_or_install_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

REGIONS = ("us-east-1", "eu-west-1")
STEPS = 8
_UNREAD = 2
"""The exit code of `eks-audit-logs coverage` that says that something could not be read."""


class DemoError(Exception):
    """A step failed; the message is what its command printed."""


@dataclass(frozen=True)
class Demo:
    """What the steps share: a copy of the project, the way to the sandbox, and where to print."""

    project: Path
    environment: Mapping[str, str]
    screen: Screen

    def pulumi(self, region: str, *command: str) -> str:
        """Runs the CLI on a region's stack.

        Returns:
            What it printed to stdout.

        Raises:
            DemoError: it ended with an exit code other than 0.
        """
        ended = subprocess.run(
            [
                "pulumi",
                *command,
                "--stack",
                f"demo-{region}",
                "--non-interactive",
                "--color=never",
            ],
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

    def stack_file(self, region: str) -> Path:
        """The file of the region's stack."""
        return self.project / "stacks" / f"Pulumi.demo-{region}.yaml"

    def configuration(self, region: str) -> dict[str, Any]:
        """What is in the file."""
        return dict(yaml.safe_load(self.stack_file(region).read_text(encoding="utf-8"))["config"])

    def coverage(self) -> dict[str, dict[str, CoverageRow]]:
        """Reads AWS: by region and account, what there is, and who decides it."""
        found = read_coverage([self._target(region) for region in REGIONS], Require.RULES)
        rows = [row for row in found.rows if row.membership != NOT_A_MEMBER]
        return {name: {r.account: r for r in rows if r.region == name} for name in REGIONS}

    def _target(self, region: str) -> Target:
        config = self.configuration(region)
        text = {k: v if isinstance(v, str) else json.dumps(v) for k, v in config.items()}
        return Target(f"demo-{region}", region, Settings.from_configuration(text), text.get)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the demo and gives its exit code: 0, 1 after a failed step, 130 when interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description=(
            "Show the whole path on a local AWS organization: preview, up, the resulting table of "
            "accounts, the preview of a changed rule, and the coverage. Only its page is kept."
        ),
        epilog="exit codes: 0 all steps done, 1 a step failed, 130 interrupted",
    )
    parser.add_argument(
        "--page",
        type=Path,
        default=Path(".sandbox/coverage.html"),
        metavar="FILE",
        help="where the page of the coverage stays (%(default)s)",
    )
    page: Path = parser.parse_args(arguments).page
    signal.signal(signal.SIGTERM, _interrupt)
    screen = Screen()
    try:
        _step(screen, 2, "Pulumi engine", find_or_install_engine(screen.say).words)
        with tempfile.TemporaryDirectory(prefix="guardduty-demo-") as folder:
            _run(Path(folder), page.absolute(), screen)
    except (DemoError, EngineNotFoundError, CacheNotWritableError, UserError) as error:
        screen.say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        screen.say("stopped; nothing that the demo started is left")
        return 130
    return 0


def _run(folder: Path, page: Path, screen: Screen) -> None:
    with _sandbox(folder) as (client, environment):
        demo = Demo(copy_project(folder / "project"), environment, screen)
        members = len(client.organization().accounts) - 2
        _step(screen, 3, "Local AWS organization", f"{members} members, {' and '.join(REGIONS)}")
        screen.detail(f"at {client.url}, on this machine only")
        screen.detail(f"aws plugin: {_aws_plugin(environment)}")
        # The demo reads AWS as the stacks do: nothing that the terminal has exported leads away.
        os.environ.clear()
        os.environ.update(environment)
        _preview(demo)
        before = demo.coverage()
        _up(demo)
        _result(demo, client, before)
        _changed_rule(demo)
        _coverage(demo, page)
    screen.say("")
    screen.say(
        "Next: `make sandbox` keeps such an organization running, and says what to type in another "
        "terminal for `pulumi preview` and `pulumi up`."
    )


def _preview(demo: Demo) -> None:
    _step(
        demo.screen,
        4,
        "pulumi preview",
        "in both regions; the first rule that selects an account decides it",
    )
    for region in REGIONS:
        demo.screen.quote(f"Rules of {region}:")
        for line in rules(demo.configuration(region)[f"{PROJECT}:members"]):
            demo.screen.quote(f"  {line}")
    demo.everywhere("stack", "init")
    for preview in demo.everywhere("preview", "--json"):
        _quote(demo.screen, preview)


def _up(demo: Demo) -> None:
    _step(demo.screen, 5, "pulumi up", "in both regions")

    def up(region: str) -> float:
        started = time.monotonic()
        demo.pulumi(region, "up", "--yes", "--skip-preview")
        return time.monotonic() - started

    with ThreadPoolExecutor(max_workers=len(REGIONS)) as pool:
        for region, seconds in zip(REGIONS, pool.map(up, REGIONS), strict=True):
            demo.screen.detail(f"{region} done in {seconds:.0f} s")
    demo.everywhere("preview", "--expect-no-changes")
    demo.screen.detail("nothing is left to change (--expect-no-changes)")


def _result(
    demo: Demo, client: SandboxClient, before: Mapping[str, Mapping[str, CoverageRow]]
) -> None:
    _step(demo.screen, 6, "Result", "EKS audit logs (an arrow: changed by pulumi up)")
    demo.screen.table(coverage_table(client.organization().accounts, before, demo.coverage()))


def _changed_rule(demo: Demo) -> None:
    region = REGIONS[0]
    config = demo.configuration(region)
    config[f"{PROJECT}:members"][0]["status"] = "ENABLED"
    file = demo.stack_file(region)
    content = yaml.safe_load(file.read_text(encoding="utf-8")) | {"config": config}
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    _step(demo.screen, 7, "A changed rule", f"rule 1 of {region} says ENABLED now")
    _quote(demo.screen, demo.pulumi(region, "preview", "--json"))


def _coverage(demo: Demo, page: Path) -> None:
    _step(demo.screen, 8, "Coverage", "eks-audit-logs coverage: what AWS has, against the rules")
    stacks = [f"--stacks=demo-{region}" for region in REGIONS]
    command = [sys.executable, "-m", "guardduty_eks_audit_logs", "coverage", *stacks]
    read = subprocess.run(
        [*command, f"--output={page}"],
        cwd=demo.project,
        env=demo.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if read.returncode >= _UNREAD:
        raise DemoError(f"eks-audit-logs coverage:\n{read.stdout}{read.stderr}")
    demo.screen.say(f"\n{read.stdout}\nThe same as a page, with every account: {page}")


def rules(members: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rules of a stack, a line each, numbered as in `decided by`."""
    lines = []
    for number, rule in enumerate(members, start=1):
        (selector,) = {*rule} - {"status"}
        selected = rule[selector]
        words = ", ".join(selected) if isinstance(selected, list) else json.dumps(selected)
        lines.append(f"rule {number}: {rule['status']}  {selector}: {words}")
    return lines


@contextmanager
def _sandbox(folder: Path) -> Iterator[tuple[SandboxClient, Mapping[str, str]]]:
    """Starts a sandbox on a free port, and stops it."""
    env_file, log = folder / "env.sh", folder / "sandbox.log"
    with log.open("w") as stderr:
        server = subprocess.Popen(
            [sys.executable, "-m", "demo.sandbox", "--port=0", f"--env={env_file}"],
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


def _quote(screen: Screen, preview: str) -> None:
    """Prints what the program tells in a preview."""
    digest: dict[str, Any] = json.loads(preview)
    for diagnostic in digest.get("diagnostics", ()):
        if diagnostic["severity"] == "info":
            for line in diagnostic["message"].strip().splitlines():
                screen.quote(line)


def _step(screen: Screen, number: int, name: str, told: str) -> None:
    screen.step(f"{number}/{STEPS}", name, told)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
