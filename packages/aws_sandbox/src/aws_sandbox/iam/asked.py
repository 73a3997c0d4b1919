"""Which permissions a call needs: its own action, and those that AWS asks for besides.

An action without resource types is asked for `*` (service authorization reference). Of
Organizations, all are: which of its actions has resource types is not modelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aws_sandbox.accounts import GUARDDUTY_PRINCIPAL, GUARDDUTY_ROLE
from aws_sandbox.iam.policies import Asked

if TYPE_CHECKING:
    from collections.abc import Mapping

ON_DETECTORS: Final = frozenset({"GetDetector", "UpdateDetector", "DeleteDetector"})
"""The operations of GuardDuty with the resource type `detector` that the sandbox has."""
ON_ANY_RESOURCE: Final = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})

OF_DESIGNATION: Final = (
    "DescribeAccount",
    "DescribeOrganization",
    "DescribeOrganizationalUnit",
    "EnableAWSServiceAccess",
    "ListAWSServiceAccessForOrganization",
    "ListAccounts",
    "ListDelegatedAdministrators",
    "RegisterDelegatedAdministrator",
)
"""What EnableOrganizationAdminAccount needs of Organizations (UG organizations_permissions)."""


@dataclass(frozen=True)
class Place:
    """Where a call is made.

    Args:
        partition: the partition.
        region: the region that the call is signed for.
        account_id: the caller's account.
        linked: whether the account has GuardDuty's service-linked role.
    """

    partition: str
    region: str
    account_id: str
    linked: bool = True


def of_guardduty(
    operation: str, path_parameters: Mapping[str, str], body: Mapping[str, Any], place: Place
) -> tuple[Asked, ...]:
    """What a call of GuardDuty needs.

    Args:
        operation: the API's name of it.
        path_parameters: what the path names.
        body: the request's.
        place: where it is made.
    """
    action = f"guardduty:{operation}"
    detectors = f"arn:{place.partition}:guardduty:{place.region}:{place.account_id}:detector/"
    if operation in ON_DETECTORS:
        return (Asked(action, detectors + path_parameters.get("DetectorId", "")),)
    if operation in ON_ANY_RESOURCE:
        return (Asked(action, path_parameters.get("ResourceArn", "")),)
    if operation == "EnableOrganizationAdminAccount":
        as_guardduty = {"organizations:serviceprincipal": GUARDDUTY_PRINCIPAL}
        return (
            Asked(action),
            *(Asked(f"organizations:{each}", "*", as_guardduty) for each in OF_DESIGNATION),
        )
    if operation == "CreateDetector":
        tagging = (Asked("guardduty:TagResource", f"{detectors}*"),) if body.get("tags") else ()
        linking = () if place.linked else (service_linked_role(GUARDDUTY_PRINCIPAL, place),)
        return (Asked(action), *tagging, *linking)
    return (Asked(action),)


def service_linked_role(service: str, place: Place) -> Asked:
    """What it takes to make a service's role."""
    name = GUARDDUTY_ROLE if service == GUARDDUTY_PRINCIPAL else "*"
    role = f"arn:{place.partition}:iam::{place.account_id}:role/aws-service-role/{service}/{name}"
    return Asked("iam:CreateServiceLinkedRole", role, {"iam:awsservicename": service})


def of_query(service: str, operation: str, form: Mapping[str, str], place: Place) -> Asked:
    """What a call of a service with the query protocol needs: of IAM, STS, EC2, SNS."""
    action = f"{service}:{operation}"
    if operation == "CreateServiceLinkedRole":
        return service_linked_role(form.get("AWSServiceName", ""), place)
    if "RoleName" in form:
        role = f"arn:{place.partition}:iam::{place.account_id}:role/{form['RoleName']}"
        return Asked(action, role)
    return Asked(action, next((form[key] for key in _NAMING if key in form), "*"))


_NAMING: Final = ("PolicySourceArn", "RoleArn", "PolicyArn", "TopicArn")
"""Parameters that name the resource of a call."""
