"""What the properties of the dynamic resources must be, wherever they come from.

The engine hands back what is in the state, and a state can come from elsewhere: edited, imported,
or of another program. What is not one of this product's is refused before AWS is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from guardduty import messages
from guardduty.errors import MalformedStateError
from guardduty.faults import faults_of
from guardduty.max_disabled import MaxDisabled
from guardduty.model import AutoEnable, FeatureStatus  # noqa: TC001 - pydantic reads them
from guardduty.prior import Scope  # noqa: TC001 - the same
from guardduty.settings import OnRelease

if TYPE_CHECKING:
    from collections.abc import Mapping

_AccountId = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
_Reasons = dict[_AccountId, str]


class _Properties(BaseModel):
    # What Pulumi adds, and what a later release adds, is none of this release's business.
    model_config = ConfigDict(extra="ignore")

    region: str
    account: _AccountId
    detectorId: Any  # noqa: N815 - the property's name; unknown in the preview that makes one
    retryMinutes: float = 5  # noqa: N815
    seenAt: str | None = None  # noqa: N815
    identity: dict[str, Any] | None = None


class MemberFeaturesProperties(_Properties):
    """Inputs and outputs of `MemberFeatures`."""

    statuses: dict[_AccountId, FeatureStatus]
    changes: dict[_AccountId, str] = {}
    unrecorded: list[_AccountId] = []
    unprocessed: _Reasons = {}


class _PriorOrganization(BaseModel):
    autoEnable: AutoEnable | None = None  # noqa: N815
    autoEnableMembers: AutoEnable | None = None  # noqa: N815


class _PriorDetector(BaseModel):
    status: FeatureStatus | None = None


class _Released(BaseModel):
    at: str = ""
    statuses: dict[_AccountId, str] = {}


class PriorSettingsProperties(_Properties):
    """Inputs of `PriorSettings`, of every release."""

    accounts: dict[_AccountId, OnRelease]
    waiting: list[_AccountId] = []
    unmanaged: list[_AccountId] = []
    undecided: bool = False
    onRelease: OnRelease = OnRelease.LEAVE  # noqa: N815
    maxDisabled: float | str = 10  # noqa: N815
    turningOff: float = 0  # noqa: N815
    scope: list[Scope] = []


class PriorSettingsOutputs(PriorSettingsProperties):
    """Outputs of `PriorSettings`: its inputs, and what was recorded."""

    statuses: dict[_AccountId, str]
    organization: _PriorOrganization | None = None
    detector: _PriorDetector
    unreleased: _Reasons = {}
    heldBack: dict[_AccountId, OnRelease] = {}  # noqa: N815
    released: _Released | None = None


def refuse_malformed(kind: type[_Properties], properties: Mapping[str, Any]) -> None:
    """Refuses properties that no release of this product has written.

    Args:
        kind: whose properties they are.
        properties: as the engine gives them.

    Raises:
        MalformedStateError: with each property that is not as it must be.
    """
    try:
        kind.model_validate(properties)
        MaxDisabled.parse(properties.get("maxDisabled", 0))
    except ValidationError as error:
        faults = faults_of(error)
    except ValueError as error:
        faults = (f"maxDisabled: {error}",)
    else:
        return
    resource = kind.__name__.removesuffix("Properties").removesuffix("Outputs")
    raise MalformedStateError(messages.malformed_state(resource, faults))
