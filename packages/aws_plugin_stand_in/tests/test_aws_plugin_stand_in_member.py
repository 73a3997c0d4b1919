"""One feature of one member, set one account after the other as upstream's resource does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_sandbox.credentials import access_key_id, secret_access_key
from stand_in_process import (
    MEMBER_FEATURE,
    RefusedError,
    StandIn,
    clean_environment,
    running_stand_in,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_sandbox.testing.plugin import RunningSandbox

ADMINISTRATOR, MEMBER = "222222222222", "300000000002"
UPDATE = "UpdateMemberDetectors"


@pytest.fixture
def stand_in(sandbox: RunningSandbox) -> Iterator[StandIn]:
    """The stand-in of the delegated administrator."""
    keys = {
        "accessKey": access_key_id(ADMINISTRATOR),
        "secretKey": secret_access_key(ADMINISTRATOR),
    }
    with running_stand_in(clean_environment()) as started:
        started.configure(**{**settings_of(sandbox.url), **keys})
        yield started


def inputs_of(sandbox: RunningSandbox, **changed: str) -> dict[str, str]:
    detector = sandbox.detector()
    given = {"detectorId": detector, "accountId": MEMBER, "name": "EKS_AUDIT_LOGS"}
    return {**given, "status": "ENABLED", **changed}


def status(sandbox: RunningSandbox) -> str | None:
    return sandbox.client.actual_state()["us-east-1"][MEMBER].eks_audit_logs


def test_one_account_and_one_feature_are_written(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    given = inputs_of(sandbox)
    created = stand_in.create(MEMBER_FEATURE, **given)

    assert created.id == f"{given['detectorId']},{MEMBER},EKS_AUDIT_LOGS"
    assert created.outputs == {**given, "region": "us-east-1"}
    assert status(sandbox) == "ENABLED"

    off = {**given, "status": "DISABLED"}
    assert stand_in.diff(MEMBER_FEATURE, created, **off) == {"status": "UPDATE"}
    stand_in.update(MEMBER_FEATURE, created, **off)
    assert status(sandbox) == "DISABLED"
    assert [call.account_ids for call in sandbox.client.calls(UPDATE)] == [(MEMBER,), (MEMBER,)]


def test_a_refresh_sees_what_became_of_the_member(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    created = stand_in.create(MEMBER_FEATURE, **inputs_of(sandbox))
    sandbox.client.set_feature(MEMBER, "DISABLED")
    refreshed = stand_in.refresh(MEMBER_FEATURE, created)
    assert refreshed is not None
    assert refreshed.outputs["status"] == refreshed.inputs["status"] == "DISABLED"

    sandbox.client.leave(MEMBER)
    assert stand_in.refresh(MEMBER_FEATURE, created) is None


@pytest.mark.parametrize("name", ["detectorId", "accountId"])
def test_another_account_or_detector_replaces(
    sandbox: RunningSandbox, stand_in: StandIn, name: str
) -> None:
    created = stand_in.create(MEMBER_FEATURE, **inputs_of(sandbox))
    other = inputs_of(sandbox, **{name: "300000000005"})
    assert stand_in.diff(MEMBER_FEATURE, created, **other) == {name: "UPDATE_REPLACE"}


def test_additional_configurations_do_not_replace(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    given = inputs_of(sandbox, name="RUNTIME_MONITORING")
    created = stand_in.create(MEMBER_FEATURE, **given)
    agent = {"name": "EKS_ADDON_MANAGEMENT", "status": "ENABLED"}
    changed = {**given, "additionalConfigurations": [agent]}
    found = stand_in.diff(MEMBER_FEATURE, created, **changed)
    assert set(found) == {"additionalConfigurations"}
    assert not found["additionalConfigurations"].endswith("REPLACE")


def test_an_unprocessed_account_is_an_error_in_the_words_of_aws(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    sandbox.client.leave_unprocessed(UPDATE, [MEMBER], "Internal error", times=1)
    with pytest.raises(RefusedError, match=rf"\(.*/{MEMBER}/EKS_AUDIT_LOGS\): Internal error"):
        stand_in.create(MEMBER_FEATURE, **inputs_of(sandbox))


def test_deleting_a_members_feature_leaves_it_as_it_is(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    created = stand_in.create(MEMBER_FEATURE, **inputs_of(sandbox))
    calls = len(sandbox.client.calls())
    stand_in.delete(MEMBER_FEATURE, created)
    assert len(sandbox.client.calls()) == calls
    assert status(sandbox) == "ENABLED"
