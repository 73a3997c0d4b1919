"""`--replace` and `state taint` are no release: AWS keeps what it has, and so does the record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aws_sandbox.fault_effects import TimeOut
from tests.campaign.processes import KillableRun
from tests.support.engine.example_program import REGIONS, Program
from tests.support.engine.organization import OFF, ON, account
from tests.support.engine.stack import Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization
    from tests.support.engine.stack import Stack

pytestmark = pytest.mark.slow

ALL_ON = [{"status": "ENABLED", "all": True}]
SAME_AGAIN = {"UpdateDetector", "UpdateOrganizationConfiguration"}
"""The aws plugin writes these settings again, as they are, when their resources are replaced."""


def test_a_replaced_or_tainted_record_stays_and_nothing_is_written(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=4)
    before = aws.held()
    stack = aws.stack(members=ALL_ON, onRelease="RESTORE")
    assert stack.up().code == 0
    after, record = aws.held(), stack.record()
    assert set(aws.statuses().values()) == {ON}
    assert record == Record(
        {a: str(before[a]) for a in aws.members()}, {"status": OFF, "autoEnable": "NONE"}
    )
    prior, members = stack.urn(":PriorSettings"), stack.urn(":MemberFeatures")
    aws.control.clear_calls()

    replaced = stack.up("--replace", prior)
    assert replaced.code == 0, replaced.text
    assert "replace" in replaced.text
    assert (aws.writes(), stack.record()) == ([], record)

    stack.taint(prior, members)
    tainted = stack.up()
    assert tainted.code == 0, tainted.text
    assert "replace" in tainted.text
    assert (aws.writes(), stack.record()) == ([], record)

    everything = stack.up("--replace", "**")
    assert everything.code == 0, everything.text
    assert set(aws.writes()) <= SAME_AGAIN
    assert (aws.held(), stack.record()) == (after, record)
    settled = stack.preview("--expect-no-changes")
    assert settled.code == 0, settled.text

    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed.text
    assert aws.held() == before


def test_killed_before_the_replaced_record_is_deleted_it_stays(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(accounts=4)
    before = aws.held()
    stack = aws.stack(members=ALL_ON, onRelease="RESTORE")
    assert stack.up().code == 0
    record = stack.record()
    # What is left to do after the new record is there, and before the old one is deleted.
    aws.set_status(account(2), OFF)
    aws.control.fails("UpdateMemberDetectors", with_=TimeOut(seconds=120), times=1)
    aws.control.clear_calls()

    _killed(
        stack,
        ["--replace", stack.urn(":PriorSettings")],
        tmp_path / "log",
        lambda: aws.writes() != [],
    )

    assert [r.get("delete", False) for r in _records(stack)] == [False, True]
    aws.control.clear_faults()
    again = stack.up()
    assert again.code == 0, again.text
    assert set(aws.statuses().values()) == {ON}
    assert stack.record() == record
    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed.text
    assert aws.held() == before


@pytest.mark.parametrize("is_killed", [False, True], ids=["", "killed-in-between"])
def test_a_record_that_is_deleted_before_it_is_made_again_stays(
    organization: Callable[..., Organization], tmp_path: Path, *, is_killed: bool
) -> None:
    aws = organization(accounts=4, regions=REGIONS)
    before = [aws.held(region) for region in REGIONS]
    program = Program(tmp_path / "own-program", aws)
    program.set(onRelease="RESTORE")
    program.rewrite(
        "\nwith ",
        """
def delete_before_replace(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult:
    args.opts.delete_before_replace = True
    return pulumi.ResourceTransformResult(args.props, args.opts)


pulumi.runtime.register_resource_transform(delete_before_replace)

with """,
    )
    stack = program.stack(regions=list(REGIONS[:1]))
    assert stack.up().code == 0
    record, prior = stack.record(), stack.urn(":PriorSettings")
    aws.control.clear_calls()

    if is_killed:
        _killed(stack, ["--replace", prior], tmp_path / "log", lambda: _is_deleted(stack))
        left = _records(stack)
        assert [bool(r.get("pendingReplacement")) for r in left] == [True]
    else:
        replaced = stack.up("--replace", prior)
        assert replaced.code == 0, replaced.text

    again = stack.up()
    assert again.code == 0, again.text
    assert set(aws.writes()) <= SAME_AGAIN
    assert set(aws.statuses().values()) == {ON}
    assert stack.record() == record
    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed.text
    assert [aws.held(region) for region in REGIONS] == before


def _killed(stack: Stack, options: list[str], log: Path, moment: Callable[[], bool]) -> None:
    started = KillableRun(
        ["up", "--yes", "--skip-preview", *options, "--stack", stack.name],
        stack._project,
        stack._environment,
        log,
    )
    assert started.kill_when(moment, "everything"), log.read_text()
    started.wait()
    assert stack._run("cancel", "--yes").code == 0


def _records(stack: Stack) -> list[dict[str, object]]:
    return [r for r in stack.resources() if r["type"].endswith(":PriorSettings")]


def _is_deleted(stack: Stack) -> bool:
    """Whether the old record is deleted, and no new one made yet."""
    try:
        state = json.loads(stack.state_file().read_text())
    except (ValueError, json.JSONDecodeError):  # as long as the engine writes it
        return False
    resources = state["checkpoint"]["latest"]["resources"]
    priors = [r for r in resources if r["type"].endswith(":PriorSettings")]
    return any(r.get("pendingReplacement") for r in priors)


def test_a_destroy_goes_by_the_last_record_where_a_failed_run_left_two(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=4)
    stack = aws.stack(members=ALL_ON, onRelease="RESTORE", retryMinutes=0)
    assert stack.up().code == 0
    aws.set_status(account(2), OFF)
    stack.taint(stack.urn(":PriorSettings"))
    stack.configure(
        {"aws:region": "us-east-1", "members": ALL_ON, "onRelease": "LEAVE", "retryMinutes": 0}
    )
    aws.control.leave_unprocessed("UpdateMemberDetectors", [account(2)], "No.", times=1)
    failed = stack.up()
    assert failed.code != 0
    assert stack.exported().count('"delete": true') == 1
    held = aws.held()
    aws.control.clear_calls()

    preview = stack.destroy_preview("--diff")
    assert "nothing: AWS keeps what it has (onRelease: LEAVE)" in preview.text
    destroyed = stack.destroy()

    assert destroyed.code == 0, destroyed.text
    assert (aws.writes(), aws.held()) == ([], held)
    assert stack.kinds() == []
