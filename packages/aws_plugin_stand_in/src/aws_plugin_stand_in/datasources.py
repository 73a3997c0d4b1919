"""The deprecated `datasources` block, between the SDK's shape and the API's.

The API takes switches and returns statuses, in other shapes than the resources have. It refuses
`dataSources` and `features` in one request, so the block is sent only where a program sets it; on
reads AWS still returns it, in step with the features (GuardDuty User Guide, "Features API changes
March 2023").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from aws_plugin_stand_in.schema import Kind, Property

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_guardduty.type_defs import (
        DataSourceConfigurationsResultTypeDef,
        DataSourceConfigurationsTypeDef,
        OrganizationDataSourceConfigurationsResultTypeDef,
        OrganizationDataSourceConfigurationsTypeDef,
    )

    from aws_plugin_stand_in.wire import Properties, Value

# The names of the switches differ between the two resources, and within the organization's own
# block.
_Switch = Literal["enable", "autoEnable"]


def datasources_property(volumes: _Switch, s3_logs: _Switch) -> Property:
    """The block's schema.

    Args:
        volumes: what the switch under `malwareProtection` is called.
        s3_logs: what the switch under `s3Logs` is called.
    """
    return Property(
        Kind.BLOCK,
        computed=True,
        deprecated=True,
        fields={
            "kubernetes": _block("auditLogs", _switch("enable"), required=False),
            "malwareProtection": Property(
                Kind.BLOCK,
                fields={
                    "scanEc2InstanceWithFindings": _block(
                        "ebsVolumes", _switch(volumes), required=True
                    )
                },
            ),
            "s3Logs": Property(Kind.BLOCK, fields=_switch(s3_logs)),
        },
    )


def detector_request(block: Properties) -> DataSourceConfigurationsTypeDef:
    """`DataSources` of CreateDetector and UpdateDetector."""
    request: DataSourceConfigurationsTypeDef = {}
    if (logs := _at(block, "kubernetes", "auditLogs", "enable")) is not None:
        request["Kubernetes"] = {"AuditLogs": {"Enable": logs}}
    volumes = _at(block, "malwareProtection", "scanEc2InstanceWithFindings", "ebsVolumes", "enable")
    if volumes is not None:
        request["MalwareProtection"] = {"ScanEc2InstanceWithFindings": {"EbsVolumes": volumes}}
    if (s3_logs := _at(block, "s3Logs", "enable")) is not None:
        request["S3Logs"] = {"Enable": s3_logs}
    return request


def detector_block(result: DataSourceConfigurationsResultTypeDef | None) -> Properties | None:
    """The block for what GetDetector returned; None for nothing."""
    if not result:
        return None
    block: Properties = {}
    if kubernetes := result.get("Kubernetes"):
        block["kubernetes"] = {
            "auditLogs": {"enable": kubernetes["AuditLogs"]["Status"] == "ENABLED"}
        }
    if malware := result.get("MalwareProtection"):
        status = malware.get("ScanEc2InstanceWithFindings", {}).get("EbsVolumes", {}).get("Status")
        block["malwareProtection"] = {
            "scanEc2InstanceWithFindings": {"ebsVolumes": {"enable": status == "ENABLED"}}
        }
    if s3_logs := result.get("S3Logs"):
        block["s3Logs"] = {"enable": s3_logs["Status"] == "ENABLED"}
    return block


def organization_request(block: Properties) -> OrganizationDataSourceConfigurationsTypeDef:
    """`DataSources` of UpdateOrganizationConfiguration."""
    request: OrganizationDataSourceConfigurationsTypeDef = {}
    if (logs := _at(block, "kubernetes", "auditLogs", "enable")) is not None:
        request["Kubernetes"] = {"AuditLogs": {"AutoEnable": logs}}
    volumes = _at(
        block, "malwareProtection", "scanEc2InstanceWithFindings", "ebsVolumes", "autoEnable"
    )
    if volumes is not None:
        request["MalwareProtection"] = {
            "ScanEc2InstanceWithFindings": {"EbsVolumes": {"AutoEnable": volumes}}
        }
    if (s3_logs := _at(block, "s3Logs", "autoEnable")) is not None:
        request["S3Logs"] = {"AutoEnable": s3_logs}
    return request


def organization_block(
    result: OrganizationDataSourceConfigurationsResultTypeDef | None,
) -> Properties | None:
    """The block for what DescribeOrganizationConfiguration returned; None for nothing."""
    if not result:
        return None
    block: Properties = {}
    if kubernetes := result.get("Kubernetes"):
        block["kubernetes"] = {"auditLogs": {"enable": kubernetes["AuditLogs"]["AutoEnable"]}}
    if malware := result.get("MalwareProtection"):
        volumes = malware.get("ScanEc2InstanceWithFindings", {}).get("EbsVolumes", {})
        block["malwareProtection"] = {
            "scanEc2InstanceWithFindings": {
                "ebsVolumes": {"autoEnable": volumes.get("AutoEnable", False)}
            }
        }
    if s3_logs := result.get("S3Logs"):
        block["s3Logs"] = {"autoEnable": s3_logs["AutoEnable"]}
    return block


def _switch(name: _Switch) -> Mapping[str, Property]:
    return {name: Property(Kind.TRUTH, required=True)}


def _block(name: str, fields: Mapping[str, Property], *, required: bool) -> Property:
    return Property(
        Kind.BLOCK,
        required=required,
        fields={name: Property(Kind.BLOCK, required=True, fields=fields)},
    )


def _at(block: Properties, *path: str) -> bool | None:
    value: Value = block
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value if isinstance(value, bool) else None
