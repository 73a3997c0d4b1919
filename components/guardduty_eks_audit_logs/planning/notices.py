"""What a run reports beside the changes: what AWS does, and which accounts can't be set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import AutoEnable, FeatureStatus, OrganizationLookup, Setting
from guardduty_eks_audit_logs.planning.decisions import is_member, rule_label
from guardduty_eks_audit_logs.planning.selection import selecting_unit
from guardduty_eks_audit_logs.settings.configuration import OnRelease
from guardduty_eks_audit_logs.settings.modes import Mode
from guardduty_eks_audit_logs.texts import accounts_by_reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from guardduty_eks_audit_logs.messages.catalogue import Notice
    from guardduty_eks_audit_logs.model import AccountId, Snapshot
    from guardduty_eks_audit_logs.planning.decisions import Decision
    from guardduty_eks_audit_logs.settings.configuration import Rule, Settings
    from guardduty_eks_audit_logs.state.ledger import Record


def before_detector(settings: Settings, snapshot: Snapshot) -> Iterator[Notice]:
    """Reports that the run makes the detector: it has no members yet, AWS attaches them."""
    yield messages.detector_first(alone=settings.mode is Mode.STANDALONE)
    if settings.members:
        yield messages.members_later(len(settings.members))
    if settings.mode is Mode.ORGANIZATION:
        if decided_by_policies(snapshot):
            yield messages.policies_decide(None, settings.auto_enable.value)
        else:
            members = settings.auto_enable_members
            yield messages.auto_enable(None, settings.auto_enable.value, members)
        if settings.auto_enable_members is not None:
            yield messages.auto_enable_members(None, settings.auto_enable_members.value)
        yield from _policy_type_unknown(settings, snapshot)


def away_from_all(settings: Settings, snapshot: Snapshot) -> Iterator[Notice]:
    """Warns that GuardDuty no longer reaches existing accounts after the run."""
    feature = snapshot.organization.feature if snapshot.organization else None
    leaves = feature is AutoEnable.ALL and settings.auto_enable is not AutoEnable.ALL
    if leaves and not decided_by_policies(snapshot):
        yield messages.all_no_more(settings.auto_enable.value)


def organization_notices(
    settings: Settings,
    snapshot: Snapshot,
    decisions: tuple[Decision, ...],
    non_members: Collection[AccountId],
    released: Mapping[AccountId, FeatureStatus],
) -> Iterator[Notice]:
    """Reports what the organization's settings do, and the accounts that they do not reach.

    Args:
        settings: the stack's configuration.
        snapshot: the region as the caller sees it.
        decisions: what the rules decide for each active member.
        non_members: accounts that rules select and that are no members; they have their own notice.
        released: the new status of each account that a release changes.
    """
    current = snapshot.organization
    feature = current.feature if current else None
    if decided_by_policies(snapshot):
        yield messages.policies_decide(feature, settings.auto_enable.value)
    else:
        members = guardduty_itself(settings, snapshot)
        if feature is not AutoEnable.ALL or settings.auto_enable is AutoEnable.ALL:
            # A run that leaves ALL has a warning for that (`away_from_all`).
            yield messages.auto_enable(feature, settings.auto_enable.value, members)
        if settings.auto_enable is AutoEnable.ALL:
            yield from _all(settings, snapshot, decisions)
            if members is not AutoEnable.ALL:
                yield from _out_of_reach(snapshot, non_members)
        elif settings.auto_enable is AutoEnable.NEW:
            set_by_run = {d.account for d in decisions if d.wanted} | released.keys()
            off = [account for account in _off(snapshot) if account not in set_by_run]
            if off:
                yield messages.new_leaves_off(off)
    if settings.auto_enable_members is not None:
        before = current.members if current else None
        yield messages.auto_enable_members(before, settings.auto_enable_members.value)
    yield from _policy_type_unknown(settings, snapshot)


def _policy_type_unknown(settings: Settings, snapshot: Snapshot) -> Iterator[Notice]:
    lookup = snapshot.lookup
    asked = {settings.auto_enable, settings.auto_enable_members} - {None, AutoEnable.NONE}
    if lookup and lookup.policy_type_enabled is None and asked:
        yield messages.policy_type_unknown(lookup.policy_type_refused)


def guardduty_itself(settings: Settings, snapshot: Snapshot) -> AutoEnable | None:
    """For which accounts GuardDuty itself is turned on after the run; None if unknown."""
    current = snapshot.organization
    return settings.auto_enable_members or (current.members if current else None)


def decided_by_policies(snapshot: Snapshot) -> bool:
    """Whether organization policies, and not GuardDuty's own settings, decide for accounts."""
    return snapshot.lookup is not None and bool(snapshot.lookup.policy_type_enabled)


def _off(snapshot: Snapshot) -> list[AccountId]:
    return [a for a, s in snapshot.statuses.statuses.items() if s is FeatureStatus.DISABLED]


def _all(
    settings: Settings, snapshot: Snapshot, decisions: tuple[Decision, ...]
) -> Iterator[Notice]:
    turned_on = {d.account for d in decisions if d.wanted is FeatureStatus.ENABLED}
    invited = snapshot.invited
    off = [account for account in _off(snapshot) if account not in invited]
    left = [account for account in off if account not in turned_on]
    total = sum(1 for member in snapshot.members if member.monitored and not member.invited)
    unknown = len(snapshot.statuses.unprocessed.keys() - turned_on - invited)
    yield messages.all_in_a_day(len(left), unknown, total, by_rules=len(off) - len(left))
    unmanaged = [d.account for d in decisions if d.wanted is None and d.account not in invited]
    if unmanaged:
        yield messages.all_reaches_unmanaged(unmanaged)
    if settings.on_release is not OnRelease.LEAVE:
        yield messages.all_reaches_released(settings.on_release.value)
    set_by_rules = {d.account for d in decisions if d.wanted}
    not_reached = [a for a in _off(snapshot) if a in invited and a not in set_by_rules]
    if not_reached:
        yield messages.all_leaves_invited(not_reached)


def _out_of_reach(snapshot: Snapshot, reported: Collection[AccountId]) -> Iterator[Notice]:
    """Reports the known accounts that ALL does not reach, since they are no members."""
    members = {member.account for member in snapshot.members if is_member(member)}
    former = {m.account for m in snapshot.members if not (is_member(m) or m.invited)}
    lookup = snapshot.lookup or OrganizationLookup()
    known = former.union(*lookup.units.values()) - lookup.inactive
    accounts = known - members - {snapshot.caller} - set(reported)
    if accounts:
        yield messages.all_needs_members(_why_no_members(snapshot, accounts))


def non_member_notices(
    settings: Settings, snapshot: Snapshot, non_members: Mapping[AccountId, int]
) -> Iterator[Notice]:
    """Reports accounts that a rule selects and that are no members.

    Args:
        settings: the stack's configuration.
        snapshot: the region as the caller sees it.
        non_members: the place of the rule for each of them (`find_non_members`).
    """
    by_itself = guardduty_itself(settings, snapshot) is AutoEnable.ALL
    for index in sorted(set(non_members.values())):
        rule, lookup = settings.members[index], snapshot.lookup or OrganizationLookup()
        accounts = [account for account, its in non_members.items() if its == index]
        units = {selecting_unit(rule, account, lookup) for account in accounts}
        yield messages.rule_selects_non_members(
            rule_label(index, settings.members, units.pop() if len(units) == 1 else None),
            _why_no_members(snapshot, accounts),
            added=by_itself and not decided_by_policies(snapshot),
        )


def _why_no_members(snapshot: Snapshot, accounts: Collection[AccountId]) -> dict[str, str]:
    former = {member.account: member.relationship_status for member in snapshot.members}
    return {str(account): former.get(account, messages.NOT_ADDED) for account in accounts}


def policy_notices(snapshot: Snapshot) -> Iterator[Notice]:
    """Reports the accounts that an organization policy decides."""
    managed = snapshot.statuses.managed
    if snapshot.detector and snapshot.detector.managed:
        yield messages.own_decided_by_policy()
    if managed:
        yield messages.decided_by_policy(managed)


def inactive_notices(
    inactive: Mapping[AccountId, str], rules: tuple[Rule, ...], deciding: Mapping[AccountId, int]
) -> Iterator[Notice]:
    """Reports the inactive members that a rule selects."""
    for status, accounts in accounts_by_reason(inactive).items():
        indexes = sorted({deciding[account] for account in accounts})
        labels = [rule_label(index, rules) for index in indexes]
        yield messages.inactive_members(status, accounts, labels)


def unused_rules(rules: tuple[Rule, ...], busy: Collection[int]) -> Iterator[Notice]:
    """Reports unused rules: they decide no account, not even an inactive one.

    Args:
        rules: the stack's.
        busy: the places of all others.
    """
    return (
        messages.rule_decides_nothing(rule_label(index, rules))
        for index in range(len(rules))
        if index not in busy
    )


def settings_left(
    settings: Settings, record: Record, written: Collection[Setting]
) -> Iterator[Notice]:
    """Reports settings that are not configured any more, and are put back on destroy."""
    if settings.on_release is not OnRelease.RESTORE:
        return
    left = record.settings.keys() - set(written)
    for key in (Setting.AUTO_ENABLE, Setting.AUTO_ENABLE_MEMBERS):
        if key in left:
            yield messages.setting_left(
                key, record.settings[key], of_others=Setting.AUTO_ENABLE in left
            )
