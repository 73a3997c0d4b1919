"""A program of somebody's own that keeps fewer regions, or whose credentials become another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.engine.diff import listed_under, shown
from tests.support.engine.example_program import REGIONS, Program
from tests.support.engine.organization import OFF, ON

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

HERE, GONE = REGIONS
TWO_BY_INVITATION = """
regions: [us-east-1, eu-west-1]
standaloneAccounts:
  - {id: "800000000001", name: hub, detector: true}
  - {id: "800000000002", name: branch, invitedBy: "800000000001"}
  - {id: "800000000011", name: other-hub, detector: true}
  - {id: "800000000012", name: other-branch, invitedBy: "800000000011"}
"""


def test_a_region_that_leaves_is_released_by_account_and_counted_first(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(regions=REGIONS)
    members = aws.members()
    for member in members:
        aws.control.set_feature(member, OFF)
    before = [aws.held(region) for region in REGIONS]
    program = Program(tmp_path / "own-program", aws)
    program.set(onRelease="RESTORE")
    stack = program.stack()
    assert stack.up().code == 0
    here = aws.held(HERE)
    aws.control.clear_calls()

    stack.configure({"regions": [HERE], "profile": "administrator"})
    for refused in (stack.preview(), stack.up("--skip-preview")):
        assert refused.code != 0
        assert len(refused.errors) == 1, refused.text
        (error,) = refused.errors
        assert GONE in error
        assert "maxDisabled" in error
        assert "12" in error
    assert aws.writes() == []

    program.set(maxDisabled=12)
    preview = stack.preview("--diff")
    assert preview.code == 0, preview.text
    assert listed_under("ENABLED -> DISABLED", shown("release", preview.text)) == members
    run = stack.up()
    assert run.code == 0, run.text
    assert [aws.held(HERE), aws.held(GONE)] == [here, before[1]]

    aws.control.clear_calls()
    assert stack.up().code == 0
    assert aws.writes() == []
    settled = stack.preview("--expect-no-changes")
    assert settled.code == 0, settled.text
    assert [kind for kind in stack.kinds() if kind.endswith(":PriorSettings")] == [
        "pulumi-python:dynamic/guardduty:PriorSettings"
    ]
    assert stack.destroy().code == 0
    assert [aws.held(region) for region in REGIONS] == before


def test_another_administrators_profile_is_refused_with_nothing_written(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(description=TWO_BY_INVITATION)
    program = Program(tmp_path / "own-program", aws)
    program.set(autoEnable=None, mode="invitation", onRelease="RESTORE")
    aws.control.set_feature("800000000002", OFF)
    stack = program.stack(regions=[HERE], profile="standalone-800000000001")
    made = stack.up()
    assert made.code == 0, made.text
    assert aws.held()["800000000002"] == ON
    held, record = aws.held(), stack.record()
    aws.control.clear_calls()

    stack.configure({"regions": [HERE], "profile": "standalone-800000000011"})
    for refused in (stack.preview(), stack.up("--skip-preview")):
        assert refused.code != 0
        assert "Traceback" not in refused.text
        assert "800000000001" in " ".join(refused.errors)
        assert "800000000011" in " ".join(refused.errors)
    assert aws.writes() == []
    assert (aws.held(), stack.record()) == (held, record)

    stack.configure({"regions": [HERE], "profile": "standalone-800000000001"})
    back = stack.preview("--expect-no-changes")
    assert back.code == 0, back.text
