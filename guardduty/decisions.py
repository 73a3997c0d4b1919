"""Which rule decides which member account: the first that selects it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardduty.directory import Directory, deciding_rule
from guardduty.model import AccountId, FeatureStatus, RelationshipStatus

if TYPE_CHECKING:
    from guardduty.model import Membership, Snapshot
    from guardduty.settings import Rule

NO_LONGER_MEMBERS = frozenset(
    {RelationshipStatus.REMOVED, RelationshipStatus.RESIGNED, RelationshipStatus.DELETED}
)
"""Rows that ListMembers keeps of accounts that went."""


@dataclass(frozen=True)
class Decision:
    """Which rule decided a member account, and what it has now.

    Attributes:
        account: the member.
        rule: the rule's place in the list, from 0.
        wanted: what the rule gives; None for UNMANAGED.
        current: what the account has; None where AWS did not tell.
        managed: whether an organization policy decides the account.
    """

    account: AccountId
    rule: int
    wanted: FeatureStatus | None
    current: FeatureStatus | None
    managed: bool = False

    @property
    def changes(self) -> bool:
        """Whether this run writes to the account."""
        return self.wanted is not None and self.wanted != self.current

    @property
    def turns_off(self) -> bool:
        """Whether this run may take the feature from the account: unknown is not off."""
        return self.changes and self.wanted is FeatureStatus.DISABLED


def decide(rules: tuple[Rule, ...], snapshot: Snapshot) -> tuple[Decision, ...]:
    """Finds for each monitored member the first rule that selects it.

    Members that no rule selects are not in the answer; they are left alone.
    """
    read, directory = snapshot.statuses, snapshot.directory or Directory()
    decisions = []
    for member in snapshot.members:
        account = member.account
        index = deciding_rule(rules, account, directory) if member.monitored else None
        if index is not None:
            decisions.append(
                Decision(
                    account,
                    index,
                    rules[index].wanted,
                    read.statuses.get(account),
                    account in read.managed,
                )
            )
    return tuple(decisions)


def find_waiting(rules: tuple[Rule, ...], snapshot: Snapshot) -> dict[AccountId, str]:
    """Finds the members that a rule is to set, but that can't be set now.

    Returns:
        their relationship statuses by account, for instance `Disabled` for a suspended one.
    """
    directory = snapshot.directory or Directory()
    waiting = {}
    for member in snapshot.members:
        if member.monitored or not is_member(member):
            continue
        index = deciding_rule(rules, member.account, directory)
        if index is not None and rules[index].wanted:
            waiting[member.account] = member.relationship_status
    return waiting


def is_member(membership: Membership) -> bool:
    """Whether the account is a member still, monitored or not."""
    return membership.relationship_status not in NO_LONGER_MEMBERS


def rule_label(index: int, rules: tuple[Rule, ...]) -> str:
    """Names a rule for people, counted from 1: `rule 2: all`."""
    return f"rule {index + 1}: {rules[index].selector()}"
