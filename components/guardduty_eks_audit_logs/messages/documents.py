"""What a document says where not all of it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.wording import numbered

if TYPE_CHECKING:
    from collections.abc import Mapping


def not_all_fits() -> str:
    return "Not all of this report fits here."


def the_whole_is_in(place: str) -> str:
    return f"Not all of this report fits here; the whole is in {place}."


def left_out(numbers: Mapping[str, int]) -> str:
    """Counts what is not shown: `… and 1,234 more accounts, 1 more setting`.

    Args:
        numbers: {noun in the singular: how many}.
    """
    return f"… and {', '.join(numbered(n, f'more {noun}') for noun, n in numbers.items())}"


def no_text() -> str:
    return "(no text)"
