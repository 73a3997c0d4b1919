"""How sentences name accounts, numbers, rules and statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import as_refusals
from guardduty_eks_audit_logs.texts import accounts_by_reason

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from guardduty_eks_audit_logs.messages.catalogue import Message

NAMED = 3
MANY = 10
_IN_A_LINE = 5
_WHY_NOT_SET = {
    "AccountSuspended": "the account is suspended in AWS",
    "Created": "not invited yet",
    "Disabled": "suspended in GuardDuty",
    "EmailVerificationFailed": "its e-mail address could not be verified",
    "EmailVerificationInProgress": "its e-mail address is being verified",
    "Invited": "has not accepted the invitation",
    "RegionDisabled": "has not opted in to the region",
}
DROP_THE_RECORD = (
    "`pulumi state delete --all` (in a larger program: --target-dependents and the URN of "
    "PriorSettings) drops the record and writes nothing to AWS; then run `pulumi up`"
)
REPLACED = "docs/replaced-administrator.md has the steps"
NOT_ADDED = "not added"
"""Why an account is no member that ListMembers does not list."""


def some(accounts: Collection[str], named: int = NAMED) -> str:
    """Names the first few accounts of a list."""
    names = sorted(accounts)
    return ", ".join(names[:named]) + (", …" if len(names) > named else "")


def counted(number: int, noun: str) -> str:
    """Writes a number with its noun: `1 member`, `12 members`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def numbered(count: int, noun: str) -> str:
    """Writes a number with its noun: `1 account`, `1,234 accounts`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def in_region(region: str, sentence: str) -> Message:
    """Puts the region in front of a sentence that does not name it."""
    (message,) = as_refusals((sentence,))
    return message if region in sentence else message.after(f"{region}: ")


def region_not_read() -> Message:
    """Says of a region why it was not begun; other sentences say what is wrong before it."""
    (message,) = as_refusals(("not read, since AWS gave no answer in those before it.",))
    return message


def all_regions(regions: int) -> str:
    return f"all {regions} regions"


def rule_at(index: int, path: str = "") -> str:
    """Names a rule, counted from 1, with its place in the configuration.

    Args:
        index: the rule's place in the list, from 0.
        path: to a part of the rule: `rule 1 (members[0].accounts[2])` for `.accounts[2]`.
    """
    return f"rule {index + 1} (members[{index}]{path})"


def share(limit: int, written: int | str) -> str:
    return f" (maxDisabled: {written})" if str(written) != str(limit) else ""


def on_off(status: str | None) -> str:
    return {"ENABLED": "on", "DISABLED": "off"}.get(status or "", "unknown")


def by_release(on_release: str) -> str:
    return f"release (onRelease {on_release})"


def by_units(units: Sequence[str]) -> str:
    return f"OU {some(units)}"


def by_tags(tags: Mapping[str, str]) -> str:
    return f"tag {some([f'{key}={value}' for key, value in tags.items()])}"


def accounts_of_file(file: str) -> str:
    return f"accounts of {file}"


def by_reason(
    reasons: Mapping[str, str], off_by_rule: Mapping[str, str] | None = None
) -> list[str]:
    """Writes each reason once, with its accounts below it.

    First come those that were to be turned off, with the rule that `off_by_rule` has for them.
    """
    off = off_by_rule or {}
    first = {a: f"to be off by {off[a]}: {why}" for a, why in reasons.items() if a in off}
    then = {account: why for account, why in reasons.items() if account not in off}
    return [*in_groups(accounts_by_reason(first)), *in_groups(accounts_by_reason(then))]


def in_groups(groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Writes groups of accounts, each with its title and its number, within 80 columns."""
    lines = []
    for title, accounts in groups.items():
        number = f" ({len(accounts)})" if len(accounts) > 1 else ""
        lines.append(f"  {title.rstrip('.')}{number}:")
        lines += [
            f"    {', '.join(accounts[start : start + _IN_A_LINE])}"
            for start in range(0, len(accounts), _IN_A_LINE)
        ]
    return lines


def relationship(status: str) -> str:
    """Says why a member can't be set, by its relationship status."""
    why = f", {_WHY_NOT_SET[status]}" if status in _WHY_NOT_SET else ""
    return f"relationship status {status}{why}"


def from_to(current: str | None, wanted: str) -> str:
    return wanted if current in {None, wanted} else f"{current} -> {wanted}"


def and_more(number: int, what: str = "") -> str:
    return f"… and {number} more{what}; GUARDDUTY_EKS_AUDIT_LOGS_REPORT=<file> names them all"


def more_accounts(number: int) -> str:
    return and_more(number, " on")
