"""The report over many stacks: why a result is none, headings, labels and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from guardduty_eks_audit_logs.messages.costs import trial
from guardduty_eks_audit_logs.messages.wording import counted, numbered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_P = TypeVar("_P")
"""A piece of a line: own words, or others'."""

_SHOWN = 60

TITLES = {
    "preview": "EKS audit logs: what this change does",
    "run": "EKS audit logs: what the runs did",
    "drift": "EKS audit logs: what differs from the stacks",
}


def result_missing() -> str:
    return "There is no result of this stack: its job did not begin, or left nothing. See its log."


def result_no_match() -> str:
    return "Nothing matches this pattern. Pass the folders of the stacks, for instance results/*."


def result_empty() -> str:
    return "The folder has no result. Pass the folders of the stacks, for instance results/*."


def result_unreadable(file: str, reason: str) -> str:
    return f"{file} can't be read ({reason.rstrip('.')})."


def result_no_file(file: str) -> str:
    return f"{file} is no regular file."


def result_too_large(file: str, mebibytes: int) -> str:
    return f"{file} has more than {mebibytes} MiB: no result is so large."


def result_no_text(file: str) -> str:
    return f"{file} is no text in UTF-8."


def result_given_twice(number: int) -> str:
    return f"There are {number} results of this stack. It is not known which one counts. Pass one."


def result_broke_off() -> str:
    return "The command's exit code is missing: its job broke off or was cancelled. Run it again."


def exit_code_malformed(text: str) -> str:
    return f"exit-code has {text[:40]!r}, which is no exit code."


def report_missing(exit_code: int) -> str:
    return f"The command ended with exit code {exit_code} and left no run report."


def report_malformed() -> str:
    return "The run report is cut, of another version, or something else."


def report_unfinished() -> str:
    return "The run report is unfinished: the program broke off. Run it again."


def report_of_another_stack(stack: str) -> str:
    return f"The result is one of another stack, {stack}."


def report_of_the_other_kind(*, preview: bool) -> str:
    return f"The run report is {'of a preview, not of a run' if preview else 'of a run'}."


def report_contradicts(outcome: str, exit_code: int) -> str:
    return f"The run report says {outcome}, but the command ended with exit code {exit_code}."


def engine_missing() -> str:
    return "The output of `pulumi preview --json` is missing."


def engine_malformed() -> str:
    return "The output of `pulumi preview --json` is cut, or something else."


def engine_unfinished() -> str:
    return "The engine's preview did not come to its end."


def stack_name_malformed() -> str:
    return "This is no stack's name: 1 to 100 of A-Z, a-z, 0-9, `_`, `.` and `-`."


def command_failed(exit_code: int) -> str:
    return f"The command ended with exit code {exit_code}:"


def run_ended_in_its_preview(exit_code: int) -> str:
    return f"The run ended in its preview with exit code {exit_code}, and changed nothing:"


def stack_locked() -> str:
    return "The stack is locked: another run holds it, or one that was cancelled left its lock."


def unlock(stack: str) -> str:
    return (
        "Wait for the other run to end. If no run is going on, "
        f"`pulumi cancel --stack {stack}` removes the lock; then run the command again."
    )


def stack_not_found() -> str:
    return (
        "`pulumi stack ls` lists the stacks. One of another organization has its name in front "
        "(`acme/prod`): `pulumi org set-default acme` makes that the default."
    )


def plan_again() -> str:
    return (
        "AWS or the stack is not as it was when the plan was made. Make a new plan (in a workflow: "
        "Re-run all jobs), read it, and run that one."
    )


def engine_counts_changes() -> str:
    return "The engine counts a change that it does not name."


def regions_and_stacks(regions: int, stacks: int, *, one_each: bool) -> str:
    """Says over what a report is: `17 regions`, or `18 stacks in 17 regions`."""
    if one_each:
        return counted(stacks, "region")
    if not regions:
        return counted(stacks, "stack")
    return f"{counted(stacks, 'stack')} in {counted(regions, 'region')}"


def number(count: int) -> str:
    return f"{count:,}"


def first_line(what: str, said: Sequence[str]) -> str:
    return f"{what}: {', '.join(said)}"


def nothing_changes(kind: str, some: int, total: int, *, others_known: bool) -> str:
    """Says that nothing changes; only accounts and settings, if other resources are not known."""
    word = "nothing differs" if kind == "drift" else "no change"
    if not others_known:
        word = f"no account or setting {'changed' if kind == 'run' else 'changes'}"
    return word if some == total else f"{word} in {some:,}"


def changes_said(kind: str, on: int, off: int) -> list[str]:
    turned = "turned " if kind == "run" else ""
    return [f"{on:,} {turned}on", f"{off:,} {turned}off"]


def differ(numbers: Mapping[str, int]) -> list[str]:
    """Counts what differs: `1 account, 2 settings differ`; nothing if there is nothing.

    Args:
        numbers: {noun in the singular: how many}.
    """
    said = [numbered(number, noun) for noun, number in numbers.items() if number]
    verb = "differs" if sum(numbers.values()) == 1 else "differ"
    return [f"{' and '.join(said)} {verb}"] if said else []


def not_set(number: int) -> str:
    return f"{number:,} not set"


def ended(ending: str, number: int) -> str:
    return f"{number:,} {'without a result' if ending == 'no result' else ending}"


def columns(kind: str) -> tuple[str, ...]:
    on, off = ("To be on", "To be off") if kind == "drift" else ("On", "Off")
    if kind == "run":
        return ("Stack", "Region", on, off, "Not set", "Settings", "Result")
    return ("Stack", "Region", on, off, "Settings", "Other resources", "Result")


def no_stack_name() -> str:
    return "no name of a stack"


def unknown() -> str:
    return "unknown"


def new_stack() -> str:
    return "new stack"


def result(kind: str, *, changes: bool, others_known: bool) -> str:
    if kind == "run":
        return "done"
    if kind == "drift":
        return "differs" if changes else "no difference"
    return "previewed" if changes or not others_known else "no change"


def all_of_them(what: str) -> str:
    return f"all {what}"


def and_more_places(number: int) -> str:
    return f" and {number:,} more"


def heading_off(kind: str) -> str:
    return {"drift": "On, and the stacks want off", "run": "Turned off"}.get(kind, "Off")


def heading_on(kind: str) -> str:
    return {"drift": "Off, and the stacks want on", "run": "Turned on"}.get(kind, "On")


def heading_settings(kind: str) -> str:
    return {"drift": "Settings that differ", "run": "Settings that were changed"}.get(
        kind, "Settings that change"
    )


def heading_left() -> str:
    return "Not set, and not reached"


def heading_others() -> str:
    return "Other resources"


def heading_notices() -> str:
    return "Notices"


def heading_of_ending(ending: str, stacks: int) -> str:
    word = {"no result": "No result", "refused": "Refused"}.get(ending, "Failed")
    return f"{word}: {numbered(stacks, 'stack')}"


def heading_with(heading: str, numbers: Mapping[str, int]) -> str:
    """Counts what a part has: `Off: 3 accounts, 1 setting`."""
    return f"{heading}: {', '.join(numbered(n, noun) for noun, n in numbers.items())}"


def accounts_by_rule(
    kind: str, to: str, where: tuple[_P, ...], rule: _P, accounts: int
) -> tuple[_P | str, ...]:
    """Says where a rule turns accounts on or off, or wants something else than AWS has."""
    number = f": {numbered(accounts, 'account')}"
    if kind == "drift":
        return (f"Not {to} in ", *where, ", but wanted so by ", rule, number)
    word = {"ENABLED": "On", "DISABLED": "Off"}[to]
    return (
        f"{'Turned ' + word.lower() if kind == 'run' else word} in ",
        *where,
        " by ",
        rule,
        number,
    )


def would_go_off(where: tuple[_P, ...], rule: _P, accounts: int) -> tuple[_P | str, ...]:
    return ("Refused: off in ", *where, " by ", rule, f": {numbered(accounts, 'account')}")


def not_set_in(where: tuple[_P, ...], reason: _P, accounts: int) -> tuple[_P | str, ...]:
    return ("Not set in ", *where, ", ", reason, f": {numbered(accounts, 'account')}")


def inactive_in(where: tuple[_P, ...], reason: _P, accounts: int) -> tuple[_P | str, ...]:
    return ("Inactive in ", *where, ", ", reason, f": {numbered(accounts, 'account')}")


def settings_in(where: tuple[_P, ...], settings: int) -> tuple[_P | str, ...]:
    return ("In ", *where, f": {numbered(settings, 'setting')}")


def found_in(where: tuple[_P, ...]) -> tuple[_P | str, ...]:
    return ("In ", *where, ":")


def no_reason() -> str:
    return "no reason given"


def status_unknown() -> str:
    return "status unknown now"


def trial_of(fewest: int, most: int) -> str:
    """Says how much of the trial is left; it may differ from region to region."""
    return trial(most) if fewest == most else f"trial: {fewest} to {counted(most, 'day')}"


def output_not_writable(option: str, path: str, reason: str) -> str:
    return (
        f"error: {option} {path} can't be written ({reason.rstrip('.')}). "
        "Name a file that you may write, in a folder."
    )


def stdout_not_writable(reason: str) -> str:
    return f"error: stdout can't be written ({reason.rstrip('.')}). Write to another file."


def empty_path() -> str:
    return "one path is empty. Name a folder of results; a variable may not be set."


def no_note(text: str) -> str:
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return (
        f"{shown!r} is no note. Write at most 400 characters on one line: words, `code`, commits "
        "and [links](https://...)."
    )


_EXAMPLES = {
    "preview": (
        "What previews of stacks would change.",
        "results/* --comment comment.md --html page.html",
        "every preview came to its end",
    ),
    "run": (
        "What runs of stacks have changed.",
        'results/* --summary "$GITHUB_STEP_SUMMARY"',
        "every run came to its end",
    ),
    "drift": (
        "What differs from the stacks, by previews with --expect-no-changes.",
        "results/* --comment issue.md",
        "every stack was read, and nothing differs",
    ),
}


def help_of_report(kind: str) -> str:
    r"""The help of a command; `\b` keeps the lines of a paragraph apart."""
    what, example, done = _EXAMPLES[kind]
    codes = [
        f"0  {done}",
        "1  a stack is refused, has failed or has no result; the report says why",
        "2  wrong use, or a file that can't be written",
    ]
    if kind == "drift":
        codes.append("7  every stack was read, and something differs")
    listed = "\n".join(f"  {code}" for code in codes)
    command = f"eks-audit-logs report {kind} {example}"
    return f"{what}\n\n\b\n{command}\n\n\b\nExit codes:\n{listed}"
