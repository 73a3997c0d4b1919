"""Many accounts: what goes off is named whole, reasons once, and the run report has everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_sandbox.fault_effects import AccessDenied
from guardduty_eks_audit_logs.reports.run_report import RunReport
from tests.support.engine.organization import OFF, ON

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization

_LIMIT = 10_000
"""So many characters may a run print if AWS denies it 300 accounts."""


def test_what_goes_off_is_named_whole_and_a_reason_once(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(accounts=300)
    off = aws.members()[:30]
    for member in off:
        aws.set_status(member, ON)
    rules = [{"status": "DISABLED", "accounts": off}, {"status": "ENABLED", "all": True}]
    stack = aws.stack(members=rules, maxDisabled=0, showCosts=False)
    file = tmp_path / "report.json"
    environment = {"GUARDDUTY_EKS_AUDIT_LOGS_REPORT": str(file)}

    def report() -> RunReport:
        return RunReport.model_validate_json(file.read_text(encoding="utf-8"))

    nowhere = str(tmp_path / "no" / "folder.json")
    no_file = stack.preview(GUARDDUTY_EKS_AUDIT_LOGS_REPORT=nowhere)
    assert no_file.code != 0
    assert f"GUARDDUTY_EKS_AUDIT_LOGS_REPORT: {nowhere} can't be written (" in no_file.text

    refused = stack.preview(**environment)
    assert refused.code != 0
    assert "rule 1: accounts (30):" in refused.text
    assert [member for member in off if member not in refused.text] == []
    assert (report().outcome, len(report().refusals)) == ("refused", 1)
    assert [a.account for a in report().regions[0].accounts if a.to == OFF] == off

    stack.configure({"aws:region": "us-east-1", "members": rules, "maxDisabled": 30})
    aws.control.fails("UpdateMemberDetectors", with_=AccessDenied())
    denied = stack.up("--skip-preview", **environment)
    assert denied.code != 0
    assert len(denied.text) < _LIMIT
    assert report().outcome == "failed"
    left = report().regions[0].accounts
    assert {a.progress for a in left} == {"unprocessed"}
    assert "AccessDenied" in str(left[0].reason)

    preview = stack.preview(**environment)
    # Once for those that were to go off, and once for the others.
    assert preview.text.count("AccessDenied") == 2
    words = [line.split() for line in preview.text.splitlines()]
    rows = [line[:2] for line in words if line[:1] in (["off"], ["on"])]
    assert rows[:30] == [["off", member] for member in off]
    assert len(rows) == 50
    assert report().outcome == "previewed"

    aws.control.clear_faults()
    done = stack.up("--skip-preview", **environment)
    assert done.code == 0, done.text
    assert "turned " in done.text
    assert [member for member in off if f"off  {member}  rule 1" not in done.text] == []
    assert report().outcome == "succeeded"
    assert {a.progress for a in report().regions[0].accounts} == {"set"}
