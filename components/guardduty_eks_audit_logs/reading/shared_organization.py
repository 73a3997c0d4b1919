"""The organization of one caller, read once for all regions of the coverage."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.failures import is_by_iam
from guardduty_eks_audit_logs.aws.once import Once
from guardduty_eks_audit_logs.aws.organization_once import OrganizationOnce
from guardduty_eks_audit_logs.errors import WHO_ASKS, ServiceError, UserError
from guardduty_eks_audit_logs.planning.decisions import is_member, rule_label
from guardduty_eks_audit_logs.reading.guardduty_policies import read_guardduty_policies
from guardduty_eks_audit_logs.reading.organization_accounts import read_organization_accounts
from guardduty_eks_audit_logs.reading.organization_lookup import read_organization_lookup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardduty_eks_audit_logs.aws.organizations import OrganizationsApi
    from guardduty_eks_audit_logs.model import AccountId, OrganizationLookup
    from guardduty_eks_audit_logs.reports.coverage.what_was_read import (
        GuardDutyPolicy,
        PlacedAccount,
        RegionRead,
    )
    from guardduty_eks_audit_logs.settings.configuration import Rule


class SharedOrganization:
    """What the regions of one caller share. Safe to use from several threads.

    What fails once fails the same for all regions, and is not asked again.
    """

    def __init__(self, api: OrganizationsApi) -> None:
        """Takes the API by which it asks."""
        self._api = OrganizationOnce(api)
        self._once = Once()

    def accounts(self) -> Mapping[AccountId, PlacedAccount]:
        """All accounts of the organization; raises UserError if they can't be read."""
        return self._once.ask("accounts", lambda: read_organization_accounts(self._api))

    def policies(self) -> tuple[GuardDutyPolicy, ...]:
        """Its GuardDuty policies; raises UserError if they can't be read."""
        return self._once.ask("policies", lambda: read_guardduty_policies(self._api))

    def has_administrator(self, account: AccountId) -> bool:
        """Whether an account is a delegated administrator of GuardDuty.

        Organizations answers the management account and delegated administrators alone: which
        account it refuses is none. That IAM refuses, or that a call fails, says nothing.

        Raises:
            UserError: it is not known.
        """
        try:
            return account in self._api.guardduty_administrators()
        except ServiceError as error:
            if error.code not in WHO_ASKS or is_by_iam(error):
                raise
            return False

    def added_to(self, read: RegionRead) -> RegionRead:
        """Adds the organization's accounts to a region, and what its rules need to know."""
        problems = list(read.problems)
        try:
            read = replace(read, accounts=self.accounts())
        except UserError as error:
            # The same for all regions, so it does not name one.
            problems.append(messages.accounts_not_read(str(error)))
        rules = read.settings.members if read.settings else ()
        try:
            lookup = read_organization_lookup(rules, _to_decide(read), self._api)
        except UserError as error:
            sentences = [messages.rules_not_looked_up(str(error))]
        else:
            read = replace(read, lookup=lookup)
            sentences = list(_not_looked_up(rules, lookup))
        problems += [messages.in_place(read.region, read.stack, each) for each in sentences]
        return replace(read, problems=tuple(problems))


def _to_decide(read: RegionRead) -> list[AccountId]:
    members = (read.members or {}).values()
    here = dict.fromkeys(member.account for member in members if is_member(member))
    here |= dict.fromkeys(read.accounts or ())
    return [account for account in here if account != read.caller]


def _not_looked_up(rules: tuple[Rule, ...], lookup: OrganizationLookup) -> Iterator[str]:
    for refused in lookup.refused:
        label = rule_label(refused.index, rules)
        yield messages.rule_not_looked_up(label, refused.reason)
    for unit in sorted(lookup.unknown_units):
        yield messages.rule_of_no_unit(unit)
    for unit, ids in lookup.ambiguous_units.items():
        yield messages.rule_of_units(unit, ids)
