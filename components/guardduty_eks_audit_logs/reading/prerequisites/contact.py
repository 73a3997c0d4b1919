"""Credentials, account and region: whether AWS answers at all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.failures import is_about_the_service
from guardduty_eks_audit_logs.aws.probes import Probes
from guardduty_eks_audit_logs.aws.regions import global_region
from guardduty_eks_audit_logs.aws.session import Session, open_session
from guardduty_eks_audit_logs.aws.watch import READING_SECONDS, End
from guardduty_eks_audit_logs.errors import (
    ConnectionFailedError,
    CredentialsError,
    ServiceError,
    SettingsError,
    UserError,
)
from guardduty_eks_audit_logs.foreign_words import harmless
from guardduty_eks_audit_logs.reading.prerequisites.seen import Findings, in_words, tried
from guardduty_eks_audit_logs.reports.doctor import Prerequisite
from guardduty_eks_audit_logs.settings.identity import Identity

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.model import DetectorId
    from guardduty_eks_audit_logs.progress import Report
    from guardduty_eks_audit_logs.reading.coverage import Target

_EXCLUDED = "account-excluded"
_ENABLED = ("ENABLED", "ENABLED_BY_DEFAULT")


@dataclass(frozen=True)
class Contact:
    """What came of the first calls.

    Attributes:
        session: the caller's in the region; None if AWS accepts no call of it there.
        findings: so far.
        detector: the caller's, None if it has none; or why that is not known.
    """

    session: Session | None
    findings: Findings
    detector: DetectorId | UserError | None = None


def make_contact(target: Target, report: Report) -> Contact:
    """Opens the session of a target, and asks GuardDuty one thing.

    An account's credentials are refused in a region that it has not opted in to, in the words for
    unknown ones. Only where they are accepted elsewhere is it the region's fault (General
    Reference, rande-manage).
    """
    opened = tried(lambda: _open(target, target.region, report))
    where = opened.region if isinstance(opened, Session) else _region_of(target)
    findings = Findings(target.stack, where)
    if isinstance(opened, Session):
        _note_caller(findings, opened)
        asked = tried(opened.guardduty.detector_id)
        if not isinstance(asked, CredentialsError | ConnectionFailedError):
            if isinstance(asked, ServiceError) and is_about_the_service(asked):
                way_out = messages.try_again_later()
                findings.unknown(Prerequisite.REGION, in_words(asked), way_out)
            else:
                findings.ok(Prerequisite.REGION, messages.region_answers())
            return Contact(opened, findings, asked)
        if not _look_from_elsewhere(target, where, asked, findings, report):
            findings.unknown(Prerequisite.REGION, in_words(asked), _way_out(asked))
        return Contact(None, findings)
    _without_session(target, where, opened, findings, report)
    return Contact(None, findings)


def _without_session(
    target: Target, where: str, error: UserError, findings: Findings, report: Report
) -> None:
    refusal = error.refusals[0]
    if isinstance(error, SettingsError):
        sentences = " ".join(fault.sentence for fault in error.refusals)
        ways_out = " ".join(fault.way_out for fault in error.refusals if fault.way_out)
        findings.missing(Prerequisite.SETTINGS, sentences, ways_out)
    elif refusal.id == _EXCLUDED:
        findings.ok(Prerequisite.CREDENTIALS)
        findings.missing(Prerequisite.ACCOUNT, refusal.sentence, refusal.way_out)
    elif not where or not _look_from_elsewhere(target, where, error, findings, report):
        note = findings.missing if isinstance(error, CredentialsError) else findings.unknown
        note(Prerequisite.CREDENTIALS, in_words(error), _way_out(error))


def _look_from_elsewhere(
    target: Target, where: str, error: UserError, findings: Findings, report: Report
) -> bool:
    """Asks where no opt-in is needed. Gives False if the credentials are not accepted there."""
    elsewhere = global_region(where)
    if elsewhere == where:
        opened: Session | UserError = error
    else:
        opened = tried(lambda: _open(target, elsewhere, report))
    if not isinstance(opened, Session):
        return False
    _note_caller(findings, opened)
    status = tried(lambda: Probes(opened).account.opt_in_status(where))
    refused = isinstance(error, CredentialsError)
    reason = messages.refused_there_only(in_words(error)) if refused else in_words(error)
    if isinstance(status, UserError):
        way_out = messages.opt_in(where) if refused else _way_out(error)
        findings.unknown(Prerequisite.REGION, reason, way_out)
    elif status is None:
        seen = messages.region_not_listed(where)
        findings.missing(Prerequisite.REGION, seen, messages.correct_the_region())
    elif status in _ENABLED:
        way_out = messages.try_again_later() if refused else _way_out(error)
        findings.unknown(Prerequisite.REGION, reason, way_out)
    elif status == "ENABLING":
        seen = messages.region_status(status)
        findings.missing(Prerequisite.REGION, seen, messages.wait_for_the_region())
    else:
        findings.missing(
            Prerequisite.REGION, messages.region_status(status), messages.opt_in(where)
        )
    return True


def _way_out(error: UserError) -> str:
    return error.refusals[0].way_out or messages.try_again_later()


def _note_caller(findings: Findings, session: Session) -> None:
    arn = harmless(session.caller_arn)
    findings.ok(Prerequisite.CREDENTIALS, messages.acts_as(session.caller, arn))
    findings.ok(Prerequisite.ACCOUNT, messages.account_not_excluded(session.caller))


def _open(target: Target, region: str | None, report: Report) -> Session:
    return open_session(target.who, region, None, report, End(READING_SECONDS))


def _region_of(target: Target) -> str:
    """The region's code for a session that could not be opened; empty if nothing names one."""
    if target.region:
        return target.region
    of_stack = None if isinstance(target.who, Identity) else target.who("aws:region")
    named = of_stack or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return str(named or "")
