"""What `__main__.py` says to the engine: configuration in, errors and summaries out."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pulumi
from pulumi.runtime.config import get_config_env, get_config_secret_keys_env

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.aws.regions import is_known
from guardduty_eks_audit_logs.aws.session import aws_faults, open_session
from guardduty_eks_audit_logs.aws.watch import READING_SECONDS
from guardduty_eks_audit_logs.errors import (
    ConnectionFailedError,
    CredentialsError,
    SettingsError,
    UserError,
)
from guardduty_eks_audit_logs.foreign_words import harmless
from guardduty_eks_audit_logs.planning.delegation import (
    designations_of_others,
    plan_delegation,
    read_delegation,
)
from guardduty_eks_audit_logs.planning.plan import make_leaving_plan, make_plan
from guardduty_eks_audit_logs.planning.refusals import (
    lost_records,
    members_not_written,
    other_records,
)
from guardduty_eks_audit_logs.reading.costs import costs_before_detector, read_costs
from guardduty_eks_audit_logs.reading.snapshot import read_snapshot
from guardduty_eks_audit_logs.report_file import REPORT
from guardduty_eks_audit_logs.reports.run_report import Outcome, delegation_report, region_report
from guardduty_eks_audit_logs.reports.summary import (
    all_so_far,
    delegation_summary,
    headline,
    summary,
    summary_after,
)
from guardduty_eks_audit_logs.resources.delegated_administrator import DelegatedAdministrator
from guardduty_eks_audit_logs.resources.eks_audit_logs import EksAuditLogs
from guardduty_eks_audit_logs.settings.configuration import Settings
from guardduty_eks_audit_logs.settings.faults import shown
from guardduty_eks_audit_logs.settings.secret_keys import secrets_to_show
from guardduty_eks_audit_logs.settings.stack_files import faults_of_stack_file
from guardduty_eks_audit_logs.state.ledger import LastState, read_last_state
from guardduty_eks_audit_logs.texts import accounts_by_reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi
    from guardduty_eks_audit_logs.aws.session import Lookup, Session
    from guardduty_eks_audit_logs.messages.catalogue import Message
    from guardduty_eks_audit_logs.model import AccountId
    from guardduty_eks_audit_logs.planning.plan import Plan
    from guardduty_eks_audit_logs.reading.costs import Costs
    from guardduty_eks_audit_logs.settings.identity import Identity


_SHOWN_OF_AWS = {
    "aws:allowedAccountIds": "[0]",
    "aws:forbiddenAccountIds": "[0]",
    "aws:region": "",
}
"""The keys of pulumi-aws whose values a run shows, with the path to an entry of a list."""

_ERRORS_ARE_TOLD = 32
"""By this exit code Pulumi's Python host knows that the program has told the user what is wrong,
and adds no line of its own."""


def stack_configuration() -> Mapping[str, Any]:
    """Gives all of the stack's configuration by full key, with the project's defaults.

    The engine hands it over in the environment, keys that nobody reads included: that is how a
    misspelt one is found.
    """
    return get_config_env()


def stack_settings(configuration: Mapping[str, Any]) -> Settings:
    """Reads the stack's settings, and finds what is written in its files and read by nobody.

    For a program whose settings are its stack's configuration and nothing else.

    Args:
        configuration: all of the stack's configuration (`stack_configuration`).

    Raises:
        SettingsError: with a sentence for every fault.
    """
    prefix = f"{pulumi.get_project()}:"
    entries = {f"{prefix}members": "[0].accounts[0]", **_SHOWN_OF_AWS}
    shown = [k for k, v in configuration.items() if v and (k.startswith(prefix) or k in entries)]
    if secrets := secrets_to_show({key: entries.get(key, "") for key in shown}, is_secret):
        raise SettingsError(secrets)  # Nothing is said of their values.
    # Without an engine, in a test for instance, there is none.
    folder = Path(pulumi.get_root_directory() or ".")
    faults: tuple[Message, ...] = faults_of_stack_file(
        folder, pulumi.get_stack(), configuration, Settings.keys()
    )
    faults += aws_faults(configuration.get)
    try:
        settings = Settings.from_configuration(configuration, pulumi.get_project(), folder)
    except SettingsError as error:
        raise SettingsError((*faults, *error.faults)) from None
    if faults:
        raise SettingsError(faults)
    return settings


def is_secret(key: str) -> bool:
    """Whether the stack's configuration does not have a value in clear, by the key's full name."""
    return key in get_config_secret_keys_env() or key not in stack_configuration()


def connect(who: Lookup | Identity, region: str | None = None) -> Session:
    """Opens the session by which a program reads: reading has an end, and tells if it takes long.

    Credentials that the stack's configuration has in clear are refused.

    Args:
        who: who acts, see `aws.session.open_session`.
        region: where, if not as the configuration says.

    Raises:
        UserError: see there.
    """
    return open_session(who, region, is_secret, _tell_live, READING_SECONDS)


def _of_region(error: UserError, region: str | None) -> Message:
    """An error's refusal, which says so if the region may be none: AWS does not."""
    (refusal,) = error.refusals
    asked_in_vain = isinstance(error, ConnectionFailedError | CredentialsError)
    if not asked_in_vain or not region or is_known(region):
        return refusal
    return refusal.before(messages.perhaps_no_region(region))


def _tell_live(line: str) -> None:
    """Tells of progress: the engine shows it at once, and not again at the end."""
    pulumi.log.info(line, ephemeral=True)


@contextmanager
def user_errors() -> Iterator[None]:
    """Ends the program with the sentences of a user's error, and without a traceback.

    The run report begins here, too (`report_file`).
    """
    try:
        REPORT.begin()
        yield
    except SettingsError as error:
        refuse(error.faults)
    except UserError as error:
        refuse((_of_region(error, stack_configuration().get("aws:region")),))


def refuse_if(sentences: tuple[str, ...]) -> None:
    """Ends the program if there is anything to refuse.

    Raises:
        SystemExit: there is.
    """
    if sentences:
        refuse(sentences)


def refuse(sentences: Sequence[str], outcome: Outcome = Outcome.REFUSED) -> NoReturn:
    """Ends the program, telling every sentence as an error.

    Args:
        sentences: what is wrong.
        outcome: what the run report says of it.

    Raises:
        SystemExit: always.
    """
    told = tuple(dict.fromkeys(sentences))
    for sentence in told:
        pulumi.log.error(sentence)
    with suppress(UserError):  # what is wrong with the file is told already
        REPORT.write(outcome, told)
    sys.exit(_ERRORS_ARE_TOLD)


def read_own_state() -> LastState:
    """Reads this stack's last state, with what earlier runs have recorded in it.

    Raises:
        UserError: it can't be read, or no release of this product has written it.
    """
    name = pulumi.get_stack()
    full = f"{pulumi.get_organization()}/{pulumi.get_project()}/{name}"
    try:
        resources = _resources_of(full)
    except Exception as error:  # noqa: BLE001 - the SDK has no error of its own for it
        try:
            # A backend in a folder or bucket that knows no projects.
            resources = _resources_of(name)
        except Exception:  # noqa: BLE001
            raise UserError(messages.last_state_unreadable(full, harmless(str(error)))) from None
    return read_last_state(resources)


def _resources_of(stack: str) -> Mapping[str, Any]:
    answer = pulumi.runtime.invoke(
        "pulumi:pulumi:readStackResourceOutputs", {"stackName": stack}
    ).value
    return (answer or {}).get("outputs") or {}


def deploy_monitoring(settings: Settings, session: Session) -> None:
    """Keeps EKS audit log monitoring of one account and its members in one region.

    Args:
        settings: the stack's configuration, in any mode but `delegation`.
        session: who acts, and where.

    Raises:
        UserError: what can't be asked or is refused.
        SystemExit: the plan has refusals, which are told.
    """
    last = read_own_state()
    caller, region = session.caller, session.region
    refuse_if(
        (
            *lost_records(last.records),
            *other_records(last.others([(caller, region)]), caller, [region]),
            *designations_of_others(last, None, messages.designates_nobody()),
        )
    )
    plan = _plan(settings, session, last)
    log_summary(plan, session)
    monitoring = EksAuditLogs("eks-audit-logs", plan)
    pulumi.export("detectorId", monitoring.detector_id)
    pulumi.export("accounts", monitoring.accounts)
    pulumi.export("unprocessed", monitoring.unprocessed.apply(_in_short))
    pulumi.run(lambda: fail_if_incomplete(monitoring))


def _in_short(reasons: Mapping[str, str]) -> Mapping[str, str]:
    """Each reason once, with its accounts in one text: an engine prints outputs line by line."""
    grouped = accounts_by_reason(reasons)
    return {reason: ", ".join(accounts) for reason, accounts in grouped.items()}


def stack_name() -> str:
    """Names the stack as `project/stack`, the owner of the detectors that it makes."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"


def _plan(settings: Settings, session: Session, last: LastState) -> Plan:
    record = last.record(session.caller, session.region)
    return make_plan(settings, read_snapshot(session, settings, record), stack_name(), last)


def plan_regions(
    settings: Settings, who: Lookup | Identity, regions: Sequence[str]
) -> list[tuple[Session, Plan]]:
    """Looks at every region and makes a plan for each; registers nothing.

    A region that this stack's last state has, and the list has not, is in the answer once more,
    with a plan that releases all that is recorded there. It counts for `maxDisabled`, of each
    region by itself.

    Args:
        settings: what each region is to have, in any mode but `delegation`.
        who: who acts, see `aws.session.open_session`.
        regions: where, for instance `eu-central-1`.

    Raises:
        SystemExit: no region is named, or regions can't be read, or refuse; what all of them say is
            told at once.
    """
    if isinstance(regions, str) or not regions:
        refuse((messages.regions_malformed(shown(regions)),))
    last = read_own_state()
    named = tuple(dict.fromkeys(regions))
    left = sorted({record.region for record in last.others(())} - set(named))
    planned: list[tuple[Session, Plan]] = []
    wrong: list[str] = []
    rejected: dict[Message, list[str]] = {}
    callers: set[AccountId] = set()
    for region in (*named, *left):
        try:
            session = connect(who, region)
            callers.add(session.caller)
            if region in left and last.record(session.caller, region).empty:
                continue  # another account's: told below
            planner = _leaving_plan if region in left else _plan
            plan = planner(settings, session, last)
        except SettingsError as error:
            wrong += error.faults
        except CredentialsError as error:
            rejected.setdefault(_of_region(error, region), []).append(region)
        except ConnectionFailedError as error:
            # Each region would wait as long for a network that is not there.
            wrong.append(messages.in_region(region, _of_region(error, region)))
            break
        except UserError as error:
            wrong.append(messages.in_region(region, error.refusals[0]))
        else:
            planned.append((session, plan))
            REPORT.add(region_report(plan))
    wrong += _of_credentials(rejected, len(named) + len(left))
    wrong += _refusals(settings, [plan for _, plan in planned])
    if len(callers) == 1:
        (caller,) = callers
        others = last.others((caller, record.region) for record in last.records)
        wrong += other_records(others, caller, named)
    wrong += lost_records(last.records)
    refuse_if(tuple(wrong))
    return planned


def _refusals(settings: Settings, plans: Sequence[Plan]) -> Iterator[str]:
    """What the plans refuse; that the program gives no members, once for all regions."""
    unwritten: dict[str, int] = {}
    told: list[str] = []
    for plan in plans:
        region, lost = plan.snapshot.region, members_not_written(settings, plan.record)
        if set(lost) & set(plan.refusals):
            unwritten[region] = len(plan.record.kept)
        told += (messages.in_region(region, one) for one in plan.refusals if one not in lost)
    if unwritten:
        yield messages.members_given_nowhere(unwritten)
    yield from told


def _of_credentials(rejected: Mapping[Message, Sequence[str]], regions: int) -> Iterator[Message]:
    """Says of which regions each sentence is."""
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


def designate(wanted: AccountId, session: Session) -> None:
    """Designates the delegated GuardDuty administrator in one region.

    Args:
        wanted: the account to designate.
        session: the management account, in the region.

    Raises:
        UserError: what can't be asked.
        SystemExit: the plan has refusals, which are told.
    """
    last = read_own_state()
    plan = plan_delegation(read_delegation(session, wanted), last)
    report = delegation_report(plan)
    REPORT.add(report)
    others = other_records(last.others(()), session.caller, [session.region])
    refuse_if((*others, *plan.refusals))
    pulumi.log.info(delegation_summary(report))
    administrator = DelegatedAdministrator("delegated-administrator", plan)
    pulumi.export("administratorAccountId", administrator.account)
    pulumi.run(lambda: _end_of_designation(administrator))


async def _end_of_designation(administrator: DelegatedAdministrator) -> None:
    await administrator.account.future()
    _finish([])


def _finish(failures: list[str]) -> None:
    """Writes the end of the run report, and ends the program if there are failures."""
    outcome = Outcome.PREVIEWED if pulumi.runtime.is_dry_run() else Outcome.SUCCEEDED
    if not failures:
        try:
            REPORT.write(outcome)
        except UserError as error:
            failures = [*error.refusals]
    if failures:
        refuse(failures, Outcome.FAILED)


def log_summary(plan: Plan, session: Session) -> None:
    """Tells what the run does: in a preview account by account; a run tells that at its end.

    Args:
        plan: what the run does.
        session: asked what turning accounts on will cost, in a preview and if the settings say so.

    Raises:
        SystemExit: the plan has refusals.
    """
    preview = pulumi.runtime.is_dry_run()
    costs = costs_of(plan, session.guardduty) if preview and not plan.refusals else None
    report = region_report(plan, costs)
    REPORT.add(report)
    refuse_if(plan.refusals)
    if preview:
        pulumi.log.info(summary(report))
    else:
        pulumi.log.info(headline(plan))
    REPORT.write(Outcome.UNFINISHED)


def costs_of(plan: Plan, api: GuardDutyApi) -> Costs | None:
    """Reads what the accounts that a run turns on will cost; None if it is not to be told."""
    detector, accounts = plan.snapshot.detector, plan.turning_on
    if not plan.settings.show_costs or not accounts:
        return None
    if detector is None:
        return costs_before_detector(accounts)
    return read_costs(api, detector.id, accounts)


async def fail_if_incomplete(*regions: EksAuditLogs) -> None:
    """Ends the program when all that could be done is done, and makes it fail if accounts are left.

    Args:
        regions: all that the program registered.

    Raises:
        SystemExit: accounts are left; a table of them is told.
    """
    failures: list[str] = []
    preview = pulumi.runtime.is_dry_run()
    for monitoring in regions:
        region, plan = monitoring.plan.snapshot.region, monitoring.plan
        unprocessed = await monitoring.unprocessed.future() or {}
        unreleased = await monitoring.unreleased.future() or {}
        reached = await monitoring.reached_by_all.future()
        left_out = await monitoring.left_out()
        if preview:
            for sentence in left_out:
                pulumi.log.warn(sentence)
            REPORT.note(region, left_out)
            continue
        failures += left_out
        to_come = [all_so_far(reached)] if plan.reaches_all and reached else []
        report = region_report(plan).after(
            await monitoring.done(),
            {**unprocessed, **unreleased},
            await monitoring.settings_left(),
            to_come,
        )
        REPORT.add(report)
        for line in (summary_after(report), *to_come):
            if line:
                pulumi.log.info(line)
        if unprocessed:
            failures.append(
                messages.unprocessed(region, unprocessed, len(plan.statuses), report.off_by_rule)
            )
        if unreleased:
            failures.append(messages.unreleased(region, unreleased, report.off_by_rule))
    _finish(failures)
