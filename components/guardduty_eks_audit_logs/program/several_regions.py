"""One account and its members in several regions, as one stack."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import (
    ConnectionFailedError,
    CredentialsError,
    SettingsError,
    UserError,
)
from guardduty_eks_audit_logs.planning.plan import make_leaving_plan
from guardduty_eks_audit_logs.planning.refusals import (
    lost_records,
    members_not_written,
    other_records,
)
from guardduty_eks_audit_logs.program.end import refuse, refuse_if
from guardduty_eks_audit_logs.program.last_state import read_own_state, stack_name
from guardduty_eks_audit_logs.program.one_region import plan_with_state
from guardduty_eks_audit_logs.program.report_file import REPORT
from guardduty_eks_audit_logs.program.session import connect, sentence_with_region
from guardduty_eks_audit_logs.reading.snapshot import read_snapshot
from guardduty_eks_audit_logs.reports.region_report import region_report
from guardduty_eks_audit_logs.settings.faults import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from guardduty_eks_audit_logs.aws.session import Session
    from guardduty_eks_audit_logs.messages.catalogue import Message
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
    if isinstance(regions, str) or not regions:
        refuse((messages.regions_malformed(shown(regions)),))
    last = read_own_state()
    named = tuple(dict.fromkeys(regions))
    left = sorted({record.region for record in last.others(())} - set(named))
    own = overrides or {}
    if strangers := sorted(set(own) - {*named, *left}):
        refuse([messages.overrides_of_no_region(shown(region)) for region in strangers])
    read = _Regions(settings, own, last)
    for region in (*named, *left):
        if not read.add(who, region, leaving=region in left):
            break
    refuse_if(
        (
            *read.faults,
            *_rejected(read.rejected, len(named) + len(left)),
            *_refusals(read),
            *_other_records(last, read.callers, named),
            *lost_records(last.records),
        )
    )
    return read.planned


@dataclass
class _Regions:
    """The regions read so far.

    Attributes:
        settings: what each region is to have.
        overrides: what single regions are to have in their place.
        last: the stack's last state.
        planned: those that could be read.
        faults: why the others could not.
        rejected: by sentence, the regions in which AWS rejects the credentials.
        callers: the accounts that act in them.
    """

    settings: Settings
    overrides: Mapping[str, Settings]
    last: LastState
    planned: list[tuple[Session, Plan]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    rejected: dict[Message, list[str]] = field(default_factory=dict)
    callers: set[AccountId] = field(default_factory=set)

    def settings_of(self, region: str) -> Settings:
        """Gives what a region is to have."""
        return self.overrides.get(region, self.settings)

    def add(self, who: Configuration | Identity, region: str, *, leaving: bool) -> bool:
        """Reads one more region.

        Returns:
            whether to go on: each further region would wait as long for a network that is not
            there.
        """
        try:
            self._plan(connect(who, region), leaving=leaving)
        except SettingsError as error:
            self.faults += error.faults
        except CredentialsError as error:
            self.rejected.setdefault(sentence_with_region(error, region), []).append(region)
        except ConnectionFailedError as error:
            self.faults.append(messages.in_region(region, sentence_with_region(error, region)))
            return False
        except UserError as error:
            self.faults.append(messages.in_region(region, error.refusals[0]))
        return True

    def _plan(self, session: Session, *, leaving: bool) -> None:
        self.callers.add(session.caller)
        if leaving and self.last.record(session.caller, session.region).empty:
            return  # Another account's: refused with the other records.
        planner = _leaving_plan if leaving else plan_with_state
        plan = planner(self.settings_of(session.region), session, self.last)
        self.planned.append((session, plan))
        REPORT.add(region_report(plan))


def _other_records(
    last: LastState, callers: set[AccountId], named: Sequence[str]
) -> tuple[str, ...]:
    if len(callers) != 1:
        return ()
    (caller,) = callers
    others = last.others((caller, record.region) for record in last.records)
    return other_records(others, caller, named)


def _refusals(read: _Regions) -> Iterator[str]:
    """What the plans refuse; that the program gives no members, once for all regions."""
    unwritten: dict[str, int] = {}
    refusals: list[str] = []
    for _, plan in read.planned:
        region = plan.snapshot.region
        lost = members_not_written(read.settings_of(region), plan.record)
        if set(lost) & set(plan.refusals):
            unwritten[region] = len(plan.record.kept)
        refusals += (messages.in_region(region, one) for one in plan.refusals if one not in lost)
    if unwritten:
        yield messages.members_given_nowhere(unwritten)
    yield from refusals


def _rejected(rejected: Mapping[Message, Sequence[str]], regions: int) -> Iterator[str]:
    """Puts its regions in front of each sentence."""
    for sentence, where in rejected.items():
        everywhere = len(where) == regions > 1
        named = messages.all_regions(regions) if everywhere else ", ".join(where)
        yield messages.in_region(named, sentence)


def _leaving_plan(settings: Settings, session: Session, last: LastState) -> Plan:
    record = last.record(session.caller, session.region)
    # No rule is to be looked up any more.
    without_rules = settings.model_copy(update={"members": ()})
    snapshot = read_snapshot(session, without_rules, record)
    return make_leaving_plan(without_rules, snapshot, stack_name(), last)
