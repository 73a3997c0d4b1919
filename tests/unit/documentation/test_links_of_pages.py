"""Every link of a page leads to a file that is there, and to a heading that it has."""

from __future__ import annotations

import itertools
import re
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from markdown_it.token import Token

_LISTED = subprocess.run(
    ["git", "ls-files", "*.md"], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=True
)
_PAGES = _LISTED.stdout.splitlines()


@cache
def _tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").parse(page.read_text("utf-8"))


def _links(page: Path) -> Iterator[str]:
    for token in _tokens(page):
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            if target and "://" not in str(target):
                yield str(target)


def _headings(page: Path) -> set[str]:
    """The anchors that GitHub gives to headings."""
    tokens = _tokens(page)
    inlines = [after for one, after in itertools.pairwise(tokens) if one.type == "heading_open"]
    texts = ("".join(child.content for child in one.children or ()) for one in inlines)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}


@pytest.mark.parametrize("page", _PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    file = PROJECT_FOLDER / page
    for target in _links(file):
        path, _, heading = target.partition("#")
        leads_to = file.parent / path if path else file
        assert leads_to.exists(), target
        if heading:
            assert heading in _headings(leads_to), target
