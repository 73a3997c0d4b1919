"""The organization's units and the accounts below them; every unit is read once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.aws.batches import at_once
from guardduty_eks_audit_logs.foreign_words import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from guardduty_eks_audit_logs.aws.organization_once import Organization
    from guardduty_eks_audit_logs.aws.organizations import (
        OrganizationAccount,
        OrganizationalUnit,
        Root,
    )
    from guardduty_eks_audit_logs.model import AccountId

_IDS = ("ou-", "r-")
"""How the ids of units and roots begin; everything else that a rule names is a path."""


class Units:
    """The units of one organization, as far as they were needed.

    Calls go out a few at a time (`aws.batches`).

    Args:
        api: AWS Organizations.

    Attributes:
        names: the names of the accounts that have been read.
        inactive: those of them that are closed, or that AWS has suspended.
    """

    def __init__(self, api: Organization) -> None:
        self._api = api
        self._units: dict[str, Sequence[OrganizationalUnit] | None] = {}
        self._accounts: dict[str, frozenset[AccountId]] = {}
        self.names: dict[AccountId, str] = {}
        self.inactive: set[AccountId] = set()

    @cached_property
    def roots(self) -> tuple[Root, ...]:
        """What ListRoots returns; called again only if it failed."""
        return self._api.roots()

    def find(self, unit: str) -> tuple[str, ...]:
        """Finds the units that a rule may mean.

        Args:
            unit: an id (`ou-…`, `r-…`), or names from the root down (`Root/Prod/EU`). A `/` may be
                in a name: `Root/CI/CD` is the unit `CI/CD` in the root, or `CD` in `CI`.

        Returns:
            their ids; none if there is no such unit, several if the path can be read so.

        Raises:
            UserError: see `aws.answers.aws_errors`.
        """
        ids = [unit] if unit.startswith(_IDS) else self._called(printable(unit), self.roots)
        return tuple(unit_id for unit_id in ids if self._below([unit_id])[0] is not None)

    def accounts_below(self, unit_id: str) -> frozenset[AccountId]:
        """Finds the accounts in a unit's whole subtree.

        Raises:
            UserError: see `aws.answers.aws_errors`.
        """
        subtree = self._subtree(unit_id)
        asked = [unit for unit in subtree if unit not in self._accounts]
        for asked_id, accounts in zip(asked, at_once(self._api.accounts_in, asked), strict=True):
            self._take(asked_id, accounts or ())
        return frozenset().union(*(self._accounts[unit] for unit in subtree))

    def _take(self, unit_id: str, accounts: Sequence[OrganizationAccount]) -> None:
        self._accounts[unit_id] = frozenset(account.id for account in accounts)
        self.names |= {account.id: account.name for account in accounts if account.name}
        self.inactive |= {account.id for account in accounts if not account.active}

    def _called(self, path: str, units: Sequence[OrganizationalUnit | Root]) -> Iterator[str]:
        for unit in units:
            if unit.name == path:
                yield unit.id
            elif path.startswith(f"{unit.name}/"):
                (below,) = self._below([unit.id])
                yield from self._called(path.removeprefix(f"{unit.name}/"), below or ())

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
