"""A circuit breaker: once AWS is silent for too long, a run makes no more calls and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.failures import Retry, classify
from guardduty_eks_audit_logs.errors import CredentialsError, RunCancelledError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardduty_eks_audit_logs.aws.patience import Patience

SILENCE = 300
"""After so many seconds in which AWS answered no call, the calls that are left are not made."""

Answer = TypeVar("Answer")


class CircuitBreaker:
    """Makes the calls of a run until there is a reason to make no more.

    It opens when AWS has answered nothing for `SILENCE`, and when AWS does not accept the
    credentials any more. Safe to use from several threads.

    Args:
        patience: its clock counts, and whether the run is cancelled.
    """

    def __init__(self, patience: Patience) -> None:
        self._now, self._cancelled = patience.now, patience.cancelled
        self._answered = self._now()
        self._reason: UserError | None = None

    @property
    def is_open(self) -> bool:
        """Whether no more calls are made."""
        return self._reason is not None

    def call(self, ask: Callable[[], Answer]) -> Answer:
        """Makes one call.

        Raises:
            RunCancelledError: the run is cancelled; the call was not made.
            UserError: the call failed; or the breaker is open, with the failure that opened it.
        """
        if self._cancelled():
            raise RunCancelledError(messages.run_cancelled())
        if self._reason:
            raise self._reason
        try:
            answer = ask()
        except UserError as error:
            self._note_failure(error)
            raise
        self._answered = self._now()
        return answer

    def _note_failure(self, error: UserError) -> None:
        if isinstance(error, CredentialsError):
            # They have expired, or a role is lost: no other call will do better.
            self._reason = error
        elif classify(error) is not Retry.SOON:
            self._answered = self._now()
        elif self._now() - self._answered >= SILENCE:
            self._reason = error
