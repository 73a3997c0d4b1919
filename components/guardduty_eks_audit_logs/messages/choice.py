"""The choice of stacks and regions that a command is about."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import Refusal
from guardduty_eks_audit_logs.messages.wording import some

if TYPE_CHECKING:
    from collections.abc import Collection


def no_stack_of_users(folder: str) -> Refusal:
    return Refusal(
        f"{folder} has no stack of yours (template, demo-... and sample-... do not count). Make "
        "some with `eks-audit-logs init`, or name one with --stacks."
    )


def no_such_stack(pattern: str, there: Collection[str]) -> Refusal:
    near = get_close_matches(pattern, there, n=1)
    if near:
        return Refusal(f"--stacks {pattern} is no stack. Did you mean {near[0]}?")
    has = f"There are {some(there)}." if there else "There is none."
    return Refusal(
        f"--stacks {pattern} is no stack. {has} Stacks demo-... and sample-... are chosen by their "
        "whole names only."
    )


def regions_with_an_empty_code(regions: str) -> Refusal:
    return Refusal(f"--regions {regions} has an empty code. Write them like us-east-1,eu-west-1.")


def regions_or_stacks() -> str:
    return "--regions and --profile are for use without stacks. Leave out --stacks, or these."


def profile_without_regions() -> str:
    return "--profile is for --regions. A stack has its profile in its file (aws:profile)."
