"""How the coverage's page grows with the accounts: its bytes, its document, how long it opens.

`make bench` prints the table. A page's opening is compared with that of an empty page of the same
size, which holds as much text and does nothing with it. Both are opened from files, in Chromium.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from guardduty_eks_audit_logs.reports.coverage.page import page
from tests.support.browser import HOW_TO_INSTALL, chromium, nodes, opened, started_browser
from tests.support.coverages import large

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZES = (50, 500, 5_000)
REGIONS = 20
TIMES = 5
TABLE_WIDTH = 80
_OPENING = "performance.getEntriesByType('navigation')[0].loadEventEnd"


def opening(browser: Browser, file: Path) -> float:
    """Milliseconds until a page is complete: read, its script run, its first rows drawn."""
    times = []
    for _ in range(TIMES):
        with opened(browser, file) as seen:
            seen.page.wait_for_load_state("load")
            times.append(float(seen.page.evaluate(_OPENING)))
    return median(times)


def measured(browser: Browser, folder: Path, accounts: int) -> tuple[float, int, float]:
    """Megabytes, nodes in the document, and the opening as a multiple of an empty page's."""
    text = page(large(accounts, REGIONS))
    full, empty = folder / f"{accounts}.html", folder / f"{accounts}-empty.html"
    full.write_text(text, encoding="utf-8")
    filling = "-" * (len(text) - 100)
    empty.write_text(
        f'<!DOCTYPE html><script type="application/json">"{filling}"</script>', encoding="utf-8"
    )
    with opened(browser, full) as seen:
        count = nodes(seen.page)
    return full.stat().st_size / 1e6, count, opening(browser, full) / opening(browser, empty)


def main() -> None:
    """Prints the table."""
    console = Console(width=TABLE_WIDTH)
    if not chromium():
        console.print(f"The coverage's page is not measured: {HOW_TO_INSTALL}.")
        return
    table = Table(title="The coverage's page, 20 regions", title_justify="left", width=TABLE_WIDTH)
    table.add_column("")
    with started_browser() as browser, tempfile.TemporaryDirectory() as folder:
        each = [measured(browser, Path(folder), accounts) for accounts in SIZES]
    for accounts in SIZES:
        table.add_column(f"{accounts:,} accounts", justify="right")
    sizes, counts, ratios = zip(*each, strict=True)
    table.add_row("megabytes", *(f"{size:.2f}" for size in sizes))
    table.add_row("nodes in the document", *(f"{count:,}" for count in counts))
    table.add_row("opening, of an empty page's", *(f"{ratio:.1f}" for ratio in ratios))
    console.print(table)


if __name__ == "__main__":
    main()
