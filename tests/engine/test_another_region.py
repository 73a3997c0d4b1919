"""A stack whose region changes is refused before any write, and each way it names leads out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.engine.organization import OFF, ON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine.organization import Organization
    from tests.support.engine.stack import Run, Stack

pytestmark = pytest.mark.slow

HERE, THERE = "us-east-1", "eu-west-1"
ALL_ON = [{"status": "ENABLED", "all": True}]


def _moved(stack: Stack, region: str, **configuration: object) -> Stack:
    stack.configure({"aws:region": region, "members": ALL_ON, **configuration})
    return stack


def _refused(aws: Organization, *runs: Run) -> None:
    for run in runs:
        assert run.code != 0, run.text
        (error,) = run.errors
        for word in (
            HERE,
            THERE,
            "this stack keeps account ",
            ", but this run is account ",
            "stack of its own",
            "`pulumi destroy`",
            "`pulumi state delete --all`",
        ):
            assert word in error
        assert "Traceback" not in run.text
    assert aws.writes() == []


def test_another_region_is_refused_and_each_way_leads_out(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=4, regions=(HERE, THERE))
    before = {region: aws.held(region) for region in (HERE, THERE)}
    restore = {"onRelease": "RESTORE"}
    stack = aws.stack(members=ALL_ON, **restore)
    assert stack.up().code == 0
    state, after = stack.exported(), aws.held(HERE)
    aws.control.clear_calls()

    _moved(stack, THERE, **restore)
    _refused(aws, stack.preview(), stack.up("--skip-preview"))
    assert stack.record().accounts

    # Put back.
    back = _moved(stack, HERE, **restore).preview("--expect-no-changes")
    assert back.code == 0, back.text

    # A stack of its own.
    own = _moved(aws.stack("own"), THERE, **restore)
    made = own.up()
    assert made.code == 0, made.text
    assert own.destroy().code == 0
    assert (aws.held(HERE), aws.held(THERE)) == (after, before[THERE])

    # Handed over: nothing is written, and this region's settings stay.
    aws.control.clear_calls()
    _moved(stack, THERE, **restore).forget_everything()
    assert aws.writes() == []
    there = stack.up()
    assert there.code == 0, there.text
    assert {call.region for call in aws.control.calls("UpdateMemberDetectors")} == {THERE}
    assert aws.held(HERE) == after
    assert stack.destroy().code == 0

    # Destroyed first: with the region that is new in the stack's file.
    stack.import_text(state, "--force")
    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed.text
    assert {region: aws.held(region) for region in before} == before
    there = stack.up()
    assert there.code == 0, there.text
    assert (aws.held(HERE), aws.held(THERE)["autoEnable"]) == (before[HERE], "NEW")


def test_more_members_than_max_disabled_are_no_dead_end(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=14, regions=(HERE, THERE))
    stack = aws.stack(members=ALL_ON, onRelease="DISABLE")
    assert stack.up().code == 0
    aws.control.clear_calls()

    _moved(stack, THERE, onRelease="DISABLE")
    _refused(aws, stack.preview(), stack.up("--skip-preview"))
    destroyed = stack.destroy()
    assert destroyed.code != 0
    assert "maxDisabled" in destroyed.text
    assert aws.writes() == []

    # As it says: the region back, a higher limit, `pulumi up`, and destroy again.
    assert _moved(stack, HERE, onRelease="DISABLE", maxDisabled=14).up().code == 0
    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed.text
    assert set(aws.statuses().values()) == {OFF}
    there = _moved(stack, THERE, onRelease="DISABLE", maxDisabled=14).up()
    assert there.code == 0, there.text
    assert set(aws.statuses().values()) == {OFF}


def test_a_pending_delete_of_an_old_release_gets_through(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=14, regions=(HERE, THERE))
    stack = _moved(aws.stack(), THERE, onRelease="DISABLE", maxDisabled=10)
    assert stack.up().code == 0
    for member in aws.members():
        aws.control.set_feature(member, ON, region=HERE)
    state = json.loads(stack.exported())
    (prior,) = [r for r in state["deployment"]["resources"] if r["type"].endswith(":PriorSettings")]
    state["deployment"]["resources"].append(
        {**prior, **_of_the_old_release(aws, prior), "delete": True}
    )
    stack.import_text(json.dumps(state))
    aws.control.clear_calls()

    refused = stack.up()
    assert refused.code != 0
    assert "maxDisabled" in refused.text
    assert set(aws.statuses().values()) == {ON}
    run = _moved(stack, THERE, onRelease="DISABLE", maxDisabled=14).up()

    assert run.code == 0, run.text
    assert set(aws.statuses().values()) == {OFF}
    assert '"delete": true' not in stack.exported()
    again = stack.preview("--expect-no-changes")
    assert again.code == 0, again.text


def _of_the_old_release(aws: Organization, prior: dict[str, Any]) -> dict[str, Any]:
    """The other region's record, as 0.2.0 wrote it with `onRelease: DISABLE`."""
    members = aws.members()
    properties = {
        "__provider": prior["inputs"]["__provider"],
        "region": HERE,
        "account": prior["outputs"]["administratorAccountId"],
        "accounts": dict.fromkeys(members, "DISABLE"),
        "detectorId": aws.detector_id(),
        "maxDisabled": 10,
        "onRelease": "DISABLE",
        "retryMinutes": 5,
        "scope": ["detector", "organization"],
        "seenAt": "2026-11-25T23:19:23+00:00",
        "turningOff": 0,
    }
    recorded = {
        "statuses": dict.fromkeys(members, OFF),
        "detector": {"status": OFF},
        "organization": {"autoEnable": "NONE"},
        "released": {"at": "", "statuses": {}},
        "unreleased": {},
    }
    return {
        "id": f"{HERE}/{aws.detector_id()}",
        "inputs": properties,
        "outputs": {**properties, **recorded},
    }
