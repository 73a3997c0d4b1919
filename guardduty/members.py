"""Reads and sets EKS_AUDIT_LOGS of member accounts, 50 in a call and a few calls at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_result, stop_before_delay, wait_random_exponential

from guardduty import messages
from guardduty.batches import at_once, batches
from guardduty.errors import ServiceError, UserError
from guardduty.failures import is_about_the_accounts, is_not_associated, is_transient
from guardduty.model import (
    AccountId,
    DetectorId,
    FeatureStatus,
    Membership,
    MemberStatuses,
)

if TYPE_CHECKING:
    from guardduty.api import GuardDutyApi

Report = Callable[[str], None]
"""Tells a user of progress: one line of text."""


@dataclass(frozen=True)
class Patience:
    """How long failures that time may cure are tried again.

    Attributes:
        seconds: no new attempt begins after this long; 0 means one attempt.
        sleep: waits the given number of seconds.
    """

    seconds: float = 300
    sleep: Callable[[float], None] = time.sleep


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


def read_member_statuses(
    api: GuardDutyApi, detector_id: DetectorId, accounts: Sequence[AccountId]
) -> MemberStatuses:
    """Reads EKS_AUDIT_LOGS of any number of members (GetMemberDetectors, 50 a call).

    Raises:
        UserError: a whole call failed.
    """
    parts = at_once(lambda batch: api.member_statuses(detector_id, batch), batches(accounts))
    return _joined(parts)


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

    Args:
        api: GuardDuty in the region, as the delegated administrator.
        detector_id: the administrator's detector.
        wanted: the status for each account.
        patience: how long to try again what time may cure; 5 minutes if not given.
        report: told of progress.
    """
    patience = patience or Patience()
    work = _Work(api, detector_id, dict(wanted))
    work.read()
    if work.pending:
        report(messages.setting_members(len(work.pending), len(wanted)))
        Retrying(
            retry=retry_if_result(bool),
            wait=wait_random_exponential(multiplier=1, max=60),
            stop=stop_before_delay(patience.seconds),
            sleep=patience.sleep,
            before_sleep=lambda state: report(
                messages.trying_again(len(work.pending), state.upcoming_sleep)
            ),
            retry_error_callback=lambda _: None,
        )(work.attempt)
    return Outcome(work.statuses, work.unprocessed, work.written, work.attempts)


@dataclass
class _Work:
    """The accounts of one run on their way from pending to set or unprocessed."""

    api: GuardDutyApi
    detector_id: DetectorId
    wanted: Mapping[AccountId, FeatureStatus]
    pending: list[AccountId] = field(default_factory=list)
    statuses: dict[AccountId, FeatureStatus] = field(default_factory=dict)
    unprocessed: dict[AccountId, str] = field(default_factory=dict)
    written: int = 0
    attempts: int = 0
    hopeless: bool = False

    def read(self) -> None:
        """Finds the accounts that differ; one that can't be read is tried all the same."""
        for part in at_once(self._read_batch, batches(list(self.wanted))):
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
        for (status, batch), result in zip(calls, at_once(self._write, calls), strict=True):
            refused.update(result.unprocessed)
            self.unprocessed.update(result.failed)
            for account in batch:
                if account not in result.unprocessed and account not in result.failed:
                    self.statuses[account] = status
                    self.unprocessed.pop(account, None)
                    self.written += 1
        self.unprocessed.update(refused)
        members = self._memberships([a for a, why in refused.items() if is_not_associated(why)])
        self.pending = [a for a, why in refused.items() if is_transient(why, members.get(a))]
        for account in self.unprocessed:
            self.statuses.pop(account, None)
        return bool(self.pending)

    def _read_batch(self, batch: Sequence[AccountId]) -> MemberStatuses:
        try:
            return self.api.member_statuses(self.detector_id, batch)
        except UserError as error:
            return MemberStatuses({}, dict.fromkeys(batch, str(error)))

    def _write(self, call: tuple[FeatureStatus, Sequence[AccountId]]) -> _Written:
        status, batch = call
        try:
            return _Written(self.api.set_member_status(self.detector_id, batch, status), {})
        except ServiceError as error:
            if len(batch) == 1 or self.hopeless or not is_about_the_accounts(error):
                return _Written({}, dict.fromkeys(batch, str(error)))
            middle = len(batch) // 2
            halves = self._write((status, batch[:middle])).and_(
                self._write((status, batch[middle:]))
            )
            # Not one account of it could be set alone: no other batch is worth halving.
            self.hopeless |= len(halves.failed) == len(batch)
            return halves
        except UserError as error:
            return _Written({}, dict.fromkeys(batch, str(error)))

    def _memberships(self, accounts: Sequence[AccountId]) -> dict[AccountId, Membership]:
        found: dict[AccountId, Membership] = {}
        for batch in batches(accounts):
            try:
                members = self.api.memberships(self.detector_id, batch)
            except UserError:
                # Then nothing is known of them, and the refusal that they had stands.
                continue
            found.update((member.account, member) for member in members)
        return found


@dataclass(frozen=True)
class _Written:
    """What one batch came to: AWS's UnprocessedAccounts, and the accounts of failed calls."""

    unprocessed: Mapping[AccountId, str]
    failed: Mapping[AccountId, str]

    def and_(self, other: _Written) -> _Written:
        return _Written({**self.unprocessed, **other.unprocessed}, {**self.failed, **other.failed})


def _joined(parts: Iterable[MemberStatuses]) -> MemberStatuses:
    statuses: dict[AccountId, FeatureStatus] = {}
    unprocessed: dict[AccountId, str] = {}
    for part in parts:
        statuses.update(part.statuses)
        unprocessed.update(part.unprocessed)
    return MemberStatuses(statuses, unprocessed)
