"""How the coverage's page grows with the accounts: its bytes, its document, how long it opens.

A page's opening is compared with that of an empty page of the same
size, which holds as much text and does nothing with it. Both are opened from files, in Chromium.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.results import Row
from guardduty_eks_audit_logs.reports.coverage.page import page
from tests.support.browser import HOW_TO_INSTALL, chromium, nodes, opened, started_browser
from tests.support.coverages import large

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

SIZES = (50, 500, 5_000)
REGIONS = 20
TIMES = 5
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


def rows(say: Callable[[str], None]) -> list[Row]:
    """How the page opens and grows; none where there is no Chromium.

    Args:
        say: takes one line of progress.
    """
    if not chromium():
        say(f"The coverage's page is not measured: {HOW_TO_INSTALL}.")
        return []
    with started_browser() as browser, tempfile.TemporaryDirectory() as folder:
        each = {accounts: measured(browser, Path(folder), accounts) for accounts in SIZES}
    few, many = each[SIZES[0]], each[SIZES[-1]]
    least, most = f"{SIZES[0]:,} accounts", f"{SIZES[-1]:,}, {REGIONS} regions"
    page_of = "the coverage's page:"
    return [
        *(
            Row(f"{page_of} opening", f"{accounts:,}, {REGIONS} regions", "an empty page", opening)
            for accounts, (_, _, opening) in each.items()
        ),
        Row(f"{page_of} bytes", most, least, many[0] / few[0]),
        Row(f"{page_of} nodes in the document", most, least, many[1] / few[1]),
    ]
