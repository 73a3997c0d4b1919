"""Refusals in AWS's words: status, code, type and message as the service sends them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final


class ServiceError(Exception):
    """A refusal of a whole call.

    Args:
        status: HTTP status.
        code: what goes into the header `X-Amzn-ErrorType` and becomes `Error.Code` in boto3.
        kind: the finer type in the body (`__type`), such as `InvalidInputException`.
        message: AWS's own words.
    """

    def __init__(self, status: HTTPStatus, code: str, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.kind = kind
        self.message = message


NOT_OWNED: Final = (
    "The request is rejected because the input detectorId is not owned by the current account."
)
DETECTOR_EXISTS: Final = (
    "The request is rejected because a detector already exists for the current account."
)
HAS_MEMBERS: Final = (
    "The request is rejected because the current account cannot delete detector while it has "
    "invited or associated members."
)
MEMBER_CANNOT_MANAGE: Final = (
    "The request is rejected because member accounts cannot manage specified resources or "
    "properties."
)
NOT_MANAGEMENT: Final = (
    "The request failed because you are not the master account for your AWS Organization."
)
NOT_ADMINISTRATOR: Final = (
    "The request failed because you do not have required AWS Organization master permission."
)
INVALID_VALUE: Final = (
    "The request is rejected because an invalid or out-of-range value is specified as an input "
    "parameter."
)
BOTH_FORMS: Final = (
    "The request failed because both data sources and features were provided. You can provide "
    "only one; it is recommended to use features."
)
NOT_IN_ORGANIZATION: Final = (
    "The request failed because admin account passed is not member of AWS Organizations."
)
ALREADY_ADMINISTRATOR: Final = (
    "The request failed because the account is already enabled as the GuardDuty delegated "
    "administrator for the organization."
)
DELEGATION_DISABLED: Final = (
    "The request failed because the delegated administrator account has already been disabled "
    "and/or GuardDuty protection has been disabled."
)
ANOTHER_ADMINISTRATOR: Final = (
    "The request failed because another account is already enabled as GuardDuty delegated "
    "administrator for the organization."
)
# Assumed wordings: no page or thread quotes AWS's own for these refusals.
HAS_MEMBERS_TO_SUSPEND: Final = (
    "The request is rejected because the current account cannot disable detector while it has "
    "invited or associated members."
)
MANAGED_BY_ORGANIZATION_POLICY: Final = (
    "The request is rejected because the feature is managed by an AWS Organizations policy."
)
MEMBER_LIMIT_REACHED: Final = (
    "The request is rejected because the current account has reached the limit of member accounts."
)
REGION_NOT_ENABLED: Final = (
    "The request is rejected because the Region is not enabled for the given member account ID."
)
MANAGED_UNDER_ALL: Final = (
    "The request is rejected because auto-enable is set to ALL for the members of the organization."
)

NOT_ASSOCIATED: Final = (
    "The request is rejected because the given account ID is not an associated member of account "
    "the current account."
)
ALREADY_MEMBER: Final = (
    "The request is rejected because the given account ID is already a member or associated member "
    "of the current account."
)
DESTINATION_EXISTS: Final = (
    "The request failed because a publishingDestination already exists with the destinationType "
    "value provided in the request."
)
INVALID_FINDING_TYPE: Final = (
    "The request is rejected because an invalid finding type is specified."
)
MEMBER_OF_ITSELF: Final = (
    "The request is rejected because an account cannot become a member of itself."
)
NO_SUCH_RESOURCE: Final = "The request is rejected since no such resource found."
# Invitations: the wordings of the API's error lists in the user guide of 2018.
INVITES_ITSELF: Final = "The request is rejected because the current account cannot invite itself."
EMAIL_MISSING: Final = "The request is rejected because member account's email address is missing."
ALREADY_INVITED: Final = (
    "The request is rejected because the current account has already invited or is already the "
    "GuardDuty master of the given member account ID."
)
HAS_ADMINISTRATOR: Final = (
    "The request is rejected because the current account cannot accept invitations since it is "
    "already an associated member of some master account."
)
HAS_OWN_MEMBERS: Final = (
    "The request is rejected because the current account cannot accept invitations since it still "
    "has created, invited or associated members."
)
NO_INVITATION: Final = (
    "The request is rejected because the current account has no pending invitation from the given "
    "master account ID or is already an associated member of another master account."
)
ADMINISTRATOR_IS_MEMBER: Final = (
    "The request is rejected because the current account cannot accept invitation from the given "
    "account ID since the latter is an associated member of another master account."
)
CANNOT_DELETE_INVITATION: Final = (
    "The request is rejected because the current account cannot delete the invitation from the "
    "given master account ID since it is still associated to it or has not declined their "
    "invitation yet."
)
NO_ADMINISTRATOR: Final = (
    "The request is rejected because the current account is not associated with a master account."
)
STILL_ASSOCIATED: Final = (
    "The request is rejected because the current account cannot delete the given member account "
    "ID since it is still associated to it."
)
MANAGEMENT_NEEDS_GUARDDUTY: Final = (
    "Operation failed because your organization master must first enable GuardDuty to be added "
    "as a member"
)
# Assumed wording: the API reference has no text for a suspended member.
SUSPENDED: Final = (
    "The request is rejected because GuardDuty is suspended for the given member account ID."
)


def invalid_input(message: str) -> ServiceError:
    """A 400 of the kind that most GuardDuty refusals have.

    The detector, organization and member operations model no other client error than
    `BadRequestException`; the body's type tells `InvalidInputException`.
    """
    return ServiceError(
        HTTPStatus.BAD_REQUEST, "BadRequestException", "InvalidInputException", message
    )


def too_many(array: str, length: int, allowed: int) -> ServiceError:
    """A batch above the service's limit is refused whole."""
    return invalid_input(
        f"The request failed because the length provided for the {array} array was {length}. "
        f"Max allowed length is {allowed}."
    )
