"""The document over all stacks: its first line, its table, and its parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from guardduty_eks_audit_logs.reports.all_stacks import all_stacks
from guardduty_eks_audit_logs.reports.document import Kind, Rows
from guardduty_eks_audit_logs.reports.markdown import COMMENT, markdown
from guardduty_eks_audit_logs.reports.stack_result import file_by_itself, stack_results
from tests.support.results import change, engine_preview, previewed, ran, region, run_report
from tests.support.vocabulary import account

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.reports.document import Document, Part
    from guardduty_eks_audit_logs.reports.stack_result import ResultFiles

_REGIONS = ("us-east-1", "eu-west-1", "ap-south-1", "sa-east-1")
_REFUSAL = {"id": "x", "key": "members", "sentence": "No.", "wayOut": "Yes."}
_NONE = {"setting": "autoEnable", "from": "NEW", "to": "NONE"}


def _document(*files: ResultFiles, kind: Kind = Kind.PREVIEW) -> Document:
    return all_stacks(stack_results(files, kind), kind)


def _everywhere(*accounts: dict[str, object]) -> list[ResultFiles]:
    return [previewed(f"s-{code}", region(code, *accounts)) for code in _REGIONS]


def _part(document: Document, heading: str) -> Part:
    return next(part for part in document.parts if part.heading.startswith(heading))


def _refused(stack: str, *regions: dict[str, object], sentence: str = "No.") -> ResultFiles:
    refusals = [{**_REFUSAL, "sentence": sentence}]
    report = run_report(stack, *regions, outcome="refused", refusals=refusals)
    return previewed(stack, report=report, code=1)


def test_an_identical_set_is_shown_once_for_all_its_regions() -> None:
    same = [change(1, "DISABLED", name="shop", unit="Root/Prod"), change(2, "DISABLED")]
    document = _document(
        *_everywhere(*same), previewed("s-x", region("eu-north-1", change(3, "DISABLED")))
    )

    off = _part(document, "Off")
    assert off.heading == "Off: 9 accounts"
    first, second = off.blocks
    assert isinstance(first, Rows)
    assert first.rows == ((account(1), "shop", "Root/Prod"), (account(2), "", ""))
    text = markdown(document)
    assert text.count(account(1)) == 1
    assert "us-east-1, eu-west-1, ap-south-1, sa-east-1 by `rule 1: all`: 2 accounts" in text
    assert second.count == 1


def test_what_is_in_all_regions_says_so() -> None:
    assert "Off in all 4 regions by" in markdown(_document(*_everywhere(change(1, "DISABLED"))))


def test_trials_do_not_part_a_set() -> None:
    document = _document(
        previewed("a", region("us-east-1", change(1, trialDays=3))),
        previewed("b", region("eu-west-1", change(1, trialDays=30))),
    )

    assert f"{account(1)}  trial: 3 to 30 days\n" in markdown(document)


def test_off_comes_first_and_refusals_before_what_is_turned_on() -> None:
    document = _document(
        previewed("a", region("us-east-1", change(1), change(2, "DISABLED"), notices=["note"])),
        _refused("b", region("eu-west-1", change(3, "DISABLED"))),
    )

    heads = [part.heading for part in document.parts]
    assert heads == ["Off: 1 account", "Refused: 1 stack", "On: 1 account", "Notices: 1 notice"]
    assert document.first_line == "2 regions: 1 on, 1 off, 1 refused"
    assert "Refused: off in eu-west-1 by `rule 1: all`: 1 account" in markdown(document)
    importance = {part.heading.split(":")[0]: part.importance for part in document.parts}
    assert sorted(importance, key=importance.__getitem__) == ["On", "Notices", "Off", "Refused"]


def test_settings_and_warnings_of_what_ends_are_among_off() -> None:
    document = _document(previewed("a", region(settings=[_NONE], warnings=["It ends."])))

    assert _part(document, "Off").heading == "Off: 1 setting, 1 warning"
    assert "autoEnable  NEW -> NONE" in markdown(document)
    assert document.first_line == "1 region: 1 setting"


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ([previewed("a")], "1 region: no change"),
        (
            [previewed("a"), previewed("b", region("eu-west-1"), exit_code=None)],
            "2 regions: no change in 1, 1 without a result",
        ),
        ([previewed("a"), previewed("b")], "2 stacks in 1 region: no change"),
        ([previewed("a", exit_code=None)], "1 stack: 1 without a result"),
    ],
)
def test_the_first_line_never_says_more_than_is_known(files: list[ResultFiles], line: str) -> None:
    assert _document(*files).first_line == line


def test_drift_says_what_aws_has_and_what_the_stacks_want() -> None:
    setting = {"setting": "status", "from": "DISABLED", "to": "ENABLED"}
    document = _document(
        previewed("a", region("us-east-1", change(1, "DISABLED"), settings=[setting]), code=7),
        kind=Kind.DRIFT,
    )

    assert document.first_line == "1 region: 1 account and 1 setting differ"
    assert "On, and the stacks want off: 1 account" in markdown(document)
    assert document.table.rows[0][-1] == "differs"
    assert _document(previewed("a"), kind=Kind.DRIFT).first_line == "1 region: nothing differs"


def test_a_run_says_what_is_set_and_what_is_not() -> None:
    left = change(2, "DISABLED", progress="unprocessed", reason="Denied.")
    done = [change(1, progress="set"), left]
    document = _document(
        ran("a", region("us-east-1", *done), outcome="failed", refusals=[_REFUSAL]), kind=Kind.RUN
    )

    assert document.first_line == "1 region: 1 turned on, 0 turned off, 1 not set, 1 failed"
    text = markdown(document)
    assert f"Not set in us-east-1, `Denied.`: 1 account\n\n```\n{account(2)}  off\n" in text
    assert "Failed: 1 stack" in text


def test_a_run_report_does_not_say_that_nothing_else_has_changed() -> None:
    document = _document(ran("a", region(mode="delegation")), kind=Kind.RUN)

    assert document.first_line == "1 stack in 1 region: no account or setting changed"
    assert document.table.rows[0][-1] == "done"


def test_a_run_report_alone_is_not_called_one_without_changes() -> None:
    report = file_by_itself("report", run_report("a", region()))

    document = _document(report)

    assert document.first_line == "1 region: no account or setting changes"
    assert document.table.rows[0][-2:] == ("unknown", "previewed")


def test_inactive_members_are_listed_and_are_no_change() -> None:
    inactive = change(1, progress="inactive", reason="relationship status Disabled")
    document = _document(previewed("a", region("us-east-1", inactive, unreached=["1 member."])))

    assert document.first_line == "1 region: no change"
    assert "Inactive in us-east-1, `relationship status Disabled`: 1 account" in markdown(document)


def test_identical_sentences_are_quoted_once_for_all_their_stacks() -> None:
    document = _document(*(_refused(f"s{n}", sentence="The same.") for n in range(30)))

    assert markdown(document).count("The same.") == 1
    assert markdown(document).count("Yes.") == 1
    assert "In all 30 stacks:" in markdown(document)


def test_17_refused_regions_of_300_sentences_fit_into_a_comment() -> None:
    files = []
    for number in range(17):
        refusals = [
            {**_REFUSAL, "sentence": f"rule {n} of region {number} is wrong: {'why ' * 20}"}
            for n in range(300)
        ]
        report = run_report(f"s{number}", outcome="refused", refusals=refusals)
        files.append(previewed(f"s{number}", report=report, code=1))

    text = markdown(_document(*files), COMMENT, "the artifact")

    assert len(text.encode("utf-16-le")) // 2 <= COMMENT.most
    assert "Refused: 17 stacks" in text
    assert all(f"| `s{number}` |" in text for number in range(17))
    shown, more = text.count("is wrong"), re.findall(r"… and ([\d,]+) more refusals", text)
    assert shown + sum(int(n.replace(",", "")) for n in more) == 17 * 300


def test_many_places_are_counted_in_a_label() -> None:
    files = [previewed(f"s{n}", region("us-east-1", change(1))) for n in range(60)]
    files.append(previewed("other"))

    assert "`s39 us-east-1` and 20 more by" in markdown(_document(*files))


def test_stacks_that_need_attention_stand_first_in_the_table() -> None:
    document = _document(
        previewed("a"),
        previewed("b", region("eu-west-1"), new_stack=True),
        _refused("c"),
        previewed("d", exit_code=None),
        previewed("not a name"),
    )

    shown = [(getattr(row[0], "text", row[0]), row[-1]) for row in document.table.rows]
    assert shown == [
        ("d", "no result"),
        ("no name of a stack", "no result"),
        ("c", "refused"),
        ("a", "no change"),
        ("b", "new stack"),
    ]
    assert "`not a name`" in markdown(document)


def test_other_resources_are_named_and_counted_by_operation() -> None:
    engine = engine_preview(
        "a", ("create", "aws:x:Y::one"), ("create", "aws:x:Y::two"), ("replace", "aws:x:Z::three")
    )
    document = _document(previewed("a", engine=engine))

    assert document.table.rows[0][-2:] == ("2 create, 1 replace", "previewed")
    assert "aws:x:Z  three  replace" in markdown(document)


def test_text_of_others_is_shown_as_code() -> None:
    hostile = "@team #1 </details> <img> ``` | x"
    accounts = [change(n, "DISABLED", name=hostile, unit=hostile, rule=hostile) for n in (1, 2)]
    told = {"notices": [hostile], "unreached": [hostile], "warnings": [hostile]}
    engine = engine_preview("a", ("create", f"{hostile}::{hostile}"))
    document = _document(
        previewed("a", region("us-east-1", *accounts, **told), engine=engine),
        _refused(hostile, sentence=hostile),
        _refused("c", sentence=hostile),
    )

    assert "@team" in markdown(document)
    outside, fence = [], ""
    for line in markdown(document).splitlines():
        ticks = line[: len(line) - len(line.lstrip("`"))] if line.startswith("```") else ""
        if fence:
            fence = "" if line == fence else fence
        elif ticks and line == ticks:
            fence = ticks
        else:
            outside.append(line)
    assert not fence
    assert [
        line for line in outside if "@team" in line and "`@team" not in line.replace("` @", "`@")
    ] == []
