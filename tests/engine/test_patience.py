"""Runs that would have to wait: they say for what, and end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from guardduty.watch import CALL_SECONDS
from sandbox.effects import Fixed, TimeOut

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.organization import Organization

pytestmark = pytest.mark.slow


def test_long_calls_are_told_of_and_a_silent_one_has_an_end(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    aws.control.slows("ListMembers", by=Fixed(seconds=12))
    aws.control.slows("UpdateMemberDetectors", by=Fixed(seconds=12))

    run = stack.up("--skip-preview")

    assert run.code == 0, run.text
    live, _, diagnostics = run.text.partition("Diagnostics:")
    assert "us-east-1: waiting for ListMembers, 10 s" in live
    assert "waiting for ListMembers" not in diagnostics
    assert "us-east-1: waiting for UpdateMemberDetectors, 10 s" in live

    aws.control.clear_faults()
    aws.control.fails("ListMembers", with_=TimeOut(seconds=300))
    begun = time.monotonic()
    silent = stack.preview()

    assert silent.code != 0
    (error,) = silent.errors
    assert error.startswith(f"no answer from AWS (ListMembers: none within {CALL_SECONDS} s). ")
    assert time.monotonic() - begun < CALL_SECONDS + 30
