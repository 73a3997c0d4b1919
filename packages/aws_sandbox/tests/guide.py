"""What AWS's pages say of EKS audit log monitoring in one region, as a tiny model.

Written from the sentences of the GuardDuty user guide and API reference that stand in the
docstrings, and knows nothing of how the sandbox does it. What the pages leave open, the model
leaves open: it takes over what it sees there, and asks for certainty only where a page gives it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DAY = 24.0
"""Hours: "It may take up to 24 hours to update the configuration for all the member accounts"."""


class Standing(Enum):
    """How an account stands to the delegated administrator."""

    NONE = "none"
    ACTIVE = "Enabled"
    SUSPENDED = "Disabled"


@dataclass(frozen=True)
class Seen:
    """What is true of one account: EKS_AUDIT_LOGS (None without a detector) and its standing."""

    eks: bool | None
    standing: Standing


@dataclass
class Reach:
    """An ALL setting on its way to an account.

    Args:
        until: the hour at which it has arrived for certain.
        certain: whether it is sure that it has yet to come. It is not once it may have come without
            a trace, as it does where the feature is on already.
    """

    until: float
    certain: bool = True


@dataclass
class Account:
    """One account in the region."""

    eks: bool | None
    standing: Standing = Standing.NONE
    in_organization: bool = True
    just_taken_up: bool = False
    created: bool = False
    feature: Reach | None = None
    membership: Reach | None = None


@dataclass
class GuideRegion:
    """One region of the organization: its accounts by id, the administrator's among them."""

    administrator: str
    accounts: dict[str, Account] = field(default_factory=dict)
    auto_members: str = "NEW"
    auto_eks: str = "NONE"
    hour: float = 0.0

    def account(self, account_id: str) -> Account:
        """That account; one nobody has heard of has nothing."""
        return self.accounts.setdefault(account_id, Account(None, in_organization=False))

    def set_own(self, account_id: str, *, on: bool) -> bool:
        """UpdateDetector; False if it is refused.

        "Member accounts can't modify the configuration from their own accounts."
        """
        if self.account(account_id).standing is not Standing.NONE:
            return False
        self.account(account_id).eks = on
        return True

    def set_members(self, account_ids: Iterable[str], *, on: bool) -> set[str]:
        """UpdateMemberDetectors; the accounts that can't be processed.

        It succeeds where UnprocessedAccounts is empty; accounts with problems are listed there.
        """
        unprocessed = set()
        for account_id in account_ids:
            account = self.account(account_id)
            if account.standing is Standing.ACTIVE and not account.just_taken_up:
                account.eks = on
            else:
                unprocessed.add(account_id)
        return unprocessed

    def readable(self, account_ids: Iterable[str]) -> dict[str, bool | None]:
        """GetMemberDetectors: members, suspended ones too, once they are associated."""
        return {
            key: self.account(key).eks
            for key in account_ids
            if self.account(key).standing is not Standing.NONE
            and not self.account(key).just_taken_up
        }

    def set_auto_enable(self, members: str, eks: str | None) -> None:
        """UpdateOrganizationConfiguration.

        ALL is for "all accounts in the organization", new, suspended and removed ones too; NEW for
        those that join; NONE "doesn't disable the corresponding option for your existing accounts".
        """
        if members == "ALL" != self.auto_members:
            for account_id, account in self.accounts.items():
                joinable = account.in_organization and account_id != self.administrator
                if joinable and account.standing is not Standing.ACTIVE:
                    account.membership = Reach(self.hour + DAY)
        if eks == "ALL" != self.auto_eks:
            for account in self.accounts.values():
                if account.in_organization:
                    account.feature = Reach(self.hour + DAY)
        for account in self.accounts.values():
            # No page says whether an ALL that ends still reaches whom it has not reached.
            if members != "ALL" and account.membership is not None:
                account.membership.certain = False
            if eks not in {None, "ALL"} and account.feature is not None:
                account.feature.certain = False
        self.auto_members = members
        self.auto_eks = self.auto_eks if eks is None else eks

    def join(self, account_id: str) -> None:
        """With NEW or ALL, GuardDuty and the feature are enabled for accounts that join."""
        account = self.account(account_id)
        account.in_organization = True
        if self.auto_members != "NONE":
            self._take_up(account)

    def leave(self, account_id: str) -> None:
        """An account that leaves is no member any more; nothing is disabled in it."""
        account = self.account(account_id)
        self.accounts[account_id] = Account(account.eks, in_organization=False)

    def create_members(self, account_ids: Iterable[str]) -> None:
        """CreateMembers, for accounts of the organization that are not suspended.

        "Applies your organization's auto-enable settings to the member accounts in this request,
        irrespective of the accounts being new or existing members."
        """
        for account_id in account_ids:
            account = self.account(account_id)
            if account.standing is Standing.ACTIVE:
                account.eks = account.eks or self.auto_eks != "NONE"
            else:
                self._take_up(account)
                account.created = True

    def listed(self) -> dict[str, str]:
        """ListMembers: associated members; who was just created is not listed yet (assumed)."""
        return {
            key: account.standing.value
            for key, account in self.accounts.items()
            if account.standing is not Standing.NONE
            and not (account.created and account.just_taken_up)
        }

    def may_part(self) -> bool | None:
        """Whether members can be stopped and disassociated; None where the pages differ.

        With ALL for the members they can't; whether a feature's ALL counts, too, is told by one
        page only.
        """
        if self.auto_members == "ALL":
            return False
        return None if self.auto_eks == "ALL" else True

    def put(self, account_ids: Iterable[str], standing: Standing) -> set[str]:
        """Start, stop, disassociate; the accounts that can't be processed. No feature changes."""
        unprocessed = set()
        for account_id in account_ids:
            account = self.account(account_id)
            if account.standing is Standing.NONE:
                unprocessed.add(account_id)
            else:
                account.standing = standing
                if standing is Standing.ACTIVE:
                    # ALL finds it a member: that its settings are applied again is not told.
                    account.membership = None
        return unprocessed

    def everything_is_certain(self) -> bool:
        """Whether a day from now can be told without looking in between."""
        reaches = [
            reach
            for account in self.accounts.values()
            for reach in (account.membership, account.feature)
        ]
        return all(reach is None or reach.certain for reach in reaches)

    def advance(self, hours: float) -> None:
        """Time passes: an ALL may arrive, and after 24 hours it has.

        It is unseen where there is nothing for it to change.
        """
        self.hour += hours
        for account in self.accounts.values():
            account.just_taken_up = False
            if _has_arrived(account.membership, self.hour):
                self._take_up(account)
                account.just_taken_up = False
            if _has_arrived(account.feature, self.hour):
                account.eks, account.feature = True, None
            if account.feature is not None and account.eks is not False:
                account.feature.certain = False

    def observe(self, account_id: str, seen: Seen) -> None:
        """Hold what is true of an account against the model; what has arrived by now is noted.

        Raises:
            AssertionError: no page explains it.
        """
        account = self.account(account_id)
        is_administrator = account_id == self.administrator
        if seen.standing is Standing.ACTIVE is not account.standing and account.membership:
            self._take_up(account)
            account.just_taken_up = False
        elif account.standing is Standing.NONE and not is_administrator and account.feature:
            # It is for members: it may pass an account by that is none, for now.
            account.feature.certain = False
        if account.eks is False and seen.eks and account.feature:
            account.eks, account.feature = True, None
        assert (account.eks, account.standing) == (seen.eks, seen.standing), account_id
        if account.membership is not None and self.hour >= account.membership.until:
            account.membership = None
        if account.feature is not None and self.hour >= account.feature.until:
            account.feature = None

    def _take_up(self, account: Account) -> None:
        account.standing = Standing.ACTIVE
        account.just_taken_up = True
        account.membership = None
        account.eks = bool(account.eks) or self.auto_eks != "NONE"
        if account.feature is not None:
            # The settings were applied to it just now: whether they come again is not told.
            account.feature.certain = False


def _has_arrived(reach: Reach | None, hour: float) -> bool:
    return reach is not None and reach.certain and hour >= reach.until


def seen(actual: Mapping[str, str | None]) -> Seen:
    """What the sandbox's actual state says of an account, in the model's words."""
    eks, relationship = actual["eksAuditLogs"], actual["relationship"]
    associated = {standing.value: standing for standing in Standing}
    return Seen(
        None if eks is None else eks == "ENABLED",
        associated.get(relationship or "", Standing.NONE),
    )
