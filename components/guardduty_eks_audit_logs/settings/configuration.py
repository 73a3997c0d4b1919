"""What a stack's configuration asks for, checked whole: all faults at once, each with its key."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic.alias_generators import to_camel, to_snake

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.model import AccountId, AutoEnable, FeatureStatus, Setting
from guardduty_eks_audit_logs.settings.account_id import account_id
from guardduty_eks_audit_logs.settings.accounts_file import AccountsFile, read_accounts_file
from guardduty_eks_audit_logs.settings.faults import did_you_mean, faults_of, shown, visible
from guardduty_eks_audit_logs.settings.max_disabled import MaxDisabled
from guardduty_eks_audit_logs.settings.modes import Mode, faults_of_mode, without_other_modes
from guardduty_eks_audit_logs.settings.stack_files import defaults_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

PROJECT = "guardduty-eks-audit-logs"
"""The Pulumi project as it is shipped; its name is the namespace of the configuration keys.

Of a copy with another name, that name is.
"""

_READERS = {"aws": "the aws provider", "pulumi": "Pulumi"}
"""Namespaces that others read. None of their keys has the name of a key of this project."""

AWS_KEYS = (
    "accessKey",
    "allowedAccountIds",
    "assumeRole",
    "assumeRoleWithWebIdentity",
    "assumeRoles",
    "customCaBundle",
    "defaultTags",
    "ec2MetadataServiceEndpoint",
    "ec2MetadataServiceEndpointMode",
    "endpoints",
    "forbiddenAccountIds",
    "httpProxy",
    "httpsProxy",
    "ignoreTags",
    "insecure",
    "maxRetries",
    "noProxy",
    "profile",
    "region",
    "retryMode",
    "s3UsEast1RegionalEndpoint",
    "s3UsePathStyle",
    "secretKey",
    "sharedConfigFiles",
    "sharedCredentialsFiles",
    "skipCredentialsValidation",
    "skipMetadataApiCheck",
    "skipRegionValidation",
    "skipRequestingAccountId",
    "stsRegion",
    "tagPolicyCompliance",
    "token",
    "tokenBucketRateLimiterCapacity",
    "useDualstackEndpoint",
    "useFipsEndpoint",
    "userAgents",
)
"""The keys of pulumi-aws 7, and `assumeRole` of earlier ones; a newer release may have more."""


class DetectorSource(StrEnum):
    """Whether the region's detector is looked up or made."""

    EXISTING = "existing"
    CREATE = "create"


class OnRelease(StrEnum):
    """What happens to an account when it is released: no rule selects it any more, or a destroy."""

    LEAVE = "LEAVE"
    RESTORE = "RESTORE"
    DISABLE = "DISABLE"


class RuleStatus(StrEnum):
    """What a rule gives to the members that it decides; UNMANAGED leaves them alone."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    UNMANAGED = "UNMANAGED"


def _accounts_file(value: Any, info: ValidationInfo) -> AccountsFile:  # noqa: ANN401
    return read_accounts_file(value, (info.context or {}).get("folder", Path()))


def _parsed(value: Any) -> Any:  # noqa: ANN401 - JSON text or what it stands for
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        sentence = messages.text_of_a_list if _is_yaml_of_a_list(value) else messages.not_a_list
        raise ValueError(sentence(shown(value))) from None


def _is_yaml_of_a_list(text: str) -> bool:
    try:
        return isinstance(yaml.safe_load(text), list)
    except (ValueError, RecursionError, yaml.YAMLError):
        return False


def _misplaced(key: str, project: str, known: Collection[str]) -> str | None:
    """Where a key belongs that is not read where it stands.

    Returns:
        the full key; empty if there is no such key; None if another program may read it.
    """
    namespace, _, name = key.partition(":")
    if namespace == project:
        return None
    folded = namespace.casefold()
    own = _alike(name, known)
    if own:
        return f"{project}:{own}"
    if folded in _READERS:
        right = _alike(name, AWS_KEYS) if folded == "aws" else None
        meant = f"{folded}:{right or (name if namespace == folded else _first_small(name))}"
        return None if meant == key else meant
    if not (folded == "guardduty" or _is_nearly(folded, [project.casefold(), PROJECT])):
        return None
    close = get_close_matches(name, known, n=1)
    return f"{project}:{close[0]}" if close else ""


def _alike(name: str, known: Collection[str]) -> str | None:
    """The key that a name is when capital letters, `_` and `-` do not count."""

    def folded(key: str) -> str:
        return re.sub(r"[-_\s]", "", key).casefold()

    return next((key for key in known if folded(key) == folded(name)), None)


def _first_small(name: str) -> str:
    return f"{name[:1].lower()}{name[1:]}"


def _is_nearly(namespace: str, ours: list[str]) -> bool:
    return bool(get_close_matches(namespace, ours, cutoff=0.8))


def _namespace_faults(
    configuration: Mapping[str, Any], project: str, known: Collection[str]
) -> Iterator[str]:
    """Says which keys are not read where they stand; the reason once for all of this project."""
    misplaced = {
        key: meant
        for key in configuration
        if (meant := _misplaced(key, project, known)) is not None
    }
    ours = {key: meant for key, meant in misplaced.items() if meant.startswith(f"{project}:")}
    for key, meant in misplaced.items():
        if key not in ours or len(ours) == 1:
            single = not str(configuration[key]).startswith(("[", "{"))
            reader = _READERS.get(key.partition(":")[0])
            if reader:
                yield messages.unknown_to_reader(visible(key), meant, reader, single=single)
            else:
                yield messages.misspelt_namespace(visible(key), meant, single=single)
    if len(ours) > 1:
        shown_keys = {visible(key): meant for key, meant in ours.items()}
        yield messages.misspelt_namespaces(shown_keys, project)


def _unknown(key: str, prefix: str, known: Collection[str]) -> str:
    if prefix and key == prefix.removesuffix(":"):
        return messages.key_nested(key)
    if prefix and re.match(rf"(?:{'|'.join(known)})[.\[]", key):
        return messages.key_is_a_path(f"{prefix}{key}")
    return messages.unknown_key(visible(f"{prefix}{key}"), did_you_mean(key, known))


class _Strict(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


def _minutes(value: float) -> float:
    if not 0 <= value <= _MOST_MINUTES:
        raise ValueError(messages.minutes_out_of_range(f"{value:g}", _MOST_MINUTES))
    return value


_MOST_MINUTES = 60


def _unit(value: str) -> str:
    if value.startswith(("ou-", "r-")) and not _UNIT_ID.fullmatch(value):
        raise ValueError(messages.unit_id_malformed(value))
    if not all(value.split("/")):
        raise ValueError(messages.unit_path_malformed(shown(value)))
    return value


_UNIT_ID = re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")


class Rule(_Strict):
    """One entry of `members`: which status, for which member accounts.

    Exactly one of the fields beside `status` is given: the rule's selector.

    Attributes:
        status: what the accounts get.
        accounts: account ids.
        accounts_file: account ids, in a file.
        organizational_units: ids (`ou-…`, `r-…`) or paths (`Root/Prod/EU`); the whole subtree.
        tags: an account must have all of them in AWS Organizations.
        all: every member account.
    """

    status: RuleStatus
    accounts: frozenset[Annotated[AccountId, BeforeValidator(account_id)]] | None = None
    accounts_file: Annotated[AccountsFile, BeforeValidator(_accounts_file)] | None = None
    organizational_units: tuple[Annotated[str, AfterValidator(_unit)], ...] | None = None
    tags: dict[str, str] | None = None
    all: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_selector(self) -> Self:
        given = self._given()
        if not given:
            raise ValueError(messages.no_selector(SELECTORS))
        if len(given) > 1:
            raise ValueError(messages.one_selector(given))
        if not getattr(self, to_snake(given[0])):
            raise ValueError(messages.empty_selector(given[0]))
        return self

    def _given(self) -> list[str]:
        return [name for name in SELECTORS if getattr(self, to_snake(name)) is not None]

    @property
    def named(self) -> frozenset[AccountId]:
        """The accounts that it selects by their ids; empty if it selects by something else."""
        if self.accounts_file:
            return self.accounts_file.accounts
        return self.accounts or frozenset()

    @property
    def selector_key(self) -> str:
        """The key that it selects by."""
        return self._given()[0]

    @property
    def wanted(self) -> FeatureStatus | None:
        """The status to set, None for UNMANAGED."""
        return None if self.status is RuleStatus.UNMANAGED else FeatureStatus(self.status)

    def selector(self) -> str:
        """What the rule selects by, for people: `all`, `OU Root/Prod`, `tag env=dev`."""
        if self.organizational_units:
            return messages.by_units(self.organizational_units)
        if self.tags:
            return messages.by_tags(self.tags)
        if self.accounts_file:
            return messages.accounts_of_file(self.accounts_file.path)
        return self.selector_key


SELECTORS = tuple(to_camel(name) for name in Rule.model_fields if name != "status")
"""The keys that a rule selects by: one of them."""


class Settings(_Strict):
    """The configuration of one stack; the keys are a contract (see `Pulumi.yaml`)."""

    mode: Mode = Mode.ORGANIZATION
    detector: DetectorSource = DetectorSource.EXISTING
    status: FeatureStatus = FeatureStatus.ENABLED
    auto_enable: AutoEnable = AutoEnable.NEW
    auto_enable_members: AutoEnable | None = None
    members: Annotated[tuple[Rule, ...], BeforeValidator(_parsed)] = Field(default=())
    on_release: OnRelease = OnRelease.LEAVE
    max_disabled: Annotated[MaxDisabled, BeforeValidator(MaxDisabled.parse)] = MaxDisabled(10)
    administrator_account_id: Annotated[AccountId, BeforeValidator(account_id)] | None = None
    retry_minutes: Annotated[float, AfterValidator(_minutes)] = 5
    show_costs: bool = True

    def is_written(self, key: str) -> bool:
        """Whether the configuration has the key; otherwise its value is the default."""
        return to_snake(key) in self.model_fields_set

    @property
    def makes_detector(self) -> bool:
        """Whether the stack keeps a detector of its own making."""
        return self.detector is DetectorSource.CREATE

    @property
    def wanted(self) -> dict[Setting, str | None]:
        """The wanted settings beside members; None where the stack writes nothing."""
        of_organization = self.mode is Mode.ORGANIZATION
        return {
            Setting.STATUS: self.status,
            Setting.AUTO_ENABLE: self.auto_enable if of_organization else None,
            Setting.AUTO_ENABLE_MEMBERS: self.auto_enable_members,
        }

    @classmethod
    def from_configuration(
        cls,
        configuration: Mapping[str, Any],
        project: str = PROJECT,
        folder: Path | None = None,
    ) -> Settings:
        """Reads a stack's configuration.

        Args:
            configuration: all of the stack's configuration by full key, as the engine gives it:
                `{"guardduty-eks-audit-logs:status": "ENABLED", "aws:region": "us-east-1"}`, with
                lists as JSON. An empty value counts as absent. A key of this product in a
                namespace that is read nowhere is a fault.
            project: the name of the Pulumi project, the namespace of the keys.
            folder: the project's: there `accountsFile` of a rule begins. What its file says for all
                stacks and the mode does not have is left out.

        Raises:
            SettingsError: with a sentence for every fault.
        """
        prefix, known = f"{project}:", cls.keys()
        values = {
            key.removeprefix(prefix): value
            for key, value in configuration.items()
            if key.startswith(prefix) and value != ""
        }
        if folder:
            values = without_other_modes(values, defaults_in(folder, project))
        faults = tuple(_namespace_faults(configuration, project, known))
        return cls._read(values, faults, prefix, folder)

    @classmethod
    def from_values(cls, values: Mapping[str, Any], folder: Path | None = None) -> Settings:
        """Reads the same keys without their namespace, for a program that has them at hand.

        Args:
            values: for instance `{"autoEnable": "NEW", "members": [{"status": "ENABLED",
                "all": True}]}`; None and empty text count as absent.
            folder: where `accountsFile` of a rule begins; the working folder if not given.

        Raises:
            SettingsError: with a sentence for every fault.
        """
        given = {key: value for key, value in values.items() if value is not None and value != ""}
        return cls._read(given, (), "", folder)

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """The configuration keys, without a namespace."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())

    @classmethod
    def _read(
        cls, values: Mapping[str, Any], faults: tuple[str, ...], prefix: str, folder: Path | None
    ) -> Settings:
        known = cls.keys()
        faults += tuple(_unknown(key, prefix, known) for key in values if key not in known)
        faults += faults_of_mode(values)
        try:
            settings = cls.model_validate(
                {k: v for k, v in values.items() if k in known},
                context={"folder": folder or Path()},
            )
        except ValidationError as error:
            raise SettingsError((*faults, *faults_of(error))) from None
        if faults:
            raise SettingsError(faults)
        return settings
