"""`Designation`: lets a destroy, and nothing else, remove the designation of an administrator.

`aws.guardduty.OrganizationAdminAccount` makes the designation and is kept on delete: the engine
deletes resources for many reasons, and DisableOrganizationAdminAccount disassociates all members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import OtherAccountError
from guardduty_eks_audit_logs.resources.provider import (
    GuardDutyProvider,
    acting_as_the_state_says,
    is_any_record_kept,
    keep_record,
    plain_errors,
    replaced,
    tell,
)
from guardduty_eks_audit_logs.state.properties import DesignationProperties

if TYPE_CHECKING:
    import pulumi

_OWNER = ("region", "administrator_account_id")


class DesignationProvider(GuardDutyProvider):
    """Does nothing but on destroy."""

    @plain_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Called in a preview and in a run, for each that the program registers."""
        keep_record("designation", news)
        return CheckResult(news, [])

    @plain_errors
    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Called with the old outputs and the new inputs; `onDestroy` alone asks for nothing."""
        last, wanted = DesignationProperties.parse(olds), DesignationProperties.parse(news)
        replaces = replaced(last, wanted, _OWNER)
        differs = (last.identity, last.management_account_id) != (
            wanted.identity,
            wanted.management_account_id,
        )
        return DiffResult(changes=bool(replaces or differs), replaces=replaces)

    @plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Called when the state has no such resource."""
        wanted = DesignationProperties.parse(props)
        id_ = f"{wanted.region}/{wanted.administrator_account_id}"
        return CreateResult(id_, _outputs(wanted))

    @plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Called on refresh: who is designated is `OrganizationAdminAccount`'s part."""
        return ReadResult(id_, props)

    @plain_errors
    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Called when somebody else is to act."""
        return UpdateResult(_outputs(DesignationProperties.parse(news)))

    @plain_errors
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Called on destroy: removes the designation (DisableOrganizationAdminAccount).

        A run of the program, which has asked `check` before, removes none.

        Nobody is asked to remove one that is not there, or is of another account by now.

        Raises:
            RefusedError: AWS refused, or the credentials are another account's.
        """
        last = DesignationProperties.parse(props)
        if is_any_record_kept():
            return
        with acting_as_the_state_says():
            session = self.open_session(last)
            if session.caller != last.management_account_id:
                raise OtherAccountError(
                    messages.other_account(last.region, session.caller, last.management_account_id)
                )
        designated = session.guardduty.organization_administrator()
        if designated is None or designated.account != last.administrator_account_id:
            tell(messages.designation_gone(last.region, last.administrator_account_id))
            return
        if not designated.ending:
            session.guardduty.end_designation(designated.account)
        tell(messages.designation_removed(last.region, last.administrator_account_id))


def _outputs(wanted: DesignationProperties) -> dict[str, Any]:
    return wanted.model_copy(update={"on_destroy": None}).properties()


class Designation(Resource, module="guardduty", name="Designation"):
    """The designation of a GuardDuty administrator, as a destroy removes it."""

    def __init__(
        self, name: str, inputs: DesignationProperties, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Registers the resource.

        Args:
            name: its name in the stack.
            inputs: who is designated, where, and by whom.
            opts: the usual resource options.
        """
        super().__init__(DesignationProvider(), name, inputs.properties(), opts)
