"""Calls to AWS have an end, whatever they wait for, and long ones are told of."""

from __future__ import annotations

import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import botocore.endpoint
import pytest
from botocore.exceptions import ConnectionClosedError

import guardduty_eks_audit_logs.aws.watch
from guardduty_eks_audit_logs.aws.batches import at_once
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.aws.watch import End, Stop, Watch
from guardduty_eks_audit_logs.errors import ConnectionFailedError, RunCancelledError
from tests.support.aws_double import Aws
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.vocabulary import ON, REGION, account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_KEYS = {"aws:region": REGION, "aws:accessKey": "x", "aws:secretKey": "y"}


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Limits that a test can wait for."""
    monkeypatch.setattr(guardduty_eks_audit_logs.aws.watch, "CALL_SECONDS", 0.5)
    monkeypatch.setattr(guardduty_eks_audit_logs.aws.watch, "QUIET_SECONDS", 0.1)
    return monkeypatch


@contextmanager
def _dripping() -> Iterator[str]:
    """Serves answers that never end: a byte of a header now and then, faster than any time-out."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not over.wait(0.05):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        over.set()
        server.close()


@pytest.mark.usefixtures("limits")
def test_an_answer_that_drips_has_an_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment(monkeypatch, tmp_path)
    told: list[str] = []
    begun = time.monotonic()

    with _dripping() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(ConnectionFailedError) as caught:
            open_session(_KEYS.get, report=told.append)

    assert time.monotonic() - begun < 5
    assert str(caught.value) == (
        "no answer from AWS (GetCallerIdentity: none within 0.5 s). Check the network, and "
        "aws:endpoints or AWS_ENDPOINT_URL if one is set."
    )
    assert told[0].startswith(f"{REGION}: waiting for GetCallerIdentity, ")


def test_all_of_reading_has_an_end(limits: pytest.MonkeyPatch) -> None:
    limits.setattr(guardduty_eks_audit_logs.aws.watch, "CALL_SECONDS", 60)
    watch = Watch(REGION, end=End(0.3))
    never = threading.Event()
    before = threading.active_count()

    with pytest.raises(ConnectionFailedError) as caught:
        at_once(lambda _: watch.call("ListTagsForResource", never.wait), range(100))

    # On a busy machine it may take longer.
    assert re.sub(r"within \d+ s", "within 0 s", str(caught.value)) == (
        f"reading {REGION} has come to no end within 0 s (0 answers; ListTagsForResource was asked "
        "last). Check the network; where AWS is slow, run again later."
    )
    assert threading.active_count() < before + 20  # and not a hundred


def test_a_stop_ends_the_calls_under_way_and_begins_no_other() -> None:
    stop, never, under_way = Stop(), threading.Event(), threading.Semaphore(0)
    watches = [Watch(region, end=End(stop=stop)) for region in (REGION, "eu-west-1")]
    begun: list[str] = []

    def wait_for(watch: Watch) -> None:
        def ask() -> None:
            begun.append(watch.region)
            under_way.release()
            never.wait()

        watch.call("ListMembers", ask)

    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(wait_for, watch) for watch in watches]
        for _ in watches:
            under_way.acquire()
        stop.set()
        for each in waiting:
            with pytest.raises(RunCancelledError):
                each.result()
    for watch in watches:
        with pytest.raises(RunCancelledError):
            wait_for(watch)
        with pytest.raises(RunCancelledError):
            wait_for(watch.without_end())
    assert sorted(begun) == ["eu-west-1", REGION]


def test_time_between_calls_is_no_reading(limits: pytest.MonkeyPatch) -> None:
    limits.setattr(guardduty_eks_audit_logs.aws.watch, "QUIET_SECONDS", 60)
    watch = Watch(REGION, end=End(0.2))

    time.sleep(0.4)

    assert watch.call("GetUsageStatistics", lambda: 1) == 1


def test_many_answers_give_reading_more_time(limits: pytest.MonkeyPatch) -> None:
    limits.setattr(guardduty_eks_audit_logs.aws.watch, "QUIET_SECONDS", 60)
    watch = Watch(REGION, end=End(0.05))

    for _ in range(4):
        assert watch.call("ListMembers", lambda: time.sleep(0.04)) is None


@pytest.mark.usefixtures("limits")
def test_many_short_calls_are_told_of_as_one_long_one_is() -> None:
    told: list[str] = []
    watch = Watch(REGION, told.append)

    for _ in range(12):
        watch.call("ListMembers", lambda: time.sleep(0.03))
    watch.call("GetMemberDetectors", lambda: time.sleep(0.25))

    assert told[0].startswith(f"{REGION}: waiting for ListMembers, ")
    assert " answers so far, " in told[0]
    assert f"{REGION}: waiting for GetMemberDetectors, " in told[-1]


def test_a_pause_between_calls_is_not_told(limits: pytest.MonkeyPatch) -> None:
    limits.setattr(guardduty_eks_audit_logs.aws.watch, "_PAUSE_SECONDS", 0.01)
    told: list[str] = []
    watch = Watch(REGION, told.append)

    for _ in range(3):
        time.sleep(0.15)
        watch.call("UpdateMemberDetectors", lambda: None)

    assert told == []


def test_what_a_call_raises_is_raised() -> None:
    def fail() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Watch(REGION).call("ListMembers", fail)


@pytest.mark.usefixtures("limits")
def test_a_write_that_nobody_waits_for_is_not_sent_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bare_environment(monkeypatch, tmp_path)
    aws, sent = Aws(), threading.Event()
    in_place_of_sockets(monkeypatch, aws)
    api = open_session(_KEYS.get).guardduty
    detector, answer = api.detector_id(), Aws.answer
    assert detector
    tries: list[str] = []

    def failing_late(self: Aws, method: str, url: str, *rest: Any) -> Any:  # noqa: ANN401
        if not url.endswith("/member/detector/update"):
            return answer(self, method, url, *rest)
        tries.append(url)
        sent.wait(2)
        raise ConnectionClosedError(endpoint_url=url)  # botocore tries it again

    monkeypatch.setattr(Aws, "answer", failing_late)
    at_once = SimpleNamespace(sleep=lambda _seconds: None)  # so botocore waits before it tries anew
    monkeypatch.setattr(botocore.endpoint, "time", at_once)
    with pytest.raises(ConnectionFailedError):
        api.set_member_status(detector, [account(1)], ON)
    sent.set()
    time.sleep(0.3)

    assert len(tries) == 1
