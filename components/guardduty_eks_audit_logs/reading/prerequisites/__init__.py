"""Whether a stack has in AWS what its runs need; nothing here writes, and no state is read."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.aws.batches import at_once
from guardduty_eks_audit_logs.aws.probes import Probes
from guardduty_eks_audit_logs.reading.prerequisites.contact import make_contact
from guardduty_eks_audit_logs.reading.prerequisites.designation import check_designation
from guardduty_eks_audit_logs.reading.prerequisites.detector import check_detector
from guardduty_eks_audit_logs.reading.prerequisites.organization import (
    check_organization,
    check_policy_type,
)
from guardduty_eks_audit_logs.reading.prerequisites.rights import check_reads, check_writes
from guardduty_eks_audit_logs.reading.prerequisites.seen import Region
from guardduty_eks_audit_logs.settings.configuration import Settings
from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.progress import Report
    from guardduty_eks_audit_logs.reading.coverage import Target
    from guardduty_eks_audit_logs.reports.doctor import Finding


def read_prerequisites(
    targets: Sequence[Target], report: Report = lambda _: None
) -> tuple[Finding, ...]:
    """Looks for every prerequisite in every region; what one lacks hides none of another.

    What AWS refuses is no error: it is in the answer. A target without settings is checked as a
    reader of an organization's coverage.

    Args:
        targets: the regions, in the order of the answer.
        report: gets a line where a user would wait in silence.
    """
    found = at_once(lambda target: _check(target, report), targets)
    return tuple(chain.from_iterable(found))


def _check(target: Target, report: Report) -> tuple[Finding, ...]:
    contact = make_contact(target, report)
    if contact.session is None:
        return contact.findings.with_the_rest(target.settings)
    region = Region(
        contact.session,
        Probes(contact.session),
        target.settings or Settings(),
        contact.findings,
        reader=target.settings is None,
    )
    if region.settings.mode is Mode.DELEGATION:
        check_designation(region)
    else:
        check_organization(region)
        check_detector(region, contact.detector)
        check_policy_type(region)
    check_reads(region)
    check_writes(region)
    return contact.findings.in_order()
