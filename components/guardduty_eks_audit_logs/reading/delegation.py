"""The delegated GuardDuty administrator of a region, as it is and as it is wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.errors import WHO_ASKS, ServiceError
from guardduty_eks_audit_logs.model import Delegation, Refused

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.model import AccountId


def read_delegation(session: Session, wanted: AccountId) -> Delegation:
    """Reads the delegated administrator from GuardDuty, and the wanted one from AWS Organizations.

    Args:
        session: the management account in a region.
        wanted: the account to designate.

    Raises:
        CredentialsError: see `aws.session`.
        ConnectionFailedError: no answer.
        ServiceError: GuardDuty failed, which says nothing about the caller.
    """
    region, caller, notices = session.region, session.caller, session.notices
    try:
        designated = session.guardduty.organization_administrator()
    except ServiceError as error:
        if error.code not in WHO_ASKS:
            raise
        refused = Refused(error.code, error.reason)
        return Delegation(region, caller, wanted, refused=refused, notices=notices)
    delegation = Delegation(
        region, caller, wanted, designated, identity=session.identity, notices=notices
    )
    try:
        status = session.organization.account_status(wanted)
        elsewhere = session.organization.guardduty_administrators() - {wanted}
    except ServiceError:
        # Organizations only confirms; GuardDuty itself refuses an account that it can't designate.
        return delegation
    return replace(
        delegation,
        status=status,
        unknown_account=status is None,
        elsewhere=elsewhere,
        others=_other_accounts(session),
    )


def _other_accounts(session: Session) -> int | None:
    try:
        return session.organization.account_count() - 1
    except ServiceError:
        return None
