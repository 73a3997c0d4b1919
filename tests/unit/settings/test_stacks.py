"""The stacks that come with the project say what the program takes."""

from __future__ import annotations

import json

import pytest
import yaml

from guardduty_eks_audit_logs.settings.configuration import Settings
from tests.support.vocabulary import PROJECT_FOLDER

_FOLDER = PROJECT_FOLDER / "stacks"
_SAMPLES = sorted(file.stem.removeprefix("Pulumi.") for file in _FOLDER.glob("Pulumi.sample-*"))

# Users put stacks of their own beside these.
_STACKS = ("demo-us-east-1", "demo-eu-west-1", "template", *_SAMPLES)

_WITHOUT_DEFAULT = {"members", "autoEnable", "autoEnableMembers", "administratorAccountId"}


def _written(stack: str) -> str:
    return (_FOLDER / f"Pulumi.{stack}.yaml").read_text()


def _configuration(stack: str) -> dict[str, object]:
    config = yaml.safe_load(_written(stack))["config"]
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in config.items()}


@pytest.mark.parametrize("stack", _STACKS)
def test_a_shipped_stack_is_for_its_region_and_account_only(
    stack: str,
) -> None:
    configuration = _configuration(stack)

    Settings.from_configuration(configuration)
    assert configuration["aws:region"]
    assert configuration["aws:allowedAccountIds"]


@pytest.mark.parametrize("stack", _SAMPLES)
def test_a_sample_says_what_it_does_and_survives_stack_init(stack: str) -> None:
    assert _written(stack).startswith("# ")
    assert yaml.safe_load(_written(stack))["encryptionsalt"]


def test_the_template_comments_name_every_key_with_its_default() -> None:
    template = _written("template")
    declared = yaml.safe_load((PROJECT_FOLDER / "Pulumi.yaml").read_text())["config"]

    for key in declared:
        assert f"guardduty-eks-audit-logs:{key}:" in template
    for key in set(declared) - _WITHOUT_DEFAULT:
        default = declared[key]["default"]
        written = json.dumps(default) if isinstance(default, bool) else default
        assert f"# guardduty-eks-audit-logs:{key}: {written}\n" in template
