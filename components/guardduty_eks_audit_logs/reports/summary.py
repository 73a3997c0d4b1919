"""What a preview and a run log: first, in full, what is turned off; then counts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.model import UNKNOWN, FeatureStatus, Setting
from guardduty_eks_audit_logs.reports.run_report import (
    Progress,
    RegionReport,
    ReportedAccount,
    ReportedSetting,
)
from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from guardduty_eks_audit_logs.planning.plan import Plan

LISTED = 20
"""So many accounts that are turned on are named; the run report has all of them."""


def summary(report: RegionReport) -> str:
    """Says what a run does: what goes off, how many accounts change, which, and what to know.

    Args:
        report: of a plan without refusals.
    """
    head = messages.whose_monitoring(report.region, report.administrator_account_id, report.mode)
    off, on = (report.changing(s) for s in (FeatureStatus.DISABLED, FeatureStatus.ENABLED))
    lines = [
        *report.warnings,
        *map(_row, off),
        *_counts(report),
        *_by_rule([*off, *on]),
        *report.unreached,
        *_cut(on),
        *report.notices,
    ]
    return "\n".join([head, *lines]).replace("\n", "\n  ")


def summary_after(report: RegionReport) -> str | None:
    """Says which accounts and settings a run has changed; None if it has changed nothing.

    Args:
        report: of the run, once it has ended (`RegionReport.after`).
    """
    done = [account for account in report.accounts if account.progress is Progress.SET]
    settings = [setting for setting in report.settings if setting.progress is Progress.SET]
    if not done and not settings:
        return None
    off = [account for account in done if account.to is FeatureStatus.DISABLED]
    on = [account for account in done if account.to is FeatureStatus.ENABLED]
    head = messages.headline_after(report.region, len(on), len(off))
    written = [_written(setting, report.mode) for setting in settings]
    return "\n  ".join([head, *map(_row, off), *_by_rule(done), *_cut(on), *written])


def _written(setting: ReportedSetting, mode: Mode) -> str:
    if setting.setting == Setting.STATUS:
        alone = mode is Mode.STANDALONE
        return messages.own_detector(setting.from_, setting.to, alone=alone)
    return messages.setting_written(setting.setting, setting.from_, setting.to)


def delegation_summary(report: RegionReport) -> str:
    """Says which account a run of mode `delegation` designates.

    Args:
        report: of a plan without refusals.
    """
    head = messages.headline_of_delegation(report.region, report.administrator_account_id)
    return "\n  ".join([head, *report.notices])


def all_so_far(accounts: Mapping[str, int]) -> str:
    """Says after a run with `autoEnable: ALL` how many members are not there yet.

    Args:
        accounts: how many members are ENABLED, DISABLED or UNKNOWN.
    """
    off, unknown = (int(accounts.get(key, 0)) for key in (FeatureStatus.DISABLED, UNKNOWN))
    return messages.all_in_a_day(off, unknown, int(sum(accounts.values())))


def headline(plan: Plan, report: RegionReport) -> str:
    """The short summary at the start of a run, since its preview had the whole one.

    Args:
        plan: without refusals.
        report: of the plan.
    """
    if plan.leaving:
        return messages.headline_of_leaving(plan.snapshot.region, plan.release.total)
    if plan.snapshot.detector is None:
        lines = [messages.headline_of_detector(report.region), *plan.notices]
        return "\n  ".join(lines)
    if report.summary is None:
        whose = messages.whose_monitoring(
            report.region, report.administrator_account_id, report.mode
        )
        own = messages.own_detector(plan.snapshot.detector.status, plan.settings.status, alone=True)
        return "\n  ".join([whose, own, *_in_short(plan)])
    counts = report.summary
    head = messages.headline(report.region, counts.turns_on, counts.turns_off)
    return "\n  ".join([head, *report.warnings, *_in_short(plan)])


def _in_short(plan: Plan) -> list[str]:
    rewritten = [messages.state_rewritten()] if plan.record.earlier else []
    return [*plan.snapshot.notices, *rewritten, *plan.unreached]


def _counts(report: RegionReport) -> Iterator[str]:
    counts = report.summary
    if counts is None or report.leaving:
        return
    stay = counts.members - counts.turns_on - counts.turns_off
    yield messages.members_now(counts.on, counts.off, counts.unknown) + messages.members_then(
        counts.turns_on, counts.turns_off, stay
    )


def _by_rule(changing: Sequence[ReportedAccount]) -> Iterator[str]:
    numbers = Counter((account.rule, account.to) for account in changing)
    if len(numbers) > 1:
        for (rule, to), number in numbers.items():
            yield messages.changes_of_a_rule(number, to, rule)


def _cut(turned_on: Sequence[ReportedAccount]) -> Iterator[str]:
    yield from map(_row, turned_on[:LISTED])
    if len(turned_on) > LISTED:
        yield messages.more_accounts(len(turned_on) - LISTED)


def _row(account: ReportedAccount) -> str:
    cells = [messages.on_off(account.to).ljust(3), account.account, account.rule]
    if account.name:
        cells.append(account.name)
    if account.trial_days is not None:
        cells.append(messages.trial(account.trial_days))
    return "  ".join(cells)
