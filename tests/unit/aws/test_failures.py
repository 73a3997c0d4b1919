"""Which failures time may cure, and which calls may succeed with fewer accounts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guardduty_eks_audit_logs.aws.failures import (
    is_about_the_accounts,
    is_about_the_administrator,
    is_about_the_service,
    is_transient,
)
from guardduty_eks_audit_logs.errors import (
    ConnectionFailedError,
    CredentialsError,
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


@pytest.mark.parametrize(
    "reason", ["Internal error", "internal error.", "Rate exceeded", "Throttling", "Throttled."]
)
def test_time_may_cure_what_the_service_says_of_itself(reason: str) -> None:
    assert is_transient(reason, None, NOW)


@pytest.mark.parametrize("reason", ["", "No such thing.", DETECTOR_NOT_OWNED, OUT_OF_RANGE])
def test_what_is_not_known_to_pass_is_permanent(reason: str) -> None:
    joined_now = Membership(account(1), "Enabled", NOW)
    assert not is_transient(reason, joined_now, NOW)


@pytest.mark.parametrize(
    ("since", "transient"),
    [
        (timedelta(0), True),
        (timedelta(minutes=59, seconds=59), True),
        (timedelta(hours=1), False),
        (timedelta(days=365), False),
    ],
)
def test_a_new_member_may_be_refused_as_a_stranger_for_an_hour(
    since: timedelta,
    transient: bool,  # noqa: FBT001 - a column of the table
) -> None:
    member = Membership(account(1), "Enabled", NOW - since)
    assert is_transient(NOT_ASSOCIATED, member, NOW) is transient


@pytest.mark.parametrize(
    "member",
    [
        None,
        Membership(account(1), "Enabled", None),
        Membership(account(1), "Disabled", NOW),
        Membership(account(1), "Removed", NOW),
    ],
)
def test_a_stranger_stays_one(member: Membership | None) -> None:
    assert not is_transient(NOT_ASSOCIATED, member, NOW)


@pytest.mark.parametrize(
    ("code", "reason", "about_the_accounts"),
    [
        ("BadRequestException", OUT_OF_RANGE, True),
        ("BadRequestException", "Max allowed length is 50.", True),
        ("BadRequestException", DETECTOR_NOT_OWNED, False),
        ("BadRequestException", NO_MASTER, False),
        (
            "BadRequestException",
            (
                "The request is rejected because member accounts cannot manage specified "
                "resources or properties."
            ),
            False,
        ),
        (
            "BadRequestException",
            (
                "The request failed because the delegated administrator account has already been "
                "disabled and/or GuardDuty protection has been disabled."
            ),
            False,
        ),
        ("AccessDeniedException", "User: x is not authorized.", False),
        ("InternalServerErrorException", "Internal error", False),
        ("ThrottlingException", "Rate exceeded", False),
    ],
)
def test_only_a_bad_request_about_its_accounts_is_worth_halving(
    code: str,
    reason: str,
    about_the_accounts: bool,  # noqa: FBT001
) -> None:
    error = ServiceError("UpdateMemberDetectors", code, reason)
    assert is_about_the_accounts(error) is about_the_accounts


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
