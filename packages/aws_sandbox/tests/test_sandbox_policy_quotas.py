"""How many GuardDuty policies an organization has at most, and how long their names may be."""

from __future__ import annotations

import json

import pytest

from aws_sandbox.accounts import Accounts
from aws_sandbox.clock import VirtualClock
from aws_sandbox.organizations.errors import OrganizationsError
from aws_sandbox.organizations.guardduty_policies import PER_ORGANIZATION, GuardDutyPolicies
from aws_sandbox.organizations.pages import Pages

MANAGEMENT = "111111111111"
BLOCK = {"foundational": {"status": {"@@assign": "enabled"}}}
CONTENT = json.dumps({"guardduty": {"enablement": {"default": BLOCK}}})


def create(policies: GuardDutyPolicies, name: str, description: str = "") -> None:
    policies.operations["CreatePolicy"](
        MANAGEMENT,
        {
            "Type": "GUARDDUTY_POLICY",
            "Name": name,
            "Description": description,
            "Content": CONTENT,
        },
    )


@pytest.fixture
def policies() -> GuardDutyPolicies:
    clock = VirtualClock()
    return GuardDutyPolicies(Accounts(MANAGEMENT, clock), clock, Pages())


def test_an_organization_has_a_thousand_policies_at_most(policies: GuardDutyPolicies) -> None:
    for number in range(PER_ORGANIZATION):
        create(policies, f"policy {number}")
    with pytest.raises(OrganizationsError) as refused:
        create(policies, "one more")
    assert PER_ORGANIZATION == 1000
    assert refused.value.code == "ConstraintViolationException"
    assert refused.value.reason == "POLICY_NUMBER_LIMIT_EXCEEDED"


def test_names_and_descriptions_have_a_longest_length(policies: GuardDutyPolicies) -> None:
    create(policies, "n" * 128, "d" * 512)
    for name, description in (("n" * 129, ""), ("other", "d" * 513)):
        with pytest.raises(OrganizationsError) as refused:
            create(policies, name, description)
        assert refused.value.reason == "MAX_LENGTH_EXCEEDED"
