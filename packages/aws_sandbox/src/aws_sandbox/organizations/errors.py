"""Refusals of AWS Organizations: code, message and reason as the service sends them."""

from __future__ import annotations

from typing import Final


class OrganizationsError(Exception):
    """A refusal; the service answers every one with status 400.

    Args:
        code: such as `AccessDeniedException`.
        message: AWS's own words.
        reason: what some refusals tell besides, such as `INVALID_NEXT_TOKEN`.
    """

    def __init__(self, code: str, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason


NO_PERMISSION: Final = "You don't have permissions to access this resource."
INVALID_VALUE: Final = "You specified an invalid value."


def access_denied() -> OrganizationsError:
    """The caller may not do this."""
    return OrganizationsError("AccessDeniedException", NO_PERMISSION)


def not_in_use() -> OrganizationsError:
    """The caller's account is in no organization."""
    return OrganizationsError(
        "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."
    )


def invalid_input(reason: str) -> OrganizationsError:
    """A parameter that can't be used."""
    return OrganizationsError("InvalidInputException", INVALID_VALUE, reason)


def account_not_found() -> OrganizationsError:
    """An account that the organization does not have."""
    return OrganizationsError(
        "AccountNotFoundException", "You specified an account that doesn't exist."
    )


def constraint_violation(reason: str, message: str) -> OrganizationsError:
    """Something that the organization's state forbids."""
    return OrganizationsError("ConstraintViolationException", message, reason)
