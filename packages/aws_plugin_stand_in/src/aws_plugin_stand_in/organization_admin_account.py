"""`aws:guardduty/organizationAdminAccount:OrganizationAdminAccount`, as upstream's resource.

- For the management account only. Create is EnableOrganizationAdminAccount, then waits up to five
  minutes for ListOrganizationAdminAccounts to show the account as ENABLED. The id is the account's.
- The account can't be changed in place: another one replaces the resource, and AWS refuses a second
  administrator before the first is gone.
- Delete is DisableOrganizationAdminAccount, then waits as long for the account to leave the list.
- The state is read from ListOrganizationAdminAccounts; an account that is not in it is gone.
- Import is by account id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aws_plugin_stand_in.failures import doing
from aws_plugin_stand_in.region_property import REGION
from aws_plugin_stand_in.resource import Call, ResourceType
from aws_plugin_stand_in.schema import Kind, Property, Schema

if TYPE_CHECKING:
    from aws_plugin_stand_in.wire import Properties

_ADMINISTRATOR_SECONDS = 300
_ENABLED = "ENABLED"


class OrganizationAdminAccount(ResourceType):
    """The organization's delegated GuardDuty administrator, in one region."""

    schema: ClassVar[Schema] = Schema(
        token="aws:guardduty/organizationAdminAccount:OrganizationAdminAccount",  # noqa: S106 (a type's token)
        inputs={
            "adminAccountId": Property(Kind.TEXT, required=True, replaces=True),
            "region": REGION,
        },
    )

    def create(self, call: Call, inputs: Properties) -> str:
        """EnableOrganizationAdminAccount."""
        account_id = str(inputs["adminAccountId"])
        with doing(f"enabling GuardDuty Organization Admin Account ({account_id})"):
            call.client.enable_organization_admin_account(AdminAccountId=account_id)
        return account_id

    def settle(self, call: Call, resource_id: str) -> None:
        """Wait for the administrator to be enabled."""

        def outstanding() -> str | None:
            status = _status(call, resource_id)
            return None if status == _ENABLED else f"its status is {status or 'unknown'}"

        what = f"waiting for GuardDuty Organization Admin Account ({resource_id}) to enable"
        with doing(what):
            call.wait_while(outstanding, what, _ADMINISTRATOR_SECONDS)

    def read(self, call: Call, resource_id: str, state: Properties) -> Properties | None:
        """The account in ListOrganizationAdminAccounts."""
        del state
        with doing(f"reading GuardDuty Organization Admin Account ({resource_id})"):
            if _status(call, resource_id) is None:
                return None
        return {"adminAccountId": resource_id, "region": call.region}

    def delete(self, call: Call, resource_id: str) -> None:
        """DisableOrganizationAdminAccount, and wait for it."""

        def outstanding() -> str | None:
            status = _status(call, resource_id)
            return None if status is None else f"its status is {status}"

        with doing(f"disabling GuardDuty Organization Admin Account ({resource_id})"):
            call.client.disable_organization_admin_account(AdminAccountId=resource_id)
        what = f"waiting for GuardDuty Organization Admin Account ({resource_id}) to disable"
        with doing(what):
            call.wait_while(outstanding, what, _ADMINISTRATOR_SECONDS)


def _status(call: Call, account_id: str) -> str | None:
    pages = call.client.get_paginator("list_organization_admin_accounts").paginate()
    for page in pages:
        for account in page["AdminAccounts"]:
            if account.get("AdminAccountId") == account_id:
                return account.get("AdminStatus")
    return None
