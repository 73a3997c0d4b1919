"""One account and its members in several regions, as one stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.planning.delegation import designations_of_others
from guardduty_eks_audit_logs.planning.plan import make_leaving_plan
from guardduty_eks_audit_logs.planning.refusals import (
    lost_records,
    members_not_written,
    other_records,
)
from guardduty_eks_audit_logs.program.end import refuse, refuse_if
from guardduty_eks_audit_logs.program.last_state import read_own_state, stack_name
from guardduty_eks_audit_logs.program.one_region import plan_with_state
from guardduty_eks_audit_logs.program.regions_at_once import (
    faults_of,
    named_regions,
    read_regions,
)
from guardduty_eks_audit_logs.program.report_file import REPORT
from guardduty_eks_audit_logs.reading.snapshot import read_snapshot
from guardduty_eks_audit_logs.reports.region_report import region_report
from guardduty_eks_audit_logs.settings.faults import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.model import AccountId
    from guardduty_eks_audit_logs.planning.plan import Plan
    from guardduty_eks_audit_logs.settings.configuration import Settings
    from guardduty_eks_audit_logs.settings.identity import Identity
    from guardduty_eks_audit_logs.settings.stack_identity import Configuration
    from guardduty_eks_audit_logs.state.ledger import LastState


def plan_regions(
    settings: Settings,
    who: Configuration | Identity,
    regions: Sequence[str],
    overrides: Mapping[str, Settings] | None = None,
) -> list[tuple[Session, Plan]]:
    """Reads every region and makes a plan for each; registers nothing.

    Several regions are read at once, and AWS Organizations is asked each thing once for all of
    them. An interrupt ends the reading at once.

    A region that this stack's last state has, and the list has not, is in the answer once more,
    with a plan that releases all that is recorded there. It counts for `maxDisabled`, of each
    region by itself.

    Args:
        settings: what each region is to have, in any mode but `delegation`.
        who: the configuration or the identity, see `aws.session.open_session`.
        regions: where, for instance `eu-central-1`.
        overrides: by region, what it has in place of `settings`, for instance by
            `read_settings_file`. A region that has left the list keeps to them, too.

    Raises:
        UserError: the state can't be read.
        SystemExit: no region is named, or some region can't be read or refuses its plan; all
            regions' sentences are logged together.
    """
    named = named_regions(regions)
    last = read_own_state()
    left = sorted({record.region for record in last.others(())} - set(named))
    own = overrides or {}
    if strangers := sorted(set(own) - {*named, *left}):
        refuse([messages.overrides_of_no_region(shown(region)) for region in strangers])
    planner = _Planner(settings, own, last, frozenset(left), stack_name())
    read = read_regions(who, (*named, *left), planner.plan)
    planned = [(one.session, one.plan) for one in read if one.session and one.plan]
    for _, plan in planned:
        REPORT.add(region_report(plan))
    refuse_if(
        (
            *faults_of(read),
            *_refusals(planner, [plan for _, plan in planned]),
            *_other_records(last, {one.caller for one in read if one.caller}, named),
            *lost_records(last.records),
            *designations_of_others(last, (), messages.designates_nobody()),
        )
    )
    return planned


@dataclass(frozen=True)
class _Planner:
    """Plans one region after the other. Safe to use from several threads.

    Attributes:
        settings: what each region is to have.
        overrides: what single regions are to have in their place.
        last: the stack's last state.
        leaving: the regions that have left the program.
        owner: the stack as `project/stack`.
    """

    settings: Settings
    overrides: Mapping[str, Settings]
    last: LastState
    leaving: frozenset[str]
    owner: str

    def settings_of(self, region: str) -> Settings:
        """Gives what a region is to have."""
        return self.overrides.get(region, self.settings)

    def plan(self, session: Session) -> Plan | None:
        """Plans a region; None for a record of another account, which is refused elsewhere."""
        settings = self.settings_of(session.region)
        if session.region not in self.leaving:
            return plan_with_state(settings, session, self.last, self.owner)
        record = self.last.record(session.caller, session.region)
        if record.empty:
            return None
        # No rule is to be looked up any more.
        without_rules = settings.model_copy(update={"members": ()})
        snapshot = read_snapshot(session, without_rules, record)
        return make_leaving_plan(without_rules, snapshot, self.owner, self.last)


def _other_records(
    last: LastState, callers: set[AccountId], named: Sequence[str]
) -> tuple[str, ...]:
    if len(callers) != 1:
        return ()
    (caller,) = callers
    others = last.others((caller, record.region) for record in last.records)
    return other_records(others, caller, named)


def _refusals(planner: _Planner, plans: Sequence[Plan]) -> Iterator[str]:
    """What the plans refuse; that the program gives no members, once for all regions."""
    unwritten: dict[str, int] = {}
    refusals: list[str] = []
    for plan in plans:
        region = plan.snapshot.region
        lost = members_not_written(planner.settings_of(region), plan.record)
        if set(lost) & set(plan.refusals):
            unwritten[region] = len(plan.record.kept)
        refusals += (messages.in_region(region, one) for one in plan.refusals if one not in lost)
    if unwritten:
        yield messages.members_given_nowhere(unwritten)
    yield from refusals
