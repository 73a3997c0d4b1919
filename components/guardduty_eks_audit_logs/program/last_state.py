"""What this stack has recorded in its last runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.foreign_words import harmless
from guardduty_eks_audit_logs.state.ledger import LastState, read_last_state

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_own_state() -> LastState:
    """Reads this stack's last state, with what earlier runs have recorded in it.

    Raises:
        UserError: it can't be read, or no release of this product has written it.
    """
    name = pulumi.get_stack()
    full = f"{pulumi.get_organization()}/{pulumi.get_project()}/{name}"
    reasons: list[str] = []
    # A backend in a folder or bucket that knows no projects knows the stack by its name alone.
    for stack in (full, name):
        try:
            return read_last_state(_resources_of(stack))
        except _InvokeFailedError as error:
            reasons.append(str(error))
    raise UserError(messages.last_state_unreadable(full, harmless(reasons[0])))


class _InvokeFailedError(Exception):
    """The engine could not read the resources of a stack."""


def _resources_of(stack: str) -> Mapping[str, Any]:
    function = "pulumi:pulumi:readStackResourceOutputs"
    try:
        answer = pulumi.runtime.invoke(function, {"stackName": stack}).value
    except Exception as error:
        # The SDK has no class of its own for a failed invoke: it raises `Exception` itself.
        if type(error) is not Exception:
            raise
        raise _InvokeFailedError(str(error)) from None
    return (answer or {}).get("outputs") or {}


def stack_name() -> str:
    """Names the stack as `project/stack`, the owner of the detectors that it makes."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"
