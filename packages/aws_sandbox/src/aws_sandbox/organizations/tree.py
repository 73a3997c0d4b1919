"""The organization's units and accounts, indexed for reading.

moto walks a list of all accounts in every call, which 50,000 accounts make slow. An index is made
once after each change and never changed itself.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Listing:
    """Things in the order of their keys.

    Args:
        keys: by which they are sorted; a page's token holds the last one on it.
        items: accounts or units, as moto has them.
    """

    keys: tuple[str, ...] = ()
    items: tuple[Any, ...] = ()

    def after(self, key: str, size: int) -> tuple[tuple[Any, ...], str | None]:
        """At most `size` items behind a key, and the key to go on behind, if there are more."""
        begin = bisect_right(self.keys, key)
        end = begin + size
        following = self.keys[end - 1] if end < len(self.keys) else None
        return self.items[begin:end], following


class Tree:
    """An index of an organization.

    Accounts are listed in the order in which they joined.

    Args:
        backend: moto's state of the organization.
    """

    def __init__(self, backend: Any) -> None:  # noqa: ANN401 -- moto has no types
        self.root_id = str(backend.org.root_id)
        self.units: dict[str, Any] = {unit.id: unit for unit in backend.ou}
        self.by_id: dict[str, Any] = {account.id: account for account in backend.accounts}
        self.accounts = _listed(backend.accounts, _joined)
        self._inside: dict[str, list[Any]] = {}
        for account in self.accounts.items:
            self._inside.setdefault(account.parent_id, []).append(account)
        self._below: dict[str, list[Any]] = {}
        for unit in backend.ou:
            self._below.setdefault(unit.parent_id, []).append(unit)
        self._listings: dict[str, Listing] = {}

    def accounts_in(self, parent_id: str) -> Listing:
        """The accounts directly in a unit, or in the root."""
        if parent_id not in self._listings:
            self._listings[parent_id] = _listed(self._inside.get(parent_id, ()), _joined)
        return self._listings[parent_id]

    def units_in(self, parent_id: str) -> Listing:
        """The units directly in a unit, or in the root."""
        return _listed(self._below.get(parent_id, ()), lambda unit: str(unit.id))

    def path(self, parent_id: str | None) -> list[Any]:
        """The units from the root down to one, that one included."""
        found: list[Any] = []
        while parent_id is not None:
            found.append(self.units[parent_id])
            parent_id = self.units[parent_id].parent_id
        return found[::-1]


def _joined(account: Any) -> str:  # noqa: ANN401 -- moto has no types
    return f"{account.create_time.isoformat(timespec='microseconds')}/{account.id}"


def _listed(items: Iterable[Any], key: Any) -> Listing:  # noqa: ANN401 -- moto has no types
    ordered = sorted(((key(item), item) for item in items), key=lambda pair: pair[0])
    return Listing(tuple(pair[0] for pair in ordered), tuple(pair[1] for pair in ordered))
