"""Why the engine failed, in its own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.foreign_words import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable

    from guardduty_eks_audit_logs.reports.engine_preview import EnginePreview

_LINES = 20
_ERROR = re.compile(r"\s*error: ")
_LOCKED = re.compile(r"the stack is currently locked|Another update is currently in progress")
_WAYS_OUT = (
    (re.compile(r" violates plan: "), messages.plan_again),
    (re.compile(r"no stack named '.*' found"), messages.stack_not_found),
)
_FOLLOWS = {"preview failed", "update failed", "resource registration failed"}
"""What the engine says after every error."""


@dataclass(frozen=True)
class EngineErrors:
    """Why the engine failed.

    Attributes:
        lines: its errors, or the end of its log if it has none; without names and addresses.
        way_out: what to do; empty if that is not known.
        locked: whether another run holds the stack.
    """

    lines: tuple[str, ...]
    way_out: str = ""
    locked: bool = False


def engine_errors(stack: str, preview: EnginePreview | None, log: str) -> EngineErrors:
    """Finds the engine's errors.

    Args:
        stack: its name, for the way out.
        preview: the engine's preview; None if there is none that can be read.
        log: what the command wrote beside it.
    """
    told = [line for error in (preview.errors if preview else ()) for line in error.splitlines()]
    if not told:
        told = [line for line in log.splitlines() if _ERROR.match(line)]
    if not told:
        told = [line for line in log.splitlines() if line.strip()][-_LINES:]
    if any(map(_LOCKED.search, (*told, *log.splitlines()))):
        return EngineErrors((messages.stack_locked(),), messages.unlock(stack), locked=True)
    way_out = next((say() for error, say in _WAYS_OUT if any(map(error.search, told))), "")
    return EngineErrors(tuple(_once(told))[:_LINES], way_out)


def _once(lines: Iterable[str]) -> Iterable[str]:
    plain = (harmless(_ERROR.sub("", line)) for line in lines)
    found = list(dict.fromkeys(line for line in plain if line))
    return [line for line in found if line not in _FOLLOWS] or found
