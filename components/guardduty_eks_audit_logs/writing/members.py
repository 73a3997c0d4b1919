"""Sets EKS_AUDIT_LOGS of member accounts, 50 in a call and a few calls at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.batches import at_once, batches
from guardduty_eks_audit_logs.aws.failures import Retry, classify
from guardduty_eks_audit_logs.aws.patience import Patience, attempt_until_done
from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.model import (
    BATCH,
    AccountId,
    DetectorId,
    FeatureStatus,
    MemberStatuses,
)
from guardduty_eks_audit_logs.reading.member_statuses import joined, worth_retrying
from guardduty_eks_audit_logs.writing.circuit_breaker import CircuitBreaker

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
    from guardduty_eks_audit_logs.progress import Report


@dataclass(frozen=True)
class Outcome:
    """What a run did to the members.

    Attributes:
        statuses: what each account has now, as far as AWS gave it.
        unprocessed: for every other account, AWS's reason.
        written: how many accounts were changed.
        attempts: how many rounds of writing it took, retries included.
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


@dataclass(frozen=True)
class Refusal:
    """Why one account could not be set.

    Attributes:
        reason: AWS's message.
        retry: when another attempt may succeed; `SPLIT` is left for an account that was refused
            alone, or whose batch is refused for a systematic cause.
    """

    reason: str
    retry: Retry


_Batch = tuple[FeatureStatus, Sequence[AccountId]]
"""What one call writes: at most 50 accounts, all to the same status."""

_Refusals = Mapping[AccountId, Refusal]
"""What became of one batch: the accounts that are not in it were set."""


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

    Accounts whose reason may pass with time are retried within the time limit, and so are those of
    a call that was throttled, failed (5xx) or got no answer. No more calls are made once the
    `CircuitBreaker` is open, or the run is cancelled. Otherwise the accounts that are left are
    read once more at the end: an account that has the wanted status, though the answer was lost or
    AWS refused it as done already, counts as set.

    Args:
        api: GuardDuty in the region, as the delegated administrator.
        detector_id: the administrator's detector.
        wanted: the status for each account.
        patience: how long to retry what may pass with time; 5 minutes if not given.
        report: gets a line of progress before the first write and before each pause.
    """
    patience = patience or Patience()
    writes = _Writes(api, detector_id, dict(wanted), CircuitBreaker(patience))
    writes.read()
    if writes.pending:
        report(messages.setting_members(len(writes.pending)))
        attempt_until_done(
            writes.attempt,
            lambda pause: report(messages.trying_again(len(writes.pending), pause)),
            patience,
        )
        if patience.cancelled():
            writes.note_cancelled()
        else:
            writes.look_again()
    return Outcome(writes.statuses, writes.unprocessed, writes.written, writes.attempts)


def without_a_record(
    api: GuardDutyApi,
    detector_id: DetectorId,
    wanted: Mapping[AccountId, FeatureStatus],
    reason: str,
) -> Outcome:
    """Reads members that are not to be set yet, since it is not recorded what they had before.

    An account that is as wanted by itself counts as set. The others are unprocessed, with AWS's
    reason if it still does not give their status, or else with the given reason.
    """
    breaker = CircuitBreaker(Patience())
    read = _read(api, detector_id, list(wanted), breaker)
    right = {a: s for a, s in read.statuses.items() if wanted[a] == s}
    left = [account for account in wanted if account not in right]
    reasons = {a: read.unprocessed.get(a, reason) for a in left}
    return Outcome(right, reasons, 0, 1)


def _read(
    api: GuardDutyApi,
    detector_id: DetectorId,
    accounts: Sequence[AccountId],
    breaker: CircuitBreaker,
) -> MemberStatuses:
    """Reads members; if a whole call fails, its accounts are unprocessed for that reason."""

    def read_batch(batch: Sequence[AccountId]) -> MemberStatuses:
        try:
            return breaker.call(lambda: api.member_statuses(detector_id, batch))
        except UserError as error:
            return MemberStatuses({}, dict.fromkeys(batch, str(error)))

    return joined(at_once(read_batch, batches(accounts)))


@dataclass
class _Writes:
    """The accounts of one run on their way from pending to set or unprocessed."""

    api: GuardDutyApi
    detector_id: DetectorId
    wanted: Mapping[AccountId, FeatureStatus]
    breaker: CircuitBreaker
    pending: list[AccountId] = field(default_factory=list)
    statuses: dict[AccountId, FeatureStatus] = field(default_factory=dict)
    unprocessed: dict[AccountId, str] = field(default_factory=dict)
    written: int = 0
    attempts: int = 0

    def read(self) -> None:
        """Finds the accounts that differ; one that can't be read is written all the same."""
        read = _read(self.api, self.detector_id, list(self.wanted), self.breaker)
        self.statuses.update(read.statuses)
        self.pending = [a for a, status in self.wanted.items() if self.statuses.get(a) != status]

    def attempt(self) -> bool:
        """Writes what is pending; returns whether accounts are left that are worth retrying."""
        self.attempts += 1
        refused: dict[AccountId, Refusal] = {}
        for result in self._write_all():
            refused.update(result)
        for account in self.pending:
            if account in refused:
                self.statuses.pop(account, None)
                self.unprocessed[account] = refused[account].reason
            else:
                self.statuses[account] = self.wanted[account]
                self.unprocessed.pop(account, None)
                self.written += 1
        retries = {account: refusal.retry for account, refusal in refused.items()}
        if self.breaker.is_open:
            retries = {}
        self.pending = worth_retrying(self.api, self.detector_id, retries)
        return bool(self.pending)

    def note_cancelled(self) -> None:
        """Says of the accounts that are still pending that the run ended before."""
        for account in self.pending:
            reason = self.unprocessed.get(account)
            self.unprocessed[account] = messages.run_cancelled(reason)

    def look_again(self) -> None:
        """Finds among the unprocessed accounts those that have their status all the same."""
        read = _read(self.api, self.detector_id, list(self.unprocessed), self.breaker)
        for account, status in read.statuses.items():
            if status == self.wanted[account]:
                self.statuses[account] = status
                del self.unprocessed[account]
                self.written += 1

    def _write_all(self) -> Sequence[_Refusals]:
        """Writes what is pending in batches; splits those that are refused whole.

        The first full batch is split until each of its accounts was tried alone. If all of them
        are refused, the cause is probably systematic, and no account's. Then the first and the last
        account of each other batch are tried alone, and a batch is split unless both are refused.
        """
        calls: list[_Batch] = [
            (status, batch)
            for status in FeatureStatus
            for batch in batches([a for a in self.pending if self.wanted[a] == status])
        ]
        results = at_once(self._write, calls)
        whole = [n for n, result in enumerate(results) if _may_be_split(calls[n], result)]
        # Batches that are not full are two at most, one for each status.
        first = next((n for n in whole if len(calls[n][1]) == BATCH), None)
        split = self._split
        if first is not None:
            whole.remove(first)
            results[first] = self._split(calls[first])
            if _all_refused(calls[first], results[first]):
                split = self._split_after_probe
        for n, result in zip(whole, at_once(split, [calls[n] for n in whole]), strict=True):
            results[n] = result
        return results

    def _write(self, call: _Batch) -> dict[AccountId, Refusal]:
        status, batch = call
        try:
            unprocessed = self.breaker.call(
                lambda: self.api.set_member_status(self.detector_id, batch, status)
            )
        except UserError as error:
            return dict.fromkeys(batch, Refusal(str(error), classify(error)))
        return {account: Refusal(why, classify(why)) for account, why in unprocessed.items()}

    def _split(self, call: _Batch) -> dict[AccountId, Refusal]:
        """Writes the two halves of a batch that was refused whole, and so on."""
        status, batch = call
        middle = len(batch) // 2
        refused: dict[AccountId, Refusal] = {}
        for half in ((status, batch[:middle]), (status, batch[middle:])):
            result = self._write(half)
            refused |= self._split(half) if _may_be_split(half, result) else result
        return refused

    def _split_after_probe(self, call: _Batch) -> dict[AccountId, Refusal]:
        """Splits a batch unless its first and its last account are refused alone, too."""
        status, batch = call
        first, last = batch[:1], batch[-1:]
        probe = self._write((status, first))
        rest = batch[1:]
        if _all_refused((status, first), probe):
            probe |= self._write((status, last))
            if _all_refused((status, (*first, *last)), probe):
                return dict.fromkeys(batch, probe[first[0]]) | probe
            rest = batch[1:-1]
        if not rest:
            return probe
        return probe | (
            self._split((status, rest)) if len(rest) > 1 else self._write((status, rest))
        )


def _may_be_split(call: _Batch, refused: _Refusals) -> bool:
    """Whether a call was refused whole and may succeed with fewer accounts."""
    return len(call[1]) > 1 and _all_refused(call, refused)


def _all_refused(call: _Batch, refused: _Refusals) -> bool:
    """Whether each account is refused by an error of a call that may be another account's."""
    return len(refused) == len(call[1]) and all(
        refusal.retry is Retry.SPLIT for refusal in refused.values()
    )
