"""Why a run may change nothing: one sentence for each fault, with the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import ACCESS_DENIED
from guardduty_eks_audit_logs.model import AutoEnable, FeatureStatus
from guardduty_eks_audit_logs.planning.decisions import is_member, rule_label
from guardduty_eks_audit_logs.settings.faults import LISTED
from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from guardduty_eks_audit_logs.messages.catalogue import Refusal
    from guardduty_eks_audit_logs.model import (
        AccountId,
        Detector,
        OrganizationLookup,
        Refused,
        Snapshot,
    )
    from guardduty_eks_audit_logs.planning.decisions import Decision
    from guardduty_eks_audit_logs.planning.release import Release
    from guardduty_eks_audit_logs.settings.configuration import Rule, Settings
    from guardduty_eks_audit_logs.state.ledger import Record

OWNER_TAG = "guardduty-eks-audit-logs:stack"
"""Marks a detector that a stack made, so that its later runs know it for their own."""


def caller_refusals(
    settings: Settings, snapshot: Snapshot, owner: str, made: Collection[str] = ()
) -> tuple[Refusal, ...]:
    """Judges the caller and the region: administrator, detector, feature.

    Args:
        settings: the stack's configuration.
        snapshot: the region as the caller sees it.
        owner: the stack as `project/stack`, the value of `OWNER_TAG`.
        made: the ARNs of detectors that are in the stack's state, also under an earlier name.
    """
    region, caller, detector = snapshot.region, snapshot.caller, snapshot.detector
    if detector is None:
        return tuple(_without_detector(settings, snapshot))
    if snapshot.administrator:
        return (messages.caller_is_member(region, caller, snapshot.administrator),)
    refusals = []
    arn = f"arn:{snapshot.partition}:guardduty:{region}:{caller}:detector/{detector.id}"
    its_own = detector.tags.get(OWNER_TAG) in _tags_of(owner) or arn in made
    if settings.makes_detector and not its_own:
        tag = f"{OWNER_TAG}={owner}"
        refusals.append(messages.detector_there_already(region, caller, detector.id, arn, tag))
    if not detector.monitoring:
        refusals.append(messages.detector_suspended(region, caller, detector.id))
    if snapshot.organization_refused:
        refusals.append(_organization_refusal(snapshot, snapshot.organization_refused))
    if _not_offered(detector, snapshot):
        refusals.append(messages.feature_not_offered(region))
    return tuple(refusals)


def _tags_of(owner: str) -> tuple[str, str]:
    # Releases up to 0.2.0 left out the project.
    return owner, owner.rpartition("/")[2]


def _without_detector(settings: Settings, snapshot: Snapshot) -> Iterator[Refusal]:
    if not settings.makes_detector:
        yield messages.no_detector(snapshot.region, snapshot.caller)
    elif settings.mode is Mode.ORGANIZATION and not snapshot.delegated:
        reason = snapshot.organization_refused
        yield messages.not_delegated(snapshot.caller, reason.reason if reason else None)


def _organization_refusal(snapshot: Snapshot, refused: Refused) -> Refusal:
    reason = refused.reason.rstrip(".")
    if refused.code in ACCESS_DENIED:
        return messages.permission_missing(
            snapshot.caller, "DescribeOrganizationConfiguration", reason
        )
    return messages.caller_not_administrator(snapshot.region, snapshot.caller, reason)


def administrator_replaced(snapshot: Snapshot, record: Record) -> tuple[Refusal, ...]:
    """Gives an account that was the administrator the steps to take now.

    Args:
        snapshot: the region as the caller sees it.
        record: what the stack has recorded of the caller.
    """
    refused = snapshot.organization_refused
    is_another = snapshot.administrator or (refused and refused.code not in ACCESS_DENIED)
    if record.empty or not is_another:
        return ()
    return (messages.administrator_replaced(snapshot.region, snapshot.caller),)


def _not_offered(detector: Detector, snapshot: Snapshot) -> bool:
    offered_to_members = snapshot.organization is None or snapshot.organization.feature is not None
    return detector.status is None or not offered_to_members


def members_not_written(settings: Settings, record: Record) -> tuple[Refusal, ...]:
    """Refuses to take a configuration that got lost for one that releases everybody.

    Args:
        settings: the stack's configuration.
        record: what the stack has recorded before this run.
    """
    kept = record.kept
    if not kept or settings.is_written("members"):
        return ()
    if settings.mode is Mode.STANDALONE:
        return (messages.members_not_in_this_mode(settings.mode, record.region, len(kept)),)
    return (messages.members_not_written(record.region, len(kept)),)


def rule_refusals(
    settings: Settings,
    snapshot: Snapshot,
    deciding: Mapping[AccountId, int],
    decisions: tuple[Decision, ...],
    release: Release,
) -> tuple[Refusal, ...]:
    """Judges what the settings would do to the organization and its members.

    Args:
        settings: the stack's configuration.
        snapshot: the region as the caller sees it.
        deciding: the place of the rule for each member (`deciding_rules`).
        decisions: what the rules decide for each active member.
        release: what becomes of the accounts that no rule sets any more.
    """
    return (
        *_organization_settings(settings, snapshot),
        *_exceptions_from_all(settings, snapshot, deciding),
        *_named_accounts(settings, snapshot),
        *_units(settings, snapshot),
        *_policies(settings, snapshot, decisions),
        *too_many_disabled(settings, snapshot, decisions, release),
    )


def refusals_before_detector(settings: Settings, snapshot: Snapshot) -> tuple[Refusal, ...]:
    """Judges what can be judged before there is a detector, which alone lists the members."""
    return (
        *_organization_settings(settings, snapshot),
        *_exceptions_from_all_to_come(settings, snapshot),
        *_named_administrator(settings, snapshot),
        *_units(settings, snapshot),
    )


def _organization_settings(settings: Settings, snapshot: Snapshot) -> Iterator[Refusal]:
    """Where organization policies decide, GuardDuty's own auto-enable settings have no effect."""
    current, lookup = snapshot.organization, snapshot.lookup
    feature, members = (current.feature, current.members) if current else (None, None)
    if lookup is None or not lookup.policy_type_enabled:
        if feature is AutoEnable.ALL and not settings.is_written("autoEnable"):
            off = (i for i, r in enumerate(settings.members) if r.wanted is FeatureStatus.DISABLED)
            yield messages.auto_enable_not_written(snapshot.region, next(off, None))
        return
    if settings.auto_enable not in {AutoEnable.NONE, feature}:
        yield messages.no_effect_by_policy("autoEnable", settings.auto_enable)
    if settings.auto_enable_members not in {None, AutoEnable.NONE, members}:
        yield messages.no_effect_by_policy("autoEnableMembers", str(settings.auto_enable_members))


def _named_administrator(settings: Settings, snapshot: Snapshot) -> Iterator[Refusal]:
    for index, rule in enumerate(settings.members):
        if snapshot.caller in rule.named:
            yield messages.rule_names_administrator(index, snapshot.caller, rule.selector_key)


def _named_accounts(settings: Settings, snapshot: Snapshot) -> Iterator[Refusal]:
    for index, rule in enumerate(settings.members):
        key = rule.selector_key
        if snapshot.caller in rule.named:
            yield messages.rule_names_administrator(index, snapshot.caller, key)
        reasons = _named_non_members(rule, snapshot)
        if len(reasons) > len(set(reasons.values())):
            yield _non_members(index, rule, reasons, snapshot.region, LISTED)
            continue
        for account, status in reasons.items():
            if status == messages.NOT_ADDED:
                yield messages.rule_names_stranger(index, account, snapshot.region, key)
            else:
                yield messages.rule_names_former_member(index, account, status, key)


def many_non_members(settings: Settings, snapshot: Snapshot) -> Iterator[Refusal]:
    """Names all accounts that are no members; the refusals name only the first ones."""
    for index, rule in enumerate(settings.members):
        reasons = _named_non_members(rule, snapshot)
        if len(reasons) > LISTED:
            yield _non_members(index, rule, reasons, snapshot.region, len(reasons))


def _named_non_members(rule: Rule, snapshot: Snapshot) -> dict[str, str]:
    """The accounts that a rule names and that are no members, with their relationship status."""
    members = {member.account: member for member in snapshot.members}
    return {
        account: members[account].relationship_status if account in members else messages.NOT_ADDED
        for account in sorted(rule.named - {snapshot.caller})
        if account not in members or not is_member(members[account])
    }


def _non_members(
    index: int, rule: Rule, reasons: Mapping[str, str], region: str, listed: int
) -> Refusal:
    file = rule.accounts_file.path if rule.accounts_file else None
    return messages.rule_names_non_members(
        messages.rule_at(index, f".{rule.selector_key}"), reasons, region, file=file, listed=listed
    )


def _units(settings: Settings, snapshot: Snapshot) -> Iterator[Refusal]:
    lookup = snapshot.lookup
    if lookup is None:
        return
    for index, rule in enumerate(settings.members):
        for unit in rule.organizational_units or ():
            if unit in lookup.unknown_units:
                yield messages.rule_names_unknown_unit(index, unit)
            elif unit in lookup.ambiguous_units:
                yield messages.rule_names_ambiguous_unit(index, unit, lookup.ambiguous_units[unit])
    yield from organizations_refusals(lookup, snapshot.caller)


def organizations_refusals(lookup: OrganizationLookup, caller: AccountId) -> tuple[Refusal, ...]:
    """Says for each rule that AWS Organizations refuses which permissions the caller lacks."""
    return tuple(
        messages.organizations_refused(
            rule.index, rule.selector, caller, rule.operations, rule.reason
        )
        for rule in lookup.refused
    )


def _exceptions_from_all(
    settings: Settings, snapshot: Snapshot, deciding: Mapping[AccountId, int]
) -> Iterator[Refusal]:
    """ALL reaches suspended members too, once they are resumed, but none by invitation."""
    if settings.auto_enable is not AutoEnable.ALL:
        return
    invited = snapshot.invited
    for index, rule in enumerate(settings.members):
        decided = [account for account, its in deciding.items() if its == index]
        excepted = [account for account in decided if account not in invited]
        if rule.wanted is FeatureStatus.DISABLED and excepted:
            yield messages.all_with_exceptions(index, excepted)


def _exceptions_from_all_to_come(settings: Settings, snapshot: Snapshot) -> Iterator[Refusal]:
    if settings.auto_enable is not AutoEnable.ALL:
        return
    decided = {snapshot.caller}  # no member, and refused as such
    for index, rule in enumerate(settings.members):
        excepted = sorted(rule.named - decided)
        if rule.wanted is FeatureStatus.DISABLED and (excepted or not rule.named):
            yield messages.all_with_exceptions(index, excepted)
        if rule.all:
            return
        decided |= rule.named


def _policies(
    settings: Settings, snapshot: Snapshot, decisions: tuple[Decision, ...]
) -> Iterator[Refusal]:
    own = snapshot.detector
    if own and own.managed and own.status not in {None, settings.status}:
        yield messages.policy_decides_own(settings.status, snapshot.caller, str(own.status))
    for index, rule in enumerate(settings.members):
        kept = [d for d in decisions if d.rule == index and d.managed and d.changes and d.current]
        if kept and rule.wanted:
            status = kept[0].current
            yield messages.policy_decides(
                index, rule.wanted, [d.account for d in kept], str(status)
            )


def too_many_disabled(
    settings: Settings, snapshot: Snapshot, decisions: tuple[Decision, ...], release: Release
) -> Iterator[Refusal]:
    """Judges whether a run would turn off more members than `maxDisabled`, by rule or by release.

    A member of unknown status counts as on.
    """
    by_rule = sorted((d for d in decisions if d.turns_off), key=lambda decision: decision.rule)
    by_release = release.turning_off
    unknown = sum(decision.current is None for decision in by_rule)
    unknown += sum(account not in release.current for account in by_release)
    limit = settings.max_disabled.of(sum(1 for member in snapshot.members if member.monitored))
    if len(by_rule) + len(by_release) > limit:
        off: dict[str, list[str]] = {}
        for decision in by_rule:
            label = rule_label(decision.rule, settings.members, decision.unit)
            off.setdefault(label, []).append(decision.account)
        if by_release:
            off[messages.by_release(settings.on_release.value)] = sorted(by_release)
        yield messages.too_many_disabled(off, limit, settings.max_disabled.written, unknown)


def lost_records(records: Iterable[Record]) -> tuple[Refusal, ...]:
    """Refuses a run whose state has lost what was there before the stack.

    Args:
        records: all of the state.
    """
    return tuple(
        messages.record_lost(record.region, record.administrator)
        for record in records
        if record.lost
    )


def other_records(
    records: Iterable[Record], caller: AccountId, regions: Collection[str]
) -> tuple[Refusal, ...]:
    """Refuses a run whose state has a record of another account or region than the run's.

    Such a run would release those accounts, or lose what was before, by an ordinary change of the
    configuration or the credentials.

    Args:
        records: those of others (`LastState.others`).
        caller: the account that the credentials belong to.
        regions: where the run is.
    """
    return tuple(
        messages.record_of_another(
            record.region, record.administrator, len(record.before), caller, sorted(regions)
        )
        for record in records
    )
