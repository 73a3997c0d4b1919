"""How the server time of the sandbox's calls grows from 500 to 50,000 members.

Server time is that of the WSGI application alone: neither the sockets nor a client are in it.
50,000 is GuardDuty's limit of members for an administrator and region (GuardDuty user guide,
quotas).
"""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

from werkzeug.test import EnvironBuilder, run_wsgi_app

from aws_sandbox.credentials import access_key_id
from aws_sandbox.organization import default_organization
from aws_sandbox.server import Sandbox
from benchmarks.results import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from wsgiref.types import WSGIEnvironment

    Make = Callable[[], WSGIEnvironment]

REGION = "us-east-1"
ADMINISTRATOR = "222222222222"
FEW, MANY = 500, 50_000
REPEATS = 60
BATCH = 50


@dataclass(frozen=True)
class Call:
    """A request to measure: its time is the median over these environments, in turn."""

    name: str
    environs: Sequence[Make]


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


def rows() -> list[Row]:
    """The server time of each call at 50,000 members to that at 500."""
    small, large = measure(FEW), measure(MANY)
    return [
        Row(f"the sandbox: {name}, server time", f"{MANY:,}", f"{FEW:,} members", large[name] / few)
        for name, few in small.items()
    ]
