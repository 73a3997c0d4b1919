"""The lifecycle of `Designation`: removes the designation of an administrator; without Pulumi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import OtherAccountError
from guardduty_eks_audit_logs.writing.run_context import (
    Difference,
    acting_as_the_state_says,
    changed_keys,
)
from guardduty_eks_audit_logs.writing.run_notes import is_any_record_kept

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.state.properties import DesignationProperties
    from guardduty_eks_audit_logs.writing.run_context import RunContext

_OWNER = ("region", "administrator_account_id")


class DesignationLifecycle:
    """Does nothing but on destroy.

    Args:
        context: of the run.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context

    @staticmethod
    def diff(last: DesignationProperties, wanted: DesignationProperties) -> Difference:
        """Compares the last run's properties with the new ones; `onDestroy` alone is no change."""
        replaces = changed_keys(last, wanted, _OWNER)
        differs = (last.identity, last.management_account_id) != (
            wanted.identity,
            wanted.management_account_id,
        )
        return Difference(bool(replaces or differs), replaces)

    @staticmethod
    def outputs(wanted: DesignationProperties) -> DesignationProperties:
        """What a run leaves in the state."""
        return wanted.model_copy(update={"on_destroy": None})

    def delete(self, last: DesignationProperties) -> None:
        """Removes the designation (DisableOrganizationAdminAccount).

        A run of the program, which has made notes in `check`, removes none. One that is not there,
        or is of another account by now, is left.

        Raises:
            UserError: AWS refused, or the credentials are another account's.
        """
        if is_any_record_kept():
            return
        with acting_as_the_state_says():
            session = self._context.open_session(last)
            if session.caller != last.management_account_id:
                raise OtherAccountError(
                    messages.other_account(last.region, session.caller, last.management_account_id)
                )
        account = last.administrator_account_id
        designated = session.guardduty.organization_administrator()
        if designated is None or designated.account != account:
            self._context.log_line(messages.designation_gone(last.region, account))
            return
        if not designated.ending:
            session.guardduty.end_designation(designated.account)
        self._context.log_line(messages.designation_removed(last.region, account))
