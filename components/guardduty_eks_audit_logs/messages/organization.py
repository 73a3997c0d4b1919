"""The organization's settings and policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import notice, refusal
from guardduty_eks_audit_logs.messages.wording import MANY, counted, from_to, rule_at, some

if TYPE_CHECKING:
    from collections.abc import Collection

    from guardduty_eks_audit_logs.messages.catalogue import Sentence

_EFFECTS = {
    ("ALL", "ALL"): "all accounts get EKS audit logs by themselves",
    ("ALL", "NEW"): (
        "all members and new accounts get EKS audit logs by themselves, other accounts only once "
        "they are members (autoEnableMembers NEW)"
    ),
    ("ALL", "NONE"): (
        "all members get EKS audit logs by themselves, other accounts, new ones too, only once "
        "they are added as members (autoEnableMembers NONE)"
    ),
    ("ALL", None): (
        "all accounts for which GuardDuty itself is turned on get EKS audit logs by themselves"
    ),
    ("NEW", "ALL"): "new accounts get EKS audit logs by themselves",
    ("NEW", "NEW"): "new accounts get EKS audit logs by themselves",
    ("NEW", "NONE"): (
        "new accounts get no GuardDuty by themselves (autoEnableMembers NONE), and EKS audit logs "
        "only once they are added as members"
    ),
    ("NEW", None): (
        "new accounts for which GuardDuty itself is turned on get EKS audit logs by themselves"
    ),
    ("NONE", None): "new accounts are left alone, and nothing is turned off",
}
"""What `autoEnable` does, by its value and that of `autoEnableMembers`."""


@refusal("all-not-written", key="autoEnable")
def auto_enable_not_written(region: str, exception: int | None) -> Sentence:
    """Says that ALL would be left; `exception` is the first rule that ALL does not go with."""
    and_drop = "" if exception is None else f", and drop {rule_at(exception)}, which wants DISABLED"
    return (
        (
            f"autoEnable is not set, which means NEW, but {region} has ALL: existing "
            "accounts would no longer be reached."
        ),
        f"Write autoEnable: ALL to keep it{and_drop}; or write autoEnable: NEW to change it.",
    )


@refusal("auto-enable-without-effect", key_from="key")
def no_effect_by_policy(key: str, value: str) -> Sentence:
    return (
        (
            f"{key}: {value} would have no effect, since the policy type GUARDDUTY_POLICY is "
            "enabled on the organization's root."
        ),
        f"Set {key}: NONE and use a GuardDuty policy or rules, or disable the policy type.",
    )


@refusal("policy-against-rule", key="members")
def policy_decides(index: int, wanted: str, accounts: Collection[str], status: str) -> Sentence:
    return (
        (
            f"{rule_at(index)} wants {wanted} for {some(accounts, MANY)}, but an organization "
            f"policy (GUARDDUTY_POLICY) keeps {'them' if len(accounts) > 1 else 'it'} {status}."
        ),
        (f"Change the policy, or leave {'them' if len(accounts) > 1 else 'it'} out of the rule."),
    )


@refusal("policy-against-status", key="status")
def policy_decides_own(wanted: str, account: str, status: str) -> Sentence:
    return (
        (
            f"status: {wanted} for the own detector of account {account}, but an organization "
            f"policy (GUARDDUTY_POLICY) keeps it {status}."
        ),
        f"Change the policy, or set status: {status}.",
    )


@notice("all-pending", key="autoEnable", way_out="Wait a day, or add a rule with `all: true`.")
def all_in_a_day(off: int, unknown: int, total: int, *, by_rules: int = 0) -> str:
    """Counts the active members that are not on yet, and those of unknown status."""
    if not off and not unknown:
        then = "with this run, " if by_rules else ""
        return f"Organization: {then}every member that can be set has EKS audit logs on."
    does = "does" if off == 1 else "do"
    yet = f"{does} not have EKS audit logs on yet"
    if unknown and not off:
        yet = f"{'is' if unknown == 1 else 'are'} unknown"
    elif unknown:
        yet += f", and {unknown} more {'is' if unknown == 1 else 'are'} unknown"
    then = f", beside {by_rules} that this run turns on" if by_rules else ""
    return (
        f"Organization: {off or unknown} of {counted(total, 'member')} {yet}{then}. GuardDuty "
        "turns them on by itself within 24 hours."
    )


@notice(
    "all-ends",
    key="autoEnable",
    way_out="Nothing, if it is meant; otherwise `autoEnable: ALL`.",
)
def all_no_more(wanted: str) -> str:
    then = "accounts that join, and for no others" if wanted == "NEW" else "no account any more"
    return (
        f"Organization: autoEnable ALL -> {wanted}: existing accounts are no longer reached. "
        f"GuardDuty turns EKS audit logs on for {then}. What is on stays on."
    )


@notice("auto-enable-effect", key="autoEnable", way_out="Nothing: it says what the setting does.")
def auto_enable(current: str | None, wanted: str, members: str | None) -> str:
    """Says what the setting does; `members` is the one of GuardDuty itself, None if unknown."""
    effect = _EFFECTS.get((wanted, members)) or _EFFECTS[wanted, None]
    return f"Organization: autoEnable {from_to(current, wanted)}; {effect}."


@notice("auto-enable-members-effect", key="autoEnableMembers")
def auto_enable_members(current: str | None, wanted: str) -> str:
    effect = {
        "ALL": "GuardDuty itself is turned on for all accounts",
        "NEW": "GuardDuty itself is turned on for new accounts",
        "NONE": "GuardDuty itself is turned on for no account",
    }[wanted]
    return f"Organization: autoEnableMembers {from_to(current, wanted)}; {effect}."


@notice("new-leaves-existing-off", key="autoEnable", way_out="Add a rule for them.")
def new_leaves_off(accounts: Collection[str]) -> str:
    return (
        f"Organization: NEW leaves existing accounts as they are; "
        f"{counted(len(accounts), 'member')} that no rule sets "
        f"{'stays' if len(accounts) == 1 else 'stay'} off: {some(accounts)}"
    )


@notice("policies-decide", key="autoEnable", way_out="Use a policy, or rules.")
def policies_decide(current: str | None, auto_enable: str) -> str:
    no_effect = "" if auto_enable == "NONE" else f", and autoEnable {auto_enable} has no effect"
    changed = f" autoEnable {from_to(current, auto_enable)}." if current != auto_enable else ""
    return (
        "Organization: the policy type GUARDDUTY_POLICY is enabled on the root: policies decide "
        f"for accounts{no_effect}.{changed}"
    )


@notice("policy-type-unknown", key="autoEnable", way_out="Give `organizations:ListRoots`.")
def policy_type_unknown(reason: str | None) -> str:
    asked = f" ({reason.rstrip('.')})" if reason else ""
    return (
        "Organization: unknown whether the policy type GUARDDUTY_POLICY, which would leave "
        f"autoEnable without effect, is enabled on the root{asked}. With the permission "
        "organizations:ListRoots a run finds out."
    )


@notice("own-detector-by-policy", key="autoEnable", way_out="Nothing: it is as `status` says.")
def own_decided_by_policy() -> str:
    return "Own detector: decided by policy (GUARDDUTY_POLICY)."


@notice(
    "members-by-policy",
    key="autoEnable",
    way_out="Nothing: they are as the rules say, or none decides them.",
)
def decided_by_policy(accounts: Collection[str]) -> str:
    return (
        f"{counted(len(accounts), 'member')} decided by policy (GUARDDUTY_POLICY): {some(accounts)}"
    )


@notice(
    "all-against-release", key="autoEnable", way_out="`onRelease: LEAVE`, or `autoEnable: NEW`."
)
def all_reaches_released(on_release: str) -> str:
    return (
        f"Organization: ALL is for all accounts: one that onRelease: {on_release} turns off may be "
        "turned on again by GuardDuty, which AWS does not document."
    )


@notice(
    "all-with-unmanaged", key="autoEnable", way_out="`NEW` or `NONE` if they are to be left alone."
)
def all_reaches_unmanaged(accounts: Collection[str]) -> str:
    return (
        f"Organization: ALL reaches {counted(len(accounts), 'UNMANAGED member')} too: "
        f"{some(accounts)}"
    )


@notice("all-without-invited", key="autoEnable", way_out="Add a rule for them.")
def all_leaves_invited(accounts: Collection[str]) -> str:
    are = "is" if len(accounts) == 1 else "are"
    return (
        f"Members by invitation: ALL does not reach them; {len(accounts)} that no rule sets {are} "
        f"off: {some(accounts)}"
    )
