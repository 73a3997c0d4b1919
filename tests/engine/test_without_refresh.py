"""`--refresh=false`: what differs in AWS and the engine does not write is said, and fails a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.engine.organization import FEATURE, OFF, ON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

NO_REFRESH = "--refresh=false"
NOT_WRITTEN = "leaves that out"


def test_settings_that_are_not_written_are_said_and_fail_the_run(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=4)
    stack = aws.stack(members=[{"status": "ENABLED", "all": True}])
    first = stack.up(NO_REFRESH)
    assert first.code == 0, first.text
    aws.set_own_status(OFF)
    aws.set_auto_enable("NONE")
    aws.control.clear_calls()

    preview = stack.preview(NO_REFRESH)
    assert preview.code == 0, preview.text
    _, _, told = preview.text.partition("Diagnostics:")
    assert NO_REFRESH in " ".join(line for line in told.splitlines() if NOT_WRITTEN in line)

    run = stack.up(NO_REFRESH)
    assert "Traceback" not in run.text
    if run.code == 0:
        assert aws.writes() != []
    else:
        assert aws.writes() == []
        plain = stack.up()
        assert plain.code == 0, plain.text
    assert aws.own_features()[FEATURE] == ON
    assert aws.auto_enable()[1][FEATURE] == "NEW"

    settled = stack.up(NO_REFRESH, "--expect-no-changes")
    assert settled.code == 0, settled.text
    assert NOT_WRITTEN not in settled.text
