"""Markdown within a limit: what is cut, in which order, and what it says of that."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from guardduty_eks_audit_logs.reports.markdown import COMMENT, SMALLEST, SUMMARY, Limit, markdown
from tests.support.documents import (
    HOSTILE,
    SOME_DOCUMENTS,
    documents,
    markdown_tokens,
    read,
    skeleton,
)

_REGIONS = tuple(f"us-east-{number}" for number in range(1, 18))
_TABLE = Table(
    ("stack", "region", "result"),
    tuple((Foreign(f"prod-{region}"), region, "previewed") for region in _REGIONS),
)

_CUT = "Not all of this report fits here; the whole is in"


def _rows(count: int, width: int = 20, label: str = "Some:") -> Rows:
    return Rows(label, tuple((f"{number:0{width}}",) for number in range(count)), "account")


def _document(*parts: Part, table: Table = _TABLE) -> Document:
    return Document(Kind.PREVIEW, "A preview", "17 regions: 109 on, 3 off", table, parts)


def _units(most: int) -> Limit:
    return Limit(most, "utf-16-le", 2)


def _shown(text: str, heading: str) -> int:
    """Counts the entries below a heading."""
    (section,) = re.findall(rf"(?s)### {re.escape(heading)}\n(.*?)(?:\n### |\Z)", text)
    return read(section).entries


@SOME_DOCUMENTS
@given(
    documents(),
    st.one_of(st.integers(SMALLEST, 6_000), st.integers(SMALLEST, 100_000)),
    st.sampled_from([("utf-16-le", 2), ("utf-8", 1)]),
    st.sampled_from(["", "the artifact report of this run", *HOSTILE, "🦊`" * 200, "…" * 150]),
)
def test_any_document_fits_any_limit_and_its_numbers_add_up(
    document: Document, most: int, units: tuple[str, int], whole: str
) -> None:
    encoding, bytes_of_a_unit = units

    text = markdown(document, Limit(most, encoding, bytes_of_a_unit), whole, marked=True)

    assert len(text.encode(encoding)) <= most * bytes_of_a_unit
    found = read(text)
    left = dict(found.left_out)
    parts, _ = left.pop("parts", 0), left.pop("lines", 0)
    entries = sum(block.count for part in document.parts for block in part.blocks)
    assert found.entries + sum(left.values()) == len(document.table.rows) + entries
    headings = [part.heading for part in document.parts]
    assert [one for one in headings if one in found.headings] == found.headings
    assert len(found.headings) + parts == len(headings)
    tags = [token.content for token in markdown_tokens(text) if token.type == "html_block"]
    assert len([tag for tag in tags if tag.startswith("<details>")]) == tags.count("</details>\n")


@SOME_DOCUMENTS
@given(documents())
def test_a_document_that_fits_is_not_cut(document: Document) -> None:
    size = len(markdown(document, SUMMARY).encode())
    fits = Limit(max(size, SMALLEST), "utf-8", 1)

    text = markdown(document, fits)

    assert text == markdown(document, SUMMARY)
    assert read(text).left_out == {}


@pytest.mark.parametrize(
    ("whole", "told"),
    [
        ("", "Not all of this report fits here."),
        (whole := "the artifact report of this run", f"{_CUT} {whole}."),
        (
            whole := "the artifact `report` of [this run](https://a.b/c_d/-/1?e=f)",
            f"{_CUT} {whole}.",
        ),
        ("@team <b>", f"{_CUT} `@team <b>`."),
        ("[this run](javascript:alert(1))", f"{_CUT} `[this run](javascript:alert(1))`."),
        ("[@team](https://a.b)", f"{_CUT} `[@team](https://a.b)`."),
        ("[a](https://a.b) <b>", f"{_CUT} `[a](https://a.b) <b>`."),
        ("an ![image](https://a.b)", f"{_CUT} `an ![image](https://a.b)`."),
        ("so " * 200, f"{_CUT} `{'so ' * 33}s…`."),
    ],
)
def test_a_cut_document_says_so_below_its_first_line(whole: str, told: str) -> None:
    text = markdown(_document(Part("On", 1, (_rows(100),))), _units(SMALLEST), whole)

    assert f"**17 regions: 109 on, 3 off**\n\n{told}\n\n| stack |" in text


def test_the_least_important_part_is_cut_first_at_a_whole_row() -> None:
    document = _document(
        Part("Off", 6, (_rows(400),)),
        Part("On", 1, (_rows(400),)),
        Part("Refused", 7, (_rows(400),)),
        Part("Not set", 5, (_rows(400),)),
    )
    text = markdown(document, _units(30_000))

    shown = {heading: _shown(text, heading) for heading in ("Off", "On", "Refused", "Not set")}
    assert (shown["Off"], shown["Refused"], shown["Not set"]) == (400, 400, 400)
    assert 0 < shown["On"] < 200
    assert f"```\n\n… and {400 - shown['On']} more accounts\n" in text


def test_a_part_that_is_cut_leaves_a_little_for_the_others() -> None:
    document = _document(
        Part("Refused", 7, (_rows(10_000),)),
        Part("Off", 6, (_rows(1),)),
        Part("On", 1, (_rows(10_000),)),
    )
    text = markdown(document, COMMENT)

    assert _shown(text, "Off") == 1
    assert 100 < _shown(text, "On") < 200
    assert _shown(text, "Refused") > 2_500


def test_a_little_is_kept_only_for_what_needs_it() -> None:
    few = tuple(Part(f"Few {number}", 1, (_rows(1),)) for number in range(9))
    text = markdown(_document(Part("Refused", 7, (_rows(10_000),)), *few), COMMENT)

    assert len(text) > COMMENT.most - 300
    assert all(_shown(text, part.heading) == 1 for part in few)


def test_the_lists_of_a_part_get_equal_shares_of_what_is_there() -> None:
    lists = [_rows(5, label="A:"), _rows(5_000, label="B:"), _rows(5_000, label="C:")]
    text = markdown(_document(Part("Off", 6, tuple(lists))), COMMENT)

    fences = [token.content for token in markdown_tokens(text) if token.type == "fence"]
    small, *large = (content.count("\n") for content in fences)
    assert small == 5
    assert max(large) - min(large) <= 1
    assert len(text) > COMMENT.most - 100
    assert text.count(" more accounts") == 2


def test_a_list_without_room_for_a_row_keeps_its_label() -> None:
    lists = (_rows(2, width=1_500, label="A:"), _rows(2, width=1_500, label="B:"))
    text = markdown(_document(Part("Off", 6, lists)), _units(SMALLEST))

    assert text.endswith("### Off\n\nA:\n\n… and 2 more accounts\n\nB:\n\n… and 2 more accounts\n")


def test_lists_without_room_for_their_labels_are_counted_together() -> None:
    refused = Quotes("Why:", (Quote.of("a" * 1_000),) * 3, "refusal")
    lists = tuple(_rows(1_000, label=f"A list with the number {number:,}:") for number in range(50))
    text = markdown(_document(Part("Off", 6, (*lists, refused))), _units(SMALLEST))

    labels = text.count("A list with the number")
    assert 0 < labels < 50
    assert text.endswith(f"\n\n… and {50 - labels},000 more accounts, 3 more refusals\n")


def test_parts_without_room_for_their_headings_are_counted_at_the_end() -> None:
    parts = [Part(f"Part {number} {'so ' * 32}so", number, (_rows(100),)) for number in range(20)]
    text = markdown(_document(*parts), _units(SMALLEST))

    kept = read(text).headings
    assert 0 < len(kept) < 20
    assert kept == [part.heading for part in parts[-len(kept) :]]
    left = 20 - len(kept)
    assert text.endswith(f"\n\n… and {left} more parts, {left * 100:,} more rows\n")


def test_a_table_that_does_not_fit_is_cut_at_a_whole_row() -> None:
    table = Table(("stack",), tuple((Foreign(f"prod-{number}"),) for number in range(500)))
    text = markdown(_document(Part("Off", 6, (_rows(1),)), table=table), _units(SMALLEST))

    rows = text.count("| `prod-")
    assert 50 < rows < 500
    assert f"| `prod-{rows - 1}` |\n\n… and {500 - rows} more stacks\n" in text


def test_a_long_sentence_is_shortened_before_others_are_left_out() -> None:
    long = Quote.of("\n".join(["3,000 accounts:", *(["300000000001"] * 3_000)]), "Try again.")
    part = Part("Failed", 6, (Quotes("Why:", (long, Quote.of("Short.")), "failure"),))

    text = markdown(_document(part), _units(10_000))
    assert "  `300000000001`\\\n  … and 2,981 more lines\\\n  → `Try again.`\n- `Short.`\n" in text
    assert text.count("`300000000001`") == 19
    assert markdown(_document(part), SUMMARY).count("`300000000001`") == 3_000


@pytest.mark.parametrize("limit", [COMMENT, SUMMARY])
def test_seventeen_regions_with_all_members_in_different_sets_fit(limit: Limit) -> None:
    off = tuple(
        Rows(
            (f"Off in {region} by ", Foreign(f"rule {region}"), ": 5,000 accounts"),
            tuple((f"{3 * 10**11 + at}", f"name 🦊 {at}", "Root/東京") for at in range(5_000)),
            "account",
        )
        for region in _REGIONS
    )
    refused = tuple(
        Quotes((Foreign(f"prod-{region}"), ":"), (Quote.of("No.", "Do."),) * 300, "refusal")
        for region in _REGIONS
    )
    document = _document(
        Part("Off: 85,000 accounts", 6, off), Part("Refused: 17 stacks", 7, refused, folded=True)
    )
    text = markdown(document, limit, "the artifact", marked=True)

    assert limit.most * 0.99 < limit.size(text) <= limit.most
    labels = [words for kind, words in skeleton(text) if kind == "text"]
    assert [words for words in labels if words.startswith("Off in ")] == [
        f"Off in {region} by " for region in _REGIONS
    ]
    assert sum(read(text).left_out.values()) + read(text).entries == 17 + 17 * 5_300


@pytest.mark.parametrize("whole", ["…" * 133, "🦊" * 200, "`" * 200])
def test_what_is_never_cut_fits_the_smallest_limit(whole: str) -> None:
    longest = "…" * 200
    stacks = Table((longest,), ((longest,),) * 1_000)
    parts = tuple(Part(longest, number, (_rows(100),)) for number in range(100))
    document = Document(Kind.PREVIEW, longest, longest, stacks, parts)

    text = markdown(document, Limit(SMALLEST, "utf-8", 1), whole, marked=True)

    assert len(text.encode()) <= SMALLEST
    assert text.endswith("… and 1,000 more stacks\n\n… and 100 more parts, 10,000 more rows\n")


def test_sizes_are_counted_as_github_may_count_them() -> None:
    assert (COMMENT.most, SUMMARY.most) == (65_536, 1_048_576)
    assert [COMMENT.size(text) for text in ("ab", "…é", "🦊")] == [2, 2, 2]
    assert [SUMMARY.size(text) for text in ("ab", "…é", "🦊")] == [2, 5, 4]


def test_a_limit_below_what_is_never_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="1999 is less than 2000"):
        _units(1_999)
