"""Refusals of STS: status, code and message as the service sends them."""

from __future__ import annotations

from http import HTTPStatus


class StsError(Exception):
    """A refusal.

    Args:
        status: HTTP status.
        code: such as `AccessDenied`.
        message: AWS's own words.
    """

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def access_denied(message: str) -> StsError:
    """The caller may not do this."""
    return StsError(HTTPStatus.FORBIDDEN, "AccessDenied", message)


def invalid(message: str) -> StsError:
    """A parameter that can't be used."""
    return StsError(HTTPStatus.BAD_REQUEST, "ValidationError", message)


def constraint(name: str, value: str, rule: str) -> StsError:
    """A parameter that breaks the service model."""
    return invalid(
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must {rule}"
    )


def invalid_identity_token(message: str) -> StsError:
    """A web identity token that can't be used."""
    return StsError(HTTPStatus.BAD_REQUEST, "InvalidIdentityToken", message)
