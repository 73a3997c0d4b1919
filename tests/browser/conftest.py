"""Fixtures of the tests that open pages in a browser."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Unpack

import pytest

from guardduty_eks_audit_logs.reports.coverage.page import page
from tests.support.browser import HOW_TO_INSTALL, Window, chromium, opened, started_browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage
    from tests.support.browser import OpenCoverage, Opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Without one the test is skipped; it fails if TESTS_NEED_A_BROWSER is set."""
    if not chromium():
        if os.environ.get("TESTS_NEED_A_BROWSER"):
            pytest.fail(HOW_TO_INSTALL)
        pytest.skip(HOW_TO_INSTALL)
    with started_browser() as started:
        yield started


@pytest.fixture
def open_coverage(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenCoverage]:
    """Opens a coverage's page. At the end, no page has complained or asked for anything."""
    with ExitStack() as open_pages:
        pages: list[Opened] = []

        def open_one(coverage: Coverage, **window: Unpack[Window]) -> Opened:
            file = tmp_path_factory.mktemp("page") / "coverage.html"
            file.write_text(page(coverage), encoding="utf-8")
            pages.append(open_pages.enter_context(opened(browser, file, **window)))
            return pages[-1]

        yield open_one

        assert [seen.complaints for seen in pages] == [[]] * len(pages)
        assert [seen.requests for seen in pages] == [[]] * len(pages)
