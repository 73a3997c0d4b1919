"""What a stack's configuration asks for, checked whole: all faults at once, each with its key."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel, to_snake

from guardduty import messages
from guardduty.errors import SettingsError
from guardduty.faults import did_you_mean, faults_of, shown
from guardduty.max_disabled import MaxDisabled
from guardduty.model import AccountId, AutoEnable, FeatureStatus, Setting
from guardduty.modes import Mode, faults_of_mode

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = "guardduty-eks-audit-logs"
"""The Pulumi project as it is shipped; its name is the namespace of the configuration keys.

Of a copy with another name, that name is.
"""


class DetectorSource(StrEnum):
    """Whether the region's detector is looked up or made."""

    EXISTING = "existing"
    CREATE = "create"


class OnRelease(StrEnum):
    """What happens to an account that drops out of the rules, and to all of them on destroy."""

    LEAVE = "LEAVE"
    RESTORE = "RESTORE"
    DISABLE = "DISABLE"


class RuleStatus(StrEnum):
    """What a rule gives to the members that it decides; UNMANAGED leaves them alone."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    UNMANAGED = "UNMANAGED"


def _account_id(value: Any) -> str:  # noqa: ANN401 - whatever a user wrote
    # YAML reads an unquoted id as a number and drops zeros in front, and an id that begins with a
    # zero and has no 8 or 9 as an octal number: only 12 digits are certain to be what was meant.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and re.fullmatch(r"[0-9]{12}", text):
        return text
    if isinstance(text, str) and text.isascii() and text.isdigit():
        raise ValueError(messages.account_id_digits(text))
    raise ValueError(messages.account_id_malformed(shown(value)))


def _parsed(value: Any) -> Any:  # noqa: ANN401 - JSON text or what it stands for
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError(messages.not_a_list(shown(value))) from None


def _of_another_namespace(key: str, project: str) -> bool:
    """Whether a key is in the shipped project's namespace, or in one misspelt or cut short."""
    namespace = key.partition(":")[0]
    alike = get_close_matches(namespace.lower(), [project, PROJECT], cutoff=0.8)
    return namespace != project and (bool(alike) or namespace.lower() == "guardduty")


class _Strict(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


def _unit(value: str) -> str:
    if value.startswith(("ou-", "r-")) and not _UNIT_ID.fullmatch(value):
        raise ValueError(messages.unit_id_malformed(value))
    if not all(value.split("/")):
        raise ValueError(messages.unit_path_malformed(shown(value)))
    return value


_UNIT_ID = re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")

SELECTORS = ("accounts", "organizationalUnits", "tags", "all")
"""What a rule selects by: one of them."""


class Rule(_Strict):
    """One entry of `members`: which status, for which member accounts.

    Exactly one of the last four is given.

    Attributes:
        status: what the accounts get.
        accounts: account ids.
        organizational_units: ids (`ou-…`, `r-…`) or paths (`Root/Prod/EU`); the whole subtree.
        tags: an account must have all of them in AWS Organizations.
        all: every member account.
    """

    status: RuleStatus
    accounts: frozenset[Annotated[AccountId, BeforeValidator(_account_id)]] | None = None
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
    def wanted(self) -> FeatureStatus | None:
        """The status to set, None for UNMANAGED."""
        return None if self.status is RuleStatus.UNMANAGED else FeatureStatus(self.status)

    def selector(self) -> str:
        """What the rule selects by, for people: `all`, `OU Root/Prod`, `tag env=dev`."""
        if self.organizational_units:
            return messages.by_units(self.organizational_units)
        if self.tags:
            return messages.by_tags(self.tags)
        return "all" if self.all else "accounts"


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
    administrator_account_id: Annotated[AccountId, BeforeValidator(_account_id)] | None = None
    retry_minutes: Annotated[float, Field(ge=0, le=60)] = 5
    show_costs: bool = True

    @property
    def makes_detector(self) -> bool:
        """Whether the stack keeps a detector of its own making."""
        return self.detector is DetectorSource.CREATE

    @property
    def wanted(self) -> dict[Setting, str | None]:
        """What AWS is to hold beside members; None where the stack writes nothing."""
        of_organization = self.mode is Mode.ORGANIZATION
        return {
            Setting.STATUS: self.status,
            Setting.AUTO_ENABLE: self.auto_enable if of_organization else None,
            Setting.AUTO_ENABLE_MEMBERS: self.auto_enable_members,
        }

    @classmethod
    def from_configuration(
        cls, configuration: Mapping[str, Any], project: str = PROJECT
    ) -> Settings:
        """Reads a stack's configuration.

        Args:
            configuration: all of the stack's configuration by full key, as the engine gives it:
                `{"guardduty-eks-audit-logs:status": "ENABLED", "aws:region": "us-east-1"}`, with
                lists as JSON. Other namespaces are left alone; an empty value counts as absent.
            project: the name of the Pulumi project, the namespace of the keys.

        Raises:
            SettingsError: with a sentence for every fault.
        """
        prefix = f"{project}:"
        misspelt = tuple(
            messages.misspelt_namespace(key, project)
            for key in configuration
            if _of_another_namespace(key, project)
        )
        values = {
            key.removeprefix(prefix): value
            for key, value in configuration.items()
            if key.startswith(prefix) and value != ""
        }
        return cls._read(values, misspelt, prefix)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Settings:
        """Reads the same keys without their namespace, for a program that has them at hand.

        Args:
            values: for instance `{"autoEnable": "NEW", "members": [{"status": "ENABLED",
                "all": True}]}`; None and empty text count as absent.

        Raises:
            SettingsError: with a sentence for every fault.
        """
        given = {key: value for key, value in values.items() if value is not None and value != ""}
        return cls._read(given, (), "")

    @classmethod
    def _read(cls, values: Mapping[str, Any], faults: tuple[str, ...], prefix: str) -> Settings:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        faults += tuple(
            messages.unknown_key(f"{prefix}{key}", did_you_mean(key, known))
            for key in values
            if key not in known
        )
        faults += faults_of_mode(values)
        try:
            settings = cls.model_validate({k: v for k, v in values.items() if k in known})
        except ValidationError as error:
            raise SettingsError((*faults, *faults_of(error))) from None
        if faults:
            raise SettingsError(faults)
        return settings
