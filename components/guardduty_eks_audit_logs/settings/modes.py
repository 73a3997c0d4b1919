"""`mode`: whose settings a stack keeps, and which configuration keys each mode has."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.settings.faults import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardduty_eks_audit_logs.messages.catalogue import Refusal


class Mode(StrEnum):
    """Whose settings the stack keeps.

    `organization`: an AWS organization's, as its delegated GuardDuty administrator. `invitation`:
    those of members by invitation, as their administrator. `standalone`: one account's own
    detector. `delegation`: as the management account, which account is the administrator.
    """

    ORGANIZATION = "organization"
    INVITATION = "invitation"
    STANDALONE = "standalone"
    DELEGATION = "delegation"


_ALONE = {
    "autoEnable": {Mode.ORGANIZATION},
    "autoEnableMembers": {Mode.ORGANIZATION},
    "members": {Mode.ORGANIZATION, Mode.INVITATION},
    "administratorAccountId": {Mode.DELEGATION},
    "detector": set(Mode) - {Mode.DELEGATION},
    "onRelease": set(Mode) - {Mode.DELEGATION},
    "status": set(Mode) - {Mode.DELEGATION},
}
"""Keys that only some modes have."""

_NOTHING_SAID: dict[str, tuple[object, ...]] = {
    "autoEnable": ("NEW", ""),
    "members": ([], (), "[]", ""),
    "autoEnableMembers": ("",),
    "detector": ("existing", ""),
    "onRelease": ("LEAVE", ""),
    "status": ("ENABLED", ""),
}


def without_other_modes(values: Mapping[str, Any], of_project: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves out what the project's file says for all stacks and this stack's mode does not have.

    So one project has rules for all regions, and stacks of other modes beside them. What the stack
    itself says stays, and is a fault (`faults_of_mode`).

    Args:
        values: the stack's configuration without namespaces, the project's defaults among it.
        of_project: those defaults.
    """
    mode = str(values.get("mode") or Mode.ORGANIZATION)
    return {
        key: value
        for key, value in values.items()
        if mode in _ALONE.get(key, {mode}) or of_project.get(key) != value
    }


def faults_of_mode(values: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """Finds what a configuration asks for that its mode can't do.

    Args:
        values: the configuration without namespaces, unchecked; lists may be JSON text.
    """
    mode = values.get("mode", Mode.ORGANIZATION)
    if not isinstance(mode, str) or mode not in set(Mode):
        return ()  # reported as a malformed value
    faults = [
        messages.not_in_this_mode(key, shown(value), mode)
        for key, value in values.items()
        if mode not in _ALONE.get(key, set(Mode)) and value not in _NOTHING_SAID.get(key, ())
    ]
    if mode == Mode.DELEGATION and not values.get("administratorAccountId"):
        faults.append(messages.administrator_missing())
    if mode == Mode.INVITATION:
        faults += [
            messages.not_by_invitation(index, selector)
            for index, rule in enumerate(_rules(values.get("members", ())))
            for selector in ("organizationalUnits", "tags")
            if selector in rule
        ]
    return tuple(faults)


def _rules(written: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - whatever a user wrote
    if isinstance(written, str):
        try:
            written = json.loads(written)
        except (ValueError, RecursionError):
            return
    if isinstance(written, list | tuple):
        yield from (rule if isinstance(rule, dict) else {} for rule in written)
