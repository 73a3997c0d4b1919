"""An organization that is asked everything once, however many regions need the answer."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Protocol, TypeVar

from guardduty_eks_audit_logs.aws.batches import CALLS_AT_ONCE
from guardduty_eks_audit_logs.aws.once import Once

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardduty_eks_audit_logs.aws.organizations import (
        OrganizationAccount,
        OrganizationalUnit,
        OrganizationsApi,
        PolicyName,
        Root,
    )
    from guardduty_eks_audit_logs.model import AccountId

Answer = TypeVar("Answer")


class Organization(Protocol):
    """What rules need to know of an organization; `OrganizationsApi` has the meanings."""

    def roots(self) -> tuple[Root, ...]:
        """Its only root."""

    def units_in(self, parent: str) -> tuple[OrganizationalUnit, ...] | None:
        """The units directly in a unit or the root."""

    def accounts_in(self, parent: str) -> tuple[OrganizationAccount, ...] | None:
        """The accounts directly in a unit or the root."""

    def tags(self, account: AccountId) -> Mapping[str, str] | None:
        """The tags of an account."""


class OrganizationOnce:
    """Asks AWS Organizations each thing once, a few calls at a time.

    Organizations' rates hold for all regions together: so do the calls at once of this class.
    """

    def __init__(self, api: OrganizationsApi) -> None:
        """Takes the API by which it asks."""
        self._api = api
        self._once = Once()
        self._turns = BoundedSemaphore(CALLS_AT_ONCE)

    def roots(self) -> tuple[Root, ...]:
        """See `OrganizationsApi.roots`."""
        return self._ask(self._api.roots)

    def units_in(self, parent: str) -> tuple[OrganizationalUnit, ...] | None:
        """See `OrganizationsApi.units_in`."""
        return self._ask(self._api.units_in, parent)

    def accounts_in(self, parent: str) -> tuple[OrganizationAccount, ...] | None:
        """See `OrganizationsApi.accounts_in`."""
        return self._ask(self._api.accounts_in, parent)

    def tags(self, account: AccountId) -> Mapping[str, str] | None:
        """See `OrganizationsApi.tags`."""
        return self._ask(self._api.tags, account)

    def is_delegated_administrator(self, account: AccountId) -> bool:
        """See `OrganizationsApi.is_delegated_administrator`."""
        return account in self.guardduty_administrators()

    def guardduty_administrators(self) -> frozenset[AccountId]:
        """See `OrganizationsApi.guardduty_administrators`."""
        return self._ask(self._api.guardduty_administrators)

    def account_status(self, account: AccountId) -> str | None:
        """See `OrganizationsApi.account_status`."""
        return self._ask(self._api.account_status, account)

    def account_count(self) -> int:
        """See `OrganizationsApi.account_count`."""
        return self._ask(self._api.account_count)

    def guardduty_policies(self) -> tuple[PolicyName, ...]:
        """See `OrganizationsApi.guardduty_policies`."""
        return self._ask(self._api.guardduty_policies)

    def policy_content(self, policy_id: str) -> str:
        """See `OrganizationsApi.policy_content`."""
        return self._ask(self._api.policy_content, policy_id)

    def policy_targets(self, policy_id: str) -> frozenset[str]:
        """See `OrganizationsApi.policy_targets`."""
        return self._ask(self._api.policy_targets, policy_id)

    def _ask(self, call: Callable[..., Answer], *of: str) -> Answer:
        def in_turn() -> Answer:
            with self._turns:
                return call(*of)

        return self._once.ask((call.__name__, *of), in_turn)
