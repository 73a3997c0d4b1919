"""What the doctor finds in each mode, and where there is little to ask about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from aws_sandbox.credentials import access_key_id, secret_access_key
from aws_sandbox.testing import ADMINISTRATOR, MANAGEMENT
from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
from guardduty_eks_audit_logs.aws.probes import REQUESTS
from guardduty_eks_audit_logs.errors import ConnectionFailedError, CredentialsError, UserError
from guardduty_eks_audit_logs.planning.permissions import PERMISSIONS, Caller, Purpose
from guardduty_eks_audit_logs.reading.coverage import Target
from guardduty_eks_audit_logs.reading.prerequisites import read_prerequisites
from guardduty_eks_audit_logs.reports.doctor import Finding, Prerequisite, State
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.sandbox_in_process import SandboxInProcess, described, keys_of
from tests.support.vocabulary import account, settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Serve = Callable[..., SandboxInProcess]

_REGION = "us-east-1"
_ALONE = "800000000001"
_TRIED = {Purpose.PREVIEW, Purpose.DEPLOY, Purpose.DELEGATION, Purpose.COVERAGE}


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Serve:
    bare_environment(monkeypatch, tmp_path)

    def serve(**organization: Any) -> SandboxInProcess:  # noqa: ANN401 - as YAML has it
        member = {"id": account(1), "name": "shop", "ou": "Root/Prod"}
        whole = {"regions": [_REGION], "accounts": [member], **organization}
        sandbox = SandboxInProcess(described(**whole))
        in_place_of_sockets(monkeypatch, sandbox)
        return sandbox

    return serve


def _found(
    caller: str = ADMINISTRATOR, region: str = _REGION, **chosen: object
) -> dict[str, Finding]:
    target = Target("prod", region, settings(**chosen), keys_of(caller, region=region))
    return {finding.prerequisite: finding for finding in read_prerequisites([target])}


def _may_only(*actions: str) -> None:
    """The administrator's user may do this and nothing else from now on."""
    iam = boto3.Session().client(
        "iam",
        region_name=_REGION,
        aws_access_key_id=access_key_id(ADMINISTRATOR),
        aws_secret_access_key=secret_access_key(ADMINISTRATOR),
    )
    (user,) = iam.list_users()["Users"]
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user["UserName"], PolicyName="only", PolicyDocument=policy)


def _states(found: dict[str, Finding], *names: Prerequisite) -> list[State]:
    return [found[name].state for name in names]


def test_every_read_of_the_table_can_be_tried() -> None:
    reads = {
        row.action
        for row in PERMISSIONS
        if not row.writes and row.purposes & _TRIED and row.callers != {Caller.AWS}
    }

    assert {action for action in reads if not action.startswith("s3:")} <= {*REQUESTS}


def test_an_organization_with_billing_only_gets_the_command(serve: Serve) -> None:
    serve().feature_set = "CONSOLIDATED_BILLING"

    found = _found()[Prerequisite.ALL_FEATURES]

    assert found.state is State.MISSING
    assert f"account {MANAGEMENT}, run `aws organizations enable-all-features`" in found.way_out


def test_an_account_in_no_organization_is_told_so(serve: Serve) -> None:
    serve(standaloneAccounts=[{"id": _ALONE, "name": "partner"}])

    found = _found(_ALONE)

    assert found[Prerequisite.ALL_FEATURES].state is State.MISSING
    assert "in no organization" in found[Prerequisite.ALL_FEATURES].seen
    assert found[Prerequisite.ADMINISTRATOR].state is State.MISSING


@pytest.mark.parametrize("mode", ["standalone", "invitation"])
def test_modes_without_an_organization_do_not_need_one(serve: Serve, mode: str) -> None:
    serve(standaloneAccounts=[{"id": _ALONE, "name": "partner"}])

    found = _found(_ALONE, mode=mode)

    of_organization = (Prerequisite.ALL_FEATURES, Prerequisite.TRUSTED_ACCESS)
    assert _states(found, *of_organization) == [State.NOT_NEEDED] * 2
    own = (Prerequisite.ADMINISTRATOR, Prerequisite.DETECTOR, Prerequisite.FEATURE)
    assert _states(found, *own) == [State.OK] * 3
    assert State.MISSING not in {one.state for one in found.values()}


def test_a_detector_that_the_stack_makes_is_not_missing(serve: Serve) -> None:
    serve(regionsWithoutAdministratorDetector=[_REGION])

    found = _found(detector="create")

    assert found[Prerequisite.DETECTOR].state is State.OK
    assert found[Prerequisite.ADMINISTRATOR].state is State.OK
    assert found[Prerequisite.FEATURE].state is State.NOT_CHECKED
    assert "no detector" in found["guardduty:GetDetector"].seen


def test_a_detector_of_unknown_making_is_left_to_the_preview(serve: Serve) -> None:
    serve()

    found = _found(detector="create")[Prerequisite.DETECTOR]

    assert found.state is State.NOT_CHECKED
    assert "`pulumi preview`" in found.way_out


@pytest.mark.parametrize(
    ("actions", "state", "said"),
    [
        (["account:ListRegions"], State.MISSING, "AWS lists no region eu-west-3"),
        (["sts:GetCallerIdentity"], State.UNKNOWN, "in this region only"),
    ],
)
def test_a_region_that_refuses_credentials_is_looked_up_elsewhere(
    serve: Serve, actions: list[str], state: State, said: str
) -> None:
    serve()
    _may_only(*actions)

    found = _found(region="eu-west-3")

    assert found[Prerequisite.CREDENTIALS].state is State.OK
    assert found[Prerequisite.REGION].state is state
    assert said in found[Prerequisite.REGION].seen
    assert found["guardduty:UpdateDetector"].state is State.NOT_CHECKED


def test_a_region_that_alone_refuses_and_needs_no_opt_in_is_unknown(serve: Serve) -> None:
    fault = {"service": "guardduty", "effect": {"kind": "ExpiredToken"}}
    serve().control("POST", "faults", fault)

    found = _found()

    assert found[Prerequisite.CREDENTIALS].state is State.OK
    assert found[Prerequisite.REGION].state is State.UNKNOWN
    assert "does not accept the credentials" in found[Prerequisite.REGION].seen
    assert found[Prerequisite.REGION].way_out


def test_credentials_that_no_region_accepts_are_missing(serve: Serve) -> None:
    serve()

    found = _found("999999999999")[Prerequisite.CREDENTIALS]

    assert found.state is State.MISSING
    assert found.way_out


def test_an_account_that_can_not_be_designated_is_named(serve: Serve) -> None:
    serve()
    guardduty = {"mode": "delegation", "administratorAccountId": "999999999999"}

    found = _found(MANAGEMENT, **guardduty)

    assert found[Prerequisite.ADMINISTRATOR].state is State.MISSING
    assert found["organizations:DescribeAccount"].state is State.OK


def test_a_reader_of_the_coverage_needs_no_write(serve: Serve) -> None:
    serve()
    target = Target("", _REGION, None, keys_of())

    found = {finding.prerequisite: finding for finding in read_prerequisites([target])}

    assert "guardduty:UpdateDetector" not in found
    assert found["organizations:ListPolicies"].state is State.OK
    assert State.MISSING not in {one.state for one in found.values()}


def test_a_reader_lacks_what_the_coverage_would_end_with_exit_code_2_without(serve: Serve) -> None:
    serve()
    _may_only("guardduty:*", "organizations:ListRoots", "organizations:DescribeOrganization")
    target = Target("", _REGION, None, keys_of())

    found = {finding.prerequisite: finding for finding in read_prerequisites([target])}

    lacking = found["organizations:ListPolicies"]
    assert lacking.state is State.MISSING
    assert "permission organizations:ListPolicies" in lacking.way_out


def test_the_management_account_is_not_advised_to_designate_itself(serve: Serve) -> None:
    serve()

    found = _found(MANAGEMENT)[Prerequisite.ADMINISTRATOR]

    assert found.state is State.MISSING
    assert f"`aws guardduty list-organization-admin-accounts --region {_REGION}`" in found.way_out
    assert "enable-organization-admin-account" not in found.way_out


@pytest.mark.parametrize(("auto_enable", "state"), [("NEW", State.MISSING), ("NONE", State.OK)])
def test_where_policies_decide_auto_enable_has_to_be_none(
    serve: Serve, auto_enable: str, state: State
) -> None:
    serve().control("POST", "policies", {"plans": {"EKS_AUDIT_LOGS": "ENABLED"}})

    found = _found(autoEnable=auto_enable)[Prerequisite.POLICY_TYPE]

    assert found.state is state
    assert found.way_out.startswith("Set autoEnable: NONE" if state is State.MISSING else "")


def test_what_needs_a_right_that_is_missing_is_not_checked(serve: Serve) -> None:
    serve()
    _may_only("guardduty:List*", "guardduty:Describe*")

    found = _found()

    assert found["guardduty:GetDetector"].state is State.MISSING
    assert _states(found, Prerequisite.DETECTOR, Prerequisite.FEATURE) == [State.NOT_CHECKED] * 2
    assert "guardduty:GetDetector" in found[Prerequisite.DETECTOR].way_out
    assert found["organizations:ListRoots"].state is State.NOT_NEEDED
    assert found["guardduty:UpdateDetector"].state is State.NOT_CHECKED


@pytest.mark.parametrize(
    "refusal",
    [
        CredentialsError("AWS does not accept the credentials."),
        ConnectionFailedError("no answer from AWS."),
    ],
)
@pytest.mark.parametrize("region", [_REGION, "eu-west-1"])
def test_guardduty_that_takes_no_call_is_unknown(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, refusal: UserError, region: str
) -> None:
    serve(regions=[_REGION, "eu-west-1"])

    def refuse(_: object) -> None:
        raise refusal

    monkeypatch.setattr(GuardDutyApi, "detector_id", refuse)
    found = _found(region=region)[Prerequisite.REGION]

    accepted_elsewhere = region != _REGION
    assert found.state is State.UNKNOWN
    assert refusal.refusals[0].sentence in found.seen
    assert ("this region only" in found.seen) is (
        accepted_elsewhere and isinstance(refusal, CredentialsError)
    )
    assert found.way_out
