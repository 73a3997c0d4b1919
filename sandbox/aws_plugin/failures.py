"""What can go wrong in the stand-in: a failure's message is the sentence that a user reads."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class StandInError(Exception):
    """Base of all failures that are answered to the engine as their message alone."""


class RejectedSettingError(StandInError):
    """An `aws:*` setting is unknown, malformed or not offered by the stand-in."""


class NotLoopbackError(StandInError):
    """A service's endpoint is not on this machine."""

    def __init__(self, service: str, endpoint: str) -> None:
        super().__init__(
            f"the aws stand-in only talks to this machine, but the endpoint of {service} is "
            f"{endpoint}: set aws:endpoints (or AWS_ENDPOINT_URL) to the sandbox, or use the real "
            f"aws plugin"
        )


class UnknownTokenError(StandInError):
    """A resource type or function that the stand-in doesn't serve."""

    def __init__(self, token: str, served: Iterable[str]) -> None:
        super().__init__(
            f"the aws stand-in doesn't know {token}: it serves only {', '.join(served)}"
        )


class UnknownArgumentError(StandInError):
    """A function was called with an argument that it doesn't have."""

    def __init__(self, token: str, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"{token}: the aws stand-in doesn't know the argument {name!r}, only {', '.join(known)}"
        )


class NotConfiguredError(StandInError):
    """The engine asked for something before it called Configure."""

    def __init__(self) -> None:
        super().__init__("the aws stand-in was asked for something before it was configured")


class AwsRefusedError(StandInError):
    """AWS answered with an error, or not at all: the message has its, or botocore's, words."""

    def __init__(self, doing: str, cause: ClientError | BotoCoreError) -> None:
        super().__init__(f"{doing}: {words_of(cause)}")


class NotFoundError(StandInError):
    """What was asked for does not exist, where it has to."""


class TimedOutError(StandInError):
    """AWS did not reach the wanted state in time."""


class NotImportableError(StandInError):
    """`pulumi import` of a type that has no importer."""

    def __init__(self, token: str) -> None:
        super().__init__(
            f"{token} can't be imported: create it instead, which adopts the setting that is there"
        )


class MalformedIdError(StandInError):
    """A resource id that does not have its type's form."""


class CreatedButUnreadError(StandInError):
    """A create wrote, but what followed failed: the resource exists, as `resource_id`."""

    def __init__(self, resource_id: str, reason: str) -> None:
        super().__init__(reason)
        self.resource_id = resource_id


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Turn AWS's errors within the block into failures that begin with what was being done.

    Args:
        what: for instance `deleting GuardDuty Detector (<id>)`.

    Raises:
        AwsRefusedError: AWS, or the way to it, refused.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as cause:
        raise AwsRefusedError(what, cause) from None


def words_of(cause: ClientError | BotoCoreError) -> str:
    """What AWS said, with the operation and the error's code before it."""
    if isinstance(cause, ClientError):
        error = cause.response.get("Error", {})
        return f"{cause.operation_name}: {error.get('Code', '')}: {error.get('Message', '')}"
    return " ".join(str(cause).split())
