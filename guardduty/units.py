"""The organization's units and whose accounts are below them; every unit is asked for once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from guardduty.batches import at_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty.model import AccountId
    from guardduty.organizations import OrganizationalUnit, OrganizationsApi, Root

_IDS = ("ou-", "r-")
"""How the ids of units and roots begin; everything else that a rule names is a path."""


class Units:
    """The units of one organization, as far as somebody asked for them.

    Calls go out a few at a time (`guardduty.batches`).

    Args:
        api: whom to ask.
    """

    def __init__(self, api: OrganizationsApi) -> None:
        self._api = api
        self._units: dict[str, Sequence[OrganizationalUnit] | None] = {}
        self._accounts: dict[str, frozenset[AccountId]] = {}

    @cached_property
    def roots(self) -> tuple[Root, ...]:
        """What ListRoots tells; asked again only if it failed."""
        return self._api.roots()

    def accounts_below(self, unit: str) -> frozenset[AccountId] | None:
        """Finds the accounts in a unit's whole subtree.

        Args:
            unit: an id (`ou-…`, `r-…`), or names from the root down (`Root/Prod/EU`). A unit whose
                name has a `/` in it can only be given by its id.

        Returns:
            None if there is no such unit.

        Raises:
            UserError: see `guardduty.api.aws_errors`.
        """
        top = unit if unit.startswith(_IDS) else self._id_of(unit)
        if top is None or self._below([top])[0] is None:
            return None
        subtree = self._subtree(top)
        asked = [unit_id for unit_id in subtree if unit_id not in self._accounts]
        for unit_id, accounts in zip(asked, at_once(self._api.accounts_in, asked), strict=True):
            self._accounts[unit_id] = accounts or frozenset()
        return frozenset().union(*(self._accounts[unit_id] for unit_id in subtree))

    def _id_of(self, path: str) -> str | None:
        first, *names = path.split("/")
        found = next((root.id for root in self.roots if root.name == first), None)
        for name in names:
            if found is None:
                return None
            (below,) = self._below([found])
            found = next((unit.id for unit in below or () if unit.name == name), None)
        return found

    def _subtree(self, top: str) -> list[str]:
        found, level = {top: None}, [top]
        while level:
            below = [unit.id for units in self._below(level) for unit in units or ()]
            level = [unit_id for unit_id in below if unit_id not in found]
            found |= dict.fromkeys(level)
        return list(found)

    def _below(self, parents: Sequence[str]) -> list[Sequence[OrganizationalUnit] | None]:
        asked = [parent for parent in parents if parent not in self._units]
        self._units |= zip(asked, at_once(self._api.units_in, asked), strict=True)
        return [self._units[parent] for parent in parents]
