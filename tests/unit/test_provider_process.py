"""A provider's process: one time limit for all that it tries again, and no write without an engine.

The engine reads what its plugins tell; a pipe that nobody reads any more has lost its engine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from components import provider
from guardduty.errors import EngineGoneError
from tests.unit.fakes.guardduty_client import FakeGuardDuty
from tests.vocabulary import DETECTOR, OFF, ON, PROJECT_FOLDER, account

_ASKS = """
import sys
from components.provider import refuse_without_engine
from guardduty.errors import EngineGoneError
for line in sys.stdin:
    try:
        refuse_without_engine()
        print("there", flush=True)
    except EngineGoneError as error:
        print(error, flush=True)
"""


def test_a_process_knows_whether_anybody_reads_what_it_tells() -> None:
    engine, told = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", _ASKS],
        cwd=PROJECT_FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=told,
        text=True,
    ) as process:
        os.close(told)
        assert process.stdin
        assert process.stdout

        def asked() -> str:
            process.stdin.write("?\n")  # type: ignore[union-attr] # is a pipe
            process.stdin.flush()  # type: ignore[union-attr]
            return str(process.stdout.readline()).strip()  # type: ignore[union-attr]

        assert asked() == "there"
        os.close(engine)
        assert asked() == (
            "the Pulumi engine is gone, so nothing more is set. Run `pulumi up` again."
        )


def test_what_is_to_be_asked_before_each_write_keeps_it_back() -> None:
    guardduty = FakeGuardDuty({account(1): OFF})

    def gone() -> None:
        raise EngineGoneError("gone")

    api = guardduty.api.watched(gone)

    assert api.member_statuses(DETECTOR, [account(1)]).statuses == {account(1): OFF}
    with pytest.raises(EngineGoneError):
        api.set_member_status(DETECTOR, [account(1)], ON)
    assert guardduty.writes == []


def test_all_resources_of_a_run_share_the_time_to_try_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provider, "PAUSES", provider.Pauses())
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)

    first = provider.patience({"retryMinutes": 2})
    assert first.seconds == 120
    first.sleep(50)
    second = provider.patience({"retryMinutes": 2})
    assert second.seconds == 70
    second.sleep(100)
    assert provider.patience({}).seconds == 150
    assert provider.patience({"retryMinutes": 2}).seconds == 0
