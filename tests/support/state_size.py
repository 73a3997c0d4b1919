"""The state of a stack at any number of members.

All members are turned on for the first time, half of them are on already. Counted are the inputs
and outputs of both dynamic resources as JSON, which is how a backend keeps them.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

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
from guardduty_eks_audit_logs.planning.inputs import member_features_inputs, prior_settings_inputs
from guardduty_eks_audit_logs.planning.plan import make_plan
from guardduty_eks_audit_logs.settings.configuration import Settings
from guardduty_eks_audit_logs.state.properties import MemberFeaturesOutputs, PriorSettingsOutputs


def state(members: int, on_release: str) -> list[dict[str, Any]]:
    """The properties of both resources after the first run of a stack.

    Args:
        members: how many the administrator has.
        on_release: the stack's.
    """
    settings = Settings.from_values(
        {
            "members": [{"status": "ENABLED", "all": True}],
            "onRelease": on_release,
            "maxDisabled": "100%",
        }
    )
    plan = make_plan(settings, _snapshot(members), "bench")
    prior, features = prior_settings_inputs(plan), member_features_inputs(plan)
    after = (
        PriorSettingsOutputs.parse({**prior.properties(), "before": prior.properties()["record"]}),
        MemberFeaturesOutputs.parse(features.properties()),
    )
    return [part.properties() for part in (prior, features, *after)]


def size(properties: list[dict[str, Any]]) -> int:
    """Bytes of these properties as JSON."""
    return sum(len(json.dumps(part, separators=(",", ":"))) for part in properties)


def _snapshot(members: int) -> Snapshot:
    accounts = [AccountId(f"{300_000_000_000 + number}") for number in range(1, members + 1)]
    statuses = {
        account: FeatureStatus.ENABLED if int(account) % 2 else FeatureStatus.DISABLED
        for account in accounts
    }
    return Snapshot(
        "us-east-1",
        AccountId("222222222222"),
        datetime.now(UTC),
        detector=Detector(DetectorId("1" * 32), monitoring=True, status=FeatureStatus.DISABLED),
        organization=OrganizationConfiguration(AutoEnable.NEW, AutoEnable.NONE),
        members=tuple(Membership(account, "Enabled") for account in accounts),
        statuses=MemberStatuses(statuses, {}),
    )
