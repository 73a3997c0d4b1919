"""The stacks that come with the project say what the program takes."""

from __future__ import annotations

import json

import pytest
import yaml

from guardduty.settings import Settings
from tests.vocabulary import PROJECT_FOLDER

# Users put stacks of their own beside these.
_STACKS = ("demo-us-east-1", "demo-eu-west-1", "template")


def _written(stack: str) -> str:
    return (PROJECT_FOLDER / "stacks" / f"Pulumi.{stack}.yaml").read_text()


def _configuration(stack: str) -> dict[str, object]:
    config = yaml.safe_load(_written(stack))["config"]
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in config.items()}


@pytest.mark.parametrize("stack", _STACKS)
def test_a_stack_that_comes_along_is_taken(stack: str) -> None:
    configuration = _configuration(stack)

    assert Settings.from_configuration(configuration).members
    assert configuration["aws:region"]
    assert configuration["aws:allowedAccountIds"]


def test_the_template_comments_name_every_key_with_its_default() -> None:
    template = _written("template")
    declared = yaml.safe_load((PROJECT_FOLDER / "Pulumi.yaml").read_text())["config"]
    told = set(declared) - {"mode"}  # it has one value only

    for key in told:
        assert f"guardduty-eks-audit-logs:{key}:" in template
    for key in told - {"members", "autoEnableMembers"}:
        assert f"# guardduty-eks-audit-logs:{key}: {declared[key]['default']}" in template
