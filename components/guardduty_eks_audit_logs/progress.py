"""Progress of a run, line by line."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[str], None]
"""Shows a user one line of progress."""
