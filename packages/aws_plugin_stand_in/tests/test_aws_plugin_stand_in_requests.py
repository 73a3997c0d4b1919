"""What the stand-in sends, where the sandbox's answers can't show it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from stand_in_process import (
    DETECTOR,
    GET_REGION,
    ORGANIZATION,
    ORGANIZATION_FEATURE,
    UNKNOWN,
    Properties,
    Resource,
    StandIn,
    clean_environment,
    local_service,
    running_stand_in,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ARN_PATH = "/tags/arn%3Aaws%3Aguardduty%3Aus-east-1%3A%3Adetector%2Fd"
TAGS = {"kept": "1", "changed": "2", "gone": "3"}
DETECTOR_ANSWER: Properties = {
    "status": "ENABLED",
    "serviceRole": "arn:aws:iam::222222222222:role/r",
    "findingPublishingFrequency": "SIX_HOURS",
    "tags": TAGS,
}


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with running_stand_in(clean_environment()) as started:
        yield started


def imported_detector(stand_in: StandIn, address: str) -> Resource:
    stand_in.configure(**settings_of(address, skipRequestingAccountId="true"))
    imported = stand_in.bring_in(DETECTOR, "d")
    assert imported is not None
    return imported


def test_only_the_tags_that_differ_are_written(stand_in: StandIn) -> None:
    tags = {"kept": "1", "changed": "4", "new": "5"}
    answers = {"GET": (200, DETECTOR_ANSWER), "POST": (204, {}), "DELETE": (204, {})}
    with local_service(answers) as (address, seen):
        detector = imported_detector(stand_in, address)
        assert stand_in.diff(DETECTOR, detector, tags=tags) == {
            "tags": "UPDATE",
            "tagsAll": "UPDATE",
        }
        del seen[:]
        stand_in.update(DETECTOR, detector, tags=tags)
    assert seen == [
        (f"DELETE {ARN_PATH}?tagKeys=gone", {}),
        (f"POST {ARN_PATH}", {"tags": {"changed": "4", "new": "5"}}),
        ("GET /detector/d", {}),
    ]


def test_the_providers_tags_are_written_with_the_resources(stand_in: StandIn) -> None:
    default = json.dumps({"tags": {"team": "sec", "kept": "0"}})
    every = {"team": "sec", "kept": "1"}
    answer: Properties = {**DETECTOR_ANSWER, "tags": every}
    answers = {
        "GET": (200, answer),
        "POST /detector": (200, {"detectorId": "d"}),
        "POST": (204, {}),
        "DELETE": (204, {}),
    }
    with local_service(answers) as (address, seen):
        settings = settings_of(address, skipRequestingAccountId="true", defaultTags=default)
        stand_in.configure(**settings)
        assert stand_in.preview_create(DETECTOR, tags={"kept": "1"})["tagsAll"] == every
        assert stand_in.preview_create(DETECTOR, tags={"kept": UNKNOWN})["tagsAll"] == UNKNOWN
        created = stand_in.create(DETECTOR, tags={"kept": "1"})
        assert seen[0][1]["tags"] == every
        # The resource's own tags and all of them, as pulumi-aws shows both.
        assert (created.outputs["tags"], created.outputs["tagsAll"]) == ({"kept": "1"}, every)
        assert stand_in.diff(DETECTOR, created, tags={"kept": "1"}) == {}
        refreshed = stand_in.refresh(DETECTOR, created)
        assert refreshed is not None
        assert refreshed.outputs == created.outputs
        assert stand_in.diff(DETECTOR, created) == {"tags": "DELETE", "tagsAll": "UPDATE"}
        del seen[:]
        stand_in.update(DETECTOR, created)
    assert seen[0] == (f"POST {ARN_PATH}", {"tags": {"kept": "0"}})


def test_a_change_of_the_providers_tags_alone_is_a_difference(stand_in: StandIn) -> None:
    answer: Properties = {**DETECTOR_ANSWER, "tags": {"team": "ops"}}
    with local_service({"GET": (200, answer), "POST": (204, {})}) as (address, _):
        detector = imported_detector(stand_in, address)
        default = json.dumps({"tags": {"team": "sec"}})
        stand_in.configure(
            **settings_of(address, skipRequestingAccountId="true", defaultTags=default)
        )
        inputs = {"tags": {"team": "ops"}}
        assert stand_in.diff(DETECTOR, detector, **inputs) == {}
        assert stand_in.diff(DETECTOR, detector) == {"tags": "DELETE", "tagsAll": "UPDATE"}


def test_ignored_tags_are_nobodys_difference(stand_in: StandIn) -> None:
    ignored = json.dumps({"keys": ["changed"], "keyPrefixes": ["go"]})
    with local_service({"GET": (200, DETECTOR_ANSWER)}) as (address, _):
        stand_in.configure(
            **settings_of(address, skipRequestingAccountId="true", ignoreTags=ignored)
        )
        imported = stand_in.bring_in(DETECTOR, "d")
        assert imported is not None
        assert imported.outputs["tags"] == imported.outputs["tagsAll"] == {"kept": "1"}
        assert stand_in.diff(DETECTOR, imported, tags={"kept": "1"}) == {}


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("eusc-de-east-1", "aws-eusc")],
)
def test_arns_are_of_the_regions_partition(stand_in: StandIn, region: str, partition: str) -> None:
    with local_service({"GET": (200, DETECTOR_ANSWER)}) as (address, _):
        stand_in.configure(**settings_of(address, region=region, skipRequestingAccountId="true"))
        imported = stand_in.bring_in(DETECTOR, "d")
        assert imported is not None
        assert imported.outputs["arn"] == f"arn:{partition}:guardduty:{region}::detector/d"
        assert stand_in.invoke(GET_REGION)["name"] == region


def test_an_update_of_a_detector_names_no_feature_and_no_data_source(stand_in: StandIn) -> None:
    answers = {"GET": (200, {**DETECTOR_ANSWER, "tags": {}}), "POST": (200, {})}
    with local_service(answers) as (address, seen):
        detector = imported_detector(stand_in, address)
        del seen[:]
        stand_in.update(DETECTOR, detector, enable=False)
    body = {"enable": False, "findingPublishingFrequency": "SIX_HOURS"}
    assert seen == [("POST /detector/d", body), ("GET /detector/d", {})]


def test_data_sources_are_written_where_a_program_has_them(stand_in: StandIn) -> None:
    block = {
        "kubernetes": {"auditLogs": {"enable": False}},
        "malwareProtection": {"scanEc2InstanceWithFindings": {"ebsVolumes": {"enable": True}}},
        "s3Logs": {"enable": True},
    }
    answer: Properties = {
        **DETECTOR_ANSWER,
        "dataSources": {
            "cloudTrail": {"status": "ENABLED"},
            "dnsLogs": {"status": "ENABLED"},
            "flowLogs": {"status": "ENABLED"},
            "kubernetes": {"auditLogs": {"status": "DISABLED"}},
            "malwareProtection": {
                "scanEc2InstanceWithFindings": {"ebsVolumes": {"status": "ENABLED"}}
            },
            "s3Logs": {"status": "ENABLED"},
        },
    }
    answers = {"GET": (200, answer), "POST": (200, {"detectorId": "d"})}
    with local_service(answers) as (address, seen):
        stand_in.configure(**settings_of(address, skipRequestingAccountId="true"))
        created = stand_in.create(DETECTOR, datasources=block)
    assert seen[0][1]["dataSources"] == {
        "kubernetes": {"auditLogs": {"enable": False}},
        "malwareProtection": {"scanEc2InstanceWithFindings": {"ebsVolumes": True}},
        "s3Logs": {"enable": True},
    }
    assert created.outputs["datasources"] == block
    # A block may say less than AWS has: the rest is AWS's.
    assert (
        stand_in.diff(DETECTOR, created, datasources={"s3Logs": {"enable": True}}, tags=TAGS) == {}
    )
    off = {"s3Logs": {"enable": False}}
    assert stand_in.diff(DETECTOR, created, datasources=off, tags=TAGS) == {"datasources": "UPDATE"}


def test_data_sources_of_the_organization_have_switches_of_their_own(stand_in: StandIn) -> None:
    block = {
        "kubernetes": {"auditLogs": {"enable": True}},
        "malwareProtection": {"scanEc2InstanceWithFindings": {"ebsVolumes": {"autoEnable": False}}},
        "s3Logs": {"autoEnable": True},
    }
    sources = {
        "kubernetes": {"auditLogs": {"autoEnable": True}},
        "malwareProtection": {"scanEc2InstanceWithFindings": {"ebsVolumes": {"autoEnable": False}}},
        "s3Logs": {"autoEnable": True},
    }
    answer: Properties = {
        "memberAccountLimitReached": False,
        "autoEnableOrganizationMembers": "ALL",
        "dataSources": sources,
    }
    with local_service({"GET": (200, answer), "POST": (200, {})}) as (address, seen):
        stand_in.configure(**settings_of(address))
        created = stand_in.create(
            ORGANIZATION, detectorId="d", autoEnableOrganizationMembers="ALL", datasources=block
        )
    assert seen[0] == (
        "POST /detector/d/admin",
        {"autoEnableOrganizationMembers": "ALL", "dataSources": sources},
    )
    assert created.outputs["datasources"] == block


def test_an_organization_feature_reads_all_pages_then_writes_itself_alone(
    stand_in: StandIn,
) -> None:
    first = {
        "memberAccountLimitReached": False,
        "autoEnableOrganizationMembers": "NEW",
        "features": [{"name": "S3_DATA_EVENTS", "autoEnable": "ALL"}],
    }
    # A later page need not repeat the setting.
    second = {
        "memberAccountLimitReached": False,
        "features": [{"name": "RUNTIME_MONITORING", "autoEnable": "NEW"}],
    }
    answers = {
        "GET /detector/d/admin": (200, {**first, "nextToken": "more"}),
        "GET /detector/d/admin?nextToken=more": (200, second),
        "POST": (200, {}),
    }
    with local_service(answers) as (address, seen):
        stand_in.configure(**settings_of(address))
        created = stand_in.create(
            ORGANIZATION_FEATURE,
            detectorId="d",
            name="RUNTIME_MONITORING",
            autoEnable="NEW",
            additionalConfigurations=[{"name": "EKS_ADDON_MANAGEMENT", "autoEnable": "NEW"}],
        )
    read: list[tuple[str, Properties]] = [
        ("GET /detector/d/admin", {}),
        ("GET /detector/d/admin?nextToken=more", {}),
    ]
    feature = {
        "name": "RUNTIME_MONITORING",
        "autoEnable": "NEW",
        "additionalConfiguration": [{"name": "EKS_ADDON_MANAGEMENT", "autoEnable": "NEW"}],
    }
    write = (
        "POST /detector/d/admin",
        {"autoEnableOrganizationMembers": "NEW", "features": [feature]},
    )
    assert seen == [*read, write, *read]
    assert created.outputs["autoEnable"] == "NEW"
