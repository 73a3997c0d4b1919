"""What a document says where not all of it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    more = (f"{n:,} more {noun}{'' if n == 1 else 's'}" for noun, n in numbers.items())
    return f"… and {', '.join(more)}"


def no_text() -> str:
    return "(no text)"
