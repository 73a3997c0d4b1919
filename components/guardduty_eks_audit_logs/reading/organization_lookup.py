"""What AWS Organizations tells about the accounts, and which rule selects which of them by it.

Organizations is asked for no more than the rules need: for units and tags only if a rule selects by
them, and only while there are accounts that no earlier rule has decided.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.batches import at_once
from guardduty_eks_audit_logs.errors import ACCESS_DENIED, ConnectionFailedError, ServiceError
from guardduty_eks_audit_logs.model import POLICY_TYPE
from guardduty_eks_audit_logs.reading.units import Units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardduty_eks_audit_logs.aws.organizations import OrganizationsApi
    from guardduty_eks_audit_logs.messages.catalogue import Refusal
    from guardduty_eks_audit_logs.model import AccountId
    from guardduty_eks_audit_logs.settings.configuration import Rule

_OPERATIONS = {
    "organizationalUnits": (
        "ListRoots",
        "ListOrganizationalUnitsForParent",
        "ListAccountsForParent",
    ),
    "tags": ("ListTagsForResource",),
}
"""What Organizations is asked for a rule, by what the rule selects by."""


@dataclass(frozen=True)
class RefusedRule:
    """A rule for which AWS Organizations refuses the caller.

    Attributes:
        index: the rule's place in the list, from 0.
        selector: what it selects by: `organizationalUnits` or `tags`.
        reason: AWS's words.
    """

    index: int
    selector: str
    reason: str


@dataclass(frozen=True)
class OrganizationLookup:
    """What AWS Organizations told about the accounts, as far as the rules need it.

    Attributes:
        units: by unit, as a rule writes it, the accounts in its subtree.
        unknown_units: units of rules that the organization does not have.
        ambiguous_units: by path, as a rule writes it, the ids of the units that it may mean.
        names: by account, what people call it, of the accounts in these units.
        inactive: the accounts in these units that are closed, or that AWS has suspended.
        tags: by account, its tags; none for one that is not in the organization.
        refused: rules for which the caller may not ask.
        policy_type_enabled: whether `GUARDDUTY_POLICY` is enabled on the root, so that ALL and NEW
            do nothing; None if AWS did not tell.
        policy_type_refused: why not, in AWS's words.
    """

    units: Mapping[str, frozenset[AccountId]] = field(default_factory=dict)
    unknown_units: frozenset[str] = frozenset()
    ambiguous_units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[AccountId, str] = field(default_factory=dict)
    inactive: frozenset[AccountId] = frozenset()
    tags: Mapping[AccountId, Mapping[str, str]] = field(default_factory=dict)
    refused: tuple[RefusedRule, ...] = ()
    policy_type_enabled: bool | None = None
    policy_type_refused: str | None = None

    def refusals(self, caller: AccountId) -> tuple[Refusal, ...]:
        """Tells for each refused rule which permissions the caller needs, one sentence each."""
        return tuple(
            messages.organizations_refused(
                rule.index, rule.selector, caller, _OPERATIONS[rule.selector], rule.reason
            )
            for rule in self.refused
        )


def selects(rule: Rule, account: AccountId, lookup: OrganizationLookup) -> bool | None:
    """Whether a rule selects an account.

    Returns:
        None if nobody can say, since Organizations did not tell, or a unit does not exist or is not
        the only one of its path.
    """
    if rule.organizational_units:
        if selecting_unit(rule, account, lookup):
            return True
        return False if lookup.units.keys() >= set(rule.organizational_units) else None
    if rule.tags:
        tags = lookup.tags.get(account)
        return None if tags is None else rule.tags.items() <= tags.items()
    return bool(rule.all) or account in rule.named


def selecting_unit(rule: Rule, account: AccountId, lookup: OrganizationLookup) -> str | None:
    """Finds by which of its units a rule selects an account: the first that has it.

    Returns:
        the unit as the rule writes it; None for a rule that selects by something else.
    """
    units = rule.organizational_units or ()
    return next((unit for unit in units if account in lookup.units.get(unit, ())), None)


def deciding_rule(
    rules: Sequence[Rule], account: AccountId, lookup: OrganizationLookup
) -> int | None:
    """Finds the first rule that selects an account.

    Returns:
        its place in the list, from 0. None if none does, or if an earlier one might: such a rule
        is a refusal, which a guess must not hide or add to.
    """
    for index, rule in enumerate(rules):
        selected = selects(rule, account, lookup)
        if selected is not False:
            return index if selected else None
    return None


def read_organization_lookup(
    rules: Sequence[Rule], accounts: Sequence[AccountId] | None, api: OrganizationsApi
) -> OrganizationLookup:
    """Asks AWS Organizations what the rules need to know.

    ListRoots is asked in any case, since the policy type is on the root.

    Args:
        rules: the first that selects an account decides it.
        accounts: the members that are to be decided; None while nobody knows them, which is
            enough to tell units that do not exist.
        api: whom to ask.

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

    def __init__(self, api: OrganizationsApi) -> None:
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
        # A run goes on without: where nobody tells, that is a notice.
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
            # The run is refused anyway, but for which permissions is told all at once.
            asked = asked[:1]
        tags = at_once(self._api.tags, asked)
        self._tags |= {account: found or {} for account, found in zip(asked, tags, strict=True)}
