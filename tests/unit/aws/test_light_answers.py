"""Answers lose what nobody uses before they are parsed, and nothing else."""

from __future__ import annotations

import copy
import json
import math
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
from guardduty_eks_audit_logs.aws.light_answers import make_lighter, timestamp
from guardduty_eks_audit_logs.errors import UserError
from tests.support.aws_double import Answer
from tests.support.doors import in_place_of_sockets
from tests.support.vocabulary import DETECTOR, REGION, account, accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_UPDATED = 1767225600.25


class _Said:
    """Says the same, whatever is asked."""

    body: Any = None

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        del method, url, headers, body
        said = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        return Answer(200, {"Content-Type": "application/json"}, said)


@pytest.fixture(scope="module")
def aws() -> Iterator[_Said]:
    said = _Said()
    with pytest.MonkeyPatch.context() as monkeypatch:
        in_place_of_sockets(monkeypatch, said)
        yield said


@cache
def _client(*, lighter: bool) -> Any:  # noqa: ANN401 - botocore makes its methods
    session = botocore.session.Session()
    session.set_credentials("x", "y")
    if lighter:
        make_lighter(session)
    return session.create_client("guardduty", region_name=REGION)


def _member(number: int) -> dict[str, Any]:
    return {
        "accountId": account(number),
        "detectorId": DETECTOR,
        "masterId": account(9),
        "administratorId": account(9),
        "email": f"somebody-{number}@example.com",
        "relationshipStatus": "Enabled",
        "invitedAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-02T00:00:00Z",
    }


def _configuration(number: int) -> dict[str, Any]:
    return {
        "accountId": account(number),
        "dataSources": {"cloudTrail": {"status": "ENABLED"}},
        "features": [
            {"name": "CLOUD_TRAIL", "status": "ENABLED", "updatedAt": _UPDATED},
            {
                "name": "EKS_AUDIT_LOGS",
                "status": "DISABLED",
                "updatedAt": _UPDATED,
                "managedBy": "GUARDDUTY_POLICY",
            },
            {
                "name": "RUNTIME_MONITORING",
                "status": "ENABLED",
                "updatedAt": _UPDATED,
                "additionalConfiguration": [
                    {"name": "EKS_ADDON_MANAGEMENT", "status": "ENABLED", "updatedAt": _UPDATED}
                ],
            },
        ],
    }


_MEMBERS = {"members": [_member(1), _member(2)], "nextToken": "2"}
_STATUSES = {
    "members": [_configuration(1), _configuration(2)],
    "unprocessedAccounts": [{"accountId": account(3), "result": "Internal error"}],
}


def test_of_a_members_features_one_is_parsed(aws: _Said) -> None:
    aws.body = _STATUSES

    answer = _client(lighter=True).get_member_detectors(DetectorId=DETECTOR, AccountIds=accounts(3))

    ours = {"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED", "ManagedBy": "GUARDDUTY_POLICY"}
    assert answer["MemberDataSourceConfigurations"] == [
        {"AccountId": account(1), "Features": [ours]},
        {"AccountId": account(2), "Features": [ours]},
    ]
    assert answer["UnprocessedAccounts"] == [{"AccountId": account(3), "Result": "Internal error"}]


@pytest.mark.parametrize("operation", ["list_members", "get_members"])
def test_an_email_address_is_not_parsed(aws: _Said, operation: str) -> None:
    aws.body = _MEMBERS
    accounts_of = {"AccountIds": accounts(2)} if operation == "get_members" else {}

    answer = getattr(_client(lighter=True), operation)(DetectorId=DETECTOR, **accounts_of)

    used = {"AccountId", "RelationshipStatus", "InvitedAt", "UpdatedAt"}
    assert [set(member) for member in answer["Members"]] == [used, used]


def _read(read: Callable[[GuardDutyApi], object], client: Any) -> object:  # noqa: ANN401
    try:
        return read(GuardDutyApi(client))
    except UserError as error:
        return str(error)


def _list(api: GuardDutyApi) -> object:
    return api.members(DETECTOR)


def _statuses(api: GuardDutyApi) -> object:
    return api.member_statuses(DETECTOR, accounts(3))


_OF_A_LIST = ("members", "accountId", "relationshipStatus", "updatedAt", "invitedAt")
_OF_ACCOUNTS = ("members", "accountId", "unprocessedAccounts", "result")
_OF_STATUSES = (*_OF_ACCOUNTS, "features", "name", "status", "managedBy")
_STRANGE: list[Any] = [None, "", "x", 7, True, [], {}, ["x"], [None], {"x": "y"}, "\ud800"]


def _places(value: Any, used: tuple[str, ...]) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - JSON
    """What the product uses of an answer: of the rest, faults may be overlooked."""
    if isinstance(value, dict) and value.get("name", "EKS_AUDIT_LOGS") != "EKS_AUDIT_LOGS":
        return
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        if isinstance(key, int) or key in used:
            yield value, key
            if isinstance(value[key], dict | list):
                yield from _places(value[key], used)


@pytest.mark.parametrize(
    ("read", "good", "used"),
    [(_list, {"members": _MEMBERS["members"]}, _OF_A_LIST), (_statuses, _STATUSES, _OF_STATUSES)],
    ids=["members", "statuses"],
)
@given(choices=st.data())
def test_the_same_is_read_and_the_same_refused(
    aws: _Said,
    read: Callable[[GuardDutyApi], object],
    good: dict[str, Any],
    used: tuple[str, ...],
    choices: st.DataObject,
) -> None:
    said = copy.deepcopy(good)
    for _ in range(choices.draw(st.integers(0, 2))):
        places = list(_places(said, used))
        if not places:
            break
        holder, key = choices.draw(st.sampled_from(places))
        strange = choices.draw(st.sampled_from([*_STRANGE, "gone"]))
        if strange == "gone":
            del holder[key]
        else:
            holder[key] = copy.deepcopy(strange)
    aws.body = said

    assert _read(read, _client(lighter=True)) == _read(read, _client(lighter=False))


@pytest.mark.parametrize("body", [b"", b"<html>Sign in</html>", b"[]", b"7", b"{", b"\xff", b"[[["])
@pytest.mark.parametrize("read", [_list, _statuses])
def test_a_body_that_is_none_of_awss_stays_as_it_is(
    aws: _Said, read: Callable[[GuardDutyApi], object], body: bytes
) -> None:
    aws.body = body

    assert _read(read, _client(lighter=True)) == _read(read, _client(lighter=False))


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_the_one_that_botocore_finds(instant: datetime) -> None:
    for text in (instant.isoformat(), instant.isoformat().replace("+00:00", "Z")):
        assert timestamp(text) == parse_timestamp(text) == instant


@given(st.floats(0, 4e9) | st.integers(0, 4_000_000_000))
def test_seconds_are_the_instant_that_botocore_finds(seconds: Any) -> None:  # noqa: ANN401
    found = timestamp(seconds)

    assert found == parse_timestamp(seconds)
    assert found.utcoffset() is not None


@pytest.mark.parametrize(
    "text", ["1767225600", "Thu, 01 Jan 2026 00:00:00 GMT", "20260101T000000Z", "2026-01-01"]
)
def test_rare_forms_are_botocores(text: str) -> None:
    assert timestamp(text) == parse_timestamp(text)


@pytest.mark.parametrize("value", ["", "x", "2026-13-01T00:00:00Z", None, [], math.nan, {}])
def test_what_is_no_timestamp_is_refused_as_by_botocore(value: Any) -> None:  # noqa: ANN401
    assert _failure(timestamp, value) is _failure(parse_timestamp, value)


def _failure(parse: Callable[[Any], object], value: Any) -> type[Exception]:  # noqa: ANN401
    with pytest.raises((ValueError, TypeError, RuntimeError)) as caught:
        parse(value)
    return caught.type
