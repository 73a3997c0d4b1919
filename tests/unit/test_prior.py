"""What is kept of the time before a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from guardduty.errors import UserError
from guardduty.members import Patience
from guardduty.model import AutoEnable
from guardduty.prior import (
    PriorOrganization,
    Scope,
    read_prior_organization,
    read_prior_statuses,
)
from guardduty.session import open_session
from tests.doubles.aws import Aws
from tests.doubles.doors import bare_environment, in_place_of_sockets
from tests.unit.fakes.guardduty_client import FakeGuardDuty, refusal
from tests.vocabulary import DETECTOR, OFF, ON, account, accounts

if TYPE_CHECKING:
    from pathlib import Path

_KEYS = {"aws:region": "us-east-1", "aws:accessKey": "x", "aws:secretKey": "y"}
_WITHOUT_MEMBERS = frozenset({Scope.DETECTOR, Scope.ORGANIZATION})
_WITH_MEMBERS = _WITHOUT_MEMBERS | {Scope.AUTO_ENABLE_MEMBERS}
_NEW, _NONE, _ALL = AutoEnable.NEW, AutoEnable.NONE, AutoEnable.ALL


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    bare_environment(monkeypatch, tmp_path)
    aws = Aws(auto_enable_members="NEW", auto_enable="NONE")
    in_place_of_sockets(monkeypatch, aws)
    return aws


@pytest.mark.parametrize(
    ("scope", "recorded", "asks", "then"),
    [
        (frozenset({Scope.DETECTOR}), None, 0, None),
        (_WITHOUT_MEMBERS, None, 1, PriorOrganization(None, _NONE)),
        (_WITH_MEMBERS, None, 1, PriorOrganization(_NEW, _NONE)),
        (_WITHOUT_MEMBERS, PriorOrganization(None, _ALL), 0, PriorOrganization(None, _ALL)),
        (_WITH_MEMBERS, PriorOrganization(None, _ALL), 1, PriorOrganization(_NEW, _ALL)),
        (_WITH_MEMBERS, PriorOrganization(_ALL, _ALL), 0, PriorOrganization(_ALL, _ALL)),
        (
            frozenset({Scope.DETECTOR}),
            PriorOrganization(_ALL, _ALL),
            0,
            PriorOrganization(_ALL, _ALL),
        ),
    ],
    ids=["not written", "feature", "both", "recorded", "one more", "both recorded", "no more"],
)
def test_each_setting_of_the_organization_is_read_before_its_first_write_and_kept(
    aws: Aws,
    scope: frozenset[Scope],
    recorded: PriorOrganization | None,
    asks: int,
    then: PriorOrganization | None,
) -> None:
    api = open_session(_KEYS.get).guardduty

    assert read_prior_organization(api, DETECTOR, scope, recorded) == then
    assert sum(request.path.endswith("/admin") for request in aws.requests) == asks
    assert aws.own_writes == []


def test_a_status_that_aws_does_not_tell_is_kept_as_unknown() -> None:
    guardduty = FakeGuardDuty({account(1): ON, account(2): OFF})
    guardduty.unreadable = {account(2): "Internal error"}

    assert read_prior_statuses(guardduty.api, DETECTOR, accounts(3), Patience(seconds=0)) == {
        account(1): "ENABLED",
        account(2): "UNKNOWN",
        account(3): "UNKNOWN",
    }


def test_an_account_that_aws_does_not_tell_of_is_asked_about_again() -> None:
    guardduty, told = FakeGuardDuty(dict.fromkeys(accounts(60), ON)), list[str]()
    guardduty.unreadable = {account(7): "Internal error", account(8): "No such thing."}

    def sleep(_seconds: float) -> None:
        guardduty.unreadable.pop(account(7), None)

    statuses = read_prior_statuses(
        guardduty.api, DETECTOR, accounts(60), Patience(300, sleep), told.append
    )

    assert statuses == {**dict.fromkeys(accounts(60), "ENABLED"), account(8): "UNKNOWN"}
    assert [call.accounts for call in guardduty.calls][2:] == [(account(7),)]
    (line,) = told
    assert line.startswith("EKS audit logs: AWS does not tell what 1 member had before, asking ")


def test_nothing_is_kept_if_a_call_fails() -> None:
    guardduty = FakeGuardDuty(dict.fromkeys(accounts(60), ON))
    failure = refusal("GetMemberDetectors", "AccessDeniedException", "No.")
    guardduty.failures = {"GetMemberDetectors": [failure]}

    with pytest.raises(UserError, match="GetMemberDetectors failed: AccessDeniedException"):
        read_prior_statuses(guardduty.api, DETECTOR, accounts(60))
