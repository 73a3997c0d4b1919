"""What a run does, and has done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import notice, refusal
from guardduty_eks_audit_logs.messages.wording import by_reason, counted, on_off
from guardduty_eks_audit_logs.model import change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.messages.catalogue import Sentence

_REPORT_WAYS_OUT = {
    "No such file or directory": "Name a file in a folder that exists",
    "Not a directory": "Name a file in a folder that exists",
    "Is a directory": "Name a file in that folder",
    "Permission denied": "Name a file that you may write",
    "Read-only file system": "Name a file that you may write",
}


@refusal("report-not-writable")
def report_not_writable(variable: str, path: str, reason: str) -> Sentence:
    way_out = _REPORT_WAYS_OUT.get(reason, "Name another file")
    return (
        f"{variable}: {path} can't be written ({reason.rstrip('.')}).",
        f"{way_out}, or unset the variable.",
    )


def changes_of_a_rule(number: int, status: str, rule: str) -> str:
    return f"{number} {on_off(status)} by {rule}"


def left_out_of_this_run() -> str:
    return "left out of this run (--target, --exclude or --run-program)"


def setting_written(key: str, before: str | None, now: str) -> str:
    return f"{key}: {change(before, now)}" if before else f"{key}: {now}"


def headline_after(region: str, on: int, off: int) -> str:
    if not on and not off:
        return f"EKS audit log monitoring in {region}: changed no member."
    return f"EKS audit log monitoring in {region}: turned {on} on, {off} off."


def headline_of_detector(region: str) -> str:
    return f"EKS audit log monitoring in {region}: making the detector."


@notice("region-released", key="onRelease")
def headline_of_leaving(region: str, accounts: int) -> str:
    return f"EKS audit logs in {region}: releasing {counted(accounts, 'account')} and the region."


@notice("region-not-named", key="onRelease", way_out="Nothing, if it is meant.")
def region_leaves(on_release: str) -> str:
    return (
        "The program does not name this region any more: all that is recorded there is released "
        f"(onRelease {on_release}). Once all is, the next run drops it from the state."
    )


def headline(region: str, on: int, off: int) -> str:
    if not on and not off:
        return f"EKS audit log monitoring in {region}: this run changes no member."
    return f"EKS audit log monitoring in {region}: turning {on} on, {off} off."


def members_now(on: int, off: int, unknown: int) -> str:
    counts = f"{counted(on + off + unknown, 'member')}: {on} on, {off} off"
    return f"{counts}, {unknown} unknown. " if unknown else f"{counts}. "


def members_then(on: int, off: int, stay: int) -> str:
    if not on and not off:
        return "This run changes none of them."
    return f"This run turns {on} on, {off} off; {stay} {'stays' if stay == 1 else 'stay'}."


def whose_monitoring(region: str, caller: str, mode: str) -> str:
    whose = {"invitation": "administrator by invitation", "standalone": "standalone account"}
    return f"EKS audit log monitoring in {region}, {whose.get(mode, 'administrator')} {caller}"


def own_detector(current: str | None, wanted: str, *, alone: bool) -> str:
    whose = "Own detector" if alone else "Administrator's own detector"
    if current == wanted:
        return f"{whose}: {on_off(wanted)}, and stays so."
    if current is None:
        return f"{whose}: made with EKS audit logs {on_off(wanted)}."
    return f"{whose}: {on_off(current)} -> {on_off(wanted)}."


@notice("detector-made", key="detector")
def detector_first(*, alone: bool) -> str:
    then = "" if alone else "; GuardDuty attaches member accounts to it afterwards"
    return f"The detector is made in this run{then}."


@notice("rules-applied-by-next-run", key="detector", way_out="Run `pulumi up` once more.")
def members_later(rules: int) -> str:
    return f"{counted(rules, 'rule')} for members: run `pulumi up` once more to have them applied."


def left_by_the_last_run(
    reasons: Mapping[str, str], off_by_rule: Mapping[str, str] | None = None
) -> str:
    head = f"The last run could not set {counted(len(reasons), 'account')} of these:"
    return "\n".join([head, *by_reason(reasons, off_by_rule)])
