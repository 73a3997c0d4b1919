"""What can go wrong for a user, as named errors whose text is one sentence with the way out."""

from __future__ import annotations

from guardduty_eks_audit_logs import messages

ACCESS_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
"""The codes by which AWS says that a permission is missing (IAM), whatever the service."""


WHO_ASKS = ACCESS_DENIED | {"AWSOrganizationsNotInUseException", "BadRequestException"}
"""The codes of refusals that are about the caller; any other failure says nothing of who asks."""


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
"""The codes by which AWS says that it does not know who asks, or not any more."""


class UserError(Exception):
    """Something a user can put right; the text is shown as it is, without a traceback."""


class SettingsError(UserError):
    """The configuration is malformed; `faults` has one sentence for each fault found."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


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
    """A destroy could not let all accounts go as `onRelease` says."""


class ServiceError(UserError):
    """AWS answered an operation with an error.

    Attributes:
        operation: AWS's name of it, for instance `UpdateMemberDetectors`.
        code: AWS's error code, for instance `BadRequestException`.
        reason: AWS's own words.
    """

    def __init__(self, operation: str, code: str, reason: str) -> None:
        self.operation = operation
        self.code = code
        self.reason = reason
        super().__init__(messages.call_failed(operation, code, reason, code in ACCESS_DENIED))
