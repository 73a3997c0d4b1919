"""Reads and sets EKS_AUDIT_LOGS of member accounts, 50 in a call and a few calls at once."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from tenacity import Retrying, retry_if_result, stop_before_delay, wait_random_exponential

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.batches import at_once, batches
from guardduty_eks_audit_logs.aws.failures import (
    is_about_the_accounts,
    is_about_the_service,
    is_not_associated,
    is_transient,
)
from guardduty_eks_audit_logs.errors import (
    CredentialsError,
    RunCancelledError,
    ServiceError,
    UserError,
)
from guardduty_eks_audit_logs.model import (
    BATCH,
    AccountId,
    DetectorId,
    FeatureStatus,
    Membership,
    MemberStatuses,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
    from guardduty_eks_audit_logs.progress import Report

Answer = TypeVar("Answer")

SILENCE = 300
"""After so many seconds in which AWS answered no call, the calls that are left are not made."""


@dataclass(frozen=True)
class Patience:
    """How long failures that time may cure are tried again: of single accounts, and of whole calls.

    A throttled or failing UpdateMemberDetectors is tried by botocore just a few times, so that the
    two do not multiply; any other call is botocore's alone (`aws.session`).

    Attributes:
        seconds: no new attempt begins after this long; 0 means one attempt.
        sleep: waits the given number of seconds.
        now: a clock in seconds.
        cancelled: whether the run is to end: no new call is made then.
    """

    seconds: float = 300
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    cancelled: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Outcome:
    """What a run did to the members.

    Attributes:
        statuses: what each account has now, as far as AWS told.
        unprocessed: for every other account, AWS's reason.
        written: how many accounts were changed.
        attempts: how often accounts were tried that time might have cured.
    """

    statuses: Mapping[AccountId, FeatureStatus]
    unprocessed: Mapping[AccountId, str]
    written: int
    attempts: int

    def and_(self, other: Outcome) -> Outcome:
        """Joins it with what became of other accounts."""
        return Outcome(
            {**self.statuses, **other.statuses},
            {**self.unprocessed, **other.unprocessed},
            self.written + other.written,
            max(self.attempts, other.attempts),
        )


def read_member_statuses(
    api: GuardDutyApi, detector_id: DetectorId, accounts: Sequence[AccountId]
) -> MemberStatuses:
    """Reads EKS_AUDIT_LOGS of any number of members (GetMemberDetectors, 50 a call).

    Raises:
        UserError: a whole call failed.
    """
    parts = at_once(lambda batch: api.member_statuses(detector_id, batch), batches(accounts))
    return _joined(parts)


def read_settled_statuses(
    api: GuardDutyApi,
    detector_id: DetectorId,
    accounts: Sequence[AccountId],
    patience: Patience | None = None,
    report: Report = lambda _: None,
) -> MemberStatuses:
    """Reads EKS_AUDIT_LOGS, and again of those accounts of which time may let AWS tell.

    So an "Internal error", or an account that has just joined, is not taken for an answer.

    Args:
        api: GuardDuty in the region, as the administrator.
        detector_id: the administrator's detector.
        accounts: members.
        patience: how long to try again; 5 minutes if not given.
        report: told of progress.

    Raises:
        UserError: a whole call failed.
    """
    patience = patience or Patience()
    statuses: dict[AccountId, FeatureStatus] = {}
    managed: set[AccountId] = set()
    unprocessed: dict[AccountId, str] = dict.fromkeys(accounts, messages.run_cancelled())
    pending = list(accounts)

    def attempt() -> bool:
        read = read_member_statuses(api, detector_id, pending)
        statuses.update(read.statuses)
        managed.update(read.managed)
        for account in pending:
            unprocessed.pop(account)
        unprocessed.update(read.unprocessed)
        pending[:] = _curable(api, detector_id, read.unprocessed)
        return bool(pending)

    _try_again(attempt, lambda pause: report(messages.reading_again(len(pending), pause)), patience)
    return MemberStatuses(statuses, unprocessed, frozenset(managed))


def read_memberships(
    api: GuardDutyApi, detector_id: DetectorId, accounts: Sequence[AccountId]
) -> dict[AccountId, Membership]:
    """Reads how any number of accounts stand to the caller (GetMembers, 50 a call).

    Returns:
        the members among the accounts; one that is none is left out.

    Raises:
        UserError: a whole call failed.
    """
    parts = at_once(lambda batch: api.memberships(detector_id, batch), batches(accounts))
    return {member.account: member for part in parts for member in part}


def set_member_statuses(
    api: GuardDutyApi,
    detector_id: DetectorId,
    wanted: Mapping[AccountId, FeatureStatus],
    patience: Patience | None = None,
    report: Report = lambda _: None,
) -> Outcome:
    """Gives each member its status; writes only to accounts that have another one now.

    Rests on UpdateMemberDetectors: at most 50 accounts a call, HTTP 200 with UnprocessedAccounts
    for those that were not set. A failure of some accounts, or of whole calls, is no exception:
    the outcome names every account that is not as wanted, with AWS's reason.

    Accounts are tried again, within the time limit, for a reason of their own that time may cure,
    and so are those of a call that failed for the service's sake (throttled, 5xx, no answer). Once
    AWS has answered nothing for `SILENCE`, the calls that are left are not made, so that the run
    ends; nor are they once it is cancelled. Else what is left is looked at once more at the end:
    whoever has the wanted status, though the answer was lost or AWS refused it as done already,
    counts as set.

    Args:
        api: GuardDuty in the region, as the delegated administrator.
        detector_id: the administrator's detector.
        wanted: the status for each account.
        patience: how long to try again what time may cure; 5 minutes if not given.
        report: told of progress.
    """
    patience = patience or Patience()
    work = _Work(api, detector_id, dict(wanted), _Silence(patience.now), patience.cancelled)
    work.read()
    if work.pending:
        report(messages.setting_members(len(work.pending), len(wanted)))
        _try_again(
            work.attempt,
            lambda pause: report(messages.trying_again(len(work.pending), pause)),
            patience,
        )
        if patience.cancelled():
            work.give_up()
        else:
            work.look_again()
    return Outcome(work.statuses, work.unprocessed, work.written, work.attempts)


def without_a_record(
    api: GuardDutyApi,
    detector_id: DetectorId,
    wanted: Mapping[AccountId, FeatureStatus],
    reason: str,
) -> Outcome:
    """Looks at members that are not to be set yet, since nobody knows what they had before.

    Whoever is as wanted by itself counts as such; the others are unprocessed, with AWS's reason if
    it still does not tell, or else the one that is given.
    """
    work = _Work(api, detector_id, dict(wanted), _Silence(time.monotonic), lambda: False)
    told = _joined(at_once(work.read_batch, batches(list(wanted))))
    right = {a: s for a, s in told.statuses.items() if wanted[a] == s}
    left = [account for account in wanted if account not in right]
    reasons = {a: told.unprocessed.get(a, reason) for a in left}
    return Outcome(right, reasons, 0, 1)


def _try_again(
    attempt: Callable[[], bool], before_pause: Callable[[float], None], patience: Patience
) -> None:
    """Attempts with growing, random pauses until nothing is left to attempt, or it is to end."""
    time_is_over = stop_before_delay(patience.seconds)
    Retrying(
        retry=retry_if_result(bool),
        wait=wait_random_exponential(multiplier=1, max=60),
        stop=lambda state: patience.cancelled() or time_is_over(state),
        sleep=patience.sleep,
        before_sleep=lambda state: before_pause(state.upcoming_sleep),
        retry_error_callback=lambda _: None,
    )(lambda: not patience.cancelled() and attempt())


def _curable(
    api: GuardDutyApi, detector_id: DetectorId, refused: Mapping[AccountId, str]
) -> list[AccountId]:
    """Finds the accounts whose reason may pass with time."""
    strangers = [a for a, why in refused.items() if is_not_associated(why)]
    try:
        members = read_memberships(api, detector_id, strangers)
    except UserError:
        # Then nothing is known of them, and the refusal that they had stands.
        members = {}
    return [a for a, why in refused.items() if is_transient(why, members.get(a))]


class _Silence:
    """Whether AWS still answers; once it has been silent for too long, nothing more is asked.

    Nor is it once the credentials are not accepted any more.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._answered = now()
        self._reason: UserError | None = None

    @property
    def too_long(self) -> bool:
        """Whether nothing more is to be asked."""
        return self._reason is not None

    def check(self) -> None:
        """Raises the last failure again if nothing more is to be asked."""
        if self._reason:
            raise self._reason

    def answered(self) -> None:
        self._answered = self._now()

    def failed(self, error: UserError) -> None:
        if isinstance(error, CredentialsError):
            # They have expired, or a role is lost: no other call will do better.
            self._reason = error
        elif not is_about_the_service(error):
            self.answered()
        elif self._now() - self._answered >= SILENCE:
            self._reason = error


@dataclass
class _Work:
    """The accounts of one run on their way from pending to set or unprocessed."""

    api: GuardDutyApi
    detector_id: DetectorId
    wanted: Mapping[AccountId, FeatureStatus]
    silence: _Silence
    cancelled: Callable[[], bool]
    pending: list[AccountId] = field(default_factory=list)
    statuses: dict[AccountId, FeatureStatus] = field(default_factory=dict)
    unprocessed: dict[AccountId, str] = field(default_factory=dict)
    written: int = 0
    attempts: int = 0
    hopeless: bool = False

    def read(self) -> None:
        """Finds the accounts that differ; one that can't be read is tried all the same."""
        for part in at_once(self.read_batch, batches(list(self.wanted))):
            self.statuses.update(part.statuses)
        self.pending = [a for a, status in self.wanted.items() if self.statuses.get(a) != status]

    def attempt(self) -> bool:
        """Writes what is pending; whether accounts are left that time may cure."""
        self.attempts += 1
        calls = [
            (status, batch)
            for status in FeatureStatus
            for batch in batches([a for a in self.pending if self.wanted[a] == status])
        ]
        refused: dict[AccountId, str] = {}
        cut_off: dict[AccountId, str] = {}
        for (status, batch), result in zip(calls, at_once(self._write, calls), strict=True):
            refused.update(result.unprocessed)
            cut_off.update(result.cut_off)
            self.unprocessed.update(result.failed)
            left = {**result.unprocessed, **result.cut_off, **result.failed}
            for account in batch:
                if account not in left:
                    self.statuses[account] = status
                    self.unprocessed.pop(account, None)
                    self.written += 1
        self.unprocessed.update({**refused, **cut_off})
        self.pending = _curable(self.api, self.detector_id, refused)
        if not self.silence.too_long:
            self.pending += cut_off
        for account in self.unprocessed:
            self.statuses.pop(account, None)
        return bool(self.pending)

    def give_up(self) -> None:
        """Says of the accounts that are to be tried again that the run ends before."""
        for account in self.pending:
            reason = self.unprocessed.get(account)
            self.unprocessed[account] = messages.run_cancelled(reason)

    def look_again(self) -> None:
        """Finds among the accounts that are left those that have their status all the same."""
        for part in at_once(self.read_batch, batches(list(self.unprocessed))):
            for account, status in part.statuses.items():
                if status == self.wanted[account]:
                    self.statuses[account] = status
                    del self.unprocessed[account]
                    self.written += 1

    def read_batch(self, batch: Sequence[AccountId]) -> MemberStatuses:
        """Reads at most 50 members; of a call that fails, the reason for each of them."""
        try:
            return self._answer(lambda: self.api.member_statuses(self.detector_id, batch))
        except UserError as error:
            return MemberStatuses({}, dict.fromkeys(batch, str(error)))

    def _answer(self, call: Callable[[], Answer]) -> Answer:
        if self.cancelled():
            raise RunCancelledError(messages.run_cancelled())
        self.silence.check()
        try:
            answer = call()
        except UserError as error:
            self.silence.failed(error)
            raise
        self.silence.answered()
        return answer

    def _write(self, call: tuple[FeatureStatus, Sequence[AccountId]]) -> _Written:
        status, batch = call
        written = self._write_halved(status, batch)
        # Not one account of a full batch could be set alone: no other batch is worth halving.
        self.hopeless |= len(batch) == BATCH and len(written.failed) == len(batch)
        return written

    def _write_halved(self, status: FeatureStatus, batch: Sequence[AccountId]) -> _Written:
        """Writes a batch; one that is refused whole is halved until the bad account is alone."""
        try:
            return _Written(
                unprocessed=self._answer(
                    lambda: self.api.set_member_status(self.detector_id, batch, status)
                )
            )
        except UserError as error:
            reasons = dict.fromkeys(batch, str(error))
            if is_about_the_service(error):
                return _Written(cut_off=reasons)
            bad_one = isinstance(error, ServiceError) and is_about_the_accounts(error)
            if len(batch) == 1 or self.hopeless or not bad_one:
                return _Written(failed=reasons)
            middle = len(batch) // 2
            first = self._write_halved(status, batch[:middle])
            return first.and_(self._write_halved(status, batch[middle:]))


@dataclass(frozen=True)
class _Written:
    """What one batch came to, by account.

    Attributes:
        unprocessed: AWS's UnprocessedAccounts.
        cut_off: of calls that failed for the service's sake.
        failed: of calls that were refused.
    """

    unprocessed: Mapping[AccountId, str] = field(default_factory=dict)
    cut_off: Mapping[AccountId, str] = field(default_factory=dict)
    failed: Mapping[AccountId, str] = field(default_factory=dict)

    def and_(self, other: _Written) -> _Written:
        return _Written(
            {**self.unprocessed, **other.unprocessed},
            {**self.cut_off, **other.cut_off},
            {**self.failed, **other.failed},
        )


def _joined(parts: Iterable[MemberStatuses]) -> MemberStatuses:
    statuses: dict[AccountId, FeatureStatus] = {}
    unprocessed: dict[AccountId, str] = {}
    managed: set[AccountId] = set()
    for part in parts:
        statuses.update(part.statuses)
        unprocessed.update(part.unprocessed)
        managed |= part.managed
    return MemberStatuses(statuses, unprocessed, frozenset(managed))
