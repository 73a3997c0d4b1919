"""What is known of one stack, and what is no result."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from guardduty_eks_audit_logs.reports.document import Kind
from guardduty_eks_audit_logs.reports.stack_result import (
    Ending,
    ResultFiles,
    StackResult,
    file_by_itself,
    stack_results,
)
from tests.support.results import change, engine_preview, previewed, ran, region, run_report

_STACK = "prod"
_DETECTOR = "aws:guardduty/detector:Detector::detector"
_OWN = "aws:guardduty/detectorFeature:DetectorFeature::own"
_MEMBERS = "pulumi-python:dynamic/guardduty:MemberFeatures::members"
_REFUSED = {"id": "x", "key": "members", "sentence": "No.", "wayOut": "Yes."}


def _result(*files: ResultFiles, kind: Kind = Kind.PREVIEW) -> StackResult:
    (result,) = stack_results(files, kind)
    return result


def _cut(text: str) -> str:
    return text[: len(text) // 2]


_REPORT = run_report(_STACK, region())

NO_RESULT: dict[str, tuple[ResultFiles, str]] = {
    "nothing there": (ResultFiles(_STACK, fault="nothing is there"), "nothing is there"),
    "no exit code": (previewed(_STACK, exit_code=None), "broke off or was cancelled"),
    "exit code of words": (previewed(_STACK, exit_code="none"), "no exit code"),
    "no report, and 0": (previewed(_STACK, report=None), "left no run report"),
    "cut report": (previewed(_STACK, report=_cut(_REPORT)), "is cut, of another version"),
    "empty report": (previewed(_STACK, report=""), "is cut, of another version"),
    "other version": (
        previewed(_STACK, report=run_report(_STACK, region(), version=2)),
        "of another version",
    ),
    "other schema": (
        previewed(_STACK, report=run_report(_STACK, region(), more=1)),
        "something else",
    ),
    "a region that is none": (
        previewed(_STACK, report=run_report(_STACK, region("<b>us</b>"))),
        "something else",
    ),
    "an account that is none": (
        previewed(
            _STACK, report=run_report(_STACK, region("us-east-1", {**change(1), "account": "3"}))
        ),
        "something else",
    ),
    "other stack": (previewed(_STACK, report=run_report("dev", region())), "another stack, dev"),
    "other stack of the engine": (
        previewed(_STACK, engine=engine_preview("dev", ("create", _DETECTOR))),
        "another stack, dev",
    ),
    "unfinished": (
        previewed(_STACK, report=run_report(_STACK, outcome="unfinished"), code=1),
        "unfinished",
    ),
    "previewed, and failed": (previewed(_STACK, code=1), "says previewed, but"),
    "refused, and 0": (
        previewed(_STACK, report=run_report(_STACK, outcome="refused")),
        "says refused, but",
    ),
    "report of a run": (
        previewed(_STACK, report=run_report(_STACK, region(), preview=False)),
        "is of a run",
    ),
    "no engine preview": (previewed(_STACK, engine=None), "is missing"),
    "cut engine preview": (previewed(_STACK, engine=_cut(engine_preview(_STACK))), "is cut"),
    "cancelled engine": (previewed(_STACK, engine='{"steps": []}'), "did not come to its end"),
    "a change without a name": (previewed(_STACK, code=7), "a change that it does not name"),
    "name of no stack": (previewed("a stack"), "no stack's name"),
    "long name": (previewed("a" * 101), "no stack's name"),
}


@pytest.mark.parametrize(("files", "sentence"), NO_RESULT.values(), ids=NO_RESULT)
@pytest.mark.parametrize("kind", [Kind.PREVIEW, Kind.DRIFT])
def test_what_can_not_be_trusted_is_no_result(
    files: ResultFiles, sentence: str, kind: Kind
) -> None:
    result = _result(files, kind=kind)

    assert result.ending is Ending.NO_RESULT
    assert sentence in result.problems[0].sentence
    assert result.others is None


def test_two_results_of_one_stack_are_none() -> None:
    result = _result(previewed(_STACK), previewed(_STACK))

    assert result.ending is Ending.NO_RESULT
    assert "There are 2 results of this stack" in result.problems[0].sentence


def test_a_preview_has_its_regions_and_its_other_resources() -> None:
    engine = engine_preview(_STACK, ("create", _DETECTOR), ("update", _MEMBERS), ("update", _OWN))
    setting = {"setting": "status", "from": "DISABLED", "to": "ENABLED"}

    result = _result(
        previewed(_STACK, region("us-east-1", change(1), settings=[setting]), engine=engine)
    )

    assert result.ending is Ending.DONE
    assert result.changes
    assert [resource.name for resource in result.others or ()] == ["detector"]


def test_a_setting_that_only_the_engine_knows_is_another_resource() -> None:
    result = _result(previewed(_STACK, engine=engine_preview(_STACK, ("create", _OWN))))

    assert [resource.name for resource in result.others or ()] == ["own"]


def test_its_own_resources_are_named_if_nothing_else_says_why() -> None:
    files = previewed(_STACK, code=7, engine=engine_preview(_STACK, ("update", _MEMBERS)))

    assert [r.name for r in _result(files, kind=Kind.DRIFT).others or ()] == ["members"]


def test_nothing_changes_only_if_report_and_engine_say_so() -> None:
    result = _result(previewed(_STACK))

    assert (result.ending, result.changes, result.others) == (Ending.DONE, False, ())


def test_a_refusal_has_its_sentences() -> None:
    report = run_report(_STACK, outcome="refused", refusals=[_REFUSED])

    result = _result(previewed(_STACK, report=report, code=1))

    assert result.ending is Ending.REFUSED
    assert [(p.sentence, p.way_out) for p in result.problems] == [("No.", "Yes.")]


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        (
            previewed(
                _STACK,
                report=None,
                code=255,
                engine=engine_preview(_STACK, errors=["no access for joe@example.com\n", "b"]),
            ),
            ["The command ended with exit code 255:", "no access for …", "b"],
        ),
        (
            ResultFiles(_STACK, log="note\nerror: no stack\nerror: update failed\n", exit_code="6"),
            ["The command ended with exit code 6:", "no stack"],
        ),
        (
            ResultFiles(_STACK, log="".join(f"{n}\n" for n in range(30)), exit_code="1"),
            ["The command ended with exit code 1:", *map(str, range(10, 30))],
        ),
    ],
    ids=["engine", "log", "end of log"],
)
def test_a_failure_has_the_errors_of_the_engine(files: ResultFiles, lines: list[str]) -> None:
    result = _result(files)

    assert result.ending is Ending.FAILED
    assert result.problems[0].sentence.splitlines() == lines


def test_a_locked_stack_is_named_with_the_way_out() -> None:
    log = (
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) "
        "to end or delete the lock file with `pulumi cancel`.\n  file:///x: created by a@b\n"
    )

    result = _result(ResultFiles(_STACK, log=log, exit_code="255"), kind=Kind.RUN)

    (problem,) = result.problems
    assert result.ending is Ending.FAILED
    assert problem.sentence.startswith("The stack is locked")
    assert "Wait for the other run to end." in problem.way_out
    assert "`pulumi cancel --stack prod`" in problem.way_out


def test_a_stack_of_another_organization_is_found_by_its_default() -> None:
    log = "error: no stack named 'prod' found\n"

    (problem,) = _result(ResultFiles(_STACK, log=log, exit_code="6"), kind=Kind.RUN).problems

    assert problem.sentence.splitlines()[-1] == "no stack named 'prod' found"
    assert "`pulumi org set-default acme`" in problem.way_out


def test_errors_are_quoted_where_the_program_broke_off() -> None:
    report = run_report(_STACK, outcome="unfinished")
    files = previewed(_STACK, report=report, code=1, log="error: out of memory\n")

    assert _result(files).problems[0].sentence.splitlines()[-1] == "out of memory"


def test_a_run_ends_as_its_report_says() -> None:
    left = ran(_STACK, region(), outcome="failed", refusals=[_REFUSED])

    assert _result(ran(_STACK, region()), kind=Kind.RUN).ending is Ending.DONE
    assert _result(left, kind=Kind.RUN).ending is Ending.FAILED
    assert _result(replace(left, exit_code="0"), kind=Kind.RUN).ending is Ending.NO_RESULT


def test_a_run_that_ends_in_its_preview_has_changed_nothing() -> None:
    files = previewed(_STACK, code=1, engine=None, log="    error: resource a violates plan: b\n")

    result = _result(files, kind=Kind.RUN)

    assert result.ending is Ending.FAILED
    assert result.problems[0].sentence == (
        "The run ended in its preview with exit code 1, and changed nothing:\n"
        "resource a violates plan: b"
    )
    assert "Make a new plan" in result.problems[0].way_out
    assert _result(previewed(_STACK), kind=Kind.RUN).ending is Ending.NO_RESULT


def test_single_files_of_one_stack_belong_together() -> None:
    engine = engine_preview(_STACK, ("create", _DETECTOR))
    halves = (file_by_itself("a", _REPORT), file_by_itself("b", engine))

    result = _result(*halves)

    assert (result.stack, result.ending, len(result.others or ())) == (_STACK, Ending.DONE, 1)
    assert _result(halves[0]).others is None
    assert _result(halves[1]).regions == ()
    assert _result(*halves, halves[0]).ending is Ending.NO_RESULT


def test_a_run_report_alone_does_not_exclude_drift() -> None:
    differs = file_by_itself("a", run_report(_STACK, region("us-east-1", change(1))))

    alone = _result(file_by_itself("a", _REPORT), kind=Kind.DRIFT)

    assert alone.ending is Ending.NO_RESULT
    assert "`pulumi preview --json` is missing" in alone.problems[0].sentence
    assert _result(differs, kind=Kind.DRIFT).ending is Ending.DONE
    engine = engine_preview(_STACK, ("same", _DETECTOR))
    both = [file_by_itself("a", _REPORT), file_by_itself("b", engine)]
    assert _result(*both, kind=Kind.DRIFT).ending is Ending.DONE


def test_a_single_file_of_something_else_is_no_result() -> None:
    result = _result(file_by_itself("notes", json.dumps({"a": 1})))

    assert (result.stack, result.ending) == ("notes", Ending.NO_RESULT)
