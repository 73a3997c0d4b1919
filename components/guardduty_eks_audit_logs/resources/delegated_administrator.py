"""`DelegatedAdministrator`: the organization's GuardDuty administrator in one region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.resources.aws_provider import import_id
from guardduty_eks_audit_logs.resources.designation import Designation
from guardduty_eks_audit_logs.state.properties import DesignationProperties

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.planning.delegation import DelegationPlan


class DelegatedAdministrator(pulumi.ComponentResource):
    """The designation of the GuardDuty administrator, made by the management account.

    Attributes:
        account: the delegated administrator's account id.
    """

    account: pulumi.Output[str]

    def __init__(
        self, name: str, plan: DelegationPlan, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Registers the designation; one that is there already is taken over as it is.

        Args:
            name: the component's name; its child's begins with it.
            plan: what `planning.delegation.plan_delegation` decided, without refusals.
            opts: the usual resource options; the child inherits an aws provider from them.
        """
        super().__init__("guardduty-eks-audit-logs:index:DelegatedAdministrator", name, None, opts)
        wanted, region = plan.delegation.wanted, plan.delegation.region
        own_name, kept = f"{name}-designation", plan.delegation.kept
        designation = aws.guardduty.OrganizationAdminAccount(
            own_name,
            region=region,
            admin_account_id=wanted,
            opts=pulumi.ResourceOptions(
                parent=self,
                # AWS answers a second designation of the same account with an error.
                import_=import_id(self, own_name, wanted, region, plan.state_ids) if kept else None,
                # No run removes a designation; a destroy does, through `Designation`.
                retain_on_delete=True,
            ),
        )
        delegation = plan.delegation
        Designation(
            f"{name}-removal",
            DesignationProperties(
                region=delegation.region,
                administrator_account_id=wanted,
                management_account_id=delegation.caller,
                identity=delegation.identity.properties() if delegation.identity else None,
                on_destroy=messages.designation_on_destroy(
                    delegation.region, wanted, delegation.others
                ),
            ),
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[designation], hide_diffs=["onDestroy"]
            ),
        )
        self.account = designation.admin_account_id
        self.register_outputs({"account": self.account})
