"""Decides, without asking anybody, what a run does: settings and snapshot in, plan out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guardduty import messages
from guardduty.decisions import Decision, decide, deciding_rules, find_waiting
from guardduty.model import AccountId, AutoEnable, FeatureStatus
from guardduty.modes import Mode
from guardduty.notices import (
    before_detector,
    decided_by_policies,
    idle_rules,
    organization_notices,
    policy_notices,
    waiting_notices,
)
from guardduty.refusals import caller_refusals, refusals_before_detector, rule_refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty.model import Snapshot
    from guardduty.settings import Settings


@dataclass(frozen=True)
class Plan:
    """What a run does in one region, or why it does nothing.

    Attributes:
        settings: what the stack asks for.
        snapshot: what AWS holds.
        owner: the stack, the value of `guardduty.refusals.OWNER_TAG`.
        refusals: one sentence each; if there are any, nothing may be changed.
        decisions: for each monitored member that a rule decided, in the order of ListMembers.
        waiting: for each member that a rule is to set, but that can't be set now, its relationship
            status.
        notices: what a user is told beside the changes.
    """

    settings: Settings
    snapshot: Snapshot
    owner: str
    refusals: tuple[str, ...]
    decisions: tuple[Decision, ...] = ()
    waiting: Mapping[AccountId, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    @property
    def statuses(self) -> dict[AccountId, FeatureStatus]:
        """What each member that the rules decide is to have; UNMANAGED ones are not in it."""
        return {d.account: d.wanted for d in self.decisions if d.wanted is not None}

    @property
    def unmanaged(self) -> list[AccountId]:
        """The members that a rule leaves alone, whatever the stack did to them before."""
        return [d.account for d in self.decisions if d.wanted is None]

    @property
    def changes(self) -> dict[AccountId, str]:
        """From what to what each member goes that AWS holds otherwise: `DISABLED -> ENABLED`."""
        return {
            d.account: messages.change(d.current, d.wanted) for d in self.decisions if d.changes
        }

    @property
    def turning_on(self) -> list[AccountId]:
        """The accounts that this run, or ALL after it, turns on; the administrator's own, too."""
        settings, statuses = self.settings, self.snapshot.statuses.statuses
        wanted = {d.account: d.wanted for d in self.decisions if d.changes}
        accounts = [a for a, status in wanted.items() if status is FeatureStatus.ENABLED]
        if self.reaches_all:
            off = (a for a, status in statuses.items() if status is FeatureStatus.DISABLED)
            accounts += [a for a in off if a not in wanted]
        own = self.snapshot.detector
        is_off = own is None or own.status is FeatureStatus.DISABLED
        if is_off and settings.status is FeatureStatus.ENABLED:
            accounts.append(self.snapshot.caller)
        return accounts

    @property
    def reaches_all(self) -> bool:
        """Whether GuardDuty turns members on by itself after the run; not if policies decide."""
        return self.settings.auto_enable is AutoEnable.ALL and not decided_by_policies(
            self.snapshot
        )

    @property
    def turning_off(self) -> int:
        """How many members this run turns off (see `maxDisabled`).

        One whose status AWS did not tell counts, since unknown is not off.
        """
        return sum(1 for decision in self.decisions if decision.turns_off)


def make_plan(settings: Settings, snapshot: Snapshot, owner: str) -> Plan:
    """Compares what is asked for with what AWS holds.

    Args:
        settings: a stack's configuration, in any mode but `delegation`.
        snapshot: the region as the caller sees it now.
        owner: the stack as `project/stack`, which tells a detector of its own making from others.
    """
    refusals = caller_refusals(settings, snapshot, owner)
    if refusals:
        return Plan(settings, snapshot, owner, refusals)
    if snapshot.detector is None:
        return Plan(
            settings,
            snapshot,
            owner,
            refusals=refusals_before_detector(settings, snapshot),
            notices=(*snapshot.notices, *before_detector(settings, snapshot)),
        )
    deciding = deciding_rules(settings.members, snapshot)
    decisions = decide(settings.members, snapshot, deciding)
    waiting = find_waiting(settings.members, snapshot, deciding)
    of_organization = settings.mode is Mode.ORGANIZATION
    return Plan(
        settings,
        snapshot,
        owner,
        refusals=rule_refusals(settings, snapshot, deciding, decisions),
        decisions=decisions,
        waiting=waiting,
        notices=(
            *snapshot.notices,
            *(organization_notices(settings, snapshot, decisions) if of_organization else ()),
            *policy_notices(snapshot),
            *waiting_notices(waiting),
            *idle_rules(settings.members, deciding),
        ),
    )
