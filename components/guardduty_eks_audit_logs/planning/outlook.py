"""What a run is about to change, and what a destroy after it would change, as the state has it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import FeatureStatus, Setting, change
from guardduty_eks_audit_logs.settings.configuration import OnRelease
from guardduty_eks_audit_logs.state.properties import LEAVE

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.model import AccountId
    from guardduty_eks_audit_logs.planning.plan import Plan

_LINES = 20


def seen(plan: Plan) -> str | None:
    """Says in at most 20 lines what AWS holds otherwise than it will after the run.

    It is the same in a preview and in its run unless AWS, the rules or the record have changed in
    between: an update plan that saw something else is refused by it.

    Returns:
        None if nothing changes.
    """
    made = ["detector: made"] if plan.snapshot.detector is None else []
    settings = [f"{key}: {change}" for key, change in plan.setting_changes.items()]
    changes = plan.changes | {a: w for a, w in plan.release.by_account.items() if w != LEAVE}
    off_first = sorted(changes, key=lambda a: (not changes[a].endswith("DISABLED"), a))
    lines = [*made, *settings, *(f"{account}: {changes[account]}" for account in off_first)]
    if len(lines) > _LINES:
        rest = "\n".join(lines[_LINES - 1 :])
        checksum = hashlib.sha256(rest.encode()).hexdigest()[:12]
        lines = [*lines[: _LINES - 1], f"{len(lines) - _LINES + 1} more: {checksum}"]
    return "\n".join(lines) or None


def on_destroy(plan: Plan) -> dict[str, str] | str:
    """Says what a destroy after the run would change, from the record and the wanted statuses.

    Returns:
        {account or setting: "ENABLED -> DISABLED"}; a sentence if nothing would change.
    """
    on_release = plan.settings.on_release
    if on_release is OnRelease.LEAVE:
        return messages.destroy_leaves(on_release.value)
    changes = {
        str(account): change(now, target)
        for account, (now, target) in _members_on_destroy(plan).items()
    }
    if plan.leaving:
        return changes or messages.destroy_of_a_leaving_region()
    if on_release is OnRelease.RESTORE:
        changes |= _settings_on_destroy(plan)
    return changes or messages.destroy_changes_nothing(on_release.value)


def on_destroy_refused(plan: Plan) -> str | None:
    """Says why a destroy after the run would be refused; None if it would not."""
    if plan.settings.on_release is OnRelease.LEAVE:
        return None
    targets = [target for _, target in _members_on_destroy(plan).values()]
    off = targets.count(FeatureStatus.DISABLED)
    written = plan.settings.max_disabled
    limit = written.of(sum(member.monitored for member in plan.snapshot.members))
    if off <= limit:
        return None
    return messages.destroy_refused(off, limit, written.written)


def _members_on_destroy(
    plan: Plan,
) -> dict[AccountId, tuple[FeatureStatus | None, FeatureStatus]]:
    """The members that a destroy changes, each with its status before and after; None: unknown."""
    known = {a: status for a, status in plan.newly_set.items() if status}
    leaving = plan.release.by_account
    before = {a: s for a, s in {**plan.record.before, **known}.items() if a not in leaving}
    read = plan.snapshot.statuses
    now = {**dict.fromkeys(read.unprocessed), **read.statuses, **plan.wanted}
    disables = plan.settings.on_release is OnRelease.DISABLE
    targets = {a: FeatureStatus.DISABLED if disables else status for a, status in before.items()}
    left = plan.snapshot.statuses.managed
    return {
        account: (now[account], target)
        for account, target in targets.items()
        if account in now and now[account] != target and account not in left
    }


def _settings_on_destroy(plan: Plan) -> dict[str, str]:
    held, wanted = plan.snapshot.settings, plan.settings.wanted
    written = plan.written_settings
    before = {key: held[key] for key in written} | plan.settings_before
    own = plan.snapshot.detector
    if own and own.managed:
        before.pop(Setting.STATUS, None)  # a policy decides it
    after = {key: wanted[key] if key in written else held[key] for key in before}
    return {
        str(key): change(after[key], before[key])
        for key in before
        if before[key] and after[key] and after[key] != before[key]
    }
