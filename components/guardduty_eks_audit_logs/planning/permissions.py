"""Which actions AWS must allow for what: the table behind docs/iam and README's "Permissions".

A row is an action with what it is for. `actions` gives those that a purpose, a mode and variants
need. Resources and conditions are the narrowest that AWS's service authorization reference allows
without knowing accounts; they hold in every partition, since an ARN may have a wildcard in each of
its segments but the service's (IAM user guide, reference_policies_elements_resource).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.planning.permission_rows import (
    Caller,
    Permission,
    Purpose,
    Variant,
)
from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Collection


__all__ = ["PERMISSIONS", "Caller", "Permission", "Purpose", "Variant", "actions"]


def actions(
    purpose: Purpose, mode: Mode = Mode.ORGANIZATION, variants: Collection[Variant] = ()
) -> tuple[Permission, ...]:
    """Gives what a purpose needs, each action once, in the order of the table.

    Args:
        purpose: what for. `doctor` has only what it needs beyond the actions of the stack's own
            runs, each of which it tries.
        mode: the stack's; DELEGATION has only the purposes DELEGATION and DOCTOR.
        variants: what the stack has that needs more.
    """
    found: dict[str, Permission] = {}
    for row in PERMISSIONS:
        if purpose not in row.purposes or mode not in row.modes:
            continue
        if row.variant is not None and row.variant not in variants:
            continue
        if row.action not in found or (found[row.action].optional and not row.optional):
            found[row.action] = row
    return tuple(found.values())


_RUN = frozenset({Purpose.PREVIEW, Purpose.DEPLOY})
_READ = _RUN | {Purpose.COVERAGE}
_WRITE = frozenset({Purpose.DEPLOY})
_COVERAGE = frozenset({Purpose.COVERAGE})
_DOCTOR = frozenset({Purpose.DOCTOR})
_DELEGATION = frozenset({Purpose.DELEGATION})
_READ_STATE = frozenset({Purpose.READ_STATE})
_WRITE_STATE = frozenset({Purpose.WRITE_STATE})

_ALL_MODES = frozenset(Mode)
_OWN_DETECTOR = _ALL_MODES - {Mode.DELEGATION}
_MEMBERS = frozenset({Mode.ORGANIZATION, Mode.INVITATION})
_MANAGEMENT = frozenset({Mode.DELEGATION})

_PRODUCT = frozenset({Caller.PRODUCT})
_PULUMI_AWS = frozenset({Caller.PULUMI_AWS})
_BOTH = _PRODUCT | _PULUMI_AWS
_AWS = frozenset({Caller.AWS})
_PULUMI = frozenset({Caller.PULUMI})

_DESIGNATE = "https://docs.aws.amazon.com/guardduty/latest/ug/organizations_permissions.html"
_SERVICE_ROLE = "https://docs.aws.amazon.com/guardduty/latest/ug/slr-permissions.html"
_STATE_IN_S3 = "https://www.pulumi.com/docs/iac/concepts/state-and-backends/"
_KEY_OF_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html"
_REFERENCE = (
    "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html"
)

# The reference writes `detector/`; a refusal by AWS had `/detector/` (awsdocs/iam-user-guide#218).
_DETECTOR = ("arn:*:guardduty:*:*:detector/*", "arn:*:guardduty:*:*:/detector/*")
_SERVICE_ROLE_OF_GUARDDUTY = (
    "arn:*:iam::*:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty",
)
_FOR_GUARDDUTY = {"StringEquals": {"iam:AWSServiceName": "guardduty.amazonaws.com"}}
_AS_GUARDDUTY = {"StringEquals": {"organizations:ServicePrincipal": "guardduty.amazonaws.com"}}

_PROVIDER = "https://github.com/hashicorp/terraform-provider-aws/blob/main/"
_SOURCES = _PROVIDER + "internal/service/guardduty/"
_BACKEND = "https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/bucket.go"
_KEYS = "https://github.com/google/go-cloud/blob/master/secrets/awskms/kms.go"


def _each(like: Permission, *operations: str) -> tuple[Permission, ...]:
    service = like.action.partition(":")[0]
    return tuple(replace(like, action=f"{service}:{operation}") for operation in operations)


_GENERAL = (
    Permission(
        "sts:GetCallerIdentity",
        _READ | _DELEGATION,
        _ALL_MODES,
        callers=_BOTH,
        source=_PROVIDER + "internal/conns/config.go",
    ),
)

_GUARDDUTY_READS = (
    Permission("guardduty:ListDetectors", _READ, _OWN_DETECTOR),
    Permission(
        "guardduty:GetDetector",
        _READ,
        _OWN_DETECTOR,
        callers=_BOTH,
        source=_SOURCES + "detector_feature.go",
        resources=_DETECTOR,
    ),
    Permission("guardduty:GetAdministratorAccount", _READ, _OWN_DETECTOR),
    Permission(
        "guardduty:DescribeOrganizationConfiguration",
        _READ,
        callers=_BOTH,
        source=_SOURCES + "organization_configuration_feature.go",
    ),
    Permission("guardduty:ListMembers", _READ, _MEMBERS),
    Permission("guardduty:GetMembers", _RUN, _MEMBERS),
    Permission("guardduty:GetMemberDetectors", _READ, _MEMBERS),
    Permission(
        "guardduty:GetRemainingFreeTrialDays",
        _READ,
        _OWN_DETECTOR,
        unknown="how many trial days are left",
    ),
    Permission(
        "guardduty:GetUsageStatistics", _RUN, _OWN_DETECTOR, unknown="what the last 30 days cost"
    ),
)

_GUARDDUTY_WRITES = (
    Permission(
        "guardduty:UpdateDetector",
        _WRITE,
        _OWN_DETECTOR,
        writes=True,
        callers=_BOTH,
        source=_SOURCES + "detector_feature.go",
        resources=_DETECTOR,
    ),
    Permission(
        "guardduty:UpdateOrganizationConfiguration",
        _WRITE,
        writes=True,
        callers=_BOTH,
        source=_SOURCES + "organization_configuration_feature.go",
    ),
    Permission("guardduty:UpdateMemberDetectors", _WRITE, _MEMBERS, writes=True),
)

_CREATE = (
    Permission("organizations:ListDelegatedAdministrators", _RUN, variant=Variant.CREATE),
    Permission(
        "guardduty:CreateDetector",
        _WRITE,
        _OWN_DETECTOR,
        Variant.CREATE,
        writes=True,
        callers=_PULUMI_AWS,
        source=_SOURCES + "detector.go",
    ),
    Permission(
        "guardduty:TagResource",
        _WRITE,
        _OWN_DETECTOR,
        Variant.CREATE,
        writes=True,
        callers=_PULUMI_AWS | _AWS,
        asked_by=_REFERENCE,
        source=_SOURCES + "detector.go",
        resources=_DETECTOR,
    ),
    Permission(
        "iam:CreateServiceLinkedRole",
        _WRITE,
        _OWN_DETECTOR,
        Variant.CREATE,
        writes=True,
        callers=_AWS,
        asked_by=_SERVICE_ROLE,
        resources=_SERVICE_ROLE_OF_GUARDDUTY,
        condition=_FOR_GUARDDUTY,
    ),
)

_TREE = ("ListRoots", "ListOrganizationalUnitsForParent", "ListAccountsForParent")

_ORGANIZATION = (
    Permission("organizations:ListRoots", _RUN, unknown="whether an organization policy decides"),
    *_each(Permission("organizations:", _RUN, variant=Variant.UNITS), *_TREE),
    *_each(
        Permission(
            "organizations:", _COVERAGE, unknown="names, units, accounts that are no members"
        ),
        *_TREE,
    ),
    Permission(
        "organizations:ListDelegatedAdministrators",
        _COVERAGE,
        unknown="whether an account without a detector administers others",
    ),
    Permission("organizations:ListTagsForResource", _READ, variant=Variant.TAGS),
    *_each(
        Permission(
            "organizations:",
            _COVERAGE,
            variant=Variant.POLICIES,
            unknown="which organization policy decides",
        ),
        "DescribePolicy",
        "ListPolicies",
        "ListTargetsForPolicy",
    ),
)

_MANAGEMENT_ACCOUNT = (
    Permission(
        "guardduty:ListOrganizationAdminAccounts",
        _DELEGATION,
        _MANAGEMENT,
        callers=_BOTH,
        source=_SOURCES + "organization_admin_account.go",
    ),
    Permission(
        "guardduty:EnableOrganizationAdminAccount",
        _DELEGATION,
        _MANAGEMENT,
        writes=True,
        callers=_PULUMI_AWS,
        asked_by=_DESIGNATE,
        source=_SOURCES + "organization_admin_account.go",
    ),
    Permission("guardduty:DisableOrganizationAdminAccount", _DELEGATION, _MANAGEMENT, writes=True),
    *_each(
        Permission(
            "organizations:",
            _DELEGATION,
            _MANAGEMENT,
            callers=_PRODUCT | _AWS,
            asked_by=_DESIGNATE,
        ),
        "DescribeAccount",
        "ListAccounts",
        "ListDelegatedAdministrators",
    ),
    *_each(
        Permission("organizations:", _DELEGATION, _MANAGEMENT, callers=_AWS, asked_by=_DESIGNATE),
        "DescribeOrganization",
        "DescribeOrganizationalUnit",
        "ListAWSServiceAccessForOrganization",
    ),
    *_each(
        Permission(
            "organizations:",
            _DELEGATION,
            _MANAGEMENT,
            writes=True,
            callers=_AWS,
            asked_by=_DESIGNATE,
            condition=_AS_GUARDDUTY,
        ),
        "EnableAWSServiceAccess",
        "RegisterDelegatedAdministrator",
    ),
)

_OF_DOCTOR = (
    Permission(
        "organizations:DescribeOrganization",
        _DOCTOR,
        _ALL_MODES - {Mode.STANDALONE},
        unknown="whether the organization has all features",
    ),
    Permission(
        "organizations:ListAWSServiceAccessForOrganization",
        _DOCTOR,
        _ALL_MODES - {Mode.STANDALONE},
        unknown="whether GuardDuty has trusted access",
    ),
    Permission(
        "account:ListRegions",
        _DOCTOR,
        _ALL_MODES,
        unknown="which regions the account has opted in to",
    ),
    Permission(
        "iam:GetRole",
        _DOCTOR,
        _ALL_MODES,
        unknown="whether writes are allowed",
        resources=("arn:*:iam::*:role/*",),
    ),
    Permission(
        "iam:SimulatePrincipalPolicy",
        _DOCTOR,
        _ALL_MODES,
        unknown="whether writes are allowed",
        resources=("arn:*:iam::*:role/*", "arn:*:iam::*:user/*"),
    ),
)

_OBJECT = Permission(
    "s3:GetObject",
    _READ_STATE | _WRITE_STATE,
    _ALL_MODES,
    callers=_PULUMI,
    source=_BACKEND,
    asked_by=_STATE_IN_S3,
    resources=("arn:*:s3:::<bucket>/*",),
)
_KEY = replace(
    _OBJECT,
    action="kms:Decrypt",
    variant=Variant.KEY,
    callers=_PULUMI | _AWS,
    source=_KEYS,
    asked_by=_KEY_OF_S3,
    resources=("arn:*:kms:*:*:key/<key>",),
)

_STATE = (
    replace(_OBJECT, action="s3:ListBucket", resources=("arn:*:s3:::<bucket>",)),
    _OBJECT,
    *_each(
        replace(_OBJECT, purposes=_WRITE_STATE, writes=True),
        "PutObject",
        "DeleteObject",
        "AbortMultipartUpload",
    ),
    _KEY,
    replace(_KEY, action="kms:Encrypt", purposes=_WRITE_STATE, writes=True, callers=_PULUMI),
    replace(
        _KEY,
        action="kms:GenerateDataKey",
        purposes=_WRITE_STATE,
        writes=True,
        callers=_AWS,
        source="",
    ),
)

PERMISSIONS = (
    *_GENERAL,
    *_GUARDDUTY_READS,
    *_GUARDDUTY_WRITES,
    *_ORGANIZATION,
    *_CREATE,
    *_MANAGEMENT_ACCOUNT,
    *_OF_DOCTOR,
    *_STATE,
)
"""Every action that a policy of docs/iam allows."""
