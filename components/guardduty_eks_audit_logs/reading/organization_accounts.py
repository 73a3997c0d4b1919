"""All accounts of the organization, each with its name and the units above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.aws.batches import at_once
from guardduty_eks_audit_logs.reports.coverage.what_was_read import PlacedAccount

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.aws.organization_once import Organization
    from guardduty_eks_audit_logs.model import AccountId

    Above = tuple[tuple[str, str], ...]


def read_organization_accounts(api: Organization) -> dict[AccountId, PlacedAccount]:
    """Reads the whole organization, from its root down, level by level.

    Half a tree is no tree: one page that fails, and all of it is unknown.

    Raises:
        UserError: see `aws.answers.aws_errors`.
    """
    found: dict[AccountId, PlacedAccount] = {}
    level: list[Above] = [((root.id, root.name),) for root in api.roots()]
    while level:
        parents = [above[-1][0] for above in level]
        for above, accounts in zip(level, at_once(api.accounts_in, parents), strict=True):
            for account in accounts or ():
                found[account.id] = PlacedAccount(account.id, account.name, above, account.active)
        level = [
            (*above, (unit.id, f"{above[-1][1]}/{unit.name}"))
            for above, units in zip(level, at_once(api.units_in, parents), strict=True)
            for unit in units or ()
        ]
    return found
