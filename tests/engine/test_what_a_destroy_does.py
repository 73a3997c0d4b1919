"""`pulumi destroy --preview-only --diff` names each account, and a limit that is exceeded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.engine.diff import listed_under, shown
from tests.support.engine.organization import OFF, REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization
    from tests.support.engine.stack import Stack

ALL_ON = [{"status": "ENABLED", "all": True}]


def _configured(stack: Stack, **configuration: object) -> Stack:
    stack.configure({"aws:region": REGION, "members": ALL_ON, **configuration})
    return stack


@pytest.mark.slow
def test_a_destroy_preview_names_each_account_and_setting_from_and_to(
    organization: Callable[..., Organization],
) -> None:
    aws = organization()
    before = aws.statuses()
    off = sorted(name for name, status in before.items() if status == OFF)
    assert off
    stack = aws.stack(members=ALL_ON, onRelease="RESTORE")
    assert stack.up().code == 0

    preview = stack.destroy_preview("--diff").text
    restore = shown("onDestroy", preview)
    assert listed_under("ENABLED -> DISABLED", restore) == off
    assert "status" in restore
    assert "NEW -> NONE" in restore
    assert "autoEnable" in restore
    assert shown("onDestroyRefused", preview) == ""

    assert _configured(stack, onRelease="LEAVE").up().code == 0
    leave = shown("onDestroy", stack.destroy_preview("--diff").text)
    assert "nothing: AWS keeps what it has" in leave
    settled = stack.preview("--expect-no-changes")
    assert settled.code == 0, settled.text

    assert _configured(stack, onRelease="DISABLE").up().code == 0
    preview = stack.destroy_preview("--diff").text
    assert listed_under("ENABLED -> DISABLED", shown("onDestroy", preview)) == sorted(before)
    assert "maxDisabled" in shown("onDestroyRefused", preview)

    # Refused before its first write, with the way out.
    aws.control.clear_calls()
    refused = stack.destroy()
    assert refused.code != 0
    assert "maxDisabled" in refused.text
    assert "Traceback" not in refused.text
    assert aws.writes() == []
    assert _configured(stack, onRelease="DISABLE", maxDisabled=12).up().code == 0
    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed.text
    assert stack.kinds() == []
    assert set(aws.statuses().values()) == {OFF}


def test_a_destroy_without_the_program_releases(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=4)
    before = aws.held()
    stack = aws.stack(members=ALL_ON, onRelease="RESTORE")
    assert stack.up().code == 0
    stack.lose_program()

    destroyed = stack.destroy()

    assert destroyed.code == 0, destroyed.text
    assert aws.held() == before
    assert stack.kinds() == []
