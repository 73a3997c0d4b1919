"""`aws:guardduty/detector:Detector`, as upstream's aws_guardduty_detector.

- Create is CreateDetector, which AWS refuses where the account has a detector in the region
  already: there is no adoption. Features are not named in it, so AWS turns on those that it turns
  on by itself.
- `enable` is true unless the program says otherwise; false suspends the detector.
  `findingPublishingFrequency` is AWS's own where the program leaves it out (a member's is forced by
  its administrator), and `datasources` likewise.
- Update sends `enable` and the frequency (the state's, where the program has none), and
  `datasources` only if they differ; tags, those of `aws:defaultTags` too, go by TagResource and
  UntagResource.
- Delete is DeleteDetector: the findings are lost. "It has invited or associated members" is retried
  for two minutes; a detector that is gone already is no failure.
- A detector that GetDetector says is not owned by the account is gone, and leaves the state on
  refresh.
- Import is by detector id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from botocore.exceptions import ClientError

from aws_plugin_stand_in.datasources import datasources_property, detector_block, detector_request
from aws_plugin_stand_in.failures import doing, words_of
from aws_plugin_stand_in.region_property import REGION
from aws_plugin_stand_in.resource import Call, ResourceType
from aws_plugin_stand_in.schema import Kind, Property, Schema

if TYPE_CHECKING:
    from mypy_boto3_guardduty.literals import FindingPublishingFrequencyType
    from mypy_boto3_guardduty.type_defs import (
        CreateDetectorRequestTypeDef,
        GetDetectorResponseTypeDef,
        UpdateDetectorRequestTypeDef,
    )

    from aws_plugin_stand_in.wire import Properties, Value

# Upstream's propagation time for memberships.
_MEMBERS_SECONDS = 120
_NOT_OWNED = "the input detectorId is not owned by the current account"
_HAS_MEMBERS = "cannot delete detector while it has invited or associated members"


class Detector(ResourceType):
    """A region's detector."""

    schema: ClassVar[Schema] = Schema(
        token="aws:guardduty/detector:Detector",  # noqa: S106 (a resource type's token)
        inputs={
            "datasources": datasources_property(volumes="enable", s3_logs="enable"),
            "enable": Property(Kind.TRUTH, default=True),
            "findingPublishingFrequency": Property(Kind.TEXT, computed=True),
            "region": REGION,
            "tags": Property(Kind.TAGS),
        },
        outputs=frozenset({"accountId", "arn", "tagsAll"}),
    )

    def create(self, call: Call, inputs: Properties) -> str:
        """CreateDetector."""
        request: CreateDetectorRequestTypeDef = {"Enable": bool(inputs["enable"])}
        if tags := _tags(inputs.get("tagsAll")):
            request["Tags"] = tags
        if frequency := _frequency(inputs):
            request["FindingPublishingFrequency"] = frequency
        if isinstance(block := inputs.get("datasources"), dict):
            request["DataSources"] = detector_request(block)
        with doing("creating GuardDuty Detector"):
            return call.client.create_detector(**request)["DetectorId"]

    def read(self, call: Call, resource_id: str, state: Properties) -> Properties | None:
        """GetDetector."""
        with doing(f"reading GuardDuty Detector ({resource_id})"):
            found = get_detector(call, resource_id)
            account_id = call.aws.account_id()
        if found is None:
            return None
        tags = found.get("Tags", {})
        own: dict[str, Value] = {**call.aws.tags.own(tags, _tags(state.get("tags")))}
        every: dict[str, Value] = {**call.aws.tags.seen(tags)}
        return {
            "accountId": account_id,
            "arn": detector_arn(call, resource_id, account_id),
            "datasources": detector_block(found.get("DataSources")),
            "enable": found["Status"] == "ENABLED",
            "findingPublishingFrequency": found.get("FindingPublishingFrequency"),
            "region": call.region,
            "tags": own or None,
            "tagsAll": every,
        }

    def update(self, call: Call, resource_id: str, state: Properties, inputs: Properties) -> None:
        """UpdateDetector for everything but tags; TagResource and UntagResource for those."""
        differing = {difference.name for difference in self.schema.differences(state, inputs)}
        with doing(f"updating GuardDuty Detector ({resource_id})"):
            if differing - {"tags", "tagsAll"}:
                request: UpdateDetectorRequestTypeDef = {
                    "DetectorId": resource_id,
                    "Enable": bool(inputs["enable"]),
                }
                if frequency := _frequency({**state, **inputs}):
                    request["FindingPublishingFrequency"] = frequency
                if "datasources" in differing and isinstance(inputs["datasources"], dict):
                    request["DataSources"] = detector_request(inputs["datasources"])
                call.client.update_detector(**request)
            if "tagsAll" in differing:
                arn = detector_arn(call, resource_id, call.aws.account_id())
                _retag(call, arn, _tags(state.get("tagsAll")), _tags(inputs.get("tagsAll")))

    def delete(self, call: Call, resource_id: str) -> None:
        """DeleteDetector, again while members are still leaving."""
        what = f"deleting GuardDuty Detector ({resource_id})"
        with doing(what):
            call.wait_while(lambda: _delete(call, resource_id), what, _MEMBERS_SECONDS)


def get_detector(call: Call, detector_id: str) -> GetDetectorResponseTypeDef | None:
    """GetDetector; None where AWS says that the account has no such detector."""
    try:
        return call.client.get_detector(DetectorId=detector_id)
    except ClientError as error:
        if is_not_owned(error):
            return None
        raise


def is_not_owned(error: ClientError) -> bool:
    """Whether AWS's error means that the account has no detector of that id."""
    return _NOT_OWNED in error.response["Error"].get("Message", "")


def detector_arn(call: Call, detector_id: str, account_id: str) -> str:
    """The detector's ARN, which no operation returns."""
    partition = call.client.meta.partition
    return f"arn:{partition}:guardduty:{call.region}:{account_id}:detector/{detector_id}"


def _delete(call: Call, detector_id: str) -> str | None:
    """DeleteDetector; AWS's words where members are in the way, None when the detector is gone."""
    try:
        call.client.delete_detector(DetectorId=detector_id)
    except ClientError as error:
        if _HAS_MEMBERS in error.response["Error"].get("Message", ""):
            return words_of(error)
        if not is_not_owned(error):
            raise
    return None


def _frequency(properties: Properties) -> FindingPublishingFrequencyType | None:
    # An unknown frequency is AWS's to refuse, as it is upstream.
    return properties.get("findingPublishingFrequency")  # type: ignore[return-value] # a string, by the schema


def _tags(value: Value) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {key: tag for key, tag in value.items() if isinstance(tag, str)}


def _retag(call: Call, arn: str, old: dict[str, str], new: dict[str, str]) -> None:
    if gone := sorted(old.keys() - new.keys()):
        call.client.untag_resource(ResourceArn=arn, TagKeys=gone)
    if set_now := {key: value for key, value in new.items() if old.get(key) != value}:
        call.client.tag_resource(ResourceArn=arn, Tags=set_now)
