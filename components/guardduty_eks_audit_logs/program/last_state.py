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
    try:
        resources = _resources_of(full)
    except Exception as error:  # noqa: BLE001 - the SDK has no error of its own for it
        try:
            # A backend in a folder or bucket that knows no projects.
            resources = _resources_of(name)
        except Exception:  # noqa: BLE001
            raise UserError(messages.last_state_unreadable(full, harmless(str(error)))) from None
    return read_last_state(resources)


def _resources_of(stack: str) -> Mapping[str, Any]:
    answer = pulumi.runtime.invoke(
        "pulumi:pulumi:readStackResourceOutputs", {"stackName": stack}
    ).value
    return (answer or {}).get("outputs") or {}


def stack_name() -> str:
    """Names the stack as `project/stack`, the owner of the detectors that it makes."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"
