"""`MemberFeatures`: EKS_AUDIT_LOGS of all member accounts that the rules decide, in one resource.

One resource a region, never one an account: AWS reads and sets 50 members in a call.
docs/decisions/2026-11-26-state-contract.md has its inputs and outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from guardduty_eks_audit_logs.resources.process import plain_errors
from guardduty_eks_audit_logs.resources.provider import GuardDutyProvider
from guardduty_eks_audit_logs.state.properties import MemberFeaturesInputs, MemberFeaturesOutputs
from guardduty_eks_audit_logs.writing.member_features import MemberFeaturesLifecycle, inputs_after

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi


class MemberFeaturesProvider(GuardDutyProvider):
    """The shell of `MemberFeaturesLifecycle`."""

    @property
    def _lifecycle(self) -> MemberFeaturesLifecycle:
        return MemberFeaturesLifecycle(self._context)

    @plain_errors
    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Called with the old outputs and the new inputs.

        On refresh these are the refreshed outputs and the old inputs.
        """
        last, wanted = MemberFeaturesOutputs.parse(olds), MemberFeaturesInputs.parse(news)
        found = MemberFeaturesLifecycle.diff(last, wanted)
        return DiffResult(found.changes, found.replaces, delete_before_replace=True)

    @plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Called when the state has no such resource."""
        wanted = MemberFeaturesInputs.parse(props)
        outputs = self._lifecycle.create(wanted)
        return CreateResult(f"{wanted.region}/{wanted.detector_id}", outputs.properties())

    @plain_errors
    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Called when `diff` asks for it."""
        return UpdateResult(self._lifecycle.update(MemberFeaturesInputs.parse(news)).properties())

    @plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Called on refresh, with the old outputs; the inputs have no changes any more."""
        last = MemberFeaturesOutputs.parse(props)
        found = self._lifecycle.read(last)
        if found is None:
            return ReadResult("", {})
        if found is last:
            return ReadResult(id_, props)
        inputs = {**inputs_after(last).properties(), "unrecorded": []}
        return ReadResult(id_, found.properties(), inputs)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Writes nothing: `PriorSettings` releases the accounts."""


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
            unrecorded: accounts that `PriorSettings` has no record of: they are listed, not set.
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
