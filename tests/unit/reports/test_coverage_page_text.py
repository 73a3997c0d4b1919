"""The coverage's page as a text: its rows, its policy, what is there without a browser."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from guardduty_eks_audit_logs.foreign_words import harmless, printable
from guardduty_eks_audit_logs.model import FeatureStatus
from guardduty_eks_audit_logs.reports.coverage.page import page
from guardduty_eks_audit_logs.reports.coverage.rows import (
    Coverage,
    CoverageRow,
    CoverageStatus,
    DetectorState,
    Require,
)
from tests.support.coverages import (
    DENIED,
    READ_AT,
    REGIONS,
    hostile,
    large,
    missing,
    on,
    region,
    small,
    whole,
)

_COVERAGES = {"small": small(), "hostile": hostile(), "large": large(300), "whole": whole(small())}
_EMPTY = Coverage((), (), Require.RULES, (), READ_AT)


class _Page(HTMLParser):
    """What a browser reads.

    Attributes:
        tags: each start tag with its attributes.
        policy: what the page may do.
        texts: by tag, what stands in elements of that tag.
        data: the text of the block of rows.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        metas = [attributes for tag, attributes in self.tags if tag == "meta"]
        (self.policy,) = (m["content"] for m in metas if "http-equiv" in m)
        self.data, self.script = self.texts["script"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)


def _rows(packed: dict[str, Any], coverage: Coverage) -> list[CoverageRow]:
    """The rows that a page's data say, with the stacks that the coverage's regions have."""
    stacks = [(one.region, one.stack) for one in coverage.regions]
    rows = []
    for account, name, unit, places in packed["accounts"]:
        for (where, stack), place in zip(stacks, places, strict=True):
            if place < 0:
                continue
            fact = packed["facts"][place]
            row = CoverageRow(
                account=account,
                name=name,
                unit=unit,
                region=where,
                stack=stack,
                membership=fact[1],
                detector=DetectorState(fact[2]),
                status=CoverageStatus(fact[0]),
                wanted=FeatureStatus(fact[3]) if fact[3] else None,
                decided_by=fact[4],
                pending=fact[5],
                trial_days=fact[6],
                reason=fact[7],
                unread=bool(fact[8]),
                gap=fact[9],
                guardduty5=bool(fact[10]),
                read_at=READ_AT,
            )
            assert fact[11] == "2026-11-27 09:30:00 UTC"
            rows.append(row)
    return rows


def _printable(row: CoverageRow) -> CoverageRow:
    return replace(
        row,
        name=None if row.name is None else printable(row.name),
        unit=None if row.unit is None else printable(row.unit),
        decided_by=printable(row.decided_by),
        reason=harmless(row.reason),
        gap=harmless(row.gap),
    )


def _sorted(rows: list[CoverageRow]) -> list[CoverageRow]:
    return sorted(rows, key=lambda row: (row.account, row.region, row.stack))


@pytest.mark.parametrize("coverage", _COVERAGES.values(), ids=_COVERAGES)
def test_the_page_has_every_row(coverage: Coverage) -> None:
    packed = json.loads(_Page(page(coverage)).data)

    assert _sorted(_rows(packed, coverage)) == _sorted([*map(_printable, coverage.rows)])


@pytest.mark.parametrize("coverage", _COVERAGES.values(), ids=_COVERAGES)
def test_the_policy_allows_this_script_and_this_style_alone(coverage: Coverage) -> None:
    read = _Page(page(coverage))

    def digest(text: str) -> str:
        return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

    assert read.policy == (
        f"default-src 'none'; script-src {digest(read.script)}; "
        f"style-src {digest(read.texts['style'][0])}; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


@pytest.mark.parametrize("coverage", _COVERAGES.values(), ids=_COVERAGES)
def test_no_element_loads_anything_or_runs_a_script(coverage: Coverage) -> None:
    read = _Page(page(coverage))

    names = {name for _, attributes in read.tags for name in attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"src", "href", "srcset", "style", "action", "data"}
    assert [tag for tag, _ in read.tags].count("script") == 2
    assert not {tag for tag, _ in read.tags} & {"img", "link", "iframe", "object", "base", "a"}
    assert "url(" not in read.texts["style"][0]


def test_names_end_no_element_and_are_no_part_of_the_template() -> None:
    text = page(hostile())

    data = _Page(text).data
    assert not set("<>&\u2028\u2029") & set(data)
    assert data.isascii()
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "$title ${title} {{title}} &amp;lt;b&amp;gt; --&gt;" in text


def test_the_script_writes_no_html() -> None:
    script = _Page(page(_EMPTY)).script

    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch", script)


def test_an_address_in_a_reason_is_left_out() -> None:
    row = replace(missing(on("300000000001", "us-east-1")), gap="off, says eve@example.com")
    coverage = replace(
        _EMPTY, rows=(row,), regions=(region("us-east-1"),), problems=("no answer to a@b.example",)
    )

    text = page(coverage)

    assert "example.com" not in text
    assert "b.example" not in text


def test_an_empty_coverage_is_no_success() -> None:
    text = page(_EMPTY)

    assert '<p class="verdict unread">Nothing was read</p>' in text
    assert "0 accounts in 0 regions" in text


def test_what_could_not_be_read_is_said_beside_no_gap() -> None:
    coverage = small()
    rows = tuple(row for row in coverage.rows if not row.gap)

    text = page(replace(coverage, rows=rows))

    assert '<p class="verdict unread">No gap found, but 12 rows could not be read</p>' in text


def test_a_problem_without_a_row_is_no_success_either() -> None:
    text = page(replace(whole(small()), problems=("the trial days could not be read",)))

    assert '<p class="verdict unread">No gap found, but 1 thing could not be read</p>' in text
    assert "• the trial days could not be read" in text


def test_the_page_says_what_counts_as_a_gap() -> None:
    rules, everything = page(small()), page(replace(small(), require=Require.ALL))

    assert "A gap is an account that is not as the stacks&#x27; rules want it" in rules
    assert "A gap is every account that is not on." in everything


def test_two_stacks_that_read_one_region_have_a_column_each() -> None:
    rows = [replace(on("300000000001", "us-east-1"), stack=stack) for stack in ("blue", "green")]
    regions = tuple(region("us-east-1", stack=row.stack) for row in rows)

    packed = json.loads(_Page(page(replace(_EMPTY, rows=tuple(rows), regions=regions))).data)

    assert [label for label, _, _ in packed["columns"]] == ["us-east-1 (blue)", "us-east-1 (green)"]
    assert packed["accounts"] == [["300000000001", None, "Root", [0, 0]]]


def test_the_differences_group_regions_and_reasons() -> None:
    (differences,) = re.findall(
        r"<h2>Differences</h2>\s*<pre>(.*?)</pre>", page(small()), re.DOTALL
    )

    assert differences.splitlines()[:3] == [
        "300000000003  warehouse  Root/Prod/EU",
        "    gap: off, rule 2 wants it on: eu-west-1, us-east-1",
        "300000000007  logs  Root/Shared Services",
    ]
    assert f"could not be read in eu-south-1: {DENIED}" in differences.splitlines()
    assert differences.count(DENIED) == 1


def test_what_is_said_of_a_region_is_text() -> None:
    hostile = region("<i>region", stack="<i>stack", reason="<i>reason")
    written = page(replace(_EMPTY, regions=(hostile,)))

    assert written.count("&lt;i&gt;") == 3
    assert "<i>" not in written.partition('<section class="regions">')[2].partition("<script")[0]


def test_a_gap_in_every_region_names_them_in_one_word() -> None:
    rows = tuple(missing(on("300000000001", where)) for where in REGIONS)
    coverage = replace(_EMPTY, rows=rows, regions=tuple(map(region, REGIONS)))

    assert "    gap: off, rule 2 wants it on: all 20 regions" in page(coverage)


@pytest.mark.slow
def test_the_figures_count_what_is_suspended_as_off() -> None:
    row = replace(on("300000000001", "us-east-1"), detector=DetectorState.SUSPENDED, wanted=None)
    rows = (row, on("300000000002", "us-east-1"))
    text = page(replace(small(), rows=rows, regions=(region("us-east-1"),), problems=()))

    assert "<dt>On</dt><dd><b>1</b></dd>" in text
    assert "<dt>Off</dt><dd><b>1</b><span>of which 1 suspended</span></dd>" in text


def test_5000_accounts_in_20_regions_stay_below_10_mb() -> None:
    coverage = large(5_000)
    everything_off = replace(coverage, rows=tuple(map(missing, coverage.rows)))

    assert len(page(coverage).encode()) < 2_000_000
    assert len(page(everything_off).encode()) < 10_000_000
