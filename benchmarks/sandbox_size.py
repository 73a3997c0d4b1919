"""What the sandbox costs at 500 and at 50,000 members: start, memory, server time of calls.

`make bench` prints the table. Server time is that of the WSGI application alone: neither the
sockets nor a client are in it. 50,000 is GuardDuty's limit of members for an administrator and
region (GuardDuty user guide, quotas).
"""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from werkzeug.test import EnvironBuilder, run_wsgi_app

from aws_sandbox.credentials import access_key_id
from aws_sandbox.organization import default_organization
from aws_sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from wsgiref.types import WSGIEnvironment

    Make = Callable[[], WSGIEnvironment]

PROJECT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
ADMINISTRATOR = "222222222222"
FEW, MANY = 500, 50_000
REPEATS = 60
BATCH = 50
READY_SECONDS = 15.0
MEMORY_MB = 1000.0
CALL_MS = 10.0
TABLE_WIDTH = 80


@dataclass(frozen=True)
class Call:
    """A request to measure: its time is the median over these environments, in turn."""

    name: str
    environs: Sequence[Make]


@dataclass(frozen=True)
class Served:
    """How a sandbox starts as a user starts it: seconds to READY, resident memory in MB."""

    ready_seconds: float
    memory_mb: float


def serve(accounts: int) -> Served:
    """Start a sandbox in a process of its own, and stop it when it has answered."""
    command = [sys.executable, "-m", "aws_sandbox", "serve", "--port", "0"]
    options = ["--accounts", str(accounts), "--regions", REGION]
    started = time.perf_counter()
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, cwd=PROJECT)
    try:
        said = b"" if process.stdout is None else process.stdout.readline()
        seconds = time.perf_counter() - started
        if not said.startswith(b"READY"):
            raise SystemExit(f"the sandbox ended with {process.wait()} before it was ready")
        memory = _resident_mb(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()
    return Served(seconds, memory)


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


def calls(sandbox: Sandbox, accounts: int) -> list[Call]:
    """The calls to measure, spread over the whole organization."""
    detector = _answer(sandbox, _environ("GET", "/detector"))["detectorIds"][0]
    ids = [str(300_000_000_001 + number) for number in range(accounts)]
    starts = range(0, accounts, accounts // 10)
    batches = [ids[start : start + BATCH] for start in starts]

    member = f"/detector/{detector}/member"

    def of_batches(action: str, **more: object) -> list[Make]:
        path = f"{member}/detector/{action}"
        return [partial(_environ, "POST", path, {"accountIds": ids, **more}) for ids in batches]

    def turning(status: str) -> list[Make]:
        return of_batches("update", features=[{"name": "EKS_AUDIT_LOGS", "status": status}])

    pages = [
        partial(_environ, "GET", member, query={"nextToken": token})
        for token in _tokens(sandbox, member)
    ]
    return [
        Call("ListMembers page of 50", pages),
        Call("GetMemberDetectors of 50", of_batches("get")),
        Call("UpdateMemberDetectors of 50", [*turning("ENABLED"), *turning("DISABLED")]),
        Call("GetOrganizationStatistics", [partial(_environ, "GET", "/organization/statistics")]),
        Call("ListAccounts page of 20", [partial(_environ, "POST", "/", {}, None, "ListAccounts")]),
    ]


def _tokens(sandbox: Sandbox, members: str) -> list[str]:
    """The tokens of at most ten pages, from the second to the last one of all members."""
    tokens: list[str] = []
    query: dict[str, str] = {}
    while "nextToken" in (page := _answer(sandbox, _environ("GET", members, query=query))):
        tokens.append(page["nextToken"])
        query = {"nextToken": tokens[-1]}
    return tokens[:: -(-len(tokens) // 10)]


def _answer(sandbox: Sandbox, environ: WSGIEnvironment) -> dict[str, Any]:
    body, status, _ = run_wsgi_app(sandbox, environ, buffered=True)
    text = b"".join(body).decode()
    if not status.startswith("200"):
        raise SystemExit(f"{environ['PATH_INFO']}: {status} {text[:200]}")
    answer: dict[str, Any] = json.loads(text)
    return answer


def _environ(
    method: str,
    path: str,
    body: Mapping[str, object] | None = None,
    query: Mapping[str, str] | None = None,
    target: str | None = None,
) -> WSGIEnvironment:
    """A request's environment; `target` is an operation of Organizations, in its JSON protocol."""
    service = "guardduty" if target is None else "organizations"
    scope = f"{access_key_id(ADMINISTRATOR)}/20260101/{REGION}/{service}/aws4_request"
    authorization = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    headers = [("Authorization", authorization)]
    if target is not None:
        headers.append(("X-Amz-Target", f"AWSOrganizationsV20161128.{target}"))
    return EnvironBuilder(
        path,
        "http://127.0.0.1",
        method=method,
        query_string=query,
        data=None if body is None else json.dumps(body),
        content_type="application/json",
        headers=headers,
    ).get_environ()


def milliseconds(sandbox: Sandbox, call: Call) -> float:
    """The median server time of a call, with the reading of its answer."""
    taken = []
    for make, _ in zip(cycle(call.environs), range(REPEATS), strict=False):
        environ = make()
        started = time.perf_counter()
        answer = _answer(sandbox, environ)
        taken.append((time.perf_counter() - started) * 1000)
        if answer.get("unprocessedAccounts"):
            raise SystemExit(f"{call.name}: {answer}"[:200])
    return statistics.median(taken)


def measure(accounts: int) -> dict[str, float]:
    """The server time of every call at that many members, in milliseconds by name."""
    sandbox = Sandbox(default_organization(accounts, [REGION]))
    return {call.name: milliseconds(sandbox, call) for call in calls(sandbox, accounts)}


def main() -> None:
    """Measure both sizes and print the table."""
    few, many = serve(FEW), serve(MANY)
    table = Table(title="The sandbox, one region", title_justify="left", width=TABLE_WIDTH)
    table.add_column("")
    for heading in (f"{FEW:,}", f"{MANY:,} members", "ratio", "wanted"):
        table.add_column(heading, justify="right")

    def row(name: str, small: float, large: float, unit: str, limit: float | None) -> None:
        wanted = "" if limit is None else f"< {limit:g} {unit}"
        table.add_row(
            name, f"{small:.1f} {unit}", f"{large:.1f} {unit}", f"{large / small:.1f}", wanted
        )

    row("ready after", few.ready_seconds, many.ready_seconds, "s", READY_SECONDS)
    row("memory", few.memory_mb, many.memory_mb, "MB", MEMORY_MB)
    small, large = measure(FEW), measure(MANY)
    for name, taken in small.items():
        held = name.startswith(("ListMembers", "GetMember", "UpdateMember"))
        row(name, taken, large[name], "ms", CALL_MS if held else None)
    Console(width=TABLE_WIDTH).print(table)


if __name__ == "__main__":
    main()
