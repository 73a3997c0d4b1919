"""What a refusal or a failed call means for the next attempt, by the texts that AWS uses.

The texts are a list of known ones: any other refusal is permanent, and quoted.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.errors import ConnectionFailedError, ServiceError, UserError

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.model import Membership

JUST_JOINED = timedelta(hours=1)
"""For this long after it joined, an account may be refused as if it were no member."""

_NOT_ASSOCIATED = "is not an associated member"
_PASSING = ("internal error", "rate exceeded", "too many requests", "throttl")
_THROTTLING = ("throttl", "toomanyrequests", "requestlimit", "slowdown")
_OVERLOADED = (*_THROTTLING, "limitexceeded")
_BROKEN = ("internalserver", "internalfailure", "internalerror", "serviceunavailable")
_NO_ADMINISTRATOR = (
    "organization master permission",
    "delegated administrator account has already been disabled",
)
_ABOUT_THE_CALLER = (
    "detectorid is not owned",
    "member accounts cannot manage",
    *_NO_ADMINISTRATOR,
)


class Retry(Enum):
    """When an attempt may succeed that has failed.

    Attributes:
        NEVER: not in this run.
        SOON: a little later: AWS is out of reach, out of order, or asked too often.
        IF_JUST_JOINED: a little later, if the account joined just now (`has_just_joined`).
        SPLIT: at once, with fewer accounts in the call.
    """

    NEVER = auto()
    SOON = auto()
    IF_JUST_JOINED = auto()
    SPLIT = auto()


def classify(refusal: UserError | str) -> Retry:
    """Says when an attempt may succeed that has failed.

    GuardDuty refuses a whole request with BadRequestException if one account id in it is bad, or
    if it is too long; and every request of a caller who may not ask at all.

    Args:
        refusal: of one account, its `Result` in UnprocessedAccounts (never `SPLIT`); of a whole
            call, its error (never `IF_JUST_JOINED`). botocore has retried such a call before
            (`aws.session`).
    """
    if isinstance(refusal, str):
        return _of_an_account(refusal.lower())
    if isinstance(refusal, ConnectionFailedError):
        return Retry.SOON
    if isinstance(refusal, ServiceError):
        return _of_a_call(refusal)
    return Retry.NEVER


def _of_an_account(reason: str) -> Retry:
    if _NOT_ASSOCIATED in reason:
        return Retry.IF_JUST_JOINED
    return Retry.SOON if any(known in reason for known in _PASSING) else Retry.NEVER


def _of_a_call(error: ServiceError) -> Retry:
    code = error.code.lower()
    # If an answer has no body, or a proxy's page in it, botocore gives the HTTP status as the code.
    if code == "429" or re.fullmatch(r"5\d\d", code):
        return Retry.SOON
    if any(known in code for known in (*_OVERLOADED, *_BROKEN)):
        return Retry.SOON
    about_the_caller = any(known in error.reason.lower() for known in _ABOUT_THE_CALLER)
    if error.code == "BadRequestException" and not about_the_caller:
        return Retry.SPLIT
    return Retry.NEVER


def is_throttling(code: str) -> bool:
    """Whether an error code says that AWS is asked too often; 429 is that of an empty answer."""
    return code == "429" or any(known in code.lower() for known in _THROTTLING)


def has_just_joined(member: Membership | None, now: datetime | None = None) -> bool:
    """Whether an account became a member so recently that GuardDuty may not know it everywhere.

    Args:
        member: the account as GetMembers has it; None if it is not there.
        now: the time to measure by; the present if not given.
    """
    if member is None or member.updated is None or not member.monitored:
        return False
    return (now or datetime.now(UTC)) - member.updated < JUST_JOINED


def is_by_iam(error: ServiceError) -> bool:
    """Whether a policy of IAM refuses; a service that refuses the account has other words."""
    return "is not authorized to perform" in error.reason


def is_about_the_service(error: UserError) -> bool:
    """Whether a call failed since AWS is out of reach, out of order, or asked too often."""
    return classify(error) is Retry.SOON


def is_about_the_administrator(error: ServiceError) -> bool:
    """Whether the caller is refused since it is not the delegated administrator (any more)."""
    return any(known in error.reason.lower() for known in _NO_ADMINISTRATOR)
