"""The state contract as types: all inputs and outputs of the dynamic resources, parsed once.

docs/decisions/2026-11-26-state-contract.md says what each means. The engine hands back what is in
the state, and a state can come from elsewhere: edited, imported, or of another program. What no
release of this product has written is refused before AWS is asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import MalformedStateError
from guardduty_eks_audit_logs.model import (
    UNKNOWN,
    AutoEnable,
    FeatureStatus,
    Setting,
    changed_to,
)
from guardduty_eks_audit_logs.settings.configuration import OnRelease, Settings
from guardduty_eks_audit_logs.settings.faults import faults_of
from guardduty_eks_audit_logs.settings.max_disabled import MaxDisabled
from guardduty_eks_audit_logs.texts import grouped, listed, read_either, read_grouped, read_listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum

LEAVE: Final = "LEAVE"
"""Stands in `release` for an account that leaves the ledger as it is."""


def _text(read: Callable[[str], dict[str, str]]) -> Callable[[Any], Any]:
    def validate(value: Any) -> Any:  # noqa: ANN401 - whatever is in the state
        if value is None:
            return {}
        if not isinstance(value, str):
            return value
        try:
            return read(value)
        except ValueError as error:
            raise ValueError(messages.text_malformed(str(error))) from None

    return validate


def _by_number(value: Any) -> Any:  # noqa: ANN401 - whatever is in the state
    return value if isinstance(value, MaxDisabled) else MaxDisabled.parse(value)


_Account = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
_Key = Annotated[str, Field(pattern=r"^([0-9]{12}|[a-zA-Z]+)$")]
_Listed = PlainSerializer(lambda values: listed(values) or None)
_Grouped = PlainSerializer(lambda values: grouped(values) or None)
_ReadListed, _ReadGrouped, _ReadEither = (
    BeforeValidator(_text(read_listed)),
    BeforeValidator(_text(read_grouped)),
    BeforeValidator(_text(read_either)),
)

Wanted = Annotated[dict[_Account, FeatureStatus], _ReadEither, _Grouped]
Drifted = Annotated[dict[_Account, str], _ReadListed, _Listed]
Changes = Annotated[
    dict[_Account, Annotated[str, Field(pattern=r"^(ENABLED|DISABLED|UNKNOWN) -> (EN|DIS)ABLED$")]],
    _ReadGrouped,
    _Grouped,
]
Releases = Annotated[
    dict[
        _Account,
        Annotated[
            str, Field(pattern=r"^(LEAVE|(ENABLED|DISABLED|UNKNOWN) -> (ENABLED|DISABLED))$")
        ],
    ],
    _ReadGrouped,
    _Grouped,
]
Before = Annotated[dict[_Account, FeatureStatus], _ReadGrouped, _Grouped]
Record = Annotated[
    dict[_Account, Annotated[str, Field(pattern=r"^(ENABLED|DISABLED|UNKNOWN)$")]],
    _ReadGrouped,
    _Grouped,
]
OnDestroy = Annotated[dict[_Key, str], _ReadGrouped, _Grouped]
Limit = Annotated[
    MaxDisabled, BeforeValidator(_by_number), PlainSerializer(lambda limit: limit.written)
]
Reasons = dict[_Account, str]


def _setting_values(values: dict[Setting, str]) -> dict[Setting, str]:
    for key, value in values.items():
        known: type[StrEnum] = FeatureStatus if key is Setting.STATUS else AutoEnable
        if value not in set(known):
            raise ValueError(messages.value_unknown(key, value, list(known)))
    return values


SettingsBefore = Annotated[dict[Setting, str], AfterValidator(_setting_values)]

_DEFAULTS: Final = Settings()
"""A property that the state lacks has the default of its configuration key."""


class Properties(BaseModel):
    """What all dynamic resources have.

    Attributes:
        region: where.
        administrator_account_id: whose detector and members.
        identity: which credentials to use, if a program says so.
    """

    # What Pulumi adds, and what a later release adds, is none of this release's business.
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )

    region: str
    administrator_account_id: _Account
    identity: dict[str, Any] | None = None

    @classmethod
    def parse(cls, properties: Mapping[str, Any]) -> Self:
        """Reads properties as the engine gives them, of any release.

        Raises:
            MalformedStateError: with each property that is not as it must be.
        """
        try:
            return cls.model_validate(properties)
        except ValidationError as error:
            resource = re.sub("(Inputs|Outputs|Properties)$", "", cls.__name__)
            raise MalformedStateError(
                messages.malformed_state(resource, faults_of(error))
            ) from None

    def properties(self) -> dict[str, Any]:
        """Gives them back as the engine takes them; what is empty is left out."""
        written = self.model_dump(mode="json", by_alias=True)
        # An identity without settings counts: the environment then gives the credentials.
        return {
            k: v
            for k, v in written.items()
            if (k == "identity" and v is not None) or not _is_empty(v)
        }


def _accounts_or_unknown(value: Any) -> Any:  # noqa: ANN401 - a list, or Pulumi's unknown value
    entries = value if isinstance(value, list | tuple) else ()
    if isinstance(value, int | float | dict) or not all(isinstance(e, str) for e in entries):
        raise ValueError(messages.text_malformed(str(value)))
    return value


def _is_empty(value: object) -> bool:
    return value is None or value is False or value in ({}, [])


class _Kept(Properties):
    """What `PriorSettings` and `MemberFeatures` have alike.

    Attributes:
        detector_id: the administrator's detector; unknown in the preview that makes it.
        retry_minutes: for how long failures are retried that may pass with time.
        revision: counts the runs that had something to do; None in the state of earlier releases.
    """

    detector_id: Any
    retry_minutes: float = float(_DEFAULTS.retry_minutes)
    revision: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_releases(cls, properties: Any) -> Any:  # noqa: ANN401 - as it is in the state
        if isinstance(properties, dict) and "account" in properties:
            return cls._from_before(properties)
        return properties

    @classmethod
    def _from_before(cls, properties: dict[str, Any]) -> dict[str, Any]:
        return {**properties, "administratorAccountId": properties["account"], "revision": None}


class PriorSettingsInputs(_Kept):
    """Inputs of `PriorSettings`."""

    record: Record = {}
    settings: tuple[Setting, ...] = ()
    settings_before: SettingsBefore = {}
    release: Releases = {}
    release_all: bool = False
    generation: int = 0
    on_release: OnRelease = _DEFAULTS.on_release
    max_disabled: Limit = _DEFAULTS.max_disabled
    seen: str | None = None
    on_destroy: OnDestroy | str = {}
    on_destroy_refused: str | None = None

    @classmethod
    def _from_before(cls, properties: dict[str, Any]) -> dict[str, Any]:
        known = super()._from_before(properties)
        return {k: v for k, v in known.items() if k in _OF_EARLIER_INPUTS}


_OF_EARLIER_INPUTS = frozenset(
    {"region", "administratorAccountId", "detectorId", "retryMinutes", "identity"}
    | {"onRelease", "maxDisabled"}
)


class PriorSettingsOutputs(_Kept):
    """Outputs of `PriorSettings`: the ledger.

    `settings_read` is what the first release recorded of settings that the stack had not written.
    """

    before: Before = {}
    generation: int = 0
    settings_before: SettingsBefore = {}
    settings_read: Annotated[SettingsBefore, Field(exclude=True)] = {}
    unreleased: Reasons = {}
    on_release: OnRelease = _DEFAULTS.on_release
    max_disabled: Limit = _DEFAULTS.max_disabled

    @classmethod
    def _from_before(cls, properties: dict[str, Any]) -> dict[str, Any]:
        known = super()._from_before(properties)
        recorded = {
            Setting.STATUS: _part(known, "detector").get("status"),
            Setting.AUTO_ENABLE: _part(known, "organization").get("autoEnable"),
            Setting.AUTO_ENABLE_MEMBERS: _part(known, "organization").get("autoEnableMembers"),
        }
        # The first release had no scope, and was for an organization.
        scope = known.get("scope", ["detector", "organization"])
        if not isinstance(scope, list | tuple):
            raise ValueError(messages.text_malformed(str(scope)))  # noqa: TRY004 - for pydantic
        written = {_SCOPES[str(name)] for name in scope if str(name) in _SCOPES}
        values = {key: value for key, value in recorded.items() if value}
        return {
            **known,
            "before": {a: s for a, s in _part(known, "statuses").items() if s != UNKNOWN},
            "settingsBefore": {key: value for key, value in values.items() if key in written},
            "settingsRead": {key: value for key, value in values.items() if key not in written},
        }


def _part(properties: dict[str, Any], key: str) -> dict[str, Any]:
    found = properties.get(key) or {}
    if not isinstance(found, dict):
        raise ValueError(messages.text_malformed(f"{key}: {found}"))  # noqa: TRY004 - for pydantic
    return found


_SCOPES = {
    "detector": Setting.STATUS,
    "organization": Setting.AUTO_ENABLE,
    "autoEnableMembers": Setting.AUTO_ENABLE_MEMBERS,
}
"""What earlier releases called the settings that a stack has written."""


class MemberFeaturesInputs(_Kept):
    """Inputs of `MemberFeatures`; `unrecorded` may be unknown in a preview.

    `wanted` has all accounts here. In the state, it has those that neither `changes` nor `already`
    names: no account is written twice.
    """

    wanted: Wanted = {}
    changes: Changes = {}
    already: Wanted = {}
    left: Wanted = {}
    unrecorded: Annotated[Any, BeforeValidator(_accounts_or_unknown)] = ()

    @classmethod
    def _from_before(cls, properties: dict[str, Any]) -> dict[str, Any]:
        known = super()._from_before(properties)
        return {**known, "wanted": known.get("statuses", {}), "changes": {}}

    def model_post_init(self, _context: object, /) -> None:
        """Completes `wanted`."""
        self.wanted.update(self.already)
        self.wanted.update({a: changed_to(change) for a, change in self.changes.items()})

    def properties(self) -> dict[str, Any]:
        """Gives them back as the engine takes them."""
        named = self.changes.keys() | self.already.keys()
        rest = {a: status for a, status in self.wanted.items() if a not in named}
        return Properties.properties(self.model_copy(update={"wanted": rest}))


class MemberFeaturesOutputs(_Kept):
    """Outputs of `MemberFeatures`."""

    wanted: Wanted = {}
    drifted: Drifted = {}
    unprocessed: Reasons = {}

    @classmethod
    def _from_before(cls, properties: dict[str, Any]) -> dict[str, Any]:
        known = super()._from_before(properties)
        return {**known, "wanted": known.get("statuses", {})}


class DesignationProperties(Properties):
    """Inputs and outputs of `Designation`."""

    management_account_id: _Account
    on_destroy: str | None = None
