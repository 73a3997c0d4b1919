"""All features of the model, and the deprecated data sources that stand for three of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from aws_sandbox.guardduty.wire import service_model
from aws_sandbox.testing import MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_sandbox.testing.plugin import RunningSandbox

FIRST = "300000000001"
BOTH = (
    "The request failed because both data sources and features were provided. You can provide "
    "only one; it is recommended to use features."
)
INVALID = (
    "The request is rejected because an invalid or out-of-range value is specified as an input "
    "parameter."
)
ADDITIONAL = {
    "RUNTIME_MONITORING": [
        "EKS_ADDON_MANAGEMENT",
        "ECS_FARGATE_AGENT_MANAGEMENT",
        "EC2_AGENT_MANAGEMENT",
    ],
    "EKS_RUNTIME_MONITORING": ["EKS_ADDON_MANAGEMENT"],
    "RDS_LOGIN_EVENTS": ["RDS_DATA_RISK"],
}

Json = Any


def names(shape: str) -> list[str]:
    return list(service_model().shape_for(shape).metadata["enum"])


def sources(*, on: bool, key: str = "Enable") -> Json:
    """The three data sources that can be written, all on or all off."""
    volumes = on if key == "Enable" else {key: on}
    return {
        "S3Logs": {key: on},
        "Kubernetes": {"AuditLogs": {key: on}},
        "MalwareProtection": {"ScanEc2InstanceWithFindings": {"EbsVolumes": volumes}},
    }


def told(found: Json, key: str = "Status") -> tuple[Json, Json, Json]:
    """What an answer's data sources say of the same three."""
    malware = found["MalwareProtection"]["ScanEc2InstanceWithFindings"]["EbsVolumes"]
    return found["S3Logs"][key], found["Kubernetes"]["AuditLogs"][key], malware[key]


def by_name(features: list[Json], key: str = "Status") -> dict[str, Json]:
    return {feature["Name"]: feature[key] for feature in features}


def of_three(features: list[Json], key: str = "Status") -> tuple[Json, Json, Json]:
    found = by_name(features, key)
    return found["S3_DATA_EVENTS"], found["EKS_AUDIT_LOGS"], found["EBS_MALWARE_PROTECTION"]


def refused_with(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"] == {"Code": "BadRequestException", "Message": message}


def switched(name: str, status: str, key: str = "Status") -> Json:
    feature: Json = {"Name": name, key: status}
    if name in ADDITIONAL:
        feature["AdditionalConfiguration"] = [
            {"Name": each, key: status} for each in ADDITIONAL[name]
        ]
    return feature


def stated(feature: Json, key: str = "Status") -> Json:
    """A feature of an answer without what only answers have."""
    kept = {"Name": feature["Name"], key: feature[key]}
    if "AdditionalConfiguration" in feature:
        kept["AdditionalConfiguration"] = [
            {"Name": each["Name"], key: each[key]} for each in feature["AdditionalConfiguration"]
        ]
    return kept


def test_data_sources_of_a_detector_are_its_features(sandbox: RunningSandbox) -> None:
    guardduty = sandbox.boto3("guardduty", MANAGEMENT)
    detector = guardduty.create_detector(Enable=True, DataSources=sources(on=False))["DetectorId"]
    for on, status in ((False, "DISABLED"), (True, "ENABLED"), (False, "DISABLED")):
        guardduty.update_detector(DetectorId=detector, DataSources=sources(on=on))
        found = guardduty.get_detector(DetectorId=detector)
        assert told(found["DataSources"]) == of_three(found["Features"]) == (status,) * 3
    found = guardduty.get_detector(DetectorId=detector)
    read_only = [found["DataSources"][name] for name in ("CloudTrail", "DNSLogs", "FlowLogs")]
    assert read_only == [{"Status": "ENABLED"}] * 3
    guardduty.update_detector(DetectorId=detector, Enable=False)
    found = guardduty.get_detector(DetectorId=detector)
    assert found["DataSources"]["CloudTrail"] == {"Status": "DISABLED"}
    assert by_name(found["Features"])["CLOUD_TRAIL"] == "DISABLED"


def test_data_sources_of_a_member_are_its_features(sandbox: RunningSandbox) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    for on, status in ((True, "ENABLED"), (False, "DISABLED")):
        guardduty.update_member_detectors(
            DetectorId=detector, AccountIds=[FIRST], DataSources=sources(on=on)
        )
        (found,) = guardduty.get_member_detectors(DetectorId=detector, AccountIds=[FIRST])[
            "MemberDataSourceConfigurations"
        ]
        assert told(found["DataSources"]) == of_three(found["Features"]) == (status,) * 3


def test_the_organizations_data_sources_are_features_for_new_accounts(
    sandbox: RunningSandbox,
) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    for on, setting in ((True, "NEW"), (False, "NONE")):
        guardduty.update_organization_configuration(
            DetectorId=detector, AutoEnable=True, DataSources=sources(on=on, key="AutoEnable")
        )
        found = guardduty.describe_organization_configuration(DetectorId=detector)
        assert told(found["DataSources"], "AutoEnable") == (on,) * 3
        assert of_three(found["Features"], "AutoEnable") == (setting,) * 3


def test_data_sources_and_features_never_come_together(sandbox: RunningSandbox) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    both = {
        "DataSources": {"S3Logs": {"Enable": True}},
        "Features": [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}],
    }
    settings = {
        "DataSources": {"S3Logs": {"AutoEnable": True}},
        "Features": [{"Name": "EKS_AUDIT_LOGS", "AutoEnable": "NEW"}],
    }
    for call in (
        lambda: sandbox.boto3("guardduty", MANAGEMENT).create_detector(Enable=True, **both),
        lambda: guardduty.update_detector(DetectorId=detector, **both),
        lambda: guardduty.update_member_detectors(DetectorId=detector, AccountIds=[FIRST], **both),
        lambda: guardduty.update_organization_configuration(
            DetectorId=detector, AutoEnable=True, **settings
        ),
    ):
        refused_with(call, BOTH)


def test_every_feature_of_a_detector_is_set(
    sandbox: RunningSandbox,
) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    for name in names("DetectorFeature"):
        for status in ("ENABLED", "DISABLED"):
            wanted = switched(name, status)
            guardduty.update_detector(DetectorId=detector, Features=[wanted])
            found = guardduty.get_detector(DetectorId=detector)["Features"]
            assert wanted in [stated(feature) for feature in found]
    assert set(by_name(found)) == set(names("DetectorFeatureResult"))


def test_every_feature_of_a_member_is_set(
    sandbox: RunningSandbox,
) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    ids = [FIRST]
    for name in names("OrgFeature"):
        for status in ("ENABLED", "DISABLED"):
            wanted = switched(name, status)
            guardduty.update_member_detectors(
                DetectorId=detector, AccountIds=ids, Features=[wanted]
            )
            (found,) = guardduty.get_member_detectors(DetectorId=detector, AccountIds=ids)[
                "MemberDataSourceConfigurations"
            ]
            assert wanted in [stated(feature) for feature in found["Features"]]
    assert set(by_name(found["Features"])) == set(names("OrgFeature"))


def test_every_feature_of_the_organization_is_set(
    sandbox: RunningSandbox,
) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    for name in names("OrgFeature"):
        for setting in names("OrgFeatureStatus"):
            wanted = switched(name, setting, "AutoEnable")
            guardduty.update_organization_configuration(
                DetectorId=detector, AutoEnableOrganizationMembers="NEW", Features=[wanted]
            )
            found = guardduty.describe_organization_configuration(DetectorId=detector)
            settings = [stated(feature, "AutoEnable") for feature in found["Features"]]
            assert wanted in settings


def test_a_feature_is_set_without_its_additional_configurations(
    sandbox: RunningSandbox,
) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    additional = [{"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"}]
    guardduty.update_detector(
        DetectorId=detector,
        Features=[{"Name": "RUNTIME_MONITORING", "AdditionalConfiguration": additional}],
    )
    (found,) = [
        stated(feature)
        for feature in guardduty.get_detector(DetectorId=detector)["Features"]
        if feature["Name"] == "RUNTIME_MONITORING"
    ]
    assert found["Status"] == "DISABLED"
    assert {each["Name"]: each["Status"] for each in found["AdditionalConfiguration"]} == {
        "EKS_ADDON_MANAGEMENT": "DISABLED",
        "ECS_FARGATE_AGENT_MANAGEMENT": "DISABLED",
        "EC2_AGENT_MANAGEMENT": "ENABLED",
    }


@pytest.mark.parametrize(
    "features",
    [
        [switched("EKS_RUNTIME_MONITORING", "ENABLED"), switched("RUNTIME_MONITORING", "ENABLED")],
        [
            {
                "Name": "EKS_AUDIT_LOGS",
                "Status": "ENABLED",
                "AdditionalConfiguration": [{"Name": "EKS_ADDON_MANAGEMENT", "Status": "ENABLED"}],
            }
        ],
        [{"Name": "AI_ANALYST", "Status": "ENABLED"}],
        [{"Name": "EKS_AUDIT_LOG", "Status": "ENABLED"}],
    ],
)
def test_what_members_and_organization_do_not_have_is_refused(
    sandbox: RunningSandbox, features: list[Json]
) -> None:
    guardduty, detector = sandbox.boto3("guardduty"), sandbox.detector()
    refused_with(
        lambda: guardduty.update_member_detectors(
            DetectorId=detector, AccountIds=[FIRST], Features=features
        ),
        INVALID,
    )
    settings = [
        {
            "Name": feature["Name"],
            "AutoEnable": "NEW",
            "AdditionalConfiguration": [
                {"Name": each["Name"], "AutoEnable": "NEW"}
                for each in feature.get("AdditionalConfiguration", ())
            ],
        }
        for feature in features
    ]
    refused_with(
        lambda: guardduty.update_organization_configuration(
            DetectorId=detector, AutoEnableOrganizationMembers="NEW", Features=settings
        ),
        INVALID,
    )
