"""Who may ask AWS Organizations what.

The management account may do everything. A delegated administrator reads the organization as the
management account does; any member may look at its own place in it, answer invitations and leave
(Organizations user guide, delegated administrators; the API reference's pages name the callers).
What the delegation policy allows comes on top.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from aws_sandbox.organizations.errors import access_denied, not_in_use

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_sandbox.accounts import Accounts
    from aws_sandbox.organizations.delegation import Delegation

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


def check(
    operation: str,
    account_id: str,
    parameters: Mapping[str, Any],
    accounts: Accounts,
    delegation: Delegation,
) -> None:
    """Refuse what an account may not ask.

    Args:
        operation: the API's name of the operation.
        account_id: who calls.
        parameters: the call's; a member asks for no other account's effective policy.
        accounts: the organization.
        delegation: its delegation policy.

    Raises:
        OrganizationsError: the caller is in no organization, or has no right to do this.
    """
    if accounts.joined_at(account_id) is None:
        if operation not in FOR_ANY_ACCOUNT:
            raise not_in_use()
        return
    own = parameters.get("TargetId", account_id) == account_id
    if account_id == accounts.management_account or (own and operation in FOR_ANY_MEMBER):
        return
    may_read = accounts.is_delegated_administrator(account_id)
    if may_read and FOR_DELEGATED_ADMINISTRATORS.fullmatch(operation) is not None:
        return
    if not delegation.allows(account_id, operation, parameters):
        raise access_denied()
