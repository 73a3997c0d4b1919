"""The description of a local organization: the default one, or one read from a file.

Everything is checked before the sandbox starts, and all faults are told at once, each with the
key, the value and the way out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from moto.utilities.utils import get_partition
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.alias_generators import to_camel

from aws_sandbox.guardduty.features import AutoEnable, FeatureStatus
from aws_sandbox.guardduty.state import RelationshipStatus
from aws_sandbox.guardduty.world import MEMBER_LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

DEFAULT_REGIONS = ("us-east-1", "eu-west-1")
DEFAULT_ACCOUNTS = 12
MONTH_IN_HOURS = 720.0

_DIGITS = 12
_UNITS = (("Root/Prod", "prod"), ("Root/Test", "test"), ("Root/Sandbox", "sandbox"))
_NAMES = {
    "prod": ("shop", "cards", "search", "stock", "identity", "billing"),
    "test": ("shop-test", "cards-test", "search-test", "stock-test", "load-test"),
    "sandbox": ("playground", "training", "experiments", "hackathon"),
}


class OrganizationFileError(Exception):
    """The description of an organization can't be used; the message names every fault."""


def _account_id(value: object) -> object:
    """Take a number of twelve digits, since YAML reads an unquoted account id as one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and re.fullmatch(r"[0-9]{12}", value):
        return value
    if isinstance(value, str) and value.isdecimal():
        raise ValueError(
            f"has {len(value)} digits; an account id has {_DIGITS}. If it begins with zeros, put "
            "it in quotes"
        )
    raise ValueError("is no account id; write its 12 digits in quotes")


def _unit(value: str) -> str:
    if not re.fullmatch(r"Root(/[^/]+)*", value):
        raise ValueError("is no path of an organizational unit; write it from Root, as Root/Prod")
    return value


def _region(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-[0-9]", value):
        raise ValueError("is no region; write its code, as eu-west-1")
    return value


def _form(value: object) -> str:
    return "by region" if isinstance(value, dict) else "everywhere"


AccountId = Annotated[str, BeforeValidator(_account_id)]
UnitPath = Annotated[str, AfterValidator(_unit)]
RegionName = Annotated[str, AfterValidator(_region)]


class _Described(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )


class AccountDescription(_Described):
    """One member account.

    `eks_audit_logs` and `relationship_status` are for all regions, or by region; a region that is
    not named has DISABLED and Enabled.
    """

    id: AccountId
    name: str = Field(min_length=1, max_length=50)
    ou: UnitPath = "Root"
    tags: dict[str, str] = {}
    eks_audit_logs: Annotated[
        Annotated[FeatureStatus, Tag("everywhere")]
        | Annotated[dict[RegionName, FeatureStatus], Tag("by region")],
        Discriminator(_form),
    ] = FeatureStatus.DISABLED
    relationship_status: Annotated[
        Annotated[RelationshipStatus, Tag("everywhere")]
        | Annotated[dict[RegionName, RelationshipStatus], Tag("by region")],
        Discriminator(_form),
    ] = RelationshipStatus.ENABLED
    joined_hours_ago: float = Field(default=MONTH_IN_HOURS, ge=0)
    regions_not_enabled: tuple[RegionName, ...] = ()

    def eks_status(self, region: str) -> FeatureStatus:
        """EKS_AUDIT_LOGS at the start in one region."""
        if isinstance(self.eks_audit_logs, dict):
            return self.eks_audit_logs.get(region, FeatureStatus.DISABLED)
        return self.eks_audit_logs

    def relationship(self, region: str) -> RelationshipStatus:
        """How the account stands to the administrator at the start in one region."""
        if region in self.regions_not_enabled:
            return RelationshipStatus.REGION_DISABLED
        if isinstance(self.relationship_status, dict):
            return self.relationship_status.get(region, RelationshipStatus.ENABLED)
        return self.relationship_status


class AdministratorDescription(_Described):
    """The delegated GuardDuty administrator's account."""

    id: AccountId = "222222222222"
    name: str = Field(default="security", min_length=1, max_length=50)
    ou: UnitPath = "Root"
    tags: dict[str, str] = {}
    eks_audit_logs: FeatureStatus = FeatureStatus.DISABLED


class StandaloneDescription(_Described):
    """An account in no organization.

    With `detector` it uses GuardDuty for itself in every region that it has enabled. With
    `invited_by` another account, which uses GuardDuty too, has made it a member by invitation, or
    wants to: `relationship_status` says how far that has come.
    """

    id: AccountId
    name: str = Field(default="standalone", min_length=1, max_length=50)
    detector: bool = True
    eks_audit_logs: FeatureStatus = FeatureStatus.DISABLED
    regions_not_enabled: tuple[RegionName, ...] = ()
    invited_by: AccountId | None = None
    relationship_status: Literal["Created", "Invited", "Enabled", "Resigned"] = "Enabled"


class SettingsDescription(_Described):
    """The organization's auto-enable settings at the start, the same in every region."""

    auto_enable_organization_members: AutoEnable = AutoEnable.NEW
    eks_audit_logs: AutoEnable = AutoEnable.NONE


class OrganizationDescription(_Described):
    """A whole organization, as the sandbox builds it at its start."""

    management_account_id: AccountId = "111111111111"
    administrator: AdministratorDescription = AdministratorDescription()
    regions: tuple[RegionName, ...] = DEFAULT_REGIONS
    regions_without_eks_audit_logs: tuple[RegionName, ...] = ()
    regions_without_administrator_detector: tuple[RegionName, ...] = ()
    settings: SettingsDescription = SettingsDescription()
    association_minutes: float = Field(default=0.5, ge=0)
    policy_minutes: float = Field(default=0.0, ge=0)
    seed: int = 0
    member_limit: int = Field(default=MEMBER_LIMIT, ge=0)
    empty_pages: float = Field(default=0.0, ge=0, lt=1)
    accounts: tuple[AccountDescription, ...] = ()
    standalone_accounts: tuple[StandaloneDescription, ...] = ()

    @field_validator("regions")
    @classmethod
    def _some_region(cls, regions: tuple[str, ...]) -> tuple[str, ...]:
        if not regions:
            raise ValueError("is empty; name at least one region")
        found = {get_partition(region): region for region in regions}
        if len(found) > 1:
            raise ValueError(
                f"names {' and '.join(found.values())}, which are in the partitions "
                f"{' and '.join(found)}; an organization is in one, leave out those of the other"
            )
        return regions

    @field_validator("administrator")
    @classmethod
    def _another_account(
        cls, administrator: AdministratorDescription, info: ValidationInfo
    ) -> AdministratorDescription:
        if administrator.id == info.data.get("management_account_id"):
            raise ValueError(
                ".id: is the management account; AWS advises against it, choose another"
            )
        return administrator

    @field_validator("regions_without_eks_audit_logs", "regions_without_administrator_detector")
    @classmethod
    def _known_regions(cls, named: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        regions = info.data.get("regions", named)
        strange = [region for region in named if region not in regions]
        if strange:
            raise ValueError(f"names {', '.join(strange)}; add that to regions or leave it out")
        return named

    @field_validator("accounts")
    @classmethod
    def _consistent_accounts(
        cls, accounts: tuple[AccountDescription, ...], info: ValidationInfo
    ) -> tuple[AccountDescription, ...]:
        faults = []
        administrator = info.data.get("administrator")
        seen = {info.data.get("management_account_id"): "the management account"}
        if administrator is not None:
            seen[administrator.id] = "the administrator"
        for index, account in enumerate(accounts):
            if account.id in seen:
                faults.append(f"[{index}].id: {account.id} is {seen[account.id]} already")
            seen.setdefault(account.id, f"accounts[{index}]")
            named = _regions_in(account.eks_audit_logs) | _regions_in(account.relationship_status)
            named |= set(account.regions_not_enabled)
            faults += [
                f"[{index}]: names {region}; add that to regions or leave it out"
                for region in sorted(named - set(info.data.get("regions", named)))
            ]
        if faults:
            raise ValueError("; accounts".join(faults))
        return accounts

    @field_validator("standalone_accounts")
    @classmethod
    def _outside(
        cls, standalone: tuple[StandaloneDescription, ...], info: ValidationInfo
    ) -> tuple[StandaloneDescription, ...]:
        faults = []
        administrator = info.data.get("administrator")
        inside = {account.id for account in info.data.get("accounts", ())}
        inside |= {info.data.get("management_account_id")}
        inside |= set() if administrator is None else {administrator.id}
        seen: dict[str, int] = {}
        for index, account in enumerate(standalone):
            if account.id in inside:
                faults.append(f"[{index}].id: {account.id} is in the organization already")
            if account.id in seen:
                first = f"standaloneAccounts[{seen[account.id]}]"
                faults.append(f"[{index}].id: {account.id} is {first} already")
            seen.setdefault(account.id, index)
            strange = set(account.regions_not_enabled) - set(info.data.get("regions", ()))
            faults += [
                f"[{index}]: names {region}; add that to regions or leave it out"
                for region in sorted(strange if "regions" in info.data else ())
            ]
        faults += _invitation_faults(standalone, administrator)
        if faults:
            raise ValueError("; standaloneAccounts".join(faults))
        return standalone


def _invitation_faults(
    standalone: Sequence[StandaloneDescription], administrator: AdministratorDescription | None
) -> list[str]:
    """What is wrong with who has invited whom."""
    inviting = {
        account.id for account in standalone if account.detector and account.invited_by is None
    }
    inviting |= set() if administrator is None else {administrator.id}
    faults = []
    for index, account in enumerate(standalone):
        if account.invited_by is not None and account.invited_by not in inviting:
            faults.append(
                f"[{index}].invitedBy: {account.invited_by} can't invite; "
                "name the administrator or a standalone account with a detector"
            )
        if account.invited_by is not None and not account.detector:
            faults.append(
                f"[{index}].detector: is needed for a member; leave detector or invitedBy out"
            )
    return faults


def _regions_in(value: object) -> set[str]:
    return set(value) if isinstance(value, dict) else set()


def default_organization(
    accounts: int = DEFAULT_ACCOUNTS, regions: Sequence[str] = DEFAULT_REGIONS
) -> OrganizationDescription:
    """The organization that the sandbox has unless a file describes another.

    A third of the members has EKS_AUDIT_LOGS on, the same ones at every start, so that there is
    something to change.

    Args:
        accounts: how many members, from 300000000001 on.
        regions: the regions that exist.

    Raises:
        OrganizationFileError: a region's name is none.
    """
    return _validated(
        {"regions": list(regions), "accounts": [_default_account(n) for n in range(accounts)]},
        "the command line",
    )


def read_organization(file: Path, regions: Sequence[str] | None = None) -> OrganizationDescription:
    """Read the description of an organization from a YAML file.

    Args:
        file: the file; the README shows every key.
        regions: replaces the file's regions.

    Raises:
        OrganizationFileError: the file can't be read or is not valid; all faults are named.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise OrganizationFileError(f"{file}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise OrganizationFileError(f"{file} is not valid YAML: {reason}") from None
    except RecursionError:
        raise OrganizationFileError(
            f"{file} is nested too deep; write keys with values, as the README shows"
        ) from None
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise OrganizationFileError(f"{file}: write keys with values, as the README shows")
    if regions is not None:
        content = {**content, "regions": list(regions)}
    return _validated(content, str(file))


def _validated(content: dict[str, Any], source: str) -> OrganizationDescription:
    try:
        return OrganizationDescription.model_validate(content)
    except ValidationError as error:
        lines = dict.fromkeys(f"  {_told(fault)}" for fault in error.errors())
        raise OrganizationFileError("\n".join([f"{source}:", *lines])) from None


def _told(fault: ErrorDetails) -> str:
    """One fault in one line: the key, the value, what is wrong with it and the way out."""
    key = ""
    for part in fault["loc"]:
        if isinstance(part, int):
            key += f"[{part}]"
        elif not _is_variant(part):
            key += f".{part}" if key else part
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        return f"{key}: there is no such key; the README lists the keys"
    if fault["type"] == "missing":
        return f"{key}: is missing; add it"
    if message.startswith(("[", ".")):
        return f"{key}{message}"
    if fault["type"] == "value_error" and not isinstance(fault["input"], list | tuple):
        return f"{key}: {fault['input']} {message}"
    if fault["type"] == "value_error":
        return f"{key}: {message}"
    return f"{key}: {fault['input']!r}: {message[0].lower()}{message[1:]}"


def _is_variant(part: str) -> bool:
    """Whether a step of a fault's place is pydantic's name for a form, not a key of the file."""
    return part in {"everywhere", "by region", "[key]"}


def _default_account(index: int) -> dict[str, Any]:
    unit, environment = _UNITS[index % len(_UNITS)]
    names = _NAMES[environment]
    turn = index // len(_UNITS)
    name = names[turn % len(names)]
    again = turn // len(names)
    # A third, spread over the units: a plain "every third" would be one unit's accounts.
    on = (index + index // 3) % 3 == 0
    return {
        "id": str(300_000_000_001 + index),
        "name": f"{name}-{again + 1}" if again else name,
        "ou": unit,
        "tags": {"env": environment},
        "eksAuditLogs": FeatureStatus.ENABLED if on else FeatureStatus.DISABLED,
    }
