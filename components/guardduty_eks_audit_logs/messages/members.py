"""The rules and the members that they select, once AWS is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import notice, refusal
from guardduty_eks_audit_logs.messages.wording import (
    MANY,
    NOT_ADDED,
    and_more,
    by_reason,
    by_release,
    counted,
    in_groups,
    relationship,
    rule_at,
    share,
    some,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from guardduty_eks_audit_logs.messages.catalogue import Sentence


@refusal("rule-names-administrator", key="members")
def rule_names_administrator(index: int, account: str, selector: str = "accounts") -> Sentence:
    return (
        (
            f"{rule_at(index, f'.{selector}')}: {account} is the administrator itself, which is "
            "no member; its own detector is set by the key status."
        ),
        "Remove it from the rule.",
    )


@refusal("rule-names-non-member", key="members")
def rule_names_stranger(
    index: int, account: str, region: str, selector: str = "accounts"
) -> Sentence:
    return (
        f"{rule_at(index, f'.{selector}')}: {account} is not a GuardDuty member in {region}.",
        "Correct the id, remove it from the rule, or add the account as a member first.",
    )


@refusal("rule-names-non-members", key="members")
def rule_names_non_members(
    place: str, reasons: Mapping[str, str], region: str, *, file: str | None = None, listed: int
) -> Sentence:
    """Says which accounts of a rule are no members, in groups.

    Args:
        place: of the accounts, as `rule_at` names it.
        reasons: {account: its relationship status, or `NOT_ADDED`}.
        region: where they are no members.
        file: the file of the rule, if they stand in one.
        listed: so many of them are named.
    """
    of_file = f" of {file}" if file else ""
    named = dict(sorted(reasons.items(), key=lambda one: (one[1] != NOT_ADDED, *one))[:listed])
    shown = {a: s if s == NOT_ADDED else relationship(s) for a, s in named.items()}
    more = len(reasons) - len(named)
    return (
        (
            f"{place}: {counted(len(reasons), 'account')}{of_file} are no GuardDuty members in "
            f"{region}."
        ),
        "Correct the ids, remove them from the rule, or add the accounts as members first.",
        "\n".join(["", *by_reason(shown), *([f"  {and_more(more)}"] if more else [])]),
    )


@refusal("rule-names-former-member", key="members")
def rule_names_former_member(
    index: int, account: str, status: str, selector: str = "accounts"
) -> Sentence:
    return (
        (
            f"{rule_at(index, f'.{selector}')}: {account} is no longer a GuardDuty member "
            f"(relationship status {status})."
        ),
        "Remove it from the rule, or add it as a member again.",
    )


@refusal("rule-names-unknown-unit", key="members")
def rule_names_unknown_unit(index: int, unit: str) -> Sentence:
    return (
        (
            f"{rule_at(index, '.organizationalUnits')}: {unit} is no organizational unit of this "
            "organization."
        ),
        (
            "Correct it (a path begins with the root's name, as in Root/Prod/EU), or remove it "
            "from the rule."
        ),
    )


@refusal("rule-names-ambiguous-unit", key="members")
def rule_names_ambiguous_unit(index: int, unit: str, ids: Sequence[str]) -> Sentence:
    return (
        (
            f"{rule_at(index, '.organizationalUnits')}: {unit} is the path of {len(ids)} "
            f"organizational units, {' and '.join(ids)}, since names of units have a / in them."
        ),
        "Write the id of the one that is meant.",
    )


@refusal("organizations-refused", key="members")
def organizations_refused(
    index: int, selector: str, caller: str, operations: Sequence[str], reason: str
) -> Sentence:
    permissions = ", ".join(f"organizations:{operation}" for operation in operations)
    return (
        (
            f"{rule_at(index)} selects by {selector}, but account {caller} may not read AWS "
            f"Organizations ({reason.rstrip('.')})."
        ),
        f"Give the caller the permission{'s' if len(operations) > 1 else ''} {permissions}.",
    )


@refusal("members-not-written", key="members")
def members_not_written(region: str, accounts: int) -> Sentence:
    return (
        (
            f"members is not set, but this stack keeps {counted(accounts, 'account')} in "
            f"{region}, which would all be released."
        ),
        (
            "Bring the stack's file back, or its rules; if all are to be released, write "
            "members: []."
        ),
    )


@refusal("members-not-in-this-mode", key="mode")
def members_not_in_this_mode(mode: str, region: str, accounts: int) -> Sentence:
    return (
        (
            f"mode: {mode} has no members, but this stack keeps {counted(accounts, 'account')} "
            f"in {region}, which would all be released."
        ),
        "Put the mode back; if all are to be released, write members: [].",
    )


@refusal("program-gives-no-members", key="members")
def members_given_nowhere(kept_by_region: Mapping[str, int]) -> Sentence:
    """The same of a program that names its settings and its regions itself."""
    kept = ", ".join(
        f"{counted(number, 'account')} in {where}" for where, number in kept_by_region.items()
    )
    return (
        (
            f"this program gives its settings no members, but its stack keeps {kept}, which "
            "would all be released."
        ),
        ('Give them the rules, `"members": […]`; if all are to be released, `"members": []`.'),
    )


@refusal("all-with-disabled-rule", key="autoEnable")
def all_with_exceptions(index: int, accounts: Collection[str]) -> Sentence:
    """Says which accounts the rule excepts; none while the members are not known."""
    of_them = f" for {len(accounts)} of them ({some(accounts)})" if accounts else ""
    return (
        (
            f"autoEnable: ALL turns EKS audit logs on for every account, but {rule_at(index)} "
            f"wants DISABLED{of_them}."
        ),
        "Use autoEnable: NEW with rules, or drop the rule.",
    )


@refusal("too-many-disabled", key="maxDisabled")
def too_many_disabled(
    by_rule: Mapping[str, Sequence[str]], limit: int, written: int | str, unknown: int = 0
) -> Sentence:
    """Says which accounts would be turned off, by the rule that decides them."""
    number = sum(map(len, by_rule.values()))
    unsure = f", {unknown} of them of a status that AWS did not return" if unknown else ""
    return (
        (
            f"maxDisabled: {counted(number, 'member')} would be turned off{unsure}, but at most "
            f"{limit} may be in one run{share(limit, written)}."
        ),
        f"If that is meant, set maxDisabled: {number}.",
        "\n".join([" Turned off:", *in_groups(by_rule)]),
    )


@refusal("too-many-disabled-on-destroy", key="maxDisabled")
def too_many_disabled_on_destroy(
    accounts: Collection[str], on_release: str, limit: int, written: int | str
) -> Sentence:
    number = len(accounts)
    return (
        (
            f"maxDisabled: this destroy would turn {counted(number, 'member')} off, but at most "
            f"{limit} may be in one run{share(limit, written)}."
        ),
        (
            f"If that is meant, set maxDisabled: {number}, or onRelease: LEAVE for them to stay as "
            "they are; run `pulumi up`, and destroy again."
        ),
        "\n".join([" Turned off:", *in_groups({by_release(on_release): sorted(accounts)})]),
    )


@notice(
    "all-without-non-members",
    key="autoEnable",
    way_out="Add them as members, or `autoEnableMembers: ALL`.",
)
def all_needs_members(reasons: Mapping[str, str]) -> str:
    """Names the accounts that ALL does not reach, each with why it is no member."""
    return f"Organization: ALL does not reach {_no_members(reasons)}"


@notice(
    "rule-selects-non-members",
    key="members",
    way_out="Add them as members; until then nothing is set for them.",
)
def rule_selects_non_members(label: str, reasons: Mapping[str, str], *, added: bool) -> str:
    """Names accounts that a rule selects and can't set.

    With `added`, GuardDuty makes them members by itself.
    """
    them, members = ("it", "a member") if len(reasons) == 1 else ("them", "members")
    way = f"Add {them} as {members} first"
    if added:
        way = f"GuardDuty adds {them} by itself within 24 hours (autoEnableMembers ALL)"
    return f"{label} selects {_no_members(reasons)}. {way}."


def _no_members(reasons: Mapping[str, str]) -> str:
    are = "is no GuardDuty member" if len(reasons) == 1 else "are no GuardDuty members"
    named = some([f"{account} ({why})" for account, why in reasons.items()])
    return f"{counted(len(reasons), 'account')} that {are}: {named}"


@notice(
    "members-inactive",
    key="members",
    way_out="Nothing: the first run that finds them active sets them.",
)
def inactive_members(status: str, accounts: Collection[str], labels: Sequence[str]) -> str:
    are = "is" if len(accounts) == 1 else "are"
    return (
        f"{counted(len(accounts), 'member')} {are} inactive ({relationship(status)}): "
        f"{some(accounts)} ({'; '.join(labels)})"
    )


@notice("rule-unused", key="members", way_out="Correct the rule, or its place.")
def rule_decides_nothing(label: str) -> str:
    return f"{label} is unused: it selects no account, or earlier rules decide them."


@notice(
    "members-drifted", key="members", way_out="Find out what changed them; this run puts it right."
)
def drifted(region: str, changes: Mapping[str, str]) -> str:
    listed = some([f"{account} {change}" for account, change in changes.items()], MANY)
    return (
        f"EKS audit logs in {region}: {counted(len(changes), 'member')} not as this stack's last "
        f"finished run left them (another user, another stack, or a run that broke off): {listed}"
    )
