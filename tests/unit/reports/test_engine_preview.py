"""What `pulumi preview --json` says; the example is the output of a real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardduty_eks_audit_logs.reports.engine_preview import Operation, read_engine_preview
from tests.support.results import engine_preview

_REAL = Path(__file__).with_name("data") / "engine-preview.json"
_DETECTOR = "aws:guardduty/detector:Detector::detector"


def test_a_real_preview_is_read() -> None:
    preview = read_engine_preview(_REAL.read_text())

    assert preview.stack == "test"
    assert preview.errors == ()
    assert [(r.type.rpartition(":")[2], r.operation) for r in preview.changed()] == [
        ("DetectorFeature", "update"),
        ("OrganizationConfigurationFeature", "update"),
        ("MemberFeatures", "update"),
    ]


def test_a_replaced_resource_is_one_change() -> None:
    steps = [(op, _DETECTOR) for op in ("create-replacement", "replace", "delete-replaced")]

    (resource,) = read_engine_preview(engine_preview("s", *steps)).changed()

    assert resource.operation is Operation.REPLACE
    assert resource.name == "detector"


def test_the_step_of_the_program_counts_not_that_of_the_refresh() -> None:
    text = engine_preview("s", ("delete", _DETECTOR), ("create", _DETECTOR))

    assert [r.operation for r in read_engine_preview(text).changed()] == ["create"]


def test_what_a_refresh_alone_finds_is_no_change() -> None:
    text = engine_preview("s", ("update", _DETECTOR)).replace('{"update": 1}', '{"same": 6}')

    assert read_engine_preview(text).changed() == ()


def test_an_operation_that_is_not_known_is_a_change() -> None:
    text = engine_preview("s", ("transmogrify", _DETECTOR))

    assert [r.operation for r in read_engine_preview(text).changed()] == ["other"]


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '{"steps": 1}', '{"steps": [', "Previewing update", "[" * 100_000],
)
def test_anything_else_is_no_preview(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_engine_preview(text)
