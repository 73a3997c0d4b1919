"""The pictures of the documentation: `make pictures` writes docs/images anew."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

from guardduty_eks_audit_logs.reports.coverage.page import page
from tests.support.browser import opened, started_browser
from tests.support.coverages import small
from tests.support.vocabulary import PROJECT_FOLDER

IMAGES = PROJECT_FOLDER / "docs" / "images"
WIDTH = 1100
_BOTTOM = "document.querySelector('.keys').getBoundingClientRect().top + scrollY - 8"
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main() -> None:
    """Takes one picture in each theme: units, an open unit, the details of an account."""
    IMAGES.mkdir(exist_ok=True)
    with started_browser() as browser, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "coverage.html"
        file.write_text(page(small()), encoding="utf-8")
        for theme in _THEMES:
            with opened(browser, file, theme=theme, width=WIDTH, height=700) as seen:
                units = seen.page.locator("#body .unit")
                units.filter(has_text="EU").click()
                seen.page.locator("#body .account").filter(has_text="warehouse").click()
                bottom = seen.page.evaluate(_BOTTOM)
                seen.page.screenshot(
                    path=IMAGES / f"coverage-{theme}.png",
                    full_page=True,
                    animations="disabled",
                    clip={"x": 0, "y": 0, "width": WIDTH, "height": bottom},
                )


if __name__ == "__main__":
    main()
