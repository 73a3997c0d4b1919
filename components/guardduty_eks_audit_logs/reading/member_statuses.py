"""Reads EKS_AUDIT_LOGS and the relationship of members, 50 in a call and a few calls at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.batches import at_once, batches
from guardduty_eks_audit_logs.aws.failures import Retry, classify, has_just_joined
from guardduty_eks_audit_logs.aws.patience import Patience, attempt_until_done
from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.model import (
    BATCH,
    AccountId,
    FeatureStatus,
    Membership,
    MemberStatuses,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
    from guardduty_eks_audit_logs.model import DetectorId
    from guardduty_eks_audit_logs.progress import Report


def read_members(
    api: GuardDutyApi, detector_id: DetectorId
) -> tuple[tuple[Membership, ...], MemberStatuses]:
    """Lists all members, and reads EKS_AUDIT_LOGS of the monitored ones while further pages come.

    The members of several pages are asked for together, so that the calls are no more than if the
    list had been read first: 50 accounts in each but the last.

    Args:
        api: GuardDuty in the region, as the administrator.
        detector_id: the administrator's detector.

    Raises:
        UserError: a whole call failed.
    """
    members: dict[AccountId, Membership] = {}

    def read(batch: Sequence[AccountId]) -> MemberStatuses:
        return api.member_statuses(detector_id, batch)

    def monitored() -> Iterator[Sequence[AccountId]]:
        asked: set[AccountId] = set()
        waiting: list[AccountId] = []
        for page in api.member_pages(detector_id):
            for member in page:
                members[member.account] = member
                if member.monitored and member.account not in asked:
                    asked.add(member.account)
                    waiting.append(member.account)
            while len(waiting) >= BATCH:
                yield waiting[:BATCH]
                del waiting[:BATCH]
        if waiting:
            yield waiting

    found = joined(at_once(read, monitored()))
    # What a later page says of an account holds.
    left = {account for account, member in members.items() if not member.monitored}
    statuses = MemberStatuses(
        {account: status for account, status in found.statuses.items() if account not in left},
        {account: reason for account, reason in found.unprocessed.items() if account not in left},
        found.managed - left,
    )
    return tuple(members.values()), statuses


def read_member_statuses(
    api: GuardDutyApi, detector_id: DetectorId, accounts: Sequence[AccountId]
) -> MemberStatuses:
    """Reads EKS_AUDIT_LOGS of any number of members (GetMemberDetectors, 50 a call).

    Raises:
        UserError: a whole call failed.
    """
    parts = at_once(lambda batch: api.member_statuses(detector_id, batch), batches(accounts))
    return joined(parts)


def read_settled_statuses(
    api: GuardDutyApi,
    detector_id: DetectorId,
    accounts: Sequence[AccountId],
    patience: Patience | None = None,
    report: Report = lambda _: None,
) -> MemberStatuses:
    """Reads EKS_AUDIT_LOGS, and again for accounts whose reason may pass with time.

    So an "Internal error", or an account that has just joined, is not taken for an answer.

    Args:
        api: GuardDuty in the region, as the administrator.
        detector_id: the administrator's detector.
        accounts: members.
        patience: how long to retry; 5 minutes if not given.
        report: gets a line before each pause.

    Raises:
        UserError: a whole call failed.
    """
    patience = patience or Patience()
    statuses: dict[AccountId, FeatureStatus] = {}
    managed: set[AccountId] = set()
    unprocessed: dict[AccountId, str] = dict.fromkeys(accounts, messages.run_cancelled())
    pending = list(accounts)

    def attempt() -> bool:
        read = read_member_statuses(api, detector_id, pending)
        statuses.update(read.statuses)
        managed.update(read.managed)
        for account in pending:
            unprocessed.pop(account)
        unprocessed.update(read.unprocessed)
        retries = {account: classify(why) for account, why in read.unprocessed.items()}
        pending[:] = worth_retrying(api, detector_id, retries)
        return bool(pending)

    def before_pause(seconds: float) -> None:
        report(messages.reading_again(len(pending), seconds))

    attempt_until_done(attempt, before_pause, patience)
    return MemberStatuses(statuses, unprocessed, frozenset(managed))


def read_memberships(
    api: GuardDutyApi, detector_id: DetectorId, accounts: Sequence[AccountId]
) -> dict[AccountId, Membership]:
    """Reads how any number of accounts stand to the caller (GetMembers, 50 a call).

    Returns:
        the members among the accounts; one that is none is left out.

    Raises:
        UserError: a whole call failed.
    """
    parts = at_once(lambda batch: api.memberships(detector_id, batch), batches(accounts))
    return {member.account: member for part in parts for member in part}


def worth_retrying(
    api: GuardDutyApi, detector_id: DetectorId, retries: Mapping[AccountId, Retry]
) -> list[AccountId]:
    """Finds the refused accounts that may succeed a little later.

    Asks AWS (GetMembers) only about accounts that may have just joined. If that call fails, their
    refusals stand.

    Args:
        api: GuardDuty in the region, as the administrator.
        detector_id: the administrator's detector.
        retries: what `classify` says of each account's refusal.
    """
    perhaps_new = [a for a, retry in retries.items() if retry is Retry.IF_JUST_JOINED]
    try:
        members = read_memberships(api, detector_id, perhaps_new)
    except UserError:
        members = {}
    just_joined = {a for a in perhaps_new if has_just_joined(members.get(a))}
    return [a for a, retry in retries.items() if retry is Retry.SOON or a in just_joined]


def joined(parts: Iterable[MemberStatuses]) -> MemberStatuses:
    """Joins the answers of several calls."""
    statuses: dict[AccountId, FeatureStatus] = {}
    unprocessed: dict[AccountId, str] = {}
    managed: set[AccountId] = set()
    for part in parts:
        statuses.update(part.statuses)
        unprocessed.update(part.unprocessed)
        managed |= part.managed
    return MemberStatuses(statuses, unprocessed, frozenset(managed))
