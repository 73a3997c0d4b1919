"""Several regions are read at once: nothing is asked twice, and nothing hides what others say."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi
import pytest

import guardduty_eks_audit_logs.program.regions_at_once
import guardduty_eks_audit_logs.program.session
import guardduty_eks_audit_logs.program.several_regions
from guardduty_eks_audit_logs import Identity, connect, plan_regions
from guardduty_eks_audit_logs.aws.batches import REGIONS_AT_ONCE
from guardduty_eks_audit_logs.errors import ConnectionFailedError
from guardduty_eks_audit_logs.program.one_region import plan_with_state
from guardduty_eks_audit_logs.settings.configuration import Settings
from tests.support.aws_double import Aws
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.registrations import STACK, Engine
from tests.support.vocabulary import account, rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.progress import Report
    from tests.support.aws_double import Answer

_REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "eu-central-1",
    "ca-central-1",
    "sa-east-1",
)
_DEADLOCK_SECONDS = 60
"""No test waits for so long unless it fails."""


@dataclass
class _Slow:
    """The double of AWS; before ListDetectors of a region, something else may come."""

    aws: Aws = field(default_factory=lambda: Aws(members={account(1): "ENABLED"}))
    before: Callable[[str], None] = lambda _: None

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if url.endswith(".amazonaws.com/detector"):
            self.before(url.split(".")[1])
        return self.aws.answer(method, url, headers, body)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> _Slow:
    bare_environment(monkeypatch, tmp_path)
    in_place_of_sockets(monkeypatch, slow := _Slow())
    Engine(preview=True).start()
    return slow


def _planned(regions: Sequence[str], **values: object) -> list[str]:
    settings = Settings.from_values({"members": [rule("ENABLED")], **values})
    who = {"aws:accessKey": "x", "aws:secretKey": "y"}.get
    return [plan.snapshot.region for _, plan in plan_regions(settings, who, regions)]


def _errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]


def test_as_many_regions_are_read_at_once_as_may_be(slow: _Slow) -> None:
    together = threading.Barrier(REGIONS_AT_ONCE, timeout=_DEADLOCK_SECONDS)

    def wait_for_the_others(_region: str) -> None:
        together.wait()

    slow.before = wait_for_the_others

    assert _planned(_REGIONS[:REGIONS_AT_ONCE]) == list(_REGIONS[:REGIONS_AT_ONCE])


@pytest.mark.usefixtures("slow")
def test_no_more_regions_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way: set[str] = set()
    most: list[int] = []
    last_of_the_first = threading.Barrier(REGIONS_AT_ONCE, timeout=_DEADLOCK_SECONDS)

    def counted(settings: Settings, session: Session, *more: object) -> object:
        under_way.add(session.region)
        most.append(len(under_way))
        if session.region in _REGIONS[:REGIONS_AT_ONCE]:
            last_of_the_first.wait()
        try:
            return plan_with_state(settings, session, *more)  # type: ignore[arg-type] # as it was called
        finally:
            under_way.remove(session.region)

    module = guardduty_eks_audit_logs.program.several_regions
    monkeypatch.setattr(module, "plan_with_state", counted)

    assert _planned(_REGIONS) == list(_REGIONS)
    assert max(most) == REGIONS_AT_ONCE


def test_plans_are_in_the_order_of_the_regions(slow: _Slow) -> None:
    second = threading.Event()

    def first_last(region: str) -> None:
        if region == _REGIONS[0]:
            assert second.wait(_DEADLOCK_SECONDS)
        elif region == _REGIONS[1]:
            second.set()

    slow.before = first_last

    assert _planned(_REGIONS[:2]) == list(_REGIONS[:2])


def test_the_organization_is_asked_once_for_all_regions(slow: _Slow) -> None:
    assert len(_planned(_REGIONS)) == len(_REGIONS)
    asked = Counter(r.target for r in slow.aws.requests if r.service == "organizations")
    assert asked == {"AWSOrganizationsV20161128.ListRoots": 1}


def test_a_detector_to_be_made_needs_the_organization_once(slow: _Slow) -> None:
    slow.aws.detector = None
    assert len(_planned(_REGIONS[:3], detector="create")) == 3
    asked = Counter(r.target for r in slow.aws.requests if r.service == "organizations")
    assert asked == {
        "AWSOrganizationsV20161128.ListDelegatedAdministrators": 1,
        "AWSOrganizationsV20161128.ListRoots": 1,
    }


def test_no_region_hides_what_is_wrong_in_another(
    slow: _Slow, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    module = guardduty_eks_audit_logs.program.regions_at_once

    def connect_or_not(who: object, region: str, *more: object) -> object:
        if region == _REGIONS[0]:
            raise ConnectionFailedError("GetCallerIdentity got no answer.")
        return connect(who, region, *more)  # type: ignore[arg-type] # as it was called

    monkeypatch.setattr(module, "connect", connect_or_not)
    slow.aws.refusals["/detector"] = (400, "BadRequestException", "No.")

    with pytest.raises(SystemExit):
        _planned(_REGIONS[:3])

    assert [sentence[:40] for sentence in _errors(caplog)] == [
        "us-east-2: ListDetectors failed: BadRequ",
        "us-west-1: ListDetectors failed: BadRequ",
        "us-east-1: GetCallerIdentity got no answ",
    ]


def test_without_a_network_no_more_regions_are_begun(
    slow: _Slow, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[str] = []

    def gone(_who: object, region: str, *_: object) -> None:
        asked.append(region)
        raise ConnectionFailedError("GetCallerIdentity got no answer.")

    monkeypatch.setattr(guardduty_eks_audit_logs.program.regions_at_once, "connect", gone)

    with pytest.raises(SystemExit):
        _planned(_REGIONS)

    first = _REGIONS[:REGIONS_AT_ONCE]
    assert sorted(asked) == sorted(first)
    unanswered, unread = ", ".join(first), ", ".join(_REGIONS[REGIONS_AT_ONCE:])
    assert _errors(caplog) == [
        f"{unanswered}: GetCallerIdentity got no answer.",
        f"{unread}: not read, since AWS gave no answer in those before it.",
    ]
    assert slow.aws.requests == []


def test_a_region_that_is_mistyped_hides_none_of_those_after_it(
    slow: _Slow, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    module, failed = guardduty_eks_audit_logs.program.regions_at_once, threading.Event()

    def connect_or_not(who: object, region: str, *more: object) -> object:
        if region == _REGIONS[0]:
            failed.set()
            raise ConnectionFailedError("GetCallerIdentity got no answer.")
        failed.wait(_DEADLOCK_SECONDS)  # nobody has had an answer by then
        return connect(who, region, *more)  # type: ignore[arg-type] # as it was called

    monkeypatch.setattr(module, "connect", connect_or_not)
    slow.aws.refusals["/detector"] = (400, "BadRequestException", "No.")

    with pytest.raises(SystemExit):
        _planned(_REGIONS)

    told = [sentence.partition(":")[0] for sentence in _errors(caplog)]
    assert sorted(told) == sorted(_REGIONS)


def test_an_interrupt_ends_the_reading_of_every_region(slow: _Slow) -> None:
    never, under_way = threading.Event(), threading.Semaphore(0)

    def interrupted(region: str) -> None:
        if region == _REGIONS[0]:
            for _ in _REGIONS[1:REGIONS_AT_ONCE]:
                assert under_way.acquire(timeout=_DEADLOCK_SECONDS)
            raise KeyboardInterrupt
        under_way.release()
        never.wait(_DEADLOCK_SECONDS)

    slow.before = interrupted

    with pytest.raises(KeyboardInterrupt):
        _planned(_REGIONS)

    answered = {request.region for request in slow.aws.requests if request.service == "guardduty"}
    assert answered == set()
    never.set()


def test_progress_from_a_thread_comes_to_the_programs_own_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reports: list[Report] = []
    heard: list[str] = []
    module = guardduty_eks_audit_logs.program.session
    monkeypatch.setattr(module, "open_session", lambda *given: reports.append(given[3]))
    monkeypatch.setattr(
        "pulumi.log.info", lambda line, **_: heard.append(f"{pulumi.get_stack()}: {line}")
    )
    Engine(preview=True).start()
    connect(Identity(), "us-east-1")

    thread = threading.Thread(target=reports[0], args=("waiting",))
    thread.start()
    thread.join()

    assert heard == [f"{STACK}: waiting"]
