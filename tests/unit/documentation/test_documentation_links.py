"""Links within the documentation lead to files, and to headings, that are there."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

_LINK = re.compile(
    r"\]\((?![a-z]+:)([^)\s#]*)(?:#([^)\s]*))?\)|^\[[^\]]+\]: (?![a-z]+:)(\S+)$", re.MULTILINE
)
_CODE = re.compile(r"^(`{3,}).*?^\1$", re.MULTILINE | re.DOTALL)
_PAGES = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
    cwd=PROJECT_FOLDER,
    capture_output=True,
    text=True,
    check=True,
).stdout.splitlines()


def _text(page: Path) -> str:
    return _CODE.sub("", page.read_text("utf-8"))


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ +(.*)$", _text(page), re.MULTILINE)
    words = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower() for title in titles)
    return {re.sub(r"[^\w\- ]", "", title).strip().replace(" ", "-") for title in words}


@pytest.mark.parametrize("page", _PAGES)
def test_links_of_a_page_lead_somewhere(page: str) -> None:
    file = PROJECT_FOLDER / page
    broken = []
    for path, anchor, reference in _LINK.findall(_text(file)):
        name, _, part = (reference or f"{path}#{anchor}").partition("#")
        to = (file.parent / name).resolve() if name else file
        if not to.exists() or (part and to.suffix == ".md" and part not in _anchors(to)):
            broken.append(f"{name}#{part}")

    assert not broken
