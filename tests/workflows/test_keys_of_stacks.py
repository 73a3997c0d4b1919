"""The scripts keep the key of a stack whose file does not name it: `Deploy` makes such stacks."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo.environment import PulumiParts
    from tests.support.engine.stack import Stack
    from tests.support.workflows.repository import Repository

pytestmark = pytest.mark.slow


def test_a_plan_is_deployed_with_the_key_that_the_state_has(
    repository: Callable[..., Repository], pulumi: PulumiParts
) -> None:
    here = repository()
    stack = here.deployed("prod", members=[{"status": "ENABLED", "all": True}])
    key = _key(stack)
    path = (here.folder / ".venv" / "bin", pulumi.engine_bin, os.environ["PATH"])
    environment = {**here.aws.environment, "PATH": os.pathsep.join(map(str, path))}
    plan = here.folder / "plans" / "prod" / "plan.json"

    for command in (
        ["preview-stack.sh", "prod", "plans/prod", f"--save-plan={plan}"],
        ["deploy-stack.sh", "prod", "plans/prod", "results/prod"],
    ):
        lines = stack.file.read_text().splitlines(keepends=True)
        stack.file.write_text("".join(x for x in lines if not x.startswith("encryptionsalt")))
        done = subprocess.run(
            [here.folder / ".github" / "scripts" / command[0], *command[1:]],
            cwd=here.folder,
            env=environment,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    assert _key(stack) == key


def _key(stack: Stack) -> object:
    return json.loads(stack.exported())["deployment"]["secrets_providers"]
