"""Decides, without asking anybody, what a run does: settings and snapshot in, plan out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
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
from guardduty_eks_audit_logs.settings.configuration import DetectorSource, OnRelease
from guardduty_eks_audit_logs.settings.modes import Mode
from guardduty_eks_audit_logs.state.ledger import LastState, Record
from guardduty_eks_audit_logs.writing.release import Release, work_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.messages.catalogue import Refusal
    from guardduty_eks_audit_logs.model import Snapshot
    from guardduty_eks_audit_logs.settings.configuration import Settings


@dataclass(frozen=True)
class Plan:
    """What a run does in one region, or why it does nothing.

    Attributes:
        settings: what the stack asks for.
        snapshot: what AWS holds.
        owner: the stack, the value of `planning.refusals.OWNER_TAG`.
        refusals: one sentence each; if there are any, nothing may be changed.
        decisions: for each monitored member that a rule decided, in the order of ListMembers.
        inactive: for each member that a rule is to set, but that can't be set now, its relationship
            status.
        deciding: the place of the rule for each member, also one that can't be set now.
        warnings: what ends by this run; a user is told it first.
        notices: what a user is told beside the changes.
        unreached: which accounts the rules select and can't set, and why.
        record: what the stack has recorded before this run.
        release: what becomes of the recorded accounts that no rule sets any more.
        leaving: whether the program has no such region any more: all of the record is released.
    """

    settings: Settings
    snapshot: Snapshot
    owner: str
    refusals: tuple[Refusal, ...]
    decisions: tuple[Decision, ...] = ()
    inactive: Mapping[AccountId, str] = field(default_factory=dict)
    deciding: Mapping[AccountId, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    unreached: tuple[str, ...] = ()
    record: Record = field(default_factory=lambda: Record("", AccountId("")))
    release: Release = field(default_factory=Release)
    leaving: bool = False

    @property
    def statuses(self) -> dict[AccountId, FeatureStatus]:
        """What each member that the rules decide is to have; UNMANAGED ones are not in it."""
        return {d.account: d.wanted for d in self.decisions if d.wanted is not None}

    @property
    def changes(self) -> dict[str, str]:
        """From what to what each member goes that AWS holds otherwise: `DISABLED -> ENABLED`."""
        return {str(d.account): change(d.current, d.wanted) for d in self.decisions if d.changes}

    @property
    def turning_on(self) -> list[AccountId]:
        """The accounts that this run, or ALL after it, turns on; the administrator's own, too."""
        if self.leaving:
            return []
        settings, statuses = self.settings, self.snapshot.statuses.statuses
        wanted = {d.account: d.wanted for d in self.decisions if d.changes}
        accounts = [a for a, status in wanted.items() if status is FeatureStatus.ENABLED]
        if self.reaches_all:
            off = {a for a, status in statuses.items() if status is FeatureStatus.DISABLED}
            accounts += sorted(off - wanted.keys() - self.snapshot.invited)
        own = self.snapshot.detector
        is_off = own is None or own.status is FeatureStatus.DISABLED
        if is_off and settings.status is FeatureStatus.ENABLED:
            accounts.append(self.snapshot.caller)
        return accounts

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
        """The settings of which it is known what was before the stack."""
        written, record = self.written_settings, self.record
        read = {key: value for key, value in record.settings_read.items() if key in written}
        return {**read, **record.settings}

    @property
    def revision(self) -> int:
        """Of `PriorSettings`: one more than the last if it has something to record or release."""
        record = self.record
        missing = set(self.written_settings) - record.settings.keys()
        releases = self.release.words or (self.leaving and record.settings)
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
        """What the run gives to the settings beside members, also to those that have it already."""
        if not self.leaving:
            return {key: value for key, value in self.settings.wanted.items() if value is not None}
        if self.settings.on_release is not OnRelease.RESTORE:
            return {}
        own = self.snapshot.detector
        by_policy = {Setting.STATUS} if own and own.managed else set()
        return {k: value for k, value in self.record.settings.items() if k not in by_policy}

    @property
    def setting_changes(self) -> dict[Setting, str]:
        """From what to what each setting goes that AWS holds otherwise: `NONE -> NEW`."""
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
        owner: the stack as `project/stack`, which tells a detector of its own making from others.
        last: the stack's last state; a stack without one if not given.
    """
    last = last or LastState()
    record = last.record(snapshot.caller, snapshot.region)
    refusals = caller_refusals(settings, snapshot, owner, last.detectors)
    if refusals:
        refusals += administrator_replaced(snapshot, record)
        return Plan(settings, snapshot, owner, refusals, record=record)
    unwritten = members_not_written(settings, record)
    rewritten = (messages.state_rewritten(),) if record.earlier else ()
    if snapshot.detector is None:
        return Plan(
            settings,
            snapshot,
            owner,
            refusals=(*unwritten, *refusals_before_detector(settings, snapshot)),
            notices=(*snapshot.notices, *rewritten, *before_detector(settings, snapshot)),
            record=record,
        )
    deciding = deciding_rules(settings.members, snapshot)
    decisions = decide(settings.members, snapshot, deciding)
    inactive = find_inactive(settings.members, snapshot, deciding)
    release = _release(settings, snapshot, record, decisions, inactive)
    of_organization = settings.mode is Mode.ORGANIZATION
    non_members = find_non_members(settings.members, snapshot)
    plan = Plan(
        settings,
        snapshot,
        owner,
        refusals=(
            *unwritten,
            *rule_refusals(
                settings, snapshot, deciding, decisions, Release() if unwritten else release
            ),
        ),
        decisions=decisions,
        inactive=inactive,
        deciding=deciding,
        warnings=tuple(away_from_all(settings, snapshot)) if of_organization else (),
        notices=(
            *snapshot.notices,
            *rewritten,
            *(
                organization_notices(settings, snapshot, decisions, non_members)
                if of_organization
                else ()
            ),
            *policy_notices(snapshot),
        ),
        unreached=(
            *inactive_notices(inactive, settings.members, deciding),
            *non_member_notices(settings, snapshot, non_members),
        ),
        record=record,
        release=release,
    )
    left = settings_left(settings, record, plan.written_settings)
    new = (messages.detector_is_new(),) if has_new_detector(record, snapshot) else ()
    # While the rules have faults, nobody knows which of them decide accounts.
    deciding_somebody = {*deciding.values(), *non_members.values()}
    idle = () if plan.refusals else unused_rules(settings.members, deciding_somebody)
    return replace(plan, notices=(*plan.notices, *idle, *new, *left))


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
        release = Release(gone=frozenset(record.before))
    else:
        release = _work_out(settings.on_release, record.before, snapshot)
        if settings.on_release is not OnRelease.LEAVE:
            # Who made the detector says nothing of who may write to it.
            existing = settings.model_copy(update={"detector": DetectorSource.EXISTING})
            refusals = caller_refusals(existing, snapshot, owner)
    return Plan(
        settings,
        snapshot,
        owner,
        refusals=refusals or tuple(too_many_disabled(settings, snapshot, (), release)),
        notices=snapshot.notices,
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

    Nobody knows yet who the members of a new detector will be.
    """
    if snapshot.detector is None or has_new_detector(record, snapshot):
        return Release()
    wanted = {d.account for d in decisions if d.wanted}
    left_alone = {d.account for d in decisions if d.wanted is None}
    left = {a: s for a, s in record.before.items() if a not in wanted and a not in inactive}
    asked = {a: status for a, status in left.items() if a not in left_alone}
    release = _work_out(settings.on_release, asked, snapshot)
    # AWS may not have attached them yet to a detector that was made anew.
    listed = {member.account for member in snapshot.members}
    unattached = release.gone - listed - record.members
    return replace(
        release,
        gone=release.gone - unattached,
        unattached=unattached,
        staying=release.staying | (left.keys() & left_alone),
    )


def _work_out(
    on_release: OnRelease, before: Mapping[AccountId, FeatureStatus], snapshot: Snapshot
) -> Release:
    members = {member.account: member for member in snapshot.members}
    return work_out(on_release, before, members, snapshot.statuses)
