"""GuardDuty policies of AWS Organizations: what they decide, and who may write them."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_sandbox.testing.plugin import RunningSandbox, ServeSandbox

pytestmark = pytest.mark.slow

# The default organization has these off; the first is in Root/Test, the second in Root/Sandbox.
FIRST, SECOND = "300000000002", "300000000003"
ON = [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}]
OFF = [{"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED"}]
MANAGED = "The request is rejected because the feature is managed by an AWS Organizations policy."
NEWCOMER = "300000000050"
LOCK = "@@operators_allowed_for_child_policies"
TARGETS = ("root", "account", "policy")


def plans(**statuses: str) -> dict[str, Any]:
    return {name: {"status": {"@@assign": status}} for name, status in statuses.items()}


def document(**blocks: dict[str, Any]) -> str:
    """A policy with these blocks by region; an underscore stands for the hyphen in its name."""
    enablement = {region.replace("_", "-"): block for region, block in blocks.items()}
    return json.dumps({"guardduty": {"enablement": enablement}})


ENABLED = document(default=plans(foundational="enabled", eks_audit_logs="enabled"))


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as error:
        call()
    return str(error.value.response["Error"]["Code"])


def refusal(call: Callable[[], object]) -> tuple[str, str | None]:
    """The code of a refusal, and the reason that some have."""
    with pytest.raises(ClientError) as error:
        call()
    found: dict[str, Any] = {**error.value.response}
    return found["Error"]["Code"], found.get("Reason")


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

    def invalid_accounts(self) -> list[str]:
        found = self.api.list_accounts_with_invalid_effective_policy(PolicyType="GUARDDUTY_POLICY")
        return [account["Id"] for account in found["Accounts"]]


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


def test_a_policy_decides_the_feature_of_the_accounts_under_it(
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
    assert sandbox.client.actual_state()["eu-west-1"][FIRST].eks_audit_logs == "ENABLED"
    targets = policies.api.list_targets_for_policy(PolicyId=policy)["Targets"]
    assert [target["TargetId"] for target in targets] == [policies.units["Test"]]
    listed = policies.api.list_policies(Filter="GUARDDUTY_POLICY")["Policies"]
    assert [found["Id"] for found in listed] == [policy]


def test_writes_to_a_managed_feature_have_no_effect(
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


def test_a_setting_changed_from_outside_does_not_outlast_a_policy(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.assign_policy([FIRST])
    sandbox.client.set_feature(FIRST, "DISABLED")
    assert sandbox.client.actual_state()["us-east-1"][FIRST].eks_audit_logs == "ENABLED"


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
    actual = sandbox.client.actual_state()["us-east-1"]
    assert (actual[FIRST].eks_audit_logs, actual[SECOND].eks_audit_logs) == ("DISABLED", "ENABLED")
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


MALFORMED = (
    "{}",
    "no JSON",
    document(default=plans(eks_audit_logs="enabled")),
    document(default=plans(foundational="disabled", eks_audit_logs="enabled")),
    document(default=plans(foundational="enabled", eks_audit_log="enabled")),
    document(default=plans(foundational="on")),
    document(mars_north_1=plans(foundational="enabled")),
    document(default={"foundational": {"status": "enabled"}}),
    document(default={"foundational": {"status": {}}}),
    document(default={"foundational": {"status": {"@@append": ["enabled"]}}}),
    document(default={"foundational": {"status": {LOCK: ["@@nothing"]}}}),
    document(default={"@@assign": plans(foundational="enabled")}),
)


def test_a_policy_needs_the_documented_form(
    sandbox: RunningSandbox,
) -> None:
    policies = Policies(sandbox)
    policies.enable()
    for content in MALFORMED:
        create = partial(policies.create, content)
        assert refused(create) == "MalformedPolicyDocumentException", content


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
    before = sandbox.client.actual_state()["us-east-1"]
    sandbox.client.advance_clock(hours=48)
    sandbox.client.join(NEWCOMER)
    after = sandbox.client.actual_state()["us-east-1"]
    assert after.pop(NEWCOMER).relationship is None
    assert after == before
    found = guardduty.describe_organization_configuration(DetectorId=detector)
    assert found["AutoEnableOrganizationMembers"] == "NEW"
    policies.disable()
    sandbox.client.advance_clock(hours=24)
    assert sandbox.client.actual_state()["us-east-1"][FIRST].eks_audit_logs == "ENABLED"


def test_an_account_under_a_policy_becomes_a_member_by_itself(sandbox: RunningSandbox) -> None:
    sandbox.client.assign_policy()
    sandbox.client.join(NEWCOMER)
    joined = sandbox.client.actual_state()["us-east-1"][NEWCOMER]
    assert (joined.relationship, joined.eks_audit_logs) == ("Enabled", "ENABLED")
    assert sandbox.client.actual_state()["us-east-1"][MANAGEMENT].detector is None


def test_a_new_administrator_gets_the_accounts_under_a_policy_as_members(
    sandbox: RunningSandbox,
) -> None:
    management = sandbox.boto3("guardduty", MANAGEMENT)
    management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    sandbox.client.assign_policy([FIRST])
    assert sandbox.client.actual_state()["us-east-1"][FIRST].relationship is None
    management.enable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    actual = sandbox.client.actual_state()["us-east-1"]
    assert (actual[FIRST].relationship, actual[SECOND].relationship) == ("Enabled", None)


def test_the_short_way_is_taken_back_whole(sandbox: RunningSandbox) -> None:
    sandbox.client.assign_policy([FIRST], plans={"EKS_AUDIT_LOGS": "DISABLED"}, region="us-east-1")
    assert member_feature(sandbox, FIRST)["ManagedBy"] == "GUARDDUTY_POLICY"
    assert "ManagedBy" not in member_feature(sandbox, FIRST, "eu-west-1")
    sandbox.client.clear_policies()
    assert "ManagedBy" not in member_feature(sandbox, FIRST)
    (root,) = sandbox.boto3("organizations").list_roots()["Roots"]
    assert root["PolicyTypes"] == []


# Which of several policies is in force.


def test_of_two_policies_on_one_target_the_first_attached_wins(sandbox: RunningSandbox) -> None:
    policies = Policies(sandbox)
    policies.enable()
    on = policies.create(ENABLED, "on")
    off = policies.create(document(default=plans(eks_audit_logs="disabled")), "off")
    policies.attach(on, FIRST)
    policies.attach(off, FIRST)
    assert member_feature(sandbox, FIRST)["Status"] == "ENABLED"
    policies.api.detach_policy(PolicyId=on, TargetId=FIRST)
    assert member_feature(sandbox, FIRST)["Status"] == "DISABLED"
    policies.attach(on, FIRST)
    assert member_feature(sandbox, FIRST)["Status"] == "DISABLED"


def test_policies_may_take_their_time_to_reach_the_accounts(serve_sandbox: ServeSandbox) -> None:
    sandbox = serve_sandbox(
        organization=f"""
            policyMinutes: 10
            settings: {{eksAuditLogs: ALL}}
            accounts: [{{id: "{FIRST}", name: first}}, {{id: "{SECOND}", name: second}}]
        """
    )
    sandbox.client.assign_policy([FIRST], plans={"EKS_AUDIT_LOGS": "DISABLED"})
    # Organizations knows it at once.
    management = sandbox.boto3("organizations", MANAGEMENT)
    management.describe_effective_policy(PolicyType="GUARDDUTY_POLICY", TargetId=FIRST)
    sandbox.client.advance_clock(hours=0.1)
    assert "ManagedBy" not in member_feature(sandbox, FIRST)
    sandbox.client.advance_clock(hours=0.1)
    assert member_feature(sandbox, FIRST)["ManagedBy"] == "GUARDDUTY_POLICY"
    assert "ManagedBy" not in member_feature(sandbox, SECOND)
    # Nothing is lost that was done meanwhile, one change after the other.
    sandbox.client.clear_policies()
    sandbox.client.assign_policy([SECOND])
    assert member_feature(sandbox, FIRST)["ManagedBy"] == "GUARDDUTY_POLICY"
    sandbox.client.advance_clock(hours=0.2)
    actual = sandbox.client.actual_state()["us-east-1"]
    assert (actual[FIRST].eks_audit_logs, actual[SECOND].eks_audit_logs) == ("DISABLED", "ENABLED")
    assert "ManagedBy" not in member_feature(sandbox, FIRST)


def test_what_a_parent_locks_no_policy_below_it_changes(sandbox: RunningSandbox) -> None:
    policies = Policies(sandbox)
    policies.enable()
    locked = plans(foundational="enabled", eks_audit_logs="enabled")
    locked["eks_audit_logs"]["status"][LOCK] = ["@@none"]
    off = policies.create(document(default=plans(eks_audit_logs="disabled")), "off")
    policies.attach(off, FIRST)
    policies.attach(off, policies.units["Sandbox"])
    assert member_feature(sandbox, FIRST)["Status"] == "DISABLED"
    policies.attach(policies.create(document(default=locked), "locked"), policies.root)
    for account in (FIRST, SECOND):
        assert member_feature(sandbox, account)["Status"] == "ENABLED"
    # What only says what children may do manages nothing.
    lock_alone = {"eks_audit_logs": {"status": {LOCK: ["@@none"]}}}
    policies.create(document(default=lock_alone), "lock alone")


def test_the_last_valid_policy_stays_while_the_effective_one_is_invalid(
    sandbox: RunningSandbox,
) -> None:
    policies = Policies(sandbox)
    policies.enable()
    on = policies.create(ENABLED, "on")
    invalid = policies.create(document(default=plans(foundational="disabled")), "invalid")
    policies.attach(on, policies.units["Test"])
    assert policies.invalid_accounts() == []
    policies.attach(invalid, FIRST)
    # An account that was never under a valid one has nothing in force.
    policies.attach(invalid, SECOND)
    policies.attach(on, policies.units["Sandbox"])

    assert policies.invalid_accounts() == [FIRST, SECOND]
    kept = member_feature(sandbox, FIRST)
    assert (kept["Status"], kept["ManagedBy"]) == ("ENABLED", "GUARDDUTY_POLICY")
    assert (
        sandbox.boto3("guardduty", FIRST).get_detector(DetectorId=sandbox.detector(FIRST))["Status"]
        == "ENABLED"
    )
    shown = policies.api.describe_effective_policy(PolicyType="GUARDDUTY_POLICY", TargetId=FIRST)
    assert json.loads(shown["EffectivePolicy"]["PolicyContent"])["guardduty"]["enablement"] == {
        "default": {
            "foundational": {"status": "enabled"},
            "eks_audit_logs": {"status": "enabled"},
        }
    }
    found = policies.api.list_effective_policy_validation_errors(
        AccountId=FIRST, PolicyType="GUARDDUTY_POLICY"
    )
    assert found["Path"].endswith(f"/{policies.root}/{policies.units['Test']}/{FIRST}/")
    (fault,) = found["EffectivePolicyValidationErrors"]
    assert fault["PathToError"] == "$.guardduty.enablement.default.foundational"
    assert fault["ContributingPolicies"] == [on, invalid]

    policies.api.detach_policy(PolicyId=invalid, TargetId=FIRST)
    assert policies.invalid_accounts() == [SECOND]
    assert not policies.api.list_effective_policy_validation_errors(
        AccountId=FIRST, PolicyType="GUARDDUTY_POLICY"
    )["EffectivePolicyValidationErrors"]


def test_invalid_policies_are_listed_by_type_and_account(
    sandbox: RunningSandbox,
) -> None:
    policies = Policies(sandbox)
    listed = policies.api.list_accounts_with_invalid_effective_policy
    assert listed(PolicyType="TAG_POLICY")["Accounts"] == []
    faults = policies.api.list_effective_policy_validation_errors
    for call, code, reason in (
        (partial(listed, PolicyType="GUARDDUTY_POLICY"), "EffectivePolicyNotFoundException", None),
        (
            partial(listed, PolicyType="SERVICE_CONTROL_POLICY"),
            "InvalidInputException",
            "INVALID_ENUM_POLICY_TYPE",
        ),
        (
            partial(faults, AccountId=FIRST, PolicyType="GUARDDUTY_POLICY"),
            "EffectivePolicyNotFoundException",
            None,
        ),
        (
            partial(faults, AccountId="999999999999", PolicyType="GUARDDUTY_POLICY"),
            "AccountNotFoundException",
            None,
        ),
    ):
        assert refusal(call) == (code, reason)


# What is refused.


def test_policies_have_the_documented_limits(sandbox: RunningSandbox) -> None:
    policies = Policies(sandbox)
    policies.enable()
    for number in range(10):
        policies.attach(policies.create(ENABLED, f"policy {number}"), FIRST)
    eleventh = policies.create(ENABLED, "eleventh")
    too_many = ("ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    assert refusal(partial(policies.attach, eleventh, FIRST)) == too_many
    policies.attach(eleventh, SECOND)
    # White space counts.
    policies.create(ENABLED.ljust(10_000), "long")
    too_long = ("ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED")
    assert refusal(partial(policies.create, ENABLED.ljust(10_001))) == too_long
    longer = partial(policies.api.update_policy, PolicyId=eleventh, Content=ENABLED.ljust(10_001))
    assert refusal(longer) == too_long


def test_attaching_and_detaching_twice_is_refused(sandbox: RunningSandbox) -> None:
    policies = Policies(sandbox)
    policies.enable()
    policy = policies.create(ENABLED)
    detach = partial(policies.api.detach_policy, PolicyId=policy, TargetId=FIRST)
    assert refused(detach) == "PolicyNotAttachedException"
    policies.attach(policy, FIRST)
    assert refused(partial(policies.attach, policy, FIRST)) == "DuplicatePolicyAttachmentException"
    assert refused(partial(policies.attach, policy, "999999999999")) == "TargetNotFoundException"
    delete = partial(policies.api.delete_policy, PolicyId=policy)
    assert refused(delete) == "PolicyInUseException"
    detach()
    delete()


def test_trusted_access_comes_before_the_policy_type_and_goes_after_it(
    sandbox: RunningSandbox,
) -> None:
    policies = Policies(sandbox)
    policies.enable()
    forbid = partial(
        policies.api.disable_aws_service_access, ServicePrincipal="guardduty.amazonaws.com"
    )
    too_early = ("ConstraintViolationException", "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE")
    assert refusal(forbid) == too_early
    policies.disable()
    forbid()
    no_access = ("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED")
    assert refusal(policies.enable) == no_access
    policies.api.enable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    policies.enable()


# The delegation policy.


def statement(*actions: str, **more: object) -> dict[str, object]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{FIRST}:root"},
        "Action": [f"organizations:{action}" for action in actions],
        "Resource": "*",
        **more,
    }


def delegation(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_the_delegation_policy_is_the_management_accounts(sandbox: RunningSandbox) -> None:
    api = Policies(sandbox).api
    assert refused(api.describe_resource_policy) == "ResourcePolicyNotFoundException"
    assert refused(api.delete_resource_policy) == "ResourcePolicyNotFoundException"
    content = delegation(statement("ListPolicies"))
    made = api.put_resource_policy(Content=content)["ResourcePolicy"]
    summary = made["ResourcePolicySummary"]
    assert summary["Arn"].endswith(f"/{summary['Id']}")
    assert ":resourcepolicy/o-" in summary["Arn"]
    read = sandbox.boto3("organizations", ADMINISTRATOR).describe_resource_policy()
    assert read["ResourcePolicy"] == made
    assert made["Content"] == content
    for account in (ADMINISTRATOR, FIRST):
        member = sandbox.boto3("organizations", account)
        written = partial(member.put_resource_policy, Content=content)
        assert refused(written) == "AccessDeniedException"
        assert refused(member.delete_resource_policy) == "AccessDeniedException"
    api.delete_resource_policy()
    assert refused(api.describe_resource_policy) == "ResourcePolicyNotFoundException"


def test_a_member_does_with_policies_what_is_delegated_to_it(sandbox: RunningSandbox) -> None:
    policies, member = Policies(sandbox), Policies(sandbox)
    member.api = sandbox.boto3("organizations", FIRST)
    assert refused(member.enable) == "AccessDeniedException"
    below = {"Resource": [f"arn:aws:organizations::{MANAGEMENT}:{kind}/o-*" for kind in TARGETS]}
    of_type = {"Condition": {"StringLikeIfExists": {"organizations:PolicyType": ["GUARDDUTY_*"]}}}
    writes = ("CreatePolicy", "AttachPolicy", "DetachPolicy", "EnablePolicyType")
    policies.api.put_resource_policy(
        Content=delegation(
            statement(*writes, **below, **of_type),
            statement("List*"),
            statement(
                "AttachPolicy",
                Effect="Deny",
                Resource=f"arn:aws:organizations::{MANAGEMENT}:account/o-*/{SECOND}",
            ),
        )
    )
    member.enable()
    policy = member.create(ENABLED)
    member.attach(policy, FIRST)
    assert member_feature(sandbox, FIRST)["ManagedBy"] == "GUARDDUTY_POLICY"
    assert len(member.api.list_policies(Filter="GUARDDUTY_POLICY")["Policies"]) == 1
    of_services = partial(
        member.api.create_policy,
        Content=json.dumps({"Version": "2012-10-17", "Statement": []}),
        Description="",
        Name="services",
        Type="SERVICE_CONTROL_POLICY",
    )
    for call in (
        of_services,
        # Denied for that account, not allowed at all, and for units not either.
        partial(member.attach, policy, SECOND),
        partial(member.attach, policy, policies.units["Test"]),
        partial(member.api.update_policy, PolicyId=policy, Name="other"),
        partial(member.api.delete_policy, PolicyId=policy),
        # On no list of what can be delegated.
        member.invalid_accounts,
    ):
        assert refused(call) == "AccessDeniedException"
    member.api.detach_policy(PolicyId=policy, TargetId=FIRST)
    policies.api.delete_resource_policy()
    assert refused(partial(member.attach, policy, FIRST)) == "AccessDeniedException"


def test_effective_policies_of_others_are_for_those_who_may_read_them(
    sandbox: RunningSandbox,
) -> None:
    sandbox.client.assign_policy([FIRST])
    policies = Policies(sandbox)
    first = sandbox.boto3("organizations", FIRST)
    second = sandbox.boto3("organizations", SECOND)
    asked = {"PolicyType": "GUARDDUTY_POLICY", "TargetId": FIRST}
    first.describe_effective_policy(**asked)
    sandbox.boto3("organizations", ADMINISTRATOR).describe_effective_policy(**asked)
    ask = partial(second.describe_effective_policy, **asked)
    assert refused(ask) == "AccessDeniedException"
    allowed = statement("DescribeEffectivePolicy", Principal={"AWS": SECOND})
    policies.api.put_resource_policy(Content=delegation(allowed))
    assert ask()["EffectivePolicy"]["TargetId"] == FIRST


NOT_MEANT = (
    ("no JSON", "INVALID_RESOURCE_POLICY_JSON"),
    ("{}", "INVALID_RESOURCE_POLICY_JSON"),
    (delegation({"Effect": "Allow"}), "INVALID_RESOURCE_POLICY_JSON"),
    (delegation(statement("ListRoots", Effect="Yes")), "INVALID_RESOURCE_POLICY_JSON"),
    (delegation(statement("ListRoots", NotAction="x")), "INVALID_RESOURCE_POLICY_JSON"),
    (delegation(statement("ListRoots", Resource=[])), "INVALID_RESOURCE_POLICY_JSON"),
    (delegation(statement("ListRoots", Principal={"AWS": "me"})), "INVALID_PRINCIPAL"),
    (
        delegation(statement("ListRoots", Principal={"AWS": "999999999999"})),
        "INVALID_PRINCIPAL",
    ),
    (delegation(statement("CreateAccount")), "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
    (
        delegation(statement("ListRoots", Resource="arn:aws:s3:::bucket")),
        "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY",
    ),
    (
        delegation(
            statement(
                "ListPolicies",
                Condition={"StringEquals": {"organizations:PolicyType": "GUARD_POLICY"}},
            )
        ),
        "UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY",
    ),
    (delegation(statement("ListRoots")).ljust(40_001), "MAX_LENGTH_EXCEEDED"),
)


def test_a_delegation_policy_that_cant_be_meant_is_refused(sandbox: RunningSandbox) -> None:
    api = Policies(sandbox).api
    for content, reason in NOT_MEANT:
        put = partial(api.put_resource_policy, Content=content)
        assert refusal(put) == ("InvalidInputException", reason), content
