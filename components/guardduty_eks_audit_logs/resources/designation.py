"""`Designation`: lets a destroy, and nothing else, remove the designation of an administrator.

`aws.guardduty.OrganizationAdminAccount` makes the designation and is kept on delete: the engine
deletes resources for many reasons, and DisableOrganizationAdminAccount disassociates all members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from guardduty_eks_audit_logs.resources.process import plain_errors
from guardduty_eks_audit_logs.resources.provider import GuardDutyProvider
from guardduty_eks_audit_logs.state.properties import DesignationProperties
from guardduty_eks_audit_logs.writing.designation import DesignationLifecycle
from guardduty_eks_audit_logs.writing.run_notes import keep_record

if TYPE_CHECKING:
    import pulumi


class DesignationProvider(GuardDutyProvider):
    """The shell of `DesignationLifecycle`."""

    @plain_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Called in a preview and in a run, for each that the program registers."""
        keep_record("designation", news)
        return CheckResult(news, [])

    @plain_errors
    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Called with the old outputs and the new inputs."""
        last, wanted = DesignationProperties.parse(olds), DesignationProperties.parse(news)
        found = DesignationLifecycle.diff(last, wanted)
        return DiffResult(found.changes, found.replaces)

    @plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Called when the state has no such resource."""
        wanted = DesignationProperties.parse(props)
        id_ = f"{wanted.region}/{wanted.administrator_account_id}"
        return CreateResult(id_, DesignationLifecycle.outputs(wanted).properties())

    @plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Called on refresh: `OrganizationAdminAccount` reads the designation."""
        return ReadResult(id_, props)

    @plain_errors
    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Called when another identity or management account is to act."""
        wanted = DesignationProperties.parse(news)
        return UpdateResult(DesignationLifecycle.outputs(wanted).properties())

    @plain_errors
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Called on destroy; and in a run, for a resource that leaves it."""
        DesignationLifecycle(self._context).delete(DesignationProperties.parse(props))


class Designation(Resource, module="guardduty", name="Designation"):
    """The designation of a GuardDuty administrator, as a destroy removes it."""

    def __init__(
        self, name: str, inputs: DesignationProperties, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Registers the resource.

        Args:
            name: its name in the stack.
            inputs: the account that is designated, the region, and the management account.
            opts: the usual resource options.
        """
        super().__init__(DesignationProvider(), name, inputs.properties(), opts)
