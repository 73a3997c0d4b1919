"""One region read as the caller sees it, no further than it makes sense, and without a write."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from guardduty_eks_audit_logs.aws.organizations import OrganizationsApi
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.errors import ServiceError
from guardduty_eks_audit_logs.model import (
    AutoEnable,
    Detector,
    Membership,
    MemberStatuses,
    OrganizationConfiguration,
    Refused,
    Snapshot,
)
from guardduty_eks_audit_logs.reading.snapshot import read_snapshot
from guardduty_eks_audit_logs.settings.identity import Identity
from guardduty_eks_audit_logs.state.ledger import Record
from tests.support.aws_double import Aws
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.guardduty_client import refusal
from tests.support.vocabulary import (
    ADMINISTRATOR,
    DETECTOR,
    NO_MASTER,
    OFF,
    ON,
    REGION,
    account,
    accounts,
    settings,
)

if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn

    from guardduty_eks_audit_logs.model import AccountId, FeatureStatus

_ORGANIZATION = f"/detector/{DETECTOR}/admin"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    bare_environment(monkeypatch, tmp_path)
    aws = Aws()
    in_place_of_sockets(monkeypatch, aws)
    return aws


def _read(**chosen: object) -> Snapshot:
    keys = {"aws:region": REGION, "aws:accessKey": "x", "aws:secretKey": "y"}
    return read_snapshot(open_session(keys.get), settings(**chosen))


def _asked(aws: Aws) -> list[str]:
    return [f"{r.method} {r.path}" for r in aws.requests if r.service == "guardduty"]


def _asked_organizations(aws: Aws) -> list[str]:
    targets = [r.target or "" for r in aws.requests if r.service == "organizations"]
    return [target.removeprefix("AWSOrganizationsV20161128.") for target in targets]


def test_an_administrator_sees_the_organization_and_its_members(aws: Aws) -> None:
    aws.members = {account(1): "ENABLED", account(2): "DISABLED", account(3): "ENABLED"}
    aws.unreadable = {account(3): "Internal error"}

    snapshot = _read()

    assert (snapshot.region, snapshot.caller) == (REGION, ADMINISTRATOR)
    assert snapshot.detector == Detector(DETECTOR, monitoring=True, status=OFF)
    assert snapshot.organization == OrganizationConfiguration(AutoEnable.NEW, AutoEnable.NONE)
    assert [m.account for m in snapshot.members] == accounts(3)
    assert all(isinstance(m, Membership) and m.monitored for m in snapshot.members)
    assert snapshot.statuses == MemberStatuses(
        {account(1): ON, account(2): OFF}, {account(3): "Internal error"}
    )
    assert aws.writes == []


def test_whoever_acts_is_kept_for_what_comes_of_the_reading(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    identity = Identity(allowed_account_ids=(aws.account,))

    assert read_snapshot(open_session(identity, REGION), settings()).identity == identity
    assert _read().identity is None


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
@pytest.mark.usefixtures("aws")
def test_a_missing_profile_of_the_environment_is_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, region: str, partition: str
) -> None:
    (tmp_path / "credentials").write_text(
        "[audit]\naws_access_key_id = x\naws_secret_access_key = y\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "gone")

    session = open_session({"aws:region": region, "aws:profile": "audit"}.get)

    assert session.partition == partition
    assert read_snapshot(session, settings()).partition == partition


@pytest.mark.parametrize(("before", "read"), [({account(1): OFF}, 2), ({}, 0)])
def test_members_that_a_standalone_stack_has_recorded_are_read(
    aws: Aws, before: dict[AccountId, FeatureStatus], read: int
) -> None:
    aws.members = {account(1): "ENABLED", account(2): "DISABLED"}
    keys = {"aws:region": REGION, "aws:accessKey": "x", "aws:secretKey": "y"}
    record = Record(REGION, ADMINISTRATOR, before=before)

    snapshot = read_snapshot(open_session(keys.get), settings(mode="standalone"), record)

    assert len(snapshot.members) == len(snapshot.statuses.statuses) == read
    assert snapshot.organization is None


def test_members_are_read_fifty_in_a_call(aws: Aws) -> None:
    aws.members = dict.fromkeys(accounts(120), "ENABLED")
    snapshot = _read()

    assert set(snapshot.statuses.statuses) == set(accounts(120))
    assert _asked(aws).count(f"POST /detector/{DETECTOR}/member/detector/get") == 3


def test_without_a_detector_nothing_more_is_asked(aws: Aws) -> None:
    aws.detector = None
    snapshot = _read()

    assert (snapshot.detector, snapshot.members, snapshot.delegated) == (None, (), False)
    assert _asked(aws) == ["GET /detector"]
    assert _asked_organizations(aws) == []


@pytest.mark.parametrize(
    ("delegated", "told"),
    [((account(9), ADMINISTRATOR), True), ((account(9),), False), ((), False)],
)
def test_organizations_tells_who_may_have_the_detector_that_is_to_be_made(
    aws: Aws,
    delegated: tuple[str, ...],
    told: bool,  # noqa: FBT001 - a column of the table
) -> None:
    aws.detector, aws.delegated = None, delegated
    snapshot = _read(detector="create")

    assert (snapshot.detector, snapshot.delegated) == (None, told)
    assert (snapshot.lookup is not None) is told
    assert snapshot.organization_refused is None
    assert _asked(aws) == ["GET /detector"]
    # Of the root and its policy type only who may make the detector has to know.
    assert _asked_organizations(aws) == ["ListDelegatedAdministrators", *["ListRoots"] * told]
    assert aws.writes == []


def test_a_caller_whom_organizations_refuses_is_told_why_later(aws: Aws) -> None:
    aws.detector = None
    aws.refusals["/"] = (400, "AccessDeniedException", "You don't have permissions.")
    snapshot = _read(detector="create")

    assert not snapshot.delegated
    assert snapshot.organization_refused == Refused(
        "AccessDeniedException", "You don't have permissions."
    )


class _Throttled:
    """AWS Organizations as a boto3 client has it that has given up trying again."""

    def get_paginator(self, _: str) -> _Throttled:
        return self

    def paginate(self, **_asked: object) -> NoReturn:
        operation, code = "ListDelegatedAdministrators", "TooManyRequestsException"
        raise refusal(operation, code, "Slow down.")


def test_that_organizations_is_throttled_says_nothing_of_who_asks(aws: Aws) -> None:
    aws.detector = None
    session = open_session({"aws:region": REGION, "aws:accessKey": "x", "aws:secretKey": "y"}.get)
    # The product gets only as much of a client as it uses.
    throttled = replace(session, organizations=OrganizationsApi(cast("Any", _Throttled())))

    with pytest.raises(ServiceError) as caught:
        read_snapshot(throttled, settings(detector="create"))

    assert str(caught.value) == (
        "ListDelegatedAdministrators failed: TooManyRequestsException: Slow down."
    )


def test_an_account_outside_of_organizations_is_told_so_later(aws: Aws) -> None:
    aws.detector = None
    aws.refusals["/"] = (400, "AWSOrganizationsNotInUseException", "Not in use.")

    refused = _read(detector="create").organization_refused

    assert refused == Refused("AWSOrganizationsNotInUseException", "Not in use.")


def test_with_a_detector_only_the_policy_type_is_read(
    aws: Aws,
) -> None:
    snapshot = _read(detector="create")

    assert (snapshot.delegated, snapshot.detector is not None) == (False, True)
    assert _asked_organizations(aws) == ["ListRoots"]


def test_a_member_is_not_asked_about_the_organization(aws: Aws) -> None:
    aws.administrator = account(9)
    snapshot = _read()

    assert (snapshot.administrator, snapshot.organization) == (account(9), None)
    assert f"GET {_ORGANIZATION}" not in _asked(aws)


def test_a_caller_who_may_not_read_the_organization_is_told_why_later(aws: Aws) -> None:
    aws.refusals[_ORGANIZATION] = (400, "BadRequestException", NO_MASTER)
    snapshot = _read()

    assert snapshot.organization_refused == Refused("BadRequestException", NO_MASTER)
    assert snapshot.members == ()


def test_any_other_refusal_ends_the_reading(aws: Aws) -> None:
    aws.refusals[f"/detector/{DETECTOR}/member"] = (403, "AccessDeniedException", "No.")
    with pytest.raises(ServiceError, match="ListMembers failed"):
        _read()


def test_a_failure_of_the_service_is_not_taken_for_a_caller_who_may_not(aws: Aws) -> None:
    aws.refusals[_ORGANIZATION] = (409, "ConflictException", "Try again.")

    with pytest.raises(ServiceError, match="DescribeOrganizationConfiguration failed: Conflict"):
        _read()
