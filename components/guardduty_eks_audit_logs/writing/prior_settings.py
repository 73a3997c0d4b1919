"""The lifecycle of `PriorSettings`: records, keeps and releases; without Pulumi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import UnreleasedError, UserError
from guardduty_eks_audit_logs.messages.catalogue import as_refusals
from guardduty_eks_audit_logs.model import UNKNOWN, AccountId, DetectorId, FeatureStatus, Setting
from guardduty_eks_audit_logs.planning.release import Release, Released, release_summary
from guardduty_eks_audit_logs.reading.prior_settings import read_prior_settings, read_prior_statuses
from guardduty_eks_audit_logs.settings.configuration import OnRelease
from guardduty_eks_audit_logs.settings.faults import LISTED
from guardduty_eks_audit_logs.settings.max_disabled import MaxDisabled
from guardduty_eks_audit_logs.state.properties import (
    LEAVE,
    PriorSettingsInputs,
    PriorSettingsOutputs,
)
from guardduty_eks_audit_logs.writing.release import do_release, find_release, refuse_too_many
from guardduty_eks_audit_logs.writing.restore import restore_settings
from guardduty_eks_audit_logs.writing.run_context import (
    Difference,
    acting_as_the_state_says,
    find_difference,
)
from guardduty_eks_audit_logs.writing.run_notes import (
    has_failed,
    is_outdated,
    is_record_kept,
    note_generation,
    note_read,
    note_recorded,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
    from guardduty_eks_audit_logs.writing.run_context import RunContext

_OWNER = ("region", "administrator_account_id")
"""The record is of an account in a region: it outlives a detector that is made anew."""

_ASKS = (
    "revision",
    "detector_id",
    "on_release",
    "max_disabled",
    "retry_minutes",
    "identity",
)
"""The inputs that cause an update when they change."""


class PriorSettingsLifecycle:
    """Records what is there before every other write, and releases what the plan says.

    Nothing that the stack itself wrote is ever recorded: an account's record is in the state before
    its first write, and stays there until the account has been released.

    Args:
        context: of the run.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context

    @staticmethod
    def diff(last: PriorSettingsOutputs, wanted: PriorSettingsInputs) -> Difference:
        """Compares what a run left with what one is to do; no I/O."""
        return find_difference(last, wanted, owner=_OWNER, asks=_ASKS)

    def create(self, wanted: PriorSettingsInputs) -> PriorSettingsOutputs:
        """Begins a ledger, or takes over that of another resource (the input `record`)."""
        return self._act(wanted, wanted.generation + 1)

    def read(self, last: PriorSettingsOutputs) -> None:
        """Notes that the record is in the state; what was there before does not change.

        It stays even if the detector was deleted: the members still have what the stack gave them.
        """
        with acting_as_the_state_says():
            self._context.owned_session(last)
        note_read(last)

    def update(
        self, last: PriorSettingsOutputs, wanted: PriorSettingsInputs
    ) -> PriorSettingsOutputs:
        """Records accounts that are new, and releases others.

        One that AWS did not set stays in the ledger, with AWS's reason; the next run tries again.

        Raises:
            UserError: something could not be read, or the program has not read its own state and
                would lose what is recorded; nothing is written then.
        """
        missing = last.before.keys() - wanted.record.keys()
        if missing:
            raise UnreleasedError(messages.record_incomplete(wanted.region, missing))
        return self._act(wanted, last.generation)

    def delete(self, last: PriorSettingsOutputs) -> None:
        """Releases all accounts.

        In a run that keeps the record, another resource has it by now: nothing is released. Nor is
        it by a record that a later one has replaced, and that a failed run has left behind. Only
        what differs is written: a repeated delete goes on where the last one ended.

        Raises:
            UserError: it would turn off too many members, and nothing is written; or accounts are
                left that could not be set.
        """
        if has_failed("prior", last):
            raise UnreleasedError(messages.record_not_taken_over(last.region))
        if is_record_kept("prior", last):
            return
        outdated = is_outdated(last)
        note_generation(last)
        if outdated or last.on_release is OnRelease.LEAVE:
            return
        with acting_as_the_state_says():
            api = self._context.owned_session(last).guardduty
        # The record outlives its detector: with one made anew, members have what the stack gave.
        detector_id = api.detector_id()
        if detector_id is None:
            self._context.log_line(messages.detector_gone(last.region, str(last.detector_id)))
            return
        before = {AccountId(account): status for account, status in sorted(last.before.items())}
        release = find_release(api, detector_id, last.on_release, before)
        refuse_too_many(api, detector_id, release, last.on_release, self._limit(last))
        if last.on_release is OnRelease.RESTORE:
            restore_settings(api, detector_id, last.settings_before, self._context.log_line)
        released = do_release(
            api,
            detector_id,
            release,
            self._context.patience(last.retry_minutes),
            self._context.log_line,
        )
        if before:
            off = released.release.turning_off
            named = f" {messages.turned_off(off, LISTED)}" if off else ""
            self._context.log_line(f"{release_summary(released, last.on_release)}{named}")
        if released.unreleased:
            reasons = {str(a): why for a, why in released.unreleased.items()}
            raise UnreleasedError(messages.unreleased_on_destroy(last.region, reasons))

    def _limit(self, last: PriorSettingsOutputs) -> MaxDisabled:
        """The limit of the configuration that the engine gives, else that of the last run.

        In `pulumi up` that is the configuration of now; on destroy it is the last run's.
        """
        configured = self._context.configured("maxDisabled")
        if configured in {None, ""}:
            return last.max_disabled
        try:
            return MaxDisabled.parse(configured)
        except ValueError as error:
            (malformed,) = as_refusals(error.args)
            raise UserError(malformed.after("maxDisabled: ", "maxDisabled")) from None

    def _act(self, wanted: PriorSettingsInputs, generation: int) -> PriorSettingsOutputs:
        api = self._context.owned_session(wanted).guardduty
        detector_id = DetectorId(wanted.detector_id)
        before = self._recorded(api, detector_id, wanted)
        note_recorded(wanted)
        settings = read_prior_settings(api, detector_id, wanted.settings, wanted.settings_before)
        if wanted.release_all:
            self._restore(api, wanted, settings)
            settings = {}
        done = self._release(api, detector_id, wanted)
        # An account that could not be set stays in the ledger: with a reason, or if it is inactive.
        released = wanted.release.keys() - done.unreleased.keys() - done.release.inactive.keys()
        return PriorSettingsOutputs(
            region=wanted.region,
            administrator_account_id=wanted.administrator_account_id,
            detector_id=wanted.detector_id,
            retry_minutes=wanted.retry_minutes,
            identity=wanted.identity,
            revision=wanted.revision,
            generation=generation,
            before={a: status for a, status in before.items() if a not in released},
            settings_before=settings,
            unreleased={str(a): why for a, why in done.unreleased.items()},
            on_release=wanted.on_release,
            max_disabled=wanted.max_disabled,
        )

    def _restore(
        self, api: GuardDutyApi, wanted: PriorSettingsInputs, settings: Mapping[Setting, str]
    ) -> None:
        if wanted.on_release is not OnRelease.RESTORE:
            return
        detector_id = api.detector_id()
        if detector_id is None:
            self._context.log_line(messages.detector_gone(wanted.region, str(wanted.detector_id)))
            return
        restore_settings(api, detector_id, settings, self._context.log_line)

    def _recorded(
        self, api: GuardDutyApi, detector_id: DetectorId, wanted: PriorSettingsInputs
    ) -> dict[str, FeatureStatus]:
        known = {a: FeatureStatus(s) for a, s in wanted.record.items() if s != UNKNOWN}
        unknown = [AccountId(a) for a in sorted(wanted.record) if a not in known]
        if not unknown:
            return known
        time = self._context.patience(wanted.retry_minutes)
        return known | dict(
            read_prior_statuses(api, detector_id, unknown, time, self._context.log_line)
        )

    def _release(
        self, api: GuardDutyApi, detector_id: DetectorId, wanted: PriorSettingsInputs
    ) -> Released:
        changing = {
            AccountId(account): FeatureStatus(change.rpartition(" ")[2])
            for account, change in sorted(wanted.release.items())
            if change != LEAVE
        }
        if not changing:
            return Released(Release(), {})
        time = self._context.patience(wanted.retry_minutes)
        released = do_release(
            api, detector_id, Release(changing=changing), time, self._context.log_line
        )
        self._context.log_line(release_summary(released, wanted.on_release))
        return released
