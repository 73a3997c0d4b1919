"""What goes wrong when credentials are fetched or first used, as one sentence with the way out."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import (
    ClientError,
    HTTPClientError,
    InvalidConfigError,
    NoCredentialsError,
)
from botocore.exceptions import (
    ConnectionError as BotocoreConnectionError,
)
from botocore.parsers import ResponseParserError

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.answers import MALFORMED, aws_errors, refusal
from guardduty_eks_audit_logs.aws.failures import is_about_the_service
from guardduty_eks_audit_logs.errors import (
    ACCESS_DENIED,
    UNKNOWN_CREDENTIALS,
    CredentialsError,
    ServiceError,
    UserError,
)
from guardduty_eks_audit_logs.foreign_words import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_UNEXPECTED = (ResponseParserError, UnicodeError, LookupError, TypeError, AttributeError)
"""What botocore raises where a page, a file or a program gave something else than it should."""


@dataclass(frozen=True)
class Source:
    """Where credentials come from.

    Attributes:
        name: as a user knows it, for instance `the keys of profile audit`.
        way_out: what to do if it gives none, as a sentence.
    """

    name: str
    way_out: str


@contextmanager
def named_faults(source: Callable[[BaseException], Source], operation: str = "") -> Iterator[None]:
    """Turns whatever fetching or using credentials for the first time raises into one sentence.

    Args:
        source: gives, by the error, where the credentials come from.
        operation: AWS's name of what is asked, if something is.

    Raises:
        CredentialsError: the source gives none, or AWS does not accept them.
        ConnectionFailedError: no answer.
        ServiceError: AWS refused the operation for another reason, or the answer is no AWS's.
    """
    try:
        yield
    except UserError:
        raise
    except ClientError as error:
        raise _refused(source(error), error, operation) from error
    except Exception as error:  # files, programs and pages: they raise anything
        if operation or isinstance(error, (HTTPClientError, BotocoreConnectionError)):
            with aws_errors(operation or source(error).name):
                raise
        if isinstance(error, NoCredentialsError):
            raise CredentialsError(messages.no_credentials(harmless(str(error)))) from error
        found = source(error)
        sentence = messages.no_credentials_from(found.name, _reason(error), found.way_out)
        raise CredentialsError(sentence) from error


def is_denied(error: BaseException | None) -> bool:
    """Whether AWS has refused the role itself, and not the keys by which it was asked for."""
    return isinstance(error, ClientError) and refusal(error)[0] in ACCESS_DENIED


def _refused(source: Source, error: ClientError, operation: str) -> UserError:
    code, reason = refusal(error)
    asked = error.operation_name
    if code in UNKNOWN_CREDENTIALS:
        sentence = messages.credentials_rejected(asked, code, reason, source.name, source.way_out)
        return CredentialsError(sentence)
    of_aws = ServiceError(operation or asked, code, reason)
    if code == MALFORMED or is_about_the_service(of_aws):
        return of_aws
    if operation and (not is_denied(error) or asked == "GetCallerIdentity"):
        return of_aws
    why = f"{asked}: {code}: {reason}"
    return CredentialsError(messages.no_credentials_from(source.name, why, source.way_out))


def _reason(error: Exception) -> str:
    """Says what went wrong. It leaves out values given in place of keys: they may be secrets.

    What a `credential_process` writes to stderr is sentence, since that is for whoever started it.
    """
    if isinstance(error, json.JSONDecodeError):
        return messages.no_json()
    if isinstance(error, InvalidConfigError) and "role ARN" in str(error):
        return messages.no_role()
    if isinstance(error, OSError) and error.strerror:
        return harmless(f"{error.strerror}: {error.filename}" if error.filename else error.strerror)
    if isinstance(error, _UNEXPECTED):
        return messages.unexpected_answer()
    return harmless(str(error)) or type(error).__name__
