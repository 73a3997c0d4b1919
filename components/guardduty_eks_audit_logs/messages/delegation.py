"""The delegated GuardDuty administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import notice, refusal
from guardduty_eks_audit_logs.messages.wording import REPLACED, some

if TYPE_CHECKING:
    from collections.abc import Collection

    from guardduty_eks_audit_logs.messages.catalogue import Sentence


@refusal("designation-would-be-removed", key="aws:region")
def designation_of_another(region: str, designated: str, now: str) -> Sentence:
    """Says that a run would remove a designation; `now` is what the configuration asks for."""
    return (
        (
            f"this stack designates account {designated} as GuardDuty administrator in {region}, "
            f"but this run {now}. No run removes a designation, since that disassociates all "
            "members."
        ),
        (
            "Put the configuration back; or make a stack of its own for the other (`pulumi "
            "stack init`); or run `pulumi destroy` first, which removes the designation; or "
            "keep it: `pulumi state delete --all` lets this stack forget it. If the "
            f"administrator is to be replaced, {REPLACED}."
        ),
    )


def designates(account: str, region: str) -> str:
    return f"designates account {account} in {region}"


def designates_nobody() -> str:
    return "has another mode than delegation"


@notice("designation-gone", key="administratorAccountId")
def designation_gone(region: str, account: str) -> str:
    return f"Account {account} is not designated in {region} any more: nothing is removed."


@notice(
    "designation-removed", key="administratorAccountId", way_out="Nothing: that was the destroy."
)
def designation_removed(region: str, account: str) -> str:
    return (
        f"Account {account} is not the GuardDuty administrator in {region} any more; its members "
        "are disassociated, and GuardDuty stays on in them."
    )


@notice("designation-on-destroy", key="onRelease", way_out="Think before a destroy.")
def designation_on_destroy(region: str, account: str, others: int | None) -> str:
    many = "all its members" if others is None else f"all its members, at most {others}"
    return (
        f"removes the designation of {account} in {region} (DisableOrganizationAdminAccount), "
        f"which disassociates {many}"
    )


@refusal("not-the-management-account", key="mode")
def not_the_management_account(caller: str, reason: str) -> Sentence:
    return (
        (
            "mode: delegation is for the organization's management account, and account "
            f"{caller} is not it ({reason.rstrip('.')})."
        ),
        "Use credentials of the management account.",
    )


@refusal("another-administrator-designated", key="administratorAccountId")
def another_administrator(region: str, wanted: str, designated: str) -> Sentence:
    return (
        (
            f"administratorAccountId: {wanted}, but {designated} is the delegated GuardDuty "
            f"administrator in {region}, and there is only one."
        ),
        (
            f"Set administratorAccountId: {designated}; or remove its designation first, which "
            "disassociates its members: `aws guardduty disable-organization-admin-account "
            f"--admin-account-id {designated}`. If it is to be replaced, {REPLACED}."
        ),
    )


@refusal("designation-being-removed", key="administratorAccountId")
def administrator_ending(region: str, designated: str) -> Sentence:
    return (
        (
            f"administratorAccountId: the designation of {designated} in {region} is being "
            "removed (DISABLE_IN_PROGRESS)."
        ),
        "Run again when that is done.",
    )


@refusal("administrator-not-in-organization", key="administratorAccountId")
def administrator_is_a_stranger(wanted: str) -> Sentence:
    return (
        f"administratorAccountId: {wanted} is not an account of this organization.",
        "Correct the id, or invite the account into the organization first.",
    )


@refusal("administrator-not-active", key="administratorAccountId")
def administrator_not_active(wanted: str, status: str) -> Sentence:
    return (
        (
            f"administratorAccountId: {wanted} is {status} in AWS Organizations, and only an "
            "ACTIVE account can be designated."
        ),
        "Name another account.",
    )


def headline_of_delegation(region: str, caller: str) -> str:
    return f"Delegated GuardDuty administrator in {region}, management account {caller}"


@notice("administrator-designated-already", key="administratorAccountId")
def designated_already(wanted: str) -> str:
    return f"{wanted} is designated already, and stays so."


@notice("administrator-designated", key="administratorAccountId")
def designating(wanted: str) -> str:
    return f"{wanted} is designated in this run; AWS enables GuardDuty for it."


@notice(
    "other-administrators-elsewhere",
    key="administratorAccountId",
    way_out=(
        "Designate the same one in every region; deregister one that was "
        "[replaced](replaced-administrator.md)."
    ),
)
def administrators_elsewhere(wanted: str, others: Collection[str]) -> str:
    return (
        f"AWS Organizations knows other GuardDuty administrators beside {wanted}: {some(others)}. "
        "AWS's guide asks for the same one in every region. One that was replaced in all regions "
        "is deregistered once: `aws organizations deregister-delegated-administrator "
        "--service-principal guardduty.amazonaws.com --account-id <its id>`."
    )


@notice(
    "destroy-removes-designation", key="administratorAccountId", way_out="Think before a destroy."
)
def destroy_removes_designation(region: str, others: int | None) -> str:
    many = "its members" if others is None else f"its members, at most {others},"
    return (
        f"A destroy of this stack removes the designation in {region} "
        f"(DisableOrganizationAdminAccount): {many} are disassociated, and GuardDuty stays on "
        "in them. To keep it, run `pulumi state delete --all` in place of a destroy."
    )
