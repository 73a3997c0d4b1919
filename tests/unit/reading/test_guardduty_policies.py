"""Which blocks of the organization's GuardDuty policies decide EKS_AUDIT_LOGS."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest

from guardduty_eks_audit_logs.aws.organizations import PolicyName
from guardduty_eks_audit_logs.reading.guardduty_policies import read_guardduty_policies

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.aws.organization_once import OrganizationOnce

_ON = {"status": {"@@assign": "enabled"}}


@dataclass
class _OnePolicy:
    content: str

    def guardduty_policies(self) -> tuple[PolicyName, ...]:
        return (PolicyName("p-11111111", "Baseline"),)

    def policy_content(self, _policy: str) -> str:
        return self.content

    def policy_targets(self, _policy: str) -> frozenset[str]:
        return frozenset({"r-ab12"})


def _read(content: str) -> tuple[set[str], set[str]]:
    (policy,) = read_guardduty_policies(cast("OrganizationOnce", _OnePolicy(content)))
    assert policy.name == "Baseline"
    assert policy.targets == {"r-ab12"}
    return set(policy.blocks), set(policy.deciding)


def test_a_block_decides_if_it_names_the_plan() -> None:
    blocks: dict[str, Any] = {
        "@@operators_allowed_for_child_policies": ["@@none"],
        "default": {"foundational": _ON, "eks_audit_logs": _ON},
        "eu-west-1": {"foundational": _ON},
        "us-east-1": {"eks_audit_logs": {"status": {"@@assign": "disabled"}}},
    }
    content = json.dumps({"guardduty": {"enablement": blocks}})
    assert _read(content) == ({"default", "eu-west-1", "us-east-1"}, {"default", "us-east-1"})


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"guardduty": []}',
        '{"guardduty": {"enablement": ["default"]}}',
        '{"guardduty": {"enablement": {"default": "eks_audit_logs"}}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_policy_decides_nothing(content: str) -> None:
    assert _read(content) == (set(), set())
