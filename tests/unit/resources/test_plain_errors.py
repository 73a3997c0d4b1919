"""Of a user's error the engine prints a sentence, of a defect its traceback."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.resources.process import plain_errors

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _limit() -> Iterator[None]:
    before = getattr(sys, "tracebacklimit", 1000)
    yield
    sys.tracebacklimit = before


@plain_errors
def _asked(error: Exception) -> None:
    raise error


def _printed(error: Exception) -> str:
    try:
        _asked(error)
    except Exception:  # noqa: BLE001 - as the engine's server for providers does
        return traceback.format_exc()
    return ""


def test_a_users_error_is_one_sentence() -> None:
    assert _printed(UserError("Renew the credentials.")) == "GuardDuty: Renew the credentials.\n"


def test_a_defect_keeps_its_traceback_also_after_a_users_error() -> None:
    _printed(UserError("Renew the credentials."))

    told = _printed(KeyError("region"))

    assert "Traceback (most recent call last)" in told
    assert "test_plain_errors.py" in told
    assert "KeyError: 'region'" in told
