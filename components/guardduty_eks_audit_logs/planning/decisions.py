"""Which rule decides which member account: the first that selects it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import (
    AccountId,
    FeatureStatus,
    OrganizationLookup,
    RelationshipStatus,
)
from guardduty_eks_audit_logs.planning.selection import deciding_rule, selecting_unit, selects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.model import Membership, Snapshot
    from guardduty_eks_audit_logs.settings.configuration import Rule

NO_LONGER_MEMBERS = frozenset(
    {RelationshipStatus.REMOVED, RelationshipStatus.RESIGNED, RelationshipStatus.DELETED}
)
"""ListMembers keeps rows of accounts that are no members any more."""


@dataclass(frozen=True)
class Decision:
    """What one active member is to have, and what it has now.

    The first rule that selects the member decides it. A member that no rule selects has no
    decision, and is left as it is.

    Attributes:
        account: the member.
        rule: the place of the rule that decides it, from 0.
        wanted: EKS_AUDIT_LOGS as the rule wants it; None if the rule is UNMANAGED.
        current: EKS_AUDIT_LOGS as AWS holds it; None if AWS did not return it (unknown is not off).
        managed: whether an organization policy decides the account.
        unit: the unit by which the rule selects the account, as the rule writes it.
    """

    account: AccountId
    rule: int
    wanted: FeatureStatus | None
    current: FeatureStatus | None
    managed: bool = False
    unit: str | None = None

    @property
    def changes(self) -> bool:
        """Whether this run writes to the account."""
        return self.wanted is not None and self.wanted != self.current

    @property
    def turns_off(self) -> bool:
        """Whether this run may take the feature from the account: unknown is not off."""
        return self.changes and self.wanted is FeatureStatus.DISABLED


def decide(
    rules: tuple[Rule, ...], snapshot: Snapshot, deciding: Mapping[AccountId, int]
) -> tuple[Decision, ...]:
    """Finds what each active member is to have, by the rule that decides it.

    Members that no rule selects are not in the answer; they are left alone.

    Args:
        rules: the stack's.
        snapshot: the region as the caller sees it.
        deciding: the place of the rule for each member (`deciding_rules`).
    """
    read, monitored = snapshot.statuses, {m.account for m in snapshot.members if m.monitored}
    lookup = snapshot.lookup or OrganizationLookup()
    return tuple(
        Decision(
            account,
            index,
            rules[index].wanted,
            read.statuses.get(account),
            account in read.managed,
            selecting_unit(rules[index], account, lookup),
        )
        for account, index in deciding.items()
        if account in monitored
    )


def find_inactive(
    rules: tuple[Rule, ...], snapshot: Snapshot, deciding: Mapping[AccountId, int]
) -> dict[AccountId, str]:
    """Finds the inactive members that a rule would set.

    Args:
        rules: the stack's.
        snapshot: the region as the caller sees it.
        deciding: the place of the rule for each member (`deciding_rules`).

    Returns:
        their relationship statuses by account, for instance `Disabled` for a suspended one.
    """
    statuses = {member.account: member.relationship_status for member in snapshot.members}
    monitored = {member.account for member in snapshot.members if member.monitored}
    return {
        account: statuses[account]
        for account, index in deciding.items()
        if account not in monitored and rules[index].wanted
    }


def deciding_rules(rules: tuple[Rule, ...], snapshot: Snapshot) -> dict[AccountId, int]:
    """Finds for each member, also an inactive one, the place of the rule that decides it."""
    lookup = snapshot.lookup or OrganizationLookup()
    found = {
        member.account: deciding_rule(rules, member.account, lookup)
        for member in snapshot.members
        if is_member(member)
    }
    return {account: index for account, index in found.items() if index is not None}


def find_non_members(rules: tuple[Rule, ...], snapshot: Snapshot) -> dict[AccountId, int]:
    """Finds the accounts in the rules' units that are to be set, but are no members.

    Accounts that are closed, or that AWS has suspended, are left out: they can't be added.

    Returns:
        by account, the place of the first rule that is known to select it. Which tags they have is
        not asked.
    """
    lookup = snapshot.lookup or OrganizationLookup()
    members = {member.account for member in snapshot.members if is_member(member)}
    in_units = frozenset[AccountId]().union(*lookup.units.values())
    found = {}
    for account in sorted(in_units - members - lookup.inactive - {snapshot.caller}):
        selecting = (i for i, rule in enumerate(rules) if selects(rule, account, lookup))
        index = next(selecting, None)
        if index is not None and rules[index].wanted:
            found[account] = index
    return found


def is_member(membership: Membership) -> bool:
    """Whether the account is a member still, monitored or not."""
    return membership.relationship_status not in NO_LONGER_MEMBERS


def rule_label(index: int, rules: tuple[Rule, ...], unit: str | None = None) -> str:
    """Names a rule for people, counted from 1: `rule 2: all`.

    Args:
        index: the rule's place in the list, from 0.
        rules: the stack's.
        unit: the unit by which it selects an account; None names all its selectors.
    """
    selector = messages.by_units([unit]) if unit else rules[index].selector()
    return f"rule {index + 1}: {selector}"
