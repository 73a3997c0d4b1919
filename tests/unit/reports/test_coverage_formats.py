"""The coverage as table, CSV, JSON, Markdown and JUnit XML, whatever the names in it."""

from __future__ import annotations

import csv as csv_module
import json as json_module
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from guardduty_eks_audit_logs.foreign_words import printable
from guardduty_eks_audit_logs.model import AccountId, FeatureStatus
from guardduty_eks_audit_logs.reports.coverage.csv import COLUMNS, cell, csv, text_of_cell
from guardduty_eks_audit_logs.reports.coverage.json import CoverageFile, json, schema
from guardduty_eks_audit_logs.reports.coverage.junit import junit
from guardduty_eks_audit_logs.reports.coverage.markdown import markdown
from guardduty_eks_audit_logs.reports.coverage.numbers import Finding, finding, findings
from guardduty_eks_audit_logs.reports.coverage.rows import DetectorState, Require
from guardduty_eks_audit_logs.reports.coverage.text import Tone, table
from tests.support.coverages import (
    ADMINISTRATOR_ACCOUNT,
    hostile,
    missing,
    not_offered,
    off,
    on,
    region,
    small,
    unread,
    whole,
)
from tests.support.documents import HOSTILE, code_in, skeleton
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from guardduty_eks_audit_logs.reports.coverage.rows import Coverage, CoverageRow

_SCHEMA = PROJECT_FOLDER / "docs" / "coverage.schema.json"
_MEBIBYTE = 1024 * 1024
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_SHAPE = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped"}, {"testsuite"}),
    "testsuite": (
        {"name", "timestamp", "tests", "failures", "errors", "skipped"},
        {"properties", "testcase"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name", "classname"}, {"failure", "error", "skipped"}),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
    "skipped": ({"message"}, set()),
}
"""The attributes and children that junit-10.xsd of Jenkins' xunit-plugin has, as far as used."""

_texts = st.lists(
    st.sampled_from((*HOSTILE, *_FORMULA, ";=1", ",", '"', "]]>", "\x00", "\ud800", "\ufffe", "'"))
    | st.text(st.characters(), max_size=6)
).map("".join)


def _with(text: str) -> Coverage:
    """A coverage that has a text wherever AWS, a file or a user may write one."""
    row = replace(
        missing(on("000000000042", "us-east-1", name=text, unit=text)),
        stack=f"s{text}",
        membership=text,
        decided_by=f"rule 1: {text}",
        pending=text,
        gap=f"off {text}",
    )
    rows = (row, unread(replace(row, region="eu-west-1", gap=""), text))
    regions = (
        region("us-east-1", stack=f"s{text}"),
        region("eu-west-1", stack=f"s{text}", reason=text),
    )
    return replace(small(), rows=rows, regions=regions, problems=(text, f"a {text}"))


def _table(coverage: Coverage, *, every_row: bool = False) -> str:
    return "\n".join(line.text for line in table(coverage, every_row=every_row))


def _read_csv(text: str, delimiter: str = ",") -> list[list[str]]:
    return [*csv_module.reader(text.splitlines(keepends=True), delimiter=delimiter)]


def _plain(row: CoverageRow) -> dict[str, Any]:
    """A row as the JSON has it, made without the product."""
    names = dict(zip(COLUMNS, row.__dataclass_fields__, strict=True))
    values = {column: getattr(row, name) for column, name in names.items()}
    return {**values, "readAt": row.read_at.isoformat().replace("+00:00", "Z")}


def test_each_row_counts_once() -> None:
    row = on("300000000001", "us-east-1")
    rows = {
        Finding.ON: row,
        Finding.OFF_AS_WANTED: off(row),
        Finding.OFF: replace(off(row), wanted=None),
        Finding.GAP: missing(row),
        Finding.UNREAD: unread(row, "no"),
        Finding.NOT_OFFERED: not_offered(row),
    }

    assert {finding(row): row for row in rows.values()} == rows
    assert findings(small().rows).total() == len(small().rows)


def test_a_row_that_is_on_against_the_rules_is_a_gap() -> None:
    row = replace(
        on("300000000001", "us-east-1"), wanted=FeatureStatus.DISABLED, gap="on, rule 1 wants off"
    )

    assert finding(row) is Finding.GAP


def test_the_committed_schema_is_that_of_the_json() -> None:
    # On a difference, write this text to the file.
    assert _SCHEMA.read_text(encoding="utf-8") == json_module.dumps(schema(), indent=2) + "\n"


def test_the_schema_says_its_draft_and_closes_its_objects() -> None:
    found = schema()

    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    objects = [one for one in (found, *found["$defs"].values()) if one["type"] == "object"]
    assert len(objects) == 4
    for one in objects:
        assert one["additionalProperties"] is False
        assert one["required"] == [*one["properties"]] or one is found


def test_the_json_has_everything_of_a_coverage() -> None:
    coverage = small()
    found = json_module.loads(json(coverage))

    assert CoverageFile.model_validate_json(json(coverage))
    assert found["rows"] == [_plain(row) for row in coverage.rows]
    assert [one["region"] for one in found["regions"]] == [r.region for r in coverage.regions]
    assert found["problems"] == [*coverage.problems]
    assert (found["version"], found["require"]) == (1, "rules")
    assert found["readAt"].endswith("Z")
    counted = found["summary"]
    assert counted["gaps"] == len(coverage.gaps)
    assert counted["unread"] == len(coverage.unread)
    assert sum(counted.values()) - counted["rows"] - counted["guardduty5"] == counted["rows"]


@given(_texts)
def test_the_json_is_read_back_whatever_is_in_it(text: str) -> None:
    found = json_module.loads(json(_with(text)))

    assert {row["name"] for row in found["rows"]} == {printable(text)}
    assert CoverageFile.model_validate(found)


def test_the_csv_has_the_keys_and_the_values_of_the_json() -> None:
    header, *lines = _read_csv(csv(small()))
    rows = json_module.loads(json(small()))["rows"]

    assert header == [*rows[0]]
    for line, row in zip(lines, rows, strict=True):
        texts = [text_of_cell(one) for one in line]
        assert texts[:-1] == [
            json_module.dumps(value) if isinstance(value, bool | int) else value or ""
            for value in [*row.values()][:-1]
        ]
        assert texts[-1] == row["readAt"].replace("Z", "+00:00")


def test_a_spreadsheet_keeps_the_zeros_of_an_account_id() -> None:
    coverage = replace(small(), rows=(on("000000000042", "us-east-1", name="007"),))
    _, (account, name, *_) = _read_csv(csv(coverage))

    # Not a number, and no formula such as ="000000000042".
    assert (account, name) == ("'000000000042", "'007")
    assert text_of_cell(account) == "000000000042"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("shop; =1", "shop;' =1"),
        (";=1", "';'=1"),
        ("'quoted'; 'so'", "''quoted';' 'so'"),
        ("a;b; c;", "a;b; c;"),
        ("\u00c4rzte", "\u00c4rzte"),
        ("\uff1d1", "'\uff1d1"),
        ("", ""),
    ],
)
def test_apostrophes_stand_where_no_letter_begins(text: str, written: str) -> None:
    assert cell(text) == written
    assert text_of_cell(written) == text


@given(_texts)
def test_a_cell_begins_with_a_letter_or_an_apostrophe(text: str) -> None:
    written = cell(text)

    assert not written or written[0].isalpha() or written[0] == "'"
    assert text_of_cell(written) == printable(text)


@pytest.mark.parametrize("delimiter", [",", ";"])
@given(_texts)
def test_no_cell_is_a_formula_in_any_spreadsheet(delimiter: str, text: str) -> None:
    for row in _read_csv(csv(_with(text)), delimiter):
        for one in row:
            assert not one.lstrip(' "').startswith(_FORMULA)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_code_in_the_markdown(text: str) -> None:
    assert skeleton(markdown(_with(text))) == skeleton(markdown(_with("x")))


@given(_texts)
def test_the_markdown_is_the_same_whatever_is_in_it(text: str) -> None:
    assert skeleton(markdown(_with(text))) == skeleton(markdown(_with("x")))


def test_the_markdown_has_gaps_and_what_could_not_be_read() -> None:
    text = markdown(small())

    assert text.index("### Gaps: ") < text.index("### Could not be read: ")
    assert "us-east-1, eu-west-1  fails GuardDuty.5" in text
    assert small().problems[0] in code_in(text)


def test_the_markdown_says_when_it_was_read_and_as_whom() -> None:
    assert "Read at `2026-11-27T09:30:00+00:00` as account 222222222222." in markdown(small())


def test_a_large_coverage_fits_into_a_step_summary() -> None:
    row = missing(on("300000000000", "us-east-1", name="shop"))
    rows = tuple(replace(row, account=AccountId(f"{n:012}")) for n in range(20_000))

    text = markdown(replace(small(), rows=rows, regions=(region("us-east-1"),)))

    assert len(text.encode()) <= _MEBIBYTE
    assert "more accounts" in text


def _xml(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - the product wrote it


def _shape(element: ET.Element) -> None:
    attributes, children = _SHAPE[element.tag]
    assert set(element.attrib) <= attributes
    assert {child.tag for child in element} <= children
    for child in element:
        _shape(child)


def _numbers(element: ET.Element) -> tuple[int, ...]:
    return tuple(int(element.attrib[n]) for n in ("tests", "failures", "errors", "skipped"))


def _counted(element: ET.Element) -> tuple[int, ...]:
    tags = ("testcase", "failure", "error", "skipped")
    return tuple(sum(1 for _ in element.iter(tag)) for tag in tags)


def test_the_junit_file_has_a_suite_a_region_and_one_of_problems() -> None:
    coverage = small()
    root = _xml(junit(coverage))

    _shape(root)
    names = [suite.attrib["name"] for suite in root]
    assert names == [*(one.region for one in coverage.regions), "reading"]
    for element in (root, *root):
        assert _numbers(element) == _counted(element)
    assert {suite.attrib["timestamp"] for suite in root} == {"2026-11-27T09:30:00+00:00"}
    found = findings(coverage.rows)
    assert _numbers(root) == (
        len(coverage.rows) + len(coverage.problems),
        found[Finding.GAP],
        found[Finding.UNREAD] + len(coverage.problems),
        found[Finding.UNKNOWN] + found[Finding.NOT_OFFERED],
    )


def test_a_suite_says_who_read_it() -> None:
    suite = _xml(junit(small()))[0]

    assert [(one.attrib["name"], one.attrib["value"]) for one in suite.iter("property")] == [
        ("region", "us-east-1"),
        ("stack", "prod-us-east-1"),
        ("caller", ADMINISTRATOR_ACCOUNT),
    ]


def test_a_test_case_says_which_account_and_why() -> None:
    root = _xml(junit(small()))

    (case,) = root.findall(
        "./testsuite[@name='us-east-1']/testcase[@name='300000000003 warehouse']"
    )
    (failure,) = case
    assert failure.attrib == {"message": "off, rule 2 wants it on", "type": "gap"}
    assert "decided by rule 2: all" in (failure.text or "")


@given(_texts)
def test_the_junit_file_is_read_back_whatever_is_in_it(text: str) -> None:
    root = _xml(junit(_with(text)))

    _shape(root)
    names = {case.attrib["name"] for case in root.iter("testcase")}
    assert printable(f"000000000042 {text}") in names


def _lines(coverage: Coverage, *, every_row: bool = False) -> Iterable[str]:
    return _table(coverage, every_row=every_row).splitlines()


def test_the_table_begins_with_the_numbers_and_the_gaps() -> None:
    first, second, third, fourth, empty, gaps, *_ = _lines(small())

    assert f"{first} {second}" == (
        f"EKS audit logs in 4 regions, 12 accounts: {len(small().gaps)} gaps, 12 could not be "
        "read, 12 on, 4 off as the rules want, 2 unknown, 12 not offered."
    )
    assert f"{third} {fourth}" == (
        "A gap is an account that is not as the stacks' rules want it, or an active account of the "
        "organization that is no member."
    )
    assert (empty, gaps) == ("", f"Gaps: {len(small().gaps)}")


def test_a_gap_of_an_account_in_several_regions_is_one_line() -> None:
    text = _table(small())

    assert "  2  off, rule 2 wants it on (decided by rule 2: all)\n" in text
    assert "   * 300000000003  warehouse  Root/Prod/EU  us-east-1, eu-west-1\n" in text
    assert "fails Security Hub's control GuardDuty.5" in text


def test_a_gap_in_all_regions_says_so() -> None:
    regions = ("us-east-1", "eu-west-1")
    rows = tuple(missing(on("300000000001", name)) for name in regions)
    coverage = replace(small(), rows=rows, regions=tuple(map(region, regions)), problems=())

    assert "300000000001  Root  all 2 regions" in _table(coverage)


def test_accounts_that_could_not_be_read_are_counted_and_named() -> None:
    rows = tuple(unread(on(f"{n:012}", "us-east-1"), "Rate exceeded") for n in range(60))
    coverage = replace(small(), rows=rows, regions=(region("us-east-1"),), problems=())

    text = _table(coverage)
    assert "  60  Rate exceeded\n" in text
    assert "000000000009" in text
    assert "000000000010" not in text
    assert "… and 50 more accounts; --all has them" in text
    assert " off" not in text.partition("By region")[0]
    assert "000000000059" in _table(coverage, every_row=True)


def test_a_region_without_rows_has_no_numbers() -> None:
    regions = (region("us-east-1", reason="denied"),)
    coverage = replace(small(), rows=(), regions=regions, problems=("us-east-1: denied",))

    text = _table(coverage)
    assert "Not everything could be read." in text.replace("\n", " ")
    assert text.splitlines()[-1].split() == ["us-east-1", "all"]
    assert "| `us-east-1` |  |  | all |  |" in markdown(coverage)


def test_regions_of_several_stacks_are_named_with_them() -> None:
    rows = tuple(replace(on("300000000001", "us-east-1"), stack=stack) for stack in ("a", "b"))
    regions = tuple(region("us-east-1", stack=stack) for stack in ("a", "b"))
    coverage = replace(small(), rows=rows, regions=regions, problems=())

    text = _table(coverage, every_row=True)
    assert "1 region, 1 account:" in text
    assert "us-east-1 (a)" in text
    assert "300000000001  us-east-1 (b)  on" in text


def test_long_names_of_stacks_are_cut_in_the_table_alone() -> None:
    stacks = (f"a{'x' * 99}", f"b{'y' * 99}")
    row = missing(on("300000000001", "ap-southeast-1", name="n" * 50, unit=f"Root/{'u' * 90}"))
    rows = tuple(replace(row, stack=stack) for stack in stacks)
    regions = tuple(region("ap-southeast-1", stack=stack) for stack in stacks)
    coverage = replace(small(), rows=rows, regions=regions, problems=())

    assert max(map(cell_len, _lines(coverage, every_row=True))) <= 80
    assert all(stack in csv(coverage) and stack in markdown(coverage) for stack in stacks)


def test_without_gaps_there_is_no_list_of_them() -> None:
    text = _table(whole(replace(small(), require=Require.ALL)))

    assert "0 gaps" in text
    assert "A gap is every account that is not on." in text
    assert "Gaps:" not in text
    assert "ould not be read" not in text


def test_where_guardduty_is_suspended_nothing_is_on() -> None:
    row = replace(on("300000000001", "us-east-1"), detector=DetectorState.SUSPENDED, wanted=None)
    coverage = replace(small(), rows=(row,), regions=(region("us-east-1"),), problems=())

    text = _table(coverage, every_row=True)

    assert "1 account: 0 gaps, 0 on, 1 suspended." in text
    assert "  us-east-1       0      0      0      1       0           0\n" in text
    assert "  300000000001  us-east-1  suspended  " in text
    summary = json_module.loads(json(coverage))["summary"]
    assert (summary["on"], summary["suspended"], summary["off"]) == (0, 1, 0)


def test_what_guardduty5_counts_beside_the_gaps_is_said() -> None:
    rows = (missing(on("300000000001", "us-east-1")), off(on("300000000002", "us-east-1")))
    coverage = replace(small(), rows=rows, regions=(region("us-east-1"),), problems=())

    assert "GuardDuty.5: 1, and 1 more that are no" in _table(coverage)


@pytest.mark.parametrize(("others", "said"), [(0, True), (1, False)])
def test_an_account_that_reads_itself_alone_is_told_so(others: int, *, said: bool) -> None:
    accounts = (ADMINISTRATOR_ACCOUNT, "300000000001")[: 1 + others]
    rows = tuple(on(account, "us-east-1") for account in accounts)
    coverage = replace(small(), rows=rows, regions=(region("us-east-1"),), problems=())

    for text in (_table(coverage), markdown(coverage)):
        assert ("sees itself alone" in " ".join(text.split())) is said


def test_every_row_is_in_the_whole_table() -> None:
    text = _table(small(), every_row=True)

    for row in small().rows:
        assert f"  {row.account}  {row.region}  " in text
    assert f"  {ADMINISTRATOR_ACCOUNT}  us-east-1  on  security; Root;" in text


def test_lines_have_the_tone_of_what_they_say() -> None:
    tones = {line.text: line.tone for line in table(small())}

    assert set(tones.values()) == set(Tone)
    assert tones["  2  off, rule 2 wants it on (decided by rule 2: all)"] is Tone.GAP
    assert tones["By region (a gap counts as a gap alone)"] is Tone.HEADING


@given(_texts)
def test_a_table_has_printable_lines_of_80_columns(text: str) -> None:
    for line in table(_with(text), every_row=True):
        assert line.text.isprintable()
        assert cell_len(line.text) <= 80


@pytest.mark.parametrize("every_row", [False, True])
def test_hostile_names_fill_no_more_than_80_columns(*, every_row: bool) -> None:
    assert max(map(cell_len, _lines(hostile(), every_row=every_row))) <= 80


def test_an_account_id_is_whole_in_each_format() -> None:
    account = AccountId("000000000042")
    coverage = replace(small(), rows=(missing(on(account, "us-east-1")),))

    for text in (
        _table(coverage),
        csv(coverage),
        json(coverage),
        markdown(coverage),
        junit(coverage),
    ):
        assert account in text
