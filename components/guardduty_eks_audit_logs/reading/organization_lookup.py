"""What AWS Organizations says about the accounts, as far as the rules need it.

Organizations is asked for no more than the rules need: for units and tags only if a rule selects by
them, and only while there are accounts that no earlier rule has decided.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.aws.batches import at_once
from guardduty_eks_audit_logs.errors import ACCESS_DENIED, ConnectionFailedError, ServiceError
from guardduty_eks_audit_logs.model import POLICY_TYPE, OrganizationLookup, RefusedRule
from guardduty_eks_audit_logs.planning.selection import selects
from guardduty_eks_audit_logs.reading.units import Units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardduty_eks_audit_logs.aws.organization_once import Organization
    from guardduty_eks_audit_logs.model import AccountId
    from guardduty_eks_audit_logs.settings.configuration import Rule


def read_organization_lookup(
    rules: Sequence[Rule], accounts: Sequence[AccountId] | None, api: Organization
) -> OrganizationLookup:
    """Asks AWS Organizations what the rules need to know.

    ListRoots is asked in any case, since the policy type is on the root.

    Args:
        rules: the first that selects an account decides it.
        accounts: the members that are to be decided; None while they are not known, which is
            enough to find units that do not exist.
        api: AWS Organizations.

    Raises:
        CredentialsError: AWS does not know the credentials.
        ConnectionFailedError: no answer to what a rule needs.
        ServiceError: AWS failed at it. That the caller may not ask is in the answer instead.
    """
    reader = _Reader(api)
    enabled, why_not = reader.policy_type()
    undecided = list(accounts or ())
    for index, rule in enumerate(rules):
        if accounts is not None and not undecided:
            break
        reader.look_up(index, rule, undecided)
        if rule.all:
            break
        found = reader.lookup()
        undecided = [account for account in undecided if not selects(rule, account, found)]
    return replace(reader.lookup(), policy_type_enabled=enabled, policy_type_refused=why_not)


class _Reader:
    """What has been read so far."""

    def __init__(self, api: Organization) -> None:
        self._api = api
        self._of_organization = Units(api)
        self._units: dict[str, frozenset[AccountId]] = {}
        self._unknown_units: set[str] = set()
        self._ambiguous_units: dict[str, tuple[str, ...]] = {}
        self._tags: dict[AccountId, Mapping[str, str]] = {}
        self._refused: list[RefusedRule] = []

    def lookup(self) -> OrganizationLookup:
        return OrganizationLookup(
            units=self._units,
            unknown_units=frozenset(self._unknown_units),
            ambiguous_units=self._ambiguous_units,
            names=self._of_organization.names,
            inactive=frozenset(self._of_organization.inactive),
            tags=self._tags,
            refused=tuple(self._refused),
        )

    def policy_type(self) -> tuple[bool | None, str | None]:
        # A run goes on without it; the plan has a notice.
        try:
            roots = self._of_organization.roots
        except ServiceError as error:
            return None, error.reason
        except ConnectionFailedError as error:
            return None, str(error)
        return any(POLICY_TYPE in root.policy_types for root in roots), None

    def look_up(self, index: int, rule: Rule, undecided: Sequence[AccountId]) -> None:
        selector = "organizationalUnits" if rule.organizational_units else "tags"
        try:
            if rule.organizational_units:
                self._look_up_units(rule.organizational_units)
            elif rule.tags:
                self._look_up_tags(undecided)
        except ServiceError as error:
            if error.code not in ACCESS_DENIED:
                raise
            self._refused.append(RefusedRule(index, selector, error.reason))

    def _look_up_units(self, units: Sequence[str]) -> None:
        for unit in units:
            match self._of_organization.find(unit):
                case ():
                    self._unknown_units.add(unit)
                case (unit_id,):
                    self._units[unit] = self._of_organization.accounts_below(unit_id)
                case several:
                    self._ambiguous_units[unit] = several

    def _look_up_tags(self, undecided: Sequence[AccountId]) -> None:
        asked = [account for account in undecided if account not in self._tags]
        if self._refused or self._unknown_units or self._ambiguous_units:
            # The run is refused anyway; one call more finds whether permissions are missing too.
            asked = asked[:1]
        tags = at_once(self._api.tags, asked)
        self._tags |= {account: found or {} for account, found in zip(asked, tags, strict=True)}
