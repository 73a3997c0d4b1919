"""Letting members go that a stack had taken, as `onRelease` says.

A release is found by reading (`find_release`), weighed against `maxDisabled`
(`refuse_too_many`), and then done (`let_go`). Doing it again writes only what is left.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from guardduty import messages
from guardduty.decisions import is_member
from guardduty.errors import TooManyDisabledError, UserError
from guardduty.members import (
    Patience,
    Report,
    read_member_statuses,
    read_memberships,
    set_member_statuses,
)
from guardduty.model import AccountId, FeatureStatus
from guardduty.settings import OnRelease

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from guardduty.api import GuardDutyApi
    from guardduty.max_disabled import MaxDisabled
    from guardduty.model import DetectorId, Membership

LISTED = 20
"""So many accounts that are let go are named."""


@dataclass(frozen=True)
class Release:
    """What letting accounts go comes to; each of them is in one of these.

    Attributes:
        changing: what each account gets that has another status now, or one that AWS did not tell.
        staying: accounts that are left, or are as they are to be.
        gone: accounts that are no members any more.
        idle: members that can't be set now, with their relationship status.
        unrecorded: accounts of which nobody knows what they had before; the stack never set them.
        managed: members for which an organization policy (`GUARDDUTY_POLICY`) decides.
        current: what the accounts that change have now, as far as AWS told.
    """

    changing: Mapping[AccountId, FeatureStatus] = field(default_factory=dict)
    staying: frozenset[AccountId] = frozenset()
    gone: frozenset[AccountId] = frozenset()
    idle: Mapping[AccountId, str] = field(default_factory=dict)
    unrecorded: frozenset[AccountId] = frozenset()
    managed: frozenset[AccountId] = frozenset()
    current: Mapping[AccountId, FeatureStatus] = field(default_factory=dict)

    @property
    def held_back(self) -> frozenset[AccountId]:
        """The accounts that can't be set now, and may be one day."""
        return frozenset(self.idle) | self.managed

    def of(self, accounts: Collection[AccountId]) -> Release:
        """What of it is about these accounts."""
        return Release(
            changing={a: status for a, status in self.changing.items() if a in accounts},
            staying=self.staying.intersection(accounts),
            gone=self.gone.intersection(accounts),
            idle={a: status for a, status in self.idle.items() if a in accounts},
            unrecorded=self.unrecorded.intersection(accounts),
            managed=self.managed.intersection(accounts),
            current=self.current,
        )

    @property
    def turning_off(self) -> list[AccountId]:
        """The members it turns off; one of unknown status is one, since unknown is not off."""
        return [a for a, status in self.changing.items() if status is FeatureStatus.DISABLED]


@dataclass(frozen=True)
class Released:
    """What letting accounts go has come to.

    Attributes:
        release: what was done; an account that went meanwhile is in it as such.
        unreleased: AWS's reason for each account that could not be set.
    """

    release: Release
    unreleased: Mapping[AccountId, str]


def find_release(
    api: GuardDutyApi,
    detector_id: DetectorId,
    words: Mapping[AccountId, OnRelease],
    recorded: Mapping[AccountId, str],
) -> Release:
    """Finds what letting accounts go changes (GetMembers and GetMemberDetectors, 50 a call).

    Nobody is asked about accounts that are left.

    Args:
        api: GuardDuty in the region, as the administrator.
        detector_id: the administrator's detector.
        words: what happens to each account.
        recorded: what each account had before the stack, `UNKNOWN` where AWS did not tell.

    Raises:
        UserError: a whole call failed.
    """
    targets = {
        account: target
        for account, word in words.items()
        if (target := _target(word, recorded.get(account)))
    }
    members = read_memberships(api, detector_id, list(targets))
    gone, idle = _gone(targets, members), _idle(members)
    read = read_member_statuses(api, detector_id, [a for a in targets if a not in {*gone, *idle}])
    managed = read.managed - gone
    changing = {
        account: target
        for account, target in targets.items()
        if account not in {*gone, *idle, *managed} and read.statuses.get(account) != target
    }
    return Release(
        changing=changing,
        staying=frozenset(a for a, word in words.items() if word is OnRelease.LEAVE)
        | (targets.keys() - changing.keys() - gone - idle.keys() - managed),
        gone=gone,
        idle=idle,
        unrecorded=frozenset(
            a for a, word in words.items() if word is not OnRelease.LEAVE and a not in targets
        ),
        managed=managed,
        current=read.statuses,
    )


def refuse_too_many(
    api: GuardDutyApi,
    detector_id: DetectorId,
    disabled: int,
    limit: MaxDisabled,
    told: Callable[[int, int | str], str],
) -> None:
    """Refuses to turn off more members than one run may.

    Args:
        api: GuardDuty in the region, as the administrator; asked only for a percentage, which is
            of all monitored members (ListMembers).
        detector_id: the administrator's detector.
        disabled: how many members are about to be turned off.
        limit: the stack's `maxDisabled`.
        told: the sentence for the limit in accounts, and as it is written.

    Raises:
        TooManyDisabledError: it is too many.
        UserError: the members could not be listed.
    """
    members = 0
    if disabled and isinstance(limit.written, str):
        members = sum(member.monitored for member in api.members(detector_id))
    if disabled > limit.of(members):
        raise TooManyDisabledError(told(limit.of(members), limit.written))


def let_go(
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
    gone, idle = frozenset[AccountId](), dict[AccountId, str]()
    try:
        members = read_memberships(api, detector_id, list(left))
    except UserError:
        # Then nothing more is known of them, and the reasons that they have stand.
        pass
    else:
        gone, idle = _gone(left, members), _idle(members)
    done = replace(
        release,
        changing={a: s for a, s in release.changing.items() if a not in left},
        gone=release.gone | gone,
        idle={**release.idle, **idle},
    )
    return Released(done, {a: why for a, why in left.items() if a not in {*gone, *idle}})


def foretell(word: OnRelease, release: Release, total: int) -> str:
    """What happens to accounts that drop out of the rules: one line, and those that change."""
    stay = [messages.stay_as_they_are(len(release.staying))] if release.staying else []
    head = messages.dropping_out(word.value, total, _counts(release), [*stay, *_not_set(release)])
    rows = [
        messages.goes(account, release.current.get(account), target)
        for account, target in sorted(release.changing.items())
    ]
    more = [f"  {messages.more_accounts(len(rows) - LISTED)}"] if len(rows) > LISTED else []
    return "\n".join([head, *rows[:LISTED], *more])


def tell_of(released: Released, words: Iterable[OnRelease]) -> str:
    """One line of what has happened to accounts that were let go with these words."""
    verb = "set" if OnRelease.DISABLE in words else "put back"
    release, left = released.release, len(released.unreleased)
    stayed = [messages.were_as_they_are(len(release.staying))] if release.staying else []
    failed = [messages.could_not_be_set(left)] if left else []
    return messages.let_go(verb, _counts(release), [*stayed, *_not_set(release), *failed])


def _counts(release: Release) -> dict[str, int]:
    numbers = Counter(release.changing.values())
    off_first = (FeatureStatus.DISABLED, FeatureStatus.ENABLED)
    return {status.value: numbers[status] for status in off_first if numbers[status]}


def _not_set(release: Release) -> list[str]:
    by_status: dict[str, list[AccountId]] = {}
    for account, status in release.idle.items():
        by_status.setdefault(status, []).append(account)
    lines = [messages.cannot_be_set_now(status, by_status[status]) for status in sorted(by_status)]
    for accounts, told in (
        (release.gone, messages.no_members_any_more),
        (release.unrecorded, messages.not_recorded),
        (release.managed, messages.left_to_policy),
    ):
        if accounts:
            lines.append(told(accounts))
    return lines


def _target(word: OnRelease, recorded: str | None) -> FeatureStatus | None:
    # Whoever is not recorded, the stack has never set.
    if word is OnRelease.LEAVE or recorded not in set(FeatureStatus):
        return None
    return FeatureStatus.DISABLED if word is OnRelease.DISABLE else FeatureStatus(recorded)


def _gone(
    accounts: Iterable[AccountId], members: Mapping[AccountId, Membership]
) -> frozenset[AccountId]:
    return frozenset(a for a in accounts if a not in members or not is_member(members[a]))


def _idle(members: Mapping[AccountId, Membership]) -> dict[AccountId, str]:
    return {
        account: member.relationship_status
        for account, member in members.items()
        if is_member(member) and not member.monitored
    }
