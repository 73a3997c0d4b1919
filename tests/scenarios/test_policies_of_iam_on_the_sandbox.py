"""The policies of docs/iam: what they let a role do on the sandbox, in every partition."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape

from aws_sandbox.organization import default_organization
from aws_sandbox.server import Sandbox
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from aws_sandbox.testing.in_process import InProcess
from guardduty_eks_audit_logs.reading.coverage import Target, read_coverage
from guardduty_eks_audit_logs.reports.coverage.rows import Require
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.engine.roles import policy
from tests.support.sandbox_in_process import SandboxInProcess, described
from tests.support.vocabulary import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REGIONS = ("us-east-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1")
READS = ("Get", "List", "Describe", "Simulate")


class Acting:
    """A role of an organization with policies of docs/iam."""

    def __init__(self, *policies: str, account: str, region: str = "us-east-1") -> None:
        self.sandbox = Sandbox(default_organization(2, [region]))
        self.region = region
        self.aws = InProcess()
        self.aws.talk_to(self.sandbox)
        body = {
            "name": "narrow",
            "trusted": [account],
            "policies": [policy(name) for name in policies],
        }
        role = self.aws.control("POST", f"accounts/{account}/roles", body)["roleArn"]
        sts = self.aws.boto3("sts", account, region)
        self._keys = sts.assume_role(RoleArn=role, RoleSessionName="narrow")["Credentials"]

    def client(self, service: str) -> Any:  # noqa: ANN401 -- depends on the service
        """A client that acts as the role."""
        return self.aws.boto3_with(
            service,
            self.region,
            aws_access_key_id=self._keys["AccessKeyId"],
            aws_secret_access_key=self._keys["SecretAccessKey"],
            aws_session_token=self._keys["SessionToken"],
            config=Config(parameter_validation=False),
        )

    def detector(self) -> str:
        """The administrator's detector."""
        guardduty = self.aws.boto3("guardduty", ADMINISTRATOR, self.region)
        return str(guardduty.list_detectors()["DetectorIds"][0])


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _writing(*services: str) -> Iterator[tuple[str, OperationModel]]:
    """Every operation of AWS's models that is none of those that read."""
    for service in services:
        for name in _model(service).operation_names:
            if not name.startswith(READS):
                yield service, _model(service).operation_model(name)


def _least(shape: Shape | None, detector: str) -> Any:  # noqa: ANN401 -- JSON
    """A value that boto3 sends for a shape."""
    if isinstance(shape, StructureShape):
        return {
            name: detector if name == "DetectorId" else _least(shape.members[name], detector)
            for name in shape.required_members
        }
    if isinstance(shape, ListShape):
        return [_least(shape.member, detector)]
    kinds = {"boolean": True, "integer": 1, "long": 1, "double": 1.0, "timestamp": 0, "map": {}}
    return kinds.get(shape.type_name, "x" * 40) if shape else {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("account", "policies"),
    [
        (ADMINISTRATOR, ("preview", "units", "tags", "create-preview", "doctor")),
        (ADMINISTRATOR, ("coverage", "doctor")),
        (MANAGEMENT, ("delegation-preview", "doctor")),
    ],
)
def test_no_write_is_let_through(account: str, policies: tuple[str, ...]) -> None:
    acting = Acting(*policies, account=account)
    detector = acting.detector()
    before = acting.aws.control("GET", "actual-state")
    clients = {name: acting.client(name) for name in ("guardduty", "organizations", "iam")}
    asked = list(_writing(*clients))
    assert len(asked) > 100
    for service, operation in asked:
        call = getattr(clients[service], xform_name(operation.name))
        with pytest.raises(ClientError) as refused:
            call(**_least(operation.input_shape, detector))
        assert f"not authorized to perform: {service}:{operation.name} on" in str(refused.value)
    assert acting.aws.control("GET", "actual-state") == before


@pytest.mark.parametrize("region", REGIONS)
def test_the_policies_hold_in_every_partition(region: str) -> None:
    acting = Acting("deploy", account=ADMINISTRATOR, region=region)
    guardduty = acting.client("guardduty")
    detector = guardduty.list_detectors()["DetectorIds"][0]
    guardduty.get_detector(DetectorId=detector)
    guardduty.update_detector(DetectorId=detector, Enable=True)
    with pytest.raises(ClientError, match="no identity-based policy allows"):
        guardduty.delete_detector(DetectorId=detector)


@pytest.mark.parametrize("region", REGIONS)
def test_a_detector_can_be_made_in_every_partition(region: str) -> None:
    acting = Acting("deploy", "create-deploy", account=MANAGEMENT, region=region)
    made = acting.client("guardduty").create_detector(Enable=True, Tags={"stack": "prod"})
    assert made["DetectorId"]


@pytest.mark.parametrize("region", REGIONS)
def test_an_administrator_can_be_designated_in_every_partition(region: str) -> None:
    acting = Acting("delegation", account=MANAGEMENT, region=region)
    guardduty = acting.client("guardduty")
    guardduty.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    guardduty.enable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    (found,) = guardduty.list_organization_admin_accounts()["AdminAccounts"]
    assert found["AdminAccountId"] == ADMINISTRATOR


def test_the_coverage_is_whole_under_its_policies(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bare_environment(monkeypatch, tmp_path)
    prod = {"ou": "Root/Prod", "tags": {"env": "prod"}}
    accounts = [{"id": f"30000000000{n}", "name": "shop", **prod} for n in range(1, 4)]
    accounts.append({"id": "300000000009", "name": "test", "ou": "Root/Test"})
    sandbox = SandboxInProcess(described(accounts=accounts))
    in_place_of_sockets(monkeypatch, sandbox)
    sandbox.control("POST", "policies", {"plans": {"EKS_AUDIT_LOGS": "ENABLED"}})
    rules = [
        {"status": "DISABLED", "organizationalUnits": ["Root/Test"]},
        {"status": "ENABLED", "tags": {"env": "prod"}},
    ]
    stack = settings(members=rules)
    names = ("coverage", "tags")

    body = {"name": "auditor", "trusted": [ADMINISTRATOR], "policies": [policy(n) for n in names]}
    role = sandbox.control("POST", f"accounts/{ADMINISTRATOR}/roles", body)["roleArn"]
    sts = sandbox.boto3("sts")
    keys = sts.assume_role(RoleArn=role, RoleSessionName="auditor")["Credentials"]
    auditor = {
        "aws:accessKey": keys["AccessKeyId"],
        "aws:secretKey": keys["SecretAccessKey"],
        "aws:token": keys["SessionToken"],
    }
    coverage = read_coverage([Target("prod", "us-east-1", stack, auditor.get)], Require.RULES)

    assert coverage.problems == ()
    assert coverage.unread == ()
    assert {row.unit for row in coverage.rows} >= {"Root/Prod"}
    assert any(row.decided_by.startswith("policy ") for row in coverage.rows)
    calls = sandbox.control("GET", "calls")
    assert {call["outcome"] for call in calls} == {"ok"}
    assert not [call for call in calls[1:] if not call["operation"].startswith(READS)]
