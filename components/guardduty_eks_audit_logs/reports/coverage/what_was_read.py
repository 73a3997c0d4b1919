"""What was read of one region, and of the organization; the rows are made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.model import MemberStatuses, OrganizationLookup

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from guardduty_eks_audit_logs.model import (
        AccountId,
        Detector,
        Membership,
        OrganizationConfiguration,
    )
    from guardduty_eks_audit_logs.settings.configuration import Settings


class Role(StrEnum):
    """What the caller is in a region: administrator of others, a member, neither, or unknown."""

    ADMINISTRATOR = "administrator"
    MEMBER = "member"
    ALONE = "alone"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class PlacedAccount:
    """One account of the organization, and where it is.

    Attributes:
        id: its id.
        name: its name; empty if AWS did not return it.
        above: the root and the units that it is in, from the root down: id and path of each.
        active: False once it is closed, or suspended by AWS.
    """

    id: AccountId
    name: str
    above: tuple[tuple[str, str], ...]
    active: bool = True

    @property
    def unit(self) -> str:
        """The path of its unit, `Root/Prod/EU`."""
        return self.above[-1][1]


@dataclass(frozen=True)
class GuardDutyPolicy:
    """One organization policy of the type GUARDDUTY_POLICY.

    Attributes:
        name: its name.
        targets: the ids of what it is attached to.
        blocks: the regions that it has a block for, and `default`.
        deciding: those of its blocks that decide EKS_AUDIT_LOGS.
    """

    name: str
    targets: frozenset[str]
    blocks: frozenset[str]
    deciding: frozenset[str]


@dataclass(frozen=True)
class RegionRead:
    """What was read of one region.

    Attributes:
        region: the region's code.
        stack: the stack whose settings they are; empty without stacks.
        settings: the stack's rules; None without stacks.
        read_at: when, in UTC.
        caller: the account that read it; None if that is not known.
        partition: of AWS: `aws`, `aws-cn`, `aws-us-gov`.
        role: what the caller is there.
        of_organization: whether it is about the accounts of an organization, all of them.
        detector: the caller's; None if it has none, or if it could not be read.
        detector_unread: why it could not be read; empty if it could.
        administrator: the caller's administrator, and how the caller stands to it.
        organization: the auto-enable settings; None if they could not be read.
        members: by account, all of ListMembers; None if it could not be read to its end.
        statuses: EKS_AUDIT_LOGS of the members that can have one, and why others have none.
        unanswered: the members about which a whole call failed.
        trial_days: days left of the trial by account.
        accounts: by account, all of the organization; None if they could not be read.
        lookup: what AWS Organizations says of the rules.
        policies: the organization's; None if they could not be read, or were not needed.
        reason: why the region could not be read; empty if it could.
        problems: a sentence for each thing that could not be read.
    """

    region: str
    stack: str
    settings: Settings | None
    read_at: datetime
    caller: AccountId | None = None
    partition: str = "aws"
    role: Role = Role.ADMINISTRATOR
    of_organization: bool = False
    detector: Detector | None = None
    detector_unread: str = ""
    administrator: Membership | None = None
    organization: OrganizationConfiguration | None = None
    members: Mapping[AccountId, Membership] | None = None
    statuses: MemberStatuses = field(default_factory=lambda: MemberStatuses({}, {}))
    unanswered: frozenset[AccountId] = frozenset()
    trial_days: Mapping[AccountId, int] = field(default_factory=dict)
    accounts: Mapping[AccountId, PlacedAccount] | None = None
    lookup: OrganizationLookup = field(default_factory=OrganizationLookup)
    policies: tuple[GuardDutyPolicy, ...] | None = None
    reason: str = ""
    problems: tuple[str, ...] = ()

    @property
    def offered(self) -> bool | None:
        """Whether EKS_AUDIT_LOGS is offered there; None without a detector that says so."""
        return self.detector.status is not None if self.detector else None
