"""The commands `preview` and `up`: `pulumi` on many stacks."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.wording import counted, some

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_NAMED = 5
_SHOWN = 250


def delegation_left_out(stacks: Sequence[str]) -> str:
    are, act = ("is", "it acts") if len(stacks) == 1 else ("are", "they act")
    return (
        f"{some(stacks, _NAMED)} {are} left out: with mode: delegation {act} as the management "
        "account. To choose such stacks, give --stacks a name, or a pattern that matches no other "
        "stack."
    )


def delegation_only(stacks: Sequence[str]) -> str:
    return (
        f"there are only stacks with mode: delegation ({some(stacks, _NAMED)}), which act as the "
        "management account. Name them with --stacks, or make the administrator's."
    )


def no_name_of_a_stack(stack: str) -> str:
    return (
        f"{stack!r} is no name of a stack. Use at most 100 letters of A-Z, a-z, digits, _, - and .;"
        " the first is none of the last two. Rename its file."
    )


def pulumi_missing(reason: str) -> str:
    return (
        f"`pulumi` can't be started ({reason.rstrip('.')}). Install the Pulumi CLI, or put "
        "its folder on PATH."
    )


def stacks_unknown(reason: str) -> str:
    said = reason.rstrip(".") or "without a word"
    return (
        f"`pulumi stack ls` does not say which stacks there are ({said}). Check `pulumi "
        "login` and PULUMI_BACKEND_URL."
    )


def results_not_writable(path: str, reason: str) -> str:
    return (
        f"--results {path} can't be written ({reason.rstrip('.')}). "
        "Name a folder that you may write."
    )


def results_of_another_command(path: str) -> str:
    return (
        f"another `eks-audit-logs preview` or `up` writes its results to {path}. Wait for its end, "
        "or name another folder with --results."
    )


def question(stacks: Sequence[str], new: Collection[str]) -> str:
    lines = [f"  {stack}{'  (new stack)' if stack in new else ''}" for stack in stacks]
    head = f"`pulumi up` on {counted(len(stacks), 'stack')}:"
    return "\n".join([head, *lines, "Go on? [y/N] "])


def declined() -> str:
    return "Nothing is changed."


def needs_yes() -> str:
    return "there is no terminal to ask on. Look at `eks-audit-logs preview`, and then say --yes."


def waiting(stacks: int) -> str:
    return f"{stacks} waiting"


def running(seconds: float) -> str:
    return f"running {seconds:.0f} s"


def not_begun() -> str:
    return "not begun"


def after(seconds: float, said: str) -> str:
    """Says what follows the word for a stack's end: `done after 8 s: 12 on, 3 off`."""
    return f" after {seconds:.0f} s: {said}"


def first_problem(sentences: Sequence[str]) -> str:
    """Says in short why a stack is not done; the report says all of it."""
    first = " ".join(sentences[0].splitlines()[:2]).rstrip(":")
    more = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 else ""
    return f"{shorten(first, _SHOWN, placeholder=' …')}{more}"


def interrupt_passed_on(running: int, *, again: bool) -> str:
    if not running:
        return "Interrupted. No more stacks are begun."
    stacks = counted(running, "stack")
    if again:
        return f"Interrupted again. {stacks} may end at once, and stay locked."
    return (
        f"Interrupted. No more stacks are begun; {stacks} may still end what is under way. "
        "Ctrl-C again ends all at once, which may leave a stack locked."
    )


def where_each_stands(command: str, done: int, interrupted: int, not_begun: int) -> str:
    numbers = f"{done} done, {interrupted} interrupted or failed, {not_begun} not begun"
    goes_on = (
        "`eks-audit-logs up` goes on with what is left" if command == "up" else "Nothing is changed"
    )
    return f"Interrupted: {numbers}. {goes_on}."


def help_of_jobs() -> str:
    return "How many stacks are under way at once."


def help_of_results() -> str:
    return (
        "Where each stack gets a folder with its log and its run report; .results beside "
        "Pulumi.yaml unless told."
    )


def help_of_expect_no_changes() -> str:
    return "Exit code 7 if something differs."


def help_of_yes() -> str:
    return "Do not ask. Needed without a terminal."


_CODES = {
    "preview": (
        "0  every preview came to its end",
        "7  of --expect-no-changes: something differs",
    ),
    "up": ("0  every run came to its end",),
}
_FAILED = {
    "preview": "1  a stack is refused or has failed; the report says why",
    "up": "1  a stack is refused or has failed; the report says why. Or you said no",
}
_MORE_CODES = (
    "2  wrong use, nothing could be begun, or the report can't be written",
    "130  interrupted",
)
_WHAT = {
    "preview": (
        "Previews stacks with `pulumi preview`, some at once, and reports what would change.",
        "eks-audit-logs preview --stacks 'prod-*' --expect-no-changes",
    ),
    "up": (
        "Deploys stacks with `pulumi up`, some at once, asking once for all of them.",
        "eks-audit-logs up --stacks 'prod-*' --jobs 8",
    ),
}


def help_of_runner(command: str) -> str:
    r"""The help of a command; `\b` keeps the lines of a paragraph apart."""
    what, example = _WHAT[command]
    codes = "\n".join(f"  {code}" for code in (*_CODES[command], _FAILED[command], *_MORE_CODES))
    return (
        f"{what} Without --stacks it takes every stack that has a file, but template, demo-..., "
        "sample-... and those with mode: delegation.\n\n"
        f"\b\n{example}\n\n\b\nExit codes:\n{codes}"
    )
