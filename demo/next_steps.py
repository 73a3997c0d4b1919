"""What `make sandbox` tells its user to type next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from aws_sandbox.organization import DEFAULT_ACCOUNTS, DEFAULT_REGIONS

if TYPE_CHECKING:
    from pathlib import Path

    from aws_sandbox.organization import OrganizationDescription


def demo_stack(default: OrganizationDescription) -> str | None:
    """Finds a stack of `make demo` for the default organization.

    Args:
        default: it, with any number of accounts and any regions.

    Returns:
        The stack's name; None if the regions are others, or the accounts too few for its rules.
    """
    if len(default.accounts) < DEFAULT_ACCOUNTS:
        return None
    return next((f"demo-{name}" for name in default.regions if name in DEFAULT_REGIONS), None)


def next_steps(file: Path, stack: str | None) -> list[str]:
    """The steps, a line each.

    Args:
        file: the shell file to source.
        stack: a stack in `stacks/` that fits the organization, if one is known.
    """
    if stack:
        then = f"Change stacks/Pulumi.{stack}.yaml, and preview again."
    else:
        then = "<stack> is one of those in stacks/: docs/guide.md says which samples fit."
    # A shell looks for a name without a slash on PATH.
    sourced = str(file) if "/" in str(file) else f"./{file}"
    return [
        "Next, in another terminal in this folder:",
        f"    . {shlex.quote(sourced)}",
        f"    pulumi stack select --create {stack or '<stack>'}",
        "    pulumi preview --diff",
        "    pulumi up",
        then,
        "To begin anew: pulumi destroy, pulumi stack rm --preserve-config (or its file goes too).",
        "Ctrl-C ends the organization; Pulumi's state is kept for the next start.",
    ]
