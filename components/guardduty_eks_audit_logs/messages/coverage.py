"""The coverage: the words of its formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.wording import numbered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WHAT_IS_A_GAP = {
    "rules": "A gap is what the rules promise and AWS does not have.",
    "ALL": "A gap is each account that is not on.",
}
_WORDS = {
    "unread": "could not be read",
    "on": "on",
    "off as wanted": "off as the rules want",
    "off": "off by no rule",
    "unknown": "unknown",
    "not offered": "not offered",
}


_HELP = """Which account has EKS audit logs on, in which region, and who decided it.

It reads AWS by the stacks' own settings and changes nothing. Stacks are those of
the Pulumi project in this folder, but for the template, demo-..., sample-... and
those with mode: delegation. Their states are not read.

\b
eks-audit-logs coverage
eks-audit-logs coverage --stacks 'prod-*' --output coverage.html
eks-audit-logs coverage --require ALL --format csv > coverage.csv
eks-audit-logs coverage --regions us-east-1,eu-west-1 --profile audit

\b
Exit codes:
  0  all was read, and there is no gap
  1  all was read, and there are gaps
  2  something could not be read, wrong use, or a file that can't be written
"""


def help_of_coverage() -> str:
    return _HELP


def error_of(fault: str) -> str:
    return f"error: {fault}"


def stack_of_the_management_account(stack: str) -> str:
    return (
        f"--stacks {stack}: with mode: delegation it only says which account is the administrator. "
        "Name the administrator's stacks."
    )


def no_format(path: str, endings: Sequence[str]) -> str:
    return f"{path!r} does not say its format. Name a file that ends with {', '.join(endings)}."


def written_twice(path: str) -> str:
    return f"{path!r} is named twice. Name each file once."


def coverage_title() -> str:
    return "EKS audit log coverage"


def coverage_headline(regions: int, accounts: int, found: Mapping[str, int]) -> str:
    """Says how many rows there are of each kind.

    Args:
        regions: how many were asked for.
        accounts: how many have rows.
        found: {what rows come to (`Finding`): how many}.
    """
    others = [
        f"{found.get(kind, 0):,} {word}"
        for kind, word in _WORDS.items()
        if found.get(kind) or kind == "on"
    ]
    counted = ", ".join([numbered(found.get("gap", 0), "gap"), *others])
    where = f"{numbered(regions, 'region')}, {numbered(accounts, 'account')}"
    return f"EKS audit logs in {where}: {counted}."


def coverage_not_whole() -> str:
    return "Not everything could be read."


def what_is_a_gap(require: str) -> str:
    return _WHAT_IS_A_GAP[require]


def coverage_read(at: str, callers: Sequence[str]) -> str:
    by = f" as account {', '.join(callers)}" if callers else ""
    return f"Read at `{at}`{by}."


def gaps_heading(rows: int) -> str:
    return f"Gaps: {rows:,}"


def gaps_of_guardduty5(rows: int, sign: str) -> str:
    return f"{sign} fails Security Hub's control GuardDuty.5: {rows:,}"


def fails_guardduty5() -> str:
    return "fails GuardDuty.5"


def unread_heading(rows: int) -> str:
    return f"Could not be read: {rows:,}" if rows else "Could not be read"


def who_decided(decided_by: str) -> str:
    return f"decided by {decided_by}"


def no_reason() -> str:
    return "no reason"


def more_with_all(accounts: int) -> str:
    return f"… and {numbered(accounts, 'more account')}; --all has them"


def by_region_heading() -> str:
    return "By region"


def rows_heading(rows: int) -> str:
    return f"Every row: {rows:,}"


def coverage_columns() -> tuple[str, ...]:
    return ("region", "gaps", "unread", "on", "off", "unknown", "not offered")


def all_unread() -> str:
    return "all"


def status_word(status: str) -> str:
    words = {"ENABLED": "on", "DISABLED": "off", "NOT_OFFERED": "not offered"}
    return words.get(status, "unknown")


def gap_of_row(gap: str) -> str:
    return f"gap: {gap}"


def membership_of_row(membership: str) -> str:
    return f"membership {membership}"


def detector_of_row(detector: str) -> str:
    return f"detector {detector}"


def pending_of_row(pending: str) -> str:
    return f"pending: {pending}"


def trial_left(days: int) -> str:
    return f"{numbered(days, 'day')} of trial left" if days else "trial used up"
