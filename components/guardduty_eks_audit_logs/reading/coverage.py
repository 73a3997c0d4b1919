"""The coverage of many regions, read side by side; nothing here writes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.batches import REGIONS_AT_ONCE
from guardduty_eks_audit_logs.aws.session import open_session
from guardduty_eks_audit_logs.aws.watch import READING_SECONDS, End
from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.reading.region_coverage import read_region
from guardduty_eks_audit_logs.reading.shared_organization import SharedOrganization
from guardduty_eks_audit_logs.reports.coverage.region import coverage
from guardduty_eks_audit_logs.reports.coverage.what_was_read import RegionRead
from guardduty_eks_audit_logs.settings.identity import Identity
from guardduty_eks_audit_logs.settings.modes import Mode
from guardduty_eks_audit_logs.settings.stack_identity import read_aws_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.model import AccountId
    from guardduty_eks_audit_logs.progress import Report
    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage, Require
    from guardduty_eks_audit_logs.settings.configuration import Settings
    from guardduty_eks_audit_logs.settings.identity import ProviderSettings
    from guardduty_eks_audit_logs.settings.stack_identity import Configuration


@dataclass(frozen=True)
class Target:
    """One region, and who reads it.

    Attributes:
        stack: the stack whose settings they are; empty without stacks.
        region: the region's code; None takes the one of the settings or of the environment.
        settings: the stack's rules; None without stacks: then nothing is promised.
        who: gives a configuration value by its full key; or is the identity itself.
    """

    stack: str
    region: str | None
    settings: Settings | None
    who: Configuration | Identity


def read_coverage(
    targets: Sequence[Target], require: Require, report: Report = lambda _: None
) -> Coverage:
    """Reads who is on where, and who decides it.

    What AWS refuses is no error: it is in the answer's problems, and its rows are unread.

    Args:
        targets: the regions, in the order of the answer's regions.
        require: what counts as a gap.
        report: gets lines of progress, one at a time: `us-east-1: 2,300 of 5,000 members read`.
    """
    read_at = datetime.now(UTC)
    regions = _Regions(report)
    with ThreadPoolExecutor(max_workers=REGIONS_AT_ONCE) as pool:
        reads = list(pool.map(regions.read, targets))
    return coverage(regions.completed(targets, reads), require, read_at)


class _Regions:
    """Reads regions; what the regions of one caller share is read once."""

    def __init__(self, report: Report) -> None:
        self._lock = Lock()
        self._show = report
        self._organizations: dict[AccountId, SharedOrganization] = {}

    def read(self, target: Target) -> RegionRead:
        try:
            session = open_session(
                target.who, target.region, report=self._report, end=End(READING_SECONDS)
            )
        except UserError as error:
            return _unread(target, str(error))
        with self._lock:
            organization = self._organizations.setdefault(
                session.caller, SharedOrganization(session.organizations)
            )
        found = read_region(session, target.stack, target.settings, organization, self._report)
        self._report(messages.region_read(found.region, whole=not found.reason))
        return found

    def completed(self, targets: Sequence[Target], reads: Sequence[RegionRead]) -> list[RegionRead]:
        """Gives a region that nobody could read the accounts of the organization.

        In a region that the caller has not opted in to, AWS does not even say who calls: another
        region that is read by the same identity does.
        """
        identities = [_identity(target.who) for target in targets]
        callers = [
            (identity, read.caller)
            for identity, read in zip(identities, reads, strict=True)
            if identity and read.caller
        ]
        found = []
        for identity, read in zip(identities, reads, strict=True):
            caller = next((caller for known, caller in callers if known == identity), None)
            if read.caller is None and read.of_organization and caller:
                found.append(self._organizations[caller].added_to(replace(read, caller=caller)))
            else:
                found.append(read)
        return found

    def _report(self, line: str) -> None:
        with self._lock:
            self._show(line)


def _unread(target: Target, reason: str) -> RegionRead:
    region = target.region or _configured_region(target.who)
    return RegionRead(
        region,
        target.stack,
        target.settings,
        datetime.now(UTC),
        of_organization=target.settings is None or target.settings.mode is Mode.ORGANIZATION,
        detector_unread=reason,
        reason=reason,
        problems=(messages.in_place(region, target.stack, reason),),
    )


def _configured_region(who: Configuration | Identity) -> str:
    region = who.default_region if isinstance(who, Identity) else who("aws:region")
    return str(region) if region else messages.UNKNOWN_REGION


def _identity(who: Configuration | Identity) -> ProviderSettings | None:
    """The settings that say who acts, wherever; None if they are malformed."""
    if isinstance(who, Identity):
        return who
    try:
        return read_aws_settings(who).model_copy(update={"region": None})
    except UserError:
        return None
