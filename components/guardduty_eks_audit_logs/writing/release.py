"""Releasing members that a stack had taken, as `onRelease` says.

What a release comes to is worked out from what AWS holds (`work_out`), by the plan of a run, and
on destroy after reading it (`find_release`). Then it is done (`do_release`). Doing it again writes
only what is left.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import TooManyDisabledError, UserError
from guardduty_eks_audit_logs.model import AccountId, FeatureStatus, change
from guardduty_eks_audit_logs.planning.decisions import is_member
from guardduty_eks_audit_logs.settings.configuration import OnRelease
from guardduty_eks_audit_logs.state.properties import LEAVE
from guardduty_eks_audit_logs.texts import accounts_by_reason
from guardduty_eks_audit_logs.writing.members import (
    Patience,
    Report,
    read_member_statuses,
    read_memberships,
    set_member_statuses,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
    from guardduty_eks_audit_logs.model import DetectorId, Membership, MemberStatuses
    from guardduty_eks_audit_logs.settings.max_disabled import MaxDisabled


@dataclass(frozen=True)
class Release:
    """What releasing accounts comes to; each of them is in one of the first six.

    Attributes:
        changing: what each account gets that has another status now, or one that AWS did not tell.
        staying: accounts that are left as they are, or are as they are to be.
        gone: accounts that are no members any more.
        inactive: members that can't be set now, with their relationship status.
        managed: members for which an organization policy (`GUARDDUTY_POLICY`) decides.
        unattached: accounts that have not been members of this detector yet, and may become so.
        current: what the accounts that change have now, as far as AWS told.
    """

    changing: Mapping[AccountId, FeatureStatus] = field(default_factory=dict)
    staying: frozenset[AccountId] = frozenset()
    gone: frozenset[AccountId] = frozenset()
    inactive: Mapping[AccountId, str] = field(default_factory=dict)
    managed: frozenset[AccountId] = frozenset()
    unattached: frozenset[AccountId] = frozenset()
    current: Mapping[AccountId, FeatureStatus] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many accounts it is about."""
        left = (
            self.changing,
            self.staying,
            self.gone,
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
    def words(self) -> dict[str, str]:
        """The input `release` of `PriorSettings`: the accounts that leave the ledger.

        Members that can't be set now stay in it: the first run that finds them active releases
        them.
        """
        changes = {
            str(account): change(self.current.get(account), status)
            for account, status in self.changing.items()
        }
        return changes | dict.fromkeys(map(str, self.staying | self.gone), LEAVE)


@dataclass(frozen=True)
class Released:
    """What releasing accounts has come to.

    Attributes:
        release: what was done; an account that went meanwhile is in it as such.
        unreleased: AWS's reason for each account that could not be set.
    """

    release: Release
    unreleased: Mapping[AccountId, str]


def work_out(
    on_release: OnRelease,
    before: Mapping[AccountId, FeatureStatus],
    members: Mapping[AccountId, Membership],
    read: MemberStatuses,
) -> Release:
    """Works out what releasing accounts comes to; asks nobody.

    Args:
        on_release: what happens to each.
        before: the accounts, with what each had before the stack.
        members: how those of them that are members stand to the administrator.
        read: EKS_AUDIT_LOGS of the active ones.
    """
    if on_release is OnRelease.LEAVE:
        return Release(staying=frozenset(before))
    gone = frozenset(a for a in before if a not in members or not is_member(members[a]))
    inactive = {
        account: members[account].relationship_status
        for account in before
        if account not in gone and not members[account].monitored
    }
    managed = (read.managed & before.keys()) - gone - inactive.keys()
    targets = {
        account: FeatureStatus.DISABLED if on_release is OnRelease.DISABLE else status
        for account, status in before.items()
        if account not in {*gone, *inactive, *managed}
    }
    changing = {a: target for a, target in targets.items() if read.statuses.get(a) != target}
    return Release(
        changing=changing,
        staying=frozenset(targets.keys() - changing.keys()),
        gone=gone,
        inactive=inactive,
        managed=managed,
        current={a: read.statuses[a] for a in changing if a in read.statuses},
    )


def find_release(
    api: GuardDutyApi,
    detector_id: DetectorId,
    on_release: OnRelease,
    before: Mapping[AccountId, FeatureStatus],
) -> Release:
    """Finds what releasing accounts changes (GetMembers and GetMemberDetectors, 50 a call).

    Nobody is asked about accounts that are left as they are.

    Args:
        api: GuardDuty in the region, as the administrator.
        detector_id: the administrator's detector.
        on_release: what happens to each account.
        before: the accounts, with what each had before the stack.

    Raises:
        UserError: a whole call failed.
    """
    asked = [] if on_release is OnRelease.LEAVE else list(before)
    members = read_memberships(api, detector_id, asked)
    active = [a for a in asked if a in members and members[a].monitored]
    read = read_member_statuses(api, detector_id, active)
    return work_out(on_release, before, members, read)


def refuse_too_many(
    api: GuardDutyApi,
    detector_id: DetectorId,
    release: Release,
    on_release: OnRelease,
    limit: MaxDisabled,
) -> None:
    """Refuses a destroy that turns off more members than one run may.

    Args:
        api: GuardDuty in the region, as the administrator; asked only for a percentage, which is
            of all monitored members (ListMembers).
        detector_id: the administrator's detector.
        release: what the destroy comes to.
        on_release: as which.
        limit: `maxDisabled`.

    Raises:
        TooManyDisabledError: it is too many.
        UserError: the members could not be listed.
    """
    off, members = release.turning_off, 0
    if off and isinstance(limit.written, str):
        members = sum(member.monitored for member in api.members(detector_id))
    if len(off) > limit.of(members):
        raise TooManyDisabledError(
            messages.too_many_disabled_on_destroy(
                off, on_release.value, limit.of(members), limit.written
            )
        )


def do_release(
    api: GuardDutyApi,
    detector_id: DetectorId,
    release: Release,
    patience: Patience | None = None,
    report: Report = lambda _: None,
) -> Released:
    """Does a release: sets the accounts that change, see `set_member_statuses`.

    A failure of some accounts is no exception. One that left, or was suspended, in the meantime is
    no failure.
    """
    outcome = set_member_statuses(api, detector_id, release.changing, patience, report)
    left = outcome.unprocessed
    gone, inactive = frozenset[AccountId](), dict[AccountId, str]()
    try:
        members = read_memberships(api, detector_id, list(left))
    except UserError:
        # Then nothing more is known of them, and the reasons that they have stand.
        pass
    else:
        gone = frozenset(a for a in left if a not in members or not is_member(members[a]))
        inactive = {
            a: member.relationship_status
            for a, member in members.items()
            if is_member(member) and not member.monitored
        }
    done = replace(
        release,
        changing={a: s for a, s in release.changing.items() if a not in left},
        gone=release.gone | gone,
        inactive={**release.inactive, **inactive},
    )
    return Released(done, {a: why for a, why in left.items() if a not in {*gone, *inactive}})


def release_sentence(on_release: OnRelease, release: Release) -> str:
    """What happens to the accounts that the rules select no more, in one sentence."""
    stay = [messages.stay_as_they_are(len(release.staying))] if release.staying else []
    return messages.dropping_out(
        on_release.value, release.total, _counts(release), [*stay, *_not_set(release)]
    )


def release_summary(released: Released, on_release: OnRelease) -> str:
    """One line of what has happened to accounts that were released."""
    verb = "set" if on_release is OnRelease.DISABLE else "put back"
    release, left = released.release, len(released.unreleased)
    stayed = [messages.were_as_they_are(len(release.staying))] if release.staying else []
    failed = [messages.could_not_be_set(left)] if left else []
    return messages.let_go(verb, _counts(release), [*stayed, *_not_set(release), *failed])


def _counts(release: Release) -> dict[str, int]:
    numbers = Counter(release.changing.values())
    off_first = (FeatureStatus.DISABLED, FeatureStatus.ENABLED)
    return {status.value: numbers[status] for status in off_first if numbers[status]}


def _not_set(release: Release) -> list[str]:
    by_status = accounts_by_reason(release.inactive)
    lines = [messages.cannot_be_set_now(status, by_status[status]) for status in sorted(by_status)]
    for accounts, told in (
        (release.gone, messages.no_members_any_more),
        (release.managed, messages.left_to_policy),
        (release.unattached, messages.not_attached_yet),
    ):
        if accounts:
            lines.append(told(accounts))
    return lines
