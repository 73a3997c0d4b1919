"""Another name of a component, project or stack, and a state that is imported elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.engine.example_program import REGIONS, Program
from tests.support.engine.organization import ON

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

ALL_ON = [{"status": "ENABLED", "all": True}]
WITHOUT_DETECTOR = """
regions: [us-east-1]
regionsWithoutAdministratorDetector: [us-east-1]
"""
SAME_AGAIN = {"UpdateDetector", "UpdateOrganizationConfiguration"}
"""The aws plugin writes these settings again, as they are, where it makes their resources."""


def test_another_name_of_a_component_keeps_aws_and_the_record(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(accounts=4, regions=REGIONS)
    before = [aws.held(region) for region in REGIONS]
    program = Program(tmp_path / "own-program", aws)
    program.set(onRelease="RESTORE")
    stack = program.stack()
    assert stack.up().code == 0
    after = [aws.held(region) for region in REGIONS]
    records = [stack.record(region) for region in REGIONS]
    program.rewrite('f"eks-audit-logs-{session.region}"', 'f"guardduty-{session.region}"')
    aws.control.clear_calls()

    run = stack.up()

    assert run.code == 0, run.text
    assert set(aws.writes()) <= SAME_AGAIN
    assert [aws.held(region) for region in REGIONS] == after
    assert [stack.record(region) for region in REGIONS] == records
    assert "::guardduty-us-east-1-prior" in stack.urn(":PriorSettings", "us-east-1")
    settled = stack.preview("--expect-no-changes")
    assert settled.code == 0, settled.text
    destroyed = stack.destroy()
    assert destroyed.code == 0, destroyed.text
    assert [aws.held(region) for region in REGIONS] == before


def test_other_names_of_stack_and_project_and_an_import_keep_the_record(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=4)
    before = aws.held()
    stack = aws.stack(members=ALL_ON, onRelease="RESTORE")
    assert stack.up().code == 0
    after, record = aws.held(), stack.record()
    assert set(aws.statuses().values()) == {ON}
    aws.control.clear_calls()

    stack.rename("production")
    run = stack.up("--expect-no-changes")
    assert run.code == 0, run.text

    stack.rename_project("security")
    refused = stack.up()
    assert refused.code != 0
    assert "2 keys of this project stand where this program does not read them" in refused.text
    assert "guardduty-eks-audit-logs:members -> security:members" in refused.text
    stack.configure({"aws:region": "us-east-1", "members": ALL_ON, "onRelease": "RESTORE"})
    run = stack.up("--expect-no-changes")
    assert run.code == 0, run.text
    assert "::security::" in stack.urn(":PriorSettings")
    assert (aws.writes(), stack.record()) == ([], record)

    other = aws.stack("other", members=ALL_ON, onRelease="RESTORE")
    other.import_text(stack.exported(), "--force")
    run = other.up()
    assert run.code == 0, run.text
    assert "urn:pulumi:other::" in other.urn(":PriorSettings")
    assert set(aws.writes()) <= SAME_AGAIN
    assert (aws.held(), other.record()) == (after, record)

    destroyed = other.destroy()
    assert destroyed.code == 0, destroyed.text
    assert aws.held() == before


def test_a_renamed_stack_keeps_the_detector_that_it_made(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(description=WITHOUT_DETECTOR)
    stack = aws.stack(detector="create")
    assert stack.up().code == 0
    made = aws.detector_id()
    aws.control.clear_calls()

    stack.rename("production")
    run = stack.up("--expect-no-changes")

    assert run.code == 0, run.text
    assert (aws.writes(), aws.detector_id()) == ([], made)
