"""How a run grows with the organization: calls to GuardDuty and time at 500, 5,000 and 50,000.

`make bench` prints the table. Two thirds of the members are turned on; what is measured is reading
the region, planning, and setting the members, against the sandbox on the loopback. Calls grow as
members / 50; a ratio compares a size with ten times less. Nothing here is a limit that fails.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from aws_sandbox.client import SandboxClient
from aws_sandbox.credentials import access_key_id, secret_access_key
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.planning.plan import make_plan
from guardduty_eks_audit_logs.reading.snapshot import read_snapshot
from guardduty_eks_audit_logs.settings.configuration import Settings
from guardduty_eks_audit_logs.writing.members import set_member_statuses

PROJECT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
ADMINISTRATOR = "222222222222"
SIZES = (500, 5_000, 50_000)
TABLE_WIDTH = 80
STEPS = ("reading", "planning", "setting members", "a second run")


@dataclass(frozen=True)
class Step:
    """What one part of a run took: seconds, and calls to GuardDuty."""

    seconds: float
    calls: int


def run(url: str) -> dict[str, Step]:
    """One run over an organization, and the reading and planning of a second one.

    Args:
        url: of a served sandbox.
    """
    client = SandboxClient(url)
    configuration = {
        "aws:region": REGION,
        "aws:accessKey": access_key_id(ADMINISTRATOR),
        "aws:secretKey": secret_access_key(ADMINISTRATOR),
        "aws:endpoints": json.dumps([dict.fromkeys(("guardduty", "organizations", "sts"), url)]),
    }
    settings = Settings.from_values({"members": [{"status": "ENABLED", "all": True}]})
    session = open_session(configuration.get)
    steps: dict[str, Step] = {}

    def done(name: str, started: float) -> None:
        seconds = time.perf_counter() - started
        calls = sum(1 for call in client.calls() if call.service == "guardduty")
        client.clear_calls()
        steps[name] = Step(seconds, calls)

    client.clear_calls()
    started = time.perf_counter()
    snapshot = read_snapshot(session, settings)
    done("reading", started)
    started = time.perf_counter()
    plan = make_plan(settings, snapshot, "bench")
    done("planning", started)
    if plan.refusals or snapshot.detector is None:
        raise SystemExit("\n".join(plan.refusals))
    started = time.perf_counter()
    set_member_statuses(session.guardduty, snapshot.detector.id, plan.wanted)
    done("setting members", started)
    started = time.perf_counter()
    if make_plan(settings, read_snapshot(session, settings), "bench").changes:
        raise SystemExit("the second run would change members")
    done("a second run", started)
    return steps


def measure(accounts: int) -> dict[str, Step]:
    """Serves an organization of that size in a process of its own, and runs over it."""
    command = [sys.executable, "-m", "aws_sandbox", "serve", "--port", "0"]
    options = ["--accounts", str(accounts), "--regions", REGION]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    try:
        ready = process.stdout.readline().split() if process.stdout else []
        if ready[:1] != ["READY"]:
            raise SystemExit(f"the sandbox ended with {process.wait()} before it was ready")
        return run(ready[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def main() -> None:
    """Measures all sizes and prints the table."""
    console = Console(width=TABLE_WIDTH)
    table = Table(title="A run over one region", title_justify="left", width=TABLE_WIDTH)
    table.add_column("")
    for size in SIZES:
        table.add_column(f"{size:,} members", justify="right")
    table.add_column("ratios", justify="right")
    measured = []
    for size in SIZES:
        with console.status(f"{size:,} members"):
            measured.append(measure(size))
    for name in STEPS:
        steps = [sizes[name] for sizes in measured]
        pairs = list(zip(steps[1:], steps, strict=False))
        if steps[0].calls:
            calls = [f"{step.calls:,} calls" for step in steps]
            ratios = " ".join(f"{larger.calls / smaller.calls:.1f}" for larger, smaller in pairs)
            table.add_row(name, *calls, ratios)
        seconds = [f"{step.seconds:.2f} s" for step in steps]
        ratios = " ".join(f"{larger.seconds / smaller.seconds:.1f}" for larger, smaller in pairs)
        table.add_row("" if steps[0].calls else name, *seconds, ratios)
    console.print(table)


if __name__ == "__main__":
    main()
