"""What is kept of the time before a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.aws.patience import Patience
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.model import AutoEnable, OrganizationConfiguration, Setting
from guardduty_eks_audit_logs.reading.prior_settings import read_prior_settings, read_prior_statuses
from tests.support.aws_double import Aws
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.guardduty_client import FakeGuardDuty, refusal
from tests.support.vocabulary import DETECTOR, OFF, ON, account, accounts

if TYPE_CHECKING:
    from pathlib import Path

_KEYS = {"aws:region": "us-east-1", "aws:accessKey": "x", "aws:secretKey": "y"}
_PATHS = {"detector": f"/detector/{DETECTOR}", "organization": f"/detector/{DETECTOR}/admin"}
_STATUS, _FEATURE, _MEMBERS = Setting.STATUS, Setting.AUTO_ENABLE, Setting.AUTO_ENABLE_MEMBERS


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    bare_environment(monkeypatch, tmp_path)
    aws = Aws(auto_enable_members="NEW", auto_enable="NONE")
    in_place_of_sockets(monkeypatch, aws)
    return aws


@pytest.mark.parametrize(
    ("settings", "recorded", "asked", "then"),
    [
        ([], {}, [], {}),
        ([_STATUS], {}, ["detector"], {_STATUS: "DISABLED"}),
        ([_STATUS], {_STATUS: "ENABLED"}, [], {_STATUS: "ENABLED"}),
        ([_FEATURE], {}, ["organization"], {_FEATURE: "NONE"}),
        ([_FEATURE, _MEMBERS], {}, ["organization"], {_FEATURE: "NONE", _MEMBERS: "NEW"}),
        ([_FEATURE], {_FEATURE: "ALL"}, [], {_FEATURE: "ALL"}),
        (
            [_FEATURE, _MEMBERS],
            {_FEATURE: "ALL"},
            ["organization"],
            {_FEATURE: "ALL", _MEMBERS: "NEW"},
        ),
        (
            [_FEATURE, _MEMBERS],
            {_FEATURE: "ALL", _MEMBERS: "ALL"},
            [],
            {_FEATURE: "ALL", _MEMBERS: "ALL"},
        ),
        ([_STATUS], {_MEMBERS: "ALL"}, ["detector"], {_STATUS: "DISABLED", _MEMBERS: "ALL"}),
        ([], {_FEATURE: "ALL"}, [], {_FEATURE: "ALL"}),
    ],
    ids=[
        *("nothing written", "detector", "detector recorded", "feature", "both", "recorded"),
        *("one more", "both recorded", "another", "no more"),
    ],
)
def test_each_setting_is_read_before_its_first_write_and_kept(
    aws: Aws,
    settings: list[Setting],
    recorded: dict[Setting, str],
    asked: list[str],
    then: dict[Setting, str],
) -> None:
    api = open_session(_KEYS.get).guardduty

    assert read_prior_settings(api, DETECTOR, settings, recorded) == then
    paths = [r.path for r in aws.requests if r.path.startswith("/detector/")]
    assert paths == [_PATHS[what] for what in asked]
    assert aws.own_writes == []


def test_a_setting_that_is_not_offered_is_not_recorded(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = open_session(_KEYS.get).guardduty
    not_offered = OrganizationConfiguration(AutoEnable.NEW, None)
    monkeypatch.setattr(type(api), "organization", lambda *_: not_offered)

    read = read_prior_settings(api, DETECTOR, [_FEATURE, _MEMBERS], {})

    assert read == {_MEMBERS: "NEW"}
    assert aws.own_writes == []


def test_nothing_is_recorded_of_a_status_that_aws_does_not_tell() -> None:
    guardduty = FakeGuardDuty({account(1): ON, account(2): OFF})
    guardduty.unreadable = {account(2): "Internal error"}

    read = read_prior_statuses(guardduty.api, DETECTOR, accounts(3), Patience(seconds=0))

    # The second is refused, the third nobody tells of.
    assert read == {account(1): "ENABLED"}


def test_an_account_that_aws_does_not_tell_of_is_asked_about_again() -> None:
    guardduty, told = FakeGuardDuty(dict.fromkeys(accounts(60), ON)), list[str]()
    guardduty.unreadable = {account(7): "Internal error", account(8): "No such thing."}

    def sleep(_seconds: float) -> None:
        guardduty.unreadable.pop(account(7), None)

    statuses = read_prior_statuses(
        guardduty.api,
        DETECTOR,
        accounts(60),
        Patience(300, sleep),
        told.append,
    )

    assert statuses == {a: "ENABLED" for a in accounts(60) if a != account(8)}
    assert [call.accounts for call in guardduty.calls][2:] == [(account(7),)]
    (line,) = told
    assert line.startswith("EKS audit logs: AWS did not return what 1 member had before, asking ")


def test_nothing_is_recorded_if_a_call_fails() -> None:
    guardduty = FakeGuardDuty(dict.fromkeys(accounts(60), ON))
    failure = refusal("GetMemberDetectors", "AccessDeniedException", "No.")
    guardduty.failures = {"GetMemberDetectors": [failure]}

    with pytest.raises(UserError, match="GetMemberDetectors failed: AccessDeniedException"):
        read_prior_statuses(guardduty.api, DETECTOR, accounts(60))
