"""What can go wrong in the stand-in: a failure's message is the sentence that a user reads."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


AWS_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
"""What a client raises; the last where somebody else answers, with a page for instance."""

_LONGEST = 500
_USER = re.compile(r"//[^/\\]*@")


class StandInError(Exception):
    """Base of all failures that are answered to the engine as their message alone."""


class RejectedSettingError(StandInError):
    """An `aws:*` setting is unknown, malformed or not offered by the stand-in."""


class NotLoopbackError(StandInError):
    """A service's endpoint is not on this machine."""

    def __init__(self, service: str, endpoint: str) -> None:
        super().__init__(
            f"the aws stand-in only talks to this machine, but the endpoint of {service} is "
            f"{one_line(_USER.sub('//***@', endpoint))}: set aws:endpoints (or AWS_ENDPOINT_URL) "
            f"to the sandbox, or use the real aws plugin"
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


class CredentialsError(StandInError):
    """There are no credentials, or none that a provider can use."""


class AwsRefusedError(StandInError):
    """AWS answered with an error, or not at all: the message has its, or botocore's, words."""

    def __init__(self, doing: str, cause: Exception) -> None:
        super().__init__(f"{doing}: {words_of(cause)}")


class NotProcessedError(StandInError):
    """AWS answered, but left the account unprocessed: the message has its reason."""


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
    except AWS_ERRORS as cause:
        raise AwsRefusedError(what, cause) from None


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Turn whatever goes wrong within the block into a failure that begins with what was wanted.

    For what is not AWS's alone: files, programs and services of anybody give credentials, and
    botocore lets through whatever they make it stumble over.

    Args:
        what: for instance `IAM Role (<arn>) cannot be assumed`.

    Raises:
        AwsRefusedError: something went wrong.
    """
    try:
        yield
    except StandInError:
        raise
    except Exception as cause:  # noqa: BLE001 (see above)
        raise AwsRefusedError(what, cause) from None


def words_of(cause: Exception) -> str:
    """What an error says, in one line; AWS's with the operation and the error's code before it."""
    if isinstance(cause, ClientError):
        error = cause.response.get("Error", {})
        return one_line(
            f"{cause.operation_name}: {error.get('Code', '')}: {error.get('Message', '')}"
        )
    if isinstance(cause, ResponseParserError):
        return "the answer is not AWS's, but somebody else's"
    if isinstance(cause, OSError) and cause.strerror:
        return one_line(f"{cause.strerror}: {cause.filename}" if cause.filename else cause.strerror)
    if isinstance(cause, KeyError):
        return f"{one_line(str(cause))} is missing"
    return one_line(str(cause)) or type(cause).__name__


def one_line(text: str) -> str:
    """A text of unknown origin, as part of a sentence: one line, printable, of an end."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
