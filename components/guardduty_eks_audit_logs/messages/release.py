"""Accounts that no rule sets any more, and destroyed stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import notice
from guardduty_eks_audit_logs.messages.wording import (
    by_reason,
    counted,
    on_off,
    relationship,
    share,
    some,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence


@notice("accounts-released", key="onRelease", way_out="Nothing, if it is meant.")
def accounts_released(
    on_release: str, total: int, changes: Mapping[str, int], stay: Sequence[str]
) -> str:
    """What a release will do; `stay` has the accounts that stay as they are."""
    are = "is" if total == 1 else "are"
    goes = _by_status(changes, lambda number: f"{number} {'goes' if number == 1 else 'go'}")
    return (
        f"{counted(total, 'account')} {are} released (onRelease {on_release}): "
        f"{', '.join([*goes, *stay])}."
    )


@notice(
    "own-detector-left-to-policy",
    key="onRelease",
    way_out="Nothing: a destroy writes nothing against a policy.",
)
def own_detector_left_to_policy() -> str:
    return "Own detector: decided by policy (GUARDDUTY_POLICY), and left as it is."


def release_result(verb: str, changes: Mapping[str, int], stayed: Sequence[str]) -> str:
    """The result of a release: `2 accounts put back to DISABLED, 1 to ENABLED; …`."""
    done = _by_status(changes, lambda number: f"{counted(number, 'account')} {verb}")
    return f"{'; '.join([', '.join(done) or 'No account was set', *stayed])}."


def turned_off(accounts: Collection[str], named: int) -> str:
    more = len(accounts) - named
    return f"Turned off: {some(accounts, named)}{f' and {more} more' if more > 0 else ''}."


def _by_status(changes: Mapping[str, int], first: Callable[[int], str]) -> list[str]:
    texts = [f"{number} to {status}" for status, number in changes.items()]
    for status, number in list(changes.items())[:1]:
        texts[0] = f"{first(number)} to {status}"
    return texts


@notice(
    "setting-not-configured-any-more",
    key="autoEnable",
    way_out="Nothing, or set it as it is to be.",
)
def setting_left(key: str, prior: str, *, of_others: bool = False) -> str:
    """Says what becomes of a setting that the stack wrote; `of_others` by now, it may be."""
    still = ", if the organization is this account's then" if of_others else ""
    return (
        f"Organization: {key} is not configured any more and stays as it is. pulumi destroy puts "
        f"back {prior}, which it was before this stack{still}."
    )


def stay_as_they_are(number: int) -> str:
    return f"{number} {'stays as it is' if number == 1 else 'stay as they are'}"


def were_as_they_are(number: int) -> str:
    return f"{number} {'was as it is' if number == 1 else 'were as they are'}"


def not_attached_yet(accounts: Collection[str]) -> str:
    keep = "keeps its record" if len(accounts) == 1 else "keep their record"
    return f"{len(accounts)} not attached to the detector {keep} ({some(accounts)})"


def setting_put_back(key: str, change: str) -> str:
    return f"{key}: {change}, put back."


def no_members_any_more(accounts: Collection[str]) -> str:
    number = len(accounts)
    verb = "is no member" if number == 1 else "are no members"
    return f"{number} {verb} any more ({some(accounts)})"


def inactive_on_release(status: str, accounts: Collection[str]) -> str:
    are = "is" if len(accounts) == 1 else "are"
    return f"{len(accounts)} {are} inactive ({relationship(status)}): {some(accounts)}"


def left_to_policy(accounts: Collection[str]) -> str:
    number = len(accounts)
    verb = "is" if number == 1 else "are"
    return f"{number} {verb} decided by policy (GUARDDUTY_POLICY: {some(accounts)})"


def could_not_be_set(number: int) -> str:
    return f"{number} could not be set"


@notice(
    "destroy-incomplete", key="onRelease", way_out="Destroy again, or `onRelease: LEAVE` first."
)
def unreleased_on_destroy(region: str, reasons: Mapping[str, str]) -> str:
    """The accounts that a destroy could not release, and the ways out."""
    head = f"{counted(len(reasons), 'member')} in {region} could not be released as onRelease says."
    ways = (
        "`pulumi destroy` again tries only these. To leave them as they are, set onRelease: LEAVE, "
        "run `pulumi up`, and destroy."
    )
    return "\n".join([head, *by_reason(reasons), ways])


@notice("detector-gone", key="onRelease")
def detector_gone(region: str, detector_id: str) -> str:
    return f"Detector {detector_id} in {region} no longer exists: there is nothing to put back."


@notice("organization-restored", key="onRelease")
def organization_restored(key: str, current: str | None, prior: str | None) -> str:
    return f"Organization: {key} put back, {current} -> {prior}."


@notice("organization-not-restored", key="onRelease", way_out="Nothing: another account keeps it.")
def organization_not_restored(reason: str) -> str:
    return f"Organization: left as it is, since it is not this account's any more ({reason})"


@notice("own-detector-restored", key="onRelease")
def own_detector_restored(current: str, prior: str) -> str:
    return f"Own detector: put back, {on_off(current)} -> {on_off(prior)}."


@notice(
    "destroy-leaves",
    key="onRelease",
    way_out="Nothing, or another `onRelease` and `pulumi up` before.",
)
def destroy_leaves(on_release: str) -> str:
    return f"nothing: AWS keeps what it has (onRelease: {on_release})"


@notice(
    "destroy-of-a-leaving-region",
    key="onRelease",
    way_out="Nothing; the region has left the program.",
)
def destroy_of_a_leaving_region() -> str:
    return "nothing: this run releases all of the region"


@notice("destroy-changes-nothing", key="onRelease")
def destroy_changes_nothing(on_release: str) -> str:
    return f"nothing: all is as onRelease: {on_release} would have it"


@notice(
    "destroy-refused",
    key="onRelease",
    way_out="If it is meant, raise `maxDisabled` and run `pulumi up` before.",
)
def destroy_refused(number: int, limit: int, written: int | str) -> str:
    return (
        f"a destroy would turn {counted(number, 'member')} off, but at most {limit} may be in one "
        f"run{share(limit, written)}: it is refused. If it is meant, set maxDisabled: {number} "
        "and run `pulumi up` before."
    )
