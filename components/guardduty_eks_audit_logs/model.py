"""The types of this domain; their names are AWS's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NewType, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal


AccountId = NewType("AccountId", str)
"""An AWS account id: 12 digits, zeros in front included."""

DetectorId = NewType("DetectorId", str)
"""The id of the one GuardDuty detector that an account has in a region."""

FEATURE: Final = "EKS_AUDIT_LOGS"
"""The only protection plan that this project reads, compares or writes."""

POLICY_TYPE: Final = "GUARDDUTY_POLICY"
"""The type of organization policies that decide protection plans (API: ManagedBy)."""

BATCH = 50
"""Accounts in one GetMemberDetectors or UpdateMemberDetectors call, at most (API reference)."""


class FeatureStatus(StrEnum):
    """Whether EKS_AUDIT_LOGS is on for one account in one region (API: FeatureStatus)."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


UNKNOWN: Final = "UNKNOWN"
"""Stands for a status that AWS did not return: unknown is not off."""


def change(current: str | None, wanted: str | None) -> str:
    """Writes from what to what something changes: `ENABLED -> DISABLED`."""
    return f"{current or UNKNOWN} -> {wanted}"


def changed_to(written: str) -> FeatureStatus:
    """Reads what an account gets from what `change` wrote."""
    return FeatureStatus(written.rpartition(" -> ")[2])


class AutoEnable(StrEnum):
    """For which accounts GuardDuty turns something on by itself (API: OrgFeatureStatus).

    `ALL` reaches existing and new accounts within 24 hours, `NEW` accounts when they join, and
    `NONE` no account; `NONE` turns nothing off.
    """

    NEW = "NEW"
    ALL = "ALL"
    NONE = "NONE"


class Setting(StrEnum):
    """What a stack writes beside members, by its configuration key."""

    STATUS = "status"
    AUTO_ENABLE = "autoEnable"
    AUTO_ENABLE_MEMBERS = "autoEnableMembers"


class RelationshipStatus(StrEnum):
    """How a member account stands to its administrator (API: Member)."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"
    CREATED = "Created"
    INVITED = "Invited"
    REMOVED = "Removed"
    RESIGNED = "Resigned"
    DELETED = "Deleted"
    EMAIL_VERIFICATION_IN_PROGRESS = "EmailVerificationInProgress"
    EMAIL_VERIFICATION_FAILED = "EmailVerificationFailed"
    REGION_DISABLED = "RegionDisabled"
    ACCOUNT_SUSPENDED = "AccountSuspended"
    NO_DETECTOR_IN_MANAGEMENT_ACCOUNT = "CannotCreateDetectorInOrganizationMasterAccount"


@dataclass(frozen=True)
class Detector:
    """The caller's own detector.

    Attributes:
        id: its id.
        monitoring: False while GuardDuty is suspended there.
        status: EKS_AUDIT_LOGS; None where it is not offered.
        tags: the detector's.
        managed: whether an organization policy (`GUARDDUTY_POLICY`) decides EKS_AUDIT_LOGS.
    """

    id: DetectorId
    monitoring: bool
    status: FeatureStatus | None
    tags: Mapping[str, str] = field(default_factory=dict)
    managed: bool = False


@dataclass(frozen=True)
class OrganizationConfiguration:
    """What DescribeOrganizationConfiguration says; `feature` is None where it is not listed."""

    members: AutoEnable
    feature: AutoEnable | None


@dataclass(frozen=True)
class Membership:
    """One row of ListMembers.

    Attributes:
        account: its id.
        relationship_status: AWS's value, also one that this release does not know.
        updated: when the row last changed; None if AWS did not return it.
        invited: whether it is a member by invitation: ALL and NEW do not reach these.
    """

    account: AccountId
    relationship_status: str
    updated: datetime | None = None
    invited: bool = False

    @property
    def monitored(self) -> bool:
        """Whether GuardDuty monitors the account, so that its features can be set."""
        return self.relationship_status == RelationshipStatus.ENABLED


@dataclass(frozen=True)
class MemberStatuses:
    """What GetMemberDetectors returned.

    Attributes:
        statuses: EKS_AUDIT_LOGS by account.
        unprocessed: for the other accounts, the reason why not.
        managed: the accounts for which an organization policy decides (`GUARDDUTY_POLICY`).
    """

    statuses: Mapping[AccountId, FeatureStatus]
    unprocessed: Mapping[AccountId, str]
    managed: frozenset[AccountId] = frozenset()


@dataclass(frozen=True)
class Designation:
    """The delegated GuardDuty administrator of a region (API: AdminAccount).

    Attributes:
        account: its id.
        ending: whether the designation is being removed (DISABLE_IN_PROGRESS).
    """

    account: AccountId
    ending: bool


@dataclass(frozen=True)
class TrialDays:
    """What GetRemainingFreeTrialDays returned for EKS_AUDIT_LOGS.

    An account may be in neither: AWS lists the features that are on, and does not say whether an
    account that never had this one on is listed with it.

    Attributes:
        remaining: days left by account, 0 once they are used up.
        unprocessed: for the accounts that could not be read, the reason.
    """

    remaining: Mapping[AccountId, int]
    unprocessed: Mapping[AccountId, str]


@dataclass(frozen=True)
class Usage:
    """What GetUsageStatistics returned: an amount of money and its currency, for instance `USD`."""

    amount: Decimal
    unit: str


@dataclass(frozen=True)
class Refused:
    """A call that AWS refused: its error code and message."""

    code: str
    reason: str


@dataclass(frozen=True)
class Costs:
    """What AWS returned about costs in one region.

    Attributes:
        turned_on: the accounts that a run turns on.
        trials: what they have left of their trial.
        usage: of EKS_AUDIT_LOGS in the last 30 days, all accounts together; None if AWS lists none.
        usage_failed: why the usage could not be read; empty if it could.
    """

    turned_on: tuple[AccountId, ...]
    trials: TrialDays
    usage: Usage | None = None
    usage_failed: str = ""


_OPERATIONS = {
    "organizationalUnits": (
        "ListRoots",
        "ListOrganizationalUnitsForParent",
        "ListAccountsForParent",
    ),
    "tags": ("ListTagsForResource",),
}


@dataclass(frozen=True)
class RefusedRule:
    """A rule that the caller may not look up in AWS Organizations.

    Attributes:
        index: the rule's place in the list, from 0.
        selector: what it selects by: `organizationalUnits` or `tags`.
        reason: AWS's message.
    """

    index: int
    selector: str
    reason: str

    @property
    def operations(self) -> tuple[str, ...]:
        """What AWS Organizations is asked for such a rule."""
        return _OPERATIONS[self.selector]


@dataclass(frozen=True)
class OrganizationLookup:
    """What AWS Organizations says about the accounts, as far as the rules need it.

    Attributes:
        units: by unit, as a rule writes it, the accounts in its subtree.
        unknown_units: units of rules that the organization does not have.
        ambiguous_units: by path, as a rule writes it, the ids of the units that it may mean.
        names: by account, its name, for the accounts in these units.
        inactive: the accounts in these units that are closed, or that AWS has suspended.
        tags: by account, its tags; none for one that is not in the organization.
        refused: rules that the caller may not look up.
        policy_type_enabled: whether `GUARDDUTY_POLICY` is enabled on the root, so that ALL and NEW
            do nothing; None if AWS did not say.
        policy_type_refused: why not: AWS's message.
    """

    units: Mapping[str, frozenset[AccountId]] = field(default_factory=dict)
    unknown_units: frozenset[str] = frozenset()
    ambiguous_units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[AccountId, str] = field(default_factory=dict)
    inactive: frozenset[AccountId] = frozenset()
    tags: Mapping[AccountId, Mapping[str, str]] = field(default_factory=dict)
    refused: tuple[RefusedRule, ...] = ()
    policy_type_enabled: bool | None = None
    policy_type_refused: str | None = None


class StatedIdentity(Protocol):
    """The credentials that a program has named (`settings.identity.Identity`)."""

    def properties(self) -> dict[str, Any]:
        """The identity as the state keeps it."""


@dataclass(frozen=True)
class Snapshot:
    """What AWS holds in one region, as the caller sees it before a run.

    `reading.snapshot` makes it, and only reads for it. Where reading ends early, for instance
    without a detector, the rest has its defaults.

    Attributes:
        region: the region's code, for instance `us-east-1`.
        caller: the account that the credentials belong to.
        taken: when AWS was asked.
        detector: the caller's detector, None if there is none.
        delegated: whether AWS Organizations names the caller as a delegated administrator of
            GuardDuty; asked only for a detector that is to be made.
        administrator: the administrator whose member the caller is; None if it has none.
        organization: None if AWS does not let the caller read it, or nothing was asked.
        organization_refused: what AWS said in that case.
        members: all of ListMembers, in its order.
        statuses: EKS_AUDIT_LOGS of the monitored members.
        lookup: what AWS Organizations says about the accounts, for the rules; None if not asked.
        partition: of AWS, for ARNs: `aws`, `aws-cn`, `aws-us-gov`.
        identity: the program's own; None followed the stack's `aws:*` configuration.
        notices: what a user has to know about the credentials.
    """

    region: str
    caller: AccountId
    taken: datetime
    detector: Detector | None = None
    delegated: bool = False
    administrator: AccountId | None = None
    organization: OrganizationConfiguration | None = None
    organization_refused: Refused | None = None
    members: tuple[Membership, ...] = ()
    statuses: MemberStatuses = field(default_factory=lambda: MemberStatuses({}, {}))
    lookup: OrganizationLookup | None = None
    partition: str = "aws"
    identity: StatedIdentity | None = None
    notices: tuple[str, ...] = ()

    @property
    def invited(self) -> frozenset[AccountId]:
        """The members by invitation: the organization's settings are not for them."""
        return frozenset(member.account for member in self.members if member.invited)

    @property
    def settings(self) -> dict[Setting, str | None]:
        """What AWS holds beside members; None where it was not read, or is not offered."""
        organization = self.organization
        return {
            Setting.STATUS: self.detector.status if self.detector else None,
            Setting.AUTO_ENABLE: organization.feature if organization else None,
            Setting.AUTO_ENABLE_MEMBERS: organization.members if organization else None,
        }


@dataclass(frozen=True)
class Delegation:
    """The delegated GuardDuty administrator of a region, as it is and as it is wanted.

    Attributes:
        region: the region's code.
        caller: the account that the credentials belong to.
        wanted: the account to designate.
        designated: the administrator now; None if there is none.
        refused: what AWS said if the caller may not ask.
        status: of the wanted account in AWS Organizations; None if it is not there, or if AWS does
            not say.
        unknown_account: whether AWS Organizations says that there is no such account.
        elsewhere: other GuardDuty administrators of this organization, in other regions.
        others: how many accounts the organization has beside the wanted one: so many members there
            are at most; None if AWS does not say.
        identity: the program's own, if it gave one.
        notices: what a user has to know about the credentials.
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
    identity: StatedIdentity | None = None
    notices: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether the wanted account is designated already."""
        return self.designated is not None and self.designated.account == self.wanted
