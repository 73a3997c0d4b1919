"""GuardDuty policies of AWS Organizations: what they decide, and what they make idle."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RunningSandbox

# The default organization has these off; the first is in Root/Test, the second in Root/Sandbox.
FIRST, SECOND = "300000000002", "300000000003"
ON = [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}]
OFF = [{"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED"}]
MANAGED = "The request is rejected because the feature is managed by an AWS Organizations policy."
NEWCOMER = "300000000050"


def plans(**statuses: str) -> dict[str, Any]:
    return {name: {"status": {"@@assign": status}} for name, status in statuses.items()}


def document(**blocks: dict[str, Any]) -> str:
    """A policy with these blocks by region; an underscore stands for the hyphen in its name."""
    enablement = {region.replace("_", "-"): block for region, block in blocks.items()}
    return json.dumps({"guardduty": {"enablement": enablement}})


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as error:
        call()
    return str(error.value.response["Error"]["Code"])


class Policies:
    """The management account's way with GuardDuty policies."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.api = sandbox.boto3("organizations", MANAGEMENT)
        (root,) = self.api.list_roots()["Roots"]
        self.root = root["Id"]
        units = self.api.list_organizational_units_for_parent(ParentId=self.root)
        self.units = {unit["Name"]: unit["Id"] for unit in units["OrganizationalUnits"]}

    def enable(self) -> None:
        self.api.enable_policy_type(RootId=self.root, PolicyType="GUARDDUTY_POLICY")

    def disable(self) -> None:
        self.api.disable_policy_type(RootId=self.root, PolicyType="GUARDDUTY_POLICY")

    def create(self, content: str, name: str = "protect") -> str:
        made = self.api.create_policy(
            Content=content, Description="", Name=name, Type="GUARDDUTY_POLICY"
        )
        return str(made["Policy"]["PolicySummary"]["Id"])

    def attach(self, policy: str, target: str) -> None:
        self.api.attach_policy(PolicyId=policy, TargetId=target)


def member_feature(sandbox: RunningSandbox, account: str, region: str = "us-east-1") -> Any:  # noqa: ANN401
    found = sandbox.boto3("guardduty", region=region).get_member_detectors(
        DetectorId=sandbox.detector(region=region), AccountIds=[account]
    )["MemberDataSourceConfigurations"]
    (feature,) = [f for f in found[0]["Features"] if f["Name"] == "EKS_AUDIT_LOGS"]
    return feature


def own_feature(sandbox: RunningSandbox, account: str) -> Any:  # noqa: ANN401
    detector = sandbox.boto3("guardduty", account).get_detector(
        DetectorId=sandbox.detector(account)
    )
    (feature,) = [f for f in detector["Features"] if f["Name"] == "EKS_AUDIT_LOGS"]
    return feature


def test_a_policy_decides_the_feature_of_the_accounts_under_it_and_says_so(
    sandbox: RunningSandbox,
) -> None:
    policies = Policies(sandbox)
    policies.enable()
    policy = policies.create(
        document(default=plans(foundational="enabled", eks_audit_logs="enabled"))
    )
    policies.attach(policy, policies.units["Test"])
    covered = member_feature(sandbox, FIRST)
    assert (covered["Status"], covered["ManagedBy"]) == ("ENABLED", "GUARDDUTY_POLICY")
    assert own_feature(sandbox, FIRST)["ManagedBy"] == "GUARDDUTY_POLICY"
    assert "ManagedBy" not in member_feature(sandbox, SECOND)
    assert sandbox.client.truth()["eu-west-1"][FIRST].eks_audit_logs == "ENABLED"
    targets = policies.api.list_targets_for_policy(PolicyId=policy)["Targets"]
    assert [target["TargetId"] for target in targets] == [policies.units["Test"]]
    listed = policies.api.list_policies(Filter="GUARDDUTY_POLICY")["Policies"]
    assert [found["Id"] for found in listed] == [policy]


def test_writes_to_a_managed_feature_have_no_effect_and_other_plans_stay_editable(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.assign_policy([FIRST, ADMINISTRATOR])
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    answer = guardduty.update_member_detectors(
        DetectorId=detector, AccountIds=[FIRST, SECOND], Features=OFF
    )
    assert answer["UnprocessedAccounts"] == [{"AccountId": FIRST, "Result": MANAGED}]
    assert member_feature(sandbox, FIRST)["Status"] == "ENABLED"
    with pytest.raises(ClientError) as refusal:
        guardduty.update_detector(DetectorId=detector, Features=OFF)
    assert refusal.value.response["Error"] == {"Code": "BadRequestException", "Message": MANAGED}
    s3 = [{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}]
    assert not guardduty.update_member_detectors(
        DetectorId=detector, AccountIds=[FIRST], Features=s3
    )["UnprocessedAccounts"]


def test_a_setting_changed_behind_everybodys_back_does_not_outlast_a_policy(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.assign_policy([FIRST])
    sandbox.client.set_feature(FIRST, "DISABLED")
    assert sandbox.client.truth()["us-east-1"][FIRST].eks_audit_logs == "ENABLED"


def test_detaching_leaves_things_enabled_and_editable(sandbox: RunningSandbox) -> None:
    policies = Policies(sandbox)
    policies.enable()
    policy = policies.create(
        document(default=plans(foundational="enabled", eks_audit_logs="enabled"))
    )
    policies.attach(policy, FIRST)
    policies.api.detach_policy(PolicyId=policy, TargetId=FIRST)
    left = member_feature(sandbox, FIRST)
    assert (left["Status"], left.get("ManagedBy")) == ("ENABLED", None)
    assert not sandbox.boto3("guardduty").update_member_detectors(
        DetectorId=sandbox.detector(), AccountIds=[FIRST], Features=OFF
    )["UnprocessedAccounts"]


def test_a_regions_block_replaces_the_default_there(sandbox: RunningSandbox) -> None:
    policies = Policies(sandbox)
    policies.enable()
    policy = policies.create(
        document(
            default=plans(foundational="enabled", eks_audit_logs="enabled"),
            eu_west_1=plans(foundational="enabled", s3_data_events="enabled"),
        )
    )
    policies.attach(policy, FIRST)
    assert member_feature(sandbox, FIRST)["ManagedBy"] == "GUARDDUTY_POLICY"
    elsewhere = member_feature(sandbox, FIRST, "eu-west-1")
    assert (elsewhere["Status"], elsewhere.get("ManagedBy")) == ("DISABLED", None)


def test_policies_are_merged_from_the_root_down_to_the_account(sandbox: RunningSandbox) -> None:
    policies = Policies(sandbox)
    policies.enable()
    whole = policies.create(
        document(default=plans(foundational="enabled", eks_audit_logs="enabled")), "all"
    )
    exception = policies.create(document(default=plans(eks_audit_logs="disabled")), "but-one")
    policies.attach(whole, policies.root)
    policies.attach(exception, FIRST)
    truth = sandbox.client.truth()["us-east-1"]
    assert (truth[FIRST].eks_audit_logs, truth[SECOND].eks_audit_logs) == ("DISABLED", "ENABLED")
    assert own_feature(sandbox, ADMINISTRATOR)["ManagedBy"] == "GUARDDUTY_POLICY"
    member = sandbox.boto3("organizations", FIRST)
    found = member.describe_effective_policy(PolicyType="GUARDDUTY_POLICY")["EffectivePolicy"]
    assert json.loads(found["PolicyContent"]) == {
        "guardduty": {
            "enablement": {
                "default": {
                    "foundational": {"status": "enabled"},
                    "eks_audit_logs": {"status": "disabled"},
                }
            }
        }
    }
    foreign = partial(
        member.describe_effective_policy, PolicyType="GUARDDUTY_POLICY", TargetId=SECOND
    )
    assert refused(foreign) == "AccessDeniedException"


def test_an_account_that_moves_under_a_policy_is_covered_from_then_on(
    sandbox: RunningSandbox,
) -> None:
    policies = Policies(sandbox)
    policies.enable()
    policy = policies.create(
        document(default=plans(foundational="enabled", eks_audit_logs="enabled"))
    )
    policies.attach(policy, policies.units["Prod"])
    policies.api.move_account(
        AccountId=FIRST,
        SourceParentId=policies.units["Test"],
        DestinationParentId=policies.units["Prod"],
    )
    assert member_feature(sandbox, FIRST)["ManagedBy"] == "GUARDDUTY_POLICY"


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "no JSON",
        document(default=plans(eks_audit_logs="enabled")),
        document(default=plans(foundational="disabled", eks_audit_logs="enabled")),
        document(default=plans(foundational="enabled", eks_audit_log="enabled")),
        document(default=plans(foundational="on")),
    ],
)
def test_a_policy_needs_the_documented_form_and_foundational_with_any_plan(
    sandbox: RunningSandbox, content: str
) -> None:
    policies = Policies(sandbox)
    policies.enable()
    assert refused(partial(policies.create, content)) == "MalformedPolicyDocumentException"


def test_a_policy_takes_effect_only_while_its_type_is_enabled(sandbox: RunningSandbox) -> None:
    policies = Policies(sandbox)
    policy = policies.create(
        document(default=plans(foundational="enabled", eks_audit_logs="enabled"))
    )
    early = partial(policies.attach, policy, FIRST)
    assert refused(early) == "PolicyTypeNotEnabledException"
    policies.enable()
    assert refused(policies.enable) == "PolicyTypeAlreadyEnabledException"
    policies.attach(policy, FIRST)
    policies.disable()
    assert "ManagedBy" not in member_feature(sandbox, FIRST)
    assert policies.api.list_targets_for_policy(PolicyId=policy)["Targets"] == []


def test_new_and_all_do_nothing_while_the_policy_type_is_enabled(sandbox: RunningSandbox) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    guardduty.update_organization_configuration(
        DetectorId=detector,
        AutoEnableOrganizationMembers="NEW",
        Features=[{"Name": "EKS_AUDIT_LOGS", "AutoEnable": "ALL"}],
    )
    policies = Policies(sandbox)
    policies.enable()
    before = sandbox.client.truth()["us-east-1"]
    sandbox.client.advance_clock(hours=48)
    sandbox.client.join(NEWCOMER)
    after = sandbox.client.truth()["us-east-1"]
    assert after.pop(NEWCOMER).relationship is None
    assert after == before
    found = guardduty.describe_organization_configuration(DetectorId=detector)
    assert found["AutoEnableOrganizationMembers"] == "NEW"
    policies.disable()
    sandbox.client.advance_clock(hours=24)
    assert sandbox.client.truth()["us-east-1"][FIRST].eks_audit_logs == "ENABLED"


def test_an_account_under_a_policy_becomes_a_member_by_itself(sandbox: RunningSandbox) -> None:
    sandbox.client.assign_policy()
    sandbox.client.join(NEWCOMER)
    joined = sandbox.client.truth()["us-east-1"][NEWCOMER]
    assert (joined.relationship, joined.eks_audit_logs) == ("Enabled", "ENABLED")
    assert sandbox.client.truth()["us-east-1"][MANAGEMENT].detector is None


def test_a_new_administrator_gets_the_accounts_under_a_policy_as_members(
    sandbox: RunningSandbox,
) -> None:
    management = sandbox.boto3("guardduty", MANAGEMENT)
    management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    sandbox.client.assign_policy([FIRST])
    assert sandbox.client.truth()["us-east-1"][FIRST].relationship is None
    management.enable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    truth = sandbox.client.truth()["us-east-1"]
    assert (truth[FIRST].relationship, truth[SECOND].relationship) == ("Enabled", None)


def test_the_short_way_is_taken_back_whole(sandbox: RunningSandbox) -> None:
    sandbox.client.assign_policy([FIRST], plans={"EKS_AUDIT_LOGS": "DISABLED"}, region="us-east-1")
    assert member_feature(sandbox, FIRST)["ManagedBy"] == "GUARDDUTY_POLICY"
    assert "ManagedBy" not in member_feature(sandbox, FIRST, "eu-west-1")
    sandbox.client.clear_policies()
    assert "ManagedBy" not in member_feature(sandbox, FIRST)
    (root,) = sandbox.boto3("organizations").list_roots()["Roots"]
    assert root["PolicyTypes"] == []
