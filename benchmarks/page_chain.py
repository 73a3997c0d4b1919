"""The least that reading a region can take: one page of members after the other.

ListMembers gives the token of a page with the page before it, so pages can't be read at once. The
statuses of a page are read meanwhile. `python -m benchmarks.page_chain URL` prints the seconds.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import NamedTuple

from benchmarks.served import CALLS_AT_ONCE, PROJECT, guardduty


def seconds(url: str) -> float:
    """The seconds of one chain, in a process of its own.

    Args:
        url: of a served sandbox.
    """
    command = [sys.executable, "-m", "benchmarks.page_chain", url]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return float(done.stdout)


class Chain(NamedTuple):
    """What one chain read, and in how many seconds, once there was a connection."""

    members: int
    seconds: float


def read(url: str) -> Chain:
    """Read all members and their statuses."""
    with closing(guardduty(url)) as client, ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        (detector,) = client.list_detectors()["DetectorIds"]
        started = time.perf_counter()
        pages = client.get_paginator("list_members").paginate(DetectorId=detector)
        reading = [
            pool.submit(client.get_member_detectors, DetectorId=detector, AccountIds=ids)
            for page in pages
            if (ids := [member["AccountId"] for member in page["Members"]])
        ]
        members = sum(len(each.result()["MemberDataSourceConfigurations"]) for each in reading)
        return Chain(members, time.perf_counter() - started)


def main() -> None:
    """Print the seconds of one chain."""
    print(read(sys.argv[1]).seconds)  # noqa: T201 -- the answer


if __name__ == "__main__":
    main()
