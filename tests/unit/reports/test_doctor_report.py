"""How the doctor's findings are put together and written."""

from __future__ import annotations

import json

from guardduty_eks_audit_logs.reports.doctor import Finding, State, as_json, lines, text

_DETECTOR = Finding("prod", "us-east-1", "detector", State.MISSING, "none", "Run `aws x y`.")


def _ok(region: str, what: str, seen: str = "", stack: str = "prod") -> Finding:
    return Finding(stack, region, what, State.OK, seen)


def _heads(*findings: Finding) -> list[tuple[State, str, str]]:
    return [
        (line.state, " ".join(line.prerequisites), " ".join(line.places))
        for line in lines(findings)
    ]


def test_what_is_the_same_is_one_row() -> None:
    rows = _heads(
        _ok("us-east-1", "a:B"),
        _ok("us-east-1", "a:C"),
        _ok("eu-west-1", "a:B"),
        _ok("eu-west-1", "a:C"),
    )

    assert rows == [(State.OK, "a:B a:C", "us-east-1 eu-west-1")]


def test_what_differs_in_one_region_is_a_row_of_its_own() -> None:
    rows = _heads(_ok("us-east-1", "detector", "1"), _ok("eu-west-1", "detector", "2"))

    assert [places for _, _, places in rows] == ["us-east-1", "eu-west-1"]


def test_missing_comes_first_then_unknown_then_the_order_of_names() -> None:
    rows = _heads(
        Finding("prod", "us-east-1", "a:C", State.NOT_CHECKED),
        _ok("us-east-1", "a:B"),
        _ok("us-east-1", "account", "1"),
        _ok("us-east-1", "credentials", "2"),
        Finding("prod", "us-east-1", "region", State.UNKNOWN),
        _DETECTOR,
    )

    assert [what for _, what, _ in rows] == [
        *("detector", "region", "credentials", "account", "a:B", "a:C")
    ]


def test_a_stack_is_named_where_a_region_has_two_or_none_is_known() -> None:
    rows = _heads(
        _ok("us-east-1", "detector", stack="prod"),
        _ok("us-east-1", "region", stack="root"),
        _ok("eu-west-1", "account", stack="prod"),
        _ok("", "settings", stack="torn\x1b[31m"),
    )

    assert [places for _, _, places in rows] == [
        *("torn", "eu-west-1", "us-east-1 (root)", "us-east-1 (prod)")
    ]


def test_a_command_stays_on_one_line() -> None:
    command = "`aws guardduty update-detector --detector-id 1234567890 --enable --region x`"
    finding = Finding("", "us-east-1", "detector", State.MISSING, "off", f"Run now {command}.")

    written = [line for _, line in text([finding])]

    assert any(command in line for line in written)
    assert all(len(line) <= 80 for line in written if command not in line)


def test_a_stack_without_a_region_is_not_counted_as_one() -> None:
    settings = Finding("torn", "", "settings", State.MISSING, "x")

    (first, *_) = (line for _, line in text([settings, _DETECTOR]))

    assert first == "Prerequisites in 1 region: 2 missing."


def test_nothing_found_is_said() -> None:
    assert [line for _, line in text([])] == ["Prerequisites in 0 regions: none."]


def test_json_has_every_finding_and_the_counts() -> None:
    document = json.loads(as_json([_DETECTOR, _ok("eu-west-1", "detector")]))

    assert document["version"] == 1
    assert document["counts"] == {
        "missing": 1,
        "unknown": 0,
        "ok": 1,
        "not checked": 0,
        "not needed": 0,
    }
    assert document["prerequisites"][0] == {
        "region": "us-east-1",
        "stack": "prod",
        "prerequisite": "detector",
        "state": "missing",
        "seen": "none",
        "wayOut": "Run `aws x y`.",
    }
