"""The stand-in against the local AWS organization, asked over gRPC as the engine asks it.

What AWS holds afterwards is asked by plain boto3.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from aws_sandbox.credentials import access_key_id, secret_access_key
from stand_in_process import (
    ADMIN_ACCOUNT,
    DETECTOR,
    DETECTOR_FEATURE,
    GET_CALLER_IDENTITY,
    GET_DETECTOR,
    GET_REGION,
    ORGANIZATION,
    ORGANIZATION_FEATURE,
    UNKNOWN,
    RefusedError,
    StandIn,
    clean_environment,
    plain,
    running_stand_in,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mypy_boto3_guardduty import GuardDutyClient

    from aws_sandbox.testing.plugin import RunningSandbox

MANAGEMENT = "111111111111"
ADMINISTRATOR = "222222222222"
MEMBER = "300000000001"
REGION = "us-east-1"
OTHER_REGION = "eu-west-1"


def guardduty(sandbox: RunningSandbox, account: str, region: str = REGION) -> GuardDutyClient:
    client: GuardDutyClient = sandbox.boto3("guardduty", account, region)
    return client


def settings_for(sandbox: RunningSandbox, account: str, **more: str) -> dict[str, str]:
    settings = settings_of(sandbox.url, **more)
    # Here the credentials are real ones, and validated.
    del settings["skipCredentialsValidation"]
    keys = {"accessKey": access_key_id(account), "secretKey": secret_access_key(account)}
    return {**settings, **keys}


def own_statuses(sandbox: RunningSandbox, region: str = REGION) -> dict[str, str]:
    client = guardduty(sandbox, ADMINISTRATOR, region)
    detector = client.get_detector(DetectorId=sandbox.detector(region=region))
    return {str(one["Name"]): one["Status"] for one in detector["Features"]}


def own_status(sandbox: RunningSandbox, region: str = REGION) -> str:
    return own_statuses(sandbox, region)["EKS_AUDIT_LOGS"]


def organization(sandbox: RunningSandbox) -> tuple[str, dict[str, str]]:
    """What the organization's accounts get: GuardDuty itself, and each feature."""
    client = guardduty(sandbox, ADMINISTRATOR)
    found = client.describe_organization_configuration(DetectorId=sandbox.detector())
    features = {str(one["Name"]): str(one["AutoEnable"]) for one in found["Features"]}
    return found["AutoEnableOrganizationMembers"], features


def leave_the_region(sandbox: RunningSandbox) -> None:
    """Take the administrator and its detector out of the other region."""
    management = guardduty(sandbox, MANAGEMENT, OTHER_REGION)
    management.disable_organization_admin_account(AdminAccountId=ADMINISTRATOR)
    administrator = guardduty(sandbox, ADMINISTRATOR, OTHER_REGION)
    for each in administrator.list_detectors()["DetectorIds"]:
        administrator.delete_detector(DetectorId=each)


@pytest.fixture
def stand_in_of(sandbox: RunningSandbox) -> Iterator[Callable[[str], StandIn]]:
    """A configured stand-in for an account."""
    running = []

    def start(account: str) -> StandIn:
        context = running_stand_in(clean_environment())
        running.append(context)
        stand_in = context.__enter__()
        stand_in.configure(**settings_for(sandbox, account))
        return stand_in

    yield start
    for context in running:
        context.__exit__(None, None, None)


@pytest.fixture
def stand_in(stand_in_of: Callable[[str], StandIn]) -> StandIn:
    """The stand-in of the delegated administrator."""
    return stand_in_of(ADMINISTRATOR)


# The detector


def test_a_detector_is_created_where_there_is_none(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    leave_the_region(sandbox)
    created = stand_in.create(
        DETECTOR, region=OTHER_REGION, findingPublishingFrequency="ONE_HOUR", tags={"team": "sec"}
    )
    client = guardduty(sandbox, ADMINISTRATOR, OTHER_REGION)
    assert client.list_detectors()["DetectorIds"] == [created.id]
    held = client.get_detector(DetectorId=created.id)
    assert (held["Status"], held["FindingPublishingFrequency"]) == ("ENABLED", "ONE_HOUR")
    arn = f"arn:aws:guardduty:{OTHER_REGION}:{ADMINISTRATOR}:detector/{created.id}"
    # A new detector has the audit logs on by itself.
    logs = created.outputs.pop("datasources")["kubernetes"]
    assert logs == {"auditLogs": {"enable": True}}
    assert created.outputs == {
        "accountId": ADMINISTRATOR,
        "arn": arn,
        "enable": True,
        "findingPublishingFrequency": "ONE_HOUR",
        "region": OTHER_REGION,
        "tags": {"team": "sec"},
        "tagsAll": {"team": "sec"},
    }


def test_a_second_detector_is_refused_in_the_words_of_aws(stand_in: StandIn) -> None:
    with pytest.raises(RefusedError) as refused:
        stand_in.create(DETECTOR)
    assert str(refused.value) == (
        "creating GuardDuty Detector: CreateDetector: BadRequestException: The request is "
        "rejected because a detector already exists for the current account."
    )


def test_a_detector_is_suspended_and_slowed_in_place(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    leave_the_region(sandbox)
    created = stand_in.create(DETECTOR, region=OTHER_REGION)
    wanted = {"region": OTHER_REGION, "enable": False, "findingPublishingFrequency": "ONE_HOUR"}
    differences = stand_in.diff(DETECTOR, created, **wanted)
    assert differences == {"enable": "UPDATE", "findingPublishingFrequency": "UPDATE"}
    updated = stand_in.update(DETECTOR, created, **wanted)
    client = guardduty(sandbox, ADMINISTRATOR, OTHER_REGION)
    held = client.get_detector(DetectorId=created.id)
    assert (held["Status"], held["FindingPublishingFrequency"]) == ("DISABLED", "ONE_HOUR")
    assert stand_in.diff(DETECTOR, updated, **wanted) == {}
    # The frequency is AWS's own again: what it is now is no difference.
    assert stand_in.diff(DETECTOR, updated, region=OTHER_REGION, enable=False) == {}


def test_deleting_a_detector_deletes_it_and_a_second_time_is_no_failure(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    leave_the_region(sandbox)
    created = stand_in.create(DETECTOR, region=OTHER_REGION)
    stand_in.delete(DETECTOR, created)
    client = guardduty(sandbox, ADMINISTRATOR, OTHER_REGION)
    assert client.list_detectors()["DetectorIds"] == []
    assert stand_in.refresh(DETECTOR, created) is None
    stand_in.delete(DETECTOR, created)


def test_a_detector_with_members_is_not_deleted(sandbox: RunningSandbox, stand_in: StandIn) -> None:
    imported = stand_in.bring_in(DETECTOR, sandbox.detector())
    assert imported is not None
    with pytest.raises(RefusedError, match="while it has invited or associated members"):
        stand_in.delete(DETECTOR, imported, timeout=0.1)
    assert sandbox.detector() == imported.id


def test_a_detector_is_imported_by_id_also_from_another_region(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    elsewhere = sandbox.detector(region=OTHER_REGION)
    imported = stand_in.bring_in(DETECTOR, f"{elsewhere}@{OTHER_REGION}")
    assert imported is not None
    assert (imported.id, imported.outputs["region"]) == (elsewhere, OTHER_REGION)
    assert imported.inputs == {
        "enable": True,
        "findingPublishingFrequency": "SIX_HOURS",
        "region": OTHER_REGION,
    }
    assert stand_in.bring_in(DETECTOR, elsewhere) is None


def test_inputs_say_what_the_program_does_not_give(stand_in: StandIn) -> None:
    inputs = plain(stand_in.checked(DETECTOR, tags={"team": "security"}).inputs)
    assert inputs.pop("__defaults") == ["enable"]
    assert inputs["tags"] == {"team": "security", "__defaults": []}
    given = plain(stand_in.checked(DETECTOR, enable=False).inputs)
    assert given == {"enable": False, "region": REGION, "__defaults": []}


def test_a_refresh_keeps_what_the_plugin_filled_in_until_it_is_changed(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    leave_the_region(sandbox)
    created = stand_in.create(DETECTOR, region=OTHER_REGION)
    inputs = {**created.inputs, "__defaults": ["enable"]}
    kept = replace(created, inputs=inputs)

    assert stand_in.defaults_after_refresh(DETECTOR, kept) == ["enable"]
    client = guardduty(sandbox, ADMINISTRATOR, OTHER_REGION)
    client.update_detector(DetectorId=created.id, Enable=False)
    assert stand_in.defaults_after_refresh(DETECTOR, kept) == []


# The caller's own feature


def test_the_own_feature_is_set_alone(sandbox: RunningSandbox, stand_in: StandIn) -> None:
    detector = sandbox.detector()
    before = own_statuses(sandbox)
    inputs = {"detectorId": detector, "name": "EKS_AUDIT_LOGS"}
    created = stand_in.create(DETECTOR_FEATURE, status="ENABLED", **inputs)
    assert created.id == f"{detector}/EKS_AUDIT_LOGS"
    assert created.outputs == {**inputs, "region": REGION, "status": "ENABLED"}
    assert own_status(sandbox) == "ENABLED"
    assert stand_in.diff(DETECTOR_FEATURE, created, status="DISABLED", **inputs) == {
        "status": "UPDATE"
    }
    stand_in.update(DETECTOR_FEATURE, created, status="DISABLED", **inputs)
    assert own_status(sandbox) == "DISABLED"
    assert own_statuses(sandbox) == {**before, "EKS_AUDIT_LOGS": "DISABLED"}


def test_a_refresh_sees_a_feature_that_somebody_changed(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    detector = sandbox.detector()
    inputs = {"detectorId": detector, "name": "EKS_AUDIT_LOGS", "status": "ENABLED"}
    created = stand_in.create(DETECTOR_FEATURE, **inputs)
    guardduty(sandbox, ADMINISTRATOR).update_detector(
        DetectorId=detector, Features=[{"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED"}]
    )
    refreshed = stand_in.refresh(DETECTOR_FEATURE, created)
    assert refreshed is not None
    assert refreshed.outputs["status"] == refreshed.inputs["status"] == "DISABLED"
    assert stand_in.diff(DETECTOR_FEATURE, refreshed, **inputs) == {"status": "UPDATE"}


def test_a_feature_whose_detector_is_gone_leaves_the_state(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    leave_the_region(sandbox)
    detector = stand_in.create(DETECTOR, region=OTHER_REGION)
    feature = stand_in.create(
        DETECTOR_FEATURE,
        detectorId=detector.id,
        name="EKS_AUDIT_LOGS",
        status="ENABLED",
        region=OTHER_REGION,
    )
    stand_in.delete(DETECTOR, detector)
    assert stand_in.refresh(DETECTOR_FEATURE, feature) is None


@pytest.mark.parametrize(
    ("change", "replaced"),
    [
        ({"detectorId": "another"}, {"detectorId": "UPDATE_REPLACE"}),
        ({"detectorId": UNKNOWN}, {"detectorId": "UPDATE_REPLACE"}),
        ({"name": "S3_DATA_EVENTS"}, {"name": "UPDATE_REPLACE"}),
        ({"region": OTHER_REGION}, {"region": "UPDATE_REPLACE"}),
        (
            {"additionalConfigurations": [{"name": "EKS_ADDON_MANAGEMENT", "status": "ENABLED"}]},
            {"additionalConfigurations": "ADD_REPLACE"},
        ),
    ],
)
def test_what_replaces_a_feature(
    sandbox: RunningSandbox, stand_in: StandIn, change: dict[str, Any], replaced: dict[str, str]
) -> None:
    inputs = {"detectorId": sandbox.detector(), "name": "EKS_AUDIT_LOGS", "status": "ENABLED"}
    created = stand_in.create(DETECTOR_FEATURE, **inputs)
    assert stand_in.diff(DETECTOR_FEATURE, created, **{**inputs, **change}) == replaced


# The organization


def test_an_organization_feature_resends_what_the_organization_has(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    detector = sandbox.detector()
    client = guardduty(sandbox, ADMINISTRATOR)
    client.update_organization_configuration(
        DetectorId=detector,
        AutoEnableOrganizationMembers="ALL",
        Features=[{"Name": "S3_DATA_EVENTS", "AutoEnable": "NEW"}],
    )
    inputs = {"detectorId": detector, "name": "EKS_AUDIT_LOGS"}
    created = stand_in.create(ORGANIZATION_FEATURE, autoEnable="NEW", **inputs)
    assert created.id == f"{detector}/EKS_AUDIT_LOGS"
    assert created.outputs == {**inputs, "autoEnable": "NEW", "region": REGION}
    stand_in.update(ORGANIZATION_FEATURE, created, autoEnable="ALL", **inputs)
    members, features = organization(sandbox)
    assert members == "ALL"
    assert (features["EKS_AUDIT_LOGS"], features["S3_DATA_EVENTS"]) == ("ALL", "NEW")


def test_parallel_writes_of_features_and_organization_are_all_kept(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    detector = sandbox.detector()
    names = ["EKS_AUDIT_LOGS", "S3_DATA_EVENTS", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS"]
    writes: list[Callable[[], object]] = [
        lambda name=name: stand_in.create(  # type: ignore[misc] # bound by its default
            ORGANIZATION_FEATURE, detectorId=detector, name=name, autoEnable="ALL"
        )
        for name in names
    ]
    writes.append(
        lambda: stand_in.create(
            ORGANIZATION, detectorId=detector, autoEnableOrganizationMembers="ALL"
        )
    )
    threads = [threading.Thread(target=write) for write in writes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    members, features = organization(sandbox)
    # A feature that read NEW before and wrote it back after would have undone the ALL.
    assert members == "ALL"
    assert {features[name] for name in names} == {"ALL"}


def test_the_organization_is_written_read_and_imported(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    detector = sandbox.detector()
    created = stand_in.create(
        ORGANIZATION, detectorId=detector, autoEnableOrganizationMembers="NONE"
    )
    assert created.id == detector
    assert organization(sandbox)[0] == "NONE"
    guardduty(sandbox, ADMINISTRATOR).update_organization_configuration(
        DetectorId=detector, AutoEnableOrganizationMembers="NEW"
    )
    refreshed = stand_in.refresh(ORGANIZATION, created)
    assert refreshed is not None
    assert refreshed.outputs["autoEnableOrganizationMembers"] == "NEW"
    imported = stand_in.bring_in(ORGANIZATION, detector)
    assert imported is not None
    assert imported.inputs == {
        "autoEnableOrganizationMembers": "NEW",
        "detectorId": detector,
        "region": REGION,
    }


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (DETECTOR_FEATURE, {"name": "EKS_AUDIT_LOGS", "status": "ENABLED"}),
        (ORGANIZATION, {"autoEnableOrganizationMembers": "ALL"}),
        (ORGANIZATION_FEATURE, {"name": "EKS_AUDIT_LOGS", "autoEnable": "NEW"}),
    ],
)
def test_deleting_changes_nothing_in_aws(
    sandbox: RunningSandbox, stand_in: StandIn, token: str, inputs: dict[str, str]
) -> None:
    created = stand_in.create(token, detectorId=sandbox.detector(), **inputs)
    before = own_status(sandbox), organization(sandbox)
    calls = len(sandbox.client.calls())
    stand_in.delete(token, created)
    assert len(sandbox.client.calls()) == calls
    assert (own_status(sandbox), organization(sandbox)) == before


@pytest.mark.parametrize("token", [DETECTOR_FEATURE, ORGANIZATION_FEATURE])
def test_features_have_no_importer(sandbox: RunningSandbox, stand_in: StandIn, token: str) -> None:
    with pytest.raises(RefusedError, match=f"{token} can't be imported"):
        stand_in.bring_in(token, f"{sandbox.detector()}/EKS_AUDIT_LOGS")


# The delegated administrator


def test_the_management_account_designates_the_administrator(
    sandbox: RunningSandbox, stand_in_of: Callable[[str], StandIn]
) -> None:
    leave_the_region(sandbox)
    stand_in = stand_in_of(MANAGEMENT)
    inputs = {"adminAccountId": ADMINISTRATOR, "region": OTHER_REGION}
    created = stand_in.create(ADMIN_ACCOUNT, **inputs)
    assert (created.id, created.outputs) == (ADMINISTRATOR, inputs)
    client = guardduty(sandbox, MANAGEMENT, OTHER_REGION)
    assert client.list_organization_admin_accounts()["AdminAccounts"] == [
        {"AdminAccountId": ADMINISTRATOR, "AdminStatus": "ENABLED"}
    ]
    assert stand_in.diff(ADMIN_ACCOUNT, created, **{**inputs, "adminAccountId": MEMBER}) == {
        "adminAccountId": "UPDATE_REPLACE"
    }
    imported = stand_in.bring_in(ADMIN_ACCOUNT, f"{ADMINISTRATOR}@{OTHER_REGION}")
    assert imported is not None
    assert imported.inputs == inputs
    stand_in.delete(ADMIN_ACCOUNT, created)
    assert client.list_organization_admin_accounts()["AdminAccounts"] == []
    assert stand_in.refresh(ADMIN_ACCOUNT, created) is None


# Previews


@pytest.mark.parametrize(
    ("token", "inputs", "unknown"),
    [
        (
            DETECTOR,
            {},
            {"accountId", "arn", "datasources", "findingPublishingFrequency"},
        ),
        (
            DETECTOR_FEATURE,
            {"detectorId": UNKNOWN, "name": "EKS_AUDIT_LOGS", "status": "ENABLED"},
            {"detectorId"},
        ),
        (
            ORGANIZATION,
            {"detectorId": UNKNOWN, "autoEnableOrganizationMembers": "ALL"},
            {"detectorId", "datasources"},
        ),
        (
            ORGANIZATION_FEATURE,
            {"detectorId": UNKNOWN, "name": "EKS_AUDIT_LOGS", "autoEnable": "NEW"},
            {"detectorId"},
        ),
        (ADMIN_ACCOUNT, {"adminAccountId": MEMBER}, set()),
    ],
)
def test_a_preview_of_a_create_calls_nothing(
    sandbox: RunningSandbox,
    stand_in: StandIn,
    token: str,
    inputs: dict[str, str],
    unknown: set[str],
) -> None:
    calls = len(sandbox.client.calls())
    planned = stand_in.preview_create(token, **inputs)
    assert len(sandbox.client.calls()) == calls
    assert {name for name, value in planned.items() if value == UNKNOWN} == unknown
    assert planned["region"] == REGION


def test_a_preview_of_an_update_writes_nothing(sandbox: RunningSandbox, stand_in: StandIn) -> None:
    inputs = {"detectorId": sandbox.detector(), "name": "EKS_AUDIT_LOGS"}
    created = stand_in.create(DETECTOR_FEATURE, status="ENABLED", **inputs)
    planned = stand_in.preview_update(DETECTOR_FEATURE, created, status="DISABLED", **inputs)
    assert planned["status"] == "DISABLED"
    assert own_status(sandbox) == "ENABLED"


# Functions


def test_the_functions_tell_the_caller_the_region_and_the_detector(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    caller = stand_in.invoke(GET_CALLER_IDENTITY)
    assert (caller["accountId"], caller["id"]) == (ADMINISTRATOR, ADMINISTRATOR)
    assert stand_in.invoke(GET_REGION) == {
        "description": "US East (N. Virginia)",
        "endpoint": "ec2.us-east-1.amazonaws.com",
        "id": REGION,
        "name": REGION,
        "region": REGION,
    }
    found = stand_in.invoke(GET_DETECTOR, region=OTHER_REGION)
    assert (found["id"], found["status"], found["region"]) == (
        sandbox.detector(region=OTHER_REGION),
        "ENABLED",
        OTHER_REGION,
    )
    statuses = {one["name"]: one["status"] for one in found["features"]}
    assert statuses["EKS_AUDIT_LOGS"] == own_status(sandbox, OTHER_REGION)


def test_looking_up_a_detector_where_there_is_none_is_refused(
    sandbox: RunningSandbox, stand_in: StandIn
) -> None:
    leave_the_region(sandbox)
    with pytest.raises(RefusedError, match="single GuardDuty Detector: empty result"):
        stand_in.invoke(GET_DETECTOR, region=OTHER_REGION)


# Who it is


def test_a_member_is_refused_in_the_words_of_aws(
    sandbox: RunningSandbox, stand_in_of: Callable[[str], StandIn]
) -> None:
    own = guardduty(sandbox, MEMBER).list_detectors()["DetectorIds"][0]
    with pytest.raises(RefusedError, match="member accounts cannot manage specified") as refused:
        stand_in_of(MEMBER).create(
            DETECTOR_FEATURE, detectorId=own, name="EKS_AUDIT_LOGS", status="ENABLED"
        )
    assert "\n" not in str(refused.value)


def test_profile_region_and_endpoint_may_come_from_the_environment(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"[profile security]\n"
        f"aws_access_key_id = {access_key_id(ADMINISTRATOR)}\n"
        f"aws_secret_access_key = {secret_access_key(ADMINISTRATOR)}\n"
    )
    environment = clean_environment(
        AWS_CONFIG_FILE=str(config),
        AWS_PROFILE="security",
        AWS_REGION=OTHER_REGION,
        AWS_ENDPOINT_URL=sandbox.url,
    )
    with running_stand_in(environment) as stand_in:
        stand_in.configure(version="7.51.1")
        assert stand_in.invoke(GET_CALLER_IDENTITY)["accountId"] == ADMINISTRATOR
        assert stand_in.invoke(GET_REGION)["region"] == OTHER_REGION


def test_roles_are_assumed_in_turn(sandbox: RunningSandbox) -> None:
    role = f"arn:aws:iam::{ADMINISTRATOR}:role/OrganizationAccountAccessRole"
    roles = f'[{{"roleArn": "{role}", "sessionName": "stack", "duration": "15m"}}]'
    with running_stand_in(clean_environment()) as stand_in:
        stand_in.configure(**settings_for(sandbox, MANAGEMENT, assumeRoles=roles))
        caller = stand_in.invoke(GET_CALLER_IDENTITY)
        assert caller["accountId"] == ADMINISTRATOR
        assert caller["arn"].endswith("assumed-role/OrganizationAccountAccessRole/stack")
        assert stand_in.invoke(GET_DETECTOR)["id"] == sandbox.detector()


@pytest.mark.parametrize(
    "settings",
    [{"allowedAccountIds": f'["{MEMBER}"]'}, {"forbiddenAccountIds": f'["{ADMINISTRATOR}"]'}],
)
def test_an_account_that_is_not_allowed_is_refused(
    sandbox: RunningSandbox, settings: dict[str, str]
) -> None:
    with (
        running_stand_in(clean_environment()) as stand_in,
        pytest.raises(RefusedError, match=f"AWS account ID not allowed: {ADMINISTRATOR}"),
    ):
        stand_in.configure(**settings_for(sandbox, ADMINISTRATOR, **settings))
