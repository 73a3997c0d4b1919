"""The id of the two feature resources: `<detector id>/<feature name>`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_plugin_stand_in.failures import MalformedIdError

if TYPE_CHECKING:
    from aws_plugin_stand_in.wire import Properties

_PARTS = 2


def feature_id(inputs: Properties) -> str:
    """The id for a program's inputs."""
    return f"{inputs['detectorId']}/{inputs['name']}"


def parse_feature_id(resource_id: str) -> tuple[str, str]:
    """The detector id and the feature's name.

    Raises:
        MalformedIdError: the id has another form.
    """
    parts = resource_id.split("/")
    if len(parts) != _PARTS or not all(parts):
        raise MalformedIdError(
            f"unexpected format for ID ({resource_id}), expected DETECTORID/FEATURENAME"
        )
    return parts[0], parts[1]
