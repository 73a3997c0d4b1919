"""The coverage's page, as a reader sees and uses it in Chromium."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypedDict

import pytest

from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.reports.coverage.rows import DetectorState
from tests.support.browser import nodes, texts_of_poor_contrast
from tests.support.coverages import (
    DENIED,
    HOSTILE_NAMES,
    REGIONS,
    hostile,
    large,
    no_member,
    on,
    region,
    small,
    whole,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage, CoverageRow
    from tests.support.browser import OpenCoverage

_WORDS = {
    "ENABLED": "on",
    "DISABLED": "off",
    "UNKNOWN": "unknown",
    "NOT_OFFERED": "not offered",
}
_ACTIVE = """() => {
  const grid = document.getElementById("grid");
  const row = document.getElementById(grid.getAttribute("aria-activedescendant"));
  const box = row.getBoundingClientRect(), window = grid.getBoundingClientRect();
  return {
    kind: row.classList[1],
    name: row.querySelector(".name bdi")?.textContent ?? "",
    account: row.querySelector(".account .name span, .whole b")?.textContent ?? "",
    cells: [...row.querySelectorAll(".cell")].map((cell) => cell.getAttribute("aria-label")),
    groups: [...row.querySelectorAll(".group")].map((group) => Object.fromEntries(
      [...group.children].map((p) => [p.firstChild.textContent, p.lastChild.textContent]))),
    last: row.getAttribute("aria-rowindex") === grid.getAttribute("aria-rowcount"),
    closed: row.getAttribute("aria-expanded") === "false",
    visible: box.bottom > window.top && box.top < window.bottom,
  };
}"""


class _Row(TypedDict):
    """The active row: its own texts, and those of an account's details."""

    kind: str
    name: str
    account: str
    cells: list[str]
    groups: list[dict[str, str]]
    last: bool
    closed: bool
    visible: bool


def _active(page: Page) -> _Row:
    row: _Row = page.evaluate(_ACTIVE)
    return row


def _names(page: Page, kind: str = "account") -> list[str]:
    """The rows in the document, in their order."""
    return page.locator(f"#body .{kind} .name bdi").all_text_contents()


def _shown(page: Page) -> str:
    return page.locator("#shown").inner_text()


def _walked(page: Page) -> list[_Row]:
    """Every row of the tree, from top to bottom, each opened by its key."""
    page.focus("#grid")
    page.keyboard.press("Home")
    rows: list[_Row] = []
    while True:
        active = _active(page)
        assert active["visible"]
        if not active["closed"]:
            rows.append(active)
            if active["last"]:
                return rows
        page.keyboard.press("ArrowRight")


def _details(row: CoverageRow) -> dict[str, str]:
    """What the details of an account have to say of one of its rows."""
    wanted = f", wanted {_WORDS[row.wanted]}" if row.wanted else ""
    said = {
        "EKS audit logs": f"{_WORDS[row.status]}{wanted}",
        "gap": row.gap,
        "could not be read" if row.unread else "reason": row.reason,
        "decided by": row.decided_by,
        "pending": row.pending,
        "membership": row.membership,
        "detector": row.detector,
        "trial": "" if row.trial_days is None else f"{row.trial_days} days left",
        "GuardDuty.5": "failed" if row.guardduty5 else "",
        "read at": row.read_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
    }
    return {name: printable(text) for name, text in said.items() if text}


@pytest.mark.parametrize("coverage", [small(), hostile()], ids=["small", "hostile"])
def test_keys_reach_every_row_of_the_coverage(
    coverage: Coverage, open_coverage: OpenCoverage
) -> None:
    said: dict[tuple[str, str], dict[str, str]] = {}
    names = {}
    for row in _walked(open_coverage(coverage).page):
        if row["kind"] == "account":
            names[row["account"]] = row["name"]
        for group in row["groups"]:
            regions = group.pop("region", None) or group.pop(f"{len(REGIONS[:2])} regions")
            said |= {(row["account"], region): group for region in regions.split(", ")}

    assert said == {(row.account, row.region): _details(row) for row in coverage.rows}
    unknown = {None: "(name not known)", "": "(no name)"}
    assert names == {
        row.account: unknown.get(row.name, printable(row.name or "")) for row in coverage.rows
    }


def test_where_guardduty_is_suspended_no_cell_says_on(open_coverage: OpenCoverage) -> None:
    row = replace(on("300000000001", "us-east-1"), detector=DetectorState.SUSPENDED, wanted=None)
    coverage = replace(small(), rows=(row,), regions=(region("us-east-1"),), problems=())
    seen = open_coverage(coverage).page

    unit, account, *_ = _walked(seen)
    seen.select_option("#status", "on")

    assert seen.locator("#body .cell").all_text_contents() == []
    assert unit["cells"] == ["us-east-1: 0 of 1 on"]
    assert account["cells"] == ["us-east-1: suspended: rule 2: all"]


def test_an_account_that_has_left_is_out_like_one_that_never_joined(
    open_coverage: OpenCoverage,
) -> None:
    row = replace(no_member(on("300000000001", "us-east-1")), membership="Removed")
    coverage = replace(small(), rows=(row,), regions=(region("us-east-1"),), problems=())
    seen = open_coverage(coverage).page

    seen.keyboard.press("d")

    assert seen.locator("#body .account .cell").all_text_contents() == ["▲ out"]


def test_a_narrow_window_shows_why_a_region_could_not_be_read(open_coverage: OpenCoverage) -> None:
    page = open_coverage(small(), width=640).page

    wide = "document.querySelector('.regions .wide')"
    assert page.evaluate(f"{wide}.scrollWidth <= {wide}.clientWidth")


def test_a_cell_says_what_its_row_says(open_coverage: OpenCoverage) -> None:
    rows = _walked(open_coverage(small()).page)

    cells = {row["name"]: row["cells"] for row in rows if row["kind"] == "account"}
    unread = f"eu-south-1: could not be read: {DENIED}"
    not_offered = "me-central-1: not offered: nobody"
    assert cells["shop"] == [
        "us-east-1: on: rule 2: all",
        "eu-west-1: on: rule 2: all",
        unread,
        not_offered,
    ]
    assert cells["warehouse"][0] == "us-east-1: off, gap: off, rule 2 wants it on"
    assert cells["new arrival"][0] == "us-east-1: unknown, gap: not a member"
    units = {row["name"]: row["cells"] for row in rows if row["kind"] == "unit"}
    assert units["Prod"] == [
        "us-east-1: 2 of 3 on, 1 gap",
        "eu-west-1: 2 of 3 on, 1 gap",
        "eu-south-1: 0 of 3 on, 3 unknown, 3 could not be read",
        "me-central-1: not offered, or no account",
    ]


def test_units_that_nobody_could_read_are_not_shown_as_off(open_coverage: OpenCoverage) -> None:
    page = open_coverage(small()).page

    shown = page.locator("#body .unit").filter(has_text="Prod").first.locator(".cell")
    assert shown.all_text_contents() == ["2/3 ▲ 1", "2/3 ▲ 1", "?", "\u2013"]


def test_the_page_begins_with_its_summary_and_its_units(open_coverage: OpenCoverage) -> None:
    page = open_coverage(small()).page

    assert page.locator(".verdict").inner_text() == (
        "6 gaps in 3 accounts; 12 rows could not be read"
    )
    figures = page.locator(".figure").all_inner_texts()
    assert [" ".join(figure.split()) for figure in figures] == [
        "Gaps 6 of 48 rows",
        "On 12",
        "Off 8 of which 4 gaps",
        "Unknown 16 of which 12 could not be read of which 2 gaps",
        "Not offered 12 the region has no such feature",
        "GuardDuty.5 8 failures of Security Hub's control",
    ]
    assert DENIED in page.locator(".problems pre").inner_text()
    assert _names(page) == []
    assert _names(page, "unit") == [
        *("Root", "Closed", "Prod", "EU", "directly in Prod", "Sandbox", "Shared Services"),
        *("directly in Root", "(unit not known)"),
    ]


def test_a_coverage_without_gaps_says_so(open_coverage: OpenCoverage) -> None:
    page = open_coverage(whole(small())).page

    assert page.locator(".verdict.good").inner_text() == "No gaps"
    assert page.locator(".glance, .problems").count() == 0
    page.keyboard.press("d")
    assert _names(page) == []
    assert _shown(page) == "0 of 12 accounts, 0 rows"
    assert page.evaluate("document.getElementById('body').offsetHeight") > 20  # it says so


def test_right_and_left_open_and_close(open_coverage: OpenCoverage) -> None:
    page = open_coverage(small()).page
    page.focus("#grid")

    page.keyboard.press("ArrowDown")  # Closed
    page.keyboard.press("ArrowRight")
    assert _names(page) == ["old shop"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator(".panel").count() == 1
    page.keyboard.press("ArrowLeft")
    assert page.locator(".panel").count() == 0
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert _active(page)["name"] == "Closed"
    assert _names(page) == []


def test_a_click_opens_and_one_more_closes(open_coverage: OpenCoverage) -> None:
    page = open_coverage(small()).page
    unit = page.locator("#body .unit").filter(has_text="Sandbox")

    unit.click()
    assert _names(page) == ["playground", "experiments"]
    unit.click()
    assert _names(page) == []


def test_a_slash_goes_to_the_search_and_escape_clears_it(open_coverage: OpenCoverage) -> None:
    page = open_coverage(small()).page

    page.keyboard.press("/")
    page.keyboard.type("PAYMENTS d/")
    assert page.locator("#search").input_value() == "PAYMENTS d/"
    page.keyboard.press("Escape")
    assert page.locator("#search").input_value() == ""
    page.keyboard.type("payments")
    assert _names(page) == ["payments"]
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert _active(page)["name"] == "Prod"


def test_words_find_accounts_units_rules_and_reasons(open_coverage: OpenCoverage) -> None:
    page = open_coverage(small()).page
    found = {
        "300000000006": ["shop-test"],
        "root/prod": ["payments", "warehouse", "shop"],
        "prod shop": ["shop"],
        "status (administrator)": ["security"],
        "wants it on": ["warehouse", "logs"],
        "the account is closed": ["old shop"],
        "<script>": [],
    }

    for words, names in found.items():
        page.fill("#search", words)
        assert _names(page) == names, words


def test_a_link_brings_its_filters(open_coverage: OpenCoverage) -> None:
    found = {
        "#status=gap": ["warehouse", "logs", "new arrival"],
        "#region=us-east-1&status=off": ["warehouse", "playground", "experiments", "logs"],
        "#q=warehouse&status=unread": ["warehouse"],
        "#status=control": ["warehouse", "playground", "experiments", "logs"],
        "#q=shop-test&status=none": ["shop-test"],
        "#membership=Disabled": ["logs"],
        "#status=unknown&membership=not+a+member": ["old shop", "new arrival"],
        "#region=us-east-1&differences=only": ["warehouse", "logs", "new arrival"],
        "#region=me-central-1&differences=only": [],
    }
    page = open_coverage(small(), fragment=next(iter(found))).page

    for fragment, names in found.items():
        page.goto(page.url.partition("#")[0] + fragment)
        assert _names(page) == names, fragment
        assert page.url.endswith(fragment)


def test_a_region_alone_leaves_one_column_and_all_units(open_coverage: OpenCoverage) -> None:
    page = open_coverage(small()).page

    page.select_option("#region", "eu-west-1")

    assert page.locator(".column").all_text_contents() == ["eu-west-1"]
    assert len(_names(page, "unit")) == 9
    assert _shown(page) == "12 accounts, 12 rows"
    page.click("#clear")
    assert page.locator(".column").count() == 4


def test_a_link_with_foreign_values_shows_all(open_coverage: OpenCoverage) -> None:
    page = open_coverage(small(), fragment="#status=<b>&region=mars&status=__proto__&x=%00").page

    assert _shown(page) == "12 accounts, 48 rows"


def test_d_leaves_gaps_and_what_could_not_be_read(open_coverage: OpenCoverage) -> None:
    coverage = small()
    without = tuple(row for row in coverage.rows if row.region != "eu-south-1")
    page = open_coverage(replace(coverage, rows=without)).page

    page.keyboard.press("d")
    assert _names(page) == ["warehouse", "logs", "new arrival"]
    assert _shown(page) == "3 of 12 accounts, 6 rows"
    page.keyboard.press("d")
    assert _names(page) == []


def test_hostile_names_are_shown_as_text(open_coverage: OpenCoverage) -> None:
    page = open_coverage(hostile()).page

    page.fill("#search", "4000000")  # opens all units
    shown = {row["name"] for row in _walked(page) if row["kind"] == "account"}

    assert shown == {printable(name) or "(no name)" for name in HOSTILE_NAMES}
    assert page.title() == "EKS audit log coverage"
    assert page.locator("img, script script, b b").count() == 0
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_has_contrast(
    theme: Literal["light", "dark"], open_coverage: OpenCoverage
) -> None:
    page = open_coverage(small(), theme=theme, fragment="#q=3000").page
    page.focus("#grid")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")

    assert texts_of_poor_contrast(page) == []


def test_a_button_switches_the_theme(open_coverage: OpenCoverage) -> None:
    page = open_coverage(small(), theme="dark").page

    def background() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    dark = background()
    page.click("text=Light theme")
    assert background() == "rgb(255, 255, 255)"
    page.click("text=Dark theme")
    assert background() == dark != "rgb(255, 255, 255)"


def test_a_narrow_window_does_not_scroll_sideways(open_coverage: OpenCoverage) -> None:
    page = open_coverage(large(40), width=640).page

    page.focus("#grid")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")

    assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_print_has_units_and_differences_on_white(open_coverage: OpenCoverage) -> None:
    page = open_coverage(small(), theme="dark").page

    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    printed = page.locator("#printed-map tr").all_inner_texts()
    assert [line.split("\t")[0] for line in printed][:4] == ["unit", "Root", "Closed", "Prod"]
    assert "300000000003  warehouse  Root/Prod/EU" in page.locator("#differences").inner_text()
    assert not page.locator("#grid").is_visible()
    assert not page.locator(".script-hint").is_visible()
    white = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(white) == "rgb(255, 255, 255)"
    assert texts_of_poor_contrast(page) == []


def test_without_scripts_the_gaps_are_there_as_text(open_coverage: OpenCoverage) -> None:
    page = open_coverage(small(), scripts=False).page

    text = page.locator("body").inner_text()
    assert "6 gaps in 3 accounts" in text
    assert DENIED in text
    assert "This page needs JavaScript for its heat map." in text
    assert "300000000008  new arrival  Root/Shared Services\n    gap: not a member: " in text
    assert not page.locator("#filters").is_visible()


@pytest.mark.slow
def test_a_large_organization_keeps_the_document_small(open_coverage: OpenCoverage) -> None:
    page = open_coverage(large(5_000), width=2560, height=1600).page
    page.focus("#grid")

    counted = [nodes(page)]
    page.keyboard.press("d")
    for key in ("PageDown", "Enter", "End", "Enter", "ArrowUp", "Enter", "ArrowUp", "Enter"):
        page.keyboard.press(key)
        counted.append(nodes(page))
    assert _active(page)["visible"]
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    counted.append(nodes(page))

    assert max(counted) <= 3_000, counted
