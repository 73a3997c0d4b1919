"""Markdown of a document: foreign text is code, whatever it is, and the page is in order."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.reports.document import (
    Block,
    Document,
    Foreign,
    Kind,
    Part,
    Quote,
    Quotes,
    Rows,
    Table,
)
from guardduty_eks_audit_logs.reports.markdown import COMMENT, markdown, marker
from guardduty_eks_audit_logs.reports.markdown_blocks import code
from tests.support.documents import (
    HOSTILE,
    SOME_DOCUMENTS,
    code_in,
    documents,
    markdown_tokens,
    read,
    skeleton,
)

_TABLE = Table(("stack", "result"), ((Foreign("prod-us-east-1"), "refused"),))


def _document(*blocks: Block, note: Foreign | str = "", folded: bool = False) -> Document:
    part = Part("Off: 3 accounts", 1, blocks, note=note, folded=folded)
    return Document(Kind.PREVIEW, "A preview", "1 region: 3 off", _TABLE, (part,))


def _with(text: str) -> Document:
    """Has a text wherever a foreign one may stand."""
    rows = Rows(("by ", Foreign(text), ": 3"), ((text,), (text, text), ("1", text)), "account")
    one_line = " ".join(text.splitlines())
    # An escape sequence takes one more character, at most: the line has another one.
    quote = Quote.of(f"a\n{one_line} bb", f"b {text}")
    quotes = Quotes(
        (Foreign(text), Foreign(text), ":"), (quote, Quote.of(f"{one_line} cc")), "refusal"
    )
    return _document(rows, quotes, rows, note=Foreign(text), folded=True)


def test_a_document_in_markdown() -> None:
    off = Rows(
        ("Off in us-east-1 by ", Foreign("rule 1: OU Root/Sandbox"), ": 2 accounts"),
        (
            ("300000000201", "playground", "Root/Sandbox"),
            ("300000000202", "", "Root/Sandbox"),
        ),
        "account",
    )
    refused = Quotes(
        (Foreign("prod-us-east-1"), ":"),
        (
            Quote.of("2 accounts of `a.csv` are no members:\n  300000000001", "Remove them."),
            Quote.of("There is no detector."),
        ),
        "refusal",
    )
    document = _document(off, refused, note="As `autoEnable` says.")

    assert markdown(document, marked=True) == (
        """\
<!-- guardduty-eks-audit-logs: preview -->
## A preview

**1 region: 3 off**

| stack | result |
| --- | --- |
| `prod-us-east-1` | refused |

### Off: 3 accounts

As `autoEnable` says.

Off in us-east-1 by `rule 1: OU Root/Sandbox`: 2 accounts

```
300000000201  playground  Root/Sandbox
300000000202              Root/Sandbox
```

`prod-us-east-1`:

- ``2 accounts of `a.csv` are no members:``\\
  `300000000001`\\
  → `Remove them.`
- `There is no detector.`
"""
    )


def test_where_text_has_a_limit_a_part_may_be_folded() -> None:
    document = _document(Rows("", (("1",),), "account"), folded=True)

    folded = "<details>\n<summary>Off: 3 accounts</summary>\n\n```\n1\n```\n\n</details>\n"
    assert markdown(document, COMMENT).endswith(f"\n\n{folded}")
    assert markdown(document).endswith("\n\n### Off: 3 accounts\n\n```\n1\n```\n")


@pytest.mark.parametrize("kind", Kind)
def test_a_marker_is_a_comment_that_names_the_kind(kind: Kind) -> None:
    assert marker(kind) == f"<!-- guardduty-eks-audit-logs: {kind.value} -->"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_changes_nothing_but_what_is_in_code(text: str) -> None:
    assert skeleton(markdown(_with(text), COMMENT)) == skeleton(markdown(_with("x"), COMMENT))


@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8)).map(" ".join))
@example("\x1b")
@example("\x1b[")
@example("\x1b(")
def test_no_text_changes_anything_but_what_is_in_code(text: str) -> None:
    assert skeleton(markdown(_with(text), COMMENT)) == skeleton(markdown(_with("x"), COMMENT))


@pytest.mark.parametrize("text", [text for text in HOSTILE if printable(text)])
def test_hostile_text_is_shown_as_it_is(text: str) -> None:
    shown = printable(text)
    rows = Rows(("by ", Foreign(text), ": 3"), ((text,), ("1", text)), "account")
    quotes = Quotes((Foreign(text), ":"), (Quote.of(text, text),), "refusal")

    found = code_in(markdown(_document(rows, quotes, note=Foreign(text))))

    first_column = "1".ljust(min(30, len(shown)))
    lines = [*filter(None, map(printable, text.splitlines()))]
    assert found == [
        *("prod-us-east-1", shown, shown, shown, f"{first_column}  {shown}", shown),
        *lines,
        shown,
    ]


@given(st.text(min_size=1, max_size=30).map(printable).filter(bool))
def test_inline_code_has_the_text_whole(text: str) -> None:
    assert code_in(code(text)) == [text]


def test_a_text_without_a_character_is_named() -> None:
    assert code_in(code("")) == ["(no text)"]


def test_code_spans_that_touch_stay_apart() -> None:
    label = (Foreign("a"), Foreign("`b"), "`c`", Foreign("d"))

    assert code_in(markdown(_document(Rows(label, (), "account"))))[1:] == ["a", "`b", "c", "d"]


@pytest.mark.parametrize("ticks", [1, 2, 3, 4, 400])
def test_a_fence_is_longer_than_any_run_of_backticks_in_it(ticks: int) -> None:
    text = markdown(_document(Rows("", (("`" * ticks,), ("~~~~",)), "account")))

    (fence,) = (token for token in markdown_tokens(text) if token.type == "fence")
    assert fence.content == "`" * ticks + "\n~~~~\n"
    assert len(fence.markup) == max(3, ticks + 1)


def test_a_wide_cell_does_not_move_those_of_other_rows() -> None:
    rows = (("1", "a" * 80, "unit"), ("2", "b", "unit"))

    wide, narrow = code_in(markdown(_document(Rows("", rows, "account"))))[1:]
    assert wide == f"1  {'a' * 80}  unit"
    assert narrow == f"2  {'b'.ljust(30)}  unit"


@SOME_DOCUMENTS
@given(documents())
def test_the_whole_has_every_entry_and_every_part(document: Document) -> None:
    found = read(markdown(document))

    assert found.headings == [part.heading for part in document.parts]
    entries = sum(block.count for part in document.parts for block in part.blocks)
    assert found.entries == len(document.table.rows) + entries
    assert found.left_out == {}
