"""`aws:guardduty/organizationConfiguration:OrganizationConfiguration`, as upstream's resource.

- Create and update are one UpdateOrganizationConfiguration with `autoEnableOrganizationMembers`
  (and `datasources` where the program has them); create takes over silently what is there. The id
  is the detector's.
- One write at a time on a detector, also against the organization's features.
- The state is read from DescribeOrganizationConfiguration; a detector that the account does not own
  is gone.
- Delete does nothing: the organization keeps its settings.
- Import is by detector id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from botocore.exceptions import ClientError

from aws_plugin_stand_in.datasources import (
    datasources_property,
    organization_block,
    organization_request,
)
from aws_plugin_stand_in.detector import is_not_owned
from aws_plugin_stand_in.failures import doing
from aws_plugin_stand_in.region_property import REGION
from aws_plugin_stand_in.resource import Call, ResourceType
from aws_plugin_stand_in.schema import Kind, Property, Schema

if TYPE_CHECKING:
    from mypy_boto3_guardduty.type_defs import (
        DescribeOrganizationConfigurationResponseTypeDef,
        OrganizationFeatureConfigurationResultTypeDef,
        UpdateOrganizationConfigurationRequestTypeDef,
    )

    from aws_plugin_stand_in.wire import Properties

AUTO_ENABLE = ("NEW", "ALL", "NONE")


class OrganizationConfiguration(ResourceType):
    """GuardDuty itself for the organization's accounts, in one region."""

    schema: ClassVar[Schema] = Schema(
        token="aws:guardduty/organizationConfiguration:OrganizationConfiguration",  # noqa: S106 (a type's token)
        inputs={
            "autoEnableOrganizationMembers": Property(Kind.TEXT, required=True, values=AUTO_ENABLE),
            "datasources": datasources_property(volumes="autoEnable", s3_logs="autoEnable"),
            "detectorId": Property(Kind.TEXT, required=True, replaces=True),
            "region": REGION,
        },
    )

    def create(self, call: Call, inputs: Properties) -> str:
        """UpdateOrganizationConfiguration."""
        self._put(call, inputs)
        return str(inputs["detectorId"])

    def update(self, call: Call, resource_id: str, state: Properties, inputs: Properties) -> None:
        """The same as create."""
        del resource_id, state
        self._put(call, inputs)

    def read(self, call: Call, resource_id: str, state: Properties) -> Properties | None:
        """DescribeOrganizationConfiguration."""
        del state
        with doing(f"reading GuardDuty Organization Configuration ({resource_id})"):
            found = describe_organization(call, resource_id)
        if found is None:
            return None
        return {
            "autoEnableOrganizationMembers": found.get("AutoEnableOrganizationMembers"),
            "datasources": organization_block(found.get("DataSources")),
            "detectorId": resource_id,
            "region": call.region,
        }

    def _put(self, call: Call, inputs: Properties) -> None:
        detector_id = str(inputs["detectorId"])
        request: UpdateOrganizationConfigurationRequestTypeDef = {
            "DetectorId": detector_id,
            # The schema's enumeration has checked it.
            "AutoEnableOrganizationMembers": inputs["autoEnableOrganizationMembers"],  # type: ignore[typeddict-item]
        }
        if isinstance(block := inputs.get("datasources"), dict):
            request["DataSources"] = organization_request(block)
        with (
            call.aws.detector_lock(detector_id),
            doing(f"updating GuardDuty Organization Configuration ({detector_id})"),
        ):
            call.client.update_organization_configuration(**request)


def describe_organization(
    call: Call, detector_id: str
) -> DescribeOrganizationConfigurationResponseTypeDef | None:
    """DescribeOrganizationConfiguration with the features of all its pages.

    None where the account has no such detector. The operation is paged, but botocore has no
    paginator for it.
    """
    try:
        first = page = call.client.describe_organization_configuration(DetectorId=detector_id)
        features: list[OrganizationFeatureConfigurationResultTypeDef] = [*page.get("Features", [])]
        while token := page.get("NextToken"):
            page = call.client.describe_organization_configuration(
                DetectorId=detector_id, NextToken=token
            )
            features += page.get("Features", [])
    except ClientError as error:
        if is_not_owned(error):
            return None
        raise
    return {**first, "Features": features}
