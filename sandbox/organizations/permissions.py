"""Who may ask AWS Organizations what.

The management account may do everything. A delegated administrator reads the organization as the
management account does; any member may look at its own place in it, answer invitations and leave
(Organizations user guide, delegated administrators; the API reference's pages name the callers).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sandbox.organizations.errors import access_denied, not_in_use

if TYPE_CHECKING:
    from sandbox.accounts import Accounts

FOR_ANY_ACCOUNT: Final = frozenset(
    {"AcceptHandshake", "DeclineHandshake", "DescribeHandshake", "ListHandshakesForAccount"}
)
"""An account in no organization can see and answer its invitations, nothing else."""
FOR_ANY_MEMBER: Final = FOR_ANY_ACCOUNT | {
    "DescribeEffectivePolicy",
    "DescribeOrganization",
    "LeaveOrganization",
}
FOR_DELEGATED_ADMINISTRATORS: Final = re.compile(r"(Describe|List)\w+")


def check(operation: str, account_id: str, accounts: Accounts) -> None:
    """Refuse what an account may not ask.

    Args:
        operation: the API's name of the operation.
        account_id: who calls.
        accounts: the organization.

    Raises:
        OrganizationsError: the caller is in no organization, or has no right to do this.
    """
    if accounts.joined_at(account_id) is None:
        if operation not in FOR_ANY_ACCOUNT:
            raise not_in_use()
    elif account_id != accounts.management_account and operation not in FOR_ANY_MEMBER:
        may_read = accounts.is_delegated_administrator(account_id)
        if not may_read or FOR_DELEGATED_ADMINISTRATORS.fullmatch(operation) is None:
            raise access_denied()
