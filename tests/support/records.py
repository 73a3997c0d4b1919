"""What a stack has recorded, as its last state says, for plans of its next run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from guardduty_eks_audit_logs.model import UNKNOWN, AccountId, FeatureStatus, Setting
from guardduty_eks_audit_logs.planning.plan import Plan, make_plan
from guardduty_eks_audit_logs.state.ledger import LastState, Record
from tests.support.vocabulary import ADMINISTRATOR, DETECTOR, OWNER, REGION, region_with, settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardduty_eks_audit_logs.model import Snapshot

    Statuses = Mapping[AccountId, FeatureStatus]

SETTINGS_BEFORE = {Setting.STATUS: "DISABLED", Setting.AUTO_ENABLE: "NONE"}


def recorded(before: Statuses, **more: Any) -> Record:  # noqa: ANN401 - the record's own fields
    """A record of the stack's third run."""
    record = Record(
        REGION, ADMINISTRATOR, DETECTOR, before, SETTINGS_BEFORE, revision=3, members_revision=3
    )
    return replace(record, **more)


def next_plan(
    snapshot: Snapshot | Statuses,
    record: Record | Statuses,
    rules: Sequence[object] = (),
    **chosen: object,
) -> Plan:
    """What the next run does, with `onRelease: RESTORE` unless said otherwise."""
    found = record if isinstance(record, Record) else recorded(record)
    seen = region_with(snapshot) if isinstance(snapshot, dict) else snapshot
    wanted = settings(**{"onRelease": "RESTORE", "members": list(rules), **chosen})
    return make_plan(wanted, seen, OWNER, LastState((found,)))  # type: ignore[arg-type]


def run_after(plan: Plan) -> Record:
    """The record that a run leaves that could do all of its plan, and was told nothing more."""
    before = {
        AccountId(account): FeatureStatus(status)
        for account, status in plan.to_record.items()
        if account not in plan.release.by_account and status != UNKNOWN
    }
    return replace(
        plan.record,
        before=before,
        revision=plan.revision,
        members_revision=plan.members_revision,
        earlier=False,
        settings={**dict.fromkeys(plan.written_settings, "DISABLED"), **plan.record.settings},
    )
