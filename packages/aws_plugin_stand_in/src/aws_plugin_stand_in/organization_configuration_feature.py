"""`aws:guardduty/organizationConfigurationFeature:…`, as upstream's resource.

- UpdateOrganizationConfiguration must carry `autoEnableOrganizationMembers`, which is not this
  resource's: create and update read it first (DescribeOrganizationConfiguration) and send it back
  unchanged, with this feature alone.
- From that read to the end of the write, no other organization write on the detector by this
  process.
- `detectorId` and `name` replace, `additionalConfigurations` (an ordered list) too.
- The state is read from DescribeOrganizationConfiguration; without the detector or the feature it
  is gone.
- Delete does nothing: the organization keeps the setting.
- There is no importer; creating adopts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aws_plugin_stand_in.additional_configurations import (
    additional_configurations,
    configurations_read,
    given_configurations,
)
from aws_plugin_stand_in.failures import NotFoundError, doing
from aws_plugin_stand_in.feature_id import parse_feature_id
from aws_plugin_stand_in.feature_resource import FeatureResource
from aws_plugin_stand_in.organization_configuration import AUTO_ENABLE, describe_organization
from aws_plugin_stand_in.region_property import REGION
from aws_plugin_stand_in.schema import Kind, Property, Schema

if TYPE_CHECKING:
    from mypy_boto3_guardduty.type_defs import (
        OrganizationAdditionalConfigurationTypeDef,
        OrganizationFeatureConfigurationTypeDef,
    )

    from aws_plugin_stand_in.resource import Call
    from aws_plugin_stand_in.wire import Properties

# The service model's OrgFeature: DetectorFeature without AI_ANALYST.
_FEATURES = (
    "S3_DATA_EVENTS",
    "EKS_AUDIT_LOGS",
    "EBS_MALWARE_PROTECTION",
    "RDS_LOGIN_EVENTS",
    "EKS_RUNTIME_MONITORING",
    "LAMBDA_NETWORK_LOGS",
    "RUNTIME_MONITORING",
    "AI_PROTECTION",
)


class OrganizationConfigurationFeature(FeatureResource):
    """One feature for the organization's accounts, in one region."""

    schema: ClassVar[Schema] = Schema(
        token="aws:guardduty/organizationConfigurationFeature:OrganizationConfigurationFeature",  # noqa: S106 (a type's token)
        inputs={
            "additionalConfigurations": additional_configurations(
                "autoEnable", AUTO_ENABLE, unordered=False
            ),
            "autoEnable": Property(Kind.TEXT, required=True, values=AUTO_ENABLE),
            "detectorId": Property(Kind.TEXT, required=True, replaces=True),
            "name": Property(Kind.TEXT, required=True, replaces=True, values=_FEATURES),
            "region": REGION,
        },
        importable=False,
    )

    def read(self, call: Call, resource_id: str, state: Properties) -> Properties | None:
        """The feature in what DescribeOrganizationConfiguration returns."""
        del state
        detector_id, name = parse_feature_id(resource_id)
        with doing(f"reading GuardDuty Organization Configuration Feature ({resource_id})"):
            organization = describe_organization(call, detector_id)
        for feature in organization.get("Features", []) if organization else []:
            if feature.get("Name") == name:
                return {
                    "additionalConfigurations": configurations_read(feature, "autoEnable"),
                    "autoEnable": feature.get("AutoEnable"),
                    "detectorId": detector_id,
                    "name": name,
                    "region": call.region,
                }
        return None

    def put(self, call: Call, inputs: Properties) -> None:
        """Describe, then UpdateOrganizationConfiguration with this feature alone."""
        feature: OrganizationFeatureConfigurationTypeDef = {
            # The schema's enumerations have checked both.
            "Name": inputs["name"],  # type: ignore[typeddict-item]
            "AutoEnable": inputs["autoEnable"],  # type: ignore[typeddict-item]
        }
        additional: list[OrganizationAdditionalConfigurationTypeDef] = [
            # Which names there are is the service's business.
            {"Name": name, "AutoEnable": switch}  # type: ignore[typeddict-item]
            for name, switch in given_configurations(inputs, "autoEnable")
        ]
        if additional:
            feature["AdditionalConfiguration"] = additional
        detector_id = str(inputs["detectorId"])
        of_detector = f"GuardDuty Organization Configuration ({detector_id})"
        with call.aws.detector_lock(detector_id):
            with doing(f"reading {of_detector}"):
                organization = describe_organization(call, detector_id)
            if organization is None:
                raise NotFoundError(f"reading {of_detector}: couldn't find resource")
            with doing(f"updating {of_detector} Feature ({inputs['name']})"):
                call.client.update_organization_configuration(
                    DetectorId=detector_id,
                    AutoEnableOrganizationMembers=organization["AutoEnableOrganizationMembers"],
                    Features=[feature],
                )
