"""What the two feature resources have in common: create and update are one write."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from aws_plugin_stand_in.feature_id import feature_id
from aws_plugin_stand_in.resource import Call, ResourceType

if TYPE_CHECKING:
    from aws_plugin_stand_in.wire import Properties


class FeatureResource(ResourceType):
    """A resource that writes one feature, and names no other."""

    def create(self, call: Call, inputs: Properties) -> str:
        """Write the feature."""
        self.put(call, inputs)
        return feature_id(inputs)

    def update(self, call: Call, resource_id: str, state: Properties, inputs: Properties) -> None:
        """The same as create."""
        del resource_id, state
        self.put(call, inputs)

    @abstractmethod
    def put(self, call: Call, inputs: Properties) -> None:
        """Write the feature as the inputs say."""
