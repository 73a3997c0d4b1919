"""Tags of detectors and publishing destinations: the resources that the sandbox has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_sandbox.guardduty import detectors
from aws_sandbox.guardduty.errors import (
    INVALID_VALUE,
    MEMBER_CANNOT_MANAGE,
    NO_SUCH_RESOURCE,
    NOT_OWNED,
    invalid_input,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_sandbox.guardduty.operation_request import Request
    from aws_sandbox.guardduty.state import Detector, PublishingDestination

    Response = dict[str, Any]

LONGEST = 50
"""Tags for each resource (ListTagsForResource, API reference)."""


def _list_tags(request: Request) -> Response:
    return {"Tags": _tagged(request).tags}


def _tag(request: Request) -> Response:
    """Add tags; those of the same key are replaced.

    Raises:
        ServiceError: the resource would have more than 50 tags (the words are assumed), a key that
            begins with `aws:`, or the caller is a member.
    """
    tagged = _changeable(request)
    tags = {**tagged.tags, **request.parameters["Tags"]}
    if len(tags) > LONGEST or any(key.startswith("aws:") for key in tags):
        raise invalid_input(INVALID_VALUE)
    tagged.tags = tags
    return {}


def _untag(request: Request) -> Response:
    """Remove tags; keys that are not there are passed over."""
    tagged = _changeable(request)
    removed = set(request.parameters["TagKeys"])
    tagged.tags = {key: text for key, text in tagged.tags.items() if key not in removed}
    return {}


def _changeable(request: Request) -> Detector | PublishingDestination:
    """What the ARN names, if its tags may be changed: a member manages none of its own."""
    tagged = _tagged(request)
    if request.place.administrator_id is not None:
        raise invalid_input(MEMBER_CANNOT_MANAGE)
    return tagged


def _tagged(request: Request) -> Detector | PublishingDestination:
    """The caller's detector that the ARN names, or the destination under it.

    Raises:
        ServiceError: another account's or region's, or anything else under the detector, of which
            there is nothing.
    """
    place = request.place
    _, _, _, region, account_id, resource = request.parameters["ResourceArn"].split(":", 5)
    if (region, account_id) != (place.region, place.account_id):
        raise invalid_input(NOT_OWNED)
    detector_id, _, below = resource.removeprefix("detector/").partition("/")
    detector = detectors.owned(place, detector_id)
    if not below:
        return detector
    kind, _, name = below.partition("/")
    destinations = {} if detector.belongings is None else detector.belongings.destinations
    if kind != "publishingDestination" or name not in destinations:
        raise invalid_input(NO_SUCH_RESOURCE)
    return destinations[name]


OPERATIONS: dict[str, Callable[[Request], Response]] = {
    "ListTagsForResource": _list_tags,
    "TagResource": _tag,
    "UntagResource": _untag,
}
