"""Dynamic resources act as the identity in their state, and never as another account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from guardduty_eks_audit_logs.resources.member_features import MemberFeaturesProvider
from guardduty_eks_audit_logs.resources.prior_settings import PriorSettingsProvider
from tests.support.aws_double import Aws
from tests.support.contract_properties import members_inputs, prior_inputs
from tests.support.doors import Door, on_loopback
from tests.support.dynamic_provider_process import error_of, running
from tests.support.vocabulary import ADMINISTRATOR, REGION, account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.dynamic_provider_process import DynamicProvider

Properties = dict[str, Any]
Kind = type[MemberFeaturesProvider] | type[PriorSettingsProvider]

_STACKS = {"aws:accessKey": "AKIASTACK", "aws:secretKey": "wJalrXUtnFEMI"}


@pytest.fixture
def door() -> Iterator[Door]:
    with on_loopback(Aws(members={account(1): "DISABLED"})) as door:
        yield door


@pytest.fixture(
    params=[MemberFeaturesProvider, PriorSettingsProvider], ids=["members", "prior settings"]
)
def kind(request: pytest.FixtureRequest) -> Kind:
    return cast("Kind", request.param)


@pytest.fixture
def provider(door: Door, kind: Kind, tmp_path: Path) -> Iterator[DynamicProvider]:
    (tmp_path / "credentials").write_text(
        "[audit]\naws_access_key_id = AKIAAUDIT\naws_secret_access_key = wJalrXUtnFEMI\n"
    )
    addresses = {"aws:endpoints": json.dumps([{"guardduty": door.url, "sts": door.url}])}
    with running(kind(), {**_STACKS, **addresses}, tmp_path) as provider:
        yield provider


def _inputs(kind: Kind, **more: Any) -> Properties:  # noqa: ANN401
    if kind is MemberFeaturesProvider:
        return members_inputs({account(1): "ENABLED"}, **more)
    return prior_inputs({account(1): "DISABLED"}, **{"onRelease": "LEAVE", **more})


def _identity(door: Door) -> Properties:
    return {"profile": "audit", "endpoints": [{"guardduty": door.url, "sts": door.url}]}


def test_the_identity_of_a_resource_comes_before_the_stacks(
    door: Door, provider: DynamicProvider, kind: Kind
) -> None:
    inputs = _inputs(kind, identity=_identity(door))

    made = provider.create(inputs)
    refreshed = provider.read(made.outputs)
    provider.update(refreshed.outputs, inputs)

    assert {request.access_key for request in door.aws.requests} == {"AKIAAUDIT"}
    assert made.outputs["identity"] == refreshed.outputs["identity"] == _identity(door)
    if refreshed.inputs is not None:
        assert refreshed.inputs["identity"] == _identity(door)


def test_a_resource_without_an_identity_acts_as_the_stack_says(
    door: Door, provider: DynamicProvider, kind: Kind
) -> None:
    made = provider.create(_inputs(kind))

    assert {request.access_key for request in door.aws.requests} == {"AKIASTACK"}
    assert "identity" not in made.outputs


def test_another_identity_is_an_update_and_no_replacement(
    door: Door, provider: DynamicProvider, kind: Kind
) -> None:
    made = provider.create(_inputs(kind, identity=_identity(door)))

    same = provider.diff(made.outputs, _inputs(kind, identity=_identity(door)))
    none = provider.diff(made.outputs, _inputs(kind))
    environments = provider.diff(made.outputs, _inputs(kind, identity={}))

    assert [diff.changes for diff in (same, none, environments)] == [False, True, True]
    assert [diff.replaces for diff in (same, none, environments)] == [[], [], []]


def test_the_environments_identity_is_another_one_than_the_stacks(
    provider: DynamicProvider, kind: Kind
) -> None:
    made = provider.create(_inputs(kind)).outputs
    environments = {**made, "identity": {}}

    assert not provider.diff(environments, _inputs(kind, identity={})).changes
    assert provider.diff(environments, _inputs(kind)).changes


def test_a_destroy_acts_as_the_identity_in_the_state(
    door: Door, provider: DynamicProvider, kind: Kind
) -> None:
    more = {} if kind is MemberFeaturesProvider else {"onRelease": "RESTORE"}
    made = provider.create(_inputs(kind, identity=_identity(door), **more))

    provider.delete(made.outputs)

    assert {request.access_key for request in door.aws.requests} == {"AKIAAUDIT"}


def test_a_refresh_and_a_destroy_whose_profile_is_gone_name_the_way_out(
    door: Door, provider: DynamicProvider, kind: Kind
) -> None:
    made = provider.create(_inputs(kind, identity=_identity(door), onRelease="RESTORE")).outputs
    gone = {**made, "identity": {"profile": "former"}}

    with error_of() as told:
        provider.read(gone)
    if kind is PriorSettingsProvider:
        with error_of() as by_destroy:
            provider.delete(gone)
        told += by_destroy

    for text in told:
        assert "profile former, which" in text
        assert text.rstrip().endswith(
            "If other credentials are configured since then, run `pulumi up --refresh=false` once, "
            "also before a destroy; `pulumi preview --refresh=false` shows it."
        )


@pytest.mark.parametrize("identity", [True, False], ids=["an identity", "the stack's"])
def test_another_account_writes_nothing(
    door: Door,
    provider: DynamicProvider,
    kind: Kind,
    identity: bool,  # noqa: FBT001 - a column of the table
) -> None:
    more = {"identity": _identity(door)} if identity else {}
    made = provider.create(_inputs(kind, **more))
    door.aws.account, door.aws.requests = account(7), []

    news = _inputs(kind, revision=2, **more)
    with error_of() as update:
        provider.update(made.outputs, news)
    with error_of() as create:
        provider.create(news)
    with error_of() as read:
        provider.read(made.outputs)

    for texts in (update, create, read):
        assert (
            f"this stack in {REGION} is account {ADMINISTRATOR}'s, but the credentials are of "
            f"account {account(7)}. Use credentials of {ADMINISTRATOR}."
        ) in texts[0]
        assert "Traceback" not in texts[0]
    assert {request.service for request in door.aws.requests} == {"sts"}
