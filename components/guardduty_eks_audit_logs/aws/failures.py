"""Which failures of a member account time may cure, by the texts that GuardDuty is known to use.

The list is one of known texts: whatever is not on it is permanent, and shown in AWS's own words.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.errors import ConnectionFailedError, ServiceError

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.errors import UserError
    from guardduty_eks_audit_logs.model import Membership

JUST_ASSOCIATED = timedelta(hours=1)
"""For this long after it joined, an account may be refused as if it were no member."""

_NOT_ASSOCIATED = "is not an associated member"
_PASSING = ("internal error", "rate exceeded", "too many requests", "throttl")
_OVERLOADED = ("throttl", "toomanyrequests", "limitexceeded", "requestlimit", "slowdown")
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


def is_transient(reason: str, member: Membership | None, now: datetime | None = None) -> bool:
    """Whether UpdateMemberDetectors may succeed for the account if tried again soon.

    Args:
        reason: the account's `Result` in UnprocessedAccounts.
        member: the account as ListMembers has it; None if it is not there.
        now: the time to measure by; the present if not given.
    """
    if is_not_associated(reason):
        return member is not None and member.monitored and _just_associated(member, now)
    return any(known in reason.lower() for known in _PASSING)


def is_not_associated(reason: str) -> bool:
    """Whether an account is refused as no member, which one that just joined may be for a while."""
    return _NOT_ASSOCIATED in reason.lower()


def is_about_the_accounts(error: ServiceError) -> bool:
    """Whether a refused call may succeed with fewer of its accounts.

    A request with one bad account id, or one longer than the service takes, is refused whole with
    BadRequestException; so is every request of a caller who may not ask at all.
    """
    text = error.reason.lower()
    return error.code == "BadRequestException" and not any(t in text for t in _ABOUT_THE_CALLER)


def is_about_the_service(error: UserError) -> bool:
    """Whether a call failed since AWS is out of reach, out of order, or asked too often.

    botocore has tried such a call again before it is told of (`aws.session`).
    """
    if isinstance(error, ConnectionFailedError):
        return True
    code = error.code.lower() if isinstance(error, ServiceError) else ""
    # Of an answer without a body, or with a proxy's page in it, botocore tells the HTTP status.
    if code == "429" or re.fullmatch(r"5\d\d", code):
        return True
    return any(known in code for known in (*_OVERLOADED, *_BROKEN))


def is_about_the_administrator(error: ServiceError) -> bool:
    """Whether the caller is refused since it is not the delegated administrator (any more)."""
    return any(known in error.reason.lower() for known in _NO_ADMINISTRATOR)


def _just_associated(member: Membership, now: datetime | None) -> bool:
    if member.updated is None:
        return False
    return (now or datetime.now(UTC)) - member.updated < JUST_ASSOCIATED
