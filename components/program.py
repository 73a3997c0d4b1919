"""What `__main__.py` says to the engine: configuration in, errors and summaries out."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import pulumi
from pulumi.runtime.config import get_config_env

from components.delegated_administrator import DelegatedAdministrator
from components.eks_audit_logs import EksAuditLogs
from guardduty import messages
from guardduty.costs import costs_before_detector, read_costs
from guardduty.delegation import plan_delegation, read_delegation
from guardduty.errors import (
    ConnectionFailedError,
    CredentialsError,
    SettingsError,
    UserError,
)
from guardduty.faults import shown
from guardduty.plan import make_plan
from guardduty.session import open_session
from guardduty.snapshot import read_snapshot
from guardduty.summary import all_so_far, delegation_summary, headline, summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from guardduty.api import GuardDutyApi
    from guardduty.costs import Costs
    from guardduty.identity import Identity
    from guardduty.model import AccountId
    from guardduty.plan import Plan
    from guardduty.session import Lookup, Session
    from guardduty.settings import Settings


_ERRORS_ARE_TOLD = 32
"""By this exit code Pulumi's Python host knows that the program has told the user what is wrong,
and adds no line of its own."""


def stack_configuration() -> Mapping[str, Any]:
    """Gives all of the stack's configuration by full key, with the project's defaults.

    The engine hands it over in the environment, keys that nobody reads included: that is how a
    misspelt one is found.
    """
    return get_config_env()


@contextmanager
def errors_told_plainly() -> Iterator[None]:
    """Ends the program with the sentences of a user's error, and without a traceback."""
    try:
        yield
    except SettingsError as error:
        refuse(error.faults)
    except UserError as error:
        refuse((str(error),))


def refuse_if(sentences: tuple[str, ...]) -> None:
    """Ends the program if there is anything to refuse.

    Raises:
        SystemExit: there is.
    """
    if sentences:
        refuse(sentences)


def refuse(sentences: tuple[str, ...]) -> NoReturn:
    """Ends the program, telling every sentence as an error.

    Raises:
        SystemExit: always.
    """
    for sentence in dict.fromkeys(sentences):
        pulumi.log.error(sentence)
    sys.exit(_ERRORS_ARE_TOLD)


def monitor(settings: Settings, session: Session) -> None:
    """Keeps EKS audit log monitoring of one account and its members in one region.

    Args:
        settings: the stack's configuration, in any mode but `delegation`.
        session: who acts, and where.

    Raises:
        UserError: what can't be asked or is refused.
        SystemExit: the plan has refusals, which are told.
    """
    plan = _plan(settings, session)
    tell(plan, session)
    monitoring = EksAuditLogs("eks-audit-logs", plan)
    pulumi.export("detectorId", monitoring.detector_id)
    pulumi.export("accounts", monitoring.accounts)
    pulumi.export("unprocessed", monitoring.unprocessed)
    pulumi.run(lambda: end(monitoring))


def stack_name() -> str:
    """Names the stack as `project/stack`, the owner of the detectors that it makes."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"


def _plan(settings: Settings, session: Session) -> Plan:
    return make_plan(settings, read_snapshot(session, settings), owner=stack_name())


def plan_regions(
    settings: Settings, who: Lookup | Identity, regions: Sequence[str]
) -> list[tuple[Session, Plan]]:
    """Looks at every region and makes a plan for each; registers nothing.

    Args:
        settings: what each region is to have, in any mode but `delegation`.
        who: who acts, see `guardduty.session.open_session`.
        regions: where, for instance `eu-central-1`.

    Raises:
        SystemExit: no region is named, or regions can't be read, or refuse; what all of them say is
            told at once.
    """
    if isinstance(regions, str) or not regions:
        refuse((messages.regions_malformed(shown(regions)),))
    planned: list[tuple[Session, Plan]] = []
    wrong: list[str] = []
    for region in dict.fromkeys(regions):
        try:
            session = open_session(who, region)
            plan = _plan(settings, session)
        except SettingsError as error:
            wrong += error.faults
        except CredentialsError as error:
            wrong.append(str(error))
        except ConnectionFailedError as error:
            # Each region would wait as long for a network that is not there.
            wrong.append(messages.in_region(region, str(error)))
            break
        except UserError as error:
            wrong.append(messages.in_region(region, str(error)))
        else:
            planned.append((session, plan))
            wrong += (messages.in_region(region, refusal) for refusal in plan.refusals)
    refuse_if(tuple(wrong))
    return planned


def designate(wanted: AccountId, session: Session) -> None:
    """Designates the delegated GuardDuty administrator in one region.

    Args:
        wanted: the account to designate.
        session: the management account, in the region.

    Raises:
        UserError: what can't be asked.
        SystemExit: the plan has refusals, which are told.
    """
    plan = plan_delegation(read_delegation(session, wanted))
    refuse_if(plan.refusals)
    pulumi.log.info(delegation_summary(plan))
    pulumi.export(
        "administratorAccountId", DelegatedAdministrator("delegated-administrator", plan).account
    )


def tell(plan: Plan, session: Session) -> None:
    """Tells what the run does: in a preview account by account, in the run itself in one line.

    Args:
        plan: what the run does.
        session: asked what turning accounts on will cost, in a preview and if the settings say so.

    Raises:
        SystemExit: the plan has refusals.
    """
    refuse_if(plan.refusals)
    if pulumi.runtime.is_dry_run():
        pulumi.log.info(summary(plan, costs_of(plan, session.guardduty)))
    else:
        pulumi.log.info(headline(plan))


def costs_of(plan: Plan, api: GuardDutyApi) -> Costs | None:
    """Reads what the accounts that a run turns on will cost; None if it is not to be told."""
    detector, accounts = plan.snapshot.detector, plan.turning_on
    if not plan.settings.show_costs or not accounts:
        return None
    if detector is None:
        return costs_before_detector(accounts)
    return read_costs(api, detector.id, accounts)


async def end(*monitorings: EksAuditLogs) -> None:
    """Ends the program when all that could be done is done, and makes it fail if accounts are left.

    Args:
        monitorings: all that the program registered.

    Raises:
        SystemExit: accounts are left; a table of them is told.
    """
    failures: list[str] = []
    for monitoring in monitorings:
        region, plan = monitoring.plan.snapshot.region, monitoring.plan
        unprocessed = await monitoring.unprocessed.future()
        unreleased = await monitoring.unreleased.future()
        accounts = await monitoring.accounts.future()
        if pulumi.runtime.is_dry_run():
            continue
        if unprocessed:
            failures.append(messages.unprocessed(region, unprocessed, len(plan.statuses)))
        if unreleased:
            failures.append(messages.unreleased(region, unreleased))
        if plan.reaches_all and accounts:
            pulumi.log.info(all_so_far(accounts))
    refuse_if(tuple(failures))
