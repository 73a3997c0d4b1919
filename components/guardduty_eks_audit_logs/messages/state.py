"""The stack's state, and what earlier runs have recorded in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import notice, refusal
from guardduty_eks_audit_logs.messages.wording import (
    DROP_THE_RECORD,
    NAMED,
    REPLACED,
    counted,
    some,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from guardduty_eks_audit_logs.messages.catalogue import Sentence

_LINE_SHOWN = 40


@refusal("state-of-another-account-or-region", key="aws:region")
def record_of_another(
    region: str, administrator: str, accounts: int, caller: str, regions: Sequence[str]
) -> Sentence:
    """Says that the state is another account's or region's, with the ways that there are."""
    return (
        (
            f"this stack keeps account {administrator} in {region} "
            f"({counted(accounts, 'member')} recorded), but this run is account {caller} in "
            f"{', '.join(regions)}."
        ),
        (
            f"Put the region ({region}) and the credentials of {administrator} back; or make a "
            "stack of its own for the other (`pulumi stack init`); or run `pulumi destroy` "
            f"first. If another account has replaced {administrator}, {REPLACED}; if "
            f"{administrator} can't act any more, {DROP_THE_RECORD}."
        ),
    )


@refusal("record-not-taken-over")
def record_not_taken_over(region: str) -> Sentence:
    return (
        (
            f"the record of {region} stays where it is, since the resource that was to take it "
            "over could not be made in this run."
        ),
        "Run `pulumi up` again.",
    )


@refusal("last-state-not-passed")
def record_incomplete(region: str, accounts: Collection[str]) -> Sentence:
    return (
        (
            "the program does not pass on what is recorded of "
            f"{counted(len(accounts), 'account')} in {region}: {some(accounts)}."
        ),
        "Give `make_plan` the stack's last state, `last=read_own_state()`.",
    )


@refusal("record-lost")
def record_lost(region: str, administrator: str) -> Sentence:
    """Says that the state lacks what was before the stack, though the stack has written."""
    return (
        (
            f"the state of this stack has settings of account {administrator} in {region}, but "
            "no PriorSettings with what was there before: this run would take for that what the "
            "stack itself wrote."
        ),
        (
            "Bring it back (`pulumi state move`, or `pulumi stack import` of a backup); or give "
            "the record up: `pulumi state delete --all`, then `pulumi up`."
        ),
    )


@refusal("state-malformed")
def malformed_state(resource: str, faults: Sequence[str]) -> Sentence:
    listed = "; ".join(fault.rstrip(".") for fault in faults[:NAMED])
    more = f"; {len(faults) - NAMED} more" if len(faults) > NAMED else ""
    return (
        f"the state of {resource} was not written by this program ({listed}{more}).",
        (
            "Restore the state from a backup (`pulumi stack import`), or run `pulumi state "
            "delete --all`: the next run records anew what is there."
        ),
    )


def text_malformed(line: str) -> str:
    return f"{line[:_LINE_SHOWN]} is not a line that this product writes"


def value_unknown(key: str, value: str, known: Sequence[str]) -> str:
    return f"{key} is {value}, which is none of {', '.join(known)}"


@refusal("last-state-unreadable")
def last_state_unreadable(stack: str, reason: str) -> Sentence:
    return (
        f"the last state of stack {stack} can't be read ({reason.rstrip('.')}).",
        "Check `pulumi login` and the stack's passphrase or secrets provider.",
    )


@notice("state-rewritten", way_out="Nothing: once, after an upgrade.")
def state_rewritten() -> str:
    return (
        "State: rewritten in this release's form by this run (PriorSettings, MemberFeatures); that "
        "writes nothing to AWS."
    )


@refusal("temporary-folder-unusable")
def no_temporary_file(path: str, reason: str) -> Sentence:
    return (
        (
            f"{path} can't be used ({reason.rstrip('.')}), and a run notes there which records "
            "it keeps."
        ),
        "Set TMPDIR to a folder of your own.",
    )
