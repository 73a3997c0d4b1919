"""Which actions AWS must allow for what: the table behind docs/iam and README's "Permissions".

A row is an action with what it is for. `actions` gives those that a purpose, a mode and variants
need. Resources and conditions are the narrowest that AWS's service authorization reference allows
without knowing accounts; they hold in every partition, since an ARN may have a wildcard in each of
its segments but the service's (IAM user guide, reference_policies_elements_resource).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Purpose(StrEnum):
    """What an action is needed for.

    `preview` and `deploy` are those of all modes but `delegation`, which has its own: its previews
    need the actions of `delegation` that do not write.
    """

    PREVIEW = "preview"
    DEPLOY = "deploy"
    DELEGATION = "delegation"
    COVERAGE = "coverage"
    DOCTOR = "doctor"
    READ_STATE = "read state"
    WRITE_STATE = "write state"


class Variant(StrEnum):
    """What a stack has that needs more than others.

    `units` and `tags`: rules that select by them. `create`: `detector: create`. `policies`: an
    organization with policies of the type GUARDDUTY_POLICY.
    """

    UNITS = "units"
    TAGS = "tags"
    CREATE = "create"
    POLICIES = "policies"


class Caller(StrEnum):
    """Who makes the call.

    `aws`: AWS asks for it while it serves another call, which no record of calls shows.
    """

    PRODUCT = "product"
    PULUMI_AWS = "pulumi-aws"
    PULUMI = "pulumi"
    AWS = "aws"


@dataclass(frozen=True)
class Permission:
    """One action, and what it is for.

    Attributes:
        action: as policies name it, such as `guardduty:ListMembers`.
        purposes: what needs it.
        modes: the modes whose stacks need it.
        variant: the variant that needs it; None if all stacks do.
        writes: whether it changes anything.
        unknown: what is unknown without it; empty if nothing goes without it.
        callers: who calls it.
        source: the file of hashicorp/terraform-provider-aws that calls it, which pulumi-aws wraps;
            read, not run.
        asked_by: the page that asks for it, if that is not its own page of the API reference.
        resources: the ARNs that it can be narrowed to.
        condition: the condition that it can be narrowed by, as a policy's `Condition`.
    """

    action: str
    purposes: frozenset[Purpose]
    modes: frozenset[Mode] = frozenset({Mode.ORGANIZATION})
    variant: Variant | None = None
    writes: bool = False
    unknown: str = ""
    callers: frozenset[Caller] = frozenset({Caller.PRODUCT})
    source: str = ""
    asked_by: str = ""
    resources: tuple[str, ...] = ("*",)
    condition: Mapping[str, Mapping[str, str | tuple[str, ...]]] = field(default_factory=dict)

    @property
    def page(self) -> str:
        """The page that asks for it."""
        service, _, operation = self.action.partition(":")
        return self.asked_by or _PAGES[service].format(operation)

    @property
    def optional(self) -> bool:
        """Whether everything goes on without it."""
        return bool(self.unknown)


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
_PAGES = {
    "account": "https://docs.aws.amazon.com/accounts/latest/reference/API_{}.html",
    "guardduty": "https://docs.aws.amazon.com/guardduty/latest/APIReference/API_{}.html",
    "iam": "https://docs.aws.amazon.com/IAM/latest/APIReference/API_{}.html",
    "organizations": "https://docs.aws.amazon.com/organizations/latest/APIReference/API_{}.html",
    "sts": "https://docs.aws.amazon.com/STS/latest/APIReference/API_{}.html",
}
_S3 = "https://www.pulumi.com/docs/iac/concepts/state-and-backends/"
_REFERENCE = (
    "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html"
)

_DETECTOR = ("arn:*:guardduty:*:*:detector/*",)
_SERVICE_ROLE_OF_GUARDDUTY = (
    "arn:*:iam::*:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty",
)
_FOR_GUARDDUTY = {"StringEquals": {"iam:AWSServiceName": "guardduty.amazonaws.com"}}
_AS_GUARDDUTY = {"StringEquals": {"organizations:ServicePrincipal": "guardduty.amazonaws.com"}}

_SOURCES = "internal/service/guardduty/"


def _each(like: Permission, *operations: str) -> tuple[Permission, ...]:
    service = like.action.partition(":")[0]
    return tuple(replace(like, action=f"{service}:{operation}") for operation in operations)


_GENERAL = (
    Permission(
        "sts:GetCallerIdentity",
        _READ | _DELEGATION,
        _ALL_MODES,
        callers=_BOTH,
        source="internal/conns/config.go",
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
        Permission("organizations:", _COVERAGE, unknown="names, units, accounts without GuardDuty"),
        *_TREE,
    ),
    Permission("organizations:ListTagsForResource", _READ, variant=Variant.TAGS),
    *_each(
        Permission(
            "organizations:",
            _COVERAGE,
            variant=Variant.POLICIES,
            unknown="which organization policy decides",
        ),
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
    asked_by=_S3,
    resources=("arn:*:s3:::<bucket>/*",),
)

_STATE = (
    replace(_OBJECT, action="s3:ListBucket", resources=("arn:*:s3:::<bucket>",)),
    _OBJECT,
    *_each(replace(_OBJECT, purposes=_WRITE_STATE, writes=True), "PutObject", "DeleteObject"),
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
