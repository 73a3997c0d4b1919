"""When an attempt may succeed that has failed, by what AWS answered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guardduty_eks_audit_logs.aws.failures import (
    Retry,
    classify,
    has_just_joined,
    is_about_the_administrator,
    is_about_the_service,
)
from guardduty_eks_audit_logs.errors import (
    ConnectionFailedError,
    CredentialsError,
    RunCancelledError,
    ServiceError,
    UserError,
)
from guardduty_eks_audit_logs.model import Membership
from tests.support.vocabulary import (
    DETECTOR_NOT_OWNED,
    NO_MASTER,
    NOT_ASSOCIATED,
    NOW,
    OUT_OF_RANGE,
    account,
)

_NO_MEMBERS_RIGHT = (
    "The request is rejected because member accounts cannot manage specified resources or "
    "properties."
)
_NO_ADMINISTRATOR = (
    "The request failed because the delegated administrator account has already been disabled "
    "and/or GuardDuty protection has been disabled."
)


@pytest.mark.parametrize(
    ("reason", "retry"),
    [
        ("Internal error", Retry.SOON),
        ("internal error.", Retry.SOON),
        ("Rate exceeded", Retry.SOON),
        ("Throttling", Retry.SOON),
        ("Throttled.", Retry.SOON),
        (NOT_ASSOCIATED, Retry.IF_JUST_JOINED),
        (NOT_ASSOCIATED.upper(), Retry.IF_JUST_JOINED),
        ("", Retry.NEVER),
        ("No such thing.", Retry.NEVER),
        (DETECTOR_NOT_OWNED, Retry.NEVER),
        (OUT_OF_RANGE, Retry.NEVER),
    ],
)
def test_an_unprocessed_account_is_classified_by_its_reason(reason: str, retry: Retry) -> None:
    assert classify(reason) is retry


@pytest.mark.parametrize(
    ("code", "reason", "retry"),
    [
        ("BadRequestException", OUT_OF_RANGE, Retry.SPLIT),
        ("BadRequestException", "Max allowed length is 50.", Retry.SPLIT),
        ("BadRequestException", NOT_ASSOCIATED, Retry.SPLIT),
        ("BadRequestException", DETECTOR_NOT_OWNED, Retry.NEVER),
        ("BadRequestException", NO_MASTER, Retry.NEVER),
        ("BadRequestException", _NO_MEMBERS_RIGHT, Retry.NEVER),
        ("BadRequestException", _NO_ADMINISTRATOR, Retry.NEVER),
        ("AccessDeniedException", "User: x is not authorized.", Retry.NEVER),
        ("InternalServerErrorException", "Internal error", Retry.SOON),
        ("ThrottlingException", "Rate exceeded", Retry.SOON),
        ("503", "503", Retry.SOON),
        ("429", "<html>Too many</html>", Retry.SOON),
        ("404", "404", Retry.NEVER),
    ],
)
def test_a_refused_call_is_classified_by_its_error(code: str, reason: str, retry: Retry) -> None:
    assert classify(ServiceError("UpdateMemberDetectors", code, reason)) is retry


@pytest.mark.parametrize(
    ("error", "retry"),
    [
        (ConnectionFailedError("no answer"), Retry.SOON),
        (CredentialsError("expired"), Retry.NEVER),
        (RunCancelledError("cancelled"), Retry.NEVER),
    ],
)
def test_only_a_missing_answer_is_retried_of_other_errors(error: UserError, retry: Retry) -> None:
    assert classify(error) is retry


@pytest.mark.parametrize(
    ("since", "new"),
    [
        (timedelta(0), True),
        (timedelta(minutes=59, seconds=59), True),
        (timedelta(hours=1), False),
        (timedelta(days=365), False),
    ],
)
def test_an_account_has_just_joined_for_an_hour(
    since: timedelta,
    new: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert has_just_joined(Membership(account(1), "Enabled", NOW - since), NOW) is new


@pytest.mark.parametrize(
    "member",
    [
        None,
        Membership(account(1), "Enabled", None),
        Membership(account(1), "Disabled", NOW),
        Membership(account(1), "Removed", NOW),
    ],
)
def test_only_an_active_member_has_just_joined(member: Membership | None) -> None:
    assert not has_just_joined(member, NOW)


@pytest.mark.parametrize(
    ("error", "about_the_service"),
    [
        (ConnectionFailedError("no answer"), True),
        (ServiceError("X", "ThrottlingException", "Rate exceeded"), True),
        (ServiceError("X", "TooManyRequestsException", "Too Many Requests"), True),
        (ServiceError("X", "InternalServerErrorException", "Internal error"), True),
        (ServiceError("X", "ServiceUnavailable", "Later."), True),
        (ServiceError("X", "503", "503"), True),
        (ServiceError("X", "429", "<html>Too many</html>"), True),
        (ServiceError("X", "404", "404"), False),
        (ServiceError("X", "AccessDeniedException", "No."), False),
        (ServiceError("X", "BadRequestException", OUT_OF_RANGE), False),
        (CredentialsError("unknown"), False),
    ],
)
def test_a_service_out_of_reach_or_order_is_told_from_one_that_says_no(
    error: UserError,
    about_the_service: bool,  # noqa: FBT001
) -> None:
    assert is_about_the_service(error) is about_the_service


@pytest.mark.parametrize(("reason", "so"), [(NO_MASTER, True), (DETECTOR_NOT_OWNED, False)])
def test_who_is_no_administrator_is_told_so(
    reason: str,
    so: bool,  # noqa: FBT001
) -> None:
    assert is_about_the_administrator(ServiceError("X", "BadRequestException", reason)) is so
