"""What the coverage says: one row for each account and region, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from guardduty_eks_audit_logs.model import AccountId, FeatureStatus


class Require(StrEnum):
    """What counts as a gap: what the rules promise, or every account that is not on."""

    RULES = "rules"
    ALL = "ALL"


class CoverageStatus(StrEnum):
    """EKS_AUDIT_LOGS of one account in one region; unknown is not off."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    NOT_OFFERED = "NOT_OFFERED"
    UNKNOWN = "UNKNOWN"


class DetectorState(StrEnum):
    """The detector of one account in one region."""

    ENABLED = "enabled"
    SUSPENDED = "suspended"
    NONE = "none"
    UNKNOWN = "unknown"


ADMINISTRATOR = "administrator"
"""Stands in `membership` for the account that administers the others, which is no member."""

STANDALONE = "standalone"
"""Stands in `membership` for an account whose stack has `mode: standalone`."""

NOT_A_MEMBER = "not a member"
"""Stands in `membership` for an account of the organization that ListMembers does not have."""

UNKNOWN_MEMBERSHIP = "unknown"
"""Stands in `membership` for an account of a region whose members could not be read."""


@dataclass(frozen=True)
class CoverageRow:
    """One account in one region.

    Attributes:
        account: its id.
        name: its name in AWS Organizations; None if that is not known.
        unit: its unit's path, `Root/Prod/EU`; None if that is not known.
        region: the region's code.
        stack: the stack whose settings were read; empty without stacks.
        membership: AWS's relationship status (`Enabled`, `Disabled`, …), or `administrator`,
            `standalone`, `not a member`, `unknown`.
        detector: the account's detector.
        status: EKS_AUDIT_LOGS as AWS holds it.
        wanted: what the rules promise; None if they promise nothing.
        decided_by: what decides the status: `rule 2: all`, `policy "Baseline" on Root/Prod`.
        pending: what is still to come, `ALL: up to 24 hours`; empty if nothing is.
        trial_days: days left of the trial, 0 once they are used up; None if AWS lists none.
        reason: why the status is unknown, or AWS's words; empty if it is known.
        unread: whether AWS was asked about this row, and could not be read.
        gap: why the row counts as a gap; empty if it does not.
        guardduty5: whether Security Hub's control GuardDuty.5 counts it as a failure.
        read_at: when the region was read, in UTC.
    """

    account: AccountId
    name: str | None
    unit: str | None
    region: str
    stack: str
    membership: str
    detector: DetectorState
    status: CoverageStatus
    wanted: FeatureStatus | None
    decided_by: str
    pending: str
    trial_days: int | None
    reason: str
    unread: bool
    gap: str
    guardduty5: bool
    read_at: datetime

    @property
    def is_suspended(self) -> bool:
        """Whether GuardDuty is suspended, though AWS holds the feature as on: it is not watched."""
        on = self.status is CoverageStatus.ENABLED
        return on and self.detector is DetectorState.SUSPENDED


@dataclass(frozen=True)
class RegionCoverage:
    """One region, as one stack or one identity sees it.

    Attributes:
        region: the region's code.
        stack: the stack; empty without stacks.
        caller: the account that read it; None if that is not known.
        offered: whether EKS_AUDIT_LOGS is offered there; None if that is not known.
        reason: why the region could not be read; empty if it could.
        read_at: when it was read, in UTC.
    """

    region: str
    stack: str
    caller: AccountId | None
    offered: bool | None
    reason: str
    read_at: datetime


@dataclass(frozen=True)
class Coverage:
    """All rows, and all that could not be read.

    Attributes:
        rows: sorted by unit, account, region and stack.
        regions: in the order in which they were asked for.
        require: what counts as a gap.
        problems: a sentence for each thing that could not be read: a region, the organization's
            accounts, the trial days of some accounts. If there is none, the coverage is whole.
        read_at: when the reading began, in UTC.
    """

    rows: tuple[CoverageRow, ...]
    regions: tuple[RegionCoverage, ...]
    require: Require
    problems: tuple[str, ...]
    read_at: datetime

    @property
    def gaps(self) -> tuple[CoverageRow, ...]:
        """The rows that count as a gap."""
        return tuple(row for row in self.rows if row.gap)

    @property
    def unread(self) -> tuple[CoverageRow, ...]:
        """The rows that could not be read."""
        return tuple(row for row in self.rows if row.unread)
