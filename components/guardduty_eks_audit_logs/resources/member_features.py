"""`MemberFeatures`: EKS_AUDIT_LOGS of all member accounts that the rules decide, in one resource.

One resource a region, never one an account: AWS reads and sets 50 members in a call.
docs/decisions/2026-11-26-state-contract.md has its inputs and outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.watch import READING_SECONDS
from guardduty_eks_audit_logs.model import AccountId, DetectorId, FeatureStatus, change
from guardduty_eks_audit_logs.resources.provider import (
    GuardDutyProvider,
    acting_as_the_state_says,
    has_recorded,
    patience,
    plain_errors,
    replaced,
    tell,
)
from guardduty_eks_audit_logs.state.properties import MemberFeaturesInputs, MemberFeaturesOutputs
from guardduty_eks_audit_logs.writing.members import (
    read_member_statuses,
    set_member_statuses,
    without_a_record,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

_OWNER = ("region", "administrator_account_id", "detector_id")
"""The inputs that say whose a resource is: another value of one is another resource."""

_ASKS = ("revision", "wanted", "retry_minutes", "identity")
"""The inputs of which another value asks for an update."""


class MemberFeaturesProvider(GuardDutyProvider):
    """Sets members in batches; what could not be set is an output, so that the rest is kept."""

    @plain_errors
    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Called with the old outputs and the new inputs.

        On refresh these are the refreshed outputs and the old inputs.
        """
        last, wanted = MemberFeaturesOutputs.parse(olds), MemberFeaturesInputs.parse(news)
        replaces = replaced(last, wanted, _OWNER)
        # A refresh compares what an earlier release left with itself.
        asks = () if wanted.revision is None else _ASKS
        differs = any(getattr(last, key) != getattr(wanted, key) for key in asks)
        return DiffResult(
            changes=bool(replaces or differs or last.drifted or last.unprocessed),
            replaces=replaces,
            delete_before_replace=True,
        )

    @plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Called when the state has no such resource: also takes over members as they are."""
        wanted = MemberFeaturesInputs.parse(props)
        return CreateResult(f"{wanted.region}/{wanted.detector_id}", self._set(wanted))

    @plain_errors
    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Called when `diff` asks for it; writes only to accounts that are not as wanted."""
        return UpdateResult(self._set(MemberFeaturesInputs.parse(news)))

    @plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Called on refresh, with the old outputs.

        An account that AWS does not tell about stays in the state as it was, and is listed as
        unprocessed with AWS's reason; those that were unprocessed stay so until a run has set them.
        The changes of the last run are done: the inputs have them no more.
        """
        last = MemberFeaturesOutputs.parse(props)
        with acting_as_the_state_says():
            session = self.owned_session(last, READING_SECONDS)
        if session.guardduty.detector_id() != last.detector_id:
            return ReadResult("", {})
        if last.revision is None:
            return ReadResult(id_, props)
        accounts = [AccountId(account) for account in last.wanted]
        now = read_member_statuses(session.guardduty, DetectorId(last.detector_id), accounts)
        drifted = {
            str(account): change(last.wanted[account], status)
            for account, status in now.statuses.items()
            if last.wanted[account] != status
        }
        # What the state has already, or a run has named as its failure, is no news.
        news = {
            account: change
            for account, change in drifted.items()
            if account not in last.unprocessed and last.drifted.get(account) != change
        }
        if news:
            tell(messages.drifted(last.region, news))
        left = {**last.unprocessed, **{str(a): why for a, why in now.unprocessed.items()}}
        found = last.model_copy(update={"drifted": drifted, "unprocessed": left})
        return ReadResult(id_, found.properties(), _inputs(last))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Writes nothing: to release accounts is `PriorSettings`' part."""

    def _set(self, wanted: MemberFeaturesInputs) -> dict[str, Any]:
        api, detector_id = self.owned_session(wanted).guardduty, DetectorId(wanted.detector_id)
        unrecorded = frozenset(wanted.unrecorded or ())
        to_set: dict[AccountId, FeatureStatus] = {}
        not_yet: dict[AccountId, FeatureStatus] = {}
        for account, status in sorted(wanted.wanted.items()):
            (not_yet if account in unrecorded else to_set)[AccountId(account)] = status
        time = patience(wanted.retry_minutes)
        outcome = set_member_statuses(api, detector_id, to_set, time, tell)
        if not_yet:
            why = messages.not_recorded_yet(left_out=not has_recorded(wanted))
            outcome = outcome.and_(without_a_record(api, detector_id, not_yet, why))
        as_wanted = len(outcome.statuses) - outcome.written
        tell(
            messages.members_set(
                wanted.region,
                outcome.written,
                as_wanted,
                len(outcome.unprocessed),
                outcome.attempts,
            )
        )
        if time.cancelled() and outcome.unprocessed:
            tell(messages.cancelled(wanted.region, len(outcome.unprocessed)))
        return MemberFeaturesOutputs(
            region=wanted.region,
            administrator_account_id=wanted.administrator_account_id,
            detector_id=wanted.detector_id,
            retry_minutes=wanted.retry_minutes,
            identity=wanted.identity,
            revision=wanted.revision,
            wanted=wanted.wanted,
            unprocessed={str(a): why for a, why in outcome.unprocessed.items()},
        ).properties()


def _inputs(last: MemberFeaturesOutputs) -> dict[str, Any]:
    inputs = MemberFeaturesInputs(
        region=last.region,
        administrator_account_id=last.administrator_account_id,
        detector_id=last.detector_id,
        retry_minutes=last.retry_minutes,
        identity=last.identity,
        revision=last.revision,
        wanted=last.wanted,
    )
    return {**inputs.properties(), "unrecorded": []}


class MemberFeatures(Resource, module="guardduty", name="MemberFeatures"):
    """EKS_AUDIT_LOGS of the members of one delegated administrator in one region.

    Attributes:
        revision: of the run that acted last.
        unprocessed: {account: AWS's reason} for the accounts that could not be set.
    """

    revision: pulumi.Output[float | None]
    unprocessed: pulumi.Output[Mapping[str, str] | None]

    def __init__(
        self,
        name: str,
        inputs: MemberFeaturesInputs,
        detector_id: pulumi.Input[str],
        unrecorded: pulumi.Input[Sequence[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Registers the resource.

        Args:
            name: its name in the stack.
            inputs: what the plan says.
            detector_id: the administrator's detector, which may still be unknown.
            unrecorded: accounts of which `PriorSettings` has no record: they are not set, but
                named.
            opts: the usual resource options.
        """
        super().__init__(
            MemberFeaturesProvider(),
            name,
            {
                "unprocessed": None,
                **inputs.properties(),
                "detectorId": detector_id,
                "unrecorded": unrecorded,
            },
            opts,
        )
