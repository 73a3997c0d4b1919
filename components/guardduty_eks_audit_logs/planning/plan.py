"""Decides what a run does: settings, snapshot and last state in, plan out. Nothing here is I/O."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.messages.catalogue import as_notices
from guardduty_eks_audit_logs.model import (
    UNKNOWN,
    AccountId,
    AutoEnable,
    FeatureStatus,
    Setting,
    change,
)
from guardduty_eks_audit_logs.planning.decisions import (
    Decision,
    decide,
    deciding_rules,
    find_inactive,
    find_non_members,
)
from guardduty_eks_audit_logs.planning.notices import (
    away_from_all,
    before_detector,
    decided_by_policies,
    inactive_notices,
    non_member_notices,
    organization_notices,
    policy_notices,
    settings_left,
    unused_rules,
)
from guardduty_eks_audit_logs.planning.refusals import (
    administrator_replaced,
    caller_refusals,
    members_not_written,
    refusals_before_detector,
    rule_refusals,
    too_many_disabled,
)
from guardduty_eks_audit_logs.planning.release import Release, plan_release
from guardduty_eks_audit_logs.settings.configuration import DetectorSource, OnRelease
from guardduty_eks_audit_logs.settings.modes import Mode
from guardduty_eks_audit_logs.state.ledger import LastState, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardduty_eks_audit_logs.messages.catalogue import Notice, Refusal
    from guardduty_eks_audit_logs.model import Snapshot
    from guardduty_eks_audit_logs.settings.configuration import Settings


@dataclass(frozen=True)
class Plan:
    """What a run does in one region, or why it does nothing.

    The fields say what was asked for, what was found, and what follows from both. The properties
    are views of them, for the resources, the summary and the run report: `wanted`, `changes`,
    `already` and `left` for `MemberFeatures`; `to_record`, `settings_before` and `release` for
    `PriorSettings`.

    Attributes:
        settings: what the stack asks for.
        snapshot: what AWS holds.
        owner: the stack as `project/stack`, the value of `planning.refusals.OWNER_TAG`.
        refusals: one sentence each; if there are any, nothing may be changed.
        decisions: for each active member that a rule selects, in the order of ListMembers.
        inactive: the relationship status of each inactive member that a rule is to set.
        deciding: the place of the rule, from 0, for each member that one selects, inactive or not.
        warnings: what ends by this run; the summary has it first.
        notices: what a user has to know beside the changes.
        unreached: which accounts the rules select and can't set, and why.
        record: what the stack has recorded before this run.
        release: what becomes of the recorded accounts that no rule sets any more.
        leaving: whether the program has no such region any more: all of the record is released.
        state_ids: `<id>@<region>` of detectors in the stack's state, by the resource's name.
    """

    settings: Settings
    snapshot: Snapshot
    owner: str
    refusals: tuple[Refusal, ...] = ()
    decisions: tuple[Decision, ...] = ()
    inactive: Mapping[AccountId, str] = field(default_factory=dict)
    deciding: Mapping[AccountId, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    unreached: tuple[str, ...] = ()
    record: Record = field(default_factory=lambda: Record("", AccountId("")))
    release: Release = field(default_factory=Release)
    leaving: bool = False
    state_ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> dict[AccountId, FeatureStatus]:
        """The status that each member is to have by the rules, without UNMANAGED ones."""
        return {d.account: d.wanted for d in self.decisions if d.wanted is not None}

    @property
    def changes(self) -> dict[str, str]:
        """The members that change, each with its change: `DISABLED -> ENABLED`."""
        return {str(d.account): change(d.current, d.wanted) for d in self.decisions if d.changes}

    @property
    def already(self) -> dict[str, FeatureStatus]:
        """The members that AWS has as a rule says that is new, or another, for them."""
        last = self.record.wanted
        return {
            str(d.account): d.wanted
            for d in self.decisions
            if d.wanted and not d.changes and d.wanted is not last.get(d.account)
        }

    @property
    def left(self) -> dict[str, FeatureStatus]:
        """The members that the last run's rules set, and that this run neither sets nor releases.

        Each with what those rules said.
        """
        named = {*self.wanted, *self.release.by_account}
        return {str(a): status for a, status in self.record.wanted.items() if a not in named}

    @property
    def turning_on(self) -> list[AccountId]:
        """The accounts that this run, or ALL after it, turns on, the administrator included."""
        if self.leaving:
            return []
        return [*self._on_by_rule(), *self._on_by_all(), *self._own_on()]

    def _on_by_rule(self) -> list[AccountId]:
        enabled = FeatureStatus.ENABLED
        return [d.account for d in self.decisions if d.changes and d.wanted is enabled]

    def _on_by_all(self) -> list[AccountId]:
        if not self.reaches_all:
            return []
        statuses = self.snapshot.statuses.statuses
        off = {a for a, status in statuses.items() if status is FeatureStatus.DISABLED}
        by_rule = {d.account for d in self.decisions if d.changes}
        return sorted(off - by_rule - self.snapshot.invited)

    def _own_on(self) -> list[AccountId]:
        own = self.snapshot.detector
        is_off = own is None or own.status is FeatureStatus.DISABLED
        turned_on = is_off and self.settings.status is FeatureStatus.ENABLED
        return [self.snapshot.caller] if turned_on else []

    @property
    def reaches_all(self) -> bool:
        """Whether GuardDuty turns members on by itself after the run; not if policies decide."""
        by_all = self.settings.auto_enable is AutoEnable.ALL and not self.leaving
        return by_all and not decided_by_policies(self.snapshot)

    @property
    def newly_set(self) -> dict[AccountId, FeatureStatus | None]:
        """The accounts that this run is the first to set, with what they have now."""
        new = (d for d in self.decisions if d.wanted and d.account not in self.record.before)
        return {d.account: d.current for d in new}

    @property
    def to_record(self) -> dict[str, str]:
        """The input `record` of `PriorSettings`: the ledger, with `UNKNOWN` to be read again."""
        new = {a: status or UNKNOWN for a, status in self.newly_set.items()}
        return {str(a): str(status) for a, status in {**self.record.before, **new}.items()}

    @property
    def written_settings(self) -> tuple[Setting, ...]:
        """What the stack writes beside members."""
        if self.leaving:
            return ()
        return tuple(key for key, value in self.settings.wanted.items() if value is not None)

    @property
    def settings_before(self) -> dict[Setting, str]:
        """The settings beside members whose value before the stack is known, with that value."""
        written, record = self.written_settings, self.record
        read = {key: value for key, value in record.settings_read.items() if key in written}
        return {**read, **record.settings}

    @property
    def revision(self) -> int:
        """Of `PriorSettings`: one more than the last if it has something to record or release."""
        record = self.record
        missing = set(self.written_settings) - record.settings.keys()
        releases = self.release.by_account or (self.leaving and record.settings)
        return record.revision + bool(
            not record.revision or self.newly_set or missing or releases or record.earlier
        )

    @property
    def members_revision(self) -> int:
        """Of `MemberFeatures`: one more than the last if it has something to set."""
        last = self.record.members_revision
        return last + bool(not last or self.changes or self.record.earlier)

    @property
    def settings_to(self) -> dict[Setting, str]:
        """The settings beside members after the run, unchanged ones included."""
        if not self.leaving:
            return {key: value for key, value in self.settings.wanted.items() if value is not None}
        if self.settings.on_release is not OnRelease.RESTORE:
            return {}
        own = self.snapshot.detector
        by_policy = {Setting.STATUS} if own and own.managed else set()
        return {k: value for k, value in self.record.settings.items() if k not in by_policy}

    @property
    def setting_changes(self) -> dict[Setting, str]:
        """The settings beside members that change, each with its change: `NONE -> NEW`."""
        held = self.snapshot.settings
        return {
            key: change(held[key], value)
            for key, value in self.settings_to.items()
            if held[key] not in {None, value}
        }


def make_plan(
    settings: Settings, snapshot: Snapshot, owner: str, last: LastState | None = None
) -> Plan:
    """Compares what is asked for with what AWS holds and with what the stack has recorded.

    Args:
        settings: a stack's configuration, in any mode but `delegation`.
        snapshot: the region as the caller sees it now.
        owner: the stack as `project/stack`, by which it knows a detector of its own making.
        last: the stack's last state; a stack without one if not given.
    """
    last = last or LastState()
    record = last.record(snapshot.caller, snapshot.region)
    plan = Plan(settings, snapshot, owner, record=record, state_ids=last.ids)
    refusals = caller_refusals(settings, snapshot, owner, last.detectors)
    if refusals:
        return replace(plan, refusals=(*refusals, *administrator_replaced(snapshot, record)))
    rewritten = (messages.state_rewritten(),) if record.earlier else ()
    plan = replace(
        plan,
        refusals=tuple(members_not_written(settings, record)),
        notices=(*as_notices(snapshot.notices), *rewritten),
    )
    return _before_detector(plan) if snapshot.detector is None else _by_rules(plan)


def _before_detector(plan: Plan) -> Plan:
    """Completes the plan of a run that makes the detector: no member is known yet."""
    settings, snapshot = plan.settings, plan.snapshot
    return replace(
        plan,
        refusals=(*plan.refusals, *refusals_before_detector(settings, snapshot)),
        notices=(*plan.notices, *before_detector(settings, snapshot)),
    )


def _by_rules(plan: Plan) -> Plan:
    """Completes the plan of a region with a detector, by the rules and by what is recorded."""
    settings, snapshot, rules = plan.settings, plan.snapshot, plan.settings.members
    deciding = deciding_rules(rules, snapshot)
    decisions = decide(rules, snapshot, deciding)
    inactive = find_inactive(rules, snapshot, deciding)
    non_members = find_non_members(rules, snapshot)
    release = _release(settings, snapshot, plan.record, decisions, inactive)
    # Without `members` in the configuration, the stack does not ask for a release: it is refused.
    asked = Release() if plan.refusals else release
    refused = rule_refusals(settings, snapshot, deciding, decisions, asked)
    plan = replace(
        plan,
        refusals=(*plan.refusals, *refused),
        decisions=decisions,
        inactive=inactive,
        deciding=deciding,
        unreached=(
            *inactive_notices(inactive, rules, deciding),
            *non_member_notices(settings, snapshot, non_members),
        ),
        release=release,
    )
    return replace(
        plan,
        warnings=_warnings(plan),
        notices=(*plan.notices, *_notices(plan, non_members)),
    )


def _warnings(plan: Plan) -> tuple[str, ...]:
    if plan.settings.mode is not Mode.ORGANIZATION:
        return ()
    return tuple(away_from_all(plan.settings, plan.snapshot))


def _notices(plan: Plan, non_members: Mapping[AccountId, int]) -> Iterator[Notice]:
    settings, snapshot = plan.settings, plan.snapshot
    if settings.mode is Mode.ORGANIZATION:
        yield from organization_notices(
            settings, snapshot, plan.decisions, non_members, plan.release.changing
        )
    yield from policy_notices(snapshot)
    if not plan.refusals:
        # While the rules have faults, it is not known which of them decide accounts.
        used = {*plan.deciding.values(), *non_members.values()}
        yield from unused_rules(settings.members, used)
    if has_new_detector(plan.record, snapshot):
        yield messages.detector_is_new()
    yield from settings_left(settings, plan.record, plan.written_settings)


def make_leaving_plan(settings: Settings, snapshot: Snapshot, owner: str, last: LastState) -> Plan:
    """Plans the release of all that is recorded in a region that has left the program.

    Args:
        settings: what the other regions are to have; `onRelease` and `maxDisabled` count.
        snapshot: the region as the caller sees it now, with its members.
        owner: the stack as `project/stack`.
        last: the stack's last state.
    """
    record = last.record(snapshot.caller, snapshot.region)
    refusals: tuple[Refusal, ...] = ()
    if snapshot.detector is None:
        release = Release(former_members=frozenset(record.before))
    else:
        release = _release_as(settings.on_release, record.before, snapshot)
        if settings.on_release is not OnRelease.LEAVE:
            # That the stack made the detector does not mean that the caller may write to it.
            existing = settings.model_copy(update={"detector": DetectorSource.EXISTING})
            refusals = caller_refusals(existing, snapshot, owner)
    return Plan(
        settings,
        snapshot,
        owner,
        refusals=refusals or tuple(too_many_disabled(settings, snapshot, (), release)),
        notices=as_notices(snapshot.notices),
        record=record,
        release=release,
        leaving=True,
    )


def has_new_detector(record: Record, snapshot: Snapshot) -> bool:
    """Whether the detector is another one than that of the last run."""
    detector = snapshot.detector
    return detector is not None and record.detector_id not in {None, detector.id}


def _release(
    settings: Settings,
    snapshot: Snapshot,
    record: Record,
    decisions: tuple[Decision, ...],
    inactive: Mapping[AccountId, str],
) -> Release:
    """What becomes of recorded accounts that no rule sets; nothing where the detector is new.

    The members of a new detector are not known yet.
    """
    if snapshot.detector is None or has_new_detector(record, snapshot):
        return Release()
    wanted = {d.account for d in decisions if d.wanted}
    left_alone = {d.account for d in decisions if d.wanted is None}
    left = {a: s for a, s in record.before.items() if a not in wanted and a not in inactive}
    asked = {a: status for a, status in left.items() if a not in left_alone}
    release = _release_as(settings.on_release, asked, snapshot)
    # AWS may not have attached them yet to a detector that was made anew.
    listed = {member.account for member in snapshot.members}
    unattached = release.former_members - listed - record.wanted.keys()
    return replace(
        release,
        former_members=release.former_members - unattached,
        unattached=unattached,
        staying=release.staying | (left.keys() & left_alone),
    )


def _release_as(
    on_release: OnRelease, before: Mapping[AccountId, FeatureStatus], snapshot: Snapshot
) -> Release:
    members = {member.account: member for member in snapshot.members}
    return plan_release(on_release, before, members, snapshot.statuses)
