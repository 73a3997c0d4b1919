"""What is kept of the time before a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from guardduty.errors import UserError
from guardduty.model import AutoEnable, OrganizationConfiguration
from guardduty.prior import read_prior, read_prior_statuses
from guardduty.session import open_session
from tests.doubles.aws import Aws
from tests.doubles.doors import bare_environment, in_place_of_sockets
from tests.unit.fakes.guardduty_client import FakeGuardDuty, refusal
from tests.vocabulary import DETECTOR, OFF, ON, account, accounts

if TYPE_CHECKING:
    from pathlib import Path

_KEYS = {"aws:region": "us-east-1", "aws:accessKey": "x", "aws:secretKey": "y"}


def test_all_that_a_stack_is_about_to_touch_is_read_and_nothing_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bare_environment(monkeypatch, tmp_path)
    aws = Aws(members={account(1): "ENABLED", account(2): "DISABLED", account(3): "ENABLED"})
    in_place_of_sockets(monkeypatch, aws)

    prior = read_prior(open_session(_KEYS.get).guardduty, DETECTOR, accounts(2))

    assert prior.statuses == {account(1): "ENABLED", account(2): "DISABLED"}
    assert prior.organization == OrganizationConfiguration(AutoEnable.NEW, AutoEnable.NONE)
    assert prior.own is OFF
    assert aws.writes == []


def test_a_status_that_aws_does_not_tell_is_kept_as_unknown() -> None:
    guardduty = FakeGuardDuty({account(1): ON, account(2): OFF})
    guardduty.unreadable = {account(2): "Internal error"}

    assert read_prior_statuses(guardduty.api, DETECTOR, accounts(3)) == {
        account(1): "ENABLED",
        account(2): "UNKNOWN",
        account(3): "UNKNOWN",
    }


def test_nothing_is_kept_if_a_call_fails() -> None:
    guardduty = FakeGuardDuty(dict.fromkeys(accounts(60), ON))
    failure = refusal("GetMemberDetectors", "AccessDeniedException", "No.")
    guardduty.failures = {"GetMemberDetectors": [failure]}

    with pytest.raises(UserError, match="GetMemberDetectors failed: AccessDeniedException"):
        read_prior_statuses(guardduty.api, DETECTOR, accounts(60))
