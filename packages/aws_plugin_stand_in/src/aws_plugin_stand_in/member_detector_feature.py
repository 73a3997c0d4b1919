"""`aws:guardduty/memberDetectorFeature:MemberDetectorFeature`, as upstream's resource.

- Create and update are one UpdateMemberDetectors with this account and this feature alone, one at
  a time for a detector id. An account that AWS leaves unprocessed is the error, in AWS's words.
- `accountId`, `detectorId` and `name` replace; `additionalConfigurations` (an ordered list) do not.
- The state is read from GetMemberDetectors. Upstream looks at the members before it looks at the
  unprocessed accounts: without the account or its feature, the resource is gone.
- Delete does nothing: the account keeps the feature as it is.
- There is no importer; creating adopts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aws_plugin_stand_in.additional_configurations import (
    additional_configurations,
    configurations_read,
    given_configurations,
)
from aws_plugin_stand_in.failures import NotProcessedError, doing, one_line
from aws_plugin_stand_in.region_property import REGION
from aws_plugin_stand_in.resource import Call, ResourceType
from aws_plugin_stand_in.schema import Kind, Property, Schema

if TYPE_CHECKING:
    from mypy_boto3_guardduty.type_defs import (
        MemberAdditionalConfigurationTypeDef,
        MemberFeaturesConfigurationTypeDef,
    )

    from aws_plugin_stand_in.wire import Properties

_STATUSES = ("ENABLED", "DISABLED")
# The service model's OrgFeature.
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


class MemberDetectorFeature(ResourceType):
    """One feature of one member, set by its administrator."""

    schema: ClassVar[Schema] = Schema(
        token="aws:guardduty/memberDetectorFeature:MemberDetectorFeature",  # noqa: S106 (a type's token)
        inputs={
            "accountId": Property(Kind.TEXT, required=True, replaces=True),
            "additionalConfigurations": additional_configurations(
                "status", _STATUSES, unordered=False, replaces=False
            ),
            "detectorId": Property(Kind.TEXT, required=True, replaces=True),
            "name": Property(Kind.TEXT, required=True, replaces=True, values=_FEATURES),
            "region": REGION,
            "status": Property(Kind.TEXT, required=True, values=_STATUSES),
        },
        importable=False,
    )

    def create(self, call: Call, inputs: Properties) -> str:
        """UpdateMemberDetectors with this account and this feature alone."""
        self._put(call, inputs, "creating")
        return ",".join(_key(inputs))

    def read(self, call: Call, resource_id: str, state: Properties) -> Properties | None:
        """The account's feature in what GetMemberDetectors returns."""
        del resource_id
        detector_id, account_id, name = _key(state)
        with doing(f"reading {_what(state)}"):
            found = call.client.get_member_detectors(
                DetectorId=detector_id, AccountIds=[account_id]
            )
        for member in found["MemberDataSourceConfigurations"]:
            for feature in member.get("Features", []):
                if feature.get("Name") == name:
                    return {
                        "accountId": account_id,
                        "additionalConfigurations": configurations_read(feature, "status"),
                        "detectorId": detector_id,
                        "name": name,
                        "region": call.region,
                        "status": feature.get("Status"),
                    }
        return None

    def update(self, call: Call, resource_id: str, state: Properties, inputs: Properties) -> None:
        """The same as create."""
        del resource_id, state
        self._put(call, inputs, "updating")

    def _put(self, call: Call, inputs: Properties, verb: str) -> None:
        feature: MemberFeaturesConfigurationTypeDef = {
            # The schema's enumerations have checked both.
            "Name": inputs["name"],  # type: ignore[typeddict-item]
            "Status": inputs["status"],  # type: ignore[typeddict-item]
        }
        additional: list[MemberAdditionalConfigurationTypeDef] = [
            # Which names there are is the service's business.
            {"Name": name, "Status": status}  # type: ignore[typeddict-item]
            for name, status in given_configurations(inputs, "status")
        ]
        if additional:
            feature["AdditionalConfiguration"] = additional
        detector_id, account_id, _ = _key(inputs)
        what = f"{verb} {_what(inputs)}"
        with call.aws.detector_lock(detector_id), doing(what):
            answer = call.client.update_member_detectors(
                DetectorId=detector_id, AccountIds=[account_id], Features=[feature]
            )
        for unprocessed in answer["UnprocessedAccounts"]:
            raise NotProcessedError(f"{what}: {one_line(unprocessed['Result'])}")


def _key(properties: Properties) -> tuple[str, str, str]:
    """Detector id, account id and name, which make the id."""
    return (
        str(properties["detectorId"]),
        str(properties["accountId"]),
        str(properties["name"]),
    )


def _what(properties: Properties) -> str:
    return f"GuardDuty Member Detector Feature ({'/'.join(_key(properties))})"
