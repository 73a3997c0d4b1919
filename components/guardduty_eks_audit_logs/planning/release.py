"""The plan of a release: what `onRelease` changes, by what AWS holds; no I/O."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import AccountId, FeatureStatus, change
from guardduty_eks_audit_logs.planning.decisions import is_member
from guardduty_eks_audit_logs.settings.configuration import OnRelease
from guardduty_eks_audit_logs.state.properties import LEAVE
from guardduty_eks_audit_logs.texts import accounts_by_reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.model import Membership, MemberStatuses


@dataclass(frozen=True)
class Release:
    """What a release will do. Each account is in exactly one of the first six fields.

    Attributes:
        changing: the new status of each account that has another or an unknown one now.
        staying: accounts that are left as they are, or have the right status already.
        former_members: accounts that are no members any more.
        inactive: inactive members, with their relationship status.
        managed: members that an organization policy (`GUARDDUTY_POLICY`) decides.
        unattached: accounts that have not been members of this detector yet, and may become so.
        current: what the accounts that change have now, as far as AWS gave it.
    """

    changing: Mapping[AccountId, FeatureStatus] = field(default_factory=dict)
    staying: frozenset[AccountId] = frozenset()
    former_members: frozenset[AccountId] = frozenset()
    inactive: Mapping[AccountId, str] = field(default_factory=dict)
    managed: frozenset[AccountId] = frozenset()
    unattached: frozenset[AccountId] = frozenset()
    current: Mapping[AccountId, FeatureStatus] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many accounts are released."""
        left = (
            self.changing,
            self.staying,
            self.former_members,
            self.inactive,
            self.managed,
            self.unattached,
        )
        return sum(len(accounts) for accounts in left)

    @property
    def turning_off(self) -> list[AccountId]:
        """The members it turns off; one of unknown status is one, since unknown is not off."""
        return [a for a, status in self.changing.items() if status is FeatureStatus.DISABLED]

    @property
    def by_account(self) -> dict[str, str]:
        """The input `release` of `PriorSettings`: the accounts that leave the ledger.

        Inactive members stay in it: the first run that finds them active releases
        them.
        """
        changes = {
            str(account): change(self.current.get(account), status)
            for account, status in self.changing.items()
        }
        return changes | dict.fromkeys(map(str, self.staying | self.former_members), LEAVE)


@dataclass(frozen=True)
class Released:
    """The result of a release.

    Attributes:
        release: what was done; an account that left meanwhile is in it as such.
        unreleased: AWS's reason for each account that could not be set.
    """

    release: Release
    unreleased: Mapping[AccountId, str]


def plan_release(
    on_release: OnRelease,
    before: Mapping[AccountId, FeatureStatus],
    members: Mapping[AccountId, Membership],
    read: MemberStatuses,
) -> Release:
    """Plans a release; no I/O.

    Args:
        on_release: what happens to each.
        before: the accounts, with what each had before the stack.
        members: how those of them that are members stand to the administrator.
        read: EKS_AUDIT_LOGS of the active ones.
    """
    if on_release is OnRelease.LEAVE:
        return Release(staying=frozenset(before))
    former_members = frozenset(a for a in before if a not in members or not is_member(members[a]))
    inactive = {
        account: members[account].relationship_status
        for account in before
        if account not in former_members and not members[account].monitored
    }
    managed = (read.managed & before.keys()) - former_members - inactive.keys()
    targets = {
        account: FeatureStatus.DISABLED if on_release is OnRelease.DISABLE else status
        for account, status in before.items()
        if account not in {*former_members, *inactive, *managed}
    }
    changing = {a: target for a, target in targets.items() if read.statuses.get(a) != target}
    return Release(
        changing=changing,
        staying=frozenset(targets.keys() - changing.keys()),
        former_members=former_members,
        inactive=inactive,
        managed=managed,
        current={a: read.statuses[a] for a in changing if a in read.statuses},
    )


def release_sentence(on_release: OnRelease, release: Release) -> str:
    """What happens to the accounts that the rules select no more, in one sentence."""
    stay = [messages.stay_as_they_are(len(release.staying))] if release.staying else []
    return messages.accounts_released(
        on_release.value, release.total, _counts(release), [*stay, *_not_set(release)]
    )


def release_summary(released: Released, on_release: OnRelease) -> str:
    """One line of what has happened to accounts that were released."""
    verb = "set" if on_release is OnRelease.DISABLE else "put back"
    release, left = released.release, len(released.unreleased)
    stayed = [messages.were_as_they_are(len(release.staying))] if release.staying else []
    failed = [messages.could_not_be_set(left)] if left else []
    return messages.release_result(verb, _counts(release), [*stayed, *_not_set(release), *failed])


def _counts(release: Release) -> dict[str, int]:
    numbers = Counter(release.changing.values())
    off_first = (FeatureStatus.DISABLED, FeatureStatus.ENABLED)
    return {status.value: numbers[status] for status in off_first if numbers[status]}


def _not_set(release: Release) -> list[str]:
    by_status = accounts_by_reason(release.inactive)
    lines = [
        messages.inactive_on_release(status, by_status[status]) for status in sorted(by_status)
    ]
    for accounts, sentence in (
        (release.former_members, messages.no_members_any_more),
        (release.managed, messages.left_to_policy),
        (release.unattached, messages.not_attached_yet),
    ):
        if accounts:
            lines.append(sentence(accounts))
    return lines
