"""The resource types of this program as the stand-in of the engine asks them.

Dynamic resources are the product's own provider classes, looked up in their modules at every run;
aws resources are those of the stand-in aws plugin.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from pulumi.output import Unknown

import guardduty_eks_audit_logs.resources.designation
import guardduty_eks_audit_logs.resources.member_features
import guardduty_eks_audit_logs.resources.prior_settings
import guardduty_eks_audit_logs.resources.process
from aws_plugin_stand_in import catalog
from aws_plugin_stand_in.connection import Connection
from aws_plugin_stand_in.failures import RejectedSettingError, StandInError
from aws_plugin_stand_in.resource import Call
from aws_plugin_stand_in.settings import read_settings
from aws_plugin_stand_in.wire import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi.dynamic import ConfigureRequest, ResourceProvider

Properties = dict[str, Any]


class Kind(ABC):
    """One resource type with its provider.

    Attributes:
        deletes_first: whether its last diff asked for a delete before the replacement.
        previews: whether its provider is asked for outputs in a preview.
    """

    deletes_first = False
    previews = True

    @abstractmethod
    def check(self, olds: Properties, news: Properties) -> Properties:
        """The inputs to go on with."""

    @abstractmethod
    def diff(self, id_: str, olds: Properties, news: Properties) -> tuple[bool, bool]:
        """Whether outputs and new inputs differ, and whether that takes another resource."""

    @abstractmethod
    def create(self, news: Properties) -> tuple[str, Properties]:
        """Its id and outputs."""

    @abstractmethod
    def update(self, id_: str, olds: Properties, news: Properties) -> Properties:
        """Its outputs."""

    @abstractmethod
    def read(
        self, id_: str, outputs: Properties, inputs: Properties
    ) -> tuple[str, Properties, Properties | None]:
        """Its id ("" if it is gone), outputs, and inputs if they are others now."""

    @abstractmethod
    def delete(self, id_: str, outputs: Properties) -> None:
        """Deletes it."""


class Plugins:
    """The plugin processes of one command: one of aws, and one of each dynamic provider.

    Args:
        configuration: the stack's, by full key.
    """

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self._configuration = configuration
        guardduty_eks_audit_logs.resources.process.PAUSES = (
            guardduty_eks_audit_logs.resources.process.Pauses()
        )
        self._connection: Connection | None = None
        self._kinds: dict[str, Kind] = {}

    def kind(self, type_: str) -> Kind:
        """Finds a resource type; its provider is configured once."""
        if type_ not in self._kinds:
            self._kinds[type_] = self._made(type_)
        return self._kinds[type_]

    def _made(self, type_: str) -> Kind:
        if type_.endswith(":PriorSettings"):
            provider: ResourceProvider = (
                guardduty_eks_audit_logs.resources.prior_settings.PriorSettingsProvider()
            )
            return _Dynamic(provider, self._configuration)
        if type_.endswith(":MemberFeatures"):
            provider = guardduty_eks_audit_logs.resources.member_features.MemberFeaturesProvider()
            return _Dynamic(provider, self._configuration)
        if type_.endswith(":Designation"):
            return _Dynamic(
                guardduty_eks_audit_logs.resources.designation.DesignationProvider(),
                self._configuration,
            )
        if self._connection is None:
            settings = {
                key.removeprefix("aws:"): value
                for key, value in self._configuration.items()
                if key.startswith("aws:")
            }
            self._connection = Connection(read_settings(settings))
        return _Aws(type_, self._connection)


class _Dynamic(Kind):
    previews = False

    def __init__(self, provider: ResourceProvider, configuration: Mapping[str, Any]) -> None:
        self._provider = provider
        request = SimpleNamespace(config=SimpleNamespace(get=dict(configuration).get))
        provider.configure(cast("ConfigureRequest", request))

    def check(self, olds: Properties, news: Properties) -> Properties:
        checked = self._provider.check(olds, news)
        if checked.failures:
            raise RejectedSettingError("; ".join(f.reason for f in checked.failures))
        return dict(checked.inputs)

    def diff(self, id_: str, olds: Properties, news: Properties) -> tuple[bool, bool]:
        found = self._provider.diff(id_, olds, news)
        self.deletes_first = bool(found.delete_before_replace)
        return bool(found.changes), bool(found.replaces)

    def create(self, news: Properties) -> tuple[str, Properties]:
        made = self._provider.create(news)
        return str(made.id), dict(made.outs or {})

    def update(self, id_: str, olds: Properties, news: Properties) -> Properties:
        return dict(self._provider.update(id_, olds, news).outs or {})

    def read(
        self, id_: str, outputs: Properties, inputs: Properties
    ) -> tuple[str, Properties, Properties | None]:
        del inputs
        found = self._provider.read(id_, outputs)
        news = None if found.inputs is None else dict(found.inputs)
        return str(found.id or ""), dict(found.outs or {}), news

    def delete(self, id_: str, outputs: Properties) -> None:
        self._provider.delete(id_, outputs)


class _Aws(Kind):
    def __init__(self, type_: str, connection: Connection) -> None:
        self._resource = catalog.resource_type(f"urn:pulumi:s::p::{type_}::name")
        self._connection = connection

    def check(self, olds: Properties, news: Properties) -> Properties:
        del olds
        known = {k: UNKNOWN if isinstance(v, Unknown) else v for k, v in news.items()}
        inputs = self._resource.schema.with_defaults(known)
        inputs.setdefault("region", self._connection.region)
        if faults := self._resource.schema.faults(inputs):
            raise RejectedSettingError("; ".join(f"{f.path}: {f.reason}" for f in faults))
        inputs = self._resource.schema.with_tags(inputs, self._connection.tags)
        return {k: news[k] if v is UNKNOWN else v for k, v in inputs.items()}

    def diff(self, id_: str, olds: Properties, news: Properties) -> tuple[bool, bool]:
        del id_
        found = self._resource.schema.differences(olds, news)
        return bool(found), any(one.replaces for one in found)

    def create(self, news: Properties) -> tuple[str, Properties]:
        call = self._call(news)
        id_ = self._resource.create(call, news)
        self._resource.settle(call, id_)
        return id_, self._existing(call, id_)

    def update(self, id_: str, olds: Properties, news: Properties) -> Properties:
        call = self._call(news)
        self._resource.update(call, id_, olds, news)
        return self._existing(call, id_)

    def read(
        self, id_: str, outputs: Properties, inputs: Properties
    ) -> tuple[str, Properties, Properties | None]:
        found = self._resource.read(self._call(outputs or inputs), id_, outputs)
        if found is None:
            return "", {}, None
        return id_, found, self._resource.schema.inputs_of(found, inputs)

    def delete(self, id_: str, outputs: Properties) -> None:
        self._resource.delete(self._call(outputs), id_)

    def _existing(self, call: Call, id_: str) -> Properties:
        found = self._resource.read(call, id_, {})
        if found is None:
            raise StandInError(f"{id_} is not there after it was written")
        return found

    def _call(self, properties: Properties) -> Call:
        region = properties.get("region") or self._connection.region
        return Call(self._connection, region, 0, threading.Event())
