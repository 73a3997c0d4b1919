"""A state from elsewhere: edited by hand, of another program, or cut short.

The providers and the program refuse it with a sentence, or work rightly: no traceback, no write to
an account that the state does not name.
"""

from __future__ import annotations

import copy
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from guardduty_eks_audit_logs.aws.patience import Patience
from guardduty_eks_audit_logs.errors import MalformedStateError
from guardduty_eks_audit_logs.resources.designation import DesignationProvider
from guardduty_eks_audit_logs.resources.member_features import MemberFeaturesProvider
from guardduty_eks_audit_logs.resources.prior_settings import PriorSettingsProvider
from guardduty_eks_audit_logs.resources.process import RefusedError
from guardduty_eks_audit_logs.state.ledger import read_last_state
from guardduty_eks_audit_logs.writing.run_context import RunContext
from guardduty_eks_audit_logs.writing.run_notes import NOTED
from tests.support.aws_double import Aws
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.vocabulary import ADMINISTRATOR, DETECTOR, REGION, account, accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Provider = MemberFeaturesProvider | PriorSettingsProvider | DesignationProvider

_WHERE = {"region": REGION, "detectorId": DETECTOR, "retryMinutes": 0.0, "identity": {}}
_WHOSE = {**_WHERE, "administratorAccountId": ADMINISTRATOR, "revision": 2.0}
_MEMBERS = {
    **_WHOSE,
    "wanted": f'DISABLED:\n- "{account(2)}"\n',
    "changes": f'DISABLED -> ENABLED:\n- "{account(1)}"\n',
    "already": f'ENABLED:\n- "{account(4)}"\n',
    "left": f'DISABLED:\n- "{account(5)}"\n',
    "unrecorded": [account(2)],
    "drifted": f"{account(1)}: ENABLED -> DISABLED\n",
    "unprocessed": {account(3): "Internal error"},
}
_PRIOR = {
    **_WHOSE,
    "before": f"DISABLED:\n- {account(1)} {account(2)}\n",
    "record": f'DISABLED:\n- {account(1)} {account(2)}\nUNKNOWN:\n- "{account(3)}"\n',
    "settings": ["status", "autoEnable", "autoEnableMembers"],
    "settingsBefore": {"status": "DISABLED", "autoEnable": "NONE", "autoEnableMembers": "NEW"},
    "release": f'ENABLED -> DISABLED:\n- "{account(1)}"\nLEAVE:\n- "{account(2)}"\n',
    "releaseAll": True,
    "unreleased": {account(1): "No."},
    "onRelease": "RESTORE",
    "maxDisabled": "100%",
    "seen": "status: DISABLED -> ENABLED",
    "onDestroy": f'ENABLED -> DISABLED:\n- "{account(1)}"\n- status\n',
    "onDestroyRefused": "too many",
}
_EARLIER = {**_WHERE, "account": ADMINISTRATOR, "seenAt": "2026-05-04T12:30:00+00:00"}
_EARLIER_MEMBERS = {
    **_EARLIER,
    "statuses": {account(1): "ENABLED", account(2): "DISABLED"},
    "changes": {account(1): "DISABLED -> ENABLED"},
    "unprocessed": {account(3): "Internal error"},
}
_EARLIER_PRIOR = {
    **_EARLIER,
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
_DESIGNATION = {
    "region": REGION,
    "administratorAccountId": ADMINISTRATOR,
    "managementAccountId": account(9),
    "onDestroy": "removes the designation",
}
EXAMPLES = 12  # of each call; each opens a session with AWS's models, and there are 24 calls
_LINES = [f"{account(1)}: ENABLED\n", "KEEP:\n- 300000000001 300000000002\n", "- 1\n", ":", "- x:"]
_STRANGE: list[Any] = [
    *(None, "", "x", 7.0, -1.0, True, [], {}, ["x"], {"x": "y"}, "LEAVE", "30%"),
    *_LINES,
]

_CALLS: dict[str, tuple[type[Provider], dict[str, Any], Callable[[Any, Any, Any], object]]] = {
    "members diff": (MemberFeaturesProvider, _MEMBERS, lambda p, s, g: p.diff("id", s, g)),
    "members diff of inputs": (
        MemberFeaturesProvider,
        _MEMBERS,
        lambda p, s, g: p.diff("id", g, s),
    ),
    "members create": (MemberFeaturesProvider, _MEMBERS, lambda p, s, _: p.create(s)),
    "members read": (MemberFeaturesProvider, _MEMBERS, lambda p, s, _: p.read("id", s)),
    "members update": (MemberFeaturesProvider, _MEMBERS, lambda p, s, g: p.update("id", g, s)),
    "earlier members diff": (
        MemberFeaturesProvider,
        _EARLIER_MEMBERS,
        lambda p, s, _: p.diff("id", s, _MEMBERS),
    ),
    "earlier members read": (
        MemberFeaturesProvider,
        _EARLIER_MEMBERS,
        lambda p, s, _: p.read("id", s),
    ),
    "prior check": (PriorSettingsProvider, _PRIOR, lambda p, s, g: p.check(g, s)),
    "prior diff": (PriorSettingsProvider, _PRIOR, lambda p, s, g: p.diff("id", s, g)),
    "prior diff of inputs": (PriorSettingsProvider, _PRIOR, lambda p, s, g: p.diff("id", g, s)),
    "prior create": (PriorSettingsProvider, _PRIOR, lambda p, s, _: p.create(s)),
    "prior read": (PriorSettingsProvider, _PRIOR, lambda p, s, _: p.read("id", s)),
    "prior update": (PriorSettingsProvider, _PRIOR, lambda p, s, g: p.update("id", g, s)),
    "prior update of outputs": (
        PriorSettingsProvider,
        _PRIOR,
        lambda p, s, g: p.update("id", s, g),
    ),
    "prior delete": (PriorSettingsProvider, _PRIOR, lambda p, s, _: p.delete("id", s)),
    "earlier prior diff": (
        PriorSettingsProvider,
        _EARLIER_PRIOR,
        lambda p, s, _: p.diff("id", s, _PRIOR),
    ),
    "earlier prior read": (PriorSettingsProvider, _EARLIER_PRIOR, lambda p, s, _: p.read("id", s)),
    "earlier prior update": (
        PriorSettingsProvider,
        _EARLIER_PRIOR,
        lambda p, s, _: p.update("id", s, _PRIOR),
    ),
    "earlier prior delete": (
        PriorSettingsProvider,
        _EARLIER_PRIOR,
        lambda p, s, _: p.delete("id", s),
    ),
    "designation check": (DesignationProvider, _DESIGNATION, lambda p, s, g: p.check(g, s)),
    "designation diff": (DesignationProvider, _DESIGNATION, lambda p, s, g: p.diff("id", s, g)),
    "designation create": (DesignationProvider, _DESIGNATION, lambda p, s, _: p.create(s)),
    "designation read": (DesignationProvider, _DESIGNATION, lambda p, s, _: p.read("id", s)),
    "designation delete": (DesignationProvider, _DESIGNATION, lambda p, s, _: p.delete("id", s)),
}


@pytest.fixture(autouse=True)
def _whole_tracebacks() -> Iterator[None]:
    """A refusal shortens the tracebacks of its process, which is a provider's own elsewhere."""
    yield
    sys.tracebacklimit = 1000
    NOTED.clear()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    bare_environment(monkeypatch, tmp_path)
    monkeypatch.setattr(sys, "argv", ["pytest"])
    for name, value in _KEYS_OF_THE_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    aws = Aws()
    in_place_of_sockets(monkeypatch, aws)
    return aws


_KEYS_OF_THE_ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}


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


def _context(keys: dict[str, str]) -> RunContext:
    return RunContext(keys.get, lambda _minutes: Patience(0), lambda _line: None)


@pytest.mark.parametrize("call", _CALLS)
@with_settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_it_is_refused_in_a_sentence_or_worked_with_rightly(
    aws: Aws, call: str, data: st.DataObject
) -> None:
    kind, good, ask = _CALLS[call]
    aws.members = dict.fromkeys(accounts(5), "ENABLED")
    aws.requests = []
    NOTED.clear()
    provider = kind()
    keys = {"aws:accessKey": "x", "aws:secretKey": "y"}
    provider._context = _context(keys)

    told = ""
    try:
        ask(provider, data.draw(_changed(good)), copy.deepcopy(good))
    except RefusedError as error:
        told = str(error)

    assert len(told) < 1500
    written = [a for request in aws.writes for a in request.body.get("accountIds", ())]
    assert set(written) <= set(accounts(3))
    assert len(aws.requests) < 40


_STATE: dict[str, tuple[str, dict[str, Any]]] = {
    "urn:prior": ("pulumi-python:dynamic/guardduty:PriorSettings", _PRIOR),
    "urn:members": ("pulumi-python:dynamic/guardduty:MemberFeatures", _MEMBERS),
    "urn:earlier-prior": ("pulumi-python:dynamic/guardduty:PriorSettings", _EARLIER_PRIOR),
    "urn:earlier-members": ("pulumi-python:dynamic/guardduty:MemberFeatures", _EARLIER_MEMBERS),
    "urn:detector": ("aws:guardduty/detector:Detector", {"arn": "arn:aws:guardduty:x"}),
    "urn:designation": (
        "aws:guardduty/organizationAdminAccount:OrganizationAdminAccount",
        {"adminAccountId": ADMINISTRATOR, "region": REGION},
    ),
}


@pytest.mark.parametrize("urn", _STATE)
@with_settings(max_examples=40)
@given(data=st.data())
def test_the_program_refuses_its_last_state_or_reads_what_is_in_it(
    urn: str, data: st.DataObject
) -> None:
    kind, good = _STATE[urn]
    outputs = data.draw(_changed(good))

    with suppress(MalformedStateError):
        last = read_last_state({urn: {"type": kind, "outputs": outputs}})
        recorded = {account for record in last.records for account in record.before}
        assert recorded <= set(accounts(3))


def test_what_is_wrong_is_named_with_the_way_out(aws: Aws) -> None:
    provider = PriorSettingsProvider()
    provider._context = _context({})
    broken = {**_PRIOR, "before": f"KEEP:\n- shop {account(1)}\n"}

    with pytest.raises(RefusedError) as caught:
        provider.delete("id", broken)

    assert str(caught.value).startswith(
        "the state of PriorSettings was not written by this program (before.shop"
    )
    assert f"before.{account(1)}: KEEP is not a value it takes" in str(caught.value)
    assert "`pulumi stack import`" in str(caught.value)
    assert aws.requests == []


@pytest.mark.parametrize("key", ["region", "account", "detectorId"])
def test_an_earlier_state_that_was_cut_short_is_refused(aws: Aws, key: str) -> None:
    provider = PriorSettingsProvider()
    provider._context = _context({})

    with pytest.raises(RefusedError):
        provider.delete("id", {k: v for k, v in _EARLIER_PRIOR.items() if k != key})

    assert aws.requests == []
