"""Whether the caller may do what the runs do: reads are tried, writes are simulated by IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.failures import is_by_iam
from guardduty_eks_audit_logs.aws.iam import ALLOWED
from guardduty_eks_audit_logs.aws.probes import REQUESTS, Subject, SubjectMissingError
from guardduty_eks_audit_logs.errors import ACCESS_DENIED, WHO_ASKS, ServiceError, UserError
from guardduty_eks_audit_logs.reading.prerequisites.seen import in_words, tried
from guardduty_eks_audit_logs.reports.doctor import Prerequisite

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.planning.permissions import Permission
    from guardduty_eks_audit_logs.reading.prerequisites.seen import Region

_TO_SIMULATE = ("iam:GetRole", "iam:SimulatePrincipalPolicy")


def check_reads(region: Region) -> None:
    """Tries each operation that reads once, in its cheapest form."""
    for permission in region.permissions:
        if not _is_simulated(permission):
            _try(region, permission)


def _is_simulated(permission: Permission) -> bool:
    # What AWS itself calls on the caller's behalf can't be tried, even if it reads.
    return permission.writes or permission.action not in REQUESTS


def _try(region: Region, permission: Permission) -> None:
    findings, action = region.findings, permission.action
    try:
        answer = region.probes.ask(action, region.about)
    except SubjectMissingError as error:
        findings.not_checked(action, messages.nothing_to_ask_about(error.subject.value))
    except ServiceError as error:
        _note_refused(region, permission, error)
    except UserError as error:
        findings.failed(action, error, action)
    else:
        findings.ok(action)
        for policy in answer.get("Policies", ()):
            if "Id" in policy:
                region.about[Subject.POLICY] = str(policy["Id"])


def _note_refused(region: Region, permission: Permission, error: ServiceError) -> None:
    findings, action, seen = region.findings, permission.action, in_words(error)
    may_ask = findings.is_ok(Prerequisite.ADMINISTRATOR)
    if error.code.endswith("NotFoundException"):
        findings.ok(action)  # so the caller may ask
    elif error.code in WHO_ASKS and not may_ask and not is_by_iam(error):
        findings.not_checked(action, seen)  # the way out is the administrator's
    elif error.code not in ACCESS_DENIED:
        findings.unknown(action, seen, messages.try_again_later())
    elif permission.optional and not region.reader:  # the coverage ends with exit code 2
        findings.not_needed(action, seen, messages.goes_without(action, permission.unknown))
    else:
        findings.missing(action, seen, messages.give_permission(action))


def check_writes(region: Region) -> None:
    """Asks IAM what the caller's role or user may write; without the right to ask, says so.

    The policies of the session itself and those of resources have no part in it
    (API SimulatePrincipalPolicy).
    """
    simulated = [one for one in region.permissions if _is_simulated(one)]
    if not simulated:
        return
    iam = region.probes.iam
    identity = tried(lambda: iam.identity(region.session.caller_arn))
    if isinstance(identity, UserError):
        _not_checked(region, simulated, identity)
    elif identity is None:
        for permission in simulated:
            region.findings.not_checked(permission.action, messages.not_simulated())
    else:
        by_question: dict[tuple[str, tuple[tuple[str, str], ...]], list[Permission]] = {}
        for permission in simulated:
            question = _resource(region, permission), tuple(_context(permission).items())
            by_question.setdefault(question, []).append(permission)
        for (resource, context), asked in by_question.items():
            _simulate(region, identity, asked, resource, dict(context))


def _simulate(
    region: Region,
    identity: str,
    asked: list[Permission],
    resource: str,
    context: dict[str, str],
) -> None:
    actions = [permission.action for permission in asked]
    decisions = tried(lambda: region.probes.iam.decisions(identity, actions, resource, context))
    if isinstance(decisions, UserError):
        _not_checked(region, asked, decisions)
        return
    for action in actions:
        decision = decisions.get(action, "")
        if decision == ALLOWED:
            region.findings.ok(action, messages.simulated(decision))
        else:
            way_out = messages.give_permission(action)
            region.findings.missing(action, messages.simulated(decision), way_out)


def _not_checked(region: Region, permissions: list[Permission], error: UserError) -> None:
    way_out = messages.give_to_check(_TO_SIMULATE)
    for permission in permissions:
        region.findings.not_checked(permission.action, in_words(error), way_out)


def _context(permission: Permission) -> dict[str, str]:
    """What the call has that the permission may be narrowed by."""
    return {
        key: value if isinstance(value, str) else value[0]
        for by_key in permission.condition.values()
        for key, value in by_key.items()
    }


def _resource(region: Region, permission: Permission) -> str:
    """The resource of the caller's own that the call is about; `*` if it is about none."""
    resource = permission.resources[0]
    if resource == "*":
        return resource
    session = region.session
    arn, _, service, where, account, name = resource.split(":", 5)
    detector = region.about.get(Subject.DETECTOR, "*")
    name = name.replace("detector/*", f"detector/{detector}")
    where = session.region if where else ""
    account = session.caller if account else ""
    return f"{arn}:{session.partition}:{service}:{where}:{account}:{name}"
