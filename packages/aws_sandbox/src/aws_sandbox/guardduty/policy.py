"""What the organization's GuardDuty policies say of each account (`GUARDDUTY_POLICY`).

A policy of AWS Organizations decides features for the accounts under it: they show
`managedBy: GUARDDUTY_POLICY` and follow no writes. Where the policy type is enabled on the root,
the regions' auto-enable settings have no effect, even if no policy is attached (GuardDuty user
guide, organization policies).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_sandbox.guardduty.features import FeatureStatus

MANAGED_BY_POLICY: Final = "GUARDDUTY_POLICY"
EVERY_REGION: Final = "default"
FOUNDATIONAL_PLAN: Final = "foundational"

Enablement = Mapping[str, Mapping[str, FeatureStatus]]
"""`{region or "default": {plan: status}}`; a plan is a feature's name or `foundational`."""


class PolicyBook:
    """The effective policies of all accounts, as the organization last computed them.

    Both attributes are replaced as wholes, never changed in place: readers need no lock.
    """

    def __init__(self) -> None:
        self._type_enabled = False
        self._enablements: Mapping[str, Enablement] = {}

    @property
    def type_enabled(self) -> bool:
        """Whether the policy type is enabled on the root, which makes NEW and ALL idle."""
        return self._type_enabled

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts that some policy covers."""
        return frozenset(self._enablements)

    def put(self, *, type_enabled: bool, enablements: Mapping[str, Enablement]) -> None:
        """Take over what was computed.

        Args:
            type_enabled: whether the policy type is enabled on the root.
            enablements: what is in force, by account; nothing is while the type is not enabled.
        """
        self._enablements = dict(enablements) if type_enabled else {}
        self._type_enabled = type_enabled

    def plans(self, account_id: str, region: str) -> Mapping[str, FeatureStatus]:
        """What a policy decides for an account in a region; a region's block replaces the default.

        Empty where no policy covers it.
        """
        enablement = self._enablements.get(account_id, {})
        return enablement.get(region, enablement.get(EVERY_REGION, {}))
