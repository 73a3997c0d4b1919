"""A run under way, and what it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import notice
from guardduty_eks_audit_logs.messages.wording import MANY, by_reason, counted, some

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@notice(
    "settings-left-out",
    way_out="Run the command again without the options.",
)
def not_written(region: str, changes: Mapping[str, str]) -> str:
    need = ", ".join(f"{key} {change}" for key, change in changes.items())
    return (
        f"{region} needs {need}, but this run leaves that out, as with --refresh=false, --target, "
        "--exclude or --run-program. Run the command again without these."
    )


@notice("members-left-out", way_out="Run the command again without the options.")
def members_left_out(region: str, accounts: Collection[str]) -> str:
    was = "was" if len(accounts) == 1 else "were"
    return (
        f"{counted(len(accounts), 'member')} in {region} that the rules set {was} left out of this "
        f"run, as with --target, --exclude or --run-program: {some(accounts, MANY)}. Run the "
        "command again without these."
    )


@notice("releases-left-out", way_out="Run the command again without the options.")
def releases_left_out(region: str, accounts: Collection[str]) -> str:
    number = len(accounts)
    was = "was" if number == 1 else "were"
    return (
        f"{counted(number, 'account')} in {region} that {was} to be released {was} left out of "
        f"this run, as with --target, --exclude or --run-program: {some(accounts, MANY)}. Run the "
        "command again without these."
    )


@notice(
    "record-left-out",
    way_out="Run `pulumi up` without the options.",
)
def record_left_out(region: str) -> str:
    return (
        f"PriorSettings of {region} is left out of this run (--target or --exclude), so that "
        "nothing is recorded of what was before. Run `pulumi up` without these first."
    )


@notice("detector-replaced", way_out="Run `pulumi up` once more.")
def detector_is_new() -> str:
    return (
        "The detector is another one than in the last run: this run releases no account, because "
        "members may not be attached yet; the next run does."
    )


def setting_members(changing: int) -> str:
    return f"EKS audit logs: setting {counted(changing, 'member')}"


def trying_again(left: int, seconds: float) -> str:
    return f"EKS audit logs: {counted(left, 'member')} left, trying again in {seconds:.0f} s"


def run_cancelled(reason: str | None = None) -> str:
    """Why an account is left; `reason` is AWS's for its last attempt, if there was one."""
    said = f"{reason.rstrip('.')}; " if reason else ""
    return f"{said}the run was cancelled before {'another' if reason else 'an'} attempt."


@notice("run-cancelled", key="members", way_out="`pulumi up`.")
def cancelled(region: str, left: int) -> str:
    return (
        f"EKS audit logs in {region}: the run was cancelled, {counted(left, 'member')} left. "
        "`pulumi up` sets them."
    )


def reading_again(left: int, seconds: float) -> str:
    return (
        f"EKS audit logs: AWS did not return what {counted(left, 'member')} had before, asking "
        f"again in {seconds:.0f} s"
    )


def members_set(region: str, written: int, as_wanted: int, unprocessed: int, attempts: int) -> str:
    result = f"EKS audit logs in {region}: {counted(written, 'member')} set, {as_wanted} were so"
    if not unprocessed:
        return f"{result} already."
    tried = f", tried {attempts} times" if attempts > 1 else ""
    return f"{result} already, {unprocessed} could not be set{tried}."


@notice(
    "members-not-set", key="members", way_out="See AWS's reasons; `pulumi up` tries them again."
)
def unprocessed(
    region: str,
    reasons: Mapping[str, str],
    total: int,
    off_by_rule: Mapping[str, str] | None = None,
) -> str:
    """The table of accounts that could not be set, and what comes next.

    Args:
        region: where.
        reasons: AWS's for each account.
        total: how many accounts the rules set.
        off_by_rule: the rule of each account that was to be turned off.
    """
    head = (
        f"{len(reasons)} of {counted(total, 'member')} in {region} could not be set; "
        f"all others ({total - len(reasons)}) are, and are recorded."
    )
    return "\n".join(
        [head, *by_reason(reasons, off_by_rule), "`pulumi up` again tries only these."]
    )


@notice(
    "release-incomplete",
    key="onRelease",
    way_out="See AWS's reasons; `pulumi up` tries them again.",
)
def unreleased(
    region: str, reasons: Mapping[str, str], off_by_rule: Mapping[str, str] | None = None
) -> str:
    """The table of accounts that could not be released as onRelease says."""
    head = (
        f"{counted(len(reasons), 'member')} in {region} could not be released as onRelease says; "
        "all else "
        "is done, and recorded."
    )
    return "\n".join(
        [head, *by_reason(reasons, off_by_rule), "`pulumi up` again tries only these."]
    )


@notice("not-recorded-yet", key="members", way_out="Run `pulumi up` again.")
def not_recorded_yet(*, left_out: bool) -> str:
    """Why an account is not set; `left_out` if this run leaves `PriorSettings` out."""
    if left_out:
        return (
            "what it had before is not recorded, since this run left PriorSettings out (--target "
            "or --exclude); `pulumi up` without these records and sets it."
        )
    return "AWS did not return what it had before; it is set once that is recorded."
