"""The page: it has what the Markdown has, loads nothing, and shows foreign text as text."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import given

from guardduty_eks_audit_logs.reports.document import (
    Document,
    Foreign,
    Kind,
    Part,
    Quote,
    Quotes,
    Rows,
    Table,
)
from guardduty_eks_audit_logs.reports.html import html
from guardduty_eks_audit_logs.reports.markdown import markdown
from tests.support.documents import HOSTILE, SOME_DOCUMENTS, documents, markdown_tokens

_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main"),
    *("h1", "h2", "p", "strong", "ul", "li", "br", "code", "pre"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


class _Page(HTMLParser):
    """What a browser reads.

    Attributes:
        tags: each start tag with its attributes.
        words: of the body, in order.
        policy: what the page may do.
        style: the content of its only style.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.policy = ""
        self.style = ""
        self._within: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"] or ""
        if tag not in {"meta", "br"}:
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "br":
            assert self._within.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._within[-1:] == ["style"]:
            self.style += data
        elif "body" in self._within:
            self.words.append(data)


def _document(text: str) -> Document:
    rows = Rows((Foreign(text),), ((text, text),), "account")
    quotes = Quotes("", (Quote.of(text, text),), "refusal")
    part = Part("Off: 3 accounts", 1, (rows, quotes), note=Foreign(text), folded=True)
    table = Table(("stack",), ((Foreign("prod"),),))
    return Document(Kind.DRIFT, "Drift's report", "1 region: 3 off", table, (part,))


def _words(texts: list[str]) -> list[str]:
    return "".join(texts).split()


@SOME_DOCUMENTS
@given(documents())
def test_the_page_says_what_the_markdown_says_in_its_order(document: Document) -> None:
    said = []
    for token in markdown_tokens(markdown(document)):
        said += [child.content or " " for child in token.children or ()]
        said.append(token.content if token.type == "fence" else "\n")

    assert _words(_Page(html(document)).words) == _words(said)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_page_has_only_tags_of_ours_without_links_or_scripts(text: str) -> None:
    page = _Page(html(_document(text)))

    assert {tag for tag, _ in page.tags} <= _TAGS
    in_body = page.tags[[tag for tag, _ in page.tags].index("body") :]
    assert [attributes for _, attributes in in_body if attributes] == []


def test_a_page_may_load_nothing_and_run_nothing() -> None:
    page = _Page(html(_document("a")))

    digest = b64encode(sha256(page.style.encode()).digest()).decode()
    assert page.policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"url\(|@import|https?:", html(_document("a")))


def test_a_page_has_a_language_a_title_and_one_first_heading() -> None:
    page = html(_document("a"))

    assert page.startswith('<!DOCTYPE html>\n<html lang="en">\n')
    assert "<title>Drift&#x27;s report</title>" in page
    assert page.count("<h1>") == 1
    assert "<h1>Drift's report</h1>" in page
    assert "<h2>Off: 3 accounts</h2>" in page


def test_a_page_shows_folded_parts_open() -> None:
    assert "<details" not in html(_document("a"))
    assert "<h2>Off: 3 accounts</h2>\n<p><code>a</code></p>" in html(_document("a"))


def test_a_page_is_light_or_dark_and_can_be_printed() -> None:
    page = html(_document("a"))

    assert "color-scheme: light dark" in page
    assert "@media print" in page
