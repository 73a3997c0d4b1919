"""Identity-based policies: what IAM lets a caller do, and what it says of the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.iam.policies import Asked, Verdict, verdict
from aws_sandbox.organization import default_organization
from aws_sandbox.server import Sandbox
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from aws_sandbox.testing.in_process import InProcess

if TYPE_CHECKING:
    from collections.abc import Mapping

REGION = "us-east-1"
MEMBER = "300000000001"
SESSION = "somebody@example.com"


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(*actions: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    """A statement that allows actions."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def deny(*actions: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    """A statement that denies actions."""
    return {**allow(*actions, **more), "Effect": "Deny"}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("guardduty:GetDetector"), Verdict.ALLOWED),
        (allow("guardduty:Get*"), Verdict.ALLOWED),
        (allow("GUARDDUTY:getdetector"), Verdict.ALLOWED),
        (allow("guardduty:GetDetecto?"), Verdict.ALLOWED),
        ({"Effect": "Allow", "Action": "*", "Resource": "*"}, Verdict.ALLOWED),
        (allow("guardduty:GetMembers"), Verdict.IMPLICIT_DENY),
        (deny("guardduty:*"), Verdict.EXPLICIT_DENY),
        (allow("guardduty:*", Resource="arn:*:guardduty:*:*:detector/*"), Verdict.ALLOWED),
        (allow("guardduty:*", Resource="arn:aws:guardduty:eu-*:*:*"), Verdict.IMPLICIT_DENY),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, Verdict.ALLOWED),
        ({"Effect": "Allow", "NotAction": "guardduty:*", "Resource": "*"}, Verdict.IMPLICIT_DENY),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:*:s3:::*"}, Verdict.ALLOWED),
        (
            allow("*", Condition={"StringEquals": {"aws:RequestedRegion": REGION}}),
            Verdict.ALLOWED,
        ),
        (
            allow("*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
            Verdict.IMPLICIT_DENY,
        ),
        (allow("*", Condition={"NumericLessThan": {"aws:any": "1"}}), Verdict.IMPLICIT_DENY),
        (deny("*", Condition={"NumericLessThan": {"aws:any": "1"}}), Verdict.EXPLICIT_DENY),
    ],
)
def test_a_statement_is_about_what_it_names(
    statement: Mapping[str, Any], expected: Verdict
) -> None:
    detector = f"arn:aws:guardduty:{REGION}:{ADMINISTRATOR}:detector/d1"
    asked = Asked("guardduty:GetDetector", detector, {"aws:requestedregion": REGION})
    assert verdict([json.dumps(policy(statement))], asked) is expected


def test_a_deny_wins_whatever_another_policy_allows() -> None:
    documents = [json.dumps(policy(each)) for each in (allow("*"), deny("iam:*"))]
    assert verdict(documents, Asked("iam:GetRole")) is Verdict.EXPLICIT_DENY
    assert verdict(documents, Asked("sts:AssumeRole")) is Verdict.ALLOWED
    assert verdict([], Asked("iam:GetRole")) is Verdict.IMPLICIT_DENY


def test_an_action_without_resource_types_needs_all_resources() -> None:
    narrow = json.dumps(policy(allow("*", Resource="arn:*:guardduty:*:*:detector/*")))
    assert verdict([narrow], Asked("guardduty:ListMembers")) is Verdict.IMPLICIT_DENY


class Organization:
    """An organization in which somebody acts as a role with policies."""

    def __init__(self) -> None:
        self.aws = InProcess()
        self.aws.talk_to(Sandbox(default_organization(2, [REGION])))

    def role(self, *policies: Mapping[str, Any], account: str = ADMINISTRATOR) -> str:
        """Make a role with these inline policies, by IAM's own operations; its ARN."""
        iam = self.aws.boto3("iam", account)
        principal = {"AWS": account}
        trust = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})
        made = iam.create_role(RoleName="narrow", AssumeRolePolicyDocument=json.dumps(trust))
        for number, document in enumerate(policies):
            name, text = f"p{number}", json.dumps(document)
            iam.put_role_policy(RoleName="narrow", PolicyName=name, PolicyDocument=text)
        return str(made["Role"]["Arn"])

    def acting(self, role: str, **assume: str) -> dict[str, str]:
        """The keys of a session of a role, as settings of a boto3 client."""
        sts = self.aws.boto3("sts", role.split(":")[4])
        answer = sts.assume_role(RoleArn=role, RoleSessionName=SESSION, **assume)
        keys = answer["Credentials"]
        return {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }

    def client(self, service: str, *policies: Mapping[str, Any], **assume: str) -> Any:  # noqa: ANN401 -- a boto3 client
        """A client of the administrator's role with these policies."""
        return self.aws.boto3_with(service, **self.acting(self.role(*policies), **assume))

    @property
    def detector(self) -> str:
        """The administrator's detector."""
        guardduty = self.aws.boto3("guardduty", ADMINISTRATOR)
        return str(guardduty.list_detectors()["DetectorIds"][0])


@pytest.fixture
def organization() -> Organization:
    return Organization()


def test_a_role_without_a_policy_may_do_everything(organization: Organization) -> None:
    guardduty = organization.client("guardduty")
    guardduty.update_detector(DetectorId=organization.detector, Enable=True)


def test_what_no_policy_allows_is_refused_in_iams_words(organization: Organization) -> None:
    guardduty = organization.client("guardduty", policy(allow("guardduty:Get*")))
    detector = organization.detector
    assert guardduty.get_detector(DetectorId=detector)["Status"] == "ENABLED"

    with pytest.raises(ClientError) as refused:
        guardduty.update_detector(DetectorId=detector, Enable=False)

    assert refused.value.response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": f"User: arn:aws:sts::{ADMINISTRATOR}:assumed-role/narrow/{SESSION} is not "
        "authorized to perform: guardduty:UpdateDetector on resource: "
        f"arn:aws:guardduty:{REGION}:{ADMINISTRATOR}:detector/{detector} because no "
        "identity-based policy allows the guardduty:UpdateDetector action",
    }
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert guardduty.get_detector(DetectorId=detector)["Status"] == "ENABLED"
    assert organization.aws.control("GET", "calls")[-2]["outcome"] == ("AccessDeniedException")


def test_an_explicit_deny_is_told_apart(organization: Organization) -> None:
    both = policy(allow("*"), deny("guardduty:ListMembers"))
    guardduty = organization.client("guardduty", both)
    with pytest.raises(ClientError, match="with an explicit deny in an identity-based policy"):
        guardduty.list_members(DetectorId=organization.detector)


def test_each_service_refuses_in_its_own_protocol(organization: Organization) -> None:
    keys = organization.acting(organization.role(policy(allow("guardduty:*"))))
    asked: dict[str, tuple[str, dict[str, str], str]] = {
        "organizations": ("list_roots", {}, "AccessDeniedException"),
        "iam": ("list_roles", {}, "AccessDenied"),
        "account": ("list_regions", {}, "AccessDeniedException"),
        "ec2": ("describe_regions", {}, "UnauthorizedOperation"),
        "sts": ("get_session_token", {}, "AccessDenied"),
    }
    for service, (operation, parameters, code) in asked.items():
        client = organization.aws.boto3_with(service, **keys)
        with pytest.raises(ClientError) as refused:
            getattr(client, operation)(**parameters)
        assert refused.value.response["Error"]["Code"] == code
        assert "because no identity-based policy allows" in str(refused.value)


def test_who_one_is_needs_no_permission(organization: Organization) -> None:
    sts = organization.client("sts", policy(deny("*")))
    assert sts.get_caller_identity()["Account"] == ADMINISTRATOR


def test_a_user_and_an_attached_policy_count_too(organization: Organization) -> None:
    iam = organization.aws.boto3("iam", ADMINISTRATOR)
    iam.create_user(UserName="auditor")
    made = iam.create_policy(
        PolicyName="reads", PolicyDocument=json.dumps(policy(allow("guardduty:List*")))
    )
    iam.attach_user_policy(UserName="auditor", PolicyArn=made["Policy"]["Arn"])
    key = iam.create_access_key(UserName="auditor")["AccessKey"]
    guardduty = organization.aws.boto3_with(
        "guardduty",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assert guardduty.list_detectors()["DetectorIds"] == [organization.detector]
    with pytest.raises(ClientError, match="user/auditor is not authorized to perform"):
        guardduty.get_detector(DetectorId=organization.detector)


def test_a_group_gives_its_policies_to_its_users(organization: Organization) -> None:
    iam = organization.aws.boto3("iam", ADMINISTRATOR)
    iam.create_user(UserName="auditor")
    iam.create_group(GroupName="auditors")
    iam.add_user_to_group(GroupName="auditors", UserName="auditor")
    text = json.dumps(policy(allow("guardduty:List*")))
    iam.put_group_policy(GroupName="auditors", PolicyName="reads", PolicyDocument=text)
    user = f"arn:aws:iam::{ADMINISTRATOR}:user/auditor"
    assert simulated(iam, user, "guardduty:ListMembers", "guardduty:GetDetector") == {
        "guardduty:ListMembers": "allowed",
        "guardduty:GetDetector": "implicitDeny",
    }


def test_a_session_policy_narrows_a_session(organization: Organization) -> None:
    narrowed = json.dumps(policy(allow("guardduty:List*")))
    guardduty = organization.client("guardduty", policy(allow("guardduty:*")), Policy=narrowed)
    guardduty.list_detectors()
    with pytest.raises(ClientError, match="because no session policy allows"):
        guardduty.get_detector(DetectorId=organization.detector)


def test_a_session_policy_has_to_be_one(organization: Organization) -> None:
    role = organization.role()
    for text in ("no JSON", "[]", "{}", '{"Statement": ["?"]}'):
        with pytest.raises(ClientError) as refused:
            organization.acting(role, Policy=text)
        assert refused.value.response["Error"]["Code"] == "MalformedPolicyDocument"


def test_a_detector_needs_a_role_and_the_right_to_tag(organization: Organization) -> None:
    creates = policy(allow("guardduty:CreateDetector"))
    role = organization.role(creates, account=MANAGEMENT)
    keys = organization.acting(role)
    guardduty = organization.aws.boto3_with("guardduty", **keys)
    with pytest.raises(ClientError, match="no identity-based policy allows the guardduty:TagRes"):
        guardduty.create_detector(Enable=True, Tags={"a": "b"})
    with pytest.raises(ClientError, match="the iam:CreateServiceLinkedRole action"):
        guardduty.create_detector(Enable=True)
    condition = {"StringEquals": {"iam:AWSServiceName": "guardduty.amazonaws.com"}}
    links = policy(allow("iam:CreateServiceLinkedRole", Condition=condition))
    iam = organization.aws.boto3("iam", MANAGEMENT)
    iam.put_role_policy(RoleName="narrow", PolicyName="l", PolicyDocument=json.dumps(links))
    guardduty.create_detector(Enable=True)


def test_who_designates_needs_rights_in_organizations(organization: Organization) -> None:
    designates = policy(allow("guardduty:EnableOrganizationAdminAccount"))
    role = organization.role(designates, account=MANAGEMENT)
    guardduty = organization.aws.boto3_with("guardduty", **organization.acting(role))
    with pytest.raises(ClientError, match="perform: organizations:DescribeAccount"):
        guardduty.enable_organization_admin_account(AdminAccountId=MEMBER)


def test_a_simulation_says_what_would_be_allowed(organization: Organization) -> None:
    condition = {"StringEquals": {"iam:AWSServiceName": "guardduty.amazonaws.com"}}
    role = organization.role(
        policy(
            allow("guardduty:Get*", "iam:Simulate*"),
            deny("guardduty:DeleteDetector"),
            allow("iam:CreateServiceLinkedRole", Condition=condition),
        )
    )
    iam = organization.aws.boto3_with("iam", **organization.acting(role))
    actions = ("guardduty:GetDetector", "guardduty:DeleteDetector", "guardduty:ListMembers")
    assert list(simulated(iam, role, *actions).values()) == [
        "allowed",
        "explicitDeny",
        "implicitDeny",
    ]
    asked = {"PolicySourceArn": role, "ActionNames": ["iam:CreateServiceLinkedRole"]}
    (lacking,) = iam.simulate_principal_policy(**asked)["EvaluationResults"]
    assert lacking["EvalDecision"] == "implicitDeny"
    assert lacking["MissingContextValues"] == ["iam:AWSServiceName"]
    context = {
        "ContextKeyName": "iam:AWSServiceName",
        "ContextKeyValues": ["guardduty.amazonaws.com"],
        "ContextKeyType": "string",
    }
    (met,) = iam.simulate_principal_policy(**asked, ContextEntries=[context])["EvaluationResults"]
    assert met["EvalDecision"] == "allowed"
    assert met["EvalResourceName"] == "*"


def test_a_simulation_needs_the_permission_for_it(organization: Organization) -> None:
    role = organization.role(policy(allow("guardduty:*")))
    iam = organization.aws.boto3_with("iam", **organization.acting(role))
    with pytest.raises(ClientError, match="not authorized to perform: iam:SimulatePrincipal"):
        simulated(iam, role, "guardduty:GetDetector")


def test_a_simulation_is_about_a_user_or_role_of_the_account(organization: Organization) -> None:
    iam = organization.aws.boto3("iam", ADMINISTRATOR)
    session = f"arn:aws:sts::{ADMINISTRATOR}:assumed-role/narrow/{SESSION}"
    for arn in (session, f"arn:aws:iam::{MANAGEMENT}:role/narrow"):
        with pytest.raises(iam.exceptions.InvalidInputException):
            simulated(iam, arn, "guardduty:GetDetector")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        simulated(iam, f"arn:aws:iam::{ADMINISTRATOR}:role/nobody", "guardduty:GetDetector")


def test_the_control_interface_makes_roles_with_policies(organization: Organization) -> None:
    reads, writes = policy(allow("guardduty:Get*")), policy(allow("guardduty:Update*"))
    body = {"name": "narrow", "trusted": [ADMINISTRATOR], "policies": [reads, writes]}
    path = f"accounts/{ADMINISTRATOR}/roles"
    role = organization.aws.control("POST", path, body)["roleArn"]
    iam = organization.aws.boto3("iam", ADMINISTRATOR)
    assert set(
        simulated(iam, role, "guardduty:GetDetector", "guardduty:UpdateDetector").values()
    ) == {"allowed"}
    organization.aws.control("POST", path, {"name": "narrow", "trusted": [MANAGEMENT]})
    assert len(iam.list_role_policies(RoleName="narrow")["PolicyNames"]) == 2


def simulated(iam: Any, arn: str, *actions: str) -> dict[str, str]:  # noqa: ANN401 -- a boto3 client
    """What a simulation says of each action."""
    answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=list(actions))
    return {each["EvalActionName"]: each["EvalDecision"] for each in answer["EvaluationResults"]}
