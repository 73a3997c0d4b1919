"""Whether the management account can designate the GuardDuty administrator of a region."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import ACCESS_DENIED
from guardduty_eks_audit_logs.messages.catalogue import as_notices
from guardduty_eks_audit_logs.state.ledger import LastState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from guardduty_eks_audit_logs.messages.catalogue import Notice, Refusal
    from guardduty_eks_audit_logs.model import AccountId, Delegation


@dataclass(frozen=True)
class DelegationPlan:
    """What a run in mode `delegation` does.

    Attributes:
        delegation: what AWS holds and what is asked for.
        refusals: one sentence each; if there are any, nothing may be changed.
        notices: what a user has to know.
        state_ids: `<id>@<region>` of designations in the stack's state, by the resource's name.
    """

    delegation: Delegation
    refusals: tuple[Refusal, ...]
    notices: tuple[Notice, ...] = ()
    state_ids: Mapping[str, str] = field(default_factory=dict)


def plan_delegation(delegation: Delegation, last: LastState | None = None) -> DelegationPlan:
    """Decides whether the wanted account can be designated.

    EnableOrganizationAdminAccount takes one account a region, and only from the management
    account; DisableOrganizationAdminAccount, which a destroy calls, disassociates its members.

    Args:
        delegation: what AWS holds and what is asked for.
        last: the stack's last state; a stack without one if not given.
    """
    region, wanted = delegation.region, delegation.wanted
    last = last or LastState()
    another = designations_of_others(last, [(wanted, region)], messages.designates(wanted, region))
    refusals = (*another, *_refusals(delegation))
    notices = () if refusals else tuple(_notices(delegation))
    return DelegationPlan(delegation, refusals, notices, last.ids)


def designations_of_others(
    last: LastState, kept: Collection[tuple[AccountId, str]], now: str
) -> tuple[Refusal, ...]:
    """Refuses a run that would leave a designation of its state.

    Args:
        last: the stack's last state.
        kept: the account in each region that the run designates.
        now: what the run does, as the rest of a sentence.
    """
    return tuple(
        messages.designation_of_another(one.region, one.account, now)
        for one in last.designations
        if (one.account, one.region) not in kept
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


def _notices(delegation: Delegation) -> Iterator[Notice]:
    yield from as_notices(delegation.notices)
    if delegation.kept:
        yield messages.designated_already(delegation.wanted)
    else:
        yield messages.designating(delegation.wanted)
    if delegation.elsewhere:
        yield messages.administrators_elsewhere(delegation.wanted, delegation.elsewhere)
    yield messages.destroy_removes_designation(delegation.region, delegation.others)
