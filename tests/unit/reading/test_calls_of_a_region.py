"""How many calls a region takes, by its number of members: 50 in each but the last."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.aws.patience import Patience
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.planning.inputs import member_features_inputs
from guardduty_eks_audit_logs.planning.plan import make_plan
from guardduty_eks_audit_logs.reading.snapshot import read_snapshot
from guardduty_eks_audit_logs.writing.member_features import MemberFeaturesLifecycle
from guardduty_eks_audit_logs.writing.run_context import RunContext
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.sandbox_in_process import SandboxInProcess, described, keys_of
from tests.support.vocabulary import OWNER, REGION, account, rule, settings

if TYPE_CHECKING:
    from pathlib import Path

_SUSPENDED = 3
"""Members of whom GuardDuty has no status: they make pages, but are not asked for."""


@pytest.mark.parametrize(
    ("monitored", "batches", "pages"),
    [
        (1, 1, 1),
        (46, 1, 1),
        (47, 1, 1),
        (48, 1, 2),
        (50, 1, 2),
        (51, 2, 2),
        (100, 2, 3),
        (202, 5, 5),
    ],
)
def test_a_region_takes_as_few_calls_as_it_has_batches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, monitored: int, batches: int, pages: int
) -> None:
    bare_environment(monkeypatch, tmp_path)
    members = [
        {
            "id": account(n),
            "name": f"account {n}",
            "ou": "Root/Prod",
            "eksAuditLogs": "ENABLED" if n % 2 else "DISABLED",
            **({"relationshipStatus": "Disabled"} if n <= _SUSPENDED else {}),
        }
        for n in range(1, monitored + _SUSPENDED + 1)
    ]
    sandbox = SandboxInProcess(described(regions=[REGION], accounts=members))
    in_place_of_sockets(monkeypatch, sandbox)
    chosen = settings(members=[rule("ENABLED")])
    session = open_session(keys_of(region=REGION))

    def phase() -> Counter[str]:
        calls = Counter(call for call in sandbox.operations() if "Member" in call)
        sandbox.control("DELETE", "calls")
        return calls

    phase()
    snapshot = read_snapshot(session, chosen)
    assert phase() == {"ListMembers": pages, "GetMemberDetectors": batches}

    plan = make_plan(chosen, snapshot, OWNER)
    context = RunContext(keys_of(region=REGION), lambda _minutes: Patience(0), lambda _line: None)
    lifecycle = MemberFeaturesLifecycle(context)
    done = lifecycle.create(member_features_inputs(plan))
    of_changing = -(-len(plan.changes) // 50)
    writes = {"GetMemberDetectors": of_changing, "UpdateMemberDetectors": of_changing}
    assert phase() == {what: calls for what, calls in writes.items() if calls}
    assert not done.unprocessed

    lifecycle.read(done)
    assert phase() == {"GetMemberDetectors": batches}

    read_snapshot(session, chosen)
    assert phase() == {"ListMembers": pages, "GetMemberDetectors": batches}
