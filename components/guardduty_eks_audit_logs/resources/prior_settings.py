"""`PriorSettings`: what AWS held before the stack first touched it, kept in the state as a ledger.

It is created before every other write and deleted after them, so that no crash can lose it.
docs/decisions/2026-11-26-state-contract.md has its inputs and outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from guardduty_eks_audit_logs.resources.process import plain_errors
from guardduty_eks_audit_logs.resources.provider import GuardDutyProvider
from guardduty_eks_audit_logs.state.properties import PriorSettingsInputs, PriorSettingsOutputs
from guardduty_eks_audit_logs.writing.prior_settings import PriorSettingsLifecycle
from guardduty_eks_audit_logs.writing.run_notes import failure_noted, keep_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi


class PriorSettingsProvider(GuardDutyProvider):
    """The shell of `PriorSettingsLifecycle`."""

    @property
    def _lifecycle(self) -> PriorSettingsLifecycle:
        return PriorSettingsLifecycle(self._context)

    @plain_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Called in a preview and in a run, for each that the program registers."""
        keep_record("prior", news)
        return CheckResult(news, [])

    @plain_errors
    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Called with the old outputs and the new inputs; on refresh with the old inputs."""
        last, wanted = PriorSettingsOutputs.parse(olds), PriorSettingsInputs.parse(news)
        found = PriorSettingsLifecycle.diff(last, wanted)
        return DiffResult(found.changes, found.replaces)

    @plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Called before anything is written, and when another resource takes its place."""
        with failure_noted("prior", props):
            wanted = PriorSettingsInputs.parse(props)
            outputs = self._lifecycle.create(wanted)
        return CreateResult(f"{wanted.region}/{wanted.detector_id}", outputs.properties())

    @plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Called on refresh, with the old outputs."""
        self._lifecycle.read(PriorSettingsOutputs.parse(props))
        return ReadResult(id_, props)

    @plain_errors
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Called when `diff` asks for it."""
        last, wanted = PriorSettingsOutputs.parse(olds), PriorSettingsInputs.parse(news)
        return UpdateResult(self._lifecycle.update(last, wanted).properties())

    @plain_errors
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Called last on destroy, with the outputs; and in a run, for a resource that leaves it."""
        self._lifecycle.delete(PriorSettingsOutputs.parse(props))


class PriorSettings(Resource, module="guardduty", name="PriorSettings"):
    """The settings before the stack, of one administrator in one region.

    Attributes:
        before: the ledger: a text of what each account had before the stack (`texts`).
        revision: of the run that acted last.
        unreleased: {account: AWS's reason} for the accounts that could not be released.
    """

    before: pulumi.Output[str | None]
    revision: pulumi.Output[float | None]
    unreleased: pulumi.Output[Mapping[str, str] | None]

    def __init__(
        self,
        name: str,
        inputs: PriorSettingsInputs,
        detector_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Registers the resource.

        Args:
            name: its name in the stack.
            inputs: what the plan says.
            detector_id: the administrator's detector, which may still be unknown.
            opts: the usual resource options.
        """
        super().__init__(
            PriorSettingsProvider(),
            name,
            {
                "unreleased": None,
                "before": None,
                **inputs.properties(),
                "detectorId": detector_id,
            },
            opts,
        )
