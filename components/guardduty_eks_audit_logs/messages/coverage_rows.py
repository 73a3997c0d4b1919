"""The words in the rows of the coverage, and the sentences about what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.wording import numbered, on_off

if TYPE_CHECKING:
    from collections.abc import Sequence

STATUS_OF_ADMINISTRATOR = "status (administrator)"
STATUS_OF_STANDALONE = "status (standalone)"
BY_ALL = "autoEnable ALL"
BY_NEW = "autoEnable NEW, when it joined"
NOBODY = "nobody"
UNKNOWN_DECIDER = "unknown"
BY_POLICY = "policy (GUARDDUTY_POLICY)"
"""Stands in `decided_by` where an organization policy decides, and it is not known which."""

UNKNOWN_REGION = "unknown region"

ALL_PENDING = "ALL: up to 24 hours"
INVITATION_PENDING = "invitation not accepted"

CLOSED = "the account is closed, or suspended in AWS"
NO_MEMBER = "GuardDuty shows the administrator only its members"
LEFT = "the account is no member any more"
SUSPENDED = "suspended"
NOT_JOINED = "not a member"


def its_administrator(account: str) -> str:
    return f"its administrator {account}"


def left_by(who: str, rule: str) -> str:
    """Names who decides where a rule leaves the account alone: `nobody (rule 1: accounts)`."""
    return f"{who} ({rule})"


def rule_unknown(rule: str) -> str:
    """Says that it is not known whether a rule selects the account."""
    return f"unknown ({rule})"


def by_policy(name: str, target: str) -> str:
    return f'policy "{name}" on {target}'


def pulumi_up(wanted: str) -> str:
    return f"pulumi up: {wanted}"


def status_wants(wanted: str) -> str:
    return f"status wants it {on_off(wanted)}"


def rule_wants(index: int, wanted: str) -> str:
    return f"rule {index + 1} wants it {on_off(wanted)}"


def all_wants() -> str:
    return f"{BY_ALL} wants it on"


def is_but(status: str, wants: str) -> str:
    """Says how an account is, and what wants it otherwise: `off, rule 2 wants it on`."""
    return f"{on_off(status)}, {wants}" if wants else on_off(status)


def members_read(region: str, read: int, members: int) -> str:
    return f"{region}: {read:,} of {numbered(members, 'member')} read"


def region_read(region: str, *, whole: bool) -> str:
    return f"{region}: {'read' if whole else 'could not be read'}"


def administrators_not_read(reason: str) -> str:
    return (
        "the account has no detector here, and whether it administers others could not be read: "
        f"{reason}"
    )


def no_detector_to_ask(caller: str) -> str:
    return f"account {caller} has no detector here, so its members are unknown."


def reads_itself_only(caller: str, administrator: str) -> str:
    return (
        f"account {caller} is a member of {administrator}, and reads its own status only. Use "
        "credentials of the administrator."
    )


def no_administrator(caller: str, reason: str) -> str:
    return (
        f"account {caller} is not the delegated GuardDuty administrator here, so the members are "
        f"unknown ({reason.rstrip('.')}). Use credentials of the administrator."
    )


def members_not_read(accounts: int, reason: str) -> str:
    return f"the status of {numbered(accounts, 'member')} could not be read: {reason}"


def trials_not_read(accounts: int, reason: str) -> str:
    return f"the trial days of {numbered(accounts, 'account')} could not be read: {reason}"


def auto_enable_not_read(reason: str) -> str:
    return f"the organization's auto-enable settings could not be read: {reason}"


def rules_not_looked_up(reason: str) -> str:
    return f"some rules could not be looked up in AWS Organizations: {reason}"


def rule_not_looked_up(rule: str, reason: str) -> str:
    return f"{rule} could not be looked up in AWS Organizations: {reason}"


def rule_of_no_unit(unit: str) -> str:
    return f"the organization has no unit {unit}, which a rule names."


def rule_of_units(unit: str, ids: Sequence[str]) -> str:
    return f"a rule's unit {unit} may be {' or '.join(ids)}: use an id."


def accounts_not_read(reason: str) -> str:
    return f"the organization's accounts and units could not be read: {reason}"


def policies_not_read(reason: str) -> str:
    return f"the organization's GuardDuty policies could not be read: {reason}"


def in_place(region: str, stack: str, sentence: str) -> str:
    """Puts region and stack in front of a sentence."""
    return f"{region} ({stack}): {sentence}" if stack else f"{region}: {sentence}"
