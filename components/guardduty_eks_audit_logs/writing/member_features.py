"""The lifecycle of `MemberFeatures`: reads and sets EKS_AUDIT_LOGS of members; without Pulumi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.watch import READING_SECONDS
from guardduty_eks_audit_logs.model import AccountId, DetectorId, FeatureStatus, change
from guardduty_eks_audit_logs.reading.member_statuses import read_member_statuses
from guardduty_eks_audit_logs.state.properties import MemberFeaturesInputs, MemberFeaturesOutputs
from guardduty_eks_audit_logs.writing.members import set_member_statuses, without_a_record
from guardduty_eks_audit_logs.writing.run_context import (
    Difference,
    acting_as_the_state_says,
    find_difference,
)
from guardduty_eks_audit_logs.writing.run_notes import has_recorded

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.writing.run_context import RunContext

_OWNER = ("region", "administrator_account_id", "detector_id")
"""The inputs that say whose a resource is: another value of one is another resource."""

_ASKS = ("revision", "wanted", "retry_minutes", "identity")
"""The inputs that cause an update when they change."""


class MemberFeaturesLifecycle:
    """Sets members in batches; what could not be set is an output, so that the rest is kept.

    Args:
        context: of the run.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context

    @staticmethod
    def diff(last: MemberFeaturesOutputs, wanted: MemberFeaturesInputs) -> Difference:
        """Compares what a run left with what one is to do; no I/O."""
        unfinished = bool(last.drifted or last.unprocessed)
        return find_difference(last, wanted, owner=_OWNER, asks=_ASKS, unfinished=unfinished)

    def create(self, wanted: MemberFeaturesInputs) -> MemberFeaturesOutputs:
        """Sets the members that the plan changes; takes over the others as they are."""
        return self._set(wanted)

    def update(self, wanted: MemberFeaturesInputs) -> MemberFeaturesOutputs:
        """Sets the members that the plan changes: the program has just read what all have."""
        return self._set(wanted)

    def read(self, last: MemberFeaturesOutputs) -> MemberFeaturesOutputs | None:
        """Looks for members that were changed outside the stack.

        An account that AWS gives no status of stays in the state as it was, and is listed as
        unprocessed with AWS's reason; those that were unprocessed stay so until a run has set them.

        Returns:
            None if the detector was deleted; `last` itself for the state of an earlier release.
        """
        with acting_as_the_state_says():
            session = self._context.owned_session(last, READING_SECONDS)
        if session.guardduty.detector_id() != last.detector_id:
            return None
        if last.revision is None:
            return last
        accounts = [AccountId(account) for account in last.wanted]
        now = read_member_statuses(session.guardduty, DetectorId(last.detector_id), accounts)
        drifted = {
            str(account): change(last.wanted[account], status)
            for account, status in now.statuses.items()
            if last.wanted[account] != status
        }
        # A run has named its failures. What the state has already is named again: the engine's
        # diff does not show it any more.
        named = {a: change for a, change in drifted.items() if a not in last.unprocessed}
        if named:
            self._context.log_line(messages.drifted(last.region, named))
        left = {**last.unprocessed, **{str(a): why for a, why in now.unprocessed.items()}}
        return last.model_copy(update={"drifted": drifted, "unprocessed": left})

    def _set(self, wanted: MemberFeaturesInputs) -> MemberFeaturesOutputs:
        api, detector_id = (
            self._context.owned_session(wanted).guardduty,
            DetectorId(wanted.detector_id),
        )
        unrecorded = frozenset(wanted.unrecorded or ())
        to_set: dict[AccountId, FeatureStatus] = {}
        not_yet: dict[AccountId, FeatureStatus] = {}
        for account, status in sorted(wanted.wanted.items()):
            if account in unrecorded:
                not_yet[AccountId(account)] = status
            elif account in wanted.changes:
                to_set[AccountId(account)] = status
        time = self._context.patience(wanted.retry_minutes)
        outcome = set_member_statuses(api, detector_id, to_set, time, self._context.log_line)
        if not_yet:
            why = messages.not_recorded_yet(left_out=not has_recorded(wanted))
            outcome = outcome.and_(without_a_record(api, detector_id, not_yet, why))
        as_wanted = len(wanted.wanted) - outcome.written - len(outcome.unprocessed)
        self._context.log_line(
            messages.members_set(
                wanted.region,
                outcome.written,
                as_wanted,
                len(outcome.unprocessed),
                outcome.attempts,
            )
        )
        if time.cancelled() and outcome.unprocessed:
            self._context.log_line(messages.cancelled(wanted.region, len(outcome.unprocessed)))
        return MemberFeaturesOutputs(
            region=wanted.region,
            administrator_account_id=wanted.administrator_account_id,
            detector_id=wanted.detector_id,
            retry_minutes=wanted.retry_minutes,
            identity=wanted.identity,
            revision=wanted.revision,
            wanted=wanted.wanted,
            unprocessed={str(a): why for a, why in outcome.unprocessed.items()},
        )


def inputs_after(last: MemberFeaturesOutputs) -> MemberFeaturesInputs:
    """The inputs of a resource that has done its last run: without changes to make."""
    return MemberFeaturesInputs(
        region=last.region,
        administrator_account_id=last.administrator_account_id,
        detector_id=last.detector_id,
        retry_minutes=last.retry_minutes,
        identity=last.identity,
        revision=last.revision,
        wanted=last.wanted,
    )
