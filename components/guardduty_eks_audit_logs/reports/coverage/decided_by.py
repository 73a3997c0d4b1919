"""Who decides EKS_AUDIT_LOGS of an account, what it is to be, and what is still to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import AutoEnable, FeatureStatus, RelationshipStatus
from guardduty_eks_audit_logs.planning.decisions import NO_LONGER_MEMBERS, rule_label
from guardduty_eks_audit_logs.planning.selection import deciding_rule, selecting_unit, selects
from guardduty_eks_audit_logs.reports.coverage.rows import CoverageStatus, DetectorState
from guardduty_eks_audit_logs.reports.coverage.what_was_read import Role

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.model import AccountId
    from guardduty_eks_audit_logs.reports.coverage.standing import Standing
    from guardduty_eks_audit_logs.reports.coverage.what_was_read import RegionRead
    from guardduty_eks_audit_logs.settings.configuration import Rule

_KNOWN = frozenset({CoverageStatus.ENABLED, CoverageStatus.DISABLED})

_INVITED = frozenset(
    {
        RelationshipStatus.INVITED,
        RelationshipStatus.EMAIL_VERIFICATION_IN_PROGRESS,
        RelationshipStatus.EMAIL_VERIFICATION_FAILED,
    }
)


@dataclass(frozen=True)
class Decided:
    """What is decided about one account.

    Attributes:
        wanted: what a rule, `status` or ALL promises; None if nothing does.
        by: who decides, for people.
        wants: who wants it how, `rule 2 wants it on`; empty if nobody wants anything.
        left_out: whether the deciding rule is DISABLED or UNMANAGED.
        by_stack: whether the stack's rule or `status` wants it.
        by_all: whether AWS's auto-enable ALL wants it.
        managed: whether an organization policy decides it.
    """

    wanted: FeatureStatus | None
    by: str
    wants: str = ""
    left_out: bool = False
    by_stack: bool = False
    by_all: bool = False
    managed: bool = False


def decided(read: RegionRead, account: AccountId, standing: Standing) -> Decided:
    """Finds what is decided about an account, and by whom.

    What AWS's auto-enable says is AWS's, not the stack's `autoEnable`.
    """
    if account == read.caller:
        return _of_caller(read)
    by_all = _by_auto_enable(read, AutoEnable.ALL, standing)
    found = _by_rule(read, account, standing, by_all=by_all)
    if account not in read.statuses.managed:
        return found
    label = policy_label(read, account)
    return Decided(
        found.wanted, label, found.wants, found.left_out, found.by_stack, by_all, managed=True
    )


def pending(read: RegionRead, standing: Standing, found: Decided, *, own: bool) -> str:
    """Says what is still to come: by AWS, by the next run, or by the account's owner."""
    if standing.membership in _INVITED:
        return messages.INVITATION_PENDING
    if found.managed or standing.status not in _KNOWN:
        return ""
    if not found.by_stack:
        is_off = standing.status is CoverageStatus.DISABLED
        return messages.ALL_PENDING if found.by_all and is_off else ""
    if found.wanted is None or standing.status.value == found.wanted.value:
        return ""
    return messages.pulumi_up(found.wanted) if _can_be_set(read, standing, own=own) else ""


def _can_be_set(read: RegionRead, standing: Standing, *, own: bool) -> bool:
    if not own:
        return standing.detector is DetectorState.ENABLED
    if read.detector is None:
        return read.settings is not None and read.settings.makes_detector
    return not read.reason and read.role not in {Role.MEMBER, Role.UNKNOWN}


def policy_label(read: RegionRead, account: AccountId) -> str:
    """Names the policies that decide an account, the nearest one last.

    A block for the region takes the place of `default` (Organizations user guide, syntax of
    GuardDuty policies).
    """
    placed = (read.accounts or {}).get(account)
    if placed is None or read.policies is None:
        return messages.BY_POLICY
    above = [
        (policy, name)
        for target, name in (*placed.above, (account, account))
        for policy in read.policies
        if target in policy.targets
    ]
    block = read.region if any(read.region in policy.blocks for policy, _ in above) else "default"
    labels = [messages.by_policy(p.name, name) for p, name in above if block in p.deciding]
    return ", ".join(labels) or messages.BY_POLICY


def _of_caller(read: RegionRead) -> Decided:
    wanted = read.settings.status if read.settings else None
    managed = read.detector is not None and read.detector.managed
    if managed and read.caller:
        by = policy_label(read, read.caller)
    elif read.administrator:
        by = messages.its_administrator(read.administrator.account)
    elif read.role is Role.UNKNOWN or (wanted is None and read.detector_unread):
        by = messages.UNKNOWN_DECIDER
    elif wanted is None:
        by = messages.NOBODY
    elif read.role is Role.ADMINISTRATOR:
        by = messages.STATUS_OF_ADMINISTRATOR
    else:
        by = messages.STATUS_OF_STANDALONE
    wants = messages.status_wants(wanted) if wanted else ""
    return Decided(wanted, by, wants, by_stack=wanted is not None, managed=managed)


def _by_rule(read: RegionRead, account: AccountId, standing: Standing, *, by_all: bool) -> Decided:
    rules = read.settings.members if read.settings else ()
    who = _rest(read, standing, by_all=by_all)
    by_default = Decided(
        FeatureStatus.ENABLED if by_all else None,
        who,
        messages.all_wants() if by_all else "",
        by_all=by_all,
    )
    if standing.membership in NO_LONGER_MEMBERS and not standing.of_organization:
        return by_default
    index = deciding_rule(rules, account, read.lookup)
    if index is None:
        unknown = (i for i, rule in enumerate(rules) if selects(rule, account, read.lookup) is None)
        perhaps = next(unknown, None)
        if perhaps is None:
            return by_default
        label = rule_label(perhaps, rules)
        return Decided(None, messages.rule_unknown(label), by_all=by_all)
    label = _label(rules, index, account, read)
    wanted = rules[index].wanted
    if wanted is None:
        return Decided(None, messages.left_by(who, label), left_out=True, by_all=by_all)
    return Decided(
        wanted,
        label,
        messages.rule_wants(index, wanted),
        left_out=wanted is FeatureStatus.DISABLED,
        by_stack=True,
        by_all=by_all,
    )


def _label(rules: tuple[Rule, ...], index: int, account: AccountId, read: RegionRead) -> str:
    return rule_label(index, rules, selecting_unit(rules[index], account, read.lookup))


def _rest(read: RegionRead, standing: Standing, *, by_all: bool) -> str:
    """Who decides an account that no rule sets; NEW only tells of accounts that are on.

    Nobody decides only where nothing is unknown: neither AWS's auto-enable nor whether an
    organization policy decides.
    """
    if by_all:
        return messages.BY_ALL
    if standing.unread or (read.of_organization and read.organization is None):
        return messages.UNKNOWN_DECIDER
    is_on = standing.status is CoverageStatus.ENABLED
    if is_on and _by_auto_enable(read, AutoEnable.NEW, standing):
        return messages.BY_NEW
    return messages.NOBODY


def _by_auto_enable(read: RegionRead, setting: AutoEnable, standing: Standing) -> bool:
    """Whether AWS has the setting, and it reaches the account."""
    return (
        read.organization is not None
        and read.organization.feature is setting
        and standing.joined
        and not standing.invited
        and not read.lookup.policy_type_enabled
    )
