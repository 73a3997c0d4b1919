"""The session by which a program reads AWS."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING

import pulumi

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.regions import is_known
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.aws.watch import READING_SECONDS, End, Stop
from guardduty_eks_audit_logs.errors import ConnectionFailedError, CredentialsError
from guardduty_eks_audit_logs.program.configuration import is_secret

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.errors import UserError
    from guardduty_eks_audit_logs.messages.catalogue import Message
    from guardduty_eks_audit_logs.progress import Report
    from guardduty_eks_audit_logs.settings.identity import Identity
    from guardduty_eks_audit_logs.settings.stack_identity import Configuration


def connect(
    who: Configuration | Identity, region: str | None = None, stop: Stop | None = None
) -> Session:
    """Opens the session by which a program reads AWS; it has a time limit and shows progress.

    Credentials that the stack's configuration has in clear are refused.

    Args:
        who: the configuration or the identity, see `aws.session.open_session`.
        region: where, if not as the configuration says.
        stop: ends all that the session asks once it is set.

    Raises:
        UserError: see there.
    """
    return open_session(who, region, is_secret, _progress(), End(READING_SECONDS, stop or Stop()))


def sentence_with_region(error: UserError, region: str | None) -> Message:
    """An error's sentence; it adds that AWS may not have the region, since AWS does not say so."""
    (refusal,) = error.refusals
    asked_in_vain = isinstance(error, ConnectionFailedError | CredentialsError)
    if not asked_in_vain or not region or is_known(region):
        return refusal
    return refusal.before(messages.perhaps_no_region(region))


def _progress() -> Report:
    """Shows progress: the engine prints a line at once, and not again at the end.

    The SDK keeps its engine in context variables, which a thread does not have by itself.
    """
    context = copy_context()

    def report(line: str) -> None:
        # Several threads may report at once, and a context is entered by one at a time.
        context.copy().run(pulumi.log.info, line, ephemeral=True)

    return report
