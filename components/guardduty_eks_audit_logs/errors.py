"""What can go wrong for a user, as named errors whose text is one sentence with the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.messages.catalogue import as_refusals

if TYPE_CHECKING:
    from collections.abc import Iterable

ACCESS_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
"""The codes by which AWS says that a permission is missing (IAM), whatever the service."""


WHO_ASKS = ACCESS_DENIED | {"AWSOrganizationsNotInUseException", "BadRequestException"}
"""The codes of refusals that are about the caller; any other failure says nothing about it."""


UNKNOWN_CREDENTIALS = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""The codes for credentials that AWS does not know, or not any more."""


class UserError(Exception):
    """Something a user can put right; the text is shown as it is, without a traceback.

    Attributes:
        refusals: the text as values, one for each thing that is wrong.
    """

    def __init__(self, text: str = "") -> None:
        self.refusals = as_refusals((text,))
        super().__init__(text)


class SettingsError(UserError):
    """The configuration is malformed; `faults` has a refusal for each fault found."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = as_refusals(faults)
        super().__init__("\n".join(self.faults))
        self.refusals = self.faults


class ConnectionFailedError(UserError):
    """No answer came from AWS: nothing listens there, the name is unknown, or time ran out."""


class RunCancelledError(UserError):
    """The user ends the run: what was under way is done, and nothing else is begun."""


class CredentialsError(UserError):
    """There are no usable credentials, or AWS does not know them."""


class OtherAccountError(UserError):
    """The credentials are of another account than the one that a stack's state is of."""


class MalformedStateError(UserError):
    """The state has properties that no release of this product has written."""


class TooManyDisabledError(UserError):
    """More members would be turned off than `maxDisabled` lets one run turn off."""


class UnreleasedError(UserError):
    """A destroy could not release all accounts as `onRelease` says."""


class ServiceError(UserError):
    """AWS answered an operation with an error.

    Attributes:
        operation: AWS's name of it, for instance `UpdateMemberDetectors`.
        code: AWS's error code, for instance `BadRequestException`.
        reason: AWS's message.
    """

    def __init__(self, operation: str, code: str, reason: str) -> None:
        self.operation = operation
        self.code = code
        self.reason = reason
        super().__init__(
            messages.call_failed(operation, code, reason, denied=code in ACCESS_DENIED)
        )
