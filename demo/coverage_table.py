"""The demo's table: which account has EKS audit logs, and which rule decided it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from demo.screen import colour
from guardduty_eks_audit_logs.messages import on_off
from guardduty_eks_audit_logs.model import RelationshipStatus
from guardduty_eks_audit_logs.reports.coverage.rows import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_sandbox.client import Account
    from guardduty_eks_audit_logs.reports.coverage.rows import CoverageRow

    Rows = Mapping[str, CoverageRow]

_NORMAL = frozenset({ADMINISTRATOR, RelationshipStatus.ENABLED})


def coverage_table(
    accounts: Iterable[Account], before: Mapping[str, Rows], after: Mapping[str, Rows]
) -> Table:
    """Makes the table of the administrator and of its members in some region.

    A cell says whether EKS audit logs are on, with an arrow from what there was before, and in
    brackets a membership that is not Enabled.

    Args:
        accounts: all that the organization has, with their names and units.
        before: by region and account, what there was before the run.
        after: the same after it; its regions are the table's columns.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("account", no_wrap=True)
    for name in ("name", "OU", *after, "decided by"):
        table.add_column(name, overflow="fold")
    for account in accounts:
        here = {
            name: rows[account.account_id]
            for name, rows in after.items()
            if account.account_id in rows
        }
        if not here:
            continue  # the management account, which is no member
        cells = [_cell(before[name].get(account.account_id), here.get(name)) for name in after]
        table.add_row(
            account.account_id,
            account.name,
            account.ou,
            *map(_coloured, cells),
            " · ".join(dict.fromkeys(row.decided_by for row in here.values())),
        )
    return table


def _coloured(cell: str) -> Text:
    style = colour(cell.partition(" (")[0])
    return Text(cell, f"bold {style}" if "->" in cell else style)


def _cell(before: CoverageRow | None, after: CoverageRow | None) -> str:
    if after is None:
        return "no member"
    status = on_off(after.status)
    if before and before.status is not after.status:
        status = f"{on_off(before.status)} -> {status}"
    return status if after.membership in _NORMAL else f"{status} ({after.membership})"
