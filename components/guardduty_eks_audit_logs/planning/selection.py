"""Which rule selects which account; nothing here calls AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.model import AccountId, OrganizationLookup
    from guardduty_eks_audit_logs.settings.configuration import Rule


def selects(rule: Rule, account: AccountId, lookup: OrganizationLookup) -> bool | None:
    """Whether a rule selects an account.

    Returns:
        None if it is not known: Organizations did not say, or a unit does not exist or is not
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
