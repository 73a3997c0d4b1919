"""Answers that are errors: what botocore raises becomes an error of this product."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    ProxyConnectionError,
)
from botocore.exceptions import (
    ConnectionError as BotocoreConnectionError,
)
from botocore.parsers import ResponseParserError

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import (
    UNKNOWN_CREDENTIALS,
    ConnectionFailedError,
    CredentialsError,
    ServiceError,
)
from guardduty_eks_audit_logs.foreign_words import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

MALFORMED = "MalformedAnswer"
"""Our own code of an answer that is not AWS's, such as a proxy's page."""


@contextmanager
def aws_errors(operation: str) -> Iterator[None]:
    """Turns what botocore raises into this product's errors.

    Args:
        operation: AWS's name of what is done, for the message.

    Raises:
        CredentialsError: no credentials, or AWS does not know them.
        ConnectionFailedError: no answer.
        ServiceError: any other refusal, with AWS's code and message.
    """
    try:
        yield
    except ClientError as error:
        code, reason = refusal(error)
        if code in UNKNOWN_CREDENTIALS:
            raise CredentialsError(
                messages.credentials_rejected(operation, code, reason)
            ) from error
        raise ServiceError(operation, code, reason) from error
    except (HTTPClientError, BotocoreConnectionError) as error:
        proxy = isinstance(error, ProxyConnectionError)
        sentence = messages.no_answer(operation, _reason(error), proxy=proxy)
        raise ConnectionFailedError(sentence) from error
    except (BotoCoreError, RuntimeError) as error:  # awscrt, which signs, raises the second
        raise ServiceError(operation, type(error).__name__, harmless(str(error))) from error
    except (ResponseParserError, AttributeError, KeyError, TypeError, ValueError) as error:
        # Neither botocore nor this module can read it: a proxy's page, or a member that is missing.
        raise ServiceError(operation, MALFORMED, messages.malformed_answer()) from error


def _reason(error: Exception) -> str:
    # botocore's message for an unknown error has the request's headers in it.
    cause = error.kwargs.get("error") if type(error) is HTTPClientError else None
    return type(cause).__name__ if cause else harmless(str(error))


def refusal(error: ClientError) -> tuple[str, str]:
    """Gives code and message of AWS's refusal; a page that is not AWS's gets our own."""
    fault = error.response.get("Error") or {}
    if not fault:
        return MALFORMED, messages.malformed_answer()
    code = harmless(str(fault.get("Code") or "Unknown"))
    return code, harmless(str(fault.get("Message") or code))
