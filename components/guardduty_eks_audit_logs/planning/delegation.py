"""Delegation: the management account designates the GuardDuty administrator in a region."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import ACCESS_DENIED, WHO_ASKS, ServiceError
from guardduty_eks_audit_logs.model import Refused
from guardduty_eks_audit_logs.state.ledger import LastState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.messages.catalogue import Refusal
    from guardduty_eks_audit_logs.model import AccountId, Designation
    from guardduty_eks_audit_logs.settings.identity import Identity


@dataclass(frozen=True)
class Delegation:
    """Who is the delegated GuardDuty administrator in a region, and who is to be.

    Attributes:
        region: the region's code.
        caller: the account that the credentials belong to.
        wanted: the account to designate.
        designated: who is it now, None if nobody.
        refused: what AWS said if the caller may not ask.
        status: of the wanted account in AWS Organizations; None if it is not there, or if AWS does
            not tell.
        unknown_account: whether AWS Organizations says that there is no such account.
        elsewhere: who else is a GuardDuty administrator of this organization, in other regions.
        others: how many accounts the organization has beside the wanted one: so many members there
            are at most; None if AWS does not tell.
        notices: what is to be told of the credentials.
    """

    region: str
    caller: AccountId
    wanted: AccountId
    designated: Designation | None = None
    refused: Refused | None = None
    status: str | None = None
    unknown_account: bool = False
    elsewhere: frozenset[AccountId] = frozenset()
    others: int | None = None
    identity: Identity | None = None
    notices: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether the wanted account is designated already."""
        return self.designated is not None and self.designated.account == self.wanted


@dataclass(frozen=True)
class DelegationPlan:
    """What a run in mode `delegation` does.

    Attributes:
        delegation: what AWS holds and what is asked for.
        refusals: one sentence each; if there are any, nothing may be changed.
        notices: what a user is told.
    """

    delegation: Delegation
    refusals: tuple[Refusal, ...]
    notices: tuple[str, ...] = ()


def read_delegation(session: Session, wanted: AccountId) -> Delegation:
    """Asks GuardDuty and AWS Organizations who is the administrator, and who the wanted one is.

    Args:
        session: the management account in a region.
        wanted: the account to designate.

    Raises:
        CredentialsError: see `aws.session`.
        ConnectionFailedError: no answer.
        ServiceError: GuardDuty failed, which says nothing of who asks.
    """
    region, caller, notices = session.region, session.caller, session.notices
    try:
        designated = session.guardduty.organization_administrator()
    except ServiceError as error:
        if error.code not in WHO_ASKS:
            raise
        refused = Refused(error.code, error.reason)
        return Delegation(region, caller, wanted, refused=refused, notices=notices)
    delegation = Delegation(
        region, caller, wanted, designated, identity=session.identity, notices=notices
    )
    try:
        status = session.organizations.account_status(wanted)
        elsewhere = session.organizations.guardduty_administrators() - {wanted}
    except ServiceError:
        # Organizations only confirms; GuardDuty itself refuses an account that it can't designate.
        return delegation
    return replace(
        delegation,
        status=status,
        unknown_account=status is None,
        elsewhere=elsewhere,
        others=_other_accounts(session),
    )


def _other_accounts(session: Session) -> int | None:
    try:
        return session.organizations.account_count() - 1
    except ServiceError:
        return None


def plan_delegation(delegation: Delegation, last: LastState | None = None) -> DelegationPlan:
    """Decides whether the wanted account can be designated.

    EnableOrganizationAdminAccount takes one account a region, and only from the management
    account; DisableOrganizationAdminAccount, which a destroy calls, disassociates its members.

    Args:
        delegation: what AWS holds and what is asked for.
        last: the stack's last state; a stack without one if not given.
    """
    region, wanted = delegation.region, delegation.wanted
    another = designations_of_others(
        last or LastState(), (wanted, region), messages.designates(wanted, region)
    )
    refusals = (*another, *_refusals(delegation))
    return DelegationPlan(delegation, refusals, () if refusals else tuple(_notices(delegation)))


def designations_of_others(
    last: LastState, kept: tuple[AccountId, str] | None, now: str
) -> tuple[Refusal, ...]:
    """Refuses a run that would leave a designation of its state.

    Args:
        last: the stack's last state.
        kept: the account and region that the run designates; None if it designates nobody.
        now: what the run does, as the rest of a sentence.
    """
    return tuple(
        messages.designation_of_another(one.region, one.account, now)
        for one in last.designations
        if (one.account, one.region) != kept
    )


def _refusals(delegation: Delegation) -> Iterator[Refusal]:
    region, caller, wanted = delegation.region, delegation.caller, delegation.wanted
    refused, designated = delegation.refused, delegation.designated
    if refused and refused.code in ACCESS_DENIED:
        reason = refused.reason.rstrip(".")
        yield messages.permission_missing(caller, "ListOrganizationAdminAccounts", reason)
    elif refused:
        yield messages.not_the_management_account(caller, refused.reason)
    elif designated and designated.ending:
        yield messages.administrator_ending(region, designated.account)
    elif designated and not delegation.kept:
        yield messages.another_administrator(region, wanted, designated.account)
    elif not delegation.kept and delegation.unknown_account:
        yield messages.administrator_is_a_stranger(wanted)
    elif not delegation.kept and delegation.status not in {None, "ACTIVE"}:
        yield messages.administrator_not_active(wanted, str(delegation.status))


def _notices(delegation: Delegation) -> Iterator[str]:
    yield from delegation.notices
    if delegation.kept:
        yield messages.designated_already(delegation.wanted)
    else:
        yield messages.designating(delegation.wanted)
    if delegation.elsewhere:
        yield messages.administrators_elsewhere(delegation.wanted, delegation.elsewhere)
    yield messages.destroy_removes_designation(delegation.region, delegation.others)
