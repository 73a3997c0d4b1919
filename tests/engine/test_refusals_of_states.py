"""What a run refuses because of its stack's state, before anything is changed."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.engine.organization import Organization

pytestmark = pytest.mark.slow

ALL_ON = [{"status": "ENABLED", "all": True}]


def test_a_state_that_lost_its_record_is_refused_until_it_is_given_up(
    organization: Callable[..., Organization],
) -> None:
    aws = organization(accounts=4)
    stack = aws.stack(members=ALL_ON, onRelease="RESTORE")
    assert stack.up().code == 0
    state = json.loads(stack.exported())
    resources = state["deployment"]["resources"]
    lost = next(r["urn"] for r in resources if r["type"].endswith(":PriorSettings"))
    kept = [r for r in resources if r["urn"] != lost]
    for resource in kept:
        resource["dependencies"] = [d for d in resource.get("dependencies", ()) if d != lost]
        resource.pop("propertyDependencies", None)
    state["deployment"]["resources"] = kept
    stack.import_text(json.dumps(state), "--force")
    aws.control.clear_calls()

    refused = stack.up()

    assert refused.code != 0
    assert "the state of this stack has settings of account " in refused.text
    assert ", but no PriorSettings with what was there before: this run would" in refused.text
    assert aws.writes() == []
    stack.forget_everything()
    assert stack.up().code == 0
    assert set(stack.record().accounts.values()) == {"ENABLED"}


def test_a_folder_for_notes_that_others_can_write_to_is_refused(
    organization: Callable[..., Organization], tmp_path: Path
) -> None:
    aws = organization(accounts=4)
    stack = aws.stack(members=ALL_ON)
    notes = tmp_path / f"guardduty-eks-audit-logs-{os.getuid()}"
    notes.mkdir()
    notes.chmod(0o777)

    refused = stack.up(TMPDIR=str(tmp_path))

    assert refused.code != 0
    assert "), and a run notes there which records it keeps." in refused.text
    assert "Traceback" not in refused.text
    assert aws.writes() == []
    notes.chmod(0o700)
    assert stack.up(TMPDIR=str(tmp_path)).code == 0
