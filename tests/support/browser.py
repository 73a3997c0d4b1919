"""Chromium, driven by Playwright: what a page shows and does. It reaches no network."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Route

    OpenCoverage = Callable[..., "Opened"]

HOW_TO_INSTALL = "no Chromium on PATH: install Debian's package `chromium` to run this"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    "--host-resolver-rules=MAP * ~NOTFOUND",
)

_COUNT_NODES = """() => {
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_ALL);
  let nodes = 1;
  while (walker.nextNode()) nodes += 1;
  return nodes;
}"""
_POOR_CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const painted = (colours) => {
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((c) => c / 255).map(
      (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *:not(script)")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.checkVisibility()) continue;
    const behind = [];
    for (let e = element; e; e = e.parentElement) {
      behind.unshift(getComputedStyle(e).backgroundColor);
    }
    const both = [painted(behind), painted([...behind, getComputedStyle(element).color])];
    const ratio = Math.max(...both) / Math.min(...both);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)}: ${element.textContent}`);
  }
  return poor;
}"""


def chromium() -> str | None:
    """The program's path; None where it is not installed."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def started_browser() -> Iterator[Browser]:
    """Starts Chromium without a window, with a profile of its own, and ends it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Window(TypedDict, total=False):
    """How a page is opened.

    Attributes:
        fragment: the end of its address, with `#`.
        width: in pixels, else 1440.
        height: in pixels, else 1000.
        theme: what the reader prefers, else light.
        scripts: whether JavaScript is allowed; it is, unless this says otherwise.
    """

    fragment: str
    width: int
    height: int
    theme: Literal["light", "dark"]
    scripts: bool


@dataclass
class Opened:
    """A page that is open.

    Attributes:
        page: to look at and to act on.
        complaints: what it wrote to the console, and its errors.
        requests: what it asked for, beside its own file. Nothing of it was sent.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def opened(browser: Browser, file: Path, **window: Unpack[Window]) -> Iterator[Opened]:
    """Opens a file in a new context.

    Args:
        browser: to open it in.
        file: the page.
        window: how it is opened.
    """
    context = browser.new_context(
        viewport={"width": window.get("width", 1440), "height": window.get("height", 1000)},
        color_scheme=window.get("theme", "light"),
        java_script_enabled=window.get("scripts", True),
    )
    seen = Opened(context.new_page())

    def route(route: Route) -> None:
        if route.request.url.partition("#")[0] == file.as_uri():
            route.continue_()
        else:
            seen.requests.append(route.request.url)
            route.abort()

    def hear(message: ConsoleMessage) -> None:
        seen.complaints.append(message.text)

    def fail(error: Error) -> None:
        seen.complaints.append(error.message)

    context.route("**/*", route)
    seen.page.on("console", hear)
    seen.page.on("pageerror", fail)
    seen.page.goto(file.as_uri() + window.get("fragment", ""))
    try:
        yield seen
    finally:
        context.close()


def nodes(page: Page) -> int:
    """How many nodes the document has, texts among them."""
    return int(page.evaluate(_COUNT_NODES))


def texts_of_poor_contrast(page: Page) -> list[str]:
    """The visible texts with a contrast below 4.5, which WCAG 2.2 asks for (AA, 1.4.3).

    Colours are compared as the browser paints them; images behind a text do not count.
    """
    return list(page.evaluate(_POOR_CONTRASTS))
