"""The session by which a program reads AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.regions import is_known
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.aws.watch import READING_SECONDS
from guardduty_eks_audit_logs.errors import ConnectionFailedError, CredentialsError
from guardduty_eks_audit_logs.program.configuration import is_secret

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.errors import UserError
    from guardduty_eks_audit_logs.messages.catalogue import Message
    from guardduty_eks_audit_logs.settings.identity import Identity
    from guardduty_eks_audit_logs.settings.stack_identity import Configuration


def connect(who: Configuration | Identity, region: str | None = None) -> Session:
    """Opens the session by which a program reads AWS; it has a time limit and shows progress.

    Credentials that the stack's configuration has in clear are refused.

    Args:
        who: the configuration or the identity, see `aws.session.open_session`.
        region: where, if not as the configuration says.

    Raises:
        UserError: see there.
    """
    return open_session(who, region, is_secret, _log_progress, READING_SECONDS)


def sentence_with_region(error: UserError, region: str | None) -> Message:
    """An error's sentence; it adds that AWS may not have the region, since AWS does not say so."""
    (refusal,) = error.refusals
    asked_in_vain = isinstance(error, ConnectionFailedError | CredentialsError)
    if not asked_in_vain or not region or is_known(region):
        return refusal
    return refusal.before(messages.perhaps_no_region(region))


def _log_progress(line: str) -> None:
    """Shows progress: the engine prints the line at once, and not again at the end."""
    pulumi.log.info(line, ephemeral=True)
