"""The words that tests are written in: an organization, its accounts, a stack's settings."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.model import (
    AccountId,
    AutoEnable,
    Detector,
    DetectorId,
    FeatureStatus,
    Membership,
    MemberStatuses,
    OrganizationConfiguration,
    Snapshot,
)
from guardduty_eks_audit_logs.settings.configuration import PROJECT, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT_FOLDER = Path(__file__).parents[2]
REGION = "us-east-1"
ADMINISTRATOR = AccountId("222222222222")
DETECTOR = DetectorId("12abc34d567e8fa901bc2d34e56789f0")
OWNER = "guardduty-eks-audit-logs/prod-us-east-1"
NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)

ON, OFF = FeatureStatus.ENABLED, FeatureStatus.DISABLED

NOT_ASSOCIATED = (
    "The request is rejected because the given account ID is not an associated member of account "
    "the current account."
)
DETECTOR_NOT_OWNED = (
    "The request is rejected because the input detectorId is not owned by the current account."
)
NO_MASTER = (
    "The request failed because you do not have required AWS Organization master permission."
)
OUT_OF_RANGE = (
    "The request is rejected because an invalid or out-of-range value is specified as an input "
    "parameter."
)


def account(number: int) -> AccountId:
    return AccountId(f"3{number:011}")


def accounts(number: int) -> list[AccountId]:
    return [account(n) for n in range(1, number + 1)]


def member(number: int, relationship_status: str = "Enabled") -> Membership:
    return Membership(account(number), relationship_status)


def settings(**keys: object) -> Settings:
    """Reads settings as a stack gives them: text as it is, everything else as JSON."""
    return Settings.from_configuration(
        {
            f"{PROJECT}:{key}": value if isinstance(value, str) else json.dumps(value)
            for key, value in keys.items()
        }
    )


def rule(status: str, *selected: AccountId) -> dict[str, object]:
    """One rule for these accounts, for all if none are given."""
    return {"status": status, "accounts": selected} if selected else {"status": status, "all": True}


def region_with(statuses: Mapping[AccountId, FeatureStatus]) -> Snapshot:
    """A region of an organization as its administrator sees it, with these monitored members."""
    return Snapshot(
        region=REGION,
        caller=ADMINISTRATOR,
        taken=NOW,
        detector=Detector(DETECTOR, monitoring=True, status=ON),
        organization=OrganizationConfiguration(AutoEnable.NEW, AutoEnable.NEW),
        members=tuple(Membership(account_id, "Enabled") for account_id in statuses),
        statuses=MemberStatuses(statuses, {}),
    )
