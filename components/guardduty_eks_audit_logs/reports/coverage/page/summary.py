"""The page's summary: what is on, what is not, where the gaps are, what could not be read."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.foreign_words import harmless, printable
from guardduty_eks_audit_logs.reports.coverage.page.columns import moment
from guardduty_eks_audit_logs.reports.coverage.rows import CoverageStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardduty_eks_audit_logs.reports.coverage.page.columns import Column
    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage, CoverageRow

_LONGEST_LIST = 6
_BAR = 100


def summary(coverage: Coverage, columns: Sequence[Column]) -> dict[str, str]:
    """Writes the parts of `page.html` that stand above the heat map and below it.

    Args:
        coverage: what is summed up.
        columns: the regions.

    Returns:
        {name in `page.html`: HTML}.
    """
    gaps, unread = coverage.gaps, coverage.unread
    accounts = len({row.account for row in coverage.rows})
    regions = len({column.region.region for column in columns})
    callers = sorted({c.region.caller for c in columns if c.region.caller})
    verdict = messages.page_verdict(
        len(gaps), len({row.account for row in gaps}), len(unread), len(coverage.problems)
    )
    return {
        "title": escape(messages.page_title()),
        "verdict": escape(verdict if coverage.rows else messages.page_no_rows()),
        "mood": _mood(coverage),
        "scope": escape(messages.page_scope(accounts, regions, len(coverage.rows))),
        "read": escape(messages.page_read_by([*map(str, callers)], moment(coverage.read_at))),
        "requires": escape(messages.what_is_a_gap(coverage.require)),
        "without_script": escape(messages.page_without_script()),
        "problems": _problems(coverage.problems),
        "figures": _figures(coverage),
        "glance": _glance(coverage, columns),
        "regions": "".join(map(_region, columns)),
    }


def _mood(coverage: Coverage) -> str:
    if coverage.gaps:
        return "gap"
    whole = coverage.rows and not coverage.problems and not coverage.unread
    return "good" if whole else "unread"


def _problems(problems: Sequence[str]) -> str:
    if not problems:
        return ""
    lines = "\n".join(escape(f"• {harmless(problem)}") for problem in problems)
    return (
        f'<section class="problems" aria-labelledby="problems"><h2 id="problems">'
        f'{escape(messages.page_problems(len(problems)))}</h2><pre tabindex="0">{lines}</pre>'
        "</section>"
    )


def _figures(coverage: Coverage) -> str:
    counts, gaps = Counter(map(_counted, coverage.rows)), Counter(map(_counted, coverage.gaps))
    suspended = sum(row.is_suspended for row in coverage.rows)
    unread, control = len(coverage.unread), sum(row.guardduty5 for row in coverage.rows)

    def of_these(status: CoverageStatus) -> str:
        return messages.page_of_which_gaps(gaps[status])

    return "".join(
        (
            _figure("gap", "Gaps", len(coverage.gaps), messages.page_of_rows(len(coverage.rows))),
            _figure("on", "On", counts[CoverageStatus.ENABLED], of_these(CoverageStatus.ENABLED)),
            _figure(
                "off",
                "Off",
                counts[CoverageStatus.DISABLED],
                of_these(CoverageStatus.DISABLED),
                messages.page_of_which_suspended(suspended),
            ),
            _figure(
                "unread" if unread else "unknown",
                "Unknown",
                counts[CoverageStatus.UNKNOWN],
                messages.page_of_which_unread(unread),
                of_these(CoverageStatus.UNKNOWN),
            ),
            _figure(
                "none",
                "Not offered",
                counts[CoverageStatus.NOT_OFFERED],
                messages.page_not_offered(),
            ),
            _figure("control", "GuardDuty.5", control, messages.page_control()),
        )
    )


def _counted(row: CoverageRow) -> CoverageStatus:
    """Where GuardDuty is suspended, it watches nothing: that is off."""
    return CoverageStatus.DISABLED if row.is_suspended else row.status


def _figure(kind: str, name: str, number: int, *notes: str) -> str:
    zero = "" if number else " zero"
    said = "".join(f"<span>{escape(note)}</span>" for note in notes if note)
    return (
        f'<div class="figure {kind}{zero}"><dt>{escape(name)}</dt>'
        f"<dd><b>{number:,}</b>{said}</dd></div>"
    )


def _glance(coverage: Coverage, columns: Sequence[Column]) -> str:
    if not coverage.gaps:
        return ""
    labels = {column.key: column.label for column in columns}
    by_unit = _bars("unit", [(_unit(row.unit), row) for row in coverage.rows])
    by_region = _bars("region", [(labels[row.region, row.stack], row) for row in coverage.rows])
    return f'<div class="glance">{by_unit}{by_region}</div>'


def _unit(unit: str | None) -> str:
    """Names a unit, also one that is not known or has no name."""
    if unit is None:
        return messages.PAGE_UNIT_UNKNOWN
    return printable(unit) or messages.PAGE_UNIT_WITHOUT_A_NAME


def _bars(noun: str, rows: Iterable[tuple[str, CoverageRow]]) -> str:
    """Writes the places with the most gaps, each with a bar.

    Args:
        noun: what a place is.
        rows: each with the name of its place.
    """
    rows = list(rows)
    of = Counter(name for name, _ in rows)
    gaps = Counter(name for name, row in rows if row.gap)
    first = gaps.most_common(_LONGEST_LIST)
    most = first[0][1]
    lines = "".join(
        f"<tr><th scope=row><span>{escape(name)}</span></th>"
        f'<td class="bar"><svg viewBox="0 0 {_BAR} 8" preserveAspectRatio="none" '
        f'aria-hidden="true"><rect width="{max(1, _BAR * number // most)}" height="8"/></svg></td>'
        f"<td>{number:,} <span>of {of[name]:,}</span></td></tr>"
        for name, number in first
    )
    more = len(gaps) - len(first)
    rest = f"<p>{escape(messages.page_more(more, noun))}</p>" if more else ""
    return f"<section><h2>Gaps by {noun}</h2><table>{lines}</table>{rest}</section>"


def _region(column: Column) -> str:
    region = column.region
    offered = {True: "yes", False: "no", None: "unknown"}[region.offered]
    cells = (
        column.label,
        printable(region.stack) or "-",
        region.caller or "unknown",
        offered,
        moment(region.read_at),
        harmless(region.reason) or "-",
    )
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
