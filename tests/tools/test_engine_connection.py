"""The connection check: bounded, and through the proxy where there is one."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.machine import machine_in, site_that_answers, site_that_refuses
from tools.connection import Address, why_unreachable

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_proxies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine_in(tmp_path, monkeypatch)


def test_a_site_that_answers_is_reachable() -> None:
    with site_that_answers() as site:
        assert why_unreachable(site) is None


def test_a_refused_connection_is_the_reason() -> None:
    site = site_that_refuses()

    assert why_unreachable(site) == f"{site} can't be reached: Connection refused"


def test_a_name_that_resolves_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for_ever = threading.Event()

    def resolve(*_: object, **__: object) -> socket.socket:
        for_ever.wait()
        raise OSError

    monkeypatch.setattr(socket, "create_connection", resolve)

    reason = why_unreachable(Address("example.invalid", 443), limit_seconds=0.1)

    assert not for_ever.is_set()
    assert reason == "example.invalid:443 did not answer within 0.1 s"
    for_ever.set()


def test_behind_a_proxy_the_proxy_is_what_must_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with site_that_answers() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://someone:secret@{proxy}")

        assert why_unreachable(Address("example.invalid", 443)) is None


def test_a_proxy_that_does_not_answer_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = site_that_refuses()
    monkeypatch.setenv("HTTPS_PROXY", f"http://someone:secret@{proxy}")

    reason = why_unreachable(Address("example.invalid", 443))

    assert reason is not None
    assert reason.startswith(f"example.invalid:443 (through the proxy {proxy}) can't be reached")
    assert "secret" not in reason


def test_no_proxy_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{site_that_refuses()}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    with site_that_answers() as site:
        assert why_unreachable(site) is None
