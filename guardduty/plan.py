"""Decides, without asking anybody, what a run does: settings and snapshot in, plan out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guardduty import messages
from guardduty.errors import ACCESS_DENIED
from guardduty.model import AccountId, AutoEnable, Detector, FeatureStatus, RelationshipStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty.model import Membership, Refused, Snapshot
    from guardduty.settings import Rule, Settings

OWNER_TAG = "guardduty-eks-audit-logs:stack"
"""Marks a detector that a stack made, so that its later runs know it for their own."""


@dataclass(frozen=True)
class Decision:
    """Which rule decided a member account, and what it has now (None: AWS did not tell)."""

    account: AccountId
    rule: int
    wanted: FeatureStatus | None
    current: FeatureStatus | None

    @property
    def changes(self) -> bool:
        """Whether this run writes to the account."""
        return self.wanted is not None and self.wanted != self.current


@dataclass(frozen=True)
class Plan:
    """What a run does in one region, or why it does nothing.

    Attributes:
        settings: what the stack asks for.
        snapshot: what AWS holds.
        owner: the stack's name, the value of `OWNER_TAG`.
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
    def changes(self) -> dict[AccountId, str]:
        """From what to what each member goes that AWS holds otherwise: `DISABLED -> ENABLED`."""
        return {
            d.account: messages.change(d.current, d.wanted) for d in self.decisions if d.changes
        }


def make_plan(settings: Settings, snapshot: Snapshot, owner: str) -> Plan:
    """Compares what is asked for with what AWS holds.

    Args:
        settings: a stack's configuration.
        snapshot: the region as the caller sees it now.
        owner: the stack's name, which tells a detector of its own making from others.
    """
    refusals = _caller_refusals(settings, snapshot, owner)
    if refusals:
        return Plan(settings, snapshot, owner, refusals)
    if snapshot.detector is None:
        return Plan(settings, snapshot, owner, (), notices=_before_detector(settings))
    decisions = decide(settings.members, snapshot)
    waiting = _waiting(settings.members, snapshot.members)
    return Plan(
        settings,
        snapshot,
        owner,
        refusals=_rule_refusals(settings, snapshot, decisions),
        decisions=decisions,
        waiting=waiting,
        notices=(
            *_auto_enable_notices(settings, snapshot),
            *_unmanaged_notices(settings, decisions),
            *_waiting_notices(waiting),
            *_idle_rules(settings.members, decisions),
        ),
    )


def decide(rules: tuple[Rule, ...], snapshot: Snapshot) -> tuple[Decision, ...]:
    """Finds for each monitored member the first rule that selects it.

    Members that no rule selects are not in the answer; they are left alone.
    """
    statuses = snapshot.statuses.statuses
    decisions = []
    for member in snapshot.members:
        index = _deciding_rule(rules, member.account) if member.monitored else None
        if index is not None:
            current = statuses.get(member.account)
            decisions.append(Decision(member.account, index, rules[index].wanted, current))
    return tuple(decisions)


def _deciding_rule(rules: tuple[Rule, ...], account: AccountId) -> int | None:
    return next((index for index, rule in enumerate(rules) if rule.selects(account)), None)


def _waiting(rules: tuple[Rule, ...], members: tuple[Membership, ...]) -> dict[AccountId, str]:
    waiting = {}
    for member in members:
        if member.monitored or member.relationship_status in _NO_LONGER_MEMBERS:
            continue
        index = _deciding_rule(rules, member.account)
        if index is not None and rules[index].wanted:
            waiting[member.account] = member.relationship_status
    return waiting


def _caller_refusals(settings: Settings, snapshot: Snapshot, owner: str) -> tuple[str, ...]:
    region, caller, detector = snapshot.region, snapshot.caller, snapshot.detector
    if detector is None:
        if not settings.makes_detector:
            return (messages.no_detector(region, caller),)
        if not snapshot.delegated:
            reason = snapshot.organization_refused
            return (messages.not_delegated(caller, reason.reason if reason else None),)
        return ()
    if snapshot.administrator:
        return (messages.caller_is_member(region, caller, snapshot.administrator),)
    refusals = []
    if settings.makes_detector and detector.tags.get(OWNER_TAG) != owner:
        refusals.append(messages.detector_there_already(region, caller, detector.id))
    if not detector.monitoring:
        refusals.append(messages.detector_suspended(region, caller, detector.id))
    if snapshot.organization_refused:
        refusals.append(_organization_refusal(snapshot, snapshot.organization_refused))
    if _not_offered(detector, snapshot):
        refusals.append(messages.feature_not_offered(region))
    return tuple(refusals)


def _organization_refusal(snapshot: Snapshot, refused: Refused) -> str:
    reason = refused.reason.rstrip(".")
    if refused.code in ACCESS_DENIED:
        return messages.permission_missing(
            snapshot.caller, "DescribeOrganizationConfiguration", reason
        )
    return messages.caller_not_administrator(snapshot.region, snapshot.caller, reason)


def _not_offered(detector: Detector, snapshot: Snapshot) -> bool:
    offered_to_members = snapshot.organization is None or snapshot.organization.feature is not None
    return detector.status is None or not offered_to_members


def _rule_refusals(
    settings: Settings, snapshot: Snapshot, decisions: tuple[Decision, ...]
) -> tuple[str, ...]:
    refusals = []
    members = {member.account: member for member in snapshot.members}
    for index, rule in enumerate(settings.members):
        if settings.auto_enable is AutoEnable.ALL and rule.wanted is FeatureStatus.DISABLED:
            excepted = [d.account for d in decisions if d.rule == index]
            if excepted:
                refusals.append(messages.all_with_exceptions(index, excepted))
        for account in sorted(rule.accounts or ()):
            if account == snapshot.caller:
                refusals.append(messages.rule_names_administrator(index, account))
            elif account not in members:
                refusals.append(messages.rule_names_stranger(index, account, snapshot.region))
            elif members[account].relationship_status in _NO_LONGER_MEMBERS:
                status = members[account].relationship_status
                refusals.append(messages.rule_names_former_member(index, account, status))
    return tuple(refusals)


_NO_LONGER_MEMBERS = frozenset(
    {RelationshipStatus.REMOVED, RelationshipStatus.RESIGNED, RelationshipStatus.DELETED}
)


def _before_detector(settings: Settings) -> tuple[str, ...]:
    # A detector that is only being made has no members yet: AWS attaches them to it later.
    notices = [messages.detector_first()]
    if settings.members:
        notices.append(messages.members_later(len(settings.members)))
    return tuple(notices)


def _auto_enable_notices(settings: Settings, snapshot: Snapshot) -> tuple[str, ...]:
    current = snapshot.organization
    notices = [
        messages.auto_enable(current.feature if current else None, settings.auto_enable.value)
    ]
    if settings.auto_enable is AutoEnable.ALL:
        off = sum(1 for s in snapshot.statuses.statuses.values() if s is FeatureStatus.DISABLED)
        total = sum(1 for member in snapshot.members if member.monitored)
        # Of members whose status AWS did not tell, nobody can say that they have it on.
        if off or not snapshot.statuses.unprocessed:
            notices.append(messages.all_in_a_day(off, total))
    if settings.auto_enable_members is not None:
        before = current.members if current else None
        notices.append(messages.auto_enable_members(before, settings.auto_enable_members.value))
    return tuple(notices)


def _unmanaged_notices(settings: Settings, decisions: tuple[Decision, ...]) -> tuple[str, ...]:
    unmanaged = [d.account for d in decisions if d.wanted is None]
    if settings.auto_enable is AutoEnable.ALL and unmanaged:
        return (messages.all_reaches_unmanaged(unmanaged),)
    return ()


def _waiting_notices(waiting: Mapping[AccountId, str]) -> tuple[str, ...]:
    by_status: dict[str, list[AccountId]] = {}
    for account, status in waiting.items():
        by_status.setdefault(status, []).append(account)
    return tuple(messages.skipped(status, accounts) for status, accounts in by_status.items())


def _idle_rules(rules: tuple[Rule, ...], decisions: tuple[Decision, ...]) -> tuple[str, ...]:
    deciding = {decision.rule for decision in decisions}
    return tuple(
        messages.rule_decides_nothing(rule_label(index, rules))
        for index in range(len(rules))
        if index not in deciding
    )


def rule_label(index: int, rules: tuple[Rule, ...]) -> str:
    """Names a rule for people, counted from 1: `rule 2: all`."""
    return f"rule {index + 1}: {rules[index].selector()}"
