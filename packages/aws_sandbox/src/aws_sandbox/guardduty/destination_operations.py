"""Publishing destinations: where a detector's findings would be exported to.

There is no S3 and no KMS here: buckets, keys and their policies are taken as they are named, and
nothing is exported.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

from aws_sandbox.guardduty import detectors
from aws_sandbox.guardduty.errors import (
    DESTINATION_EXISTS,
    INVALID_VALUE,
    NO_SUCH_RESOURCE,
    invalid_input,
)
from aws_sandbox.guardduty.state import PublishingDestination

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_sandbox.guardduty.operation_request import Request

    Response = dict[str, Any]

_BUCKET: Final = re.compile(r"arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?")
_KEY: Final = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")
_STATUS: Final = "PUBLISHING"
"""AWS verifies a destination first (PENDING_VERIFICATION)."""


def _create(request: Request) -> Response:
    """Make a destination, PUBLISHING at once; the same client token makes no second one.

    Raises:
        ServiceError: there is one of this type already, or bucket or key are missing or malformed.
    """
    asked = request.parameters
    own = detectors.owned(request.place, request.detector_id).own()
    properties = _checked(asked["DestinationProperties"])
    token = asked.get("ClientToken")
    for found in own.destinations.values():
        if token is not None and found.client_token == token:
            return {"DestinationId": found.destination_id}
        if found.destination_type == asked["DestinationType"]:
            raise invalid_input(DESTINATION_EXISTS)
    source = f"{request.detector_id}/{request.world.clock.now().isoformat()}"
    made = PublishingDestination(
        destination_id=hashlib.sha256(source.encode()).hexdigest()[:32],
        destination_type=asked["DestinationType"],
        properties=properties,
        client_token=token,
        tags=dict(asked.get("Tags", {})),
    )
    own.destinations[made.destination_id] = made
    return {"DestinationId": made.destination_id}


def _update(request: Request) -> Response:
    """Change the properties that are named."""
    found = _found(request)
    changes = request.parameters.get("DestinationProperties", {})
    found.properties = _checked({**found.properties, **changes})
    return {}


def _delete(request: Request) -> Response:
    found = _found(request)
    del detectors.owned(request.place, request.detector_id).own().destinations[found.destination_id]
    return {}


def _list(request: Request) -> Response:
    """All destinations, in one page: there is one of each type at most."""
    belongings = detectors.owned(request.place, request.detector_id).belongings
    found = () if belongings is None else belongings.destinations.values()
    return {"Destinations": [_summary(each) for each in found]}


def _describe(request: Request) -> Response:
    found = _found(request)
    return {
        **_summary(found),
        "PublishingFailureStartTimestamp": 0,
        "DestinationProperties": found.properties,
        "Tags": found.tags,
    }


def _summary(found: PublishingDestination) -> Response:
    return {
        "DestinationId": found.destination_id,
        "DestinationType": found.destination_type,
        "Status": _STATUS,
    }


def _found(request: Request) -> PublishingDestination:
    """The destination that the path names.

    Raises:
        ServiceError: the detector has no such destination (the words are assumed).
    """
    detector = detectors.owned(request.place, request.detector_id)
    wanted = str(request.parameters["DestinationId"])
    if detector.belongings is None or wanted not in detector.belongings.destinations:
        raise invalid_input(NO_SUCH_RESOURCE)
    return detector.belongings.destinations[wanted]


def _checked(properties: Mapping[str, str]) -> Mapping[str, str]:
    """Properties with an S3 bucket, or a folder in one, and a KMS key.

    Raises:
        ServiceError: one of the two is missing or malformed (for each single case assumed).
    """
    bucket, key = properties.get("DestinationArn", ""), properties.get("KmsKeyArn", "")
    if not _BUCKET.fullmatch(bucket) or not _KEY.fullmatch(key):
        raise invalid_input(INVALID_VALUE)
    return properties


OPERATIONS: dict[str, Callable[[Request], Response]] = {
    "CreatePublishingDestination": _create,
    "UpdatePublishingDestination": _update,
    "DeletePublishingDestination": _delete,
    "ListPublishingDestinations": _list,
    "DescribePublishingDestination": _describe,
}
