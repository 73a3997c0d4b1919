"""A state from elsewhere: edited by hand, of another program, or cut short.

The providers refuse it with a sentence, or work rightly: no traceback, no write to an account that
the state does not name.
"""

from __future__ import annotations

import copy
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from components.member_features import MemberFeaturesProvider
from components.prior_settings import PriorSettingsProvider
from components.provider import RefusedError
from tests.doubles.aws import Aws
from tests.doubles.doors import bare_environment, in_place_of_sockets
from tests.vocabulary import ADMINISTRATOR, DETECTOR, REGION, account, accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Provider = MemberFeaturesProvider | PriorSettingsProvider

_WHOSE = {"region": REGION, "account": ADMINISTRATOR, "detectorId": DETECTOR, "retryMinutes": 0.0}
_MEMBERS = {
    **_WHOSE,
    "statuses": {account(1): "ENABLED", account(2): "DISABLED"},
    "changes": {account(1): "DISABLED -> ENABLED"},
    "seenAt": "2026-05-04T12:30:00+00:00",
    "unprocessed": {account(3): "Internal error"},
}
_PRIOR = {
    **_WHOSE,
    "accounts": {account(1): "RESTORE", account(2): "DISABLE", account(3): "LEAVE"},
    "waiting": [account(3)],
    "onRelease": "RESTORE",
    "maxDisabled": "100%",
    "turningOff": 1.0,
    "scope": ["detector", "organization", "autoEnableMembers"],
    "statuses": {account(1): "DISABLED", account(2): "UNKNOWN"},
    "organization": {"autoEnable": "NONE", "autoEnableMembers": "NEW"},
    "detector": {"status": "DISABLED"},
    "unreleased": {},
}
_STRANGE: list[Any] = [None, "", "x", 7.0, -1.0, True, [], {}, ["x"], {"x": "y"}, "LEAVE", "30%"]

_CALLS: dict[str, tuple[type[Provider], dict[str, Any], Callable[[Any, Any, Any], object]]] = {
    "members diff": (MemberFeaturesProvider, _MEMBERS, lambda p, s, g: p.diff("id", s, g)),
    "members create": (MemberFeaturesProvider, _MEMBERS, lambda p, s, _: p.create(s)),
    "members read": (MemberFeaturesProvider, _MEMBERS, lambda p, s, _: p.read("id", s)),
    "members update": (MemberFeaturesProvider, _MEMBERS, lambda p, s, g: p.update("id", s, g)),
    "prior check": (PriorSettingsProvider, _PRIOR, lambda p, s, g: p.check(s, g)),
    "prior diff": (PriorSettingsProvider, _PRIOR, lambda p, s, g: p.diff("id", s, g)),
    "prior create": (PriorSettingsProvider, _PRIOR, lambda p, s, _: p.create(s)),
    "prior read": (PriorSettingsProvider, _PRIOR, lambda p, s, _: p.read("id", s)),
    "prior update": (PriorSettingsProvider, _PRIOR, lambda p, s, g: p.update("id", s, g)),
    "prior delete": (PriorSettingsProvider, _PRIOR, lambda p, s, _: p.delete("id", s)),
}


@pytest.fixture(autouse=True)
def _whole_tracebacks() -> Iterator[None]:
    """A refusal shortens the tracebacks of its process, which is a provider's own elsewhere."""
    yield
    sys.tracebacklimit = 1000


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    bare_environment(monkeypatch, tmp_path)
    aws = Aws()
    in_place_of_sockets(monkeypatch, aws)
    return aws


def _places(value: Any) -> Any:  # noqa: ANN401 - JSON
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


@st.composite
def _changed(draw: st.DrawFn, good: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(changed))
        if not places:
            break
        holder, key = places[draw(st.integers(0, len(places) - 1))]
        what = draw(st.integers(0, len(_STRANGE)))
        if what == len(_STRANGE):
            del holder[key]
        else:
            holder[key] = copy.deepcopy(_STRANGE[what])
    return changed


@pytest.mark.parametrize("call", _CALLS)
@with_settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_it_is_refused_in_a_sentence_or_worked_with_rightly(
    aws: Aws, call: str, data: st.DataObject
) -> None:
    kind, good, ask = _CALLS[call]
    aws.members = dict.fromkeys(accounts(5), "ENABLED")
    aws.requests = []
    provider = kind()
    keys = {"aws:accessKey": "x", "aws:secretKey": "y"}
    provider._lookup = lambda key: keys.get(key)  # noqa: PLW0108 - the overloads of get are too many

    told = ""
    try:
        ask(provider, data.draw(_changed(good)), copy.deepcopy(good))
    except RefusedError as error:
        told = str(error)

    assert len(told) < 1500
    written = [a for request in aws.writes for a in request.body.get("accountIds", ())]
    assert set(written) <= set(accounts(3))
    assert len(aws.requests) < 40


def _nothing(key: str) -> Any:  # noqa: ANN401 - as a configuration answers
    del key


@pytest.mark.parametrize("undecided", [True, False])
@pytest.mark.parametrize("key", ["accounts", "statuses", "organization", "detector", "waiting"])
@pytest.mark.parametrize("strange", _STRANGE)
def test_a_check_shows_what_was_there_before_however_strange(
    strange: Any,  # noqa: ANN401 - JSON
    key: str,
    undecided: bool,  # noqa: FBT001 - a column of the table
) -> None:
    news = {**_WHOSE, "accounts": {account(1): "LEAVE"}, "undecided": undecided}

    checked = PriorSettingsProvider().check({**_PRIOR, key: strange}, news)

    assert checked.failures == []
    assert checked.inputs.items() >= _WHOSE.items()


def test_what_is_wrong_is_named_with_the_way_out(aws: Aws) -> None:
    provider = PriorSettingsProvider()
    provider._lookup = _nothing
    broken = {**_PRIOR, "accounts": {"shop": "RESTORE", account(1): "KEEP"}}

    with pytest.raises(RefusedError) as caught:
        provider.delete("id", broken)

    assert str(caught.value).startswith(
        "the state of PriorSettings is none that this product has written (accounts.shop"
    )
    assert f"accounts.{account(1)}: KEEP is not a value it takes" in str(caught.value)
    assert "`pulumi stack import`" in str(caught.value)
    assert aws.requests == []
