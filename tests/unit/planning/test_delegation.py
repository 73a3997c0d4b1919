"""Whom the management account designates, and when it is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
from guardduty_eks_audit_logs.aws.session import Session
from guardduty_eks_audit_logs.errors import ServiceError
from guardduty_eks_audit_logs.model import AccountId, Delegation, Designation, Refused
from guardduty_eks_audit_logs.planning.delegation import designations_of_others, plan_delegation
from guardduty_eks_audit_logs.reading.delegation import read_delegation
from guardduty_eks_audit_logs.state.ledger import Designated, LastState
from tests.support.guardduty_client import refusal
from tests.support.organizations_client import FakeOrganizations
from tests.support.vocabulary import ADMINISTRATOR, REGION, account

if TYPE_CHECKING:
    from typing import NoReturn

_MANAGEMENT = AccountId("111111111111")
_NOBODY = Delegation(REGION, _MANAGEMENT, ADMINISTRATOR, status="ACTIVE")
_DESTROY = (
    "A destroy of this stack removes the designation in us-east-1 "
    "(DisableOrganizationAdminAccount): its members are disassociated, and GuardDuty stays on in "
    "them. To keep it, run `pulumi state delete --all` in place of a destroy."
)


def test_an_account_is_designated_where_nobody_is() -> None:
    plan = plan_delegation(_NOBODY)

    assert plan.refusals == ()
    assert not plan.delegation.kept
    assert plan.notices == (
        "222222222222 is designated in this run; AWS enables GuardDuty for it.",
        _DESTROY,
    )


def test_one_that_is_designated_already_is_kept() -> None:
    plan = plan_delegation(replace(_NOBODY, designated=Designation(ADMINISTRATOR, ending=False)))

    assert plan.refusals == ()
    assert plan.delegation.kept
    assert plan.notices == ("222222222222 is designated already, and stays so.", _DESTROY)


def test_other_administrators_in_other_regions_are_told() -> None:
    plan = plan_delegation(replace(_NOBODY, elsewhere=frozenset([account(7)])))

    assert plan.notices[1] == (
        "AWS Organizations knows other GuardDuty administrators beside 222222222222: "
        "300000000007. AWS's guide asks for the same one in every region. One that was replaced in "
        "all regions is deregistered once: `aws organizations deregister-delegated-administrator "
        "--service-principal guardduty.amazonaws.com --account-id <its id>`."
    )


def test_how_many_members_a_destroy_disassociates_at_most_is_told() -> None:
    plan = plan_delegation(replace(_NOBODY, others=12))

    assert plan.notices[-1].startswith(
        "A destroy of this stack removes the designation in us-east-1 "
        "(DisableOrganizationAdminAccount): its members, at most 12, are disassociated"
    )


# Designations of the last state


def _last(account_id: AccountId, region: str = REGION) -> LastState:
    return LastState(designations=(Designated(region, account_id),))


def test_the_designation_of_the_last_run_is_kept() -> None:
    designated = replace(_NOBODY, designated=Designation(ADMINISTRATOR, ending=False))

    for delegation in (_NOBODY, designated):
        assert plan_delegation(delegation, _last(ADMINISTRATOR)).refusals == ()


@pytest.mark.parametrize(
    ("designated", "region"), [(account(7), REGION), (ADMINISTRATOR, "eu-west-1")]
)
def test_a_run_that_would_leave_a_designation_is_refused(
    designated: AccountId, region: str
) -> None:
    plan = plan_delegation(_NOBODY, _last(designated, region))

    (refusal,) = plan.refusals
    assert refusal.startswith(
        f"this stack designates account {designated} as GuardDuty administrator in {region}, but "
        "this run designates account 222222222222 in us-east-1. No run removes a designation"
    )
    assert plan.notices == ()


def test_a_designation_is_refused_together_with_what_aws_stands_against() -> None:
    strange = replace(_NOBODY, status=None, unknown_account=True)
    assert len(plan_delegation(strange, _last(account(7))).refusals) == 2


def test_a_stack_that_designates_nobody_any_more_is_refused() -> None:
    last = _last(ADMINISTRATOR)

    (refusal,) = designations_of_others(last, (), messages.designates_nobody())

    assert "but this run has another mode than delegation. " in refusal
    assert designations_of_others(LastState(), (), messages.designates_nobody()) == ()


_REFUSALS = {
    "another one is designated": (
        replace(_NOBODY, designated=Designation(account(1), ending=False)),
        "administratorAccountId: 222222222222, but 300000000001 is the delegated GuardDuty",
    ),
    "the designation is being removed": (
        replace(_NOBODY, designated=Designation(ADMINISTRATOR, ending=True)),
        (
            "administratorAccountId: the designation of 222222222222 in us-east-1 is being removed "
            "(DISABLE_IN_PROGRESS). Run again when that is done."
        ),
    ),
    "the caller is not the management account": (
        replace(_NOBODY, refused=Refused("BadRequestException", "You are not the master.")),
        (
            "mode: delegation is for the organization's management account, and account "
            "111111111111 is not it (You are not the master). Use credentials of the management "
            "account."
        ),
    ),
    "the caller lacks the permission": (
        replace(_NOBODY, refused=Refused("AccessDeniedException", "Not authorized")),
        (
            "account 111111111111 may not call ListOrganizationAdminAccounts (Not authorized). "
            "Give the caller the permission guardduty:ListOrganizationAdminAccounts."
        ),
    ),
    "the account is not there": (
        replace(_NOBODY, status=None, unknown_account=True),
        "administratorAccountId: 222222222222 is not an account of this organization. Correct",
    ),
    "the account is suspended": (
        replace(_NOBODY, status="SUSPENDED"),
        (
            "administratorAccountId: 222222222222 is SUSPENDED in AWS Organizations, and only an "
            "ACTIVE account can be designated. Name another account."
        ),
    ),
}


@pytest.mark.parametrize("case", _REFUSALS)
def test_it_is_refused_when(case: str) -> None:
    delegation, sentence = _REFUSALS[case]

    plan = plan_delegation(delegation)

    (refusal,) = plan.refusals
    assert refusal.startswith(sentence)
    assert plan.notices == ()


def test_what_organizations_does_not_tell_is_no_refusal() -> None:
    assert plan_delegation(replace(_NOBODY, status=None)).refusals == ()


# What GuardDuty answers in place of the designation


class _Refusing:
    """GuardDuty that refuses ListOrganizationAdminAccounts."""

    def __init__(self, code: str, reason: str) -> None:
        self._refusal = refusal("ListOrganizationAdminAccounts", code, reason)

    def get_paginator(self, _: str) -> _Refusing:
        return self

    def paginate(self, **_asked: object) -> NoReturn:
        raise self._refusal


def _read(code: str, reason: str) -> Delegation:
    # The product gets only as much of a client as it uses.
    guardduty = GuardDutyApi(cast("Any", _Refusing(code, reason)))
    session = Session(REGION, _MANAGEMENT, guardduty, FakeOrganizations().api)
    return read_delegation(session, ADMINISTRATOR)


def test_a_failure_of_guardduty_is_told_as_that() -> None:
    with pytest.raises(ServiceError) as caught:
        _read("InternalServerErrorException", "An internal server error occurred.")

    assert str(caught.value).startswith(
        "ListOrganizationAdminAccounts failed: InternalServerErrorException: An internal server "
        "error occurred."
    )


@pytest.mark.parametrize(
    ("code", "reason", "sentence"),
    [
        (
            "BadRequestException",
            "You are not the master.",
            "mode: delegation is for the organization's management account, and account ",
        ),
        (
            "AccessDeniedException",
            "Not authorized.",
            "account 111111111111 may not call ListOrganizationAdminAccounts (Not authorized). ",
        ),
    ],
)
def test_a_refusal_that_is_about_the_caller_is_told_as_that(
    code: str, reason: str, sentence: str
) -> None:
    (told,) = plan_delegation(_read(code, reason)).refusals
    assert told.startswith(sentence)
