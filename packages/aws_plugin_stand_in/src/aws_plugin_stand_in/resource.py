"""What a resource type of the stand-in is: a schema, and the writes and reads behind it."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from aws_plugin_stand_in.failures import StandInError, TimedOutError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from mypy_boto3_guardduty import GuardDutyClient

    from aws_plugin_stand_in.connection import Connection
    from aws_plugin_stand_in.schema import Schema
    from aws_plugin_stand_in.wire import Properties

_PAUSE_SECONDS = 0.5


class CancelledError(StandInError):
    """The engine asked the plugin to stop while it was waiting for AWS."""


@dataclass(frozen=True)
class Call:
    """One request of the engine on one resource: with whom, where, and how long it may wait."""

    aws: Connection
    region: str
    timeout_seconds: float
    """The resource's custom timeout; 0 where it has none."""
    cancelled: threading.Event

    @property
    def client(self) -> GuardDutyClient:
        """GuardDuty in the resource's region."""
        return self.aws.guardduty(self.region)

    def wait_while(
        self, outstanding: Callable[[], str | None], what: str, default_seconds: float
    ) -> None:
        """Ask again and again until AWS has come so far.

        Args:
            outstanding: asks AWS, and says what is not so yet; None once it is.
            what: for the message: `waiting for … to enable`.
            default_seconds: how long, for a resource without a custom timeout.

        Raises:
            TimedOutError: it took longer.
            CancelledError: the engine is stopping.
        """
        seconds = self.timeout_seconds or default_seconds
        deadline = time.monotonic() + seconds
        while (reason := outstanding()) is not None:
            if time.monotonic() >= deadline:
                raise TimedOutError(f"{what}: after {seconds:g} s still: {reason}")
            if self.cancelled.wait(_PAUSE_SECONDS):
                raise CancelledError(f"{what}: cancelled")


class ResourceType(ABC):
    """A resource type that the stand-in serves.

    What an upstream resource does not do is not done here either: a type that doesn't define
    `delete` is only dropped from the state, and AWS keeps the setting.
    """

    schema: ClassVar[Schema]

    @abstractmethod
    def create(self, call: Call, inputs: Properties) -> str:
        """Write, and return the new resource's id."""

    def settle(self, call: Call, resource_id: str) -> None:
        """Wait until what was created is in force."""
        del call, resource_id

    @abstractmethod
    def read(self, call: Call, resource_id: str, state: Properties) -> Properties | None:
        """The resource as AWS has it; None where it is gone.

        Args:
            call: where to ask.
            resource_id: the id that `create` returned, or that of an import.
            state: what is known of it so far; empty at an import.
        """

    def update(self, call: Call, resource_id: str, state: Properties, inputs: Properties) -> None:
        """Write what differs; never called for a type all of whose inputs replace."""
        del call, resource_id, state, inputs

    def delete(self, call: Call, resource_id: str) -> None:
        """Undo in AWS what the resource stands for."""
        del call, resource_id
