"""The stacks that come with the project say what the program takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from guardduty.settings import Settings
from tests.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

STACKS = sorted((PROJECT_FOLDER / "stacks").glob("Pulumi.*.yaml"))


def _configuration(text: str) -> dict[str, object]:
    config = yaml.safe_load(text)["config"]
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in config.items()}


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.stem)
def test_a_stack_that_comes_along_is_taken(stack: Path) -> None:
    configuration = _configuration(stack.read_text())

    assert Settings.from_configuration(configuration).members
    assert configuration["aws:region"]
    assert configuration["aws:allowedAccountIds"]


def test_the_template_comments_name_every_key_with_its_default() -> None:
    template = (PROJECT_FOLDER / "stacks" / "Pulumi.template.yaml").read_text()
    declared = yaml.safe_load((PROJECT_FOLDER / "Pulumi.yaml").read_text())["config"]
    told = set(declared) - {"mode"}  # it has one value only

    for key in told:
        assert f"guardduty-eks-audit-logs:{key}:" in template
    for key in told - {"members", "autoEnableMembers"}:
        assert f"# guardduty-eks-audit-logs:{key}: {declared[key]['default']}" in template
