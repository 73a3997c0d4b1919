"""One region of the coverage, read as far as AWS lets the caller; a refusal is no error here."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.batches import at_once, batches
from guardduty_eks_audit_logs.errors import ACCESS_DENIED, WHO_ASKS, ServiceError, UserError
from guardduty_eks_audit_logs.model import MemberStatuses
from guardduty_eks_audit_logs.reading.costs import read_trial_days
from guardduty_eks_audit_logs.reading.member_statuses import joined
from guardduty_eks_audit_logs.reports.coverage.standing import ASSOCIATED
from guardduty_eks_audit_logs.reports.coverage.what_was_read import RegionRead, Role
from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.model import AccountId, DetectorId, Membership
    from guardduty_eks_audit_logs.progress import Report
    from guardduty_eks_audit_logs.reading.shared_organization import SharedOrganization
    from guardduty_eks_audit_logs.settings.configuration import Settings


def read_region(
    session: Session,
    stack: str,
    settings: Settings | None,
    organization: SharedOrganization,
    report: Report,
) -> RegionRead:
    """Reads one region.

    Args:
        session: the caller's, in the region.
        stack: whose settings they are; empty without stacks.
        settings: the stack's, in any mode but `delegation`; None without stacks.
        organization: the caller's.
        report: gets lines of progress.
    """
    return _Reader(session, stack, settings, organization, report).read()


class _Reader:
    """What has been read of one region so far."""

    def __init__(
        self,
        session: Session,
        stack: str,
        settings: Settings | None,
        organization: SharedOrganization,
        report: Report,
    ) -> None:
        self._session = session
        self._api = session.guardduty
        self._settings = settings
        self._mode = settings.mode if settings else None
        self._organization = organization
        self._report = report
        self._read = RegionRead(
            session.region,
            stack,
            settings,
            datetime.now(UTC),
            caller=session.caller,
            partition=session.partition,
            role=Role.ALONE if self._mode is Mode.STANDALONE else Role.ADMINISTRATOR,
            of_organization=self._mode is Mode.ORGANIZATION,
        )

    def read(self) -> RegionRead:
        detector_id = self._own_detector()
        if detector_id and not self._read.reason:
            self._administration(detector_id)
        if detector_id and self._read.role is Role.ADMINISTRATOR and not self._read.reason:
            self._members(detector_id)
        if self._read.of_organization:
            self._read = self._organization.added_to(self._read)
        elif self._read.role is Role.ADMINISTRATOR:
            # Members by invitation are not the organization's: at most, it has some names.
            with suppress(UserError):
                self._take(accounts=self._organization.accounts())
        if detector_id and self._read.offered:
            self._statuses(detector_id)
            self._trial_days(detector_id)
        if self._read.of_organization:
            self._policies()
        return self._read

    def _own_detector(self) -> DetectorId | None:
        try:
            detector_id = self._api.detector_id()
            if detector_id:
                self._take(detector=self._api.detector(detector_id))
        except UserError as error:
            self._take(detector_unread=str(error))
            self._fail_to_know_the_caller(str(error))
            return None
        if detector_id is None and self._settings is None:
            self._find_role_without_detector()
        if detector_id is None and self._read.role is Role.ADMINISTRATOR:
            self._fail(messages.no_detector_to_ask(self._session.caller))
        return detector_id

    def _find_role_without_detector(self) -> None:
        """Asks AWS Organizations: GuardDuty tells only accounts that have a detector."""
        try:
            delegated = self._organization.has_administrator(self._session.caller)
        except UserError as error:
            self._take(role=Role.UNKNOWN, of_organization=True)
            self._fail(messages.administrators_not_read(str(error)))
        else:
            role = Role.ADMINISTRATOR if delegated else Role.ALONE
            self._take(role=role, of_organization=delegated)

    def _administration(self, detector_id: DetectorId) -> None:
        """Finds out what the caller is here, as far as the mode leaves it open."""
        try:
            administrator = self._api.own_membership(detector_id)
        except UserError as error:
            self._take(role=Role.UNKNOWN)
            self._fail_to_know_the_caller(str(error))
            return
        if administrator:
            # A member may not ask about the organization.
            self._take(administrator=administrator, role=Role.MEMBER, of_organization=False)
            if self._mode in {Mode.ORGANIZATION, Mode.INVITATION}:
                caller = self._session.caller
                self._fail(messages.reads_itself_only(caller, administrator.account))
        elif self._mode in {Mode.ORGANIZATION, None}:
            self._auto_enable(detector_id)

    def _auto_enable(self, detector_id: DetectorId) -> None:
        try:
            self._take(organization=self._api.organization(detector_id), of_organization=True)
        except UserError as error:
            reason = _no_administrator(error)
            if reason is None:
                self._problem(messages.auto_enable_not_read(str(error)))
            elif self._mode is Mode.ORGANIZATION:
                self._take(role=Role.ALONE)
                self._fail(messages.no_administrator(self._session.caller, reason))

    def _members(self, detector_id: DetectorId) -> None:
        try:
            members = self._api.members(detector_id)
        except UserError as error:
            self._fail_to_know_the_caller(str(error))
            return
        if self._settings is None and not self._read.of_organization:
            # Nobody says what the caller is: its members do.
            of_organization = any(not member.invited for member in members)
            role = Role.ADMINISTRATOR if members else Role.ALONE
            self._take(role=role, of_organization=of_organization)
        self._take(members={member.account: member for member in members})

    def _statuses(self, detector_id: DetectorId) -> None:
        asked = [m.account for m in self._of_status(*ASSOCIATED)]
        progress = _Progress(self._session.region, len(asked), self._report)
        unanswered: set[AccountId] = set()

        def read(batch: Sequence[AccountId]) -> MemberStatuses:
            try:
                return self._api.member_statuses(detector_id, batch)
            except UserError as error:
                unanswered.update(batch)
                return MemberStatuses({}, dict.fromkeys(batch, str(error)))
            finally:
                progress.add(len(batch))

        statuses = joined(at_once(read, batches(asked)))
        self._take(statuses=statuses, unanswered=frozenset(unanswered))
        # GuardDuty is suspended for the others: AWS may have no status of them.
        expected = unanswered.union(m.account for m in self._of_status("Enabled"))
        unread = Counter(why for a, why in statuses.unprocessed.items() if a in expected)
        for reason, number in unread.items():
            self._problem(messages.members_not_read(number, reason))

    def _trial_days(self, detector_id: DetectorId) -> None:
        members = [member.account for member in self._of_status("Enabled")]
        trials = read_trial_days(self._api, detector_id, [self._session.caller, *members])
        self._take(trial_days=trials.remaining)
        for reason, number in Counter(trials.unprocessed.values()).items():
            self._problem(messages.trials_not_read(number, reason))

    def _of_status(self, *relationship: str) -> Iterable[Membership]:
        members = (self._read.members or {}).values()
        return (member for member in members if member.relationship_status in relationship)

    def _policies(self) -> None:
        detector = self._read.detector
        if not self._read.statuses.managed and not (detector and detector.managed):
            return
        try:
            self._take(policies=self._organization.policies())
        except UserError as error:
            # The same for all regions, so it does not name one.
            self._add_problem(messages.policies_not_read(str(error)))

    def _take(self, **found: object) -> None:
        self._read = replace(self._read, **found)  # type: ignore[arg-type]

    def _fail_to_know_the_caller(self, reason: str) -> None:
        """GuardDuty does not say what the caller is; without stacks, AWS Organizations may."""
        if self._settings is None and not self._read.of_organization:
            try:
                delegated = self._organization.has_administrator(self._session.caller)
            except UserError:
                delegated = True  # its accounts may be read, or are unknown
            self._take(of_organization=delegated)
        self._fail(reason)

    def _fail(self, reason: str) -> None:
        """The region can't be read any further."""
        self._take(reason=reason)
        self._problem(reason)

    def _problem(self, sentence: str) -> None:
        self._add_problem(messages.in_place(self._read.region, self._read.stack, sentence))

    def _add_problem(self, sentence: str) -> None:
        self._take(problems=(*self._read.problems, sentence))


class _Progress:
    """Counts members; the batches are read side by side."""

    def __init__(self, region: str, members: int, report: Report) -> None:
        self._region = region
        self._members = members
        self._report = report
        self._read = 0
        self._lock = Lock()

    def add(self, number: int) -> None:
        with self._lock:
            self._read += number
            self._report(messages.members_read(self._region, self._read, self._members))


def _no_administrator(error: UserError) -> str | None:
    """Gives AWS's reason if it says that the caller is no administrator, and lacks no right."""
    if isinstance(error, ServiceError) and error.code in WHO_ASKS - ACCESS_DENIED:
        return error.reason
    return None
