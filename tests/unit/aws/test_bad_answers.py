"""Answers that AWS does not give, from a proxy or a later release: an error or right work.

Good answers are changed at random: members go missing, types and values are others, pages lead in
circles, accounts come that nobody asked for. Nothing may hang, give a traceback, or write.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from guardduty_eks_audit_logs.aws.patience import Patience
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.model import Snapshot
from guardduty_eks_audit_logs.planning.plan import make_plan
from guardduty_eks_audit_logs.reading.snapshot import read_snapshot
from guardduty_eks_audit_logs.writing.members import set_member_statuses
from tests.support.aws_double import Answer, Aws
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.vocabulary import DETECTOR, ON, OWNER, REGION, account, accounts, rule, settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from guardduty_eks_audit_logs.aws.session import Session

_KEYS = {"aws:region": REGION, "aws:accessKey": "x", "aws:secretKey": "y"}
_STRANGE: list[Any] = [None, "", "x", 7, -1, True, [], {}, ["x"], {"x": "y"}, "ENABLED", "2"]
_STRANGE += ["\x1b[2J\n**x**\u202e"]


class _Strange(Aws):
    """The double, some of whose answers are changed on their way.

    Attributes:
        path: of the requests whose answers are changed.
        choices: which place of the answer gets which value, drawn by the test.
    """

    path: str = ""
    choices: st.DataObject | None = None

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        good = super().answer(method, url, headers, body)
        if self.choices is None or not url.split("?", maxsplit=1)[0].endswith(self.path):
            return good
        if b"Response>" in good.body:
            return good
        return Answer(good.status, good.headers, self._changed(json.loads(good.body)))

    def _changed(self, answer: Any) -> bytes:  # noqa: ANN401 - JSON
        assert self.choices is not None
        changed = copy.deepcopy(answer)
        if self.choices.draw(st.booleans()):
            changed["nextToken"] = self.choices.draw(st.sampled_from(["2", "3", "", 7, None, {}]))
        for _ in range(self.choices.draw(st.integers(0, 3))):
            places = list(_places(changed))
            if not places:
                break
            holder, key = places[self.choices.draw(st.integers(0, len(places) - 1))]
            what = self.choices.draw(st.integers(0, len(_STRANGE)))
            if what == len(_STRANGE):
                del holder[key]
            else:
                holder[key] = copy.deepcopy(_STRANGE[what])
        return json.dumps(changed).encode()


def _places(value: Any) -> Any:  # noqa: ANN401 - JSON
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


_PATHS = [
    "/detector",
    f"/detector/{DETECTOR}",
    "/administrator",
    "/admin",
    "/member",
    "/member/detector/get",
    "/member/detector/update",
    "/member/get",
]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> _Strange:
    bare_environment(monkeypatch, tmp_path)
    aws = _Strange()
    in_place_of_sockets(monkeypatch, aws)
    return aws


@pytest.fixture
def session(aws: _Strange) -> Session:
    del aws
    return open_session(_KEYS.get)


@pytest.mark.parametrize("path", _PATHS[:6])
@with_settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(choices=st.data())
def test_reading_ends_with_a_plan_or_with_a_sentence(
    aws: _Strange, session: Session, path: str, choices: st.DataObject
) -> None:
    aws.members = {account(1): "ENABLED", account(2): "DISABLED"}
    aws.path, aws.choices, aws.requests = path, choices, []
    chosen = settings(members=[rule("ENABLED")])

    read: Snapshot | str
    try:
        read = read_snapshot(session, chosen)
    except UserError as error:
        read = str(error)

    if isinstance(read, Snapshot):
        plan = make_plan(chosen, read, OWNER)
        assert plan.refusals or set(plan.wanted) <= {m.account for m in read.members}
    else:
        assert read
        assert read.isprintable()
    assert aws.writes == []
    assert len(aws.requests) < 40


@pytest.mark.parametrize("path", _PATHS[5:])
@with_settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(choices=st.data())
def test_setting_members_accounts_for_each_of_them(
    aws: _Strange, session: Session, path: str, choices: st.DataObject
) -> None:
    aws.members = dict.fromkeys(accounts(3), "DISABLED")
    aws.path, aws.choices, aws.requests = path, choices, []

    outcome = set_member_statuses(
        session.guardduty, DETECTOR, dict.fromkeys(accounts(3), ON), Patience(seconds=0)
    )

    assert {*outcome.statuses, *outcome.unprocessed} == set(accounts(3))
    assert all(reason.isprintable() for reason in outcome.unprocessed.values())
    assert not set(outcome.statuses) & set(outcome.unprocessed)
    written = [a for request in aws.writes for a in request.body["accountIds"]]
    assert set(written) <= set(accounts(3))
    assert len(aws.requests) < 40


@pytest.mark.parametrize(
    "body", [b"", b"<html>Sign in</html>", b"[]", b"7", b"null", b"{", b'{"members": 7}']
)
@pytest.mark.parametrize("path", ["/detector", "/admin", "/member", "/member/detector/get"])
def test_a_proxys_page_is_no_answer(
    aws: _Strange, monkeypatch: pytest.MonkeyPatch, path: str, body: bytes
) -> None:
    aws.members = {account(1): "ENABLED"}
    good = Aws.answer

    def answer(self: Aws, method: str, url: str, headers: Mapping[str, str], sent: bytes) -> Answer:
        if url.split("?", maxsplit=1)[0].endswith(path):
            return Answer(200, {"Content-Type": "text/html"}, body)
        return good(self, method, url, headers, sent)

    monkeypatch.setattr(Aws, "answer", answer)
    chosen = settings(members=[rule("ENABLED")])

    try:
        read = read_snapshot(open_session(_KEYS.get), chosen)
    except UserError as error:
        assert "MalformedAnswer" in str(error) or "ResponseParserError" in str(error)  # noqa: PT017
    else:
        plan = make_plan(chosen, read, OWNER)
        assert plan.refusals or plan.decisions in {(), plan.decisions}
    assert aws.writes == []
