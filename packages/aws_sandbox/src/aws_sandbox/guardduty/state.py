"""What the model remembers: accounts in regions, their detectors, members, settings.

Only data and the locks that guard it; what may happen to it is in `rules`.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right, insort
from collections import UserDict
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from aws_sandbox.guardduty.features import AutoEnable, FeatureStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime


class RelationshipStatus(StrEnum):
    """How a member stands to its administrator (the `Member` page of the API reference)."""

    CREATED = "Created"
    INVITED = "Invited"
    ENABLED = "Enabled"
    DISABLED = "Disabled"
    REMOVED = "Removed"
    RESIGNED = "Resigned"
    REGION_DISABLED = "RegionDisabled"
    ACCOUNT_SUSPENDED = "AccountSuspended"


ASSOCIATED = frozenset({RelationshipStatus.ENABLED, RelationshipStatus.DISABLED})
"""What ListMembers returns unless it is asked for all."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of one detector; frozen, so that detectors can share equal ones."""

    status: FeatureStatus
    updated_at: datetime
    managed_by: str | None = None
    additional: Mapping[str, Feature] = field(default_factory=dict, hash=False)


class FeatureTable(UserDict[str, Feature]):
    """A detector's features by name, with what is on in it at hand until one is written.

    GetOrganizationStatistics counts over 50,000 of these: most have not changed since it counted
    the last time.
    """

    def __init__(self, features: Mapping[str, Feature]) -> None:
        super().__init__()
        self.data = dict(features)
        self._on: tuple[str, ...] | None = None

    def __setitem__(self, name: str, feature: Feature) -> None:
        self.data[name] = feature
        self._on = None

    def __delitem__(self, name: str) -> None:
        del self.data[name]
        self._on = None

    def on(self) -> tuple[str, ...]:
        """The features that are on, and the additional ones as feature/configuration."""
        if self._on is None:
            # Interned: few combinations exist, and many detectors have the same.
            self._on = _interned(
                tuple(
                    target
                    for name, feature in self.data.items()
                    for target, value in (
                        (name, feature),
                        *((f"{name}/{key}", each) for key, each in feature.additional.items()),
                    )
                    if value.status is FeatureStatus.ENABLED
                )
            )
        return self._on


@cache
def _interned(names: tuple[str, ...]) -> tuple[str, ...]:
    return names


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which nothing changed in a detector, and the plans that were on in it."""

    start: datetime
    end: datetime
    on: frozenset[str]


@dataclass(slots=True)
class PublishingDestination:
    """A bucket that a detector's findings are exported to; nothing is ever exported."""

    destination_id: str
    destination_type: str
    properties: Mapping[str, str]
    client_token: str | None
    tags: dict[str, str]


@dataclass(slots=True)
class SampleFinding:
    """A sample finding of one type; `count` says how often it was made."""

    finding_type: str
    created_at: datetime
    updated_at: datetime
    count: int = 1


@dataclass(slots=True)
class Belongings:
    """What a detector has besides its features, by id or by type."""

    scan_criteria: Mapping[str, object] = field(default_factory=dict)
    snapshot_preservation: str = "NO_RETENTION"
    destinations: dict[str, PublishingDestination] = field(default_factory=dict)
    findings: dict[str, SampleFinding] = field(default_factory=dict)


@dataclass(slots=True)
class Detector:
    """A detector: one account in one region has at most one.

    `spans` are the times that have ended with a change, oldest first; trial days and use are
    counted from them. `belongings` are None until there are some: few detectors have any.
    """

    detector_id: str
    account_id: str
    status: FeatureStatus
    created_at: datetime
    updated_at: datetime
    publishing_frequency: str
    features: FeatureTable
    tags: dict[str, str] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    belongings: Belongings | None = None

    def own(self) -> Belongings:
        """What belongs to this detector, to read and to change."""
        if self.belongings is None:
            self.belongings = Belongings()
        return self.belongings


@dataclass(slots=True)
class Member:
    """An account as its administrator sees it in one region.

    `settled_at` says up to when the organization's ALL settings have been applied to it, and
    `reachable_from` since when they can reach it, if that was not when it joined. `taken_up` says
    that its association began with CreateMembers.
    """

    account_id: str
    relationship: RelationshipStatus
    joined_at: datetime
    updated_at: datetime
    settled_at: datetime
    by_invitation: bool = False
    email: str | None = None
    invited_at: datetime | None = None
    invitation_id: str | None = None
    reachable_from: datetime | None = None
    taken_up: bool = False


@dataclass(slots=True)
class Setting:
    """Auto-enable of one feature, with that of its additional configurations."""

    auto_enable: AutoEnable = AutoEnable.NONE
    additional: dict[str, AutoEnable] = field(default_factory=dict)


@dataclass(slots=True)
class Wave:
    """A time during which ALL held for some target: its effect reaches accounts one by one.

    `target` is a feature's name, a feature and an additional configuration joined by a slash, or
    empty for GuardDuty itself. `ended_at` is None while the setting holds.
    """

    number: int
    target: str
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(slots=True)
class Administration:
    """What one administrator account holds in one region: settings and members."""

    auto_enable_members: AutoEnable = AutoEnable.NONE
    settings: dict[str, Setting] = field(default_factory=dict)
    waves: list[Wave] = field(default_factory=list)
    settled_at: datetime | None = None
    _members: dict[str, Member] = field(default_factory=dict)
    _ids: list[str] = field(default_factory=list)

    def add(self, member: Member) -> None:
        """Take a member up, or replace what was known of it."""
        if member.account_id not in self._members:
            insort(self._ids, member.account_id)
        self._members[member.account_id] = member

    def remove(self, account_id: str) -> None:
        """Forget a member; nothing happens if it is unknown."""
        if self._members.pop(account_id, None) is not None:
            del self._ids[bisect_left(self._ids, account_id)]

    def member(self, account_id: str) -> Member | None:
        """The member of that id, if there is one."""
        return self._members.get(account_id)

    def members(self, after: str = "") -> Iterator[Member]:
        """All members in the order of their ids, from the one behind `after`."""
        for index in range(bisect_right(self._ids, after), len(self._ids)):
            yield self._members[self._ids[index]]

    def __len__(self) -> int:
        return len(self._ids)


@dataclass(slots=True)
class AccountRegion:
    """One account in one region, with the lock that every reader and writer of it takes.

    Locks are taken administrator first, member second, never the other way round. `spans` are those
    of detectors that were deleted: the free trial is the account's, not the detector's.
    `detectors_made` counts those, too, so that a detector that is made anew has another id.
    """

    account_id: str
    region: str
    lock: threading.RLock = field(default_factory=threading.RLock)
    detector: Detector | None = None
    administrator_id: str | None = None
    administration: Administration | None = None
    spans: tuple[Span, ...] = ()
    detectors_made: int = 0

    def administer(self) -> Administration:
        """What this account administers here; empty for one that administers nothing yet."""
        if self.administration is None:
            self.administration = Administration()
        return self.administration


@dataclass(slots=True)
class Region:
    """One region: which accounts were seen in it and who administers the organization there.

    `not_enabled` are accounts that have not opted in to it (or have opted out): their credentials
    are not valid there.
    """

    name: str
    offers_eks_audit_logs: bool = True
    delegated_administrator: str | None = None
    designation_is_ending: bool = False
    not_enabled: set[str] = field(default_factory=set)
    former_administrators: set[str] = field(default_factory=set)
    designation: threading.Lock = field(default_factory=threading.Lock)
    _accounts: dict[str, AccountRegion] = field(default_factory=dict)
    _inviters: dict[str, set[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def remember_inviter(self, account_id: str, administrator_id: str) -> None:
        """Note who has invited an account; the invitation itself is with the administrator."""
        with self._lock:
            self._inviters.setdefault(account_id, set()).add(administrator_id)

    def inviters(self, account_id: str) -> list[str]:
        """Who has ever invited an account, by id."""
        with self._lock:
            return sorted(self._inviters.get(account_id, ()))

    def account(self, account_id: str) -> AccountRegion:
        """That account in this region; an account nobody has used here yet is empty."""
        with self._lock:
            found = self._accounts.get(account_id)
            if found is None:
                found = self._accounts[account_id] = AccountRegion(account_id, self.name)
            return found

    def accounts(self) -> list[AccountRegion]:
        """All accounts seen in this region, by id."""
        with self._lock:
            return [self._accounts[key] for key in sorted(self._accounts)]
