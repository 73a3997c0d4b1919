"""What a plan gives to the dynamic resources as their inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guardduty_eks_audit_logs.planning.outlook import on_destroy, on_destroy_refused, seen
from guardduty_eks_audit_logs.state.properties import MemberFeaturesInputs, PriorSettingsInputs

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.planning.plan import Plan


def prior_settings_inputs(plan: Plan) -> PriorSettingsInputs:
    """What `PriorSettings` is to record, to keep and to release."""
    return PriorSettingsInputs(
        **_whose(plan),
        revision=plan.revision,
        generation=plan.record.generation,
        record=plan.to_record,
        settings=plan.written_settings,
        settings_before=plan.settings_before,
        release=plan.release.by_account,
        release_all=plan.leaving,
        on_release=plan.settings.on_release,
        max_disabled=plan.settings.max_disabled,
        seen=seen(plan),
        on_destroy=on_destroy(plan),
        on_destroy_refused=on_destroy_refused(plan),
    )


def member_features_inputs(plan: Plan) -> MemberFeaturesInputs:
    """What `MemberFeatures` is to set."""
    return MemberFeaturesInputs(
        **_whose(plan),
        revision=plan.members_revision,
        wanted={str(account): status for account, status in plan.wanted.items()},
        changes=plan.changes,
        already=plan.already,
        left=plan.left,
    )


def _whose(plan: Plan) -> dict[str, Any]:
    snapshot = plan.snapshot
    return {
        "region": snapshot.region,
        "administrator_account_id": snapshot.caller,
        # While it is only being made, only the engine knows it.
        "detector_id": snapshot.detector.id if snapshot.detector else None,
        "retry_minutes": plan.settings.retry_minutes,
        "identity": snapshot.identity.properties() if snapshot.identity else None,
    }
