"""What this stack's last state says: the ledger of what was there before the stack.

Parsed from the outputs of the stack's resources, as the engine's built-in function
`pulumi:pulumi:readStackResourceOutputs` gives them; nothing here calls AWS.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from guardduty_eks_audit_logs.model import AccountId, DetectorId
from guardduty_eks_audit_logs.state.properties import MemberFeaturesOutputs, PriorSettingsOutputs
from guardduty_eks_audit_logs.state.provider_path import (
    MEMBER_FEATURES,
    PRIOR_SETTINGS,
    is_of_another_module,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from guardduty_eks_audit_logs.model import FeatureStatus, Setting

_PRIOR, _MEMBERS = "guardduty:PriorSettings", "guardduty:MemberFeatures"
_DESIGNATION = "aws:guardduty/organizationAdminAccount:OrganizationAdminAccount"
_DETECTOR = "aws:guardduty/detector:Detector"


@dataclass(frozen=True)
class Record:
    """What a stack has recorded of one administrator in one region.

    Attributes:
        region: where.
        administrator: whose detector and members.
        detector_id: the detector of the last run; None if there was no run.
        before: what each account had before the stack that it may have written and not released.
        settings: the same for the settings beside members.
        settings_read: the same for settings that the stack has not written.
        revision: of `PriorSettings`, 0 if there is none.
        members_revision: of `MemberFeatures`, 0 if there is none.
        generation: of several `PriorSettings` of one owner, the highest is the one that counts.
        earlier: whether an earlier release wrote it, in another form or by another provider.
        wanted: what the last run's rules said of the accounts that they set, as members of
            `detector_id`.
        left: AWS's reason for each account that the last run could not set or release.
        lost: whether the stack has members there, and no `PriorSettings`.
    """

    region: str
    administrator: AccountId
    detector_id: DetectorId | None = None
    before: Mapping[AccountId, FeatureStatus] = field(default_factory=dict)
    settings: Mapping[Setting, str] = field(default_factory=dict)
    settings_read: Mapping[Setting, str] = field(default_factory=dict)
    revision: int = 0
    members_revision: int = 0
    generation: int = 0
    earlier: bool = False
    wanted: Mapping[AccountId, FeatureStatus] = field(default_factory=dict)
    left: Mapping[AccountId, str] = field(default_factory=dict)
    lost: bool = False

    @property
    def kept(self) -> frozenset[AccountId]:
        """The accounts that the stack keeps."""
        return frozenset(self.before) | self.wanted.keys()

    @property
    def empty(self) -> bool:
        """Whether nothing is recorded."""
        return not self.before and not self.settings


@dataclass(frozen=True)
class Designated:
    """A designation that the stack has made or taken over."""

    region: str
    account: AccountId


@dataclass(frozen=True)
class LastState:
    """What this stack's last state says.

    Attributes:
        records: one for each administrator and region.
        detectors: the ARNs of detectors that the stack has made.
        designations: of mode `delegation`.
        ids: `<id>@<region>` of the detectors and the designations, by the resource's name.
    """

    records: tuple[Record, ...] = ()
    detectors: frozenset[str] = frozenset()
    designations: tuple[Designated, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)

    def record(self, administrator: AccountId, region: str) -> Record:
        """The record of an administrator in a region, an empty one if there is none."""
        for record in self.records:
            if (record.administrator, record.region) == (administrator, region):
                return record
        return Record(region, administrator)

    def others(self, kept: Iterable[tuple[AccountId, str]]) -> tuple[Record, ...]:
        """The records, unless empty, of other administrators and regions than these."""
        known = set(kept)
        return tuple(
            record
            for record in self.records
            if (record.administrator, record.region) not in known and not record.empty
        )


def read_last_state(resources: Mapping[str, Any]) -> LastState:
    """Reads the outputs of a stack's resources, of any release.

    Two resources of one administrator and region, for instance after a run that was killed while
    it replaced one, are one record.

    Args:
        resources: {urn: {"type": the resource's type, "outputs": its outputs}}.

    Raises:
        MalformedStateError: no release of this product has written it.
    """
    records: dict[tuple[str, str], Record] = {}
    detectors: set[str] = set()
    designations: list[Designated] = []
    ids: dict[str, str] = {}
    for urn in sorted(resources):
        kind, outputs = resources[urn]["type"], resources[urn]["outputs"]
        if kind.endswith(_PRIOR) and outputs:
            moved = is_of_another_module(outputs, PRIOR_SETTINGS)
            _join(records, _prior(PriorSettingsOutputs.parse(outputs), moved=moved))
        elif kind.endswith(_MEMBERS) and outputs:
            moved = is_of_another_module(outputs, MEMBER_FEATURES)
            _join(records, _members(MemberFeaturesOutputs.parse(outputs), moved=moved))
        elif kind == _DETECTOR:
            arn = str(outputs.get("arn"))
            detectors.add(arn)
            # arn:aws:guardduty:<region>:<account>:detector/<id>
            region = arn.partition(":guardduty:")[2].partition(":")[0]
            ids[_name(urn)] = f"{arn.rpartition('/')[2]}@{region}"
        elif kind == _DESIGNATION and outputs.get("adminAccountId"):
            region = str(outputs.get("region"))
            account = AccountId(outputs["adminAccountId"])
            designations.append(Designated(region, account))
            ids[_name(urn)] = f"{account}@{region}"
    return LastState(tuple(records.values()), frozenset(detectors), tuple(designations), ids)


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _join(records: dict[tuple[str, str], Record], found: Record) -> None:
    key = (found.administrator, found.region)
    known = records.get(key)
    if known is None:
        records[key] = found
        return
    # Where two of them differ, the one that has taken over from the other counts.
    first, second = sorted((known, found), key=lambda record: record.generation)
    records[key] = replace(
        known,
        detector_id=second.detector_id or first.detector_id,
        before={**first.before, **second.before},
        settings={**first.settings, **second.settings},
        settings_read={**first.settings_read, **second.settings_read},
        revision=max(known.revision, found.revision),
        generation=second.generation,
        members_revision=max(known.members_revision, found.members_revision),
        earlier=known.earlier or found.earlier,
        wanted={**known.wanted, **found.wanted},
        left={**known.left, **found.left},
        lost=known.lost and found.lost,
    )


def _prior(outputs: PriorSettingsOutputs, *, moved: bool) -> Record:
    return Record(
        outputs.region,
        AccountId(outputs.administrator_account_id),
        DetectorId(str(outputs.detector_id)),
        {AccountId(account): status for account, status in outputs.before.items()},
        outputs.settings_before,
        outputs.settings_read,
        revision=outputs.revision or 0,
        generation=outputs.generation,
        earlier=moved or outputs.revision is None,
        left={AccountId(account): why for account, why in outputs.unreleased.items()},
    )


def _members(outputs: MemberFeaturesOutputs, *, moved: bool) -> Record:
    return Record(
        outputs.region,
        AccountId(outputs.administrator_account_id),
        members_revision=outputs.revision or 0,
        earlier=moved or outputs.revision is None,
        wanted={AccountId(account): status for account, status in outputs.wanted.items()},
        left={AccountId(account): why for account, why in outputs.unprocessed.items()},
        lost=True,
    )
