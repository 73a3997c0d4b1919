"""`aws:guardduty/detectorFeature:DetectorFeature`, as upstream's aws_guardduty_detector_feature.

- Create and update are one UpdateDetector that names this feature alone: AWS merges it into the
  others. Nothing is read before, nothing is waited for, and there is no lock.
- `detectorId` and `name` replace, `additionalConfigurations` (a set) too.
- The state is read from GetDetector. Without the detector, or without the feature in it, the
  resource is gone.
- Delete does nothing: the feature stays as it is.
- There is no importer; creating adopts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aws_plugin_stand_in.additional_configurations import (
    additional_configurations,
    configurations_read,
    given_configurations,
)
from aws_plugin_stand_in.detector import get_detector
from aws_plugin_stand_in.failures import doing
from aws_plugin_stand_in.feature_id import parse_feature_id
from aws_plugin_stand_in.feature_resource import FeatureResource
from aws_plugin_stand_in.region_property import REGION
from aws_plugin_stand_in.schema import Kind, Property, Schema

if TYPE_CHECKING:
    from mypy_boto3_guardduty.type_defs import (
        DetectorAdditionalConfigurationTypeDef,
        DetectorFeatureConfigurationTypeDef,
    )

    from aws_plugin_stand_in.resource import Call
    from aws_plugin_stand_in.wire import Properties

STATUSES = ("ENABLED", "DISABLED")
# The service model's DetectorFeature.
_FEATURES = (
    "S3_DATA_EVENTS",
    "EKS_AUDIT_LOGS",
    "EBS_MALWARE_PROTECTION",
    "RDS_LOGIN_EVENTS",
    "EKS_RUNTIME_MONITORING",
    "LAMBDA_NETWORK_LOGS",
    "RUNTIME_MONITORING",
    "AI_PROTECTION",
    "AI_ANALYST",
)


class DetectorFeature(FeatureResource):
    """One feature of the caller's own detector."""

    schema: ClassVar[Schema] = Schema(
        token="aws:guardduty/detectorFeature:DetectorFeature",  # noqa: S106 (a resource type's token)
        inputs={
            "additionalConfigurations": additional_configurations(
                "status", STATUSES, unordered=True
            ),
            "detectorId": Property(Kind.TEXT, required=True, replaces=True),
            "name": Property(Kind.TEXT, required=True, replaces=True, values=_FEATURES),
            "region": REGION,
            "status": Property(Kind.TEXT, required=True, values=STATUSES),
        },
        importable=False,
    )

    def read(self, call: Call, resource_id: str, state: Properties) -> Properties | None:
        """The feature in what GetDetector returns."""
        del state
        detector_id, name = parse_feature_id(resource_id)
        with doing(f"reading GuardDuty Detector Feature ({resource_id})"):
            detector = get_detector(call, detector_id)
        for feature in detector.get("Features", []) if detector else []:
            if feature.get("Name") == name:
                return {
                    "additionalConfigurations": configurations_read(feature, "status"),
                    "detectorId": detector_id,
                    "name": name,
                    "region": call.region,
                    "status": feature.get("Status"),
                }
        return None

    def put(self, call: Call, inputs: Properties) -> None:
        """UpdateDetector with this feature alone."""
        feature: DetectorFeatureConfigurationTypeDef = {
            # The schema's enumerations have checked both.
            "Name": inputs["name"],  # type: ignore[typeddict-item]
            "Status": inputs["status"],  # type: ignore[typeddict-item]
        }
        additional: list[DetectorAdditionalConfigurationTypeDef] = [
            # Which names there are is the service's business.
            {"Name": name, "Status": status}  # type: ignore[typeddict-item]
            for name, status in given_configurations(inputs, "status")
        ]
        if additional:
            feature["AdditionalConfiguration"] = additional
        detector_id = str(inputs["detectorId"])
        with doing(f"updating GuardDuty Detector ({detector_id}) Feature ({inputs['name']})"):
            call.client.update_detector(DetectorId=detector_id, Features=[feature])
