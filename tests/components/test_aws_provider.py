"""One identity for pulumi_aws and the dynamic resources, in a program that names it itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws
import pytest

from guardduty_eks_audit_logs import EksAuditLogs, aws_provider
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.errors import OtherAccountError
from guardduty_eks_audit_logs.planning.plan import make_plan
from guardduty_eks_audit_logs.reading.snapshot import read_snapshot
from guardduty_eks_audit_logs.settings.identity import AssumeRole, Identity
from tests.support.aws_double import Aws
from tests.support.doors import bare_environment, in_place_of_sockets
from tests.support.registrations import Engine
from tests.support.vocabulary import (
    ADMINISTRATOR,
    ON,
    OWNER,
    REGION,
    account,
    region_with,
    rule,
    settings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pulumi.runtime.mocks import MockCallArgs

_DYNAMIC = ("eks-prior", "eks-members")


@dataclass
class _Engine(Engine):
    """Tells whose aws provider it is, and notes which one was asked."""

    caller: str = ADMINISTRATOR
    asked: list[str] = field(default_factory=list)

    def call(self, args: MockCallArgs) -> Mapping[str, Any]:  # type: ignore[override] # answers one
        assert args.token == "aws:index/getCallerIdentity:getCallerIdentity"  # noqa: S105
        self.asked.append(args.provider)
        return {"accountId": self.caller, "arn": "", "id": "", "userId": ""}


def _component(identity: Identity | None, *, explicit: bool) -> EksAuditLogs:
    snapshot = replace(region_with({account(1): ON}), identity=identity)
    plan = make_plan(settings(members=[rule("ENABLED")]), snapshot, OWNER)
    provider = aws_provider("own", identity or Identity(), REGION) if explicit else None
    return EksAuditLogs("eks", plan, pulumi.ResourceOptions(provider=provider))


def _run(engine: Engine, identity: Identity | None, *, explicit: bool) -> None:
    engine.outputs = {"-members": {"unprocessed": {}}}
    engine.run(lambda: _component(identity, explicit=explicit).unprocessed)


# What a provider is made of


def test_a_provider_has_everything_that_an_identity_says() -> None:
    role = AssumeRole(role_arn="arn:aws:iam::300000000001:role/audit", policy_arns=("arn:x",))
    identity = Identity(
        profile="audit",
        assume_roles=(role,),
        endpoints=({"guardduty": "http://127.0.0.1:1"},),
        allowed_account_ids=(ADMINISTRATOR,),
    )
    engine = Engine()
    engine.run(lambda: aws_provider("own", identity, "eu-west-1"))

    asked = engine.registered["own"].asked
    assert (asked["region"], asked["profile"]) == ("eu-west-1", "audit")
    assert json.loads(asked["assumeRoles"]) == [
        {
            "roleArn": "arn:aws:iam::300000000001:role/audit",
            "policyArns": ["arn:x"],
            "sessionName": "guardduty-eks-audit-logs",
        }
    ]
    assert json.loads(asked["endpoints"]) == [{"guardduty": "http://127.0.0.1:1"}]
    assert json.loads(asked["allowedAccountIds"]) == [ADMINISTRATOR]


def test_every_setting_of_an_identity_is_one_of_the_provider() -> None:
    taken = aws.ProviderArgs.__init__.__annotations__
    assert set(Identity.model_fields) <= set(taken)


# What is kept, and who is asked


def test_one_provider_for_several_regions_is_asked_once_who_it_is() -> None:
    engine = _Engine()

    def program() -> None:
        options = pulumi.ResourceOptions(provider=aws_provider("own", Identity(), REGION))
        for name in ("first", "second"):
            plan = make_plan(settings(), region_with({account(1): ON}), OWNER)
            EksAuditLogs(name, plan, options)

    engine.run(program)
    assert len(engine.asked) == 1
    assert {"first-prior", "second-prior"} <= set(engine.registered)


def test_the_dynamic_resources_keep_the_identity() -> None:
    engine = _Engine()
    _run(engine, Identity(profile="audit"), explicit=True)
    for name in _DYNAMIC:
        assert engine.registered[name].asked["identity"] == {"profile": "audit"}


@pytest.mark.parametrize("preview", [True, False])
def test_whom_the_plan_was_read_as_is_held_against_the_default_provider(
    preview: bool,  # noqa: FBT001 - a column of the table
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    bare_environment(monkeypatch, tmp_path)
    in_place_of_sockets(monkeypatch, Aws(members={account(1): "ENABLED"}))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    session = open_session(Identity(allowed_account_ids=(ADMINISTRATOR,)), REGION)
    chosen = settings(members=[rule("ENABLED")])
    plan = make_plan(chosen, read_snapshot(session, chosen), OWNER)
    engine = _Engine(preview=preview, caller=account(7))

    def program() -> None:
        with pytest.raises(OtherAccountError, match=f"is account {account(7)}'s, but the plan is"):
            EksAuditLogs("eks", plan)

    engine.run(program)
    assert set(engine.registered) == {"eks"}


def test_without_an_identity_nothing_is_kept_and_nobody_is_asked() -> None:
    engine = Engine()  # It fails on any call.
    _run(engine, None, explicit=False)
    for name in _DYNAMIC:
        assert "identity" not in engine.registered[name].asked


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("identity", "explicit"),
    [(Identity(profile="audit"), True), (Identity(profile="audit"), False), (None, True)],
    ids=["both", "an identity and the default provider", "a provider without an identity"],
)
def test_another_accounts_provider_is_refused_before_any_child(
    identity: Identity | None,
    explicit: bool,  # noqa: FBT001 - columns of the table
    preview: bool,  # noqa: FBT001
) -> None:
    engine = _Engine(preview=preview, caller=account(7))

    def program() -> None:
        with pytest.raises(OtherAccountError) as caught:
            _component(identity, explicit=explicit)
        assert str(caught.value) == (
            f"the aws provider in {REGION} is account {account(7)}'s, but the plan is of account "
            f"{ADMINISTRATOR}. Make the provider with the same identity, by "
            "guardduty_eks_audit_logs.aws_provider."
        )

    engine.run(program)
    assert set(engine.registered) == {"eks"} | ({"own"} if explicit else set())
    assert ["own" in provider for provider in engine.asked] == [explicit]
